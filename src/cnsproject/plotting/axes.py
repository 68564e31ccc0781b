"""One panel per function: each draws arrays into one matplotlib axes and returns that axes.

Common to all: `ax` is the axes to draw into (a new figure when None); `label` is the name for a legend, which the
caller places; `color` is any matplotlib colour (the next unused one of a colour-blind-safe palette when None).
Time runs along x from 0 to the end of the run: in ms with `dt` (ms per step), in units of `steps_per_unit` steps, or
in steps when neither is given. Step k is drawn at k steps from the left.

Wrong input raises `ShapeError`, `ParameterError` (NaN, dt <= 0, ...) or `ArgumentError` (no numbers at all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, columns, scalar, spike_matrix, spike_steps, time_scale, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

MOST_COLUMNS = 50
"""More faint traces than this merge into a grey area and only cost time."""

MOST_VECTOR = 10_000
"""Points of faint traces above which SVG and PDF store them as pixels, at about 20 bytes per point."""


def raster(
    spikes: ArrayLike,
    *,
    offset: int = 0,
    label: str = "",
    color: str | None = None,
    dt: Scalar | None = None,
    steps_per_unit: Scalar | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Spikes (neurons, steps), bool or 0/1, as one vertical tick per spike.

    Neuron i is at y = offset + i; give the second population the number of neurons of the first as `offset` to stack
    both, a line then separates them. Ticks follow the row height between 3 and 24 points. From 5000 spikes in the
    axes on they are stored as pixels in SVG and PDF: save with `dpi=300` for print.
    """
    fired = spike_matrix(spikes, "raster.spikes")
    first = whole(offset, "raster.offset", least=0)
    scale = time_scale(dt, steps_per_unit, "raster")
    from matplotlib.ticker import MaxNLocator

    from cnsproject.plotting._ticks import SpikeTicks

    ax = _style.new_panel() if ax is None else ax
    neuron, step = np.nonzero(fired)
    ticks = SpikeTicks(
        step * scale.per_step,
        neuron + float(first),
        first_row=first,
        rows=fired.shape[0],
        color=_style.next_color(ax) if color is None else color,
        label=label,
    )
    ax.add_line(ticks)
    blocks = [line for line in ax.lines if isinstance(line, SpikeTicks)]
    bottom = min(block.first_row for block in blocks)
    top = max(block.first_row + block.rows for block in blocks)
    many = sum(len(np.asarray(block.get_xdata())) for block in blocks) >= _style.MANY
    for block in blocks:
        block.set_rasterized(many)
    for edge in (first, first + fired.shape[0]):
        if bottom < edge < top:
            ax.axhline(edge - 0.5, color=_style.GUIDE, linewidth=0.6)
    ax.set_ylim(bottom - 0.5, top - 0.5)
    ax.yaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    _style.set_time_axis(ax, fired.shape[1], scale)
    _style.set_labels(ax, scale.label, "neuron")
    return ax


def activity(
    spikes: ArrayLike,
    *,
    label: str = "",
    color: str | None = None,
    dt: Scalar | None = None,
    steps_per_unit: Scalar | None = None,
    window: int = 1,
    ax: Axes | None = None,
) -> Axes:
    """How much a population fires, from spikes (neurons, steps), bool or 0/1.

    Without `dt` y is the number of spikes of the whole population in a step. With `dt` (ms) y is the rate of the
    average neuron in Hz, spikes / (neurons * dt * 1e-3), so that populations of different size can be compared.
    `window` (steps) smooths by a centred running mean, shortened at both ends of the run.
    """
    fired = spike_matrix(spikes, "activity.spikes")
    scale = time_scale(dt, steps_per_unit, "activity")
    width = whole(window, "activity.window", least=1)
    from matplotlib.ticker import MaxNLocator

    neurons, steps = fired.shape
    count = _running_mean(fired.sum(axis=0, dtype=np.float64), width)
    ax = _style.new_panel() if ax is None else ax
    y = count if dt is None else count / (neurons * scale.per_step * 1e-3)
    line = _line(ax, np.arange(steps) * scale.per_step, y, label, color)
    _style.fit_y_from_zero(ax, line)
    if dt is None and width == 1:
        ax.yaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10]))
    _style.set_time_axis(ax, steps, scale)
    _style.set_labels(ax, scale.label, "spikes/step" if dt is None else "rate\n(Hz/neuron)")
    return ax


