"""Rheobases against theory: fixed points that meet, and the time it takes to pass where they were."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, ShapeError

R, TAU = 10.0, 10.0


def test_a_leaky_neuron_to_the_last_place() -> None:
    """Euler: u_n = R*I*(1 - (1 - dt/tau)^n) is at 15 mV in the last step."""
    population = cns.LIFPopulation(1, tau=TAU, R=R, dt=0.1, dtype=torch.float64)
    for time in (5.0, 50.0, 1000.0):
        found = cns.rheobase(population, (0.0, 10.0), time=time, tolerance=1e-9)
        exact = 15.0 / (R * (1 - (1 - 0.1 / TAU) ** round(time / 0.1)))
        assert found.below < exact + 1e-12
        assert found.current > exact - 1e-12
        assert 0 < found.current - found.below <= 1e-9
        assert float(found) == found.current
    assert exact == pytest.approx(1.5)


def test_an_exponential_neuron() -> None:
    """R*I = theta_rh - u_rest - delta_t in the limit of a long current, where two fixed points meet.

    Near it tau*dv/dt = R*(I - I_rh) + v^2/(2*delta_t), which takes pi*tau*sqrt(2*delta_t/(R*(I - I_rh))) to pass.
    """
    delta_t, time = 2.0, 2000.0
    population = cns.ELIFPopulation(1, tau=TAU, R=R, delta_t=delta_t, dt=0.1, dtype=torch.float64)
    found = cns.rheobase(population, (0.0, 10.0), time=time, tolerance=1e-7)
    limit = (-55.0 + 70.0 - delta_t) / R
    above = 2 * delta_t * (math.pi * TAU / time) ** 2 / R
    assert found.current > limit
    assert found.current - limit == pytest.approx(above, rel=0.03)


def test_a_quadratic_neuron() -> None:
    """a*(u_c - u_rest)^2/4 in the limit; in a finite time what makes the integral of du/(du/dt) as long as this."""
    a, time, rest, critical, threshold = 1 / 15, 100.0, -70.0, -55.0, -30.0
    middle, limit = (rest + critical) / 2, a * (critical - rest) ** 2 / 4 / R

    def passage(current: float) -> float:
        root = math.sqrt(R * (current - limit) / a)
        return TAU / (a * root) * (math.atan((threshold - middle) / root) - math.atan((rest - middle) / root))

    exact = brentq(lambda current: passage(current) - time, limit * (1 + 1e-9), 10.0)
    population = cns.QIFPopulation(1, tau=TAU, R=R, dt=0.01, dtype=torch.float64)
    found = cns.rheobase(population, (0.0, 5.0), time=time, tolerance=1e-6)
    assert found.current == pytest.approx(exact, rel=1e-4)
    assert found.current > 1.02 * limit


def test_hodgkin_huxley_against_scipy() -> None:
    """The current of a single spike, from the rates as Hodgkin and Huxley wrote them."""
    population = cns.HodgkinHuxleyPopulation(1, dt=0.01)
    found = cns.rheobase(population, (0.0, 10.0), time=50.0, tolerance=1e-3)
    start = [float(getattr(population, name)) for name in ("u", "m", "h", "n_K")]

    def slopes(_: float, y: Any, current: float) -> list[float]:
        u, m, h, n = y
        am, an = 0.1 * (u + 40) / (1 - math.exp(-(u + 40) / 10)), 0.01 * (u + 55) / (1 - math.exp(-(u + 55) / 10))
        ah, bh = 0.07 * math.exp(-(u + 65) / 20), 1 / (1 + math.exp(-(u + 35) / 10))
        bm, bn = 4 * math.exp(-(u + 65) / 18), 0.125 * math.exp(-(u + 65) / 80)
        flow = 120 * m**3 * h * (50 - u) + 36 * n**4 * (-77 - u) + 0.3 * (-54.387 - u)
        return [flow + current, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]

    tops = [
        solve_ivp(slopes, (0, 50), start, args=(found.current + shift,), max_step=0.1, rtol=1e-6).y[0].max()
        for shift in (-0.03, 0.03)
    ]
    assert tops[0] < -40
    assert tops[1] > 20
    assert found.u[:, 0].max() < -20 < found.u[:, 1].max()


def test_both_sides_are_runs_that_anyone_can_repeat() -> None:
    population = cns.AELIFPopulation(1, tau=TAU, R=R, dt=0.1)
    found = cns.rheobase(population, (0.0, 10.0), time=100.0)
    for column, (current, fires) in enumerate([(found.below, False), (found.current, True)]):
        twin, path, fired = cns.AELIFPopulation(1, tau=TAU, R=R, dt=0.1), [], False
        for _ in range(1000):
            twin.forward(current)
            path.append(float(twin.u))
            fired |= bool(twin.s)
        assert fired == fires
        assert found.u[:, column] == pytest.approx(path, abs=1e-9)
    assert found.times.tolist() == pytest.approx((np.arange(1000) * 0.1).tolist())


def test_it_ends_where_numbers_end() -> None:
    """A tolerance below the distance of two numbers of the precision."""
    found = cns.rheobase(cns.LIFPopulation(1, dt=1.0), (0.0, 1e6), time=50.0, tolerance=1e-300)
    assert 0 < found.current - found.below < 4 * np.spacing(np.float32(found.current))


def test_what_it_says_and_shows() -> None:
    found = cns.rheobase(cns.LIFPopulation(1, dt=1.0, R=R, name="cell"), (0.0, 10.0), time=50.0, tolerance=0.1)
    assert found.current - found.below <= 0.1  # 10/63 is not
    text = f"rheobase of cell: {found.current:.6g} nA, silent under {found.below:.6g} nA "
    assert str(found) == text + "(within 50 ms, tolerance 0.1 nA, dt 1 ms)"
    assert list(found.columns()) == ["time (ms)", "u below (mV)", "u at the rheobase (mV)"]
    ax = found.plot()
    assert [line.get_ydata().tolist() for line in ax.lines] == found.u.T.tolist()
    assert [line.get_label() for line in ax.lines] == [
        f"{found.below:.6g} nA: silent", f"{found.current:.6g} nA: fires"
    ]  # fmt: skip
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "potential (mV)")
    assert ax.get_legend() is not None


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"currents": (0.0, 1.0)}, ParameterError, r"no spike within 50 ms up to 1 nA.*currents=\(0, 1000\)"),
        ({"currents": (2.0, 10.0)}, ParameterError, r"a spike under 2 nA already.*currents=\(-100, 100\)"),
        ({"currents": (5.0, 0.0)}, ParameterError, "ascending"),
        ({"currents": 5.0}, ShapeError, r"1 numbers.*\(low, high\) in nA"),
        ({"currents": (0.0, 1.0, 2.0)}, ShapeError, "3 numbers"),
        ({"tolerance": 0.0}, ParameterError, "tolerance"),
        ({"tolerance": "fine"}, ArgumentError, "tolerance"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.rheobase(cns.LIFPopulation(1, dt=1.0, R=R), **({"currents": (0.0, 10.0), "time": 50.0} | given))
