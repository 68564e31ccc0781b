"""Spikes of two runs beside each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from cnsproject.analysis import first_times, matches

SPIKES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=14, unique=True)


def split(spikes: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    times, neurons = np.array(spikes, np.int64).reshape(-1, 2).T
    return times, neurons


def test_first_times() -> None:
    times, neurons = np.array([7, 3, 0, 9]), np.array([1, 1, 3, 3])
    assert first_times(times, neurons, 5).tolist() == [-1, 3, -1, 0, -1]


@given(one=SPIKES, other=SPIKES, within=st.integers(0, 4))
def test_as_many_pairs_as_can_be(one: list[tuple[int, int]], other: list[tuple[int, int]], within: int) -> None:
    """Against the best assignment, which looks at all of them."""
    found = matches(split(one), split(other), within)
    allowed = np.array([[m == n and abs(s - t) <= within for t, n in other] for s, m in one], float).reshape(
        len(one), len(other)
    )
    best = allowed[linear_sum_assignment(allowed, maximize=True)].sum() if allowed.size else 0
    assert found == best
    assert matches(split(other), split(one), within) == found


def test_neurons_are_not_mixed_up() -> None:
    assert matches((np.array([10]), np.array([0])), (np.array([0]), np.array([1])), 5) == 0
    assert matches((np.array([0, 0]), np.array([0, 1])), (np.array([1, 0]), np.array([1, 0])), 1) == 2
