"""What was measured over swept parameters: lines, maps, rows of maps, points."""

from __future__ import annotations

import math
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
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

_MOST_PANELS = 36
_PANEL = 2.4  # inches
_BESIDE = 4  # maps of one name that stand beside each other
_NOTHING = "#dddddd"  # where there is no value
_FEW = 6  # values of an axis that are all written at it
_CROWDED = 0.12  # of an axis between two of them
_LETTER = 0.09  # inches


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
        """Whether the values are different numbers, in ascending order."""
        return self.values.dtype.kind in "iuf" and bool((np.diff(self.values) > 0).all())

    @property
    def logarithmic(self) -> bool:
        """Whether every value is the same number of times the one before it."""
        if not self.numeric or len(self.values) < 3 or self.values[0] <= 0:
            return False
        ratios = self.values[1:] / self.values[:-1]
        return bool(np.allclose(ratios, ratios[0], rtol=1e-3) and ratios[0] > 1.1)

    def at(self, place: int) -> str:
        """One of the values, in words."""
        value = self.values[place]
        told = f"{value:g}" if self.values.dtype.kind in "iuf" else str(value)
        return f"{self.name} = {told}" + ("" if self.unit in ("", "1") else f" {self.unit}")


def swept(values: npt.ArrayLike, axes: Sequence[Swept], measure: Swept, *, scattered: bool = False) -> Figure:
    """A measure (*points along the axes, lines or maps) over one parameter, two, three or more; returns the figure.

    Numbers stand in their order, on a logarithmic axis where each is as many times the one before it. What has no value
    (NaN) is grey in a map, and a gap in a line.

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
    data, axes = _sorted(data, axes)
    if len(axes) == 1:
        return _lines(data, axes[0], measure)
    return _maps(data, axes, measure)


def _sorted(data: npt.NDArray[np.float64], axes: Sequence[Swept]) -> tuple[npt.NDArray[np.float64], list[Swept]]:
    """Numbers in ascending order, and the data with them."""
    ordered = list(axes)
    for place, axis in enumerate(axes):
        if axis.values.dtype.kind in "iuf":
            order = np.argsort(axis.values, kind="stable")
            data, ordered[place] = np.take(data, order, place), replace(axis, values=axis.values[order])
    return data, ordered


def _lines(data: npt.NDArray[np.float64], axis: Swept, measure: Swept) -> Figure:
    """One line for every name; points where the values of the parameter have no order."""
    ax = _style.new_panel()
    marker = "o" if len(axis.values) <= _style.MOST_MARKERS else ""
    for k, color in enumerate(_style.colors(data.shape[1])):
        (line,) = ax.plot(
            _places(axis), data[:, k], color=color, lw=_style.LINE_WIDTH, marker=marker, ms=4.0,
            ls="-" if axis.numeric else "", label=str(measure.values[k]),
        )  # fmt: skip
        if axis.numeric:
            _style.show_coincident(ax, line)
    _scale(ax, axis, "x", math.inf)
    _style.set_labels(ax, axis.label, measure.label)
    if len(measure.values) > 1:
        _style.legend_inside(ax)
    else:
        ax.set_title(str(measure.values[0]), fontsize=_style.TEXT)
    return _figure(ax)


def _points(data: npt.NDArray[np.float64], axes: Sequence[Swept], measure: Swept) -> Figure:
    """The measure over each parameter by itself, beside each other."""
    figure, panels = _panels(1, len(axes), 0.0)
    for ax, axis in zip(panels[0], axes, strict=True):
        kinds = sorted(set(axis.values.tolist()))
        places = axis.values if axis.values.dtype.kind in "iuf" else np.searchsorted(kinds, axis.values)
        for k, color in enumerate(_style.colors(data.shape[1])):
            ax.plot(places, data[:, k], "o", color=color, ms=2.5, mew=0.0, label=str(measure.values[k]))
        if axis.values.dtype.kind not in "iuf":
            _scale(ax, replace(axis, values=np.array(kinds)), "x", _PANEL)
        _style.set_labels(ax, axis.label, measure.label if ax is panels[0][0] else "")
    if len(measure.values) > 1:
        _style.legend_inside(panels[0][-1])
    elif measure.values[0]:
        panels[0][-1].set_title(str(measure.values[0]), fontsize=_style.TEXT, loc="right")
    return figure


def _maps(data: npt.NDArray[np.float64], axes: Sequence[Swept], measure: Swept) -> Figure:
    """Maps over the first two parameters: a column for every name, a row for every value of the other parameters."""
    places = list(product(*(range(len(axis.values)) for axis in axes[2:])))
    columns = data.shape[-1]
    if len(places) * columns > _MOST_PANELS:
        raise ShapeError(
            "swept.values", got=f"{len(places) * columns} maps", expected=f"at most {_MOST_PANELS}",
            fix="select some values first, as in sweep.sel(tau=10).plot()",
        )  # fmt: skip
    others = [", ".join(axis.at(k) for axis, k in zip(axes[2:], place, strict=True)) for place in places]
    wrapped = columns == 1 and len(places) > 1
    rows, across = _wrapped(len(places)) if wrapped else (len(places), columns)
    figure, panels = _panels(rows, across, 1.2)
    cells = [ax for line in panels for ax in line]
    for ax in cells[len(places) * columns :]:
        ax.remove()
    limits = _limits(data)
    for place, other in enumerate(others):
        for column in range(columns):
            number = place * columns + column
            cut: Any = (slice(None), slice(None), *places[place], column)
            mesh = _map(cells[number], data[cut], axes, limits)
            lowest = number + across >= len(places) * columns
            _outer(cells[number], axes, left=number % across == 0, lowest=lowest)
            name = str(measure.values[column])
            title = ", ".join(filter(None, [name, other])) if wrapped else name if not place else ""
            cells[number].set_title(title, fontsize=_style.TEXT)
        if not wrapped and other:
            _beside(cells[number], other)
    bar = figure.colorbar(mesh, ax=cells[: len(places) * columns], aspect=20 * rows, fraction=0.15 / across)
    bar.set_label(measure.label, fontsize=_style.TEXT)
    bar.ax.tick_params(labelsize=_style.TEXT)
    if not np.isfinite(data).all():
        _tell_nothing(bar.ax)
    return figure


def _map(ax: Axes, picture: Any, axes: Sequence[Swept], limits: tuple[float, float]) -> QuadMesh:
    ax.set_facecolor(_NOTHING)
    mesh = ax.pcolormesh(
        _edges(axes[0]), _edges(axes[1]), np.ma.masked_invalid(picture.T), vmin=limits[0], vmax=limits[1],
        cmap="viridis", rasterized=True,
    )  # fmt: skip
    _scale(ax, axes[0], "x", _PANEL)
    _scale(ax, axes[1], "y", math.inf)
    return mesh


def _wrapped(count: int) -> tuple[int, int]:
    """Rows and columns of so many panels."""
    columns = count if count <= _BESIDE else min(_BESIDE, math.ceil(math.sqrt(count)))
    return math.ceil(count / columns), columns


def _limits(data: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The scale of all maps."""
    finite = data[np.isfinite(data)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _outer(ax: Axes, axes: Sequence[Swept], *, left: bool, lowest: bool) -> None:
    """Labels and numbers on the outer panels only."""
    _style.set_labels(ax, axes[0].label if lowest else "", axes[1].label if left else "")
    ax.tick_params(which="both", labelbottom=lowest, labelleft=left)


def _beside(ax: Axes, text: str) -> None:
    """What all panels of a row share, at its right end."""
    ax.annotate(
        text, (1.0, 0.5), xycoords="axes fraction", xytext=(4.0, 0.0), textcoords="offset points", rotation=270,
        ha="left", va="center", fontsize=_style.TEXT,
    )  # fmt: skip


def _tell_nothing(bar: Axes) -> None:
    """What grey means, below the colours."""
    from matplotlib.patches import Patch

    bar.legend(
        handles=[Patch(color=_NOTHING, label="none")], loc="upper left", bbox_to_anchor=(-0.6, -0.01), frameon=False,
        fontsize="x-small", handlelength=1.0, handletextpad=0.4, borderpad=0.3,
    )  # fmt: skip


def _panels(rows: int, columns: int, more: float) -> tuple[Figure, list[list[Axes]]]:
    """Panels beside and above each other, with so many inches more to their right."""
    import matplotlib.pyplot as plt

    size = max(4.0, _PANEL * columns + 0.5 + more), max(3.0, _PANEL * rows + 0.5)
    figure, axes = plt.subplots(rows, columns, squeeze=False, layout="constrained", figsize=size, sharey=True)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=_style.TEXT)
    return figure, np.asarray(axes).tolist()


