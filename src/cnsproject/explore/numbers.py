"""What is measured of spikes: the same numbers for a link, a table on the page and a snippet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject import analysis

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SYNCHRONY_BIN = 5.0  # ms


@dataclass(frozen=True, eq=False)
class Trains:
    """The spikes of a population: times (ms), who fired, and how many neurons there are."""

    times: F64
    neurons: Ints
    count: int

    @classmethod
    def of(cls, times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> Trains:
        """What `Monitor.spikes()` gives."""
        return cls(np.asarray(times, np.float64), np.asarray(neurons, np.int64), count)

    @classmethod
    def of_raster(cls, spikes: npt.ArrayLike, dt: float) -> Trains:
        """From an array (neurons, steps) of spikes, with the length of a step (ms)."""
        raster = np.asarray(spikes, bool)
        step, neuron = np.nonzero(raster.T)
        return cls(np.asarray(step * dt, np.float64), neuron, len(raster))

    def raster(self, steps: int, dt: float) -> npt.NDArray[np.bool_]:
        """As an array (neurons, steps)."""
        spikes = np.zeros((self.count, steps), bool)
        spikes[self.neurons, np.rint(self.times / dt).astype(np.int64)] = True
        return spikes


@dataclass(frozen=True)
class Row:
    """A measure with one value for each population, or one for all of them; None where it is not defined."""

    measure: str
    unit: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Numbers:
    """All that was measured: names of the populations, and a row for each measure. Prints as a table."""

    populations: tuple[str, ...]
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        cells = [("", *self.populations)]
        cells += [
            (f"{row.measure} ({row.unit})" if row.unit else row.measure, *map(told, row.values)) for row in self.rows
        ]
        widths = [max(len(row[k]) for row in cells if k < len(row)) for k in range(len(cells[0]))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)).rstrip() for row in cells)


def told(value: float | None) -> str:
    """A number with four digits; a dash for none."""
    return "–" if value is None else f"{value:.4g}".replace("-", "−")


def measured(trains: Mapping[str, Trains], *, time: float, dt: float, lag: Sequence[str] = ()) -> Numbers:
    """First spike, period, spikes, rate, variation and synchrony of each population, and the lag between two of them.

    time, dt  how long the run was and one of its steps (ms)
    lag       the populations from whose volleys, and to whose, the wait is measured; none where it makes no sense

    Times and rates are those of `analysis`: `first_spike`, `period`, `mean_rate`, `variation` (its mean over the
    neurons), `synchrony` (in bins of 5 ms, or of a step where that is longer) and `lags` (their mean).
    """
    steps = round(time / dt)
    rasters = {name: train.raster(steps, dt) for name, train in trains.items()}
    firsts = [analysis.first_spike(raster) for raster in rasters.values()]
    periods = [analysis.period(raster) for raster in rasters.values()]
    rows = [
        Row("first spike", "ms", tuple(None if first is None else first * dt for first in firsts)),
        Row("period", "ms", tuple(None if period is None else period * dt for period in periods)),
        Row("spikes per neuron", "", tuple(analysis.spikes_per_neuron(raster) for raster in rasters.values())),
        Row("mean rate", "Hz", tuple(analysis.mean_rate(raster, dt) for raster in rasters.values())),
        Row("variation of intervals, CV", "", tuple(_variation(train) for train in trains.values())),
    ]
    if any(train.count > 1 for train in trains.values()):
        rows.append(Row("synchrony", "", tuple(_synchrony(train, time, dt) for train in trains.values())))
    if lag:
        waits = analysis.lags(*(rasters[name] for name in lag))
        rows.append(Row(f"lag {lag[0]} to {lag[1]}", "ms", (float(waits.mean()) * dt if len(waits) else None,)))
    return Numbers(tuple(trains), tuple(rows))


def _variation(train: Trains) -> float | None:
    values = analysis.variation(train.times, train.neurons, train.count)
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    mean = float(defined.mean())
    return mean if mean > 1e-9 else 0.0  # what the rounding of times makes of a clock


def _synchrony(train: Trains, time: float, dt: float) -> float | None:
    bin = min(max(_SYNCHRONY_BIN, dt), time)
    found = analysis.synchrony(train.times, train.neurons, train.count, start=0.0, stop=time, bin=bin)
    return None if math.isnan(found) else found
