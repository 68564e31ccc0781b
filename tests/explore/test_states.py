"""What is set, what it shows, and that link and code give it again; no page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject.dynamics.neurons import LIF
from cnsproject.dynamics.registry import MODELS
from cnsproject.errors import CnsError
from cnsproject.experiments import REPORT3, Parameters
from cnsproject.experiments.measures import measure
from cnsproject.explore import Shown, State, Trains, compared, differences, measured, presets, worlds
from cnsproject.explore.controls import Control, quantity
from cnsproject.explore.page.symbols import symbol
from cnsproject.explore.shown import MOST_POINTS, MOST_SPIKES, curve, raster
from cnsproject.network.model_reference import references

NEURONS = [reference.name for reference in references()]
QUICK = {"time": "100", "exc_neurons": "40", "inh_neurons": "10"}


def executed(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def same_run(shown: Shown, names: Mapping[str, Any]) -> None:
    """The code has left the spikes and the numbers that are shown."""
    assert names["numbers"] == shown.numbers
    assert names["spikes"].keys() == shown.trains.keys()
    for name, train in shown.trains.items():
        np.testing.assert_array_equal(names["spikes"][name].times, train.times)
        np.testing.assert_array_equal(names["spikes"][name].neurons, train.neurons)
        assert names["spikes"][name].count == train.count


# What can be set


def test_every_parameter_of_every_model_can_be_set_and_is_explained() -> None:
    for reference in references():
        controls, d = worlds()[reference.name].controls, reference.dynamics
        for name, unit in {**d.parameters, **d.states}.items():
            assert controls[name].unit == unit
            assert d.meanings[name] in controls[name].meaning
            assert controls[name].symbol == d.symbols[name]
        assert {"time", "dt", "seed"} <= controls.keys()
        assert ("input" in controls) == ("I" in d.inputs)
    assert len(NEURONS) == len(MODELS)


def test_every_parameter_of_the_report_and_of_the_network_can_be_set() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Parameters)}
    report, network = worlds()["report"].controls, worlds()["network"].controls
    assert {name: control.default for name, control in report.items() if name != "seed"} == fields
    assert [report[name].unit for name in ("tau_s1", "J1", "R", "threshold")] == ["ms", "nA", "MOhm", "mV"]
    for population in ("exc", "inh"):
        assert {f"{population}_{name}" for name in ("neurons", "mean", "intensity", *LIF.parameters)} <= set(network)
        for other in ("exc", "inh"):
            assert {f"{population}_{other}_{name}" for name in ("probability", "weight", "tau", "delay")} <= set(
                network
            )


def test_a_slider_reaches_as_far_as_unit_and_default_suggest() -> None:
    cases = {
        ("ms", 10.0): (0.5, 40.0, 0.5), ("MOhm", 1.0): (0.05, 4.0, 0.05), ("uS", 36.0): (0.0, 144.0, 2.0),
        ("mV", -70.0): (-140.0, 0.0, 1.0), ("nA", 0.0): (-1.0, 1.0, 0.02), ("1/ms", 0.02): (0.0, 0.04, 0.0005),
    }  # fmt: skip
    for (unit, default), reach in cases.items():
        control = quantity("x", "something", default, unit)
        assert (control.low, control.high, control.step) == reach
    assert quantity("x", "sharpness", 2.0, "mV", above_zero=True).low > 0
    every = [control for world in worlds().values() for control in world.controls.values()]
    assert all(c.low <= float(c.default) <= c.high for c in every if c.kind in ("number", "whole"))


# Link and code


def a_text(control: Control) -> st.SearchStrategy[str]:
    if control.kind == "flag":
        return st.sampled_from(["true", "false"])
    if control.kind == "choice":
        return st.sampled_from([str(choice) for choice in control.choices])
    if control.kind == "whole":
        return st.integers(int(control.low), int(control.high)).map(str)
    return st.floats(control.low, control.high).map(repr)


@pytest.mark.parametrize("world", ["report", "network", "AELIF"])
def test_a_link_says_everything(world: str) -> None:
    @given(st.fixed_dictionaries({name: a_text(c) for name, c in worlds()[world].controls.items()}))
    def check(texts: dict[str, str]) -> None:
        state = State.of(world, texts)
        read = dict(parse_qsl(state.query(), keep_blank_values=True))
        assert State.of(read.pop("world"), read) == state

    check()


def test_the_code_of_the_report_gives_what_is_shown() -> None:
    state = State.of("report", {"J1": "4.5", "input": "random", "I_value": "20", "seed": "7", "time": "700"})
    shown = state.run()
    assert sum(len(train.times) for train in shown.trains.values()) > 0
    same_run(shown, executed(state.code()))
    assert state.run().numbers == shown.numbers


def test_the_code_of_a_neuron_gives_what_is_shown() -> None:
    for texts in ({}, {"input": "sine"}, {"input": "noise", "seed": "3", "tau": "12.5", "time": "200"}):
        state = State.of("LIF", texts)
        shown = state.run()
        assert len(shown.trains["neuron"].times) > 2
        same_run(shown, executed(state.code()))


@pytest.mark.slow
@pytest.mark.parametrize("preset", [p for group in presets().values() for p in group], ids=lambda p: p.title)
def test_the_code_of_every_preset_gives_what_is_shown(preset: Any) -> None:
    shown = preset.state.run()
    assert sum(len(train.times) for train in shown.trains.values()) > 0
    same_run(shown, executed(preset.state.code()))


@pytest.mark.slow
@pytest.mark.parametrize("texts", [{}, {"exc_intensity": "0", "inh_mean": "30"}, {"exc_exc_delay": "0", "seed": "5"}])
def test_the_code_of_a_network_gives_what_is_shown(texts: dict[str, str]) -> None:
    state = State.of("network", {**QUICK, **texts})
    same_run(state.run(), executed(state.code()))


def test_the_current_that_is_drawn_is_the_one_that_flows() -> None:
    """Without leak and spikes the membrane integrates it."""
    state = State.of("LIF", {"input": "noise", "tau": "1e9", "R": "1e9", "threshold": "1e9", "time": "50", "mean": "0"})
    curves = state.run().curves
    np.testing.assert_allclose(np.diff(curves["u", "u"][1]), 0.1 * curves["input", "I"][1][1:], rtol=1e-3, atol=1e-3)


def test_the_presets_are_the_sections_of_the_report() -> None:
    """The spikes and numbers of a section, measured by the report's own code."""
    sections = presets()["Sections of the report"]
    assert [p.title for p in sections] == [e.title for e in REPORT3.values()]
    for preset, experiment in zip(sections, REPORT3.values(), strict=True):
        assert dict(preset.state.values) == {**dataclasses.asdict(experiment.parameters), "seed": 1}
    for name in ("tau_s", "random_input"):
        place = list(REPORT3).index(name)
        recording, shown = REPORT3[name].run(rng=1, executor="cpu"), sections[place].state.run()
        m = measure(recording)
        found = {row.measure: row.values for row in shown.numbers.rows}
        assert found["first spike"] == (m.p1.first_spike, m.p2.first_spike)
        assert found["period"] == (m.p1.period, m.p2.period)
        assert found["mean rate"] == (m.p1.mean_rate, m.p2.mean_rate)
        assert found["lag p1 to p2"] == (m.lag,)
        np.testing.assert_array_equal(shown.trains["p2"].raster(1500, 1.0), recording.s2)
        np.testing.assert_array_equal(shown.curves["potential", "p1"][1], recording.u1[:, 0])


