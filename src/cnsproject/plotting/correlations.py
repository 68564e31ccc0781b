"""Panels of what neurons have to do with each other. `data` is as in `events`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnsproject import analysis
from cnsproject.checks import positive, whole
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._events import Ints, SpikeData, Trains, read
from cnsproject.plotting._inputs import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 50


def correlogram(
    data: SpikeData,
    *,
    start: float,
    stop: float,
    bin: float = 1.0,
    reach: float = 50.0,
    color: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The rate of the second population (Hz per neuron) before and after a spike of the first, over the lag (ms).

    Of one population, or neuron: its rate around its own spikes, without the spike itself. The dashed line is the mean
    rate, at which neurons stay that know nothing of each other.

    bin, reach  of the lags (ms)
    """
    trains, begin, end = read("correlogram", data, start, stop)
    if len(trains) > 2:
        raise ShapeError(
            "correlogram.data", got=f"{len(trains)} populations", expected="one or two", fix="draw them pair by pair"
        )
    one, other = trains[0], trains[-1]
    lags, rates = analysis.rate_around(
        one.times, other.times if len(trains) == 2 else None, other.count, start=begin, stop=end, bin=bin, reach=reach
    )
    ax = _style.new_panel() if ax is None else ax
    shade = color if color is not None else other.color
    edges = np.append(lags - 0.5 * bin, lags[-1] + 0.5 * bin)
    ax.stairs(np.nan_to_num(rates), edges, fill=True, color=_style.faint(shade))
    ax.stairs(np.nan_to_num(rates), edges, color=shade, linewidth=0.8 * _style.LINE_WIDTH)
    mean = 1e3 * len(other.times) / (other.count * (end - begin))
    ax.axhline(mean, color=_style.GUIDE, linewidth=1.0, linestyle="--", label="mean rate")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0.0, 1.08 * max(float(np.nan_to_num(rates).max()), mean) or 1.0)
    after = f"lag after a spike of {one.name} (ms)" if one.name else "lag (ms)"
    _style.set_labels(ax, after, f"rate of {other.name}\n(Hz/neuron)" if other.name else "rate\n(Hz/neuron)")
    _style.note(ax, f"bins of {bin:g} ms")
    return ax


