"""Step responses against the solution of the equation and loops by hand."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, TimeGridError, UnknownNameError


def test_a_leaky_neuron_charges_and_discharges() -> None:
    """With the exact scheme: u = u_rest + R*I*(1 - exp(-t/tau)), then back; a state at index k is that at (k+1)*dt."""
    population = cns.LIFPopulation(1, tau=20, R=10, dt=0.5, scheme="exact", dtype=torch.float64)
    amplitudes = [-1.0, 0.5, 1.2]
    found = cns.step_response(population, amplitudes, delay=10.0, duration=60.0)
    t = found.times + 0.5
    assert found.times.tolist() == (np.arange(160) * 0.5).tolist()
    on = 1 - np.exp(-np.clip(t - 10, 0, 60) / 20)
    expected = -70 + 10 * (on * np.exp(-np.clip(t - 70, 0, None) / 20))[:, None] * np.array(amplitudes)
    assert found.traces["u"] == pytest.approx(expected, abs=1e-9)
    assert [len(train) for train in found.spikes] == [0, 0, 0]
    inside = (found.times >= 10) & (found.times < 70)
    assert found.current.tolist() == (inside[:, None] * np.array(amplitudes)).tolist()
    assert found.levels == {"threshold": -55.0, "rest": -70.0}


def test_all_states_and_spikes_are_those_of_a_loop() -> None:
    given: dict[str, Any] = {"tau": 20, "R": 10, "a": 0.02, "b": 0.3, "dt": 0.25}
    found = cns.step_response(cns.AELIFPopulation(1, **given), [1.0, 3.0], 5.0, 80.0, 120.0)
    assert list(found.traces) == ["u", "w"]
    assert found.units == {"u": "mV", "w": "nA"}
    for column, amplitude in enumerate([1.0, 3.0]):
        twin, path, times = cns.AELIFPopulation(1, **given), [], []
        for step in range(480):
            twin.forward(amplitude if 20 <= step < 340 else 0.0)
            path.append([float(twin.u), float(twin.w)])
            times += [step * 0.25] * bool(twin.s)
        both = np.stack([found.traces["u"][:, column], found.traces["w"][:, column]], axis=1)
        assert both == pytest.approx(np.array(path), abs=1e-9)
        assert found.spikes[column].tolist() == times
    assert len(found.spikes[1]) == 3
    assert str(found) == f"step response of AELIF over 120 ms, spikes: 0 at 1 nA, {len(times)} at 3 nA"


def test_what_is_recorded() -> None:
    population = cns.AELIFPopulation(1, dt=1.0)
    names = [
        list(cns.step_response(population, 1.0, 1.0, 5.0, record=record).traces)
        for record in (None, [], ["w"], ["v"], ("omega", "u"), ["w", "w"])
    ]
    assert names == [["u", "w"], ["u"], ["u", "w"], ["u"], ["u", "w"], ["u", "w"]]


def test_times_by_default_and_without_a_delay() -> None:
    population = cns.LIFPopulation(1, dt=0.1)
    assert len(cns.step_response(population, 1.0).times) == 7000
    at_once = cns.step_response(population, 1.0, 0.0, 0.3)
    assert at_once.current[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert len(cns.step_response(population, 1.0, 0.1, 0.2, 0.3).times) == 3  # 0.1 + 0.2 is above 0.3 in binary


def test_columns_are_long() -> None:
    found = cns.step_response(cns.HodgkinHuxleyPopulation(1, dt=0.05), [0.0, 5.0], 1.0, 2.0)
    columns = found.columns()
    assert list(columns) == ["amplitude (nA)", "time (ms)", "current (nA)", "u (mV)", "m", "h", "n_K"]
    steps = len(found.times)
    assert columns["amplitude (nA)"].tolist() == [0.0] * steps + [5.0] * steps
    assert columns["time (ms)"][steps:].tolist() == found.times.tolist()
    assert columns["current (nA)"][steps:].tolist() == found.current[:, 1].tolist()
    assert columns["m"][steps:].tolist() == found.traces["m"][:, 1].tolist()


def test_the_picture() -> None:
    found = cns.step_response(cns.AELIFPopulation(1, R=10, dt=0.5), [1.0, 2.0, 4.0], 10.0, 50.0)
    ax = found.plot()
    trains, potential, w, current = ax.figure.axes
    assert ax is potential
    assert [line.get_ydata().tolist() for line in potential.lines[:3]] == found.traces["u"].T.tolist()
    assert [line.get_label() for line in potential.lines] == ["1 nA", "2 nA", "4 nA", "threshold", "rest"]
    assert [line.get_ydata()[0] for line in potential.lines[3:]] == [-30.0, -70.0]
    assert [line.get_ydata().tolist() for line in current.lines] == found.current.T.tolist()
    assert [axes.get_ylabel() for axes in (potential, w, current)] == ["u (mV)", "w (nA)", "I (nA)"]
    assert [axes.get_xlabel() for axes in (potential, w, current)] == ["", "", "time (ms)"]
    assert len({axes.get_xlim() for axes in ax.figure.axes}) == 1
    assert sum(len(c.get_segments()) for c in trains.collections) == sum(map(len, found.spikes)) > 0
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["1 nA", "2 nA", "4 nA", "threshold", "rest"]
    shades = [line.get_color() for line in potential.lines[:3]]
    assert shades == [line.get_color() for line in w.lines] == [line.get_color() for line in current.lines]
    plt.close("all")


def test_levels_are_in_the_unit_of_the_membrane() -> None:
    """A threshold of something else is no line among the potentials."""
    population = cns.Population(
        "du/dt = -u/tau + I : mV", shape=1, threshold="u > threshold*mV_", dt=1.0, inputs={"I": "mV/ms"},
        parameters={"tau": "10 ms", "threshold": (5.0, "1"), "mV_": "1 mV"},
    )  # fmt: skip
    assert cns.step_response(population, [1.0], 1.0, 5.0).levels == {}


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"amplitudes": [2.0, 1.0]}, ParameterError, r"step_response\(amplitudes\)"),
        ({"delay": -10.0}, ParameterError, r"step_response\(delay\).*from 0 on"),
        ({"delay": 0.3}, TimeGridError, r"step_response\(delay\)"),
        ({"duration": 0.0}, ParameterError, r"step_response\(duration\)"),
        ({"duration": 10.2}, TimeGridError, r"step_response\(duration\)"),
        ({"time": 15.0}, ParameterError, r"step_response\(time\).*at least delay \+ duration = 20 ms"),
        ({"time": "long"}, ArgumentError, r"step_response\(time\)"),
        ({"time": math.inf}, ParameterError, r"step_response\(time\)"),
        ({"record": "u"}, ArgumentError, r"step_response\(record\).*write \['u'\]"),
        ({"record": ["uu"]}, UnknownNameError, r"'uu'.*states: u.*did you mean 'u'"),
        ({"record": [3]}, UnknownNameError, "step_response"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.step_response(
            cns.LIFPopulation(1, dt=0.5), **({"amplitudes": [1.0], "delay": 10.0, "duration": 10.0} | given)
        )
