"""A neuron in the diffusion approximation: against quadrature, derivatives, and the closed form of its response."""

from __future__ import annotations

import cmath
import math
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfcx

from cnsproject.analysis import Membranes, lif_noise_rate, lif_rate, lif_response, lif_variation, siegert
from cnsproject.errors import ParameterError

CELLS = Membranes()  # Brunel's: tau 20, u_reset 10, threshold 20, refractory 2
INPUTS = [(15.0, 4.0), (19.0, 2.0), (5.0, 3.0), (40.0, 5.0)]


def by_quadrature(mu: float, sigma: float) -> float:
    inside = quad(lambda x: erfcx(-x), (10.0 - mu) / sigma, (20.0 - mu) / sigma)[0]
    return 1e3 / (2.0 + 20.0 * math.sqrt(math.pi) * inside)


def test_the_siegert_formula() -> None:
    mu, sigma = np.transpose(INPUTS)
    assert siegert(mu, sigma, CELLS) == pytest.approx([by_quadrature(*one) for one in INPUTS], rel=1e-9)
    # Broadcast, and the same as that of a current with noise.
    assert siegert(mu[:, None], sigma, CELLS).shape == (4, 4)
    known: Any = dict(tau=20.0, R=1.0, u_rest=0.0, u_reset=10.0, threshold=20.0, refractory=2.0)
    current = lif_noise_rate(15.0, sigma=4.0 * math.sqrt(20.0), dt=0.1, **known)
    assert siegert(15.0, 4.0, Membranes(dt=0.1)) == pytest.approx(float(current), rel=1e-9)


def test_without_noise_it_is_the_rate_under_a_constant_input() -> None:
    mu = np.array([19.0, 20.5, 30.0])
    known: Any = dict(tau=20.0, R=1.0, u_rest=0.0, u_reset=10.0, threshold=20.0, refractory=2.0)
    assert siegert(mu, 0.0, CELLS) == pytest.approx(lif_rate(mu, **known))
    assert siegert(mu[1:], 1e-3, CELLS) == pytest.approx(lif_rate(mu[1:], **known), rel=1e-4)
    assert siegert(-500.0, 1.0, CELLS) == 0.0


def test_filtered_noise_shifts_threshold_and_reset() -> None:
    shift = 1.0326 * 4.0 * math.sqrt(5.0 / 20.0)
    shifted = Membranes(u_reset=10.0 + shift, threshold=20.0 + shift)
    assert siegert(15.0, 4.0, Membranes(tau_s=5.0)) == pytest.approx(float(siegert(15.0, 4.0, shifted)))


def test_the_variation_of_intervals() -> None:
    for mu, sigma in INPUTS:
        low, high, turned = (10.0 - mu) / sigma, (20.0 - mu) / sigma, by_quadrature(mu, sigma) * 0.02

        def inner(x: float) -> float:
            return math.exp(x * x) * float(quad(lambda y: math.exp(-y * y) * erfcx(-y) ** 2, -9, x)[0])

        expected = math.sqrt(2 * math.pi * turned**2 * quad(inner, max(low, -8.0), high)[0]) if low > -8.0 else 0.0
        assert lif_variation(mu, sigma, CELLS) == pytest.approx(expected, rel=1e-2)
    assert lif_variation(-60.0, 2.0, CELLS) == 1.0  # rare spikes are a Poisson process
    assert lif_variation(200.0, 0.5, CELLS) < 0.01  # a clock


@pytest.mark.parametrize(("mu", "sigma"), [(17.0, 4.0), (25.0, 3.0), (10.0, 6.0)])
def test_slow_changes_are_followed(mu: float, sigma: float) -> None:
    h = 1e-4
    of_mu, of_variance = lif_response(0.0, mu, sigma, CELLS)
    slope = (siegert(mu + h, sigma, CELLS) - siegert(mu - h, sigma, CELLS)) / (2 * h)
    wide = (siegert(mu, math.sqrt(sigma**2 + h), CELLS) - siegert(mu, math.sqrt(sigma**2 - h), CELLS)) / (2 * h)
    assert of_mu.real == pytest.approx(float(slope), rel=2e-3)
    assert of_variance.real == pytest.approx(float(wide), rel=1e-2)


def closed_form(f: float, mu: float, sigma: float) -> complex:
    """Brunel & Hakim 1999 for changes of mu, without a refractory period, by confluent hypergeometric functions."""
    w = 2e-3 * math.pi * f * 20.0

    def U(y: mpmath.mpf) -> mpmath.mpc:
        iw = mpmath.mpc(0, w)
        one = mpmath.exp(y**2) / mpmath.gamma((1 + iw) / 2) * mpmath.hyp1f1((1 - iw) / 2, 0.5, -(y**2))
        other = 2 * y * mpmath.exp(y**2) / mpmath.gamma(iw / 2) * mpmath.hyp1f1(1 - iw / 2, 1.5, -(y**2))
        return one + other

    top, bottom = (mpmath.mpf(u - mu) / sigma for u in (20.0, 10.0))
    slopes = mpmath.diff(U, top) - mpmath.diff(U, bottom)
    rate = float(siegert(mu, sigma, Membranes(refractory=0.0)))
    return complex(rate / sigma / (1 + 1j * w) * slopes / (U(top) - U(bottom)))


@pytest.mark.parametrize("f", [5.0, 60.0, 180.0, 500.0])
def test_the_response_is_the_closed_form(f: float) -> None:
    found = complex(lif_response(f, 17.0, 4.0, Membranes(refractory=0.0))[0])
    expected = closed_form(f, 17.0, 4.0)
    assert abs(found) == pytest.approx(abs(expected), rel=0.02)
    assert cmath.phase(found / expected) == pytest.approx(0.0, abs=0.02)


def test_fast_changes_of_mu_are_followed_with_one_over_the_root() -> None:
    rate = float(siegert(17.0, 4.0, CELLS))
    of_mu, _ = lif_response(3000.0, 17.0, 4.0, CELLS)
    # rate/sigma*sqrt(2/(w*tau)), 45 degrees behind: Brunel et al. 2001, Phys. Rev. Lett. 86:2186
    assert abs(of_mu) == pytest.approx(rate / 4.0 * math.sqrt(2.0 / (2 * math.pi * 3.0 * 20.0)), rel=0.1)
    assert np.angle(of_mu, deg=True) == pytest.approx(-45.0, abs=8.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Membranes(tau=0.0), "tau: got 0, expected above 0"),
        (lambda: Membranes(refractory=-1.0), "refractory"),
        (lambda: Membranes(threshold=5.0), "threshold above u_reset"),
        (lambda: siegert(math.nan, 1.0, CELLS), "mu: got nan"),
        (lambda: siegert(15.0, -1.0, CELLS), "sigma: got -1"),
        (lambda: lif_variation(15.0, 0.0, CELLS), "sigma: got 0"),
        (lambda: lif_response(5.0, 15.0, 0.0, CELLS), "sigma: got 0"),
    ],
)
def test_mistakes(call: Any, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        call()