# Wrong values

WRONG = [
    ("LIF", {"tau": "0"}, "tau", "> 0"),
    ("LIF", {"u_reset": "-50"}, "threshold", "threshold > u_reset"),
    ("LIF", {"tau": "ten"}, "tau", "a number (ms)"),
    ("LIF", {"tau": ""}, "tau", "a number (ms)"),
    ("LIF", {"tau": "nan"}, "tau", "finite"),
    ("LIF", {"time": "1e9"}, "time", "at most"),
    ("LIF", {"time": "100.05"}, "time", "whole number of steps"),
    ("LIF", {"stop": "20"}, "times", "ascending"),
    ("LIF", {"dt": "0.3"}, "dt", "one of"),
    ("LIF", {"tua": "3"}, "tua", "a parameter of LIF"),
    ("AELIF", {"scheme": "exact"}, "exact", "linear"),
    ("Poisson", {"rate": "-1"}, "rate", ">= 0"),
    ("report", {"neurons": "1e9"}, "neurons", "at most"),
    ("report", {"neurons": "2000", "time": "20000"}, "size of the run", "at most"),
    ("report", {"neurons": "2.5"}, "neurons", "whole"),
    ("report", {"connected": "perhaps"}, "connected", "true or false"),
    ("network", {"exc_tau": "0"}, "exc: LIFPopulation.tau", "> 0"),
    ("network", {"exc_neurons": "8000", "inh_neurons": "8000"}, "size", "at most"),
    ("network", {"exc_neurons": "4000", "exc_exc_probability": "1", "time": "50"}, "size of the network", "at most"),
    ("network", {"inh_exc_weight": "-3", **QUICK}, "inh_to_exc", ">= 0"),
    ("neuron", {}, "world", "one of"),
]  # fmt: skip


