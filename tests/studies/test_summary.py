"""`summary`: the numbers are those of the recorded spikes, and there is something to see of every network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import cnsproject as cns
from cnsproject import analysis, cli
from cnsproject.errors import ArgumentError, StateError, UnknownNameError


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def network(monitors: bool = True, seed: int = 1) -> cns.Network:
    net = cns.Network(dt=1.0, seed=seed)
    exc = net.add_layer(cns.LIFPopulation(40, u=cns.Uniform(-70, -55)), "exc")
    inh = net.add_layer(cns.LIFPopulation((2, 5), is_inhibitory=True, u=cns.Uniform(-70, -55)), "inh")
    for pre in (exc, inh):
        net.add_connection(cns.Connection(pre, exc, connectivity=cns.FixedProbability(0.2), weight=0.3, delay=2.0))
    net.add_connection(cns.PoissonDrive(inh, 10, 100.0, weight=4.0))
    if monitors:
        net.add_monitor(cns.Monitor(exc[:30], ["s", "u"]), "part")
        net.add_monitor(cns.Monitor(exc[:10], ["s"]), "smaller")
        net.add_monitor(cns.Monitor(inh, ["s"]), "inh")
    return net


def drawn(figure: plt.Figure) -> list[str]:
    return [ax.get_xlabel() for ax in figure.axes if ax.axison]


def test_the_numbers_are_those_of_the_spikes() -> None:
    net = network()
    net.run(60.0, {"exc": 40.0}, executor="eager")
    found = cns.summary(net)
    assert list(found.activity) == ["exc[0:30]", "inh"]  # of several monitors that of most neurons
    times, neurons = (part.numpy() for part in net.monitors["part"].spikes())
    one = found.activity["exc[0:30]"]
    assert (one.layer, one.neurons, one.start, one.stop, one.spikes) == ("exc", 30, 0.0, 60.0, len(times))
    each = np.bincount(neurons, minlength=30) / 0.06
    assert (one.rate, one.rate_sd) == pytest.approx((each.mean(), each.std()))
    assert one.silent == (each == 0).mean()
    assert one.cv == pytest.approx(np.nanmean(analysis.variation(times, neurons, 30)))
    assert one.synchrony == analysis.synchrony(times, neurons, 30, start=0.0, stop=60.0, bin=5.0)
    assert found.neurons == 50
    assert found.synapses == sum(len(net.connections[name]) for name in ("exc_to_exc", "inh_to_exc"))
    assert found.time == 60.0
    text = str(found)
    assert f"50 neurons in 2 layers, {found.synapses} synapses in 3 connections" in text
    assert f"{one.rate:.3g} ± {one.rate_sd:.2g}" in text
    assert "10 × 100 Hz" in text
    assert "No spikes were recorded" not in text
    assert "<table>" in found._repr_html_()
    assert json.loads(json.dumps(found.provenance))["seed"] == 1


def test_the_page_has_what_there_is() -> None:
    net = network()
    net.run(60.0, {"exc": 40.0}, executor="eager")
    found = cns.summary(net)
    labels = drawn(found.plot())
    assert labels == ["", "time (ms)", "interval (ms)", "CV of the intervals of a neuron", "weight (nA)"]
    diagram, raster = found.plot().axes[:2]
    assert {"exc", "40", "inh", "10"} <= {text.get_text() for text in diagram.texts}
    assert {text.get_text() for text in raster.texts} >= {"exc[0:30]", "inh"}
    net.run(10.0, executor="eager")  # what was summed up stays what it was
    assert found.activity["inh"].stop == 60.0
    assert cns.summary(net).activity["inh"].stop == 70.0


def test_without_monitors_it_says_what_to_record() -> None:
    net = network(monitors=False)
    found = cns.summary(net)
    assert "Nothing was run yet: call net.run(1000)." in str(found)
    assert found.synapses == round(0.2 * 40 * 40) + round(0.2 * 10 * 40)
    assert all(c._wires is None for c in net.connections.values() if isinstance(c, cns.Connection))
    assert drawn(found.plot()) == []  # the diagram alone
    net.run(5.0, executor="eager")
    found = cns.summary(net)
    text = " ".join(str(found).split())
    how = "net.add_monitor(cns.Monitor(net.layers['exc'], ['s']), 'exc')"
    assert f"No spikes were recorded of exc, inh. Before the run: {how}." in text
    assert found.activity == {}
    assert drawn(found.plot()) == ["weight (nA)"]
    assert "No spikes were recorded" in found.plot().axes[0].get_title()


def test_silent_populations_and_short_runs() -> None:
    net = network()
    net.layers["inh"].u = -70.0
    net.connections["drive_to_inh"].rate = 0.0
    net.run(1.0, executor="eager")
    found = cns.summary(net)
    one = found.activity["inh"]
    assert (one.spikes, one.rate, one.silent) == (0, 0.0, 1.0)
    assert np.isnan([one.cv, one.synchrony]).all()
    assert "–" in str(found)
    assert len(drawn(found.plot())) == 5


def test_the_spikes_of_a_batch_are_not_mixed() -> None:
    net = network()
    for layer in net.layers.values():
        layer.reset_state_variables(batch=2)
    for connection in net.connections.values():
        connection.reset_state_variables()
    net.run(2.0, executor="eager")
    assert "The spikes of a batch are not looked at (exc, inh)" in " ".join(str(cns.summary(net)).split())


def test_weights_that_were_recorded_are_followed() -> None:
    net = cns.Network(dt=1.0, seed=1)
    inputs = net.add_layer(cns.PoissonPopulation(20, rate=50.0), "inputs")
    cell = net.add_layer(cns.LIFPopulation(1, R=10), "cell")
    learns = cns.Connection(inputs, cell, synapse=cns.Delta(), weight=1.0, learning_rule=cns.STDP(w_max=2.0))
    net.add_connection(learns)
    net.add_monitor(cns.Monitor(learns, ["w"], every=10.0), "w")
    net.add_monitor(cns.Monitor(cell, ["s"]), "cell")
    net.run(60.0, executor="eager")
    found = cns.summary(net)
    assert drawn(found.plot())[-2:] == ["weight (mV)", "time (s)"]
    followed = found.plot().axes[-1]
    np.testing.assert_allclose(followed.lines[0].get_ydata(), np.median(net.monitors["w"].get("w").numpy(), axis=1))
    assert "STDP" in str(found)


def test_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    net = network()
    net.run(20.0, executor="eager")
    found = cns.summary(net)
    before = plt.get_fignums()
    page = found.save(tmp_path / "a & b.html").read_text()
    assert "<title>a &amp; b</title>" in page
    assert page.count("<table>") == 3
    assert "data:image/svg+xml;base64," in page
    assert found.save(str(tmp_path / "page.pdf")).read_bytes().startswith(b"%PDF")
    with pytest.raises(UnknownNameError, match=r"ending: got '.jpg'.*\.html, \.pdf, \.png, \.svg"):
        found.save(tmp_path / "page.jpg")
    net.save(tmp_path / "net.cns")
    monkeypatch.setattr(sys, "argv", ["cns", "show", str(tmp_path / "net.cns"), "--figure", str(tmp_path / "net.png")])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    assert "net.png" in capsys.readouterr().out
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == before


def test_what_is_no_network() -> None:
    with pytest.raises(ArgumentError, match=r"summary\(network\): got LIFPopulation"):
        cns.summary(cns.LIFPopulation(1))
    with pytest.raises(StateError, match="without layers"):
        cns.summary(cns.Network())
