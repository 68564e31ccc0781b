"""What a monitor computes of spikes while the simulation runs, so that they need not be stored."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import positive, steps_on_grid
from cnsproject.errors import StateError, TimeGridError
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.reducers import Reducer

Ints = npt.NDArray[np.int64]


class SpikeReducer(Reducer):
    """A reducer of the spikes of a population, over every step from `start` to `stop` of the monitor (abstract)."""

    _shape: tuple[int, ...] = ()
    _dt: float = 0.0

    def __init__(self) -> None:
        self.reset()

    def begin(self, shape: tuple[int, ...], dt: float | None) -> None:
        """The shape of the spikes of a step, and its length (ms)."""
        if dt is None:
            raise StateError(f"{type(self).__name__}", got="no dt", expected="the length of a step", fix="set .dt")
        self._shape, self._dt = shape, dt

    @abstractmethod
    def take(self, rows: Ints, neurons: npt.NDArray[Any], axis: Axis) -> None:
        """See some spikes in the order of time: their row and their place in the flattened shape."""

    @abstractmethod
    def result(self, steps: int) -> npt.NDArray[Any]:
        """What is known after so many steps."""


class SpikeCount(SpikeReducer):
    """The number of spikes of every neuron: shape of the population, int64."""

    label = "spike count"

    def unit(self, unit: str) -> str:
        """A count has none."""
        return "1"

    def reset(self) -> None:
        """Forget what was seen."""
        self._counts = np.zeros(0, np.int64)

    def begin(self, shape: tuple[int, ...], dt: float | None) -> None:
        """The shape of the spikes of a step, and its length (ms)."""
        super().begin(shape, dt)
        self._counts = np.zeros(int(np.prod(shape)), np.int64)

    def take(self, rows: Ints, neurons: npt.NDArray[Any], axis: Axis) -> None:
        """See some spikes."""
        self._counts += np.bincount(neurons, minlength=len(self._counts))

    def result(self, steps: int) -> npt.NDArray[Any]:
        """The counts."""
        return self._counts.reshape(self._shape).copy()


class PopulationRate(SpikeReducer):
    """The firing rate of the population in bins (Hz): spikes per neuron and second, shape (bins,), float64.

    bin  length of a bin (ms), a whole number of steps; bins follow each other from the first recorded step, and only
         those that are complete are given
    """

    kind = "bins"

    def __init__(self, bin: float) -> None:
        self.bin = positive("PopulationRate.bin", bin, "ms")
        super().__init__()

    @property
    def label(self) -> str:
        """By which `get` finds the result, such as "rate(5 ms)"."""
        return f"rate({self.bin:g} ms)"

    def unit(self, unit: str) -> str:
        """The unit of the result."""
        return "Hz"

    def reset(self) -> None:
        """Forget what was seen."""
        self._counts = np.zeros(64, np.int64)

    def steps(self, dt: float) -> int:
        """Steps of a bin. Raises TimeGridError where it is no whole number of them."""
        steps = steps_on_grid("PopulationRate.bin", self.bin, dt)
        if steps < 1:
            raise TimeGridError(
                "PopulationRate.bin", got=f"{self.bin:g} ms", expected=f"at least one step of {dt:g} ms", fix="more"
            )
        return steps

    def begin(self, shape: tuple[int, ...], dt: float | None) -> None:
        """The shape of the spikes of a step, and its length (ms)."""
        super().begin(shape, dt)
        self.steps(self._dt)

    def take(self, rows: Ints, neurons: npt.NDArray[Any], axis: Axis) -> None:
        """See some spikes."""
        if not len(rows):
            return
        bins = rows // self.steps(self._dt)
        self._grow(int(bins[-1]) + 1)
        self._counts[: bins[-1] + 1] += np.bincount(bins)

    def result(self, steps: int) -> npt.NDArray[Any]:
        """The rates of the bins that are complete."""
        bins = steps // self.steps(self._dt)
        self._grow(bins)
        return self._counts[:bins] * (1e3 / (self.bin * int(np.prod(self._shape))))

    def _grow(self, bins: int) -> None:
        if bins > len(self._counts):
            self._counts = np.append(self._counts, np.zeros(bins, np.int64))


class IntervalVariation(SpikeReducer):
    """The coefficient of variation of the intervals between the spikes of every neuron: shape of the population.

    0 for a clock, 1 for a Poisson process; NaN for a neuron with less than two intervals. An interval across a break
    of the recording, such as a reset of the population, does not count. As `analysis.variation` of all spikes, from
    sums of whole numbers of steps (Gerstner et al. 2014, Neuronal Dynamics, ch. 7.3).
    """

    label = "interval variation"

    def unit(self, unit: str) -> str:
        """It has none."""
        return "1"

    def reset(self) -> None:
        """Forget what was seen."""
        self._last = self._run = self._count = self._sum = self._squares = np.zeros(0, np.int64)

    def begin(self, shape: tuple[int, ...], dt: float | None) -> None:
        """The shape of the spikes of a step, and its length (ms)."""
        super().begin(shape, dt)
        n = int(np.prod(shape))
        self._last, self._run = np.zeros(n, np.int64), np.full(n, -1)
        self._count, self._sum, self._squares = (np.zeros(n, np.int64) for _ in range(3))

    def take(self, rows: Ints, neurons: npt.NDArray[Any], axis: Axis) -> None:
        """See some spikes."""
        if not len(rows):
            return
        order = np.argsort(neurons, kind="stable")  # each neuron's in the order of time
        who, step, run = neurons[order].astype(np.int64), axis.steps(rows)[order], axis.run_of(rows)[order]
        starts = np.flatnonzero(np.diff(who, prepend=-1))
        before, run_before = np.roll(step, 1), np.roll(run, 1)
        before[starts], run_before[starts] = self._last[who[starts]], self._run[who[starts]]
        within = run == run_before
        gaps, owners = (step - before)[within], who[within]
        np.add.at(self._count, owners, 1)
        np.add.at(self._sum, owners, gaps)
        np.add.at(self._squares, owners, gaps**2)
        self._last[who], self._run[who] = step, run  # of several spikes the last one stays

    def result(self, steps: int) -> npt.NDArray[Any]:
        """The coefficients."""
        # Products of the sums may have more than 64 bits.
        count, total, squares = (sums.astype(object) for sums in (self._count, self._sum, self._squares))
        spread = np.sqrt((count * squares - total**2).astype(np.float64))
        return np.asarray(spread / np.where(self._count > 1, self._sum, np.nan)).reshape(self._shape)
