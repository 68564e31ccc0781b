"""How oriented receptive fields are: closed forms, and Gabor functions that are found again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnsproject import analysis
from cnsproject.encoding.filters import DoGFilter, GaborFilter
from cnsproject.errors import CnsError, ParameterError, ShapeError

X = np.arange(41.0) - 20.0
RIGHT, UP = np.meshgrid(X, -X)


def derivative(order: int, theta: float, sigma: float = 3.0) -> np.ndarray:
    """Of a round Gaussian, along theta."""
    along = (RIGHT * math.cos(theta) + UP * math.sin(theta)) / sigma
    hermite = {1: along, 2: along**2 - 1.0, 3: along**3 - 3.0 * along}[order]
    return np.asarray(hermite * np.exp(-(RIGHT**2 + UP**2) / (2.0 * sigma**2)))


def turn(one: float, other: float) -> float:
    """By how much two orientations differ."""
    return abs((one - other + math.pi / 2) % math.pi - math.pi / 2)


@pytest.mark.parametrize("theta", [0.0, 0.4, math.pi / 2, 2.5])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_a_gaussian(order: int, theta: float) -> None:
    """Their power goes with cos(phi - theta)**(2n), whose circular variance is 1/(n + 1)."""
    index, angle = analysis.orientation(derivative(order, theta))
    assert index == pytest.approx(order / (order + 1), abs=1e-3)
    assert turn(float(angle), theta) < 1e-3


def test_what_is_round_has_no_orientation_and_a_grating_little_else() -> None:
    index, _ = analysis.orientation(DoGFilter(41, 2.0, 4.0).kernel)
    assert index < 1e-3
    index, angle = analysis.orientation(GaborFilter(41, 5.0, 1.0, 8.0, 1.0).kernel)
    assert index > 0.95
    assert float(angle) == pytest.approx(1.0, abs=0.01)


def test_two_orientations_cancel() -> None:
    """Of equal powers at angles that differ by d the index is |cos d|."""
    for d in (math.pi / 4, math.pi / 2):
        both = derivative(2, 0.3) / 1.0, derivative(2, 0.3 + d)
        power = [analysis.orientation(one)[0] for one in both]
        apart = np.concatenate([np.pad(one, 60) for one in both], axis=1)  # far apart their powers add
        index, angle = analysis.orientation(apart)
        assert index == pytest.approx(abs(math.cos(d)) * np.mean(power), abs=0.02)
        if d < math.pi / 2:
            assert turn(float(angle), 0.3 + d / 2) < 0.02


def test_many_at_once_of_any_scale_and_mean() -> None:
    fields = np.stack([derivative(1, 0.2), 7.0 * derivative(1, 0.2) + 3.0, np.full((41, 41), 0.1)])
    index, angle = analysis.orientation(fields)
    assert index[1] == pytest.approx(index[0])
    assert index[2] == 0.0
    assert np.isnan(angle).tolist() == [False, False, True]


@pytest.mark.parametrize("theta", [0.1, 1.2, 3.0])
@pytest.mark.parametrize("psi", [0.0, -math.pi / 2, 2.0])
def test_a_gabor_function_is_found_again(theta: float, psi: float) -> None:
    there = analysis.Gabor(1.5, -2.0, theta, 7.0, 2.5, 0.7, psi, 3.0, 1.0)
    found = analysis.fit_gabor(there.values(17, 19))
    assert found.explained == pytest.approx(1.0, abs=1e-6)
    for name in ("x", "y", "wavelength", "sigma", "gamma", "amplitude"):
        assert getattr(found, name) == pytest.approx(getattr(there, name), abs=1e-3), name
    assert turn(found.theta, theta) < 1e-3
    assert found.values(17, 19) == pytest.approx(there.values(17, 19), abs=1e-3)


def test_the_functions_are_those_of_the_filter() -> None:
    there = GaborFilter(15, 6.0, 0.7, 2.0, 0.6, 1.0, zero_mean=False, normalize=False).kernel.double().numpy()
    assert analysis.Gabor(0, 0, 0.7, 6.0, 2.0, 0.6, 1.0, 1.0, 1.0).values(15, 15) == pytest.approx(there, abs=1e-6)


def test_what_is_explained_of_a_gabor_function_in_noise() -> None:
    """Noise of a third of all power leaves two thirds, and little of noise alone is explained."""
    noise = np.random.default_rng(1).normal(size=(21, 21))
    wave = analysis.Gabor(0, 0, 0.5, 8.0, 4.0, 1.0, 0.0, 1.0, 1.0).values(21, 21)
    both = wave + noise * math.sqrt((wave**2).sum() / (2.0 * (noise**2).sum()))
    assert analysis.fit_gabor(both).explained == pytest.approx(2 / 3, abs=0.06)
    assert analysis.fit_gabor(noise).explained < 0.2


MISTAKES: list[tuple[object, type[CnsError], str]] = [
    (np.ones(3), ShapeError, "rows, columns"),
    (np.ones((2, 3, 3)), ShapeError, "fit one by one"),
    (np.zeros((3, 3)), ParameterError, "zeros"),
    (np.full((3, 3), np.nan), ParameterError, "finite"),
]


@pytest.mark.parametrize(("field", "error", "says"), MISTAKES)
def test_mistakes(field: np.ndarray, error: type[CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        analysis.fit_gabor(field)
