"""Rates in bins, under kernels, against closed forms and loops over spikes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import analysis, errors

DT = 0.5


def monitored(raster: Any, names: Any = ("s",)) -> cns.Monitor:
    """What a monitor has recorded when these spikes (steps, neurons) were made."""
    net = cns.Network(dt=DT)
    layer = net.add_layer(cns.InputPopulation(raster.shape[1]), "a")
    monitor = net.add_monitor(cns.Monitor(layer, list(names)), "m")
    net.run(DT * len(raster), {"a": raster})
    return monitor


@given(steps=st.integers(1, 90), bin=st.integers(1, 12), seed=st.integers(0, 99))
def test_spikes_per_neuron_and_second(steps: int, bin: int, seed: int) -> None:
    raster = np.random.default_rng(seed).random((steps, 7)) < 0.2
    monitor = monitored(raster, ["s", cns.PopulationRate(DT)])
    times, rates = monitor.rate(bin * DT)
    bins = steps // bin
    expected = [raster[k * bin : (k + 1) * bin].sum() / 7 / (bin * DT * 1e-3) for k in range(bins)]
    np.testing.assert_allclose(rates, expected, rtol=1e-14)
    np.testing.assert_allclose(times, np.arange(bins) * bin * DT)


@given(steps=st.integers(1, 90), bin=st.sampled_from([2, 4, 6]), seed=st.integers(0, 99))
def test_counted_spikes_give_the_same(steps: int, bin: int, seed: int) -> None:
    raster = np.random.default_rng(seed).random((steps, 7)) < 0.2
    stored, counted = monitored(raster), monitored(raster, [cns.PopulationRate(2 * DT)])
    for one, other in zip(stored.rate(bin * DT), counted.rate(bin * DT), strict=True):
        assert one.tolist() == other.tolist()


SHAPES: dict[str, Any] = {
    "gaussian": lambda t, w: math.exp(-(t**2) / (2 * w**2)) / (w * math.sqrt(2 * math.pi)),
    "exponential": lambda t, w: math.exp(-t / w) / w if t >= 0 else 0.0,
    "box": lambda t, w: 1 / w if abs(t) < w / 2 else 0.0,
}


@pytest.mark.parametrize("kernel", SHAPES)
@pytest.mark.parametrize("width", [0.3, 3.0, 11.0])
def test_one_spike_is_the_kernel(kernel: str, width: float) -> None:
    """The mean of the kernel over every bin, integrated by the midpoint rule with a thousand points."""
    raster = np.zeros((4001, 1), bool)
    raster[2000] = True
    times, rates = monitored(raster).rate(DT, kernel, width)
    middle = 1000.0 + (DT / 2 if kernel != "exponential" else 0.0)  # where the spike stands in its bin
    inner = (np.arange(1000) + 0.5) / 1000 * DT
    for k in range(1980, 2040):
        mean = np.mean([SHAPES[kernel](float(times[k]) + x - middle, width) for x in inner])
        assert abs(float(rates[k]) - 1e3 * mean) < 1e-3 * max(1.0, 1e3 / width)
    assert float(rates.sum()) * DT * 1e-3 == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("kernel", SHAPES)
def test_a_constant_rate_stays_constant(kernel: str) -> None:
    _, rates = monitored(np.ones((100, 2), bool)).rate(1.0, kernel, 20.0)
    np.testing.assert_allclose(rates, 2000.0, rtol=1e-12)


def test_the_exponential_kernel_looks_back_only() -> None:
    raster = np.zeros((100, 1), bool)
    raster[60] = True
    _, rates = monitored(raster).rate(DT, "exponential", 5.0)
    assert (rates[:60] == 0).all() and (rates[60:] > 0).all()


@given(kernel=st.sampled_from(list(SHAPES)), width=st.floats(0.01, 300), bin=st.floats(0.05, 20))
def test_weights_have_the_sum_one(kernel: str, width: float, bin: float) -> None:
    weights, own = analysis.kernel_weights(kernel, width, bin)
    assert abs(weights.sum() - 1) < 1e-12 and (weights >= 0).all() and 0 <= own < len(weights)
    if kernel != "exponential":
        assert own == len(weights) // 2
        np.testing.assert_allclose(weights, weights[::-1], atol=1e-13)


def test_correlation_of_rates() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((400, 5)) < 0.3, rng.random((400, 9)) < 0.3
    one, other = monitored(a), monitored(b, [cns.PopulationRate(1.0)])
    found = one.correlation(other, 2.0)
    counts = [x.reshape(100, -1).sum(axis=1) for x in (a, b)]
    assert found == pytest.approx(np.corrcoef(*counts)[0, 1], abs=1e-12)
    assert other.correlation(one, 2.0) == pytest.approx(found, abs=1e-15)
    assert one.correlation(one, 2.0) == 1.0
    assert one.correlation(monitored(~a), 2.0) == pytest.approx(-1.0, abs=1e-12)


RASTER = np.eye(8, dtype=bool)
WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "bin off the grid": (lambda: monitored(RASTER).rate(0.7), errors.TimeGridError, ["rate(bin)", "0.7 ms"]),
    "bin below a step": (lambda: monitored(RASTER).rate(1e-9), errors.TimeGridError, ["rate(bin)", "at least 0.5 ms"]),
    "bin negative": (lambda: monitored(RASTER).rate(-1), errors.ParameterError, ["rate(bin)", "-1"]),
    "unknown kernel": (lambda: monitored(RASTER).rate(1, "gauss", 3), errors.UnknownNameError, ["kernel", "'gauss'", "'gaussian'"]),
    "kernel without width": (lambda: monitored(RASTER).rate(1, "box"), errors.ArgumentError, ["width", "give both"]),
    "width without kernel": (lambda: monitored(RASTER).rate(1, width=3), errors.ArgumentError, ["width", "give both"]),
    "width zero": (lambda: monitored(RASTER).rate(1, "box", 0), errors.ParameterError, ["width", "0"]),
    "no spikes": (lambda: monitored(RASTER, ["traces"]).rate(1), errors.UnknownNameError, ["rate()", "without 's'"]),
    "counted in longer bins": (lambda: monitored(RASTER, [cns.PopulationRate(2)]).rate(3), errors.ParameterError, ["3 ms", "multiple of 2 ms"]),
    "other times": (lambda: monitored(RASTER).correlation(monitored(RASTER[:4]), 1), errors.StateError, ["4 and 2 bins"]),
    "a constant rate": (lambda: monitored(RASTER).correlation(monitored(RASTER), 1), errors.ParameterError, ["constant"]),
    "no monitor": (lambda: monitored(RASTER).correlation(3, 1), errors.ArgumentError, ["other", "3"]),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