def _places(axis: Swept) -> npt.NDArray[Any]:
    """Where the values stand: at their own place if they are numbers, else one after the other."""
    return axis.values if axis.numeric else np.arange(len(axis.values))


def _edges(axis: Swept) -> npt.NDArray[np.float64]:
    """The borders of the cells of a map, in the middle between values."""
    middles = np.asarray(_places(axis), np.float64)
    if len(middles) == 1:
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    middles = np.log(middles) if axis.logarithmic else middles
    between = 0.5 * (middles[1:] + middles[:-1])
    edges = np.concatenate([[2 * middles[0] - between[0]], between, [2 * middles[-1] - between[-1]]])
    return np.exp(edges) if axis.logarithmic else edges


def _scale(ax: Axes, axis: Swept, which: str, room: float) -> None:
    """The scale of an axis, and names at the places of what is no number; upright where `room` inches are too few."""
    own = ax.xaxis if which == "x" else ax.yaxis
    if axis.logarithmic:
        ax.set(**{f"{which}scale": "log"})
    places = _places(axis)
    told = [f"{value:g}" if axis.values.dtype.kind in "iuf" else str(value) for value in axis.values]
    if not axis.numeric or _can_all_be_told(axis):
        own.set_ticks(places, told)
        own.set_ticks([], minor=True)
        if sum(map(len, told)) * _LETTER > room:
            ax.tick_params(axis="x", labelrotation=90)


def _can_all_be_told(axis: Swept) -> bool:
    """Whether numbers are so few and so far from each other that each stands at the axis."""
    if not 1 < len(axis.values) <= _FEW:
        return len(axis.values) == 1
    places = np.log(axis.values) if axis.logarithmic else axis.values
    return bool(np.diff(places).min() > _CROWDED * (places[-1] - places[0]))


def _figure(ax: Axes) -> Figure:
    figure: Any = ax.figure
    found: Figure = figure
    return found
