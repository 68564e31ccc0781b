"""Spike-triggered averages: one by one in a loop, and what a filter makes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, TimeGridError

GIVEN: dict[str, Any] = {"time": 300.0, "window": 20.0, "neurons": 15, "seed": 3}


def test_spike_by_spike() -> None:
    """The same noise into a leaky neuron written out in numpy."""
    tau, R, dt, sigma, mean = 10.0, 2.0, 0.5, 10.0, 5.0
    population = cns.LIFPopulation(1, tau=tau, R=R, dt=dt, dtype=torch.float64)
    found = cns.spike_triggered_average(population, sigma, mean=mean, **GIVEN)
    noise = cns.WhiteNoise(mean, sigma).values(300.0, dt, 15, rng=3, dtype=torch.float64).numpy()
    width, windows, spikes, u = 40, [], 0, np.full(15, -70.0)
    for step in range(600):
        u = u + dt / tau * (-70.0 - u + R * noise[step])
        fired = np.flatnonzero(u >= -55.0)
        u[fired] = -70.0
        spikes += len(fired)
        if step >= width - 1:
            windows += [noise[step - width + 1 : step + 1, i] for i in fired]
    assert found.spikes == len(windows) > 50
    assert found.rate == pytest.approx(spikes / 15 / 0.3)
    assert found.current == pytest.approx(np.mean(windows, axis=0))
    assert found.error == pytest.approx(np.std(windows, axis=0, ddof=1) / math.sqrt(len(windows)))
    assert found.lags == pytest.approx(np.arange(-39, 1) * dt)
    assert (found.mean, found.sigma, found.dt, found.name) == (mean, sigma, dt, "LIF")


def test_a_threshold_behind_a_filter() -> None:
    """Without a reset u is a filter of the current, and so is its mean at spikes: at the threshold, or just above.

    What is above is a part of the last step, whose standard deviation is R*sigma*sqrt(dt)/tau.
    """
    tau, R, dt, sigma = 5.0, 1.0, 0.1, 10.0
    population = cns.Population(
        "du/dt = (R*I - u)/tau : mV", shape=1, threshold="u > 6", dt=dt,
        parameters={"tau": f"{tau} ms", "R": f"{R} MOhm"},
    )  # fmt: skip
    found = cns.spike_triggered_average(population, sigma, 1000.0, 60.0, neurons=50)
    lags = np.rint(-found.lags / dt)
    at_spikes = R * dt / tau * ((1 - dt / tau) ** lags) @ found.current
    step = R * sigma * math.sqrt(dt) / tau
    assert found.spikes > 500
    assert 6.0 < at_spikes < 6.0 + step
    # Long before a spike the current is that of any time.
    early = found.current[found.lags < -40] / found.error[found.lags < -40]
    assert abs(early.mean()) < 0.4
    assert np.std(early) == pytest.approx(1, abs=0.15)


def test_noise_is_the_seed_s() -> None:
    population = cns.LIFPopulation(1, dt=0.5)
    one, again, other = (
        cns.spike_triggered_average(population, 20.0, mean=10.0, **(GIVEN | {"seed": s})) for s in (1, 1, 2)
    )
    assert np.array_equal(one.current, again.current)
    assert not np.array_equal(one.current, other.current)


def test_what_it_says_and_shows() -> None:
    found = cns.spike_triggered_average(cns.LIFPopulation(1, dt=0.5, name="cell"), 20.0, mean=10.0, **GIVEN)
    top = int(found.current.argmax())
    assert str(found) == (
        f"spike-triggered average of cell: {found.spikes} spikes at {found.rate:.4g} Hz, "
        f"largest {abs(found.lags[top]):g} ms before the spike with {found.current[top]:.4g} nA (mean 10 nA)"
    )
    assert list(found.columns()) == ["time to the spike (ms)", "current (nA)", "standard error (nA)"]
    ax = found.plot()
    line, level = ax.lines
    assert line.get_xdata().tolist() == found.lags.tolist()
    assert line.get_ydata().tolist() == found.current.tolist()
    assert level.get_ydata()[0] == 10.0
    (band,) = ax.collections
    edges = band.get_paths()[0].vertices
    assert edges[:, 1].max() == pytest.approx((found.current + 2 * found.error).max())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time to the spike (ms)", "mean current (nA)")
    legend = ax.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [f"cell, {found.spikes} spikes", "mean of the noise"]


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"sigma": 0.0}, ParameterError, r"spike_triggered_average\(sigma\).*nA\*sqrt\(ms\)"),
        ({"sigma": "1"}, ArgumentError, r"\(sigma\)"),
        ({"mean": math.inf}, ParameterError, r"\(mean\)"),
        ({"neurons": 0}, ParameterError, r"\(neurons\).*>= 1"),
        ({"neurons": 1.5}, ParameterError, r"\(neurons\)"),
        ({"seed": -1}, ParameterError, r"\(seed\)"),
        ({"window": 0.7}, TimeGridError, r"\(window\)"),
        ({"sigma": 0.1}, ParameterError, "spikes after the first 20 ms: 0, expected two.*raise sigma or mean"),
        ({"window": 400.0}, ParameterError, "first 400 ms: 0"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.spike_triggered_average(cns.LIFPopulation(1, dt=0.5), **({"sigma": 20.0, **GIVEN} | given))


def test_a_single_spike_is_no_average() -> None:
    quiet = {"time": 40.0, "window": 20.0, "neurons": 1}
    with pytest.raises(ParameterError, match="first 20 ms: 1, expected two"):
        cns.spike_triggered_average(cns.LIFPopulation(1, dt=0.5, refractory=30.0), 0.1, mean=17.0, **quiet)
