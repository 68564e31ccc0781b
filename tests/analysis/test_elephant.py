"""Numbers of ours beside those of Elephant (Denker et al. 2018), which is given what `Monitor.to_neo()` gives."""

from __future__ import annotations

from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq
from elephant import kernels, sta, statistics
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import correlation_coefficient, covariance
from hypothesis import given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import analysis

DT, STEPS = 0.5, 2000
# What Elephant 1.2 does inside: old arguments and classes, and spikes at the very end of a window that it leaves out.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{message}")
    for message in ("The .copy. argument in Quantity is deprecated", "the matrix subclass", "Binning discarded")
]
FEW = settings(max_examples=15)


def monitored(raster: Any, start: float | None = None, neurons: Any = None) -> cns.Monitor:
    """What a monitor has recorded when these spikes (steps, neurons) were made."""
    net = cns.Network(dt=DT)
    layer = net.add_layer(cns.InputPopulation(raster.shape[1]), "a")
    names = ["s", cns.SpikeCount(), cns.IntervalVariation(), cns.PopulationRate(2 * DT)]
    monitor = net.add_monitor(cns.Monitor(layer, names, start=start, neurons=neurons), "m")
    net.run(DT * len(raster), {"a": raster})
    return monitor


@pytest.fixture(scope="module")
def net() -> cns.Network:
    """Neurons that excite and inhibit each other, driven by noise; recorded from 100 ms on."""
    net = cns.Network(dt=DT, seed=3)
    start = cns.Uniform(-60, -50)
    exc = net.add_layer(cns.LIFPopulation(40, tau=20.0, u_rest=-52, u_reset=-60, threshold=-50, u=start), "exc")
    inh = net.add_layer(
        cns.LIFPopulation(10, is_inhibitory=True, tau=10.0, u_rest=-53, u_reset=-60, threshold=-50, u=start), "inh"
    )
    for pre, weight in ((exc, 0.5), (inh, 2.0)):
        for post in (exc, inh):
            net.add_connection(
                cns.Connection(pre, post, connectivity=cns.FixedProbability(0.2), weight=weight, delay=DT)
            )
    for layer in (exc, inh):
        names = ["s", "u", cns.SpikeCount(), cns.IntervalVariation(), cns.PopulationRate(2 * DT)]
        net.add_monitor(cns.Monitor(layer, names, start=100.0), layer.name)
    net.run(DT * STEPS, {"exc": cns.WhiteNoise(2.0, 3.0), "inh": cns.WhiteNoise(3.0, 3.0)})
    return net


