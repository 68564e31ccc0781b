"""The phase plane of a model with two states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, to_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ARROWS = 20
"""Arrows of the vector field in each direction."""

_MARKERS = {"stable": ("o", "full"), "unstable": ("o", "none"), "saddle": ("D", "none")}


def vector_field(x: ArrayLike, y: ArrayLike, dx: ArrayLike, dy: ArrayLike, *, ax: Axes) -> Axes:
    """Directions of the flow: arrows of one length, faint, as many as can be told apart.

    x (n,), y (m,) are the grid, dx and dy (m, n) the derivatives on it; there is no arrow where one is NaN.
    """
    across, up, to_right, upward = _grid(x, y, dx, dy)
    rows, cols = (np.linspace(0, len(v) - 1, min(len(v), _ARROWS)).round().astype(int) for v in (up, across))
    # Lengths are compared as they are drawn: in parts of the ranges.
    width, height = np.ptp(across), np.ptp(up)
    u, v = (side[np.ix_(rows, cols)] for side in (to_right / width, upward / height))
    length = np.hypot(u, v)
    length[length == 0.0] = 1.0
    size = 0.6 / _ARROWS
    ax.quiver(
        across[cols], up[rows], size * width * u / length, size * height * v / length, angles="xy", scale_units="xy",
        scale=1.0, color="#bbbbbb", width=0.0025, zorder=1,
    )  # fmt: skip
    return ax


def nullclines(x: ArrayLike, y: ArrayLike, dx: ArrayLike, dy: ArrayLike, *, names: Sequence[str], ax: Axes) -> Axes:
    """Where dx and dy (m, n) on the grid x (n,), y (m,) are 0, each as lines of its colour, named in the legend."""
    across, up, *sides = _grid(x, y, dx, dy)
    for side, name, color in zip(sides, names, _style.PALETTE, strict=False):
        if np.nanmin(side) <= 0.0 <= np.nanmax(side):  # matplotlib warns of a line that is not there
            there = np.ma.masked_invalid(side)
            ax.contour(across, up, there, levels=[0.0], colors=[color], linewidths=1.5 * _style.LINE_WIDTH, zorder=2)
        ax.plot([], [], color=color, linewidth=1.5 * _style.LINE_WIDTH, label=name)
    return ax


def trajectory(path: ArrayLike, jumps: ArrayLike, *, label: str = "", ax: Axes) -> Axes:
    """A path (steps, 2) as a line from a square on; `jumps` are the rows at which a reset has put it elsewhere."""
    points = to_array(path, "trajectory.path").astype(np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(
            "trajectory.path", got=f"shape {points.shape}", expected="shape (steps, 2)", fix="give x and y as columns"
        )
    after = np.asarray(jumps, np.int64)
    if after.size and not 1 <= after.min() <= after.max() < len(points):
        raise ParameterError(
            "trajectory.jumps", got=f"rows {after.min()} to {after.max()}",
            expected=f"rows from 1 to {len(points) - 1}", fix="a jump is the row that a reset leads to",
        )  # fmt: skip
    whole = np.insert(points, after, np.nan, axis=0)
    ax.plot(whole[:, 0], whole[:, 1], color=_style.INK, linewidth=_style.LINE_WIDTH, label=label, zorder=3)
    if after.size:
        legs = np.stack([points[after - 1], points[after], np.full((len(after), 2), np.nan)], axis=1).reshape(-1, 2)
        ax.plot(*legs.T, color=_style.GUIDE, linewidth=0.8, linestyle=":", label="reset", zorder=2.5)
    ax.plot(*points[0], color=_style.INK, linestyle="none", marker="s", markersize=4.0, label="start", zorder=4)
    return ax


def fixed_points(points: Sequence[tuple[float, float]], kinds: Sequence[str], *, ax: Axes) -> Axes:
    """Fixed points: stable ones filled, unstable ones open, saddles as open diamonds; each kind is named once."""
    for (x, y), kind in zip(points, kinds, strict=True):
        marker, fill = next((m for word, m in _MARKERS.items() if kind.startswith(word)), ("s", "none"))
        named = any(line.get_label() == kind for line in ax.lines)
        ax.plot(
            x, y, linestyle="none", marker=marker, markersize=7.0, markeredgewidth=1.5, color=_style.PALETTE[2],
            markerfacecolor=_style.PALETTE[2] if fill == "full" else "white", label="" if named else kind, zorder=5,
        )  # fmt: skip
    return ax


def _grid(x: ArrayLike, y: ArrayLike, dx: ArrayLike, dy: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    across, up = (to_array(v, f"phase plane: {name}").astype(np.float64) for name, v in (("x", x), ("y", y)))
    sides: list[NDArray[np.float64]] = []
    for name, given in (("dx", dx), ("dy", dy)):
        side = np.asarray(given, np.float64)
        if side.shape != (len(up), len(across)):
            raise ShapeError(
                f"phase plane: {name}", got=f"shape {side.shape}", expected=f"shape {(len(up), len(across))}",
                fix="give one value per row (y) and column (x) of the grid",
            )  # fmt: skip
        if not np.isfinite(side).any():
            raise ParameterError(
                f"phase plane: {name}", got="no finite number", expected="derivatives on the grid",
                fix="look at another part of the plane",
            )  # fmt: skip
        sides.append(side)
    return across, up, sides[0], sides[1]
