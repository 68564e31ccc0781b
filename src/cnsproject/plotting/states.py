"""The panel of recorded states: a few neurons over time, their thresholds and their spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnsproject.analysis.events import finite_times
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, Scalar, _convert, columns, scalar
from cnsproject.plotting.neurons import _draw_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VECTOR = 100_000
"""Points of an axes above which SVG and PDF store lines as pixels."""


def states(
    values: ArrayLike,
    times: ArrayLike,
    *,
    ylabel: str,
    labels: Sequence[str] = (),
    spikes: Sequence[ArrayLike] | None = None,
    peak: Scalar | None = None,
    levels: Mapping[str, Scalar] | None = None,
    colors: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A line for each column of `values` (rows,) or (rows, n) over `times` (rows,) (ms): potentials, currents, ...

    ylabel  with the unit, such as "potential (mV)"
    labels  a name for each column, for a legend that the caller places
    spikes  for each column the times of its spikes (ms): each is a vertical stroke from the line up to the peak, as a
            potential that is reset at once shows none of its own
    peak    in the unit of `values`; by default as far above all that is drawn as half of its height
    levels  name: value of dashed lines, such as {"threshold": -50}
    colors  one per column

    Raises ShapeError or ParameterError for what does not fit together, such as times that do not ascend.
    """
    lines, x = columns(values, "states.values"), finite_times("states", _convert(times, "states.times"))
    n = lines.shape[1]
    if len(x) != len(lines):
        raise ShapeError(
            "states.times", got=f"{len(x)} times", expected=f"{len(lines)}, one per row of values",
            fix="pass monitor.times(name) beside monitor.get(name)",
        )  # fmt: skip
    if (np.diff(x) <= 0.0).any():
        raise ParameterError("states.times", got="times that do not ascend", expected="one run", fix="cut at the reset")
    for name, given in (("labels", labels), ("spikes", spikes), ("colors", colors)):
        if given is not None and len(given) not in ((0, n) if name == "labels" else (n,)):
            raise ShapeError(
                f"states.{name}", got=f"{len(given)} of them", expected=f"one for each of {n} columns", fix="add some"
            )
    heights = {name: scalar(value, f"states.levels[{name!r}]") for name, value in (levels or {}).items()}
    fired = [finite_times("states.spikes", _convert(one, "states.spikes")) for one in spikes or ()]
    top = _peak(lines, heights) if peak is None else scalar(peak, "states.peak")
    shades = list(colors) if colors is not None else _style.colors(n)
    ax = _style.new_panel() if ax is None else ax
    for k, color in enumerate(shades):
        ax.plot(
            x, lines[:, k], color=color, label=labels[k] if labels else "", linewidth=_style.LINE_WIDTH,
            rasterized=lines.size > MOST_VECTOR,
        )  # fmt: skip
        if fired and len(fired[k]):
            ax.vlines(
                fired[k], np.interp(fired[k], x, lines[:, k]), top, color=color, linewidth=_style.LINE_WIDTH,
                rasterized=len(fired[k]) > _style.MANY,
            )  # fmt: skip
    _draw_levels(ax, heights)
    ax.set_xlim(x[0], x[-1] if len(x) > 1 else x[0] + 1.0)
    _style.set_labels(ax, "time (ms)", ylabel)
    return ax


def _peak(lines: Floats, heights: Mapping[str, float]) -> float:
    low, high = (f([f(lines), *heights.values()]) for f in (np.min, np.max))
    return float(high + 0.5 * ((high - low) or 1.0))
