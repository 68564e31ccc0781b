"""The phase plane: arrows along the flow, lines where a derivative is 0, paths that jump."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.quiver import Quiver

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting import fixed_points, nullclines, trajectory, vector_field
from cnsproject.plotting._style import PALETTE

X, Y = np.linspace(-2.0, 2.0, 81), np.linspace(0.0, 100.0, 41)


def axes() -> Axes:
    return plt.subplots()[1]


def test_arrows_point_along_the_flow_and_have_one_length_as_they_are_drawn() -> None:
    dx, dy = np.broadcast_to(1.0 + Y[:, None] / 50, (41, 81)), np.broadcast_to(-25 * X[None, :], (41, 81))
    ax = vector_field(X, Y, dx, dy, ax=axes())
    (arrows,) = (c for c in ax.collections if isinstance(c, Quiver))
    u, v = np.asarray(arrows.U), np.asarray(arrows.V)
    at = arrows.XY
    assert len(at) == 400
    assert v / u == pytest.approx(-25 * at[:, 0] / (1.0 + at[:, 1] / 50))
    assert np.hypot(u / 4, v / 100) == pytest.approx(np.full(400, 0.6 / 20))


def test_there_is_no_arrow_where_nothing_flows_or_is_known() -> None:
    dx, dy = np.ones((41, 81)), np.zeros((41, 81))
    dx[0] = 0.0
    dx[-1] = np.nan
    ax = vector_field(X, Y, dx, dy, ax=axes())
    ax.figure.canvas.draw()
    (arrows,) = (c for c in ax.collections if isinstance(c, Quiver))
    lengths = np.ma.filled(np.ma.masked_array(arrows.U, arrows.Umask), 0.0)
    assert (lengths[arrows.XY[:, 1] == 0.0] == 0).all()
    assert (lengths[arrows.XY[:, 1] == 100.0] == 0).all()
    assert (lengths > 0).sum() == 18 * 20


def test_nullclines_lie_where_the_derivative_is_zero() -> None:
    dx, dy = X[None, :] ** 2 - 1 + 0 * Y[:, None], Y[:, None] - 50 - 10 * X[None, :]
    ax = nullclines(X, Y, dx, dy, names=["dx/dt = 0", "dy/dt = 0"], ax=axes())
    of_x, of_y = (c for c in ax.collections if isinstance(c, ContourSet))
    at = np.concatenate([path.vertices for path in of_x.get_paths()])
    assert np.unique(np.sign(at[:, 0])).tolist() == [-1, 1]
    assert np.abs(at[:, 0]) == pytest.approx(1, abs=1e-3)
    at = np.concatenate([path.vertices for path in of_y.get_paths()])
    assert at[:, 1] == pytest.approx(50 + 10 * at[:, 0], abs=1e-6)
    assert [line.get_label() for line in ax.lines] == ["dx/dt = 0", "dy/dt = 0"]
    assert [line.get_color() for line in ax.lines] == list(PALETTE[:2])


def test_a_nullcline_elsewhere_is_no_warning() -> None:
    """Warnings are errors here. Where half of the plane has no derivative, the other half is drawn."""
    half = np.where(X[None, :] < 0, np.nan, X[None, :] - 1) + 0 * Y[:, None]
    ax = nullclines(X, Y, np.ones((41, 81)), half, names=["a", "b"], ax=axes())
    (lines,) = (c for c in ax.collections if isinstance(c, ContourSet))
    at = np.concatenate([path.vertices for path in lines.get_paths()])
    assert at[:, 0] == pytest.approx(1.0)
    nullclines(X, Y, np.zeros((41, 81)), np.ones((41, 81)), names=["a", "b"], ax=axes())


def test_a_path_is_broken_where_it_was_reset() -> None:
    path = np.array([[0.0, 0.0], [1.0, 1.0], [-1.0, 5.0], [0.0, 6.0]])
    ax = trajectory(path, [2], label="u", ax=axes())
    line, reset, start = ax.lines
    assert line.get_xdata() == pytest.approx([0, 1, np.nan, -1, 0], nan_ok=True)
    assert line.get_ydata() == pytest.approx([0, 1, np.nan, 5, 6], nan_ok=True)
    assert reset.get_xdata() == pytest.approx([1, -1, np.nan], nan_ok=True)
    assert reset.get_linestyle() == ":"
    assert start.get_xydata().tolist() == [[0.0, 0.0]]
    assert [thing.get_label() for thing in ax.lines] == ["u", "reset", "start"]
    assert len(trajectory(path, [], ax=axes()).lines) == 2


def test_fixed_points_are_told_apart_without_colours() -> None:
    kinds = ["stable node", "saddle", "unstable focus", "center", "stable focus", "saddle"]
    ax = fixed_points([(float(k), 0.0) for k in range(6)], kinds, ax=axes())
    looks = {
        kind: (line.get_marker(), line.get_markerfacecolor() == "white")
        for kind, line in zip(kinds, ax.lines, strict=True)
    }
    assert looks == {
        "stable node": ("o", False), "saddle": ("D", True), "unstable focus": ("o", True), "center": ("s", True),
        "stable focus": ("o", False),
    }  # fmt: skip
    named = [str(line.get_label()) for line in ax.lines if not str(line.get_label()).startswith("_")]
    assert [name for name in named if name] == kinds[:-1]


def test_mistakes() -> None:
    flat = np.ones((41, 81))
    for wrong in (flat.T, flat[:, :-1]):
        with pytest.raises(ShapeError, match=r"phase plane: dx: got shape .*expected shape \(41, 81\)"):
            vector_field(X, Y, wrong, flat, ax=axes())
    with pytest.raises(ShapeError, match="phase plane: dy"):
        nullclines(X, Y, flat, flat.T, names=["a", "b"], ax=axes())
    with pytest.raises(ParameterError, match="phase plane: dy: got no finite number"):
        vector_field(X, Y, flat, flat * np.nan, ax=axes())
    with pytest.raises(ShapeError, match=r"trajectory.path: got shape \(2, 3\)"):
        trajectory(np.zeros((2, 3)), [], ax=axes())
    for jump in (0, 4):
        with pytest.raises(
            ParameterError, match=rf"trajectory.jumps: got rows {jump} to {jump}, expected rows from 1 to 3"
        ):
            trajectory(np.zeros((4, 2)), [jump], ax=axes())
