"""`Connection`: synapses made by a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, one_of
from cnsproject.errors import ArgumentError, ParameterError, StateError, TimeGridError
from cnsproject.executors.eager import kernels
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.connectivity import AllToAll, Connectivity, Made, PerBlock, Rows, Wiring
from cnsproject.network.laying import WHOLE, Part, Slab, largest, lay, native_uniforms, room_for, whole_numbers
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.parameters import Given, draw, read_array, stream_of
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.releasing import Releasing
from cnsproject.network.short_term import ShortTermPlasticity
from cnsproject.network.synapse_lists import SynapseLists
from cnsproject.network.synapses import ExponentialCurrent, Synapse
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.network.wires import Wires, steps_of
from cnsproject.plan.operations import Weights
from cnsproject.plotting import SynapseList
from cnsproject.random import Law

# A number, one per synapse, a distribution, or a function of the distance between the two neurons.
PerSynapse = Given | Callable[[npt.NDArray[np.float64]], npt.ArrayLike]


class Connection(Releasing):
    """Synapses between two populations, or parts of them, made by a rule and kept as a list per source neuron.

    pre, post     populations, or parts of them such as `exc[:100]`
    connectivity  which neurons are connected: FixedProbability(p), FixedInDegree(k), FromArrays(i, j), ...
    synapse       what a spike does: ExponentialCurrent(tau), Delta(), ...
    weight        a number for all synapses, an array with one per synapse, a distribution, or a function of the
                  distance (rules with positions); in nA, mV or uS as the synapse has it. Counts negative out of an
                  inhibitory neuron, must not be negative there, and never for a conductance
    delay         transmission delay (ms), in the same forms; distributions and functions are rounded to whole steps,
                  numbers and arrays must be some
    short_term    what makes a spike carry more or less than its weight: TsodyksMarkram(U, tau_rec, tau_facil); its
                  states and parameters are attributes of the connection
    learning_rule  how weights change in `update()`, such as cns.STDP(); every synapse then has its own weight
    lr            learning rates of the rule instead of its own: one, or a pair (potentiation, depression)
    weight_decay  share of every weight that is lost in every step, only with a learning rule
    norm          what the sizes of the weights onto every target sum up to after every run, see `normalize`
    dendritic     part of every delay (ms) that lies between synapse and soma, for the learning rule: a spike of the
                  source is at the synapse after delay - dendritic, one of the target after dendritic
    weight_dtype  "int16": weights are kept as whole numbers of 16 bits, in units of `weight_scale`, the largest of them
                  over 32767; half the memory, and an error of at most half a unit. What arrives in a step is then
                  summed exactly. `w` is a copy: assign it to change weights. Not for weights that learn
    rng           what wiring, weights and delays are drawn from; in a network its seed and the connection's name

    The wiring is made when it is first needed. `w` are the weights, one number or one per synapse; `indices()` gives
    source and target of every synapse: by source, then by delay (longest first), then by target. Spikes are added to
    the synapses' state one by one, those that travelled longest first, then in this order.

    >>> import cnsproject as cns
    >>> pre, post = cns.LIFPopulation(3, dt=0.1), cns.LIFPopulation(2, dt=0.1)
    >>> rule = cns.FromArrays([0, 0, 2], [0, 1, 1])
    >>> wired = cns.Connection(pre, post, connectivity=rule, weight=[1, 2, 3], delay=1.5)
    >>> [each.tolist() for each in wired.indices()], wired.w.tolist()
    ([[0, 0, 2], [0, 1, 1]], [1.0, 2.0, 3.0])
    """

    _passing = frozenset({"_by_hand"})
    weight_dtype: str | None = None
    weight_scale: float = 1.0
    _outgrown = frozenset({"_given_weight", "delay", "connectivity"})  # what synapses are made of, once they are

    @named_arguments
    def __init__(
        self,
        pre: NeuralPopulation | PopulationView,
        post: NeuralPopulation | PopulationView,
        *,
        connectivity: Connectivity | None = None,
        synapse: Synapse | None = None,
        weight: PerSynapse = 1.0,
        delay: PerSynapse = 0.0,
        short_term: ShortTermPlasticity | None = None,
        learning_rule: LearningRule | type[LearningRule] | None = None,
        lr: float | tuple[float, float] | None = None,
        weight_decay: float = 0.0,
        norm: float | None = None,
        dendritic: float = 0.0,
        weight_dtype: str | None = None,
        dt: float | None = None,
        dtype: torch.dtype | None = None,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        self.__dict__["synapse"] = ExponentialCurrent() if synapse is None else synapse
        self.__dict__["connectivity"] = AllToAll() if connectivity is None else connectivity
        self.__dict__["short_term"] = short_term
        for argument, value, kind, example in (
            ("connectivity", self.connectivity, Connectivity, "cns.FixedProbability(0.1)"),
            ("synapse", self.synapse, Synapse, "cns.ExponentialCurrent(tau=5)"),
            ("short_term", short_term, ShortTermPlasticity, "cns.TsodyksMarkram(U=0.5, tau_rec=800)"),
        ):
            if not isinstance(value, kind) and (argument, value) != ("short_term", None):
                raise ArgumentError(
                    f"Connection.{argument}", got=repr(value), expected=f"a {kind.__name__}", fix=f"make one: {example}"
                )
        if weight_dtype is not None:
            self.__dict__["weight_dtype"] = one_of("Connection.weight_dtype", weight_dtype, ("int16",))
            for argument, value in (("learning_rule", learning_rule), ("short_term", short_term)):
                if value is not None:
                    raise ArgumentError(
                        f"Connection.{argument}", got=f"{value!r} and weight_dtype='int16'",
                        expected="weights that stay, and count in full", fix="leave weight_dtype out",
                    )  # fmt: skip
        self.__dict__["dynamics"] = self.synapse.dynamics
        self.__dict__["_parts"] = pre, post
        super().__init__(parent_of(pre), parent_of(post), dt=dt, dtype=dtype, name=name, rng=rng)
        self.set_parameters(self.synapse.parameters(), self.dynamics.parameters)
        if short_term is not None:
            self._add_terminals(short_term)
        self._given_weight = self._read_given("weight", weight)
        self.delay = self._read_given("delay", delay)
        self._wires: Wires | None = None
        self._add_learner(learning_rule, lr, weight_decay, norm, dendritic)
        self._laid_for: float | None = None  # the dt in which the delays of single synapses are counted
        if isinstance(self.delay, float):
            self._start_counting()
        else:
            self._origin()

    def _read_given(self, name: str, given: Any) -> Any:
        if isinstance(given, Law | Tensor | np.ndarray | list) or callable(given):
            return given
        return self._read_delay(given) if name == "delay" else number("Connection.weight", given, self.arrival_unit)

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw wiring and weights anew from `key`; nothing when `rng` was given at construction."""
        if not self._has_own_key and not self.steps:
            self._wires = None
            self._buffers.pop("weight", None)
        super().take_key(key)

    @property
    def w(self) -> Tensor:
        """Weights: one number, or one per synapse in the order of `indices()`."""
        self._build()
        return self.weight.to(self._dtype) * self.weight_scale if self._scaled else self.weight

    @w.setter
    def w(self, value: Given) -> None:
        wires = self._build()
        weight = self._apart(self._values_of("weight", value, wires.count), wires.count)
        if self.weight_dtype and weight.ndim:
            values = weight.detach().double().numpy()
            self.__dict__["weight_scale"] = np.abs(values).max(initial=0.0) / WHOLE or 1.0
            weight = torch.from_numpy(whole_numbers(values, self.weight_scale).astype(np.int16))
        self._set_weight(weight)
        self._check_weight()
        self._changed()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "w":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def weight_shape(self) -> tuple[int, ...] | None:
        """Shape of the weights that synapses share, where they do."""
        return None

    @property
    def remark(self) -> str:
        """What is to be said of the synapses besides the rule that made them."""
        return ""

    def indices(self) -> tuple[Tensor, Tensor]:
        """Source and target neuron of every synapse."""
        wires = self._build()
        return torch.from_numpy(wires.sources), torch.from_numpy(wires.ends.astype(np.int64))

    @property
    def delays(self) -> Tensor:
        """Delay of every synapse (ms), in the order of `indices()`."""
        wires = self._build()
        if len(wires.steps):
            return torch.from_numpy(wires.delays * float(self._laid_for or 1.0))
        return torch.full((wires.count,), self.delay if isinstance(self.delay, float) else 0.0, dtype=torch.float64)

    def __len__(self) -> int:
        return self._build().count

    def synapse_lists(self) -> SynapseLists:
        """Which synapses leave a neuron, and which end at one."""
        return SynapseLists.of_wires(self._build())

    def wiring(self) -> dict[str, np.ndarray[Any, Any]]:
        """The list of synapses: pointers and targets."""
        wires = self._build()
        bits = wires.bits if self._counts else None
        lists: dict[str, npt.NDArray[Any]] = {
            "pointers": wires.pointers, "targets": wires.targets, "tiles": wires.tiles
        }  # fmt: skip
        if self._scaled:
            lists["scale"] = np.array(self.weight_scale, str(self._dtype).removeprefix("torch."))
        return lists if bits is None else {**lists, "bits": bits[0], "rows": bits[1]}

    # Looking at it

    def _synapse_list(self) -> SynapseList:
        wires = self._build()
        return SynapseList(wires.segments[:: max(1, len(wires.steps))], wires.ends, wires.post)

    def _all_weights(self) -> npt.NDArray[np.floating[Any]]:
        weights: npt.NDArray[np.floating[Any]] = self._of_every_synapse(self.w.detach()).cpu().numpy()
        return weights

    # Building

    def _build(self) -> Wires:
        if self._wires is None:
            pre, post = self._parts
            rows = self.connectivity.rows(pre.n, post.n, self._key, same=self._same(), shapes=(pre.shape, post.shape))
            weight, count = self._drawn("weight", self._given_weight, rows), int(rows.pointers[-1])
            kept = weight if isinstance(weight, Tensor) else room_for(count, self._dtype)
            each = None if isinstance(weight, Tensor) else weight
            if each is not None and self.weight_dtype:
                drawn, scale = each, self._find_scale(rows, each)
                kept, each = room_for(count, torch.int16), lambda slab: whole_numbers(drawn(slab), scale)
            wires, moved = lay(rows, self._parts, self._delays_of(rows), each, None if each is None else kept.numpy())
            if moved and isinstance(weight, Tensor) and weight.requires_grad and self.weight_shape is None:
                self._refuse_moved("weight")
            self._set_weight(self._apart(kept, count) if each is None else kept, own=each is not None)
            if self._scaled:
                self._check_sums(wires)
            self._wires, self._laid_for = wires, self._common_dt()
        return self._wires

    def _find_scale(self, rows: Rows, weights: Part) -> float:
        """The unit of weights that are whole numbers, so that the largest of them is 32767."""
        most = largest(rows, weights)
        self.__dict__["weight_scale"] = most / WHOLE if most else 1.0
        return self.weight_scale

    def _check_sums(self, wires: Wires) -> None:
        """What arrives in a step must be a whole number of 32 bits, even if all sources fire."""
        most = wires.most_onto_one()
        if most * WHOLE >= 2**31:
            raise ParameterError(
                f"{self.label}.weight_dtype", got=f"int16 with {most} synapses onto one neuron",
                expected=f"at most {2**31 // WHOLE}", fix="leave weight_dtype out",
            )  # fmt: skip

    def _drawn(self, name: str, given: Any, rows: Rows) -> Tensor | Part:
        """Weights or delays by slabs of synapses; a tensor where it is one number, shared or asks for gradients."""
        own, per_synapse = getattr(self.connectivity, name, None), name == "delay" or self.weight_shape is None
        given = given if own is None else own
        stream = stream_of(name)
        if isinstance(given, PerBlock):
            return lambda slab: given.at(self._key, slab.numbers, stream, slab.ends, native_uniforms)
        if isinstance(given, Law) and per_synapse:
            return lambda slab: given.at(self._key, slab.numbers, stream=stream, uniforms=native_uniforms)
        if callable(given) and not isinstance(given, Law | Tensor):
            return partial(self._of_distance, name, given)
        wiring = rows.wiring if isinstance(rows, Made) else None
        values = self._values_of(name, given, int(rows.pointers[-1]), wiring)
        if not values.ndim or values.requires_grad or not per_synapse:
            return values
        found = values.numpy()
        return lambda slab: found[slab.synapses]

    def _in_order(self, name: str, values: Tensor, order: npt.NDArray[np.int64] | None) -> Tensor:
        """Values that the user gave, in the order of the rule."""
        if order is None or values.ndim == 0 or (np.diff(order) == 1).all():
            return values
        if values.requires_grad:
            self._refuse_moved(name)
        return values[torch.from_numpy(order)]

    def _refuse_moved(self, name: str) -> None:
        """One that asks for gradients must have its order already, or it would be another tensor."""
        raise ArgumentError(
            f"Connection.{name}",
            got="a tensor that asks for gradients, in another order than the synapses are kept in",
            expected="the order of indices()",
            fix="make the connection first, then assign con.w",
        )

    def _same(self) -> bool:
        """Whether both sides are the same neurons; autapses cannot be told where they overlap otherwise."""
        pre, post = self._parts
        if pre is post or pre == post:
            return True
        if self.pre is not self.post or self.connectivity.autapses:
            return False
        here, there = (getattr(part, "indices", np.arange(part.n)) for part in self._parts)
        if len(np.intersect1d(here, there)):
            raise ArgumentError(
                f"{self.label}.connectivity",
                got="autapses=False between different parts of one population that overlap",
                expected="the same neurons on both sides",
                fix="leave autapses on, or connect the same part with itself",
            )
        return False

    def _values_of(self, name: str, given: Any, count: int, wiring: Wiring | None = None) -> Tensor:
        """Weights or delays of all synapses, or the one number that all have.

        wiring  that the rule has made, where its order may not be the one of what is given
        """
        order = None if wiring is None else wiring.order
        if isinstance(given, Law):
            return torch.as_tensor(draw(given, self._key, name, (count,)))
        if isinstance(given, Tensor) and given.requires_grad:
            if given.ndim and tuple(given.shape) != (count,):
                read_array(f"Connection.{name}", given, (count,))
            return self._in_order(name, given, order)
        if callable(given) and not isinstance(given, Tensor):
            raise ArgumentError(
                f"Connection.{name}", got="a function", expected="numbers", fix="give functions at construction"
            )
        if np.ndim(given.detach() if isinstance(given, Tensor) else given) == 0:
            return torch.tensor(number(f"Connection.{name}", given), dtype=torch.float64)
        return self._in_order(name, torch.as_tensor(read_array(f"Connection.{name}", given, (count,))), order)

    def _of_distance(self, name: str, function: Callable[..., Any], slab: Slab) -> npt.NDArray[np.float64]:
        """The values of a function of the distance."""
        pre, post = self._parts
        distances = self.connectivity.distance(slab.sources, slab.targets, (pre.shape, post.shape))
        values = function(distances)
        if not np.ndim(values):
            values = np.full(len(distances), number(f"Connection.{name}", values))
        return read_array(f"Connection.{name}", values, (len(distances),))

    def _delays_of(self, rows: Rows) -> Part | None:
        """The delays in steps; None where all synapses have the same."""
        own = getattr(self.connectivity, "delay", None)
        if isinstance(self.delay, float) and own is None:
            return None
        dt = self._common_dt()
        if dt is None:
            raise StateError(
                self.label, got="delays of its own for every synapse before dt is known", expected="dt in ms",
                fix="add it to a network first, or give dt=",
            )  # fmt: skip
        values, step, label = self._drawn("delay", self.delay, rows), dt, f"{self.label}.delay"
        if isinstance(values, Tensor):
            single = values.numpy()
            return lambda slab: steps_of(label, np.broadcast_to(single, (len(slab.targets),)), step, rounded=False)
        given, part = self.delay if own is None else own, values
        rounded = isinstance(given, Law) or callable(given) or (isinstance(given, PerBlock) and given.drawn)
        return lambda slab: steps_of(label, part(slab), step, rounded=rounded)

    def _set_weight(self, weight: Tensor, *, own: bool = False) -> None:
        """Take weights over; a tensor of our `own` as it is, for there may be many."""
        for store in (self._buffers, self._parameters):
            store.pop("weight", None)
        if isinstance(weight, torch.nn.Parameter):
            self.register_parameter("weight", weight)
        else:
            kind = weight.dtype if weight.dtype == torch.int16 else self._dtype
            kept = weight.to(dtype=kind, device=self.device)
            self.register_buffer("weight", kept if own else kept.clone())

    def _apart(self, weight: Tensor, count: int) -> Tensor:
        """Weights of which each can learn by itself."""
        return weight.expand(count).clone() if self.learner and not weight.ndim else weight

    def _find_delays(self, dt: float) -> tuple[int, ...]:
        wires = self.__dict__.get("_wires")
        if isinstance(self.delay, float) and getattr(self.connectivity, "delay", None) is None:
            delays = steps_of(f"{self.label}.delay", np.array([self.delay]), dt, rounded=False)
            return (int(delays[0]),)
        if wires is None:
            return ()
        if len(wires.steps) and dt != self._laid_for:
            raise TimeGridError(
                f"{self.label}.dt",
                got=f"{dt:g} ms after the delays of its synapses were counted in steps of {self._laid_for:g} ms",
                expected="the same dt",
                fix="make a new connection",
            )
        return tuple(int(d) for d in wires.steps)

    def _prepare_delivery(self) -> Ready:
        self._dt = self._common_dt()
        self._build()
        return super()._prepare_delivery()

    def _listed(self) -> tuple[Tensor, Tensor, Tensor]:
        """First and last synapse of every source and delay, and all targets, as a step by hand reads them."""
        wires, known = self._build(), self.__dict__.get("_by_hand")
        if known is None or known[0] is not wires:
            segments = torch.from_numpy(wires.segments)
            known = self.__dict__["_by_hand"] = wires, (segments[:-1], segments[1:], torch.from_numpy(wires.ends))
        lists: tuple[Tensor, Tensor, Tensor] = known[1]
        return lists

    def shorten_steps(self, factor: int) -> None:
        """Make steps so many times shorter, before the first one; delays keep their length in ms."""
        if self._wires is not None:
            self._wires = replace(self._wires, steps=factor * self._wires.steps)
        self._laid_for = None if self._laid_for is None else self._laid_for / factor
        super().shorten_steps(factor)

    def _weights(self) -> Weights:
        return "scaled" if self._scaled else "synapses" if self.weight.ndim else "uniform"

    @property
    def _scaled(self) -> bool:
        """Whether weights are whole numbers, in units of `weight_scale`."""
        return self.weight.dtype == torch.int16

    @property
    def _counts(self) -> bool:
        """Whether what arrives is one weight times a number of spikes: equal jumps from zero."""
        return self.weight.ndim == 0 and bool(self.dynamics.impulses) and not self._terminals and not self.choice

    @property
    def _sums_apart(self) -> bool:
        return super()._sums_apart and (self._counts or not self.dynamics.target)

    def _weight_version(self) -> int:
        self._build()
        return self.weight._version

    def _inhibitory_weights(self) -> Tensor:
        weight, mask = self.weight.detach(), self._inhibitory_sources().reshape(-1)
        if weight.ndim == 0:
            return weight.expand(int(mask.any()))
        if not mask.any():
            return weight[:0]
        return self._of_every_synapse(weight)[mask[torch.from_numpy(self._build().sources)]]

    def _of_every_synapse(self, weight: Tensor) -> Tensor:
        return weight if self.numbers is None else weight.reshape(-1)[self.numbers]

    # Delivering

    @property
    def _adds_after(self) -> bool:
        return bool(self.dynamics.target) and not self._counts

    def _arrived(self) -> Tensor | None:
        if self._adds_after:
            return None
        if self._scaled:
            return self._settled()
        total = torch.zeros(self._rows(), dtype=self._dtype, device=self.device)
        weight = self.weight.new_ones(()) if self._counts else self.weight
        if not self._add_to(total, weight):
            return None
        return self.weight * total if self._counts else total

    def _settled(self) -> Tensor | None:
        """What arrives by weights that are whole numbers, which are summed first; None for nothing."""
        total = torch.zeros(self._rows(), dtype=torch.int64, device=self.device)
        return total.to(self._dtype) * self.weight_scale if self._add_to(total, self.weight) else None

    def _add_arrivals(self) -> None:
        state = self._buffers[self.dynamics.target]
        assert state is not None
        if not self._scaled:
            self._add_to(state, self.weight)
        elif (arrived := self._settled()) is not None:
            state += arrived

    def _add_to(self, total: Tensor, weight: Tensor) -> bool:
        """Add what is due to the rows of `total`; whether there was something."""
        rows = total.reshape(-1, self.post.n)
        groups = max(1, len(self._delay_steps))
        sign = None if self._sign is None else self._sign.reshape(-1)
        firsts, lasts, targets = self._listed()
        due = False
        for place, spikes in self._due():
            due = True
            flat = spikes.reshape(-1, self.pre.n)
            part = firsts[place::groups], lasts[place::groups]
            if torch.is_grad_enabled() and (weight.requires_grad or spikes.requires_grad):
                if self._scaled:
                    raise ArgumentError(
                        f"{self.label}.weight_dtype", got="int16 where gradients are asked for",
                        expected="weights of our precision", fix="leave weight_dtype out",
                    )  # fmt: skip
                self._add_with_gradient(rows, flat, sign, place, weight)
            else:
                kernels.add_synapses(rows, flat, part, targets, weight, sign, self.numbers)
        return due

    def _add_with_gradient(self, rows: Tensor, spikes: Tensor, sign: Tensor | None, place: int, weight: Tensor) -> None:
        wires = self._build()
        source, target = self.indices()
        here = torch.from_numpy(wires.groups == place)
        weight = weight if weight.ndim == 0 else self._of_every_synapse(weight)[here]
        signed = spikes.to(self._dtype) if sign is None else spikes * sign
        rows.index_add_(1, target[here], signed[:, source[here]] * weight)

    # Checkpoints

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        return shape in ((), (len(self),)) if name == "weight" else super()._fits(name, shape)

    def _save_to_state_dict(self, *args: Any) -> None:
        self._build()
        super()._save_to_state_dict(*args)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        saved = state_dict.get(f"{prefix}_extra_state")
        if saved is not None:
            pointers, targets = saved["pointers"].numpy(), saved["targets"].numpy()
            wires = Wires(pointers, targets, saved["delays"].numpy(), self.post.n)
            self._wires, self._laid_for = wires, saved["dt"]
            self._set_weight(torch.tensor(0.0))
        self._build()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors: the wiring too."""
        wires = self._build()
        parts = {"pointers": wires.pointers, "targets": wires.targets, "delays": wires.steps}
        return {**super().get_extra_state(), **{name: torch.from_numpy(part) for name, part in parts.items()}}
