"""Panels for single neurons: named traces with their levels, spike trains, reference curves, averages, spectra.

As in `axes`: arrays in, one matplotlib axes out, `ax` is where to draw (a new figure when None).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, columns, scalar, time_scale, to_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES = ((4.0, 2.5), (1.5, 1.5))
"""Of levels, in line widths: all are dashed, the second more finely."""


def traces(
    values: ArrayLike,
    *,
    labels: Sequence[str] = (),
    ylabel: str,
    levels: Mapping[str, Scalar] | None = None,
    colors: Sequence[str] | None = None,
    ordered: bool = False,
    dt: Scalar | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Each column of `values` (steps,) or (steps, n) as a line of its own over time.

    labels   a name for each column, for a legend that the caller places
    levels   name: value of dashed horizontal lines, in the unit of `values`
    colors   one per column; when None the palette, or for `ordered` columns shades from light to dark
    """
    lines = columns(values, "traces.values")
    n = lines.shape[1]
    for name, given in (("labels", labels), ("colors", colors or ())):
        if given and len(given) != n:
            raise ShapeError(
                f"traces.{name}", got=f"{len(given)} of them", expected=f"one for each of {n} columns", fix="add some"
            )
    heights = {name: scalar(value, f"traces.levels[{name!r}]") for name, value in (levels or {}).items()}
    scale = time_scale(dt, None, "traces")
    ax = _style.new_panel() if ax is None else ax
    x = np.arange(len(lines)) * scale.per_step
    for k in range(n):
        color = colors[k] if colors else _style.shades(n)[k] if ordered else _style.next_color(ax)
        ax.plot(x, lines[:, k], color=color, label=labels[k] if labels else "", linewidth=_style.LINE_WIDTH)
    _draw_levels(ax, heights)
    _style.set_time_axis(ax, len(lines), scale)
    _style.set_labels(ax, scale.label, ylabel)
    return ax


def _draw_levels(ax: Axes, heights: Mapping[str, float]) -> None:
    for place, (name, height) in enumerate(heights.items()):
        named = any(line.get_label() == name for line in ax.lines)
        dash = _DASHES[place % len(_DASHES)]
        # Behind the data, but not behind a band.
        ax.axhline(
            height, color=_style.GUIDE, linewidth=1.0, linestyle=(0.0, dash), zorder=1.5, label="" if named else name
        )


def trains(
    spikes: Sequence[ArrayLike], times: ArrayLike, *, colors: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Spike trains, one row each from the bottom, without a frame: to stand above traces of the same colours.

    spikes  for each train the times of its spikes (ms)
    times   (steps,) ms, of the run
    """
    rows = [np.asarray(train, np.float64).reshape(-1) for train in spikes]
    span = to_array(times, "trains.times")
    if colors is not None and len(colors) != len(rows):
        raise ShapeError(
            "trains.colors",
            got=f"{len(colors)} of them",
            expected=f"one for each of {len(rows)} trains",
            fix="add some",
        )
    ax = _style.new_panel() if ax is None else ax
    shades = colors or _style.shades(len(rows))
    for k, (train, color) in enumerate(zip(rows, shades, strict=True)):
        many = len(train) > _style.MANY
        ax.vlines(train, k - 0.4, k + 0.4, color=color, linewidth=0.8, clip_on=False, rasterized=many)
    ax.set_ylim(-0.5, len(rows) - 0.5)
    ax.set_xlim(0.0, float(span[-1] + span[1] - span[0]) if len(span) > 1 else 1.0)
    ax.spines[:].set_visible(False)
    ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
    return ax


def reference(x: ArrayLike, y: ArrayLike, *, label: str = "", color: str | None = None, ax: Axes) -> Axes:
    """A curve to compare with, (points,) over (points,).

    Thin and dashed in a colour that is given; without one, for theory, broad and grey behind the data.
    """
    across, up = _points("reference", {"x": x, "y": y})
    named = any(line.get_label() == label for line in ax.lines)
    if color is None:
        look: dict[str, Any] = dict(color=_style.THEORY, linewidth=4.0 * _style.LINE_WIDTH, zorder=1.2)
    else:
        look = dict(color=color, linewidth=1.0, linestyle=(0.0, (3.0, 2.0)), zorder=1.8)
    ax.plot(across, up, label="" if named else label, **look)
    return ax


def average(
    x: ArrayLike,
    mean: ArrayLike,
    error: ArrayLike,
    *,
    xlabel: str,
    ylabel: str,
    levels: Mapping[str, Scalar] | None = None,
    label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """`mean` (points,) as a line in a band of two of its standard errors `error`.

    levels  name: value of dashed horizontal lines, in the unit of `mean`
    """
    across, up, spread = _points("average", {"x": x, "mean": mean, "error": error})
    heights = {name: scalar(value, f"average.levels[{name!r}]") for name, value in (levels or {}).items()}
    ax = _style.new_panel() if ax is None else ax
    color = _style.next_color(ax)
    ax.fill_between(across, up - 2.0 * spread, up + 2.0 * spread, color=_style.faint(color), linewidth=0.0)
    ax.plot(across, up, color=color, linewidth=_style.LINE_WIDTH, label=label)
    _draw_levels(ax, heights)
    ax.set_xlim(across.min(), across.max())
    _style.set_labels(ax, xlabel, ylabel)
    return ax


def spectrum(
    frequencies: ArrayLike, values: ArrayLike, *, ylabel: str, label: str = "", ax: Axes | None = None
) -> Axes:
    """`values` (points,) over `frequencies` (points,) (Hz) on a logarithmic axis."""
    across, up = _points("spectrum", {"frequencies": frequencies, "values": values})
    if across.min() <= 0:
        raise ParameterError(
            "spectrum.frequencies", got=f"{across.min():g} Hz", expected="frequencies above 0",
            fix="leave out what a logarithmic axis has no place for",
        )  # fmt: skip
    ax = _style.new_panel() if ax is None else ax
    marker = "o" if len(across) <= _style.MOST_MARKERS else ""
    ax.plot(
        across, up, color=_style.next_color(ax), linewidth=_style.LINE_WIDTH, marker=marker, markersize=4.0, label=label
    )
    ax.set_xscale("log")
    _style.set_labels(ax, "frequency (Hz)", ylabel)
    return ax


def legend(ax: Axes, *, beside: bool = False) -> Axes:
    """Name what is in one axes, in rows above it or in a column on its right."""
    place, columns = ((1.0, 1.0), 1) if beside else ((0.0, 1.0), 3)
    ax.legend(
        loc="upper left" if beside else "lower left", bbox_to_anchor=place, ncols=columns, frameon=False,
        fontsize=_style.TEXT, **_style.LEGEND,
    )  # fmt: skip
    return ax


def name_axes(ax: Axes, x: str, y: str) -> Axes:
    """Labels of both axes, in the text size of all panels."""
    _style.set_labels(ax, x, y)
    return ax


def _points(where: str, given: Mapping[str, ArrayLike]) -> list[Floats]:
    """Series of points, each (points,); the first says how many there are."""
    series = {name: columns(values, f"{where}.{name}")[:, 0] for name, values in given.items()}
    first, *others = series
    for name in others:
        if len(series[name]) != len(series[first]):
            raise ShapeError(
                f"{where}.{name}", got=f"{len(series[name])} points", expected=f"{len(series[first])} as in {first}",
                fix="give one for each",
            )  # fmt: skip
    return list(series.values())
