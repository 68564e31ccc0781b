"""What a moving picture shows of populations: gathered from recordings, window by window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.plotting import Field, Frame, Lines, MovingPicture, Panel, Points, Raster

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS = 100  # of a rate in a window, about


class Watched(ABC):
    """One population, or part of one, in a moving picture (abstract). Times in ms, first <= time < last.

    name    that it has in the picture
    shape   of the population
    raster  whether its spikes are shown, and not only their rate
    bin     of its rate (ms); None where no spikes are seen
    states  names of the states that are shown, with their units
    """

    name: str
    shape: tuple[int, ...]
    raster: bool
    bin: float | None
    states: Mapping[str, str]

    @property
    def n(self) -> int:
        """Number of neurons."""
        return int(np.prod(self.shape))

    @abstractmethod
    def spikes(self, first: float, last: float) -> Points:
        """Times and neurons of spikes."""

    @abstractmethod
    def rate(self, first: float, last: float) -> Points:
        """Middles of bins and the rate in them (Hz)."""

    @abstractmethod
    def values(self, state: str, first: float, last: float) -> Points:
        """Times and values (rows, n) of a state."""


def picture_of(
    sources: Sequence[Watched], *, window: float, size: tuple[int, int] | None, maps: bool, dpi: float = 100.0
) -> MovingPicture:
    """Rasters, the rates of all, states, from the top; maps on the right of populations of two dimensions."""
    panels: list[Panel] = [Raster(f"{s.name}\nneuron", s.n, k) for k, s in enumerate(sources) if s.raster]
    rates = tuple(k for k, source in enumerate(sources) if source.bin is not None)
    panels += [Lines("rate (Hz)", rates, from_zero=True)] if rates else []
    panels += [
        Lines(f"{source.name}\n{name}" + ("" if unit == "1" else f" ({unit})"), (k,))
        for k, source in enumerate(sources)
        for name, unit in source.states.items()
    ]
    fields = [Field(s.name, (s.shape[0], s.shape[1]), "rate (Hz)") for s in _mapped(sources, maps)]
    names = [source.name for source in sources]
    return MovingPicture(panels, fields, names=names, window=window, size=size, dpi=dpi)


def frame_of(picture: MovingPicture, sources: Sequence[Watched], now: float) -> Frame:
    """The picture at a time (ms)."""
    first = now - picture.window
    seen = {k: source.spikes(first, now) for k, source in enumerate(sources) if source.raster}
    shown = [[points] for points in seen.values()]
    rates = [source.rate(first, now) for source in sources if source.bin is not None]
    shown += [rates] if rates else []
    shown += [[source.values(name, first, now)] for source in sources for name in source.states]
    amounts = [_amounts(s, seen[sources.index(s)], picture.window) for s in _mapped(sources, bool(picture.fields))]
    return picture.frame(now, shown, amounts)


def _mapped(sources: Sequence[Watched], maps: bool) -> list[Watched]:
    return [source for source in sources if maps and source.raster and len(source.shape) == 2]


def _amounts(source: Watched, spikes: Points, window: float) -> F64:
    """The rate of every neuron in the window (Hz)."""
    counts = np.bincount(np.asarray(spikes.y, np.int64), minlength=source.n)
    return np.asarray(counts * (1e3 / window), np.float64).reshape(source.shape)


def rate_in_bins(steps: Ints, since: int, until: int, bin: int, dt: float, neurons: int) -> Points:
    """The rate of a population (Hz) in the complete bins between two steps; bins are counted from step 0.

    steps  at which there are spikes, of any neuron
    bin    in steps
    """
    first, last = -(-since // bin), until // bin
    if last <= first:
        return Points(np.empty(0), np.empty(0))
    places = steps // bin - first
    counts = np.bincount(places[(places >= 0) & (places < last - first)], minlength=last - first)
    return Points((np.arange(first, last) + 0.5) * bin * dt, counts * (1e3 / (bin * dt * neurons)))


def within(points: Points, first: float, last: float) -> Points:
    """Those at first <= time < last, of points in the order of time."""
    part: Any = slice(*np.searchsorted(points.x, [first, last]))
    return Points(points.x[part], points.y[part])
