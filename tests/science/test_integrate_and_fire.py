"""Integrate-and-fire neurons against closed forms, all in double precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cnsproject as cns


def run(population: Any, dt: float, time: float, current: float, variables: tuple[str, ...] = ("s",)) -> cns.Monitor:
    net = cns.Network(dt=dt, seed=1)
    net.add_layer(population, "cells")
    monitor = net.add_monitor(cns.Monitor(population, list(variables)), "m")
    net.run(time, {"cells": current})
    return monitor


def intervals(population: Any, dt: float, time: float, current: float) -> np.ndarray:
    return np.diff(run(population, dt, time, current).spikes()[0].numpy())


# LIF


@pytest.mark.parametrize("scheme", ["exponential euler", "exact"])
def test_step_response_of_lif(scheme: str) -> None:
    """u(t) = u_rest + R*I*(1 - exp(-t/tau)) under a constant current."""
    population = cns.LIFPopulation(1, R=5.0, C=3.0, scheme=scheme, dtype=torch.float64)
    u = run(population, 0.5, 100.0, 2.0, ("u",)).get("u")[:, 0].numpy()
    t = 0.5 * np.arange(1, 201)
    assert u == pytest.approx(-70 + 5.0 * 2.0 * (1 - np.exp(-t / 15.0)), rel=1e-12)


@given(drive=st.floats(1.1, 5), refractory=st.integers(0, 8))
def test_rate_of_lif(drive: float, refractory: int) -> None:
    """1/f = refractory + tau*log((u_inf - u_reset)/(u_inf - threshold)), to within one step."""
    dt, u_inf = 0.01, -70 + 20 * drive
    expected = refractory + 12 * math.log((u_inf + 65) / (u_inf + 50))
    population = cns.LIFPopulation(
        1, tau=12, u_reset=-65, threshold=-50, refractory=refractory, scheme="exponential euler", dtype=torch.float64
    )
    found = intervals(population, dt, max(60.0, 3 * math.ceil(expected)), 20 * drive)
    assert found == pytest.approx(expected, abs=1.01 * dt)


# QIF


def period_of_qif(current: float, u_reset: float, threshold: float, a: float = 1 / 15, tau: float = 10.0) -> float:
    """Integral of tau du / (a*(u - u_rest)*(u - u_c) + R*I) from reset to threshold: an arc tangent above rheobase."""
    middle, q = -62.5, math.sqrt(current / a - 7.5**2)
    return tau / (a * q) * (math.atan((threshold - middle) / q) - math.atan((u_reset - middle) / q))


@given(current=st.floats(4.0, 60), u_reset=st.floats(-90, -60), threshold=st.floats(-40, 0))
@settings(max_examples=15)
def test_rate_of_qif(current: float, u_reset: float, threshold: float) -> None:
    """With the error of Euler: proportional to dt, so that two steps predict the period of none."""
    expected = period_of_qif(current, u_reset, threshold)
    found = []
    for dt in (0.002, 0.001):
        population = cns.QIFPopulation(1, u_reset=u_reset, threshold=threshold, u=u_reset, dtype=torch.float64)
        found.append(intervals(population, dt, 4 * math.ceil(expected), current)[-1])
    assert found[1] == pytest.approx(expected, rel=2e-3, abs=0.002)
    assert 2 * found[1] - found[0] == pytest.approx(expected, rel=1e-4, abs=0.004)


def test_qif_fires_above_its_rheobase_at_the_rate_of_a_square_root() -> None:
    """R*I = a*(u_c - u_rest)**2/4; with reset and threshold far away f = a*q/(pi*tau), q = sqrt((I - I_rheobase)/a)."""
    rheobase = 15.0**2 / 15 / 4
    far = {"u_reset": -5000.0, "threshold": 5000.0, "dtype": torch.float64}
    assert len(intervals(cns.QIFPopulation(1, **far), 0.001, 400.0, 0.999 * rheobase)) == 0
    found = []
    for above in (1.0, 4.0, 16.0):
        times = intervals(cns.QIFPopulation(1, **far), 0.0005, 500.0, rheobase + above)
        found.append(1 / times[-1])
        assert found[-1] == pytest.approx(math.sqrt(above / 15) / (math.pi * 10), rel=0.01)
    assert found[1] / found[0] == pytest.approx(2.0, rel=0.01)
    assert found[2] / found[0] == pytest.approx(4.0, rel=0.01)


def test_near_rest_qif_is_leaky_with_tau() -> None:
    """tau/(a*(u_c - u_rest)) = tau with the defaults."""
    population = cns.QIFPopulation(1, u=-69.999, dtype=torch.float64)
    u = run(population, 0.001, 10.0, 0.0, ("u",)).get("u")[-1].item()
    assert (u + 70) / 0.001 == pytest.approx(math.exp(-1), rel=2e-4)


# ELIF and AELIF


@pytest.mark.parametrize("make", [cns.ELIFPopulation, lambda n, **c: cns.AELIFPopulation(n, a=0.0, b=0.0, **c)])
def test_rheobase_of_elif(make: Any) -> None:
    """R*I = theta_rh - u_rest - delta_t: where the two fixed points meet, at u = theta_rh."""
    rheobase = -55 + 70 - 2
    common = {"u": -56.0, "dtype": torch.float64}
    assert len(run(make(1, **common), 0.05, 2000.0, rheobase - 0.01).spikes()[0]) == 0
    assert len(run(make(1, **common), 0.05, 2000.0, rheobase + 0.01).spikes()[0]) > 1


def test_rate_of_elif() -> None:
    """The integral of tau du/(u_rest - u + delta_t*exp((u - theta_rh)/delta_t) + R*I), done by quadrature."""
    for current in (14.0, 20.0, 40.0):

        def slowness(u: float, current: float = current) -> float:
            return 10.0 / (-70 - u + 2 * math.exp((u + 55) / 2) + current)

        expected = 3.0 + scipy.integrate.quad(slowness, -70, -30, epsabs=1e-10)[0]
        population = cns.ELIFPopulation(1, refractory=3.0, dtype=torch.float64)
        assert intervals(population, 0.001, 300.0, current)[-1] == pytest.approx(expected, rel=2e-3)


def linear(population: Any, current: float) -> tuple[np.ndarray, np.ndarray]:
    """Fixed point under a current, and the matrix of the equations linearised there."""
    p = {name: float(getattr(population, name)) for name in population.dynamics.parameters}
    adapts = "a" in p
    a, tau_w = (p["a"], p["tau_w"]) if adapts else (0.0, 1.0)

    def force(u: float) -> float:
        rise = p["delta_t"] * math.exp((u - p["theta_rh"]) / p["delta_t"])
        return p["u_rest"] - u + rise + p["R"] * (current - a * (u - p["u_rest"]))

    u = scipy.optimize.brentq(force, p["u_rest"] - 50, p["theta_rh"], xtol=1e-13)
    growth = math.exp((u - p["theta_rh"]) / p["delta_t"])
    matrix = np.array([[(growth - 1) / p["tau"], -p["R"] / p["tau"]], [a / tau_w, -1 / tau_w]])
    fixed = np.array([u, a * (u - p["u_rest"])])
    return (fixed, matrix) if adapts else (fixed[:1], matrix[:1, :1])


LINEAR = {
    "ELIF at rest": (cns.ELIFPopulation, {}, 0.0),
    "ELIF near its threshold": (cns.ELIFPopulation, {}, 12.5),
    "AELIF, damped": (cns.AELIFPopulation, {"a": 0.5, "tau_w": 30.0}, 5.0),
    "AELIF, resonant": (cns.AELIFPopulation, {"a": 8.0, "tau_w": 60.0, "R": 2.0}, 20.0),
    "AELIF, negative": (cns.AELIFPopulation, {"a": -0.3, "tau_w": 60.0}, 3.0),
}


@pytest.mark.parametrize("case", LINEAR)
def test_small_currents_are_answered_linearly(case: str) -> None:
    """x(t) = A^-1 (exp(A t) - 1) b for a small step of current b, with A linearised at the fixed point."""
    kind, parameters, current = LINEAR[case]
    fixed, matrix = linear(kind(1, **parameters), current)
    small, dt, times = 1e-5, 0.005, (2.0, 10.0, 40.0, 120.0)
    start = dict(zip(("u", "w"), fixed, strict=False))
    population = kind(1, dtype=torch.float64, **parameters, **start)
    names = tuple(start)
    monitor = run(population, dt, max(times), current + small, names)
    push = np.zeros(len(fixed))
    push[0] = population.R / population.tau * small
    for t in times:
        expected = np.linalg.solve(matrix, (scipy.linalg.expm(matrix * t) - np.eye(len(fixed))) @ push)
        found = [monitor.get(name)[round(t / dt) - 1].item() - start[name] for name in names]
        assert found == pytest.approx(expected, rel=5e-3, abs=1e-3 * np.abs(expected).max()), t
    if "resonant" in case:
        assert np.abs(np.linalg.eigvals(matrix).imag).min() > 0.05


def test_a_spike_adds_b_to_the_adaptation() -> None:
    """w just after a spike minus the w that the equation alone would have reached."""
    population = cns.AELIFPopulation(1, a=0.0, b=0.7, tau_w=50.0, dt=0.1, dtype=torch.float64)
    for _ in range(3000):
        before = population.w.item()
        population.forward(20.0)
        grown = before * (1 - 0.1 / 50)
        assert population.w.item() == pytest.approx(grown + 0.7 * population.s.item(), rel=1e-12)


# GIF


def test_period_of_gif() -> None:
    """In the end w and theta jump by what they lose between two spikes; u then meets theta at the period."""
    tau, tau_w, b, tau_theta, rise, drive = 10.0, 100.0, 1.0, 50.0, 5.0, 25.0

    def gap(T: float) -> float:
        w = b / (1 - math.exp(-T / tau_w))
        theta = -55 + rise / (1 - math.exp(-T / tau_theta)) * math.exp(-T / tau_theta)
        u = drive * (1 - math.exp(-T / tau))
        u -= w * tau_w / (tau_w - tau) * (math.exp(-T / tau_w) - math.exp(-T / tau))
        return -70 + u - theta

    expected = scipy.optimize.brentq(gap, 1.0, 500.0)
    for scheme, dt, tolerance in (("exact", 0.01, 0.03), ("euler", 0.002, 0.03)):
        population = cns.GIFPopulation(1, scheme=scheme, dtype=torch.float64)
        found = intervals(population, dt, 1500.0, drive)
        assert found[-3:] == pytest.approx(expected, abs=tolerance)
        assert found[0] < 0.7 * expected


def test_a_moving_threshold_without_motion_is_lif() -> None:
    still = cns.GIFPopulation(1, b=0.0, delta_theta=0.0, dtype=torch.float64)
    found, expected = (run(p, 0.1, 300.0, 20.0).spikes()[0] for p in (still, cns.LIFPopulation(1, dtype=torch.float64)))
    assert torch.equal(found, expected)
