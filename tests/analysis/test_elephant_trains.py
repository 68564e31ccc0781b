"""Statistics of random spike trains beside those of Elephant (Denker et al. 2018)."""

from __future__ import annotations

from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq
from elephant import spectral, statistics
from elephant.conversion import BinnedSpikeTrain
from elephant.kernels import GaussianKernel
from elephant.spike_train_correlation import correlation_coefficient, cross_correlation_histogram
from hypothesis import given, settings
from hypothesis import strategies as st

from cnsproject import analysis

# What Elephant 1.2 does inside, and says of trains that are short or silent.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{message}")
    for message in (
        "The .copy. argument in Quantity is deprecated", "the matrix subclass", "Binning discarded", "The input size",
        "Detected empty spike trains", "The spike train .* is empty", "invalid value encountered",
    )
]  # fmt: skip
FEW = settings(max_examples=20)
WINDOW = dict(start=10.0, stop=250.0)

seeds = st.integers(0, 10_000)
sizes = st.integers(1, 5)
shares = st.floats(0.0, 0.5)


def drawn(seed: int, count: int, share: float) -> tuple[Any, Any, list[neo.SpikeTrain]]:
    """Spikes on a grid of 0.5 ms within the window, as a monitor gives them, and as Elephant takes them."""
    rng = np.random.default_rng(seed)
    step, neuron = np.nonzero(rng.random((480, count)) < share)
    times = WINDOW["start"] + 0.5 * step
    trains = [
        neo.SpikeTrain(times[neuron == k] * pq.ms, t_start=WINDOW["start"] * pq.ms, t_stop=WINDOW["stop"] * pq.ms)
        for k in range(count)
    ]
    return times, neuron, trains


def close(ours: Any, theirs: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-10)


@FEW
@given(seeds, sizes, shares)
def test_intervals_and_how_they_vary(seed: int, count: int, share: float) -> None:
    times, neurons, trains = drawn(seed, count, share)
    gaps = [statistics.isi(train).rescale("ms").magnitude for train in trains]
    found, owner = analysis.interspike_intervals(times, neurons, count)
    close(found, np.concatenate(gaps))
    assert owner.tolist() == np.repeat(np.arange(count), [len(gap) for gap in gaps]).tolist()
    for ours, theirs in (
        (analysis.variation, statistics.cv), (analysis.cv2, statistics.cv2), (analysis.local_variation, statistics.lv)
    ):  # fmt: skip
        close(ours(times, neurons, count), [theirs(gap) if len(gap) > 1 else np.nan for gap in gaps])
    rates = [float(statistics.mean_firing_rate(train).rescale("Hz")) for train in trains]
    _, ours = analysis.population_rate(times, count, **WINDOW, bin=240.0)
    close(ours, [np.mean(rates)])


@FEW
@given(seeds, sizes, shares, st.sampled_from([10.0, 24.0, 60.0]))
def test_fano_factors(seed: int, count: int, share: float, bin: float) -> None:
    times, neurons, trains = drawn(seed, count, share)
    parts = np.arange(WINDOW["start"], WINDOW["stop"], bin)
    # Elephant's slices hold their end: what is exactly there belongs to the next one.
    theirs = [
        statistics.fanofactor([train.time_slice(a * pq.ms, (a + bin - 0.25) * pq.ms) for a in parts])
        for train in trains
    ]
    close(analysis.fano_factor(times, neurons, count, **WINDOW, bin=bin), theirs)


@FEW
@given(seeds, shares, shares, st.sampled_from([0.5, 2.0, 5.0]))
def test_cross_correlograms(seed: int, one: float, other: float, bin: float) -> None:
    here, _, (train,) = drawn(seed, 1, one)
    there, _, (second,) = drawn(seed + 1, 1, other)
    theirs, lags = cross_correlation_histogram(
        *(BinnedSpikeTrain(each, bin_size=bin * pq.ms) for each in (train, second)), window=[-20, 20]
    )
    ours = analysis.cross_correlogram(here, there, **WINDOW, bin=bin, reach=20 * bin)
    close(ours[0], lags * bin)
    assert ours[1].tolist() == theirs.magnitude[:, 0].tolist()


@FEW
@given(seeds, st.integers(2, 5), st.floats(0.02, 0.5), st.sampled_from([2.0, 8.0]))
def test_correlations_of_counts(seed: int, count: int, share: float, bin: float) -> None:
    times, neurons, trains = drawn(seed, count, share)
    theirs = correlation_coefficient(BinnedSpikeTrain(trains, bin_size=bin * pq.ms))
    close(analysis.count_correlations(times, neurons, count, **WINDOW, bin=bin), theirs)


@FEW
@given(seeds, sizes, st.floats(0.01, 0.5), st.sampled_from([1.0, 4.0]))
def test_rates_over_time(seed: int, count: int, share: float, bin: float) -> None:
    times, _, trains = drawn(seed, count, share)
    counted = statistics.time_histogram(trains, bin * pq.ms, output="rate").rescale("Hz").magnitude[:, 0]
    begins, ours = analysis.population_rate(times, count, **WINDOW, bin=bin)
    close(ours, counted)
    close(begins, WINDOW["start"] + bin * np.arange(len(counted)))


def test_a_rate_under_a_gaussian() -> None:
    times, _, trains = drawn(3, 5, 0.1)
    theirs = statistics.instantaneous_rate(
        trains, sampling_period=0.5 * pq.ms, kernel=GaussianKernel(8.0 * pq.ms), cutoff=9.0, pool_spike_trains=True
    )
    _, ours = analysis.population_rate(times, 5, **WINDOW, bin=0.5, kernel="gaussian", width=8.0)
    inner = slice(160, -160)  # what lies beyond the ends is told in another way
    close(theirs.magnitude[inner, 0], ours[inner], rtol=1e-4)


@pytest.mark.parametrize("segment", [64.0, 100.0])
def test_spectra(segment: float) -> None:
    rates = np.random.default_rng(4).gamma(2.0, 5.0, 2000)
    signal = neo.AnalogSignal(rates[:, None], units="Hz", sampling_period=1 * pq.ms)
    frequencies, power = spectral.welch_psd(signal, len_segment=int(segment))
    ours = analysis.power_spectrum(rates, bin=1.0, segment=segment)
    close(ours[0], frequencies.rescale("Hz").magnitude)
    close(ours[1], power[0].magnitude)
