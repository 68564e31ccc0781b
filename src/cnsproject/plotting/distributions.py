"""Panels of how spikes are spread: over intervals, over neurons, over frequencies. `data` is as in `events`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnsproject import analysis
from cnsproject.errors import ParameterError
from cnsproject.plotting import _style
from cnsproject.plotting._events import SpikeData, Trains, read
from cnsproject.plotting._inputs import Floats
from cnsproject.plotting.neurons import spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 40

_DECADES = 60.0
"""Of a logarithmic axis, last over first value: with less there may be a single power of ten."""

_LOOKED_AT = 100_000
"""Intervals in which a time step is looked for."""

_LONGER = 0.01
"""Share of the intervals that a histogram leaves out by itself, at most about."""

_SEGMENT = 1000.0
"""The longest one (ms) that a spectrum takes by itself: a resolution of 1 Hz."""


def interval_histogram(
    data: SpikeData,
    *,
    start: float | None = None,
    stop: float | None = None,
    bin: float | None = None,
    longest: float | None = None,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Density (1/ms) of the intervals between the spikes of a neuron (ms), with the mean CV of the neurons.

    The dashed line of a colour is the exponential density of the same mean interval, that of a Poisson process.

    bin, longest  of the histogram (ms); by default it holds 99 % of the intervals in about 40 bins. What is longer is
                  counted, and said above the panel
    colors        one per population
    """
    trains, _, _ = read("interval_histogram", data, start, stop, colors)
    pooled = [analysis.interspike_intervals(one.times, one.neurons, one.count)[0] for one in trains]
    everything = np.concatenate(pooled)
    end = longest if longest is not None else float(np.quantile(everything, 1.0 - _LONGER)) if len(everything) else 1.0
    width = bin if bin is not None else _bin_of(everything, end)
    beyond = (everything >= width * math.floor(end / width + 1e-9)).mean() if len(everything) else 0.0
    if longest is None and beyond > 2.0 * _LONGER:
        end += width  # many intervals are equal, and stand on the edge
    ax = _style.new_panel() if ax is None else ax
    edges = np.zeros(1)
    for one, gaps in zip(trains, pooled, strict=True):
        edges, density = analysis.interval_histogram(one.times, one.neurons, one.count, bin=width, longest=end)
        _steps(ax, edges, np.nan_to_num(density), one, _mean_of("mean CV", _variations(one), ""))
        if len(gaps):
            x, mean = np.linspace(0.0, edges[-1], 200), float(gaps.mean())
            ax.plot(x, np.exp(-x / mean) / mean, color=one.color, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)))
    if len(everything):
        ax.plot([], [], color=_style.GUIDE, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), label="exponential")
    longer = float((everything >= edges[-1]).mean()) if len(everything) else 0.0
    _style.note(ax, f"{100.0 * longer:.2g} % longer" if longer else "")
    ax.set(xlim=(0.0, float(edges[-1])), ylim=(0.0, None))
    _style.set_labels(ax, "interval (ms)", "density (1/ms)")
    _style.legend_inside(ax)
    return ax