def current(
    I: ArrayLike,  # noqa: E741 - the name that the equations and the notebooks use
    *,
    label: str = "",
    color: str | None = None,
    dt: Scalar | None = None,
    steps_per_unit: Scalar | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Input current (steps,), (steps, 1) or (steps, n), in the caller's unit: the mean over n as a line.

    For n > 1 the single columns are faint behind it, at most 50 of them, evenly spaced. A mean that equals one
    already in the axes is dashed, so that both can be seen.
    """
    values = columns(I, "current.I")
    return _traces(
        values,
        where="current",
        ylabel="input\ncurrent (nA)",
        label=label,
        color=color,
        dt=dt,
        steps_per_unit=steps_per_unit,
        ax=ax,
    )


def potential(
    u: ArrayLike,
    *,
    threshold: Scalar | None = None,
    spikes: ArrayLike | None = None,
    label: str = "",
    color: str | None = None,
    dt: Scalar | None = None,
    steps_per_unit: Scalar | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Membrane potential (steps,) or (steps, n), in the caller's unit: the mean over n as a line.

    For n > 1 the single columns are faint behind it, at most 50 of them, evenly spaced. `threshold` (same unit as u)
    is a dashed line. `spikes` (spikes,) are the steps, from 0, at which the neuron fired; they are marked at the
    threshold, or at the highest potential when there is none.
    """
    values = columns(u, "potential.u")
    level = None if threshold is None else scalar(threshold, "potential.threshold")
    fired = None if spikes is None else spike_steps(spikes, values.shape[0], "potential.spikes")
    scale = time_scale(dt, steps_per_unit, "potential")
    ax = _traces(
        values,
        where="potential",
        ylabel="potential (mV)",
        label=label,
        color=color,
        dt=dt,
        steps_per_unit=steps_per_unit,
        ax=ax,
    )
    trace = ax.lines[-1]
    if level is not None:
        named = any(line.get_label() == "threshold" for line in ax.lines)
        ax.axhline(
            level, color=_style.GUIDE, linewidth=1.0, linestyle="--", zorder=1, label="" if named else "threshold"
        )
    if fired is not None:
        height = float(values.max()) if level is None else level
        ax.plot(
            fired * scale.per_step,
            np.full(fired.shape, height),
            linestyle="none",
            marker="o",
            markersize=4.0,
            markerfacecolor="white",
            color=trace.get_color(),
            label=f"{label}: spikes" if label else "spikes",
            zorder=3,
        )
    return ax


def fi_curve(
    currents: ArrayLike,
    rates: ArrayLike,
    *,
    label: str = "",
    color: str | None = None,
    xlabel: str = "input current (nA)",
    ylabel: str = "firing rate",
    ax: Axes | None = None,
) -> Axes:
    """Rates (points,) over constant currents (points,), joined in the order given; put the units into the labels.

    Up to 60 points are marked.
    """
    x = columns(currents, "fi_curve.currents")
    y = columns(rates, "fi_curve.rates")
    for name, values in (("currents", x), ("rates", y)):
        if values.shape != (len(x), 1):
            raise ShapeError(
                f"fi_curve.{name}",
                got=f"{values.size} values in {len(values)} rows",
                expected=f"shape (points,), {len(x)} points as in currents",
                fix="pass one rate for each current",
            )
    ax = _style.new_panel() if ax is None else ax
    line = _line(ax, x[:, 0], y[:, 0], label, color)
    line.set(marker="o" if len(x) <= _style.MOST_MARKERS else "", markersize=4.0, clip_on=False)
    _style.fit_y_from_zero(ax, line)
    _style.set_labels(ax, xlabel, ylabel)
    return ax


def _traces(
    values: Floats,
    *,
    where: str,
    ylabel: str,
    label: str,
    color: str | None,
    dt: Scalar | None,
    steps_per_unit: Scalar | None,
    ax: Axes | None,
) -> Axes:
    """The mean of `values` (steps, n) over time, with single columns faint behind; the mean is the last line."""
    scale = time_scale(dt, steps_per_unit, where)
    from matplotlib.collections import LineCollection

    ax = _style.new_panel() if ax is None else ax
    steps, n = values.shape
    x = np.arange(steps) * scale.per_step
    color = _style.next_color(ax) if color is None else color
    if n > 1:
        chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_COLUMNS)).round().astype(int))
        paths = [np.column_stack((x, values[:, column])) for column in chosen]
        ax.add_collection(
            LineCollection(
                paths,
                colors=[_style.faint(color)],
                linewidths=0.5,
                zorder=1.5,
                rasterized=steps * len(paths) > MOST_VECTOR,
            )
        )
    _line(ax, x, values.mean(axis=1), label, color)
    _style.set_time_axis(ax, steps, scale)
    _style.set_labels(ax, scale.label, ylabel)
    return ax


def _line(ax: Axes, x: Floats, y: Floats, label: str, color: str | None) -> Line2D:
    color = _style.next_color(ax) if color is None else color
    (line,) = ax.plot(x, y, color=color, label=label, linewidth=_style.LINE_WIDTH)
    _style.show_coincident(ax, line)
    return line


def _running_mean(values: Floats, width: int) -> Floats:
    if width == 1:
        return values
    reach = np.arange(len(values))
    low = np.maximum(reach - (width - 1) // 2, 0)
    high = np.minimum(reach + width // 2 + 1, len(values))
    total = np.concatenate(([0.0], np.cumsum(values)))
    mean: Floats = (total[high] - total[low]) / (high - low)
    return mean
