"""What the populations must do, known from pencil and paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import DenseConnection, InputPopulation, LIFPopulation, Monitor
from cnsproject.analysis import volleys


def spike_steps(population: LIFPopulation, current: float, steps: int) -> list[int]:
    monitor = Monitor(population, ["s"])
    for _ in range(steps):
        population.forward(current)
        monitor.record()
    return volleys(monitor.get("s").numpy().T).tolist()


@given(tau=st.floats(5, 100), drive=st.floats(1.05, 4), dt=st.sampled_from([0.1, 0.5, 1.0]))
def test_period_under_constant_input(tau: float, drive: float, dt: float) -> None:
    """Euler: u_n = u_inf + (u_0 - u_inf)(1 - dt/tau)^n, so the period is the first n with u_n >= threshold."""
    gap = 15.0  # threshold - u_rest
    n = math.log(1 - 1 / drive) / math.log(1 - dt / tau)
    if abs(n - round(n)) < 1e-6 * n:
        return  # the threshold is met exactly: rounding decides
    population = LIFPopulation(1, tau=tau, R=1.0, u_rest=-70, threshold=-70 + gap, dt=dt, dtype=torch.float64)
    period = math.ceil(n)
    assert spike_steps(population, drive * gap, 3 * period) == [period - 1, 2 * period - 1, 3 * period - 1]


@given(tau=st.floats(5, 100), drive=st.floats(1.05, 4), dt=st.sampled_from([0.1, 0.5, 1.0]))
def test_exponential_euler_has_the_exact_period(tau: float, drive: float, dt: float) -> None:
    """Exact solution: T = tau*ln(drive/(drive - 1)), on the grid."""
    n = tau * math.log(drive / (drive - 1)) / dt
    if abs(n - round(n)) < 1e-6 * n:
        return
    population = LIFPopulation(
        1, tau=tau, u_rest=-70, threshold=-55, dt=dt, dtype=torch.float64, scheme="exponential euler"
    )
    period = math.ceil(n)
    assert spike_steps(population, drive * 15.0, 2 * period) == [period - 1, 2 * period - 1]


@pytest.mark.parametrize("R", [1.0, 10.0, 250.0])
def test_rheobase(R: float, dtype: torch.dtype) -> None:
    """I = (threshold - u_rest)/R: never below, always above."""
    rheobase = 15.0 / R
    assert spike_steps(LIFPopulation(1, tau=5, R=R, dt=1.0, dtype=dtype), rheobase * (1 - 1e-4), 2000) == []
    assert spike_steps(LIFPopulation(1, tau=5, R=R, dt=1.0, dtype=dtype), rheobase * (1 + 1e-4), 2000) != []


@given(k=st.integers(0, 50), tau_s=st.floats(2, 50), scale=st.floats(0.1, 5))
def test_trace_after_k_steps(k: int, tau_s: float, scale: float) -> None:
    """One spike: trace_scale * exp(-k*dt/tau_s) after k further steps."""
    population = InputPopulation(2, tau_s=tau_s, trace_scale=scale, dt=0.5, dtype=torch.float64)
    population.forward(torch.tensor([True, False]))
    for _ in range(k):
        population.forward(torch.tensor([False, False]))
    assert population.traces.tolist() == pytest.approx([scale * math.exp(-k * 0.5 / tau_s), 0.0], rel=1e-12)


def test_additive_trace_sums_and_set_trace_does_not() -> None:
    one = torch.tensor([True])
    for additive, expected in ((True, 3 * (1 + math.exp(-0.1))), (False, 1.0)):
        population = InputPopulation(
            1, additive_spike_trace=additive, tau_s=10, trace_scale=3, dt=1, dtype=torch.float64
        )
        population.forward(one)
        population.forward(one)
        assert population.traces.item() == pytest.approx(expected, rel=1e-12)


@given(fired=st.integers(1, 8), k=st.integers(0, 30), J=st.floats(-3, 3), scale=st.floats(0.5, 3))
def test_current_after_a_volley(fired: int, k: int, J: float, scale: float) -> None:
    """`fired` of 8 sources: trace_scale * fired * J/8 * exp(-k*dt/tau_s), the same for every target."""
    pre = InputPopulation(8, dt=1.0, dtype=torch.float64)
    post = LIFPopulation(3, dt=1.0, dtype=torch.float64)
    connection = DenseConnection(pre, post, J=J, tau_s=7.0, trace_scale=scale)
    pre.forward(torch.arange(8) < fired)
    current = connection.compute()
    for _ in range(k):
        pre.forward(torch.zeros(8, dtype=torch.bool))
        current = connection.compute()
    expected = scale * fired * J / 8 * math.exp(-k / 7.0)
    assert current.tolist() == pytest.approx([expected] * 3, rel=1e-12, abs=1e-300)


def test_charge_delivered_by_a_spike() -> None:
    """The sum of x*dt over all steps tends to w*tau_s as dt shrinks."""
    pre, post = InputPopulation(1, dt=0.01), LIFPopulation(1, dt=0.01)
    connection = DenseConnection(pre, post, J=2.0, tau_s=5.0, dtype=torch.float64)
    pre.forward(torch.tensor([True]))
    charge = 0.0
    for _ in range(10_000):
        charge += 0.01 * connection.compute().item()
        pre.forward(torch.tensor([False]))
    assert charge == pytest.approx(2.0 * 5.0, rel=2e-3)


@pytest.mark.parametrize("refractory", [0.0, 0.4, 3.0, 7.5])
def test_refractory_period_lengthens_the_period_by_its_rounded_steps(refractory: float) -> None:
    free = spike_steps(LIFPopulation(1, tau=20, dt=0.5), 30.0, 400)
    held = spike_steps(LIFPopulation(1, tau=20, dt=0.5, refractory=refractory), 30.0, 400)
    assert held[0] == free[0]
    assert set(np.diff(held)) == {np.diff(free)[0] + round(refractory / 0.5)}


def test_refractory_membrane_is_held_and_drops_jumps() -> None:
    population = LIFPopulation(1, tau=20, refractory=2.0, dt=1.0, u_reset=-65.0)
    population.u = -55.1
    population.forward(100.0)
    assert population.s.item()
    for _ in range(2):
        population.forward(50.0, jump=30.0)
        assert population.u.item() == -65.0
        assert not population.s.item()
    population.forward(0.0)
    assert population.u.item() == pytest.approx(-65.0 + (-70 + 65.0) / 20, rel=1e-6)


def test_a_jump_is_added_before_the_integration() -> None:
    population = LIFPopulation(2, tau=10, dt=1.0, dtype=torch.float64)
    population.forward(0.0, jump=torch.tensor([4.0, 16.0]))
    assert population.u.tolist() == pytest.approx([-66 + 0.1 * (-70 + 66), -54 + 0.1 * (-70 + 54)])
    assert population.s.tolist() == [False, False]  # -54 decays to -55.6 within the step
    population.forward(0.0, jump=20.0)
    assert population.s.tolist() == [True, True]
