"""`SpikeLog`: the spikes of a layer, step after step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Numbers = Mapping[str, npt.NDArray[Any]]


class SpikeLog:
    """Indices of the neurons that fired, one list per thread, and where each step starts in it.

    bounds  first neuron of each thread's range, and the number of neurons behind
    chunk   steps that are made before `begin` is called again
    kept    steps that stay known when it is
    beside  names of numbers that are kept for every spike, at the same places, and their type

    The list of a thread has room for all its neurons in every step; memory that no spike needs is never touched.
    """

    def __init__(
        self, bounds: Sequence[int], chunk: int, kept: int, beside: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.bounds, self.kept = bounds, kept
        widths = np.diff(bounds)
        size = 1 << (chunk + kept + 2).bit_length()
        self.mask = size - 1
        self.starts = [np.zeros(size, np.int64) for _ in widths]
        self.lists = [np.empty(int(width) * (chunk + kept) + 1, np.int32) for width in widths]
        self.beside = {name: [np.empty(len(fired), kind) for fired in self.lists] for name, kind in beside.items()}

    def put(self, step: int, indices: Ints, beside: Numbers = MappingProxyType({})) -> None:
        """The spikes of a step, which comes after all that were put before; steps before a run are negative.

        beside  name: a number for every spike
        """
        cuts = np.searchsorted(indices, self.bounds)
        for part, (starts, fired) in enumerate(zip(self.starts, self.lists, strict=True)):
            found = indices[cuts[part] : cuts[part + 1]]
            first = starts[step & self.mask]
            fired[first : first + len(found)] = found
            for name, values in beside.items():
                self.beside[name][part][first : first + len(found)] = values[cuts[part] : cuts[part + 1]]
            starts[(step + 1) & self.mask] = first + len(found)

    def recent(self, step: int, name: str = "") -> list[npt.NDArray[Any]]:
        """Neurons of the spikes of the steps before this one that are known, oldest first; or what `name` says."""
        steps, values = self.between(step - self.kept, step, name)
        return np.split(values, np.searchsorted(steps, np.arange(step - self.kept + 1, step)))

    def start(self, step: int, spikes: Sequence[Ints], beside: Mapping[str, Sequence[npt.NDArray[Any]]]) -> None:
        """Know the spikes of the steps before this one, oldest first, and nothing else."""
        spikes = spikes[max(0, len(spikes) - self.kept) :]
        for starts in self.starts:
            starts[:] = 0
        for ago in range(len(spikes), 0, -1):
            self.put(step - ago, spikes[-ago], {name: values[-ago] for name, values in beside.items()})

    def begin(self, step: int) -> None:
        """Forget the steps before step - kept, to make room for those from `step` on."""
        known = np.arange(step - self.kept, step + 1) & self.mask
        for starts, *lists in zip(self.starts, self.lists, *self.beside.values(), strict=True):
            first, end = starts[known[0]], starts[known[-1]]
            if first:
                for listed in lists:
                    listed[: end - first] = listed[first:end].copy()
                starts[known] -= first

    def between(
        self, first: int, last: int, name: str = "", origin: int = 0
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Step and neuron of all spikes of the steps first ... last-1, ascending; or step and what `name` says.

        The arrays are new ones. Steps are counted from `origin`.
        """
        known = np.arange(first, last + 1) & self.mask
        steps, values = [], []
        for starts, listed in zip(self.starts, self.beside[name] if name else self.lists, strict=True):
            places = starts[known]
            steps.append(np.repeat(np.arange(first - origin, last - origin), np.diff(places)))
            values.append(listed[places[0] : places[-1]].copy())
        if len(steps) == 1:
            return steps[0], values[0]
        step = np.concatenate(steps)
        order = np.argsort(step, kind="stable")
        return step[order], np.concatenate(values)[order]

    def starts_between(self, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Of one thread: where the spikes of each of the steps first ... last-1 start, and their end; and the neurons.

        The arrays are new ones, and make less work than the step of every spike.
        """
        ((starts,), (listed,)) = self.starts, self.lists
        begin = first & self.mask
        if begin + last - first < len(starts):
            places = starts[begin : begin + last - first + 1]
        else:
            places = starts[np.arange(first, last + 1) & self.mask]
        return places - places[0], listed[places[0] : places[-1]].copy()
