"""Truncated laws: the law inside the interval, element by element the same, and refused where there is nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import errors
from cnsproject.random import Law, LogNormal, Normal, Truncated, Uniform, derive_key, uniforms

KEY = derive_key(11)
Cdf = Callable[[float], float]


def normal(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def ks(sample: np.ndarray, cdf: Cdf) -> float:
    """Kolmogorov-Smirnov distance times sqrt(n)."""
    expected = np.array([cdf(value) for value in np.sort(sample)])
    steps = np.arange(len(sample) + 1) / len(sample)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()) * math.sqrt(len(sample)))


def between(cdf: Cdf, low: float, high: float) -> Cdf:
    return lambda x: (cdf(x) - cdf(low)) / (cdf(high) - cdf(low))


CASES: dict[str, tuple[Truncated, Cdf]] = {
    "both sides": (Truncated(Normal(0, 1), low=-0.5, high=1), between(normal, -0.5, 1)),
    "above": (Truncated(Normal(0, 1), low=2), between(normal, 2, math.inf)),
    "below": (Truncated(Normal(0, 1), high=-0.2), between(normal, -math.inf, -0.2)),
    "log-normal": (Truncated(LogNormal(0, 1), high=2), between(lambda x: normal(math.log(x)) if x > 0 else 0, 0, 2)),
    "uniform": (Truncated(Uniform(0, 10), 9, 20), lambda x: x - 9),
    "twice": (Truncated(Truncated(Normal(0, 1), low=0), high=1), between(normal, 0, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_law_inside_the_interval(name: str) -> None:
    law, cdf = CASES[name]
    sample = law.draw(KEY, 20_000)
    assert sample.dtype == np.float64
    assert sample.min() >= law.low
    assert sample.max() <= law.high
    assert ks(sample, cdf) < 1.95  # p = 0.001
    assert ks(sample + 0.1 * sample.std(), cdf) > 1.95  # a law that is off by a tenth is noticed
    assert len(np.unique(sample)) == 20_000
    # Neighbours are drawn anew in the same rounds, and must not become alike by it.
    assert abs(np.corrcoef(sample[:-1], sample[1:])[0, 1]) < 4 / math.sqrt(20_000)


@given(
    count=st.integers(0, 300), name=st.sampled_from(list(CASES)), stream=st.integers(0, 9), block=st.integers(0, 2**40)
)
def test_an_element_does_not_depend_on_how_many_are_drawn(count: int, name: str, stream: int, block: int) -> None:
    law = CASES[name][0]
    whole = law.draw(KEY, 300, stream=stream, block=block)
    assert np.array_equal(law.draw(KEY, count, stream=stream, block=block), whole[:count])


def test_keys_streams_and_blocks_are_independent() -> None:
    law = Truncated(Normal(0, 1), low=1)
    rows = [
        law.draw(KEY, 4000),
        law.draw(derive_key(12), 4000),
        law.draw(KEY, 4000, stream=1),
        law.draw(KEY, 4000, block=1),
        law.draw(KEY, 4000, block=2**32),
    ]
    off_diagonal = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(off_diagonal).max() < 0.06


def test_values_inside_are_those_of_the_law() -> None:
    plain = Normal(0, 1).draw(KEY, 1000)
    inside = np.abs(plain) <= 1
    assert np.array_equal(Truncated(Normal(0, 1), -1, 1).draw(KEY, 1000)[inside], plain[inside])


@given(count=st.integers(0, 300), stream=st.integers(0, 2**32 - 1), block=st.integers(0, 2**40))
def test_laws_are_made_of_the_uniform_numbers(count: int, stream: int, block: int) -> None:
    expected = uniforms(KEY, count, stream=stream, block=block)[:, 0]
    assert np.array_equal(Uniform(0, 1).draw(KEY, count, stream=stream, block=block), expected)


@pytest.mark.parametrize("number", [1, 1.0, np.float32(1), np.int64(1), np.array(1.0)])
def test_numbers_of_every_kind(number: Any) -> None:
    assert Normal(number, number) == Normal(mean=1.0, sd=1.0)
    assert Truncated(Normal(0, number), high=number) == Truncated(Normal(0, 1), None, 1)
    assert (
        repr(Truncated(Uniform(0, 2), high=number)) == "Truncated(law=Uniform(low=0.0, high=2.0), low=-inf, high=1.0)"
    )


def law(*bounds: Any, of: Any = Normal(0, 1), **settings: Any) -> Law:  # noqa: B008
    return Truncated(of, *bounds, **settings)


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "upside down": (lambda: law(1, 0), errors.ParameterError, ["Truncated(low, high)", "1, 0", "low < high"]),
    "a single point": (lambda: law(1, 1), errors.ParameterError, ["low < high"]),
    "no bound": (law, errors.ArgumentError, ["Truncated(low, high)", "neither"]),
    "no mass": (lambda: law(low=6), errors.ParameterError, ["[6, inf]", "0 of 4096", "Normal(mean=0.0", "widen"]),
    "hardly any mass": (lambda: law(low=3.6), errors.ParameterError, ["of 4096"]),
    "beside the law": (lambda: law(2, 3, of=Uniform(0, 1)), errors.ParameterError, ["0 of 4096"]),
    "NaN bound": (lambda: law(low=math.nan), errors.ParameterError, ["Truncated.low", "nan"]),
    "infinite bound": (lambda: law(high=math.inf), errors.ParameterError, ["Truncated.high", "inf"]),
    "bound as text": (lambda: law(low="0"), errors.ArgumentError, ["Truncated.low", "'0'"]),
    "a number as law": (lambda: law(0, of=3.0), errors.ArgumentError, ["Truncated.law", "3.0", "Normal"]),
    "unknown keyword": (lambda: law(lower=0), errors.ArgumentError, ["'low'"]),
    "negative sd": (lambda: Normal(0, -1), errors.ParameterError, ["Normal.sd", "-1"]),
    "sd by another name": (lambda: Normal(0, std=1), errors.ArgumentError, ["'sd'"]),  # type: ignore[call-arg]
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "got", "expected", "Fix: "]), str(caught.value)
