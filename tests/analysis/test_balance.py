"""E/I balance, eigenvalues of weights, frequencies: inputs whose answer is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from cnsproject.analysis import balance, outermost_eigenvalues, predicted_radius, spectral_radius, strongest_frequency
from cnsproject.errors import ParameterError, ShapeError

RNG = np.random.default_rng(1)


def test_inhibition_that_follows() -> None:
    common = RNG.normal(size=(3000, 4))
    e = 5.0 + common
    i = -10.0 - 2.0 * np.roll(common, 15, axis=0)
    found = balance(e, i, dt=0.2, max_lag=8.0)
    assert found.ratio == pytest.approx(0.5, rel=0.01)
    assert found.lag == pytest.approx(3.0)
    assert found.peak == pytest.approx(1.0, abs=0.01)
    assert (found.lags[0], found.lags[-1], len(found.lags)) == (-8.0, 8.0, 81)
    at_0 = np.mean([np.corrcoef(e[:, k], -i[:, k])[0, 1] for k in range(4)])
    assert found.correlation[40] == pytest.approx(at_0, abs=1e-9)
    # Brute force at a lag.
    shifted = np.mean([
        ((e[:-10, k] - e[:, k].mean()) * (i[:, k].mean() - i[10:, k])).mean() / e[:, k].std() / i[:, k].std()
        for k in range(4)
    ])  # fmt: skip
    assert found.correlation[50] == pytest.approx(shifted, abs=1e-9)


def test_what_does_not_vary_has_no_correlation() -> None:
    found = balance(np.ones(50), np.zeros(50), dt=1.0)
    assert math.isinf(found.ratio)
    assert np.isnan(found.correlation).all()
    assert math.isnan(found.lag)


def random_matrix(n: int, p: float, J: float, g: float) -> tuple[Any, list[int], Any, Any]:
    exc = int(0.8 * n)
    dense = (RNG.random((n, n)) < p) * np.where(np.arange(n) < exc, J, -g * J)
    sizes, weights = [exc, n - exc], np.array([[J, -g * J]] * 2)
    return dense, sizes, p * weights, p * (1 - p) * weights**2


@pytest.mark.parametrize(("p", "g"), [(0.2, 4.0), (0.7, 8.0)])
def test_brute_force_and_theory(p: float, g: float) -> None:
    dense, sizes, means, variances = random_matrix(400, p, 0.1, g)
    everything = np.abs(np.linalg.eigvals(dense))
    found = outermost_eigenvalues(scipy.sparse.csr_array(dense))
    assert np.abs(found[0]) == pytest.approx(everything.max(), rel=0.02)
    radius, apart = predicted_radius(sizes, means, variances)
    assert (apart > 0) == (g == 8.0)
    if apart:
        assert apart == pytest.approx(everything.max(), rel=0.1)
    # Sums over rows that happen to differ push a few out of the disc (Rajan & Abbott 2006).
    assert 0.96 < (everything < 1.05 * radius).mean() < 1.0
    assert (everything < 0.9 * radius).mean() < 0.96


def test_one_population_is_girko_s_disc() -> None:
    assert predicted_radius([400], [[0.0]], [[0.01]]) == (pytest.approx(2.0), 0.0)
    assert spectral_radius(RNG.normal(0.0, 0.1, (400, 400))) == pytest.approx(2.0, rel=0.1)


def test_small_and_empty_matrices() -> None:
    assert spectral_radius([[0.0, 2.0], [-2.0, 0.0]]) == pytest.approx(2.0)
    assert spectral_radius(scipy.sparse.csr_array((500, 500))) == 0.0
    with pytest.raises(ShapeError, match=r"\(n, n\)"):
        spectral_radius(np.zeros((2, 3)))
    with pytest.raises(ShapeError, match="a size for each population"):
        predicted_radius([1, 2], [[0.0]], [[0.0]])


def test_the_frequency_of_a_rate() -> None:
    t = np.arange(0.0, 1000.0, 0.5)
    rate = 30.0 + 10.0 * np.sin(2e-3 * np.pi * 180.0 * t) + RNG.normal(0.0, 1.0, len(t))
    frequency, share = strongest_frequency(rate, dt=0.5, lowest=10.0)
    assert frequency == pytest.approx(180.0, abs=5.0)
    assert share > 0.9
    assert strongest_frequency(RNG.normal(size=2000), dt=0.5, lowest=10.0)[1] < 0.5
    assert math.isnan(strongest_frequency(np.ones(2000), dt=0.5)[0])
    with pytest.raises(ShapeError, match="at least 200 ms"):
        strongest_frequency(np.ones(50), dt=0.5)


def test_mistakes() -> None:
    with pytest.raises(ShapeError, match="shapes"):
        balance(np.ones((50, 2)), np.ones((50, 3)), dt=1.0)
    with pytest.raises(ShapeError, match="longer than max_lag"):
        balance(np.ones(10), np.ones(10), dt=1.0)
    with pytest.raises(ParameterError, match="NaN"):
        balance(np.full(50, np.nan), np.ones(50), dt=1.0)