def correlation_distribution(
    data: SpikeData,
    *,
    start: float,
    stop: float,
    bin: float = 20.0,
    most: int = 400,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How the correlation coefficients of the spike counts of two neurons in bins (ms) are distributed.

    Within each population, and between each two. The dashed line is the density for independent neurons, a Gaussian of
    standard deviation 1/sqrt(number of bins).

    most    neurons that are taken, evenly spaced, of those that fire; the figure says how many
    colors  one per histogram: within the populations, then between them
    """
    chosen, count, table = _chosen("correlation_distribution", data, start, stop, bin, most)
    pairs = _pairs(chosen, table)
    if colors is not None and len(colors) != len(pairs):
        raise ShapeError(
            "correlation_distribution.colors", got=f"{len(colors)} of them", expected=f"{len(pairs)}", fix="add some"
        )
    bins = int((float(stop) - float(start)) / bin + 1e-9)
    ax = _style.new_panel() if ax is None else ax
    everything = np.concatenate(list(pairs.values()))
    reach = min(1.0, max(float(np.quantile(np.abs(everything), 0.999)), 4.0 / np.sqrt(bins)))
    edges = np.linspace(-reach, reach, _BINS + 1)
    for (name, values), color in zip(pairs.items(), colors or _style.colors(len(pairs)), strict=True):
        density = np.histogram(values, edges)[0] / (max(len(values), 1) * (edges[1] - edges[0]))
        text = f"mean {values.mean():.2g}" if len(values) else "no pair"
        ax.stairs(density, edges, color=color, linewidth=_style.LINE_WIDTH, label=f"{name}: {text}" if name else text)
    x = np.linspace(-reach, reach, 300)
    gauss = np.exp(-0.5 * x**2 * bins) * np.sqrt(bins / (2.0 * np.pi))
    ax.plot(x, gauss, color=_style.GUIDE, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), label="independent")
    ax.set(xlim=(-reach, reach), ylim=(0.0, None))
    ax.locator_params(axis="x", nbins=5)
    _style.set_labels(ax, "correlation of two neurons", "density of pairs")
    _style.note(ax, f"bins of {bin:g} ms, {len(table)} of {count} neurons")
    _style.legend_inside(ax)
    return ax


def correlation_matrix(
    data: SpikeData, *, start: float, stop: float, bin: float = 20.0, most: int = 100, ax: Axes | None = None
) -> Axes:
    """The correlation coefficients of the spike counts of all pairs of neurons in bins (ms); lines part populations.

    The scale ends where 1 % of the coefficients are beyond.

    most  neurons that are taken, evenly spaced, of those that fire; the figure says how many
    """
    chosen, count, table = _chosen("correlation_matrix", data, start, stop, bin, most)
    shown = table.copy()
    np.fill_diagonal(shown, np.nan)
    limit = float(np.nanquantile(np.abs(shown), 0.99)) or 1.0
    ax = _style.new_panel() if ax is None else ax
    picture = ax.imshow(
        np.ma.masked_invalid(shown), cmap="RdBu_r", vmin=-limit, vmax=limit, origin="lower", interpolation="nearest"
    )
    ax.set_facecolor(_style.THEORY)
    ax.spines[:].set_visible(True)
    places, first = [], 0
    for one, neurons in chosen:
        places.append((one.name, first + 0.5 * (len(neurons) - 1)))
        if first:
            for draw in (ax.axhline, ax.axvline):
                draw(first - 0.5, color=_style.INK, linewidth=0.8)
        first += len(neurons)
    if any(name for name, _ in places):
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks([place for _, place in places], [name for name, _ in places])
            axis.set_tick_params(length=0, labelsize=_style.TEXT)
    scale = ax.figure.colorbar(picture, ax=ax, shrink=0.9, extend="both")
    scale.set_label("correlation", fontsize=_style.TEXT)
    scale.ax.tick_params(labelsize=_style.TEXT)
    _style.set_labels(ax, "neuron", "neuron")
    _style.note(ax, f"bins of {bin:g} ms, {len(table)} of {count} neurons")
    return ax


def _chosen(
    where: str, data: SpikeData, start: float, stop: float, bin: float, most: int
) -> tuple[list[tuple[Trains, Ints]], int, Floats]:
    """Of every population the neurons that are taken, the number of all, and the coefficients of those."""
    trains, begin, end = read(where, data, start, stop)
    room, count = whole(f"{where}.most", most, least=2), sum(one.count for one in trains)
    positive(f"{where}.bin", bin, "ms")
    chosen: list[tuple[Trains, Ints]] = []
    times, rows, first = [], [], 0
    firing = [np.flatnonzero(np.bincount(one.neurons, minlength=one.count)) for one in trains]
    total = sum(map(len, firing))
    for one, active in zip(trains, firing, strict=True):
        share = len(active) if total <= room else max(1, round(room * len(active) / total))
        taken = active[np.linspace(0, len(active) - 1, min(share, len(active))).round().astype(np.int64)]
        row = np.full(one.count, -1)
        row[taken] = first + np.arange(len(taken))
        inside = row[one.neurons] >= 0
        times.append(one.times[inside])
        rows.append(row[one.neurons][inside])
        chosen.append((one, taken))
        first += len(taken)
    if first < 2:
        raise ParameterError(
            f"{where}.data", got=f"{first} neurons that fire", expected="at least 2", fix="choose another window"
        )
    table = analysis.count_correlations(
        np.concatenate(times), np.concatenate(rows), first, start=begin, stop=end, bin=bin
    )
    if not np.isfinite(table[~np.eye(first, dtype=bool)]).any():
        raise ParameterError(
            f"{where}.bin", got=f"{bin:g} ms, in which counts do not vary", expected="counts that vary",
            fix="use other bins or a longer window",
        )  # fmt: skip
    return chosen, count, table


def _pairs(chosen: Sequence[tuple[Trains, Ints]], table: Floats) -> dict[str, Floats]:
    """Coefficients within populations and between them, by their names."""
    ends = np.cumsum([0, *(len(neurons) for _, neurons in chosen)])
    blocks = [(k, k) for k in range(len(chosen))]
    blocks += [(k, m) for k in range(len(chosen)) for m in range(k + 1, len(chosen))]
    found = {}
    for k, m in blocks:
        block = table[ends[k] : ends[k + 1], ends[m] : ends[m + 1]]
        values = block[np.triu_indices(len(block), 1)] if k == m else block.ravel()
        name = f"{chosen[k][0].name}–{chosen[m][0].name}" if chosen[k][0].name else ""
        found[name] = values[np.isfinite(values)]
    return found
