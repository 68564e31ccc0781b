"""The counter-based generator: published vectors, order of asking, laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject.random import Law, LogNormal, Normal, Uniform, derive_key, philox, uniforms

ONES = 0xFFFFFFFF
# Known answers of philox4x32-10 published with the generator's reference implementation (Random123, kat_vectors).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]) -> None:
    assert tuple(philox(np.array(counter, dtype=np.uint32), key)) == words


@given(
    count=st.integers(1, 300), seed=st.integers(0, 99), stream=st.integers(0, 2**32 - 1), block=st.integers(0, 2**40)
)
def test_an_element_does_not_depend_on_how_many_are_drawn(count: int, seed: int, stream: int, block: int) -> None:
    key = derive_key(seed)
    many = uniforms(key, 300, stream=stream, block=block)
    assert np.array_equal(uniforms(key, count, stream=stream, block=block), many[:count])
    assert many.min() > 0
    assert many.max() < 1


def test_keys_streams_and_blocks_are_independent() -> None:
    rows = [
        uniforms(derive_key(1), 4000)[:, 0],
        uniforms(derive_key(2), 4000)[:, 0],
        uniforms(derive_key(1), 4000, stream=1)[:, 0],
        uniforms(derive_key(1), 4000, block=1)[:, 0],
        uniforms(derive_key(1), 4000)[:, 1],
    ]
    off_diagonal = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(off_diagonal).max() < 0.06


def test_keys() -> None:
    assert derive_key(3) == derive_key(3) == derive_key(np.random.default_rng(3))
    assert derive_key(None) != derive_key(None)
    generator = np.random.default_rng(3)
    assert derive_key(generator) != derive_key(generator)


def distance(sample: np.ndarray, cdf: object) -> float:
    """Kolmogorov-Smirnov distance times sqrt(n)."""
    ordered = np.sort(sample)
    expected = np.array([cdf(value) for value in ordered])  # type: ignore[operator]
    steps = np.arange(1, len(ordered) + 1) / len(ordered)
    return float(max((steps - expected).max(), (expected - steps + 1 / len(ordered)).max()) * math.sqrt(len(ordered)))


def normal(x: float) -> float:
    return 0.5 * (1 + math.erf((x - 5.0) / (2.0 * math.sqrt(2))))


LAWS = [
    (Uniform(3.0, 5.0), lambda x: (x - 3.0) / 2.0),
    (Normal(5.0, 2.0), normal),
    (LogNormal(5.0, 2.0), lambda x: normal(math.log(x))),
]


@pytest.mark.parametrize(("law", "cdf"), LAWS, ids=lambda value: type(value).__name__)
def test_laws(law: Law, cdf: object) -> None:
    sample = law.draw(derive_key(11), 4000)
    assert distance(sample, cdf) < 1.95  # p = 0.001
    assert distance(sample * 1.2, cdf) > 1.95  # a law that is off by a fifth is noticed
