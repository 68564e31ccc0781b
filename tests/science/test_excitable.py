"""Hodgkin-Huxley and FitzHugh-Nagumo against published figures, and against equations written down a second time here.

The second implementation is integrated by scipy at tight tolerances; it shares nothing with ours but the book.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import torch

import cnsproject as cns

REST = (-65.0, 0.0529, 0.5961, 0.3177)  # where our population starts


def rates(u: float) -> np.ndarray:
    """alpha and beta of m, h, n (1/ms): Dayan & Abbott 2001, Theoretical Neuroscience, ch. 5.6."""

    def linoid(x: float) -> float:
        return x / -math.expm1(-x) if abs(x) > 1e-8 else 1 + x / 2

    return np.array(
        [
            [linoid(0.1 * (u + 40)), 4 * math.exp(-(u + 65) / 18)],
            [0.07 * math.exp(-0.05 * (u + 65)), 1 / (1 + math.exp(-0.1 * (u + 35)))],
            [0.1 * linoid(0.1 * (u + 55)), 0.125 * math.exp(-0.0125 * (u + 65))],
        ]
    )


def squid(t: float, y: np.ndarray, current: float) -> list[float]:
    """Per cm2 of membrane: mV/ms for uF, mS and uA."""
    u, gates = y[0], np.array(y[1:])
    m, h, n = gates
    ionic = 120 * m**3 * h * (u - 50) + 36 * n**4 * (u + 77) + 0.3 * (u + 54.387)
    alpha, beta = rates(u).T
    return [current - ionic, *(alpha * (1 - gates) - beta * gates)]


def fixed_point(current: float) -> np.ndarray:
    def gates(u: float) -> np.ndarray:
        alpha, beta = rates(u).T
        return alpha / (alpha + beta)

    u = scipy.optimize.brentq(lambda u: squid(0, (u, *gates(u)), current)[0], -80, 0, xtol=1e-12)
    return np.array([u, *gates(u)])


def growth(current: float) -> float:
    """Largest real part of the eigenvalues at the fixed point (1/ms)."""
    y, step = fixed_point(current), 1e-6
    columns = [
        (np.array(squid(0, y + d, current)) - np.array(squid(0, y - d, current))) / (2 * step) for d in step * np.eye(4)
    ]
    return float(np.linalg.eigvals(np.array(columns).T).real.max())


def solved(current: float, time: float, start: Any = REST) -> tuple[np.ndarray, float]:
    """Spike times and the highest potential, from scipy."""

    def crossing(t: float, y: np.ndarray, current: float) -> float:
        return y[0] + 20

    crossing.direction = 1  # type: ignore[attr-defined]
    result = scipy.integrate.solve_ivp(
        squid, (0, time), start, args=(current,), events=crossing, method="LSODA", rtol=1e-9, atol=1e-11, max_step=0.5
    )
    return result.t_events[0], float(result.y[0].max())


def ours(current: float, time: float, dt: float = 0.025, **settings: Any) -> tuple[np.ndarray, torch.Tensor]:
    """Spike times and potential of our population."""
    population = cns.HHPopulation(1, dtype=torch.float64, **settings)
    net = cns.Network(dt=dt, seed=1)
    net.add_layer(population, "axon")
    monitor = net.add_monitor(cns.Monitor(population, ["s", "u"]), "m")
    net.run(time, {"axon": current})
    return monitor.spikes()[0].numpy(), monitor.get("u")[:, 0]


def test_rest() -> None:
    """-65 mV (Hodgkin & Huxley's zero), and it stays there."""
    assert fixed_point(0.0) == pytest.approx(REST, rel=2e-4, abs=1e-4)
    _, u = ours(0.0, 200.0)
    assert u[-1].item() == pytest.approx(fixed_point(0.0)[0], abs=1e-6)
    assert (u + 65).abs().max() < 0.02


@pytest.mark.parametrize("current", [7.0, 10.0, 20.0])
@pytest.mark.parametrize("scheme", ["exponential euler", "euler"])
def test_spikes_are_those_of_an_independent_solution(current: float, scheme: str) -> None:
    """First order: half the step, half the error, so that two steps predict the spikes of an exact solution."""
    times, peak = solved(current, 80.0)
    found = {dt: ours(current, 80.0, dt, scheme=scheme) for dt in (0.01, 0.005)}
    for spikes, u in found.values():
        assert len(spikes) == len(times)
        assert u.max().item() == pytest.approx(peak, abs=0.6)
    predicted = 2 * found[0.005][0] - found[0.01][0]
    assert predicted == pytest.approx(times, abs=0.05)
    error = np.abs(found[0.005][0] - times).max() / np.abs(found[0.01][0] - times).max()
    assert error == pytest.approx(0.5, abs=0.12)


def test_an_action_potential_has_a_hundred_millivolts() -> None:
    """From rest to about +40 mV, and an undershoot towards E_K; the peak itself is held to scipy's above."""
    _, u = ours(10.0, 30.0)
    assert 100 < u.max().item() + 65 < 108
    assert -77 < u.min().item() < -74


def test_published_bifurcations() -> None:
    """Rest loses its stability at 9.78 uA/cm2, gains it again at 154.5 (Rinzel & Miller 1980, Math. Biosci. 49:27)."""
    assert scipy.optimize.brentq(growth, 5, 20) == pytest.approx(9.78, abs=0.01)
    assert scipy.optimize.brentq(growth, 100, 200) == pytest.approx(154.5, abs=0.1)


@pytest.mark.parametrize("current", [9.0, 9.7, 9.9, 11.0])
def test_rest_is_as_stable_as_its_eigenvalues(current: float) -> None:
    """A small displacement grows or decays at their rate; at 9.78 nA the sign changes."""
    u, m, h, n = fixed_point(current)
    _, course = ours(current, 300.0, 0.002, u=u + 1e-5, m=m, h=h, n_K=n)
    away = (course - u).abs().numpy().reshape(-1, 10000).max(axis=1)  # per 20 ms, a period or more
    found = math.log(away[-1] / away[2]) / (20 * (len(away) - 3))
    assert found == pytest.approx(growth(current), abs=4e-3)
    assert (found > 0) == (current > 9.78)


def test_firing_begins_at_a_rate_that_is_not_zero() -> None:
    """Type II. Repetitive firing begins at 6.26 uA/cm2 (Rinzel & Miller 1980), with about 50 Hz.

    Below 2.2 nA nothing fires, up to 6.2 a step is answered by a few spikes; 6.3 goes on for ever.
    """
    assert len(ours(2.0, 300.0)[0]) == 0
    assert len(ours(2.5, 300.0)[0]) == 1
    assert len(ours(6.0, 500.0, 0.01)[0]) < 6
    found, _ = ours(6.4, 500.0, 0.01)
    expected, _ = solved(6.4, 500.0)
    assert found[-1] > 470
    assert 1000 / np.diff(found)[-1] == pytest.approx(1000 / np.diff(expected)[-1], rel=0.01)
    assert 50 < 1000 / np.diff(found)[-1] < 56
    rate = [1000 / np.diff(ours(current, 200.0)[0])[-1] for current in (7.0, 10.0, 20.0, 50.0)]
    assert rate == sorted(rate)
    assert rate[-1] < 140


def test_any_step_is_stable_with_exponential_euler_only() -> None:
    assert len(ours(10.0, 200.0, 0.2)[0]) > 5
    with pytest.raises(cns.errors.NumericalError, match="smaller dt"):
        ours(10.0, 200.0, 0.2, scheme="euler")


# FitzHugh-Nagumo


def nagumo(current: float, time: float, **settings: Any) -> tuple[np.ndarray, torch.Tensor]:
    population = cns.FitzHughNagumoPopulation(1, dtype=torch.float64, **settings)
    net = cns.Network(dt=0.01, seed=1)
    net.add_layer(population, "cells")
    monitor = net.add_monitor(cns.Monitor(population, ["s", "u", "w"]), "m")
    net.run(time, {"cells": current})
    return monitor.spikes()[0].numpy(), torch.cat([monitor.get("u"), monitor.get("w")], 1)


@pytest.mark.parametrize("current", [0.0, 0.2, 1.6])
def test_fixed_point(current: float) -> None:
    """u - u**3/3 - (u + 0.7)/0.8 + I = 0 has one real root; at I = 0 it is (-1.1994, -0.6243)."""
    roots = np.roots([-1 / 3, 0, 1 - 1 / 0.8, current - 0.7 / 0.8])
    (u,) = roots[np.abs(roots.imag) < 1e-9].real
    if not current:
        assert (u, (u + 0.7) / 0.8) == pytest.approx((-1.1994, -0.6243), abs=5e-5)
    _, course = nagumo(current, 600.0, u=u + 0.05, w=(u + 0.7) / 0.8)
    assert course[-1].tolist() == pytest.approx([u, (u + 0.7) / 0.8], abs=1e-6)


def hopf() -> float:
    """Where the trace 1 - u**2 - b/12.5 is 0: the current of that fixed point, the lower of two."""
    u = -math.sqrt(1 - 0.8 / 12.5)
    return (u + 0.7) / 0.8 - u + u**3 / 3


def test_oscillations_begin_where_the_trace_changes_its_sign() -> None:
    """I = 0.331: below, a small displacement dies out, above it grows to a limit cycle."""
    assert hopf() == pytest.approx(0.3313, abs=1e-4)
    for distance, fires in ((-0.01, False), (0.01, True)):
        current = hopf() + distance
        roots = np.roots([-1 / 3, 0, 1 - 1 / 0.8, current - 0.7 / 0.8])
        (u,) = roots[np.abs(roots.imag) < 1e-9].real
        spikes, _ = nagumo(current, 1000.0, u=u + 1e-3, w=(u + 0.7) / 0.8)
        assert bool(len(spikes)) == fires


@pytest.mark.parametrize("current", [0.5, 1.0])
def test_limit_cycle(current: float) -> None:
    """The period and the turning points of scipy's solution."""

    def crossing(t: float, y: np.ndarray) -> float:
        return y[0] - 1

    crossing.direction = 1  # type: ignore[attr-defined]
    result = scipy.integrate.solve_ivp(
        lambda t, y: [y[0] - y[0] ** 3 / 3 - y[1] + current, 0.08 * (y[0] + 0.7 - 0.8 * y[1])],
        (0, 400), [-1.1994, -0.6243], events=crossing, rtol=1e-10, atol=1e-12, max_step=0.1,
    )  # fmt: skip
    spikes, course = nagumo(current, 400.0)
    assert len(spikes) == len(result.t_events[0])
    assert np.diff(spikes)[-3:] == pytest.approx(np.diff(result.t_events[0])[-3:], rel=2e-3)
    late = course[20000:]
    expected = result.y[:, result.t > 200]
    assert late.min(0).values.tolist() == pytest.approx(expected.min(axis=1), abs=0.01)
    assert late.max(0).values.tolist() == pytest.approx(expected.max(axis=1), abs=0.01)


def test_a_scale_of_voltage_changes_nothing_but_the_numbers() -> None:
    """30 mV for 1: the same spikes, when current, offset and threshold are 30 times as large."""
    spikes, course = nagumo(0.5, 200.0)
    scaled, larger = nagumo(15.0, 200.0, scale=30.0, a=21.0, threshold=30.0, u=-35.982, w=-18.729)
    assert np.array_equal(spikes, scaled)
    assert torch.allclose(larger, 30 * course, rtol=1e-6, atol=1e-5)
