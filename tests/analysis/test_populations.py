"""Intervals, counts and spectra of many trains: closed forms, brute force, what does not fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import analysis
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, TimeGridError

SPAN = dict(start=0.0, stop=20_000.0)


def poisson(count: int = 50, rate: float = 20.0, stop: float = SPAN["stop"], seed: int = 1) -> tuple[Any, Any]:
    """Independent Poisson neurons (Hz)."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate * count * stop * 1e-3)
    return np.sort(rng.random(n) * stop), rng.integers(0, count, n)


def test_what_poisson_neurons_have() -> None:
    """Exponential intervals, CV = CV2 = LV = Fano factor = 1, a flat spectrum of 2*rate/count, no correlation."""
    times, neurons = poisson()
    edges, density = analysis.interval_histogram(times, neurons, 50, bin=10.0, longest=200.0)
    expected = (np.exp(-edges[:-1] / 50) - np.exp(-edges[1:] / 50)) / 10.0
    assert density == pytest.approx(expected, abs=4 * math.sqrt(expected[0] / (10 * len(times))))
    for found in (
        analysis.cv2(times, neurons, 50), analysis.local_variation(times, neurons, 50),
        analysis.fano_factor(times, neurons, 50, **SPAN, bin=20.0),
    ):  # fmt: skip
        assert found.mean() == pytest.approx(1.0, abs=0.03)
    _, rates = analysis.population_rate(times, 50, **SPAN, bin=1.0)
    assert rates.mean() == pytest.approx(20.0, rel=0.03)
    frequencies, power = analysis.power_spectrum(rates, bin=1.0, segment=500.0)
    assert (frequencies[1], frequencies[-1]) == (2.0, 500.0)
    assert power[1:-1].mean() == pytest.approx(2 * 20.0 / 50, rel=0.03)
    pairs = analysis.count_correlations(times, neurons, 50, **SPAN, bin=20.0)[np.triu_indices(50, 1)]
    assert (pairs.mean(), pairs.std()) == pytest.approx((0.0, 1 / math.sqrt(1000)), abs=0.003)
    lags, around = analysis.rate_around(times, None, 50, **SPAN, bin=1.0, reach=50.0)
    assert around.mean() == pytest.approx(20.0, rel=0.03)
    assert around == pytest.approx(around[::-1], rel=0.02)
    assert around[np.abs(lags) < 3].mean() == pytest.approx(20.0, rel=0.05), "no spike meets itself"


def test_a_clock() -> None:
    times = np.arange(5.0, 1000.0, 10.0)
    neurons = np.zeros(100, int)
    assert analysis.cv2(times, neurons, 1).tolist() == analysis.local_variation(times, neurons, 1).tolist() == [0.0]
    assert analysis.fano_factor(times, neurons, 1, start=0, stop=1000, bin=50).tolist() == [0.0]
    edges, density = analysis.interval_histogram(times, neurons, 1, bin=2.0, longest=15.0)
    assert edges.tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert density.tolist() == [0, 0, 0, 0, 0, 0.5, 0, 0]
    lags, found = analysis.cross_correlogram(times, times + 3.0, start=0, stop=1000, bin=1.0, reach=8.0)
    assert lags[found > 0].tolist() == [-7.0, 3.0], "the second comes 3 ms after the first"
    assert np.isnan(analysis.count_correlations(times, neurons, 1, start=0, stop=1000, bin=10)).all()
    lags, around = analysis.rate_around(times, times + 3.0, 1, start=0, stop=1000, bin=1.0, reach=8.0)
    assert around[lags == 3.0] == pytest.approx([1000.0])  # certain, in a bin of 1 ms; also at the ends


def test_changes_of_rate_spare_the_local_measures() -> None:
    """A Poisson process whose rate drifts has a CV above 1; CV2 and LV stay."""
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.exponential(1.0, 20_000) * np.repeat([5.0, 50.0], 10_000))
    neurons = np.zeros(20_000, int)
    assert analysis.variation(times, neurons, 1)[0] > 1.5
    for local in (analysis.cv2, analysis.local_variation):
        assert local(times, neurons, 1)[0] == pytest.approx(1.0, abs=0.03)


steps = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3)), max_size=60, unique=True)