@pytest.mark.parametrize(("world", "texts", "what", "expected"), WRONG)
def test_wrong_values_are_refused_in_our_words(world: str, texts: dict[str, str], what: str, expected: str) -> None:
    with pytest.raises(CnsError) as caught:
        State.of(world, texts).run()
    assert what in caught.value.what
    assert expected in caught.value.expected
    assert caught.value.fix


@pytest.mark.slow
@pytest.mark.parametrize("world", worlds())
def test_no_value_is_anything_but_shown_or_refused(world: str) -> None:
    for name, control in worlds()[world].controls.items():
        for text in ("0", "-1", "1e300", "-1e300", "1e-300", "nan", "inf", "abc", "", "0.5", "1e9", str(control.high)):
            texts = {name: text, **({"input": "noise"} if name in ("mean", "intensity") else {})}
            try:
                with np.errstate(all="ignore"):
                    State.of(world, texts).run()
            except CnsError as error:
                assert error.fix


# What is measured and drawn


def test_measured_against_trains_that_can_be_counted() -> None:
    clock = Trains.of(np.repeat(np.arange(10.0, 100.0, 10.0), 2), np.tile([0, 1], 9), 2)
    later = Trains.of(np.arange(13.0, 100.0, 10.0), np.zeros(9), 1)
    silent = Trains.of([], [], 3)
    numbers = measured({"a": clock, "b": later, "c": silent}, time=100.0, dt=0.5, lag=("a", "b"))
    rows = {row.measure: row.values for row in numbers.rows}
    assert rows["first spike"] == (10.0, 13.0, None)
    assert rows["period"] == (10.0, 10.0, None)
    assert rows["spikes per neuron"] == (9.0, 9.0, 0.0)
    assert rows["mean rate"] == (90.0, 90.0, 0.0)
    assert rows["variation of intervals, CV"] == (0.0, 0.0, None)
    assert rows["synchrony"][0] == pytest.approx(1.0)
    assert rows["lag a to b"] == (3.0,)
    assert "mean rate (Hz)" in str(numbers)
    assert np.array_equal(Trains.of_raster(clock.raster(200, 0.5), 0.5).times, clock.times)


def test_two_settings_beside_each_other() -> None:
    a, b = State.of("LIF"), State.of("LIF", {"tau": "20"})
    assert differences(a, b).rows == (("tau", "10", "20"),)
    assert differences(a, a).rows == ()
    one, other = a.run().numbers, b.run().numbers
    table = compared(one, other)
    assert table.head == ("", "A neuron", "B neuron", "B − A neuron")
    row = next(row for row in table.rows if row[0] == "spikes per neuron")
    assert float(str(row[2])) - float(str(row[1])) == float(str(row[3]).replace("−", "-")) != 0
    assert differences(a, State.of("Poisson")).rows[0] == ("world", "LIF", "Poisson")


def test_less_is_drawn_of_what_is_too_much_and_that_is_said() -> None:
    times = np.arange(50_000.0)
    many = Trains.of(times, np.arange(50_000) % 100, 100)
    curves, notes = raster({"a": many})
    assert 0 < len(curves["raster", "a"][0]) <= MOST_SPIKES
    assert notes == ("Of a the first 40 of 100 neurons are drawn.",)
    y = np.zeros(50_000)
    y[12_345], y[23_456] = 5.0, -5.0
    x, drawn = curve(times, y)
    assert len(x) <= MOST_POINTS + 2
    assert (drawn.max(), drawn.min()) == (5.0, -5.0)
    assert (np.diff(x) > 0).all()


def test_symbols_are_letters() -> None:
    shown = {
        r"\tau_m": "<i>τ</i><sub>m</sub>", r"\vartheta_{\mathrm{rh}}": "<i>ϑ</i><sub>rh</sub>", "": "",
        r"\Delta_{\vartheta}": "<i>Δ</i><sub>ϑ</sub>", "k_2": "<i>k</i><sub>2</sub>", r"\nu": "<i>ν</i>",
    }  # fmt: skip
    assert {latex: symbol(latex) for latex in shown} == shown
    for model in MODELS:
        for name in (*model.states, *model.parameters):
            assert "\\" not in symbol(model.symbols[name])
