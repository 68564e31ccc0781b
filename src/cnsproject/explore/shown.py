"""What a run shows: panels, which are known before it, and their arrays, which it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cnsproject.explore.numbers import F64, Numbers, Trains

Curve = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

MOST_SPIKES = 20_000
MOST_POINTS = 4_000


@dataclass(frozen=True)
class Panel:
    """One picture over time: its name, what its y axis measures, how its series are drawn, and what they are."""

    name: str
    title: str
    axis: str
    series: tuple[str, ...]
    drawn: Literal["spikes", "lines", "steps"] = "lines"
    mark: float = 4.0  # size of a spike on the screen (pixels)

    @property
    def scale(self) -> str:
        """What its y axis shares with panels that measure the same."""
        return f"{self.name}: {self.axis}"


@dataclass(frozen=True, eq=False)
class Shown:
    """What a run gave.

    time     how long it was (ms)
    trains   all its spikes
    numbers  what was measured
    curves   for every panel and series x (ms) and y, as they are drawn
    notes    what must be said where less is drawn than there is
    """

    time: float
    trains: Mapping[str, Trains]
    numbers: Numbers
    curves: Mapping[tuple[str, str], Curve]
    notes: tuple[str, ...] = ()

    def span(self, panel: str) -> tuple[float, float]:
        """Lowest and highest y of a panel; of one without anything 0 and 1."""
        drawn = [y for (name, _), (_, y) in self.curves.items() if name == panel and len(y)]
        return (min(float(y.min()) for y in drawn), max(float(y.max()) for y in drawn)) if drawn else (0.0, 1.0)

    def sentence(self) -> str:
        """The run in one sentence, for whoever does not see the pictures."""
        rates = next(row.values for row in self.numbers.rows if row.measure == "mean rate")
        parts = [
            f"{name}: {len(train.times)} spikes of {train.count} neuron{'' if train.count == 1 else 's'}, {rate:.4g} Hz"
            for (name, train), rate in zip(self.trains.items(), rates, strict=True)
        ]
        return f"{'; '.join(parts)} in {self.time:g} ms."


def raster(trains: Mapping[str, Trains]) -> tuple[dict[tuple[str, str], Curve], tuple[str, ...]]:
    """Rows of spikes, one population above the other; of too many, those of the first neurons, and a note on it."""
    curves, notes, below = {}, [], 0
    for name, train in trains.items():
        rows = train.count
        if len(train.times) > MOST_SPIKES // len(trains):
            up_to = np.cumsum(np.bincount(train.neurons, minlength=train.count))
            rows = max(1, int(np.searchsorted(up_to, MOST_SPIKES // len(trains), side="right")))
            notes.append(f"Of {name} the first {rows} of {train.count} neurons are drawn.")
        drawn = train.neurons < rows
        curves["raster", name] = _single(train.times[drawn], train.neurons[drawn] + below)
        below += rows
    return curves, tuple(notes)


def rate(train: Trains, time: float, bin: float) -> Curve:
    """Spikes per neuron and second in bins (Hz), each value at the start of its bin."""
    bins = max(1, round(time / bin))
    spikes = np.bincount(np.minimum(((train.times + 1e-9) / bin).astype(np.int64), bins - 1), minlength=bins)
    return curve(np.arange(bins) * bin, spikes / (train.count * bin * 1e-3))


def curve(x: npt.ArrayLike, y: npt.ArrayLike) -> Curve:
    """A line as it is drawn: of more than 4000 points the lowest and the highest of each stretch."""
    times, values = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if len(times) > MOST_POINTS:
        stretch = -(-2 * len(times) // MOST_POINTS)
        starts = np.arange(0, len(times), stretch)
        parts = [values[start : start + stretch] for start in starts]
        ends = {
            (int(s) + int(k)) for s, part in zip(starts, parts, strict=True) for k in (part.argmin(), part.argmax())
        }
        kept = np.array(sorted(ends))
        times, values = times[kept], values[kept]
    return _single(times, values)


def _single(x: F64, y: npt.ArrayLike) -> Curve:
    return np.asarray(x, np.float32), np.asarray(y, np.float32)
