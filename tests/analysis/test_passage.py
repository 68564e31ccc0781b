"""Rates by theory against limits that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnsproject.analysis import elif_rate, lif_noise_rate, lif_rate

MEMBRANE = {"tau": 10.0, "R": 10.0, "u_rest": -70.0, "u_reset": -68.0, "threshold": -55.0}


def siegert(mean: float, sigma: float, refractory: float = 0.0) -> float:
    """The formula as it is printed in textbooks, by scipy."""
    from scipy.integrate import quad
    from scipy.special import erfcx

    m, s = MEMBRANE, MEMBRANE["R"] * sigma / math.sqrt(MEMBRANE["tau"])
    mu = m["u_rest"] + m["R"] * mean
    inside = quad(lambda x: erfcx(-x), (m["u_reset"] - mu) / s, (m["threshold"] - mu) / s)[0]
    return 1e3 / (refractory + m["tau"] * math.sqrt(math.pi) * inside)


@pytest.mark.parametrize("mean", [0.5, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0])
def test_the_siegert_formula(mean: float, sigma: float) -> None:
    assert lif_noise_rate(mean, sigma=sigma, **MEMBRANE) == pytest.approx(siegert(mean, sigma), rel=1e-5)
    late = lif_noise_rate(mean, sigma=sigma, refractory=3.0, **MEMBRANE)
    assert late == pytest.approx(siegert(mean, sigma, 3.0), rel=1e-5)


def test_little_noise_is_no_noise() -> None:
    currents = np.array([0.0, 1.0, 1.6, 2.0, 5.0])
    assert lif_noise_rate(currents, sigma=1e-3, **MEMBRANE) == pytest.approx(lif_rate(currents, **MEMBRANE), abs=1e-3)


def test_steps_hide_some_passages() -> None:
    """Rates fall with dt, as if the threshold were higher."""
    raised = {**MEMBRANE, "threshold": -55.0 + 0.5826 * 10.0 * 1.0 * math.sqrt(0.1) / 10.0}
    expected = lif_noise_rate(1.4, sigma=1.0, **raised)
    assert lif_noise_rate(1.4, sigma=1.0, dt=0.1, **MEMBRANE) == pytest.approx(float(expected), rel=1e-12)
    assert expected < lif_noise_rate(1.4, sigma=1.0, **MEMBRANE)


def test_a_sharp_upswing_is_a_threshold() -> None:
    currents = np.array([1.0, 1.4, 1.7, 2.0, 4.0])
    sharp = elif_rate(currents, **{**MEMBRANE, "threshold": -54.9}, delta_t=0.005, theta_rh=-55.0, refractory=2.0)
    assert sharp == pytest.approx(lif_rate(currents, **MEMBRANE, refractory=2.0), rel=0.01)
    assert not sharp[:2].any()


def test_the_rheobase_of_the_exponential_neuron() -> None:
    """R*I = theta_rh - u_rest - delta_t, from where the rate rises as a square root."""
    exponential = {**MEMBRANE, "threshold": -30.0, "delta_t": 2.0, "theta_rh": -55.0}
    assert elif_rate(1.3, **exponential) == 0.0
    near, far = elif_rate(np.array([1.301, 1.304]), **exponential)
    assert near > 0
    assert far / near == pytest.approx(2.0, rel=0.05)
