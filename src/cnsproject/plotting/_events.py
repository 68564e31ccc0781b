"""Reading spikes that are given as events, of one population or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.analysis.events import checked, window
from cnsproject.errors import ArgumentError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, _convert

Ints = NDArray[np.int64]

Events: TypeAlias = tuple[ArrayLike, ArrayLike, int]
"""Times (ms) and neurons of the spikes, both (spikes,), and the number of neurons: `(*monitor.spikes(), layer.n)`."""

SpikeData: TypeAlias = Events | Mapping[str, Events]
"""One population, or several by their names."""


@dataclass(frozen=True)
class Trains:
    """The spikes of a population within a window, checked.

    times, neurons  (spikes,), in the order in which they were given
    """

    name: str
    times: Floats
    neurons: Ints
    count: int
    color: str

    def named(self, text: str) -> str:
        """The text of a legend: the name, and a text."""
        return f"{self.name}: {text}" if self.name else text


def read(
    where: str,
    data: SpikeData,
    start: float | None,
    stop: float | None,
    colors: Sequence[str] | None = None,
) -> tuple[list[Trains], float, float]:
    """The spikes in [start, stop) of every population, and the window (ms).

    A start of None is 0, or the first spike before that; a stop of None the last spike, which then counts.
    """
    given = dict(data) if isinstance(data, Mapping) else {"": data}
    shades = list(colors) if colors is not None else _style.colors(len(given))
    if not given or len(shades) != len(given):
        raise ShapeError(
            f"{where}.{'colors' if given else 'data'}", got=f"{len(shades)} colours" if given else "no population",
            expected=f"one for each of {len(given)} populations" if given else "at least one",
            fix="pass {'exc': (times, neurons, count)}",
        )  # fmt: skip
    found = [(name, *_events(f"{where}, {name}" if name else where, one)) for name, one in given.items()]
    times = [t for _, t, _, _ in found if len(t)]
    first = min([0.0, *(float(t.min()) for t in times)]) if start is None else start
    last = max((float(t.max()) for t in times), default=first + 1.0) if stop is None else stop
    if stop is None and last <= first:
        last = first + 1.0
    begin, end = window(where, first, last)
    trains = []
    for (name, t, i, n), color in zip(found, shades, strict=True):
        inside = (t >= begin) & ((t <= end) if stop is None else (t < end))
        trains.append(Trains(name, t[inside], i[inside], n, color))
    return trains, begin, end


def _events(where: str, one: object) -> tuple[Floats, Ints, int]:
    if not isinstance(one, tuple | list) or len(one) != 3:
        raise ArgumentError(
            f"{where}.data", got=f"a {type(one).__name__}", expected="(times, neurons, count)",
            fix="pass (*monitor.spikes(), layer.n)",
        )  # fmt: skip
    times, neurons = _convert(one[0], f"{where}.times"), _convert(one[1], f"{where}.neurons")
    if neurons.size and neurons.dtype.kind not in "iu":
        raise ArgumentError(
            f"{where}.neurons", got=f"values of type {neurons.dtype}", expected="whole numbers",
            fix="pass times first, then the neuron of each",
        )  # fmt: skip
    return checked(where, times, neurons.astype(np.int64), one[2])
