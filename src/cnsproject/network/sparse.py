"""`Connection`: synapses made by a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, one_of
from cnsproject.errors import ArgumentError, CheckpointError, TimeGridError
from cnsproject.executors.eager import kernels
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.connectivity import AllToAll, Connectivity
from cnsproject.network.copies import Copy
from cnsproject.network.laying import WHOLE, room_for, whole_numbers
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.parameters import Given
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.short_term import ShortTermPlasticity
from cnsproject.network.synapse_lists import SynapseLists
from cnsproject.network.synapses import ExponentialCurrent, Synapse
from cnsproject.network.values import pieces
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.network.wired import PerSynapse, Wired
from cnsproject.network.wires import Wires, steps_of
from cnsproject.plan.operations import Weights
from cnsproject.plotting import SynapseList
from cnsproject.random import Law


class Connection(Wired):
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
                  summed exactly. `w` is a copy, into which nothing can be written: assign `con.w = values` to change
                  weights. Not for weights that learn or ask for gradients
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
        self._refuse_gradients(weight)
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
        if not self._scaled:
            return self.weight
        return Copy.of(self.weight.to(self._dtype).mul_(self.weight_scale), f"{self.label}.w", "write con.w = values")

    @w.setter
    def w(self, value: Given) -> None:
        wires = self._build()
        self._refuse_gradients(value)
        weight = self._apart(self._values_of("weight", value, wires.count), wires.count)
        if self.weight_dtype:
            weight, self.__dict__["weight_scale"] = _in_16_bits(weight) if weight.ndim else (weight, 1.0)
        self._set_weight(weight)
        self._check_weight()
        self._changed()

    def _refuse_gradients(self, weight: object) -> None:
        """Whole numbers have none."""
        if self.weight_dtype and isinstance(weight, Tensor) and weight.requires_grad:
            raise ArgumentError(
                f"{self.label}.w", got="weights that ask for gradients, to be kept as int16", expected="numbers",
                fix="leave weight_dtype out, or give them .detach()",
            )  # fmt: skip

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "w":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

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

    def delays_with_counts(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Each different delay (ms), longest first, and how many synapses have it."""
        wires = self._build()
        counts = np.diff(wires.segments).reshape(-1, max(len(wires.steps), 1)).sum(axis=0)
        if len(wires.steps):
            return float(self._laid_for or 1.0) * wires.steps.astype(np.float64), counts
        return np.array([self.delay if isinstance(self.delay, float) else 0.0]), counts

    def __len__(self) -> int:
        return self._build().count

    def synapse_lists(self) -> SynapseLists:
        """Which synapses leave a neuron, and which end at one."""
        return SynapseLists.of_wires(self._build())

    def wiring(self, threads: int = 1) -> dict[str, np.ndarray[Any, Any]]:
        """The list of synapses: pointers and targets, and the bounds of parts of post that pointers tell apart."""
        wires = self._build()
        bits = wires.bits if self._counts else None
        pointers, bounds = wires.shared_by(threads)
        lists: dict[str, npt.NDArray[Any]] = {
            "pointers": pointers, "targets": wires.targets, "tiles": wires.tiles, "bounds": bounds
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
    def _counts(self) -> bool:
        """Whether what arrives is one weight times a number of spikes: equal jumps from zero."""
        return self.weight.ndim == 0 and bool(self.dynamics.impulses) and not self._terminals and not self.choice

    @property
    def _sums_apart(self) -> bool:
        return super()._sums_apart and (self._counts or not self.dynamics.target)

    def _weight_version(self) -> int:
        self._build()
        return self.weight._version

    def _refuse_negative(self, weight: float, reason: str) -> None:
        super()._refuse_negative(weight * self.weight_scale, reason)

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
            self._refuse_other_kind(state_dict[f"{prefix}weight"])
            self._wires, self._laid_for = wires, saved["dt"]
            self.__dict__["weight_scale"] = saved["weight_scale"]
            self._set_weight(torch.zeros((), dtype=state_dict[f"{prefix}weight"].dtype))
        self._build()
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _refuse_other_kind(self, weight: Tensor) -> None:
        kinds = "whole numbers of 16 bits", "numbers of our precision"
        if weight.ndim and (weight.dtype == torch.int16) != bool(self.weight_dtype):
            saved, own = kinds if weight.dtype == torch.int16 else kinds[::-1]
            raise CheckpointError(
                f"{self.label}.load_state_dict()", got=f"weights that are {saved}", expected=own,
                fix="make both connections with the same weight_dtype",
            )  # fmt: skip

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors: the wiring too."""
        wires = self._build()
        parts = {"pointers": wires.pointers, "targets": wires.targets, "delays": wires.steps}
        own = {name: torch.from_numpy(part) for name, part in parts.items()}
        return {**super().get_extra_state(), **own, "weight_scale": self.weight_scale}


def _in_16_bits(weights: Tensor) -> tuple[Tensor, float]:
    """Weights as whole numbers, and their unit."""
    scale = float(torch.stack(torch.aminmax(weights)).abs().max()) / WHOLE if weights.numel() else 1.0
    kept = room_for(weights.numel(), torch.int16)
    for part in pieces(weights.numel()):
        kept[part] = torch.from_numpy(whole_numbers(weights[part].double().numpy(), scale or 1.0))
    return kept, scale or 1.0
