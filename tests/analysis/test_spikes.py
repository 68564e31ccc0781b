"""Measures of a raster, against rasters whose answer is plain to see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import analysis
from cnsproject.errors import ParameterError, ShapeError


def raster(*rows: str) -> np.ndarray:
    return np.array([[c == "|" for c in row] for row in rows])


def test_measures() -> None:
    spikes = raster("..|..|..|.", ".....|....")
    assert analysis.volleys(spikes).tolist() == [2, 5, 8]
    assert analysis.first_spike(spikes) == 2
    assert analysis.intervals(spikes).tolist() == [3, 3]
    assert analysis.period(spikes) == 3.0
    assert analysis.spikes_per_neuron(spikes) == 2.0
    assert analysis.mean_rate(spikes, dt=1.0) == 200.0
    assert analysis.mean_rate(spikes, dt=0.1) == pytest.approx(2000.0)


def test_silence_has_no_period() -> None:
    silent = raster("....", "....")
    assert analysis.first_spike(silent) is None
    assert analysis.period(silent) is None
    assert analysis.period(raster(".|..", "..|.")) is None
    assert analysis.mean_rate(silent, dt=1.0) == 0.0
    assert analysis.lags(silent, raster("|...")).tolist() == []


@pytest.mark.parametrize(
    ("leader", "follower", "expected"),
    [
        ("|...|...|...", ".|....|..|..", [1, 2, 1]),
        ("|...|...|...", "|...|...|...", [0, 0, 0]),
        ("|...|...|...", "......|.....", [2]),
        ("|...........", ".....|..|...", [5]),
        ("....|.......", "|...........", []),
        ("|...|.......", "....|.......", [0]),
    ],
)
def test_lags(leader: str, follower: str, expected: list[int]) -> None:
    assert analysis.lags(raster(leader), raster(follower)).tolist() == expected


@given(period=st.integers(1, 20), count=st.integers(2, 20), lag=st.integers(0, 19))
def test_a_regular_raster(period: int, count: int, lag: int) -> None:
    lag %= period
    lead = np.zeros((2, period * count), dtype=bool)
    lead[:, ::period] = True
    follow = np.roll(lead, lag, axis=1)
    assert analysis.period(lead) == period
    assert analysis.lags(lead, follow).tolist() == [lag] * count


def test_errors() -> None:
    with pytest.raises(ShapeError, match="neurons, steps"):
        analysis.period(np.zeros(4))
    with pytest.raises(ShapeError, match=r"\(0, 4\)"):
        analysis.period(np.zeros((0, 4)))
    with pytest.raises(ParameterError, match="dt"):
        analysis.mean_rate(np.zeros((1, 4)), dt=0)
