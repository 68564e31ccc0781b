"""What was measured over swept parameters: lines, maps, rows of maps, points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 36
_PANEL = 2.5  # inches


@dataclass(frozen=True)
class Swept:
    """A parameter with its values, or a measure with the names of its lines or maps; `unit` "" or "1" for none."""

    name: str
    values: npt.NDArray[Any]
    unit: str = ""

    @property
    def label(self) -> str:
        """Name and unit."""
        return self.name if self.unit in ("", "1") else f"{self.name} ({self.unit})"

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers in ascending or descending order."""
        steps = np.diff(self.values) if self.values.dtype.kind in "iuf" else np.empty(0)
        return bool(
            self.values.dtype.kind in "iuf" and (len(self.values) < 2 or (steps > 0).all() or (steps < 0).all())
        )


def swept(values: npt.ArrayLike, axes: Sequence[Swept], measure: Swept, *, scattered: bool = False) -> Figure:
    """A measure (*points along the axes, lines or maps) over one parameter, two, three or more; returns the figure.

    scattered  values are (members, lines), the axes have a value for each member: points over every parameter
    """
    data = np.asarray(values, np.float64)
    sizes = (len(axes[0].values),) if scattered else tuple(len(axis.values) for axis in axes)
    if data.shape != (*sizes, len(measure.values)):
        raise ShapeError(
            "swept.values", got=f"shape {data.shape}", expected=f"{(*sizes, len(measure.values))}",
            fix="give a value for every point of the axes, and every line",
        )  # fmt: skip
    known = np.isfinite(data).any(axis=tuple(range(data.ndim - 1)))
    if known.any():  # a lag has no value for who leads
        data, measure = data[..., known], replace(measure, values=measure.values[known])
    if scattered:
        return _points(data, axes, measure)
    if len(axes) == 1:
        return _lines(data, axes[0], measure)
    return _maps(data, axes, measure)


def _lines(data: npt.NDArray[np.float64], axis: Swept, measure: Swept) -> Figure:
    """One line for every name."""
    ax = _style.new_panel()
    for k, color in enumerate(_style.colors(data.shape[1])):
        marker = "o" if len(axis.values) <= _style.MOST_MARKERS else ""
        name = str(measure.values[k])
        ax.plot(_places(axis), data[:, k], color=color, lw=_style.LINE_WIDTH, marker=marker, ms=4.0, label=name)
    _ticks(ax, axis, "x")
    _style.set_labels(ax, axis.label, measure.label)
    _legend(ax, measure)
    return _figure(ax)


def _points(data: npt.NDArray[np.float64], axes: Sequence[Swept], measure: Swept) -> Figure:
    """The measure over each parameter by itself, beside each other."""
    figure, panels = _panels(1, len(axes), sharey=True)
    for ax, axis in zip(panels[0], axes, strict=True):
        for k, color in enumerate(_style.colors(data.shape[1])):
            ax.plot(_places(axis), data[:, k], "o", color=color, ms=3.0, label=str(measure.values[k]))
        _ticks(ax, axis, "x")
        _style.set_labels(ax, axis.label, measure.label if ax is panels[0][0] else "")
    _legend(panels[0][-1], measure)
    return figure


def _maps(data: npt.NDArray[np.float64], axes: Sequence[Swept], measure: Swept) -> Figure:
    """Maps over the first two parameters: a column for every name, a row for every value of the other parameters."""
    rows = list(product(*(range(len(axis.values)) for axis in axes[2:])))
    columns = data.shape[-1]
    if len(rows) * columns > _MOST_PANELS:
        raise ShapeError(
            "swept.values", got=f"{len(rows) * columns} maps", expected=f"at most {_MOST_PANELS}",
            fix="select some values first, as in sweep.sel(tau=10).plot()",
        )  # fmt: skip
    figure, panels = _panels(len(rows), columns)
    finite = data[np.isfinite(data)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    for row, place in enumerate(rows):
        for column in range(columns):
            ax = panels[row][column]
            cut: Any = (slice(None), slice(None), *place, column)
            picture = data[cut]
            ax.set_facecolor("#dddddd")  # what was not measured
            mesh = ax.pcolormesh(
                _edges(axes[0]), _edges(axes[1]), np.ma.masked_invalid(picture.T), vmin=low, vmax=high, cmap="viridis",
                rasterized=True,
            )  # fmt: skip
            _ticks(ax, axes[0], "x")
            _ticks(ax, axes[1], "y")
            _style.set_labels(ax, axes[0].label if row == len(rows) - 1 else "", axes[1].label if not column else "")
            others = [f"{axis.label} = {axis.values[k]}" for axis, k in zip(axes[2:], place, strict=True)]
            ax.set_title(", ".join(filter(None, [str(measure.values[column]), *others])), fontsize=_style.TEXT)
    bar = figure.colorbar(mesh, ax=[ax for line in panels for ax in line])
    bar.set_label(measure.label, fontsize=_style.TEXT)
    bar.ax.tick_params(labelsize=_style.TEXT)
    return figure


def _panels(rows: int, columns: int, *, sharey: bool = False) -> tuple[Figure, list[list[Axes]]]:
    import matplotlib.pyplot as plt

    size = max(4.0, _PANEL * columns + 1.5), max(3.0, _PANEL * rows + 0.5)
    figure, axes = plt.subplots(rows, columns, squeeze=False, layout="constrained", figsize=size, sharey=sharey)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    return figure, np.asarray(axes).tolist()


def _places(axis: Swept) -> npt.NDArray[Any]:
    """Where the values stand: at their own place if they are numbers, else one after the other."""
    return axis.values if axis.values.dtype.kind in "iuf" else np.arange(len(axis.values))


def _edges(axis: Swept) -> npt.NDArray[np.float64]:
    """The borders of the cells of a map, in the middle between values."""
    middles = np.asarray(axis.values if axis.numeric else np.arange(len(axis.values)), np.float64)
    if len(middles) == 1:
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    between = 0.5 * (middles[1:] + middles[:-1])
    return np.concatenate([[2 * middles[0] - between[0]], between, [2 * middles[-1] - between[-1]]])


def _ticks(ax: Axes, axis: Swept, which: str) -> None:
    """Names at the places of what is no number."""
    if not axis.numeric and axis.values.dtype.kind not in "iuf":
        own = ax.xaxis if which == "x" else ax.yaxis
        own.set_ticks(range(len(axis.values)), [str(value) for value in axis.values])


def _legend(ax: Axes, measure: Swept) -> None:
    if len(measure.values) > 1:
        _style.legend_inside(ax)


def _figure(ax: Axes) -> Figure:
    figure: Any = ax.figure
    found: Figure = figure
    return found
