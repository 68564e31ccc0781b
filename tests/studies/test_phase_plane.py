"""Phase planes: derivatives written out by hand, fixed points from scipy, trajectories from a loop."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.optimize import brentq

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, UnknownNameError

AELIF = {"tau": 20.0, "R": 10.0, "u_rest": -70.0, "delta_t": 2.0, "theta_rh": -55.0, "tau_w": 100.0}
RANGES = {"u": (-80.0, -40.0), "w": (-1.0, 2.0)}


def aelif(a: float = 0.02, b: float = 0.2, **changes: Any) -> cns.AELIFPopulation:
    given: dict[str, Any] = {**AELIF, "a": a, "b": b, "dt": 0.1} | changes
    return cns.AELIFPopulation(1, **given)


def aelif_slopes(u: Any, w: Any, current: float, a: float) -> tuple[Any, Any]:
    p = AELIF
    upswing = p["delta_t"] * np.exp((u - p["theta_rh"]) / p["delta_t"])
    return (p["u_rest"] - u + upswing - p["R"] * w + p["R"] * current) / p["tau"], (a * (u + 70) - w) / p["tau_w"]


def test_the_flow_is_that_of_the_equations() -> None:
    plane = cns.phase_plane(aelif(), RANGES, 1.0, time=1.0)
    du, dw = aelif_slopes(plane.x[None, :], plane.y[:, None], 1.0, 0.02)
    assert plane.dx == pytest.approx(du, rel=1e-12)
    assert plane.dy == pytest.approx(dw, rel=1e-9, abs=1e-15)
    assert (plane.x[0], plane.x[-1], plane.y[0], plane.y[-1]) == (-80.0, -40.0, -1.0, 2.0)
    assert plane.dx.shape == (len(plane.y), len(plane.x))


def test_fixed_points_of_an_adaptive_neuron() -> None:
    """On w = a*(u - u_rest) one unknown is left; brentq on both sides of the fold, eigenvalues from trace and det."""
    a, current = 0.02, 1.0

    def along(u: float) -> float:
        return float(aelif_slopes(u, a * (u + 70), current, a)[0])

    plane = cns.phase_plane(aelif(a), RANGES, current, time=1.0)
    expected = [brentq(along, -79, -55, xtol=1e-13), brentq(along, -55, -41, xtol=1e-13)]
    assert [p.x for p in plane.fixed_points] == pytest.approx(expected, abs=1e-9)
    assert [p.y for p in plane.fixed_points] == pytest.approx([a * (u + 70) for u in expected], abs=1e-9)
    assert [p.kind for p in plane.fixed_points] == ["stable node", "saddle"]
    for point, u in zip(plane.fixed_points, expected, strict=True):
        gain = (math.exp((u + 55) / 2) - 1) / 20
        trace, det = gain - 1 / 100, -gain / 100 + 10 / 20 * a / 100
        roots = np.roots([1, -trace, det])
        assert sorted(point.eigenvalues, key=lambda z: (z.real, z.imag)) == pytest.approx(
            sorted(roots.astype(complex), key=lambda z: (z.real, z.imag)), abs=1e-9
        )
    assert str(plane) == (
        f"phase plane of AELIF at 1 nA: stable node at u = {expected[0]:.4g} mV, w = {a * (expected[0] + 70):.4g} nA; "
        f"saddle at u = {expected[1]:.4g} mV, w = {a * (expected[1] + 70):.4g} nA"
    )


@pytest.mark.parametrize("current", [0.0, 0.5, 1.0, 2.0])
def test_fixed_points_of_fitzhugh_and_nagumo(current: float) -> None:
    """w = (u + a)/b leaves a cubic; with the numbers of the paper there is one, unstable in between."""
    a, b, tau_w = 0.7, 0.8, 12.5
    population = cns.FitzHughNagumoPopulation(1, dt=0.1)
    assert [float(getattr(population, n)) for n in ("a", "b", "tau_w", "tau", "R")] == [a, b, tau_w, 1.0, 1.0]
    (found,) = cns.phase_plane(population, {"u": (-3, 3), "w": (-2, 3)}, current, time=1.0).fixed_points
    (u,) = (r.real for r in np.roots([-1 / 3, 0, 1 - 1 / b, current - a / b]) if abs(r.imag) < 1e-9)
    assert (found.x, found.y) == pytest.approx((u, (u + a) / b), abs=1e-9)
    trace, det = 1 - u**2 - b / tau_w, -(1 - u**2) * b / tau_w + 1 / tau_w
    assert sum(found.eigenvalues) == pytest.approx(trace, abs=1e-9)
    assert found.eigenvalues[0] * found.eigenvalues[1] == pytest.approx(det, abs=1e-9)
    shape = "focus" if trace**2 < 4 * det else "node"
    assert found.kind == ("stable " if trace < 0 else "unstable ") + shape
    assert (trace > 0) == (current in (0.5, 1.0))


def test_three_fixed_points_of_a_model_of_ones_own() -> None:
    """A bistable switch whose zeros lie on the lines of the grid, and between them: each is found once."""
    population = cns.Population(
        "dx/dt = (x - x**3 - y)/tau : 1\ndy/dt = (x/2 - y)/tau : 1", shape=1, threshold="x > 9", dt=0.1,
        parameters={"tau": "1 ms"},
    )  # fmt: skip
    root = math.sqrt(0.5)
    for ranges in (
        {"x": (-2, 2), "y": (-1, 1)},
        {"x": (-1.995, 1.995), "y": (-399, 399)},
        {"y": (-9, 2), "x": (-3, 1)},
    ):
        plane = cns.phase_plane(population, ranges, time=1.0)
        points = [(p.x, p.y) if plane.states[0] == "x" else (p.y, p.x) for p in plane.fixed_points]
        assert points == [pytest.approx(p, abs=1e-9) for p in ((-root, -root / 2), (0, 0), (root, root / 2))]
        assert [p.kind for p in plane.fixed_points] == ["stable focus", "saddle", "stable focus"]
    assert str(plane).startswith("phase plane of neuron at 0 nA: stable focus at y = -0.3536, x = -0.7071; ")


def test_fixed_points_on_the_border_count_and_those_beyond_do_not() -> None:
    population = aelif(a=0.0)
    on = cns.phase_plane(population, {"u": (-80, -40), "w": (0, 2)}, 1.0, time=1.0).fixed_points
    assert [p.kind for p in on] == ["stable node", "saddle"]
    half = cns.phase_plane(population, {"u": (-80, -55), "w": (-1, 1)}, 1.0, time=1.0)
    assert [p.kind for p in half.fixed_points] == ["stable node"]
    none = cns.phase_plane(population, {"u": (-80, -40), "w": (1, 2)}, 1.0, time=1.0)
    assert none.fixed_points == ()
    assert str(none) == "phase plane of AELIF at 1 nA: no fixed point in this part of the plane"


def test_two_fixed_points_meet_at_the_rheobase() -> None:
    """With a = 0 where R*I = theta_rh - u_rest - delta_t; near it they are 2*sqrt(2*delta_t*R*(I_rh - I)) apart."""
    ranges = {"u": (-60, -50.5), "w": (-0.01, 0.013)}
    below = cns.phase_plane(aelif(a=0.0), ranges, 1.3 - 1e-6, time=1.0).fixed_points
    assert [p.kind for p in below] == ["stable node", "saddle"]
    assert below[1].x - below[0].x == pytest.approx(2 * math.sqrt(2 * 2.0 * 10 * 1e-6), rel=1e-3)
    at = cns.phase_plane(aelif(a=0.0), ranges, 1.3, time=1.0).fixed_points
    assert all(abs(p.x + 55) < 1e-5 and max(z.real for z in p.eigenvalues) < 1e-6 for p in at)
    assert cns.phase_plane(aelif(a=0.0), ranges, 1.3 + 1e-6, time=1.0).fixed_points == ()


def test_the_trajectory_is_a_loop_by_hand() -> None:
    plane = cns.phase_plane(aelif(), RANGES, 2.5, start={"u": -60.0, "w": 0.3}, time=100.0)
    twin = aelif(u=-60.0, w=0.3)
    path, jumps = [[-60.0, float(twin.w)]], []
    for step in range(1000):
        twin.forward(2.5)
        path.append([float(twin.u), float(twin.w)])
        jumps += [step + 1] * bool(twin.s)
    assert plane.trajectory == pytest.approx(np.array(path), abs=1e-9)
    assert plane.jumps.tolist() == jumps
    assert len(jumps) > 2
    assert all(plane.trajectory[k, 0] == -70.0 for k in jumps)
    assert plane.times.tolist() == pytest.approx((np.arange(1001) * 0.1).tolist())
    assert list(plane.columns()) == ["time (ms)", "u (mV)", "w (nA)"]


def test_start_and_axes_by_name() -> None:
    population = aelif(u=-65.0, w=0.1)
    assert cns.phase_plane(population, RANGES, time=1.0).trajectory[0].tolist() == pytest.approx([-65.0, 0.1])
    turned = cns.phase_plane(population, {"omega": (-1, 2), "v": (-80, -40)}, 1.0, start={"v": -60}, time=1.0)
    assert (turned.states, turned.units) == (("w", "u"), ("nA", "mV"))
    assert turned.trajectory[0].tolist() == pytest.approx([0.1, -60.0])
    straight = cns.phase_plane(population, RANGES, 1.0, time=1.0)
    assert np.allclose(turned.dy.T, straight.dx)
    assert [(p.y, p.x) for p in turned.fixed_points] == [pytest.approx((p.x, p.y)) for p in straight.fixed_points]
    ax = turned.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w (nA)", "u (mV)")
    plt.close("all")


def test_a_start_in_double_precision() -> None:
    population = cns.FitzHughNagumoPopulation(1, dt=0.1, dtype=torch.float64)
    plane = cns.phase_plane(population, {"u": (-3, 3), "w": (-2, 3)}, start={"u": 0.1, "w": 0.3}, time=0.1)
    assert plane.trajectory[0].tolist() == [0.1, 0.3]


def test_a_model_that_comes_back_by_itself_has_no_jumps() -> None:
    plane = cns.phase_plane(cns.FitzHughNagumoPopulation(1, dt=0.1), {"u": (-3, 3), "w": (-2, 3)}, 0.5, time=100.0)
    assert plane.jumps.tolist() == []
    assert np.ptp(plane.trajectory[:, 0]) > 3


def test_where_there_is_no_derivative_nothing_is_drawn() -> None:
    """The root of a negative number is no zero; what is too large for a number is large."""
    population = cns.Population(
        "du/dt = (sqrt(u) - w)/tau + big*exp(u) : 1\ndw/dt = (u - 2*w)/tau : 1", shape=1, threshold="u > 1e6",
        start={"u": 1.0}, parameters={"tau": "1 ms", "big": (0.0, "1/ms")}, dt=0.01,
    )  # fmt: skip
    ranges = {"u": (-2.0, 6.0), "w": (-1.0, 3.0)}
    plane = cns.phase_plane(population, ranges, time=1.0)
    assert np.isnan(plane.dx[:, plane.x < 0]).all()
    assert np.isfinite(plane.dx[:, plane.x >= 0]).all()
    assert [(p.x, p.y) for p in plane.fixed_points][-1] == pytest.approx((4.0, 2.0))
    plane.plot().figure.canvas.draw()
    wide = cns.phase_plane(aelif(), {"u": (-80.0, 5000.0), "w": (-1.0, 2.0)}, 1.0, time=1.0)
    assert np.isfinite(wide.dx).all()
    wide.plot().figure.canvas.draw()
    plt.close("all")


def test_the_picture() -> None:
    plane = cns.phase_plane(aelif(), RANGES, 1.0, time=50.0)
    ax = plane.plot()
    named = {line.get_label(): line for line in ax.lines}
    assert {"du/dt = 0", "dw/dt = 0", "trajectory", "start", "stable node", "saddle"} <= set(named)
    assert named["trajectory"].get_xdata().tolist() == plane.trajectory[:, 0].tolist()
    assert [named["saddle"].get_xdata()[0], named["saddle"].get_ydata()[0]] == [
        plane.fixed_points[1].x, plane.fixed_points[1].y
    ]  # fmt: skip
    assert (ax.get_xlim(), ax.get_ylim()) == (RANGES["u"], RANGES["w"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u (mV)", "w (nA)")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "du/dt = 0", "dw/dt = 0", "trajectory", "start", "stable node", "saddle"
    ]  # fmt: skip
    plt.close("all")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"ranges": {"u": (-80, -40)}}, ArgumentError, r"phase_plane\(ranges\).*ranges of u, expected u and w"),
        ({"ranges": {}}, ArgumentError, "ranges of none"),
        ({"ranges": (-80, -40)}, ArgumentError, r"values by the names of states.*ranges=\{'u': \.\.\.\}.*u, w"),
        ({"ranges": {"u": (-80, -40), "n": (0, 1)}}, UnknownNameError, r"phase_plane\(ranges\).*'n', expected u and w"),
        ({"ranges": {"u": (-40, -80), "w": (0, 1)}}, ParameterError, r"ranges\['u'\].*ascending numbers \(mV\)"),
        ({"ranges": {"u": (-80, -40), "w": (0, 1, 2)}}, ShapeError, r"ranges\['w'\].*3 numbers.*nA"),
        ({"start": {"x": 3.0}}, UnknownNameError, r"phase_plane\(start\).*'x'"),
        ({"start": (-70.0, 0.0)}, ArgumentError, r"phase_plane\(start\).*start=\{'u': \.\.\.\}"),
        ({"start": {"u": "rest"}}, ArgumentError, r"start\['u'\].*a number in mV"),
        ({"start": {"u": math.nan}}, ParameterError, r"start\['u'\]"),
        ({"current": "big"}, ArgumentError, r"phase_plane\(current\)"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.phase_plane(aelif(), **({"ranges": RANGES, "time": 1.0} | given))


def test_models_with_other_than_two_states() -> None:
    for population, says in (
        (cns.LIFPopulation(1, dt=0.1), r"a model with 1 state \(u\).*AELIFPopulation.*step_response"),
        (cns.HodgkinHuxleyPopulation(1, dt=0.1), r"a model with 4 states \(u, m, h, n_K\)"),
    ):
        with pytest.raises(ArgumentError, match=says):
            cns.phase_plane(population, {"u": (-80, -40)})


def test_a_model_without_an_input_has_a_plane_but_takes_no_current() -> None:
    population = cns.Population(
        "dx/dt = y : 1\ndy/dt = -k*x : 1/ms", shape=1, threshold="x > 9", start={"x": 1.0}, dt=0.001,
        parameters={"k": (4.0, "1/ms**2")},
    )  # fmt: skip
    plane = cns.phase_plane(population, {"x": (-2, 2), "y": (-3, 3)}, time=1.0)
    (point,) = plane.fixed_points
    assert point.kind == "center"
    assert sorted(z.imag for z in point.eigenvalues) == pytest.approx([-2.0, 2.0])
    assert plane.trajectory[-1].tolist() == pytest.approx([math.cos(2), -2 * math.sin(2)], abs=0.01)
    with pytest.raises(ArgumentError, match="no input"):
        cns.phase_plane(population, {"x": (-2, 2), "y": (-3, 3)}, 1.0, time=1.0)
