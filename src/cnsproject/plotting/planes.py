"""The phase plane of a model with two states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.errors import ShapeError
from cnsproject.plotting import _style
from cnsproject.plotting._inputs import Floats, to_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ARROWS = 20
"""Arrows of the vector field in each direction."""

_MARKERS = {"stable": ("o", "full"), "unstable": ("o", "none"), "saddle": ("D", "none")}


def vector_field(x: ArrayLike, y: ArrayLike, dx: ArrayLike, dy: ArrayLike, *, ax: Axes) -> Axes:
    """Directions of the flow: arrows of one length, faint, as many as can be told apart.

    x (n,), y (m,) are the grid, dx and dy (m, n) the derivatives on it.
    """
    across, up, to_right, upward = _grid(x, y, dx, dy)
    rows, cols = (np.linspace(0, len(v) - 1, min(len(v), _ARROWS)).round().astype(int) for v in (up, across))
    # Lengths are compared as they are drawn: in parts of the ranges.
    width, height = np.ptp(across), np.ptp(up)
    u, v = (side[np.ix_(rows, cols)] for side in (to_right / width, upward / height))
    length = np.hypot(u, v)
    length[length == 0] = 1.0
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
        ax.contour(across, up, side, levels=[0.0], colors=[color], linewidths=1.5 * _style.LINE_WIDTH, zorder=2)
        ax.plot([], [], color=color, linewidth=1.5 * _style.LINE_WIDTH, label=name)
    return ax


def trajectory(path: ArrayLike, jumps: ArrayLike, *, label: str = "", ax: Axes) -> Axes:
    """A path (steps, 2) as a line from a dot on; `jumps` are the rows at which a reset has put it elsewhere."""
    points = to_array(path, "trajectory.path").astype(np.float64)
    after = np.asarray(jumps, np.int64)
    whole = np.insert(points, after, np.nan, axis=0)
    ax.plot(whole[:, 0], whole[:, 1], color=_style.INK, linewidth=_style.LINE_WIDTH, label=label, zorder=3)
    for k in after:
        ax.plot(*points[k - 1 : k + 1].T, color=_style.GUIDE, linewidth=0.8, linestyle=":", zorder=2.5)
    ax.plot(*points[0], color=_style.INK, marker="s", markersize=4.0, zorder=4)
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
        side = to_array(given, f"phase plane: {name}").astype(np.float64)
        if side.shape != (len(up), len(across)):
            raise ShapeError(
                f"phase plane: {name}", got=f"shape {side.shape}", expected=f"shape {(len(up), len(across))}",
                fix="give one value per row (y) and column (x) of the grid",
            )  # fmt: skip
        sides.append(side)
    return across, up, sides[0], sides[1]
