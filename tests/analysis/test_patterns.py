"""The criteria of `firing_pattern`, on trains made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject.analysis import firing_pattern
from cnsproject.errors import ParameterError


def train(*intervals: float, latency: float = 5.0) -> np.ndarray:
    return latency + np.cumsum([0.0, *intervals])


CASES = {
    "silent": np.empty(0),
    "transient": train(5, 6, 7),
    "tonic": train(*[20.0] * 45),
    "adapting": train(5, 9, 14, 19, 24, *[30.0] * 28),
    "accelerating": train(50, 40, 30, 24, *[20.0] * 40),
    "initial burst": train(3, 5, *[40.0] * 23),
    "regular bursting": train(*[3.0, 4.0, 5.0, 60.0] * 13),
    "irregular": train(*np.random.default_rng(1).uniform(5, 35, 45)),
    "delayed tonic": train(*[20.0] * 40, latency=90.0),
    "delayed regular bursting": train(*[3.0, 60.0] * 14, latency=100.0),
}


@pytest.mark.parametrize("pattern", CASES)
def test_patterns(pattern: str) -> None:
    times = CASES[pattern]
    assert firing_pattern(times, 0.0, 1000.0) == pattern
    shuffled = np.random.default_rng(2).permutation(times + 300.0)
    assert firing_pattern([*shuffled, 10.0, 1400.0], 300.0, 1300.0) == pattern


@given(
    pattern=st.sampled_from(list(CASES)), scale=st.floats(0.1, 10), noise=st.floats(0, 0.02), seed=st.integers(0, 99)
)
def test_a_pattern_has_no_unit_of_time_and_forgives_the_grid(
    pattern: str, scale: float, noise: float, seed: int
) -> None:
    """Stretched by any factor, and with intervals that are off by up to 1 %."""
    times = CASES[pattern]
    off = np.random.default_rng(seed).uniform(1 - noise / 2, 1 + noise / 2, max(0, len(times) - 1))
    moved = times[:1] + np.cumsum([0.0, *np.diff(times) * off]) if len(times) else times
    assert firing_pattern(scale * moved, 0.0, scale * 1050.0) == pattern


def test_few_spikes_are_no_pattern() -> None:
    assert firing_pattern(train(150.0, 150.0, 150.0, 150.0), 0.0, 700.0) is None


def test_doublets_of_similar_intervals_are_tonic() -> None:
    assert firing_pattern(train(*[15.0, 20.0] * 25), 0.0, 1000.0) == "tonic"


def test_jitter_of_a_tenth_is_irregular() -> None:
    jittered = 20 * (1 + 0.1 * np.random.default_rng(3).uniform(-1, 1, 45))
    assert firing_pattern(train(*jittered), 0.0, 1000.0) == "irregular"


def test_a_stimulus_ends_after_it_begins() -> None:
    with pytest.raises(ParameterError, match="a time after start"):
        firing_pattern([1.0], 5.0, 5.0)
