"""`Program`: a plan as native kernels and the arrays they work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.dynamics.step import Step
from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu.printer import print_library, print_step
from cnsproject.plan import Advance, Deliver, Gather, Operation, Plan, Record

Array = npt.NDArray[Any]


@dataclass
class Spikes:
    """The spikes of a layer in its last `slots` steps: indices ascending, and how many there are."""

    fired: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    @classmethod
    def empty(cls, neurons: int, slots: int) -> Spikes:
        """No spikes in any step."""
        return cls(np.zeros((slots, neurons), np.int32), np.zeros(slots, np.int64))

    def put(self, step: int, indices: npt.NDArray[np.int64]) -> None:
        """The spikes of a step; steps before the run are negative."""
        slot = step % len(self.counts)
        self.counts[slot] = len(indices)
        self.fired[slot, : len(indices)] = indices

    def get(self, step: int) -> npt.NDArray[np.int32]:
        """Indices of the neurons that fired in a step."""
        slot = step % len(self.counts)
        return self.fired[slot, : self.counts[slot]]


class Program:
    """A plan whose buffers are arrays and whose operations are addresses of native functions.

    arrays     every buffer of the plan as a flat contiguous array; states are worked on in place, an external input
               has one row for all steps or one per step, and one number or one per neuron
    constants  owner: name: value, a number (0-d) or one per neuron
    signs      connection: +1 or -1 per source, for those that have inhibitory sources
    spikes     layer: its latest spikes
    """

    def __init__(
        self,
        plan: Plan,
        arrays: Mapping[str, Array],
        constants: Mapping[str, Mapping[str, Array]],
        signs: Mapping[str, Array],
        spikes: Mapping[str, Spikes],
    ) -> None:
        self.plan, self.spikes = plan, spikes
        self.arrays, self.constants, self.signs = dict(arrays), constants, signs
        self.precision = plan.dtype
        self._library = _library(plan.dtype)
        self._keep: list[Array] = []  # arrays that only native code refers to
        self._kernels: list[int] = []
        self._words: list[int] = []
        for operation in plan.operations:
            self._add(operation)

    def run(self, first: int, last: int) -> int:
        """Carry out steps first ... last-1; the step in which a state was not finite, or last."""
        kernels, words = np.array(self._kernels, np.int64), np.array(self._words, np.int64)
        stopped: int = self._library.run(first, last, kernels, words)
        return stopped

    def state(self) -> list[Array]:
        """Copies of all that a run changes."""
        return [array.copy() for array in self._changing()]

    def restore(self, state: list[Array]) -> None:
        """Back to what `state` gave."""
        for array, old in zip(self._changing(), state, strict=True):
            array[...] = old

    def _changing(self) -> list[Array]:
        updated = [name for operation in self.plan.operations for name in operation.updates]
        histories = [array for spikes in self.spikes.values() for array in (spikes.fired, spikes.counts)]
        flags = [self.arrays[f"{layer}.s"] for layer in self.spikes]
        return [*(self.arrays[name] for name in updated), *flags, *histories]

    def _add(self, operation: Operation) -> None:
        match operation:
            case Deliver():
                self._add_delivery(operation)
            case Gather():
                currents = [self.arrays[name] for name in operation.currents]
                target = self.arrays[operation.target]
                external = self.arrays[operation.external]
                self._emit("gather", target.size, target, *_external(external), len(currents), *currents)
            case Advance():
                self._add_advance(operation)
            case Record():
                source, target = self.arrays[operation.source], self.arrays[operation.target]
                size = target[0].nbytes
                self._emit("record", size, source, target, len(target))

    def _add_delivery(self, d: Deliver) -> None:
        layer = d.spikes.removesuffix(".s")
        history, weight, current = self.spikes[layer], self.arrays[d.weight], self.arrays[d.current]
        shared = d.weights == "shared"
        arrived = np.zeros(1 if shared else current.size, current.dtype)
        sign = self.signs.get(d.owner)
        slots, sources = history.fired.shape
        words = [sources, history.fired, history.counts, slots, d.lag, weight, 0 if sign is None else sign, arrived]
        if shared:
            self._emit("arrive_shared", *words)
        elif d.weights == "matrix":
            self._emit("arrive_matrix", *words, current.size)
        else:
            wiring = self.arrays[f"{d.owner}.pointers"], self.arrays[f"{d.owner}.targets"]
            self._emit("arrive_synapses", *words, current.size, *wiring, int(weight.size > 1 or weight.ndim > 0))
        self._step(d.owner, d.step, current.size, {"arrived": arrived, "current": current})

    def _add_advance(self, a: Advance) -> None:
        spikes = self.arrays[a.spikes]
        neurons = self.spikes[a.owner].fired.shape[1]
        own = dict(zip(a.state_names, (self.arrays[name] for name in a.states), strict=True))
        if a.step.dynamics is None:
            self._emit("present", neurons, spikes, *_external(self.arrays[a.input]))
        else:
            own[next(iter(a.step.dynamics.inputs))] = self.arrays[a.input]
        if a.step.dynamics or a.step.trace:
            self._step(a.owner, a.step, neurons, {**own, "s": spikes})
        history = self.spikes[a.owner]
        self._emit("collect", neurons, spikes, history.fired, history.counts, len(history.counts))

    def _step(self, owner: str, step: Step, size: int, arrays: dict[str, Array]) -> None:
        """The printed kernel of a step."""
        values = {**self.constants[owner], **arrays}
        single = tuple(
            sorted(name for name, value in values.items() if value.ndim == 0 or (name == "arrived" and value.size == 1))
        )
        module = _kernel(step, self.precision, single)
        self._append(module.advance.address, [size, *(values[name] for name in module.ARGUMENTS)])

    def _emit(self, kernel: str, *words: int | Array) -> None:
        self._append(getattr(self._library, kernel).address, list(words))

    def _append(self, address: int, words: list[int | Array]) -> None:
        self._keep += [word for word in words if isinstance(word, np.ndarray)]
        row = np.array([w.ctypes.data if isinstance(w, np.ndarray) else w for w in words], np.int64)
        self._keep.append(row)
        self._kernels.append(address)
        self._words.append(row.ctypes.data)


def padded_flags(spikes: Array) -> Array:
    """Spikes as bytes, filled up to whole 64-bit words with zeros: that is how they are searched."""
    flags = np.zeros((spikes.size + 7) // 8 * 8, np.uint8)
    flags[: spikes.size] = spikes.ravel()
    return flags


def _external(external: Array) -> tuple[Array, int, int]:
    """An input of shape (1 or steps, 1 or neurons) with its strides in bytes, 0 where one value serves all."""
    rows, columns = external.shape
    return external, 0 if rows == 1 else external.strides[0], 0 if columns == 1 else 1


@cache
def _library(precision: str) -> ModuleType:
    return printed_module("cpu_library", precision, lambda: print_library(precision))


@cache
def _kernel(step: Step, precision: str, single: tuple[str, ...]) -> ModuleType:
    text = f"{step.text}\n{precision}, one number for all neurons: {', '.join(single)}"
    return printed_module("cpu", text, lambda: print_step(text, step.update(), precision, single))
