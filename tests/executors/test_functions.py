"""Functions of ours in native code, against the mathematics library in twice the precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from cnsproject.executors import special
from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu import printer
from cnsproject.executors.eager import kernels

EVERY = """


@njit(**OPTIONS)
def every(x, out):
    for i in range(x.size):
        out[i] = {function}(x[i])
"""


def exponential(x: npt.NDArray[Any], function: str = "exponential") -> npt.NDArray[Any]:
    precision = str(x.dtype)
    module = printed_module(function, precision, lambda: printer.head(precision) + EVERY.format(function=function))
    out = np.empty_like(x)
    module.every(x, out)
    return out


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_exp_is_right_to_the_last_places(precision: type) -> None:
    limit, tiny = math.log(np.finfo(precision).max), np.finfo(precision).tiny
    rng = np.random.default_rng(1)
    parts = rng.uniform(-limit, limit, 50_000), rng.normal(0, 1, 50_000), rng.normal(0, 1e-3, 10_000)
    x = np.concatenate(parts).astype(precision)
    exact = np.exp(x.astype(np.float64 if precision is np.float32 else np.longdouble))
    known = exact >= tiny
    units = np.spacing(exact.astype(precision)).astype(exact.dtype)
    error = np.abs(exponential(x) - exact)[known] / units[known]
    assert error.max() < 1.5
    assert 0.2 < error.mean() < 0.3  # a quarter of a unit is what rounding alone gives


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_exp_at_the_edges(precision: type) -> None:
    limits = math.log(np.finfo(precision).max), math.log(np.finfo(precision).tiny)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e5, -1e5, limits[0] * 1.0001, limits[1] * 1.0001], precision)
    found = exponential(x)
    assert found[[0, 1, 2, 3, 5, 6, 7, 8]].tolist() == [1.0, 1.0, np.inf, 0.0, np.inf, 0.0, np.inf, 0.0]
    assert np.isnan(found[4])
    inside = exponential(np.array([limits[0] * 0.9999, limits[1] * 0.9999], precision))
    assert np.isfinite(inside).all()
    assert (inside > 0).all()


def test_a_number_is_the_same_anywhere_in_a_loop() -> None:
    """In the middle of a vector as in what is left at the end."""
    x = np.random.default_rng(2).uniform(-80, 80, 1001).astype(np.float32)
    whole = exponential(x)
    for part in (1, 7, 16, 31, 500):
        assert np.array_equal(exponential(x[:part].copy()), whole[:part])


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_exprel_is_right_to_the_last_places_near_zero_and_far(precision: type) -> None:
    """(exp(x) - 1)/x, natively, in torch and in constants; nothing cancels where exp(x) is near 1."""
    rng = np.random.default_rng(3)
    x = np.concatenate(
        [rng.uniform(-80, 80, 20_000), rng.normal(0, 1, 20_000), 10 ** rng.uniform(-30, 0, 10_000), [0.0]]
    )
    x = x.astype(precision)
    large = x.astype(np.float64 if precision is np.float32 else np.longdouble)
    exact = np.where(large == 0, 1, np.expm1(large) / np.where(large == 0, 1, large))
    units = np.spacing(exact.astype(precision)).astype(exact.dtype)
    assert (np.abs(exponential(x, "relative_exponential") - exact) / units).max() < 2.5
    assert (np.abs(kernels.exprel(torch.from_numpy(x)).numpy() - exact) / units).max() < 2.5
    if precision is np.float64:
        assert (np.abs(special.exprel(x) - exact) / units).max() < 2.5


def test_exprel_has_a_gradient_at_zero_too() -> None:
    x = torch.tensor([0.0, 1e-3, 2.0], dtype=torch.float64, requires_grad=True)
    kernels.exprel(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0.5, 0.5 + 1e-3 / 3, (math.exp(2.0) * 1.0 + 1.0) / 4], rel=1e-6)


def test_entries_of_a_matrix_exponential() -> None:
    """A rotation by 1 rad, and one matrix per neuron where an entry differs between them."""
    turned = special.matrix_exponential(0.0, -1.0, 1.0, 0.0)
    assert [special.entry(turned, *place) for place in ((0, 0), (1, 0))] == pytest.approx([math.cos(1), math.sin(1)])
    both = special.matrix_exponential(np.array([1.0, 2.0]), 0.0, 0.0, 0.0)
    assert special.entry(both, 0, 0) == pytest.approx([math.e, math.e**2])
    assert special.entry(both, 1, 1) == pytest.approx([1.0, 1.0])