@given(steps, st.sampled_from([1.0, 3.0, 10.0]))
def test_counts_by_brute_force(spikes: list[tuple[int, int]], bin: float) -> None:
    times, neurons = [float(t) for t, _ in spikes], [i for _, i in spikes]
    bins = int(100 // bin)
    table = np.zeros((4, bins))
    for t, i in spikes:
        if t // bin < bins:
            table[i, int(t // bin)] += 1
    span = dict(start=0.0, stop=100.0, bin=bin)
    mean = table.mean(axis=1)
    expected = [table[k].var() / mean[k] if mean[k] else math.nan for k in range(4)]
    assert analysis.fano_factor(times, neurons, 4, **span) == pytest.approx(expected, nan_ok=True, abs=1e-12)
    _, rates = analysis.population_rate(times, 4, **span)
    assert rates == pytest.approx(table.sum(axis=0) / (4 * bin * 1e-3))
    found = analysis.count_correlations(times, neurons, 4, **span)
    for a in range(4):
        for b in range(4):
            varies = np.ptp(table[a]) and np.ptp(table[b])
            correlation = np.corrcoef(table[a], table[b])[0, 1] if varies else math.nan
            assert found[a, b] == pytest.approx(correlation, nan_ok=True, abs=1e-9)
    reach = 4 * bin
    lags, pairs = analysis.cross_correlogram(times, times, reach=reach, **span)
    total = table.sum(axis=0)
    for lag, pair in zip(np.rint(lags / bin).astype(int), pairs, strict=True):
        assert pair == sum(total[k] * total[k + lag] for k in range(bins) if 0 <= k + lag < bins)
    _, around = analysis.rate_around(times, times, 4, reach=reach, **span)
    for lag, pair, rate in zip(np.rint(lags / bin).astype(int), pairs, around, strict=True):
        asked = sum(total[k] for k in range(bins) if 0 <= k + lag < bins)
        expected = 1e3 * pair / (asked * bin * 4) if asked else math.nan
        assert rate == pytest.approx(expected, nan_ok=True)


def test_a_table_that_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    times, neurons = poisson(6, stop=2000.0)
    span = dict(start=0.0, stop=2000.0, bin=7.0)
    whole = analysis.count_correlations(times, neurons, 6, **span)
    monkeypatch.setattr("cnsproject.analysis.populations._CELLS", 60)
    assert analysis.count_correlations(times, neurons, 6, **span) == pytest.approx(whole, rel=1e-12)


def test_the_order_of_more_neurons_than_16_bits_count() -> None:
    rng = np.random.default_rng(6)
    neurons = np.repeat(rng.integers(0, 300_000, 500), 3)
    times = 0.5 * rng.choice(20_000, len(neurons), replace=False)
    order = np.argsort(times)
    mixed = analysis.interspike_intervals(times, neurons, 300_000)
    ascending = analysis.interspike_intervals(times[order], neurons[order], 300_000)
    assert len(mixed[0]) >= 1000
    assert all(np.array_equal(one, other) for one, other in zip(mixed, ascending, strict=True))


def test_nothing_gives_no_number() -> None:
    none: Any = []
    assert np.isnan(analysis.cv2(none, none, 2)).all()
    assert np.isnan(analysis.fano_factor(none, none, 2, start=0, stop=10, bin=1)).all()
    assert np.isnan(analysis.interval_histogram([1.0], [0], 1, bin=1.0, longest=3.0)[1]).all()
    assert np.isnan(analysis.rate_around(none, [1.0], 1, start=0, stop=10, bin=1, reach=2)[1]).all()
    assert analysis.population_rate(none, 2, start=0, stop=10, bin=5)[1].tolist() == [0.0, 0.0]


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: analysis.cv2([1.0, 1.0], [0, 0], 1), ParameterError, r"cv2\(times\): got two spikes of neuron 0 at 1 ms"),
    (lambda: analysis.local_variation([1.0], [1], 1), ParameterError, r"local_variation\(neurons\)"),
    (lambda: analysis.interval_histogram([], [], 1, bin=0, longest=5), ParameterError, r"interval_histogram\(bin\)"),
    (lambda: analysis.fano_factor([], [], 1, start=0, stop=5, bin=6), ParameterError, "at most 5 ms"),
    (lambda: analysis.fano_factor([], [], 1, start=5, stop=5, bin=1), ParameterError, r"fano_factor\(stop\)"),
    (lambda: analysis.population_rate([math.nan], 1, start=0, stop=5, bin=1), ParameterError, "finite times"),
    (lambda: analysis.population_rate([[1.0]], 1, start=0, stop=5, bin=1), ShapeError, r"\(spikes,\)"),
    (lambda: analysis.population_rate([], 1, start=0, stop=5, bin=1, width=2), ArgumentError, "both or none"),
    (lambda: analysis.power_spectrum([[1.0]], bin=1, segment=2), ShapeError, r"power_spectrum\(rates\)"),
    (lambda: analysis.power_spectrum([1.0, math.inf], bin=1, segment=2), ParameterError, "finite rates"),
    (lambda: analysis.power_spectrum(np.ones(10), bin=1, segment=11), ParameterError, "2 to 10 ms"),
    (
        lambda: analysis.cross_correlogram([], [], start=0, stop=9, bin=2, reach=3),
        TimeGridError, "a whole number of bins of 2 ms",
    ),
    (lambda: analysis.cross_correlogram([], [], start=0, stop=9, bin=1, reach=9), ParameterError, "less than 9 ms"),
    (lambda: analysis.rate_around([], [], 0, start=0, stop=9, bin=1, reach=2), ParameterError, r"rate_around\(count\)"),
    (
        lambda: analysis.count_correlations([1.0], [0, 1], 2, start=0, stop=9, bin=1), ShapeError,
        "one neuron for every",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_what_does_not_fit_is_an_error(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
