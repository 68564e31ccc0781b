"""Mean-field theory: limits, two populations solved by hand, and the numbers of Brunel 2000."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from cnsproject.analysis import (
    Membranes,
    Populations,
    brunel_regimes,
    siegert,
    stationary_states,
    threshold_rate,
)
from cnsproject.analysis.mean_field import FREQUENCIES, closed_loop, growing_modes
from cnsproject.errors import ParameterError, ShapeError

CELLS = Membranes()


def brunel(g: float, drive: float, C_E: float = 1000.0, J: float = 0.1) -> Populations:
    """Model A with delays of 1.5 ms."""
    C_I, outside = 0.25 * C_E, drive * threshold_rate(CELLS, J=J, C_E=C_E) * C_E
    row, square = [J * C_E, -g * J * C_I], [J**2 * C_E, (g * J) ** 2 * C_I]
    added = [[0.02 * J * outside] * 2, [0.02 * J**2 * outside] * 2]
    return Populations(CELLS, np.zeros(2), [row, row], [square, square], 1.5, added)


def test_without_recurrence_it_is_the_siegert_formula() -> None:
    alone = Populations(CELLS, [16.0, 3.0], np.zeros((2, 2)), np.zeros((2, 2)), outside=[[0.0, 12.0], [9.0, 16.0]])
    (state,) = stationary_states(alone)
    assert state.rates == pytest.approx([float(siegert(16.0, 3.0, CELLS)), float(siegert(15.0, 4.0, CELLS))])
    assert state.stable
    weak = stationary_states(brunel(5.0, 2.0, C_E=1000.0, J=1e-4))
    assert weak[0].rates[0] == pytest.approx(float(siegert(40.0, np.sqrt(40.0 * 1e-4), CELLS)), rel=0.8)


def test_weak_recurrence_is_a_shift_by_the_slope() -> None:
    """To first order the rate is phi + phi'*tau*J*C*phi."""
    strength, level, h = 0.2, 16.0, 1e-4
    near = Populations(CELLS, [level], [[strength]], [[0.0]], outside=[[0.0], [9.0]])
    (state,) = stationary_states(near)
    phi = float(siegert(level, 3.0, CELLS))
    slope = float(siegert(level + h, 3.0, CELLS) - siegert(level - h, 3.0, CELLS)) / (2 * h)
    assert state.rates[0] / phi - 1 == pytest.approx(slope * 0.02 * strength, rel=0.05)


def test_far_above_the_threshold_rates_are_a_linear_equation() -> None:
    """Without noise and refractory period, 1/ln((mu - reset)/(mu - threshold)) is nearly (mu - 15)/10 for large mu."""
    cells = Membranes(refractory=0.0)
    jumps = np.array([[1.0, -6.0], [3.0, -4.0]])
    level = np.array([200.0, 150.0])
    (state,) = stationary_states(Populations(cells, level, jumps, np.zeros((2, 2))))
    # 1e-3*tau*rate*10 = mu - 15, mu = level + 1e-3*tau*jumps @ rate
    expected = np.linalg.solve(10.0 * np.eye(2) - jumps, level - 15.0) / 0.02
    assert state.rates == pytest.approx(expected, rel=2e-3)


def test_two_solutions_by_hand() -> None:
    """Excitation that is strong enough has a quiet, an unstable and a fast state."""
    populations = Populations(CELLS, [14.0], [[60.0]], [[3.0]], outside=[[0.0], [4.0]])
    states = stationary_states(populations)

    def left(nu: float) -> float:
        return float(populations.answer(np.array([nu]))[0]) - nu

    line = np.concatenate([[0.0], np.geomspace(1e-3, 499.0, 300)])
    values = [left(nu) for nu in line]
    roots = [brentq(left, a, b) for a, b, u, v in zip(line, line[1:], values, values[1:], strict=False) if u * v < 0]
    assert len(roots) == 3
    assert [float(s.rates[0]) for s in states] == pytest.approx(roots, rel=1e-5, abs=1e-6)
    assert [s.growth < 0 for s in states] == [True, False, True]
    assert not states[1].stable


