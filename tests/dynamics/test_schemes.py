"""Schemes: their order, and "exact" against closed forms for any step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import cnsproject as cns
from cnsproject.dynamics.step import Step
from cnsproject.errors import EquationError

F64 = npt.NDArray[np.float64]


def population(
    dynamics: cns.Dynamics, values: dict[str, Any], starts: dict[str, Any], dt: float, scheme: str, **common: Any
) -> cns.ModelPopulation:
    """Neurons of a model, in double precision and without a trace."""

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(
                common.pop("shape", 1), parameters=values, starts=starts, scheme=scheme, dt=dt, spike_trace=False,
                dtype=torch.float64, **common,
            )  # fmt: skip

    Own.dynamics = dynamics
    return Own()


HUNTED = cns.Dynamics(
    "dx/dt = x*(1 - y)/tau + I : 1\ndy/dt = y*(x - 1)/tau : 1",
    inputs={"I": "1/ms"}, parameters={"tau": "ms"}, spike="x > 100", reset="x = 0",
    source="Lotka 1925: linear in each state, not in both",
)  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "order"), [("euler", 1), ("exponential euler", 1), ("heun", 2), ("rk4", 4)]
)  # fmt: skip
def test_order_of_convergence(scheme: str, order: int) -> None:
    """The error at a fixed time shrinks with dt**order."""
    tau, time, start = 3.0, 12.0, [1.5, 0.8]

    def slope(_: float, state: F64) -> list[float]:
        x, y = state
        return [x * (1 - y) / tau + 0.05, y * (x - 1) / tau]

    true = solve_ivp(slope, (0, time), start, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1]
    steps = np.array([48, 96, 192, 384])
    errors = []
    for n in steps:
        neuron = population(HUNTED, {"tau": tau}, {"x": start[0], "y": start[1]}, time / n, scheme)
        for _ in range(n):
            neuron.forward(0.05)
        errors.append(math.hypot(neuron.x.item() - true[0], neuron.y.item() - true[1]))
    found = -np.diff(np.log(errors)) / np.diff(np.log(steps))
    assert found[-1] == pytest.approx(order, abs=0.1)


def test_each_slope_is_computed_once() -> None:
    """A stage has a name: substituted into each other the exponentials of rk4 would be many more than four."""
    model = cns.Dynamics(
        "du/dt = (u_rest - u + d*exp((u - u_t)/d) + R*I)/tau : mV", inputs={"I": "nA"},
        parameters={"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_t": "mV", "d": "mV"},
        spike="u > u_t", reset="u = u_rest",
    )  # fmt: skip
    for scheme, count in (("euler", 1), ("heun", 2), ("rk4", 4)):
        assert [op.function for op in Step(model, scheme).update().body].count("exp") == count


STEPS = (1e-3, 0.1, 1.0, 20.0, 1e3)


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize("tau", [0.1, 10.0, 500.0])
def test_exact_membrane(dt: float, tau: float) -> None:
    neuron = cns.LIFPopulation(2, tau=tau, R=3.0, threshold=1e3, u=-60.0, scheme="exact", dt=dt, dtype=torch.float64)
    for _ in range(4):
        neuron.forward(torch.tensor([2.0, -1.5]))
    for u, current in zip(neuron.u.tolist(), (2.0, -1.5), strict=True):
        end = -70 + 3 * current
        assert u == pytest.approx(end + (-60 - end) * math.exp(-4 * dt / tau), rel=1e-12)


RESONATOR = cns.Dynamics(
    "dv/dt = (v_r - v + R*(I - w))/tau : mV\ndw/dt = (a*(v - v_r) - w)/tau_w : nA",
    inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "v_r": "mV", "a": "nA/mV", "tau_w": "ms"},
    spike="v > 1000", reset="v = v_r; w = w",
    source="Richardson, Brunel & Hakim 2003, J. Neurophysiol. 89: a linear membrane that oscillates",
)  # fmt: skip


def resonates(p: dict[str, Any], v: Any, w: Any, current: float, t: float) -> tuple[Any, Any]:
    """Closed form: exp(A t) = exp(m t) (cos(om t) + sin(om t)/om (A - m)), A - m squared is -om squared."""
    a, b, c, d = -1 / p["tau"], -p["R"] / p["tau"], p["a"] / p["tau_w"], -1 / p["tau_w"]
    m = (a + d) / 2
    om = np.sqrt(a * d - b * c - m**2)
    assert np.all(np.isfinite(om))
    v_end = p["R"] * current / (1 + p["R"] * p["a"])
    w_end = p["a"] * v_end
    x, y = v - p["v_r"] - v_end, w - w_end
    decay, cos, sin = np.exp(m * t), np.cos(om * t), np.sin(om * t) / om
    return (
        p["v_r"] + v_end + decay * (cos * x + sin * ((a - m) * x + b * y)),
        w_end + decay * (cos * y + sin * (c * x + (d - m) * y)),
    )


@pytest.mark.parametrize("dt", STEPS)
def test_exact_damped_oscillation(dt: float) -> None:
    """Complex eigenvalues, and parameters that differ between the neurons."""
    p = {"tau": np.array([20.0, 5.0, 80.0]), "R": 4.0, "v_r": -70.0, "a": np.array([1.0, 3.0, 0.5]), "tau_w": 30.0}
    neuron = population(RESONATOR, p, {"v": -60.0, "w": 1.0}, dt, "exact", shape=3)
    for k in range(1, 4):
        neuron.forward(2.0)
        v, w = resonates(p, -60.0, 1.0, 2.0, k * dt)
        assert neuron.v.numpy() == pytest.approx(v, rel=1e-12)
        assert neuron.w.numpy() == pytest.approx(w, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dt", STEPS)
@given(tau=st.floats(0.5, 200))
def test_exact_alpha_synapse(dt: float, tau: float) -> None:
    pre, post = cns.InputPopulation(1, dt=dt, dtype=torch.float64), cns.LIFPopulation(1, dt=dt, dtype=torch.float64)
    connection = cns.Connection(pre, post, synapse=cns.AlphaCurrent(tau=tau), weight=3.0)
    for k in range(4):
        pre.forward(torch.tensor([k == 0]))
        x = k * dt / tau
        assert connection.compute().item() == pytest.approx(3 * x * math.exp(1 - x), rel=1e-12, abs=1e-300)


def test_exact_where_an_input_changes_the_leak() -> None:
    """One state needs no matrix, so that a conductance may be an input."""
    model = cns.Dynamics(
        "du/dt = (g*(E - u) - u/R)/C : mV", inputs={"g": "uS"}, parameters={"E": "mV", "R": "MOhm", "C": "nF"},
        spike="u > 1000", reset="u = 0",
    )  # fmt: skip
    neuron = population(model, {"E": 50.0, "R": 10.0, "C": 0.2}, {"u": -3.0}, 0.7, "exact")
    for g in (0.5, 0.0):
        before, rate = neuron.u.item(), (g + 0.1) / 0.2
        neuron.forward(g)
        end = g * 50 / (g + 0.1)
        assert neuron.u.item() == pytest.approx(end + (before - end) * math.exp(-0.7 * rate), rel=1e-12)


@pytest.mark.parametrize(
    ("equations", "term"),
    [
        ("du/dt = (u*w - u)/tau : 1\ndw/dt = -w/tau : 1", "u*w/tau"),
        ("du/dt = -u/tau + (u**2)/tau : 1", "u**2/tau"),
        ("du/dt = (where(u > 3, 1, 0) - u)/tau : 1", "Piecewise"),
        ("du/dt = (sign(w) - u)/tau : 1\ndw/dt = -w/tau : 1", "sign(w)/tau"),
        ("du/dt = exprel(u)/tau : 1", "exprel(u)/tau"),
        ("du/dt = (g*w - u)/tau : 1\ndw/dt = -w/tau : 1", "g"),
    ],
)
def test_exact_names_the_term_that_is_not_linear(equations: str, term: str) -> None:
    model = cns.Dynamics(equations, inputs={"g": "1"}, parameters={"tau": "ms"}, spike="u > 9", reset="u = 0")
    with pytest.raises(EquationError, match=r"linear|parameters") as caught:
        Step(model, "exact").update()
    assert term in str(caught.value)
    assert "rk4" in str(caught.value)


@pytest.mark.parametrize(("scheme", "rel"), [("heun", 1e-4), ("rk4", 1e-8), ("exact", 1e-12)])
def test_other_states_go_on_while_the_membrane_is_held(scheme: str, rel: float) -> None:
    """w relaxes to a*(reset - v_r); neither the input of the membrane nor a jump is felt by it."""
    model = cns.Dynamics(
        RESONATOR.equations, RESONATOR.inputs, {**RESONATOR.parameters, "v_reset": "mV"}, "v > -50", "v = v_reset"
    )
    p = {"tau": 20.0, "R": 4.0, "v_r": -70.0, "a": 0.5, "tau_w": 30.0, "v_reset": -65.0}
    neuron = population(model, p, {"v": -50.1, "w": 0.0}, 0.5, scheme, refractory=10.0)
    neuron.forward(50.0)
    assert neuron.s.item()
    start = neuron.w.item()
    for k in range(1, 21):
        neuron.forward(50.0, jump=7.0)
        assert neuron.v.item() == -65.0
        assert neuron.w.item() == pytest.approx(2.5 + (start - 2.5) * math.exp(-0.5 * k / 30), rel=rel)
    neuron.forward(50.0)
    assert neuron.v.item() > -65.0


def test_what_two_lines_have_in_common_is_there_for_both() -> None:
    """States with the same new value, and a reset that asks for the spike condition again."""
    model = cns.Dynamics(
        "dx/dt = (I*I - x)/dt : 1\ndy/dt = (I*I - y)/dt : 1", inputs={"I": "1"},
        spike="x > 3", reset="y = where(x > 3, x + 1, 7)",
    )  # fmt: skip
    neuron = population(model, {}, {"x": 5.0, "y": 6.0}, 0.5, "euler")
    neuron.forward(torch.tensor([1.5]))
    assert [neuron.x.item(), neuron.y.item()] == [2.25, 2.25]
    neuron.forward(torch.tensor([2.0]))
    assert [neuron.x.item(), neuron.y.item()] == [4.0, 5.0]
