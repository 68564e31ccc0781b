"""Who asks for progress hears of synapses while they are made; who stops that finds the network as it was."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ParameterError
from cnsproject.network import laying, progress

ALL = {"connectivity": cns.FixedProbability(0.2), "weight": cns.Uniform(0.1, 1.0), "delay": cns.Uniform(1, 5)}


@pytest.fixture(autouse=True)
def _small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laying, "SLAB", 500)


def network(**more: Any) -> cns.Network:
    net = cns.Network(dt=1.0, seed=3)
    exc = net.add_layer(cns.LIFPopulation(200, tau=5.0, u=cns.Uniform(-70, -55)), "exc")
    inh = net.add_layer(cns.LIFPopulation(100, tau=5.0), "inh")
    for pre, post in ((exc, inh), (exc, exc)):
        net.add_connection(cns.Connection(pre, post, **ALL | more))
    net.add_monitor(cns.Monitor(exc, ["s", "u"]), "exc")
    return net


class Heard:
    """A callback that hears of synapses too, and presses Ctrl-C when it hears of something for the second time."""

    def __init__(self, stop_at: str = "") -> None:
        self.stop_at = stop_at
        self.built: list[tuple[str, int, int]] = []
        self.steps: list[tuple[int, int]] = []

    def __call__(self, made: int, of: int) -> None:
        self.steps.append((made, of))

    def building(self, what: str, made: int, of: int) -> None:
        assert not self.steps
        self.built.append((what, made, of))
        if [name for name, *_ in self.built].count(self.stop_at) == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_synapses_are_told_before_the_first_step_and_once() -> None:
    net, heard = network(), Heard()
    net.run(20, {"exc": 20.0}, executor="eager", progress=heard)
    assert heard.steps[-1] == (20, 20)
    names = list(dict.fromkeys(what for what, *_ in heard.built))
    assert names == ["building exc_to_inh", "building exc_to_exc"]
    for what, connection in zip(names, net.connections.values(), strict=True):
        made = [made for name, made, of in heard.built if name == what and of == len(connection)]  # type: ignore[arg-type]
        assert len(made) > 5 and made == sorted(made) and made[0] > 0
        assert made[-1] == len(connection)  # type: ignore[arg-type]
    again = Heard()
    net.run(20, {"exc": 20.0}, executor="eager", progress=again)
    assert again.built == [] and again.steps[-1] == (20, 20)


def test_weights_of_16_bits_are_measured_first() -> None:
    net, heard = network(weight_dtype="int16"), Heard()
    net.run(1, executor="eager", progress=heard)
    names = list(dict.fromkeys(what.split()[0] for what, *_ in heard.built[: len(heard.built) // 2]))
    assert names == ["measuring", "building"]
    ends = [one for one in heard.built if one[1] == one[2]]
    assert [what for what, *_ in ends] == [f"{doing} exc_to_{to}" for to in ("inh", "exc") for doing in names]


def test_the_same_network_whoever_hears() -> None:
    loud, quiet = network(), network()
    loud.run(30, {"exc": 20.0}, executor="eager", progress=Heard())
    quiet.run(30, {"exc": 20.0}, executor="eager")
    assert loud.monitors["exc"].get("s").sum() > 50
    assert torch.equal(loud.monitors["exc"].get("u"), quiet.monitors["exc"].get("u"))


def _look(one: cns.Connection) -> tuple[object, ...]:
    weight = one._buffers.get("weight")
    kept = None if weight is None else weight.tolist()
    return one._wires, one._laid_for, one.weight_scale, kept, one.steps, set(one.__dict__)


@pytest.mark.usefixtures("ctrl_c_is_heard")
@pytest.mark.parametrize(
    ("weights", "doing"),
    [(None, "building exc_to_inh"), (None, "building exc_to_exc"), ("int16", "measuring exc_to_inh"),
     ("int16", "building exc_to_inh"), ("int16", "building exc_to_exc")],
)  # fmt: skip
def test_ctrl_c_leaves_the_network_as_it_was(weights: str | None, doing: str, tmp_path: Path) -> None:
    """Synapses that are there already are those that would be made anyhow."""
    net, whole = network(weight_dtype=weights), network(weight_dtype=weights)
    net.add_monitor(cns.Monitor(net.layers["exc"], ["u"], store=tmp_path / "u.zarr"), "kept")
    unmade = net.connections[doing.split()[1]]
    assert isinstance(unmade, cns.Connection)
    before = _look(unmade)
    with pytest.raises(KeyboardInterrupt):
        net.run(30, {"exc": 20.0}, executor="eager", progress=Heard(doing))
    assert _look(unmade) == before
    assert not (tmp_path / "u.zarr").exists()
    assert net.layers["exc"].steps == net.monitors["exc"].steps_made == 0
    for one in (net, whole):
        one.run(30, {"exc": 20.0}, executor="eager")
    assert torch.equal(net.monitors["exc"].get("u"), whole.monitors["exc"].get("u"))
    assert torch.equal(unmade.w, whole.connections[doing.split()[1]].w)


def test_what_is_refused_after_drawing_leaves_no_weights() -> None:
    pre, post = cns.LIFPopulation(3, dt=1.0), cns.LIFPopulation(1, dt=1.0)
    rule = cns.FixedTotalNumber(70_000)
    connection = cns.Connection(pre, post, connectivity=rule, weight=cns.Uniform(1, 2), weight_dtype="int16")
    with pytest.raises(ParameterError, match="at most 65538"):
        len(connection)
    assert (connection._wires, connection.weight_scale, "weight" in connection._buffers) == (None, 1.0, False)


def test_a_bar_of_synapses_where_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network().run(5, executor="eager", progress=True)
    quick = capsys.readouterr().err
    assert "5/5" in quick and "synapses" not in quick
    monkeypatch.setattr(progress, "_SHORT", 0.0)
    network().run(5, executor="eager", progress=True)
    slow = capsys.readouterr().err
    assert "building exc_to_inh" in slow and "synapses/s" in slow and "5/5" in slow
    assert slow.index("building exc_to_exc") < slow.index("5/5")


def test_bars_are_taken_away_when_building_stops(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written next begins on an empty line."""
    monkeypatch.setattr(progress, "_SHORT", 0.0)
    with progress.building(True) as told, pytest.raises(KeyboardInterrupt):
        assert told is not None
        told("building a", 3, 10)
        told("building a", 6, 10)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.rsplit("\r", 2)[-2].strip() == ""