@pytest.mark.parametrize(
    ("g", "drive", "rate", "frequency"),
    # Table 1 of the paper: 55.8 Hz and 190 Hz, 38.0 Hz, 6.5 Hz and 29 Hz.
    [(6.0, 4.0, 55.8, 190.0), (5.0, 2.0, 38.0, 0.0), (4.5, 0.9, 6.5, 29.0)],
)
def test_the_irregular_states_of_the_paper(g: float, drive: float, rate: float, frequency: float) -> None:
    (state,) = stationary_states(brunel(g, drive))
    assert state.rates == pytest.approx([rate, rate], rel=0.005)
    assert (state.modes > 0) == (frequency > 0)
    if frequency:
        assert state.frequency == pytest.approx(frequency, rel=0.03)
    assert state.stable == (not frequency)


def test_one_population_and_two_alike_say_the_same() -> None:
    one = brunel_regimes([3.0, 5.0, 6.0], [2.0, 4.0])
    (state,) = stationary_states(brunel(6.0, 4.0))
    assert one.rate[1, 2] == pytest.approx(state.rates[0], rel=1e-5)
    assert one.modes[1, 2] == state.modes
    assert one.frequency[1, 2] == pytest.approx(state.frequency, rel=1e-4)
    assert one.cv[1, 2] == pytest.approx(state.cv[0], rel=1e-5)
    assert one.labels.tolist() == [["SR", "AI", "AI"], ["SR", "AI", "SI"]]


def test_growing_modes_are_counted() -> None:
    """Against tau*dx/dt = -x + k*x(t - delay): unstable below k = -1/cos(...), where the phase is 180 degrees."""
    f = np.geomspace(0.01, 5000.0, 3000)
    iw = 2e-3j * np.pi * f

    def count(k: float) -> tuple[int, float]:
        loop = k * np.exp(-2.0 * iw) / (1.0 + 10.0 * iw)
        modes, frequency = growing_modes(loop[:, None, None], f)
        return int(modes), float(frequency)

    w = brentq(lambda w: np.pi - 2.0 * w - np.arctan(10.0 * w), 0.1, 2.0)  # the phase comes to 0, rad/ms
    critical = -np.hypot(1.0, 10.0 * w)
    assert count(0.99 * critical)[0] == 0
    assert count(1.01 * critical)[0] == 2
    assert count(1.01 * critical)[1] == pytest.approx(1e3 * w / (2 * np.pi), rel=1e-3)
    assert [count(k)[0] for k in (0.9, 1.1)] == [0, 1]  # positive feedback runs away without oscillating
    assert count(1.1)[1] == 0.0
    double = np.eye(2) * (1.01 * critical * np.exp(-2.0 * iw) / (1.0 + 10.0 * iw))[:, None, None]
    assert growing_modes(double, f)[0] == 4


def test_the_loop_at_frequency_0_is_the_slope() -> None:
    populations = brunel(5.0, 2.0)
    (state,) = stationary_states(populations)
    assert closed_loop(populations, state.rates, FREQUENCIES[:1])[0].real == pytest.approx(
        populations.slopes(state.rates), rel=5e-3
    )


def test_neurons_that_differ() -> None:
    """An average over a Gaussian spread of mu."""
    same: Any = dict(jumps=[[10.0]], squares=[[1.0]], outside=[[0.0], [9.0]])
    spread = Populations(CELLS, [12.0], **same, spread=[[4.0]])
    nu = np.array([20.0])
    mu, sigma = spread.input(nu)
    drawn = norm.ppf((np.arange(1000) + 0.5) / 1000, mu[0], 0.02 * 2.0 * 20.0)
    assert spread.answer(nu)[0] == pytest.approx(float(siegert(drawn, sigma[0], CELLS).mean()), rel=1e-3)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"jumps": np.zeros((3, 2))}, ShapeError, r"Populations.jumps.*\(3, 2\).*\(2, 2\) for 2 populations"),
        ({"squares": -np.ones((2, 2))}, ParameterError, "Populations.squares.*from 0 on"),
        ({"delay": [[np.nan]]}, ParameterError, "Populations.delay"),
        ({"outside": [[0.0, 0.0], [-1.0, 0.0]]}, ParameterError, "variance of -1"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Populations(
            **{"cells": CELLS, "level": [1.0, 1.0], "jumps": np.zeros((2, 2)), "squares": np.zeros((2, 2)), **given}
        )


@pytest.mark.parametrize("wrong", [[], [2.0, 1.0], [-1.0, 2.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_maps_need_ascending_numbers(wrong: Any) -> None:
    with pytest.raises(ParameterError, match=r"brunel_regimes\(g\).*ascending"):
        brunel_regimes(wrong, [1.0, 2.0])
