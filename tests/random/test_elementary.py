"""Logarithm, sine and cosine of sums and products, beside the standard library's and at places where they are known."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cnsproject.executors.base import hand_written
from cnsproject.random.elementary import logarithm, sine_cosine

# Of the smallest and the largest words of 32 bits, too.
EXTREMES = (np.array([0, 1, 2**31, 2**32 - 1]) + 0.5) * 2.0**-32
UNITS = st.lists(st.floats(2.0**-54, 1.0), min_size=1, max_size=40).map(np.array)


@given(x=UNITS)
@example(x=EXTREMES)
def test_arrays_and_single_numbers_agree_in_all_bits(x: np.ndarray) -> None:
    native = hand_written("noise")
    assert logarithm(x).tolist() == [native.logarithm(float(one)) for one in x]
    singly = [native.sine_cosine(float(one)) for one in x]
    assert np.array_equal(np.array(sine_cosine(x)).T, np.array(singly))


@given(x=UNITS)
@example(x=EXTREMES)
def test_they_are_accurate_to_the_last_bits(x: np.ndarray) -> None:
    expected = np.array([math.log(one) for one in x])
    assert (np.abs(logarithm(x) - expected) <= np.spacing(np.abs(expected))).all()
    sine, cosine = sine_cosine(x)
    assert np.allclose(sine, [math.sin(2.0 * math.pi * one) for one in x], rtol=0, atol=1e-15)
    assert np.allclose(cosine, [math.cos(2.0 * math.pi * one) for one in x], rtol=0, atol=1e-15)


def test_eighths_of_a_turn() -> None:
    eighths = np.arange(-8, 17)
    sine, cosine = sine_cosine(eighths / 8.0)
    root = math.sqrt(0.5)
    around = np.array([0.0, root, 1.0, root, 0.0, -root, -1.0, -root])
    assert np.allclose(sine, around[eighths % 8], rtol=2.3e-16, atol=0)
    assert np.allclose(cosine, around[(eighths + 2) % 8], rtol=2.3e-16, atol=0)


def test_powers_of_two() -> None:
    powers = np.arange(-60, 61)
    assert np.allclose(logarithm(2.0**powers), powers * math.log(2.0), rtol=2.3e-16, atol=0)
    assert logarithm(np.ones(1))[0] == 0.0
