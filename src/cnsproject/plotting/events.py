"""Panels of spikes as a monitor gives them: rasters and rates of populations of any size.

`data` is (times (ms), neurons, count) of a population, or {name: (times, neurons, count)} of several: with a monitor
`(*monitor.spikes(), layer.n)`. Spikes count where start <= time < stop (ms).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnsproject.analysis import population_rate
from cnsproject.checks import one_of
from cnsproject.plotting import _style
from cnsproject.plotting._events import Ints, SpikeData, Trains, read
from cnsproject.plotting._inputs import Floats
from cnsproject.plotting.axes import _line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 5.0
"""Square points of a panel for each tick: with less, ticks cover half of it and merge into an area."""

COLUMNS = 2000
"""Into so many parts the time axis is divided, when there are more spikes than that: finer than print shows them."""


def spike_raster(
    data: SpikeData,
    *,
    start: float | None = None,
    stop: float | None = None,
    sort: str = "index",
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A tick for every spike; the first population has the lowest rows, a bar in its colour names it.

    start, stop  what is shown (ms); from 0, or the first spike if that is earlier, to the last one
    sort         "index", or "rate": within a population the neurons that fire least are lowest
    colors       one per population

    Of more spikes than the panel has room for (about 20 000 in a figure of its own), those closer than 1/2000 of the
    time axis are one tick, and if that does not suffice one in so many neurons is shown, evenly spaced: the figure says
    so above the panel. From 5000 ticks on they are pixels in SVG and PDF.

    Raises ShapeError, ParameterError or ArgumentError for what are no spikes of so many neurons.
    """
    from matplotlib.ticker import MaxNLocator

    from cnsproject.plotting._ticks import SpikeTicks

    trains, begin, end = read("spike_raster", data, start, stop, colors)
    order = one_of("spike_raster.sort", sort, ("index", "rate"))
    ax = _style.new_panel() if ax is None else ax
    rows = [_ranks(one) if order == "rate" else one.neurons for one in trains]
    across, up = _style.points(ax)
    drawn, thin, merged = _thinned(trains, rows, begin, end, int(across * up / ROOM))
    first, many = 0, sum(len(t) for t, _ in drawn) >= _style.MANY
    for one, (times, row) in zip(trains, drawn, strict=True):
        ticks = SpikeTicks(times, row + float(first), first_row=first, rows=one.count, color=one.color, label=one.name)
        ticks.set_rasterized(many)
        ax.add_line(ticks)
        _bar(ax, one, first)
        if first:
            ax.axhline(first - 0.5, color=_style.GUIDE, linewidth=0.6)
        first += one.count
    ax.set_ylim(-0.5, first - 0.5)
    ax.set_xlim(begin, end)
    ax.yaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    _style.set_labels(ax, "time (ms)", "neuron" if order == "index" else "neuron, by rate")
    notes = [f"1 in {thin} neurons shown"] * (thin > 1) + [f"spikes within {merged:.2g} ms merged"] * (merged > 0)
    _style.note(ax, ", ".join(notes))
    return ax


def population_rates(
    data: SpikeData,
    *,
    start: float,
    stop: float,
    bin: float = 1.0,
    kernel: str | None = None,
    width: float | None = None,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The rate of an average neuron (Hz) over time, of every population, in bins (ms) and under a kernel.

    kernel, width  "gaussian" (width: its standard deviation, ms), "exponential" (its time constant, looks back only) or
                   "box" (its length), see `analysis.kernel_weights`; None for bins as they are
    colors         one per population
    """
    trains, begin, end = read("population_rates", data, start, stop, colors)
    found = [
        population_rate(one.times, one.count, start=begin, stop=end, bin=bin, kernel=kernel, width=width)
        for one in trains
    ]
    ax, largest = _style.new_panel() if ax is None else ax, max(one.count for one in trains)
    for one, (times, rates) in zip(trains, found, strict=True):
        line = _line(ax, times + 0.5 * bin, rates, one.name, one.color)
        line.set(drawstyle="steps-mid" if kernel is None else "default", zorder=2.0 + one.count / (1.0 + largest))
        _style.fit_y_from_zero(ax, line)
    ax.set_xlim(begin, end)
    _style.set_labels(ax, "time (ms)", "rate\n(Hz/neuron)")
    _style.note(ax, f"bins of {bin:g} ms" + (f", {kernel} of {width:g} ms" if kernel and width else ""))
    return ax


def _ranks(one: Trains) -> Ints:
    """The neuron of each spike by its place when they are sorted by their rates."""
    ranks = np.empty(one.count, np.int64)
    ranks[np.argsort(np.bincount(one.neurons, minlength=one.count), kind="stable")] = np.arange(one.count)
    return ranks[one.neurons]


def _thinned(
    trains: Sequence[Trains], rows: Sequence[Ints], begin: float, end: float, most: int
) -> tuple[list[tuple[Floats, Ints]], int, float]:
    """Times and rows of the ticks; one neuron in how many has some; within how many ms spikes are one tick."""
    ticks = [(one.times, row) for one, row in zip(trains, rows, strict=True)]
    total = sum(len(row) for row in rows)
    if total <= most:
        return ticks, 1, 0.0
    width = (end - begin) / COLUMNS
    # Ticks that spikes at random times would leave: only what is shown is merged, as sorting all takes long.
    left = sum(float(-np.expm1(-np.bincount(row) / COLUMNS).sum() * COLUMNS) for row in rows)
    thin = min(math.ceil(left / most), max(one.count for one in trains))
    chosen = [(times[row % thin == 0], row[row % thin == 0]) for times, row in ticks]
    merged = [_merged(times, row, begin, width) for times, row in chosen]
    fewer = any(len(after) < len(before) for (_, after), (_, before) in zip(merged, chosen, strict=True))
    return merged, thin, width if fewer else 0.0


def _merged(times: Floats, rows: Ints, begin: float, width: float) -> tuple[Floats, Ints]:
    """Of the spikes of a row within one part of the time axis the first."""
    place = np.minimum(((times - begin) / width).astype(np.int64), COLUMNS - 1)
    _, first = np.unique(rows * COLUMNS + place, return_index=True)
    return times[first], rows[first]


def _bar(ax: Axes, one: Trains, first: int) -> None:
    """Beside the raster, where a population has its rows, with its name."""
    if not one.name:
        return
    low, high = first - 0.5, first + one.count - 0.5
    across = ax.get_yaxis_transform()
    ax.plot(
        [1.012, 1.012], [low, high], color=one.color, linewidth=4.0, solid_capstyle="butt", clip_on=False,
        transform=across,
    )  # fmt: skip
    ax.text(
        1.03, 0.5 * (low + high), one.name, color=one.color, fontsize=_style.TEXT, va="center", transform=across,
        clip_on=False,
    )  # fmt: skip