def rate_distribution(
    data: SpikeData, *, start: float, stop: float, colors: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """How the rates (Hz) of the neurons are distributed: spikes in [start, stop) (ms) over its length."""
    trains, begin, end = read("rate_distribution", data, start, stop, colors)
    rates = [np.bincount(one.neurons, minlength=one.count) * (1e3 / (end - begin)) for one in trains]
    ax = _style.new_panel() if ax is None else ax
    # Rates are whole numbers of spikes in the window, and bins as well.
    unit = 1e3 / (end - begin)
    _spread(ax, trains, rates, "mean", " Hz", unit)
    _style.set_labels(ax, "rate of a neuron (Hz)", "share of neurons")
    return ax


def variation_distribution(
    data: SpikeData,
    *,
    start: float | None = None,
    stop: float | None = None,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How the CVs of the neurons' intervals are distributed; a neuron with less than two intervals is left out."""
    trains, _, _ = read("variation_distribution", data, start, stop, colors)
    found = [_variations(one) for one in trains]
    ax = _style.new_panel() if ax is None else ax
    _spread(ax, trains, found, "mean", "", None)
    left, total = sum(map(len, found)), sum(one.count for one in trains)
    _style.note(ax, f"{left} of {total} neurons" if left < total else "")
    ax.axvline(1.0, color=_style.GUIDE, linewidth=1.0, linestyle="--", zorder=1)
    _style.set_labels(ax, "CV of the intervals of a neuron", "share of neurons")
    return ax


def rate_spectrum(
    data: SpikeData,
    *,
    start: float,
    stop: float,
    bin: float = 1.0,
    segment: float | None = None,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Power spectral density (Hz^2/Hz) of the rates of the populations, by Welch's method; both axes logarithmic.

    The dashed line of a colour is the level 2*rate/count of independent Poisson neurons of the same rate.

    bin      in which the spikes are counted (ms): frequencies go up to 1/(2*bin)
    segment  length of the parts that are averaged (ms), the resolution is 1/segment; by default an eighth of
             all, at most 1000 ms
    colors   one per population

    Raises ParameterError where no population fires.
    """
    trains, begin, end = read("rate_spectrum", data, start, stop, colors)
    length = min((end - begin) / 8.0, _SEGMENT) if segment is None else segment
    firing = [one for one in trains if len(one.times)]
    if not firing:
        raise ParameterError(
            "rate_spectrum.data", got="no spike in the window", expected="spikes", fix="choose another window"
        )
    found = []
    for one in firing:
        _, rates = analysis.population_rate(one.times, one.count, start=begin, stop=end, bin=bin)
        frequencies, power = analysis.power_spectrum(rates, bin=bin, segment=length)
        found.append((frequencies[1:], power[1:], 2.0 * float(rates.mean()) / one.count))
    ax = _style.new_panel() if ax is None else ax
    for one, (frequencies, power, level) in zip(firing, found, strict=True):
        spectrum(frequencies, power, ylabel="power (Hz²/Hz)", label=one.name, ax=ax)
        ax.lines[-1].set(color=one.color, marker="")
        if level:
            ax.axhline(level, color=one.color, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), zorder=1.5)
    ax.plot([], [], color=_style.GUIDE, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), label="Poisson")
    ax.set_yscale("log")
    ax.set_xlim(found[0][0][0], found[0][0][-1])
    _style.note(ax, f"bins of {bin:g} ms, segments of {length:g} ms")
    _style.legend_inside(ax)
    _label_decades(ax)
    return ax


def _label_decades(ax: Axes) -> None:
    """Powers of ten are labelled; where there are few of them 2 and 5 as well."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis in (ax.xaxis, ax.yaxis):
        low, high = axis.get_view_interval()
        axis.set_minor_formatter(NullFormatter())
        if high < _DECADES * low:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _variations(one: Trains) -> Floats:
    """The CVs of the neurons that have one."""
    found = analysis.variation(one.times, one.neurons, one.count)
    return np.asarray(found[~np.isnan(found)])


def _mean_of(what: str, values: Floats, unit: str) -> str:
    return f"{what} {values.mean():.3g}{unit}" if len(values) else f"{what} unknown"


def _spread(
    ax: Axes, trains: Sequence[Trains], values: Sequence[Floats], word: str, unit: str, grain: float | None
) -> None:
    """Shares of the neurons over bins that all populations have; grain: of which the values are multiples."""
    most = max((float(one.max()) for one in values if len(one)), default=0.0) or 1.0
    fewest = min((len(one) for one in values if len(one)), default=1)
    bins = min(max(2.0 * fewest ** (1.0 / 3.0), 8.0), float(_BINS))  # Rice's rule
    width = most / bins if grain is None else grain * math.ceil(most / bins / grain)
    edges = np.arange(math.floor(most / width * (1.0 + 1e-9)) + 2) * width
    for one, found in zip(trains, values, strict=True):
        counts, _ = np.histogram(found * (1.0 + 1e-12), edges)
        _steps(ax, edges, counts / max(len(found), 1), one, _mean_of(word, found, unit))
    ax.set(xlim=(0.0, float(edges[-1])), ylim=(0.0, None))
    _style.legend_inside(ax)


def _steps(ax: Axes, edges: Floats, heights: Floats, one: Trains, text: str) -> None:
    """The outline of a histogram over a tint of its colour."""
    ax.stairs(heights, edges, fill=True, color=_style.faint(one.color), alpha=0.5)
    ax.stairs(heights, edges, color=one.color, linewidth=_style.LINE_WIDTH, label=one.named(text))


def _bin_of(gaps: Floats, end: float) -> float:
    """A round bin; where intervals are multiples of a time step, a multiple of it."""
    rough = end / _BINS
    power = 10.0 ** math.floor(math.log10(rough))
    width = max(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power <= 1.2 * rough)
    distinct = np.unique(np.round(gaps[:_LOOKED_AT], 6))
    grain = float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0
    return float(grain * math.ceil(width / grain - 1e-6)) if grain > 0.01 * width else float(width)
