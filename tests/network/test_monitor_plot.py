"""`plot()` of monitors and of recordings in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection

import cnsproject as cns
from cnsproject.errors import ParameterError, StateError
from cnsproject.plotting._ticks import SpikeTicks


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


COUNTED = cns.PopulationRate(2.0)


def recorded(names: Any = ("s", "u", COUNTED), **selection: Any) -> cns.Monitor:
    """Neurons of different drive, by hand."""
    neurons = cns.LIFPopulation(6, dt=0.5, tau=10.0)
    monitor = cns.Monitor(neurons, list(names), **selection)
    for _ in range(200):
        neurons.forward(np.linspace(14.0, 24.0, 6).astype(np.float32))
        monitor.record()
    return monitor


def lines_of(ax: Any) -> list[Any]:
    return [line for line in ax.lines if not isinstance(line, SpikeTicks)]


def test_spikes_and_states_over_one_axis_of_time() -> None:
    monitor = recorded()
    figure = monitor.plot(neurons=4)
    raster, rate, u, counted = figure.axes
    times, neurons = monitor.spikes()
    (ticks,) = (line for line in raster.lines if isinstance(line, SpikeTicks))
    assert np.array_equal(ticks.get_xdata(), times) and np.array_equal(ticks.get_ydata(), neurons)
    assert raster.get_title("left") == monitor.label
    assert np.array_equal(lines_of(rate)[0].get_ydata(), monitor.rate(1.0, "gaussian", 5.0)[1])
    columns, threshold = lines_of(u)[:-1], lines_of(u)[-1]
    assert np.array_equal([line.get_ydata() for line in columns], monitor.get("u")[:, :4].T)
    assert np.array_equal(columns[0].get_xdata(), monitor.times("u"))
    assert (threshold.get_label(), threshold.get_ydata()[0]) == ("threshold", -55.0)
    strokes = [item for item in u.collections if isinstance(item, LineCollection)]
    assert [len(item.get_segments()) for item in strokes] == [n for n in np.bincount(neurons)[:4] if n]
    assert u.get_ylabel() == "u (mV)" and counted.get_ylabel() == "rate(2 ms) (Hz)"
    assert np.array_equal(lines_of(counted)[0].get_ydata(), monitor.get(COUNTED))
    assert {ax.get_xlim() for ax in figure.axes} == {(0.0, 100.0)}
    assert figure.axes[-1].get_xlabel() == "time (ms)"


def test_a_part_of_the_neurons_and_of_the_time() -> None:
    figure = recorded(["s", "u"], neurons=[1, 5], start=20.0, every=1.0).plot(start=30.0, stop=60.0)
    u = figure.axes[2]
    assert [line.get_label() for line in lines_of(u)] == ["neuron 1", "neuron 5", "threshold"]
    assert u.get_xlim() == (30.0, 60.0) and lines_of(u)[0].get_xdata()[0] == 30.0
    assert lines_of(u)[0].get_xdata()[1] == 31.0


def test_what_is_stored_is_drawn_alike(tmp_path: Path) -> None:
    monitor = recorded()
    stored = cns.open(monitor.save(tmp_path / "run.npz"))
    for ours, theirs in zip(monitor.plot().axes, stored.plot().axes, strict=True):
        assert len(ours.lines) == len(theirs.lines)
        for one, other in zip(ours.lines, theirs.lines, strict=True):
            assert np.array_equal(one.get_xydata(), other.get_xydata())


def test_states_alone_synapses_and_thresholds_that_differ() -> None:
    assert len(recorded(["u"]).plot().axes) == 1
    neurons = cns.LIFPopulation(3, dt=0.5, threshold=cns.Uniform(-56.0, -54.0))
    synapses = cns.DenseConnection(neurons, neurons)
    weights, states = cns.Monitor(synapses, ["w"]), cns.Monitor(neurons, ["u"])
    for _ in range(5):
        neurons.forward(20.0)
        weights.record()
        states.record()
    (ax,) = weights.plot(neurons=2).axes
    assert [line.get_label() for line in lines_of(ax)] == ["post 0", "post 1"]
    assert [line.get_label() for line in states.plot().axes[0].lines] == ["neuron 0", "neuron 1", "neuron 2"]


def test_what_cannot_be_drawn() -> None:
    monitor = recorded()
    with pytest.raises(ParameterError, match="expected a part of 0 to 100 ms"):
        monitor.plot(start=100.0)
    with pytest.raises(ParameterError, match=r"plot\(neurons\)"):
        monitor.plot(neurons=0)
    neurons = cns.LIFPopulation(2, dt=0.5)
    unused = cns.Monitor(neurons, ["s", cns.SpikeCount()])
    with pytest.raises(StateError, match="nothing over time"):
        unused.plot()
    neurons.reset_state_variables(batch=3)
    batch = cns.Monitor(neurons, ["s"])
    neurons.forward(20.0)
    batch.record()
    with pytest.raises(StateError, match="a batch"):
        batch.plot()
    monitor.obj.reset_state_variables()
    monitor.obj.forward(20.0)
    monitor.record()
    with pytest.raises(StateError, match=r"plot: got times that do not ascend"):
        monitor.plot()
    assert plt.get_fignums() == []
