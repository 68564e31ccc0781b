"""`Wired`: how the synapses of a rule come to be, with their weights and delays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import number
from cnsproject.errors import ArgumentError, ParameterError, StateError
from cnsproject.network.connectivity import Connectivity, Made, PerBlock, Rows, Slab, Wiring
from cnsproject.network.laying import NATIVE, WHOLE, Part, Told, largest, lay, room_for, whole_numbers
from cnsproject.network.parameters import Given, draw, read_array, stream_of
from cnsproject.network.progress import Building
from cnsproject.network.releasing import Releasing
from cnsproject.network.wires import Wires, steps_of
from cnsproject.random import Law

# A number, one per synapse, a distribution, or a function of the distance between the two neurons.
PerSynapse = Given | Callable[[npt.NDArray[np.float64]], npt.ArrayLike]


class Wired(Releasing):
    """A connection whose synapses are made by a rule, when they are first needed (abstract).

    connectivity   the rule
    delay          a number (ms), or what the delays of all synapses are made from
    weight_dtype   "int16" where weights are kept as whole numbers, in units of `weight_scale`
    """

    connectivity: Connectivity
    delay: Any
    weight_dtype: str | None = None
    _given_weight: Any
    _parts: tuple[Any, Any]
    _wires: Wires | None
    _laid_for: float | None

    @property
    def weight_shape(self) -> tuple[int, ...] | None:
        """Shape of the weights that synapses share, where they do."""
        return None

    @property
    def _scaled(self) -> bool:
        """Whether weights are whole numbers, in units of `weight_scale`."""
        return self.weight.dtype == torch.int16

    def make_synapses(self, told: Building | None) -> None:
        self._build(told)

    def _build(self, told: Building | None = None) -> Wires:
        """The synapses, made when there are none yet; what goes wrong meanwhile leaves none."""
        if self._wires is None:
            pre, post = self._parts
            rows = self.connectivity.rows(pre.n, post.n, self._key, same=self._same(), shapes=(pre.shape, post.shape))
            weight, count = self._drawn("weight", self._given_weight, rows), int(rows.pointers[-1])
            kept = weight if isinstance(weight, Tensor) else room_for(count, self._dtype)
            each, scale = None if isinstance(weight, Tensor) else weight, self.weight_scale
            if each is not None and self.weight_dtype:
                drawn, scale = each, largest(rows, each, self._telling(told, "measuring", count)) / WHOLE or 1.0
                kept, each = room_for(count, torch.int16), lambda slab: whole_numbers(drawn(slab), scale)
            into, laid = None if each is None else kept.numpy(), self._telling(told, "building", count)
            wires, moved = lay(rows, self._parts, self._delays_of(rows), each, into, laid)
            if moved and isinstance(weight, Tensor) and weight.requires_grad and self.weight_shape is None:
                self._refuse_moved("weight")
            if kept.dtype == torch.int16:
                self._check_sums(wires)
                self.__dict__["weight_scale"] = scale
            self._set_weight(self._apart(kept, count) if each is None else kept, own=each is not None)
            self._wires, self._laid_for = wires, self._common_dt()
        return self._wires

    def _telling(self, told: Building | None, doing: str, count: int) -> Told | None:
        return None if told is None else lambda made: told(f"{doing} {self.name or 'synapses'}", made, count)

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
            return lambda slab: given.at(self._key, slab, stream, NATIVE)
        if isinstance(given, Law) and per_synapse:
            return lambda slab: given.at(self._key, slab.numbers, stream=stream, draws=NATIVE)
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
        distances = self.connectivity.distance(slab.sources, slab.targets.astype(np.int64), (pre.shape, post.shape))
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