def same_numbers(monitor: cns.Monitor) -> None:
    """Counts, rates, intervals and their variation, neuron by neuron."""
    trains, n = monitor.to_neo().spiketrains, monitor.obj.n
    times, which = (values.numpy() for values in monitor.spikes())
    raster = monitor.get("s").numpy().T
    seconds = raster.shape[1] * DT * 1e-3
    rates = [float(statistics.mean_firing_rate(train).rescale("Hz")) for train in trains]
    np.testing.assert_allclose(monitor.get(cns.SpikeCount()).numpy() / seconds, rates, rtol=1e-12)
    assert analysis.mean_rate(raster, DT) == pytest.approx(np.mean(rates), rel=1e-12)
    gaps = [statistics.isi(train).rescale("ms").magnitude for train in trains]
    np.testing.assert_allclose(analysis.intervals(raster) * DT, np.concatenate(gaps), rtol=1e-9)
    ours = analysis.split_by_neuron(times, which, n)
    for train, spikes in zip(trains, ours, strict=True):
        assert train.magnitude.tolist() == spikes.tolist()
    first = [1e3 / gap[0] if len(gap) else 0.0 for gap in gaps]
    np.testing.assert_allclose(analysis.first_rates(times, which, n), first, rtol=1e-9)
    cv = [statistics.cv(gap) if len(gap) > 1 else np.nan for gap in gaps]
    np.testing.assert_allclose(analysis.variation(times, which, n), cv, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(monitor.get(cns.IntervalVariation()), cv, rtol=1e-9, atol=1e-12)


def same_rates(monitor: cns.Monitor, bin: float) -> None:
    """Rates in bins, also those that were counted in shorter ones as the simulation ran."""
    trains = monitor.to_neo().spiketrains
    times, rates = monitor.rate(bin)
    begin = trains[0].t_start
    theirs = statistics.time_histogram(
        trains, bin * pq.ms, t_start=begin, t_stop=begin + len(rates) * bin * pq.ms, output="rate"
    )
    np.testing.assert_allclose(theirs.rescale("Hz").magnitude[:, 0], rates, rtol=1e-12)
    np.testing.assert_allclose(theirs.times.rescale("ms").magnitude, times, rtol=1e-12, atol=1e-9)


@FEW
@given(steps=st.integers(2, 80), neurons=st.integers(1, 6), share=st.floats(0.0, 0.6), seed=st.integers(0, 99))
def test_any_spikes(steps: int, neurons: int, share: float, seed: int) -> None:
    monitor = monitored(np.random.default_rng(seed).random((steps, neurons)) < share)
    same_numbers(monitor)
    for bin in (DT, 3 * DT, 7 * DT):
        if bin <= steps * DT:
            same_rates(monitor, bin)


@pytest.mark.parametrize("name", ["exc", "inh"])
def test_a_network(net: cns.Network, name: str) -> None:
    monitor = net.monitors[name]
    assert len(monitor.spikes()[0]) > 200
    same_numbers(monitor)
    for bin in (1.0, 5.0, 12.5):
        same_rates(monitor, bin)
    trains = monitor.to_neo().spiketrains
    counted = statistics.time_histogram(trains, 1.0 * pq.ms, output="rate").rescale("Hz").magnitude[:, 0]
    np.testing.assert_allclose(monitor.get(cns.PopulationRate(2 * DT)), counted, rtol=1e-12)


@pytest.mark.parametrize("bin", [2.0, 10.0])
def test_correlation_of_two_neurons(bin: float) -> None:
    rng = np.random.default_rng(5)
    raster = rng.random((STEPS, 4)) < 0.1
    raster[:, 1] |= raster[:, 0]
    monitor = monitored(raster)
    theirs = correlation_coefficient(BinnedSpikeTrain(monitor.to_neo().spiketrains, bin_size=bin * pq.ms))
    alone = [monitored(raster, neurons=[k]) for k in range(4)]
    ours = [[one.correlation(other, bin) for other in alone] for one in alone]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert ours[0][1] > 0.3


def test_correlation_of_two_populations(net: cns.Network) -> None:
    """The coefficient from Elephant's covariances: of sums it is the sum of those of all pairs."""
    exc, inh = net.monitors["exc"], net.monitors["inh"]
    trains = [*exc.to_neo().spiketrains, *inh.to_neo().spiketrains]
    pairs = covariance(BinnedSpikeTrain(trains, bin_size=5.0 * pq.ms))
    both, one, other = pairs[:40, 40:].sum(), pairs[:40, :40].sum(), pairs[40:, 40:].sum()
    assert exc.correlation(inh, 5.0) == pytest.approx(both / np.sqrt(one * other), rel=1e-9)


KERNELS = {
    "gaussian": (kernels.GaussianKernel, 1.0, 1e-5),
    "box": (kernels.RectangularKernel, 1 / (2 * np.sqrt(3)), 1e-12),  # Elephant asks for the standard deviation
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_rates_under_a_kernel(net: cns.Network, kernel: str) -> None:
    """Elephant samples the kernel, ours is integrated over every bin; a box of whole bins is the same in both."""
    monitor, width = net.monitors["exc"], 40.5
    make, factor, tolerance = KERNELS[kernel]
    theirs = statistics.instantaneous_rate(
        monitor.to_neo().spiketrains, sampling_period=DT * pq.ms, kernel=make(sigma=width * factor * pq.ms), cutoff=9.0,
        pool_trials=False, pool_spike_trains=True,
    )  # fmt: skip
    _, rates = monitor.rate(DT, kernel, width)
    inner = slice(1000, 1400)
    np.testing.assert_allclose(theirs.magnitude[inner, 0], rates[inner], rtol=tolerance)


def test_the_stimulus_before_a_spike() -> None:
    rng = np.random.default_rng(8)
    raster, stimulus, window = rng.random((400, 1)) < 0.1, rng.normal(size=(400, 1)), 20
    raster[: window - 1] = False
    signal = neo.AnalogSignal(stimulus, units="nA", sampling_period=DT * pq.ms)
    train = monitored(raster).to_neo().spiketrains[0]
    theirs = sta.spike_triggered_average(signal, train, (-(window - 1) * DT * pq.ms, DT * pq.ms))
    step, neuron = raster.nonzero()
    ours, _ = analysis.triggered_average(stimulus, step, neuron, window)
    np.testing.assert_allclose(theirs.magnitude[:, 0], ours, rtol=1e-9, atol=1e-12)


def test_signals_have_their_times_and_units(net: cns.Network) -> None:
    monitor = net.monitors["inh"]
    (signal,) = monitor.to_neo().analogsignals
    assert signal.units == pq.mV and signal.shape == (STEPS - 200, 10)
    assert float(signal.sampling_rate.rescale("Hz")) == pytest.approx(2000.0, rel=1e-12)
    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, monitor.times("u"), rtol=1e-12)
    # What Elephant finds under a spike, in the signal, is the value after the reset.
    spikes = monitor.to_neo().spiketrains
    for k, train in enumerate(spikes[:3]):
        below = sta.spike_triggered_average(signal[:, k : k + 1], train, (0 * pq.ms, DT * pq.ms))
        assert float(below.magnitude[0, 0]) == -60.0
