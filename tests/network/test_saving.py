"""Networks in files and back: `save`, `load`, `resume`, `state`, `restore`, and what is said when it cannot be.

That a saved network goes on bit by bit, for every kind of neuron, synapse, rule and delay, is in tests/agreement.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import circumstances
from cnsproject.errors import ArgumentError, CheckpointError, StateError, TimeGridError
from cnsproject.network.checkpoints import files
from cnsproject.network.running import Run
from cnsproject.storage import load_sealed, save_sealed


class Leaky(cns.Synapse):
    """A synapse of a user's."""

    dynamics = cns.EXPONENTIAL_CURRENT

    def __init__(self, tau: float) -> None:
        self.tau = tau

    def parameters(self) -> dict[str, object]:
        return {"tau_s": self.tau}


def gauss(distance: Any) -> Any:
    """A kernel of a user's."""
    return np.exp(-8 * distance**2)


def network(seed: int = 1) -> cns.Network:
    """Something of everything."""
    net = cns.Network(dt=0.5, seed=seed)
    exc = net.add_layer(cns.LIFPopulation(40, R=8.0, tau=cns.Uniform(8, 12), u=cns.Uniform(-70, -55)), "exc")
    own = net.add_layer(
        cns.Population(
            "dv/dt = (v_r - v + R*I)/tau + noisy*xi/sqrt(tau) : mV\nnoisy : mV", shape=(3, 4), threshold="v > -50",
            reset="v = v_r", refractory=1, is_inhibitory=True,
            parameters={"tau": "10 ms", "R": "8 MOhm", "v_r": (cns.Normal(-65, 1), "mV"), "noisy": 0.5},
        ),
        "own",
    )  # fmt: skip
    noise = net.add_layer(cns.PoissonPopulation(10, rate=200.0), "noise")
    times = net.add_layer(cns.SpikeSource(2, [[1.0, 30.0], [2.0]]), "times")
    depressing = cns.TsodyksMarkram(U=0.4, tau_rec=cns.Uniform(50, 90), tau_facil=20.0)
    for connection in (
        cns.Connection(noise, exc, weight=lambda d: 3 + d, connectivity=cns.DistanceDependent(gauss),
                       delay=lambda d: 2 * d, short_term=depressing),
        cns.Connection(exc[:20], own, connectivity=cns.FixedInDegree(3), synapse=Leaky(4.0), weight=cns.Normal(2, 0.1)),
        cns.Connection(own, exc, connectivity=cns.FixedProbability(0.3), synapse=cns.ExponentialConductance(5.0, -80.0),
                       weight=0.01, delay=cns.Uniform(0, 5)),
        cns.SparseConnection(times, exc, i=[0, 1, 1], j=[3, 4, 5], weight=[9.0, 8.0, 7.0], delay=[1.0, 20.0, 0.5]),
        cns.DenseConnection(exc, own, w=torch.rand(40, 3, 4, generator=torch.Generator().manual_seed(1))),
        cns.PoissonDrive(exc[::2], n=10, rate=30.0, weight=0.3),
    ):  # fmt: skip
        net.add_connection(connection)
    net.add_monitor(cns.Monitor(exc, ["s", "u"]), "exc")
    net.add_monitor(cns.Monitor(own[:2], ["s", "v"]), "own")
    net.add_monitor(cns.Monitor(net.connections["noise_to_exc"], ["current", "resources"]), "synapses")
    window = net.add_monitor(cns.Monitor(exc, ["traces"]), "window")
    window.set_time_steps(20, 0.5)
    return net


INPUTS = {"exc": cns.StepCurrent([0, 20], [1.0, 1.5]) + cns.OrnsteinUhlenbeck(0.5, 0.3, 5.0), "own": 2.0}


def contents(net: cns.Network) -> dict[str, Any]:
    """All states and recordings."""
    found: dict[str, Any] = {}
    for name, obj in (*net.layers.items(), *net.connections.items()):
        found |= {f"{name}.{n}": getattr(obj, n) for n in obj.states}
        found[f"{name}.steps"] = torch.tensor(obj.steps)
    for name, monitor in net.monitors.items():
        if len(monitor):
            found |= {f"{name}.{n}": monitor.get(n) for n in monitor.state_variables}
    return found


def assert_same(one: cns.Network, other: cns.Network) -> None:
    ours, theirs = contents(one), contents(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name
    for name in ("exc", "own"):
        for mine, yours in zip(one.monitors[name].spikes(), other.monitors[name].spikes(), strict=True):
            assert torch.equal(mine, yours)


@pytest.fixture(scope="module")
def whole() -> cns.Network:
    """An uninterrupted run."""
    net = network()
    net.run(60, INPUTS)
    assert len(net.monitors["exc"].spikes()[0]) > 50
    assert len(net.monitors["own"].spikes()[0]) > 5
    return net


@pytest.mark.parametrize("at", [0, 0.5, 10, 31.5])
@pytest.mark.parametrize("executor", ["cpu", "eager"])
def test_resumed_is_uninterrupted(whole: cns.Network, tmp_path: Path, at: float, executor: str) -> None:
    net = network()
    net.run(at, INPUTS, threads=2)
    net.save(tmp_path / "net.cns")
    del net
    again = cns.Network.load(tmp_path / "net.cns")
    again.run(60 - at, INPUTS, executor=executor, threads=3)
    assert_same(whole, again)


def test_saving_changes_nothing(whole: cns.Network, tmp_path: Path) -> None:
    net = network()
    for _ in range(6):
        net.run(10, INPUTS)
        net.save(tmp_path / "net")
        net.state()
    assert_same(whole, net)


def test_a_loaded_network_saves_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circumstances, "now", lambda: "2026-01-01T00:00:00+00:00")
    net = network()
    net.run(10, INPUTS)
    net.save(tmp_path / "one")
    cns.Network.load(tmp_path / "one").save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_was_set_later_is_kept_too(tmp_path: Path) -> None:
    net = network()
    exc, drive = net.layers["exc"], net.connections["drive_to_exc"]
    net.run(5, INPUTS)
    exc.tau, exc.threshold, drive.rate = 7.0, -53.0, 55.0
    exc.is_inhibitory = torch.arange(40) > 30
    exc.u[3] = -60.0
    exc.eval()
    net.save(tmp_path / "net")
    again = cns.Network.load(tmp_path / "net")
    for n in (net, again):
        n.run(20, INPUTS)
        n.run(1, INPUTS, executor="eager")  # spikes of such steps wait, for which room is made then
    assert_same(net, again)
    assert not again.layers["exc"].learning
    assert str(again.describe()) == str(net.describe())
    by_hand = "targets, for steps by hand"
    kept = [[replace(i, moment=0) for i in n.memory(100).items if i.what != by_hand] for n in (net, again)]
    assert kept[0] == kept[1]


def test_parts_are_parts_of_the_loaded_layers(tmp_path: Path) -> None:
    net = network()
    net.save(tmp_path / "net")
    again = cns.Network.load(tmp_path / "net")
    assert again.monitors["own"].obj.parent is again.layers["own"]
    assert again.connections["exc_to_own"].pre is again.layers["exc"]
    assert dict(again.named_modules()).keys() == dict(net.named_modules()).keys()
    assert again.state_dict().keys() == net.state_dict().keys()
    again.reset_state_variables()
    net.reset_state_variables()
    again.run(10, INPUTS)
    net.run(10, INPUTS)
    assert_same(net, again)


def test_batches_parameters_and_writes_into_spikes(tmp_path: Path) -> None:
    net = cns.Network(dt=1.0, seed=1)
    a = net.add_layer(cns.LIFPopulation(4, R=9.0), "a")
    b = net.add_layer(cns.LIFPopulation(3, R=9.0), "b")
    dense = net.add_connection(cns.DenseConnection(a, b, w=torch.nn.Parameter(torch.rand(4, 3)), delay=2.0))
    net.reset_state_variables()
    a.reset_state_variables(batch=2)
    b.reset_state_variables(batch=2)
    dense.reset_state_variables()
    with torch.no_grad():
        net.run(20, {"a": 3.0})
        net.save(tmp_path / "net")
        again = cns.Network.load(tmp_path / "net")
        assert isinstance(again.connections["a_to_b"].weight, torch.nn.Parameter)
        for n in (net, again):
            n.layers["a"].s[:, 0] = True  # on its way to b
            n.run(5)
    assert torch.equal(net.layers["b"].u, again.layers["b"].u)
    assert a.u.shape == again.layers["a"].u.shape == (2, 4)


def test_gradients_are_no_part_of_a_file(tmp_path: Path) -> None:
    net = cns.Network(dt=1.0)
    a, b = net.add_layer(cns.LIFPopulation(4, R=9.0), "a"), net.add_layer(cns.LIFPopulation(3), "b")
    net.add_connection(cns.DenseConnection(a, b, w=torch.nn.Parameter(torch.rand(4, 3))))
    net.run(20, {"a": 3.0})
    with pytest.raises(StateError, match=r"with gradients.*detach"):
        net.save(tmp_path / "net")
    assert not (tmp_path / "net").exists()


# Runs that save themselves


class StopError(Exception):
    """Raised by a run's progress."""


@pytest.mark.parametrize("executor", ["cpu", "eager"])
def test_a_run_that_was_killed_is_finished_from_its_file(whole: cns.Network, tmp_path: Path, executor: str) -> None:
    net, path = network(), tmp_path / "run.cns"
    series = {**INPUTS, "own": np.full((120, 1), 2.0)}

    def stop(made: int, steps: int) -> None:
        assert steps == 120
        if made > 70:
            raise StopError

    with pytest.raises(StopError):
        net.run(60, series, executor=executor, progress=stop, checkpoint_every=12, checkpoint=path)
    again, told = cns.Network.load(path), []
    assert again.layers["exc"].steps == 48
    again.resume(threads=2, progress=lambda made, steps: told.append((made, steps)), checkpoint=path)
    assert told[-1] == (72, 72)
    assert_same(whole, again)
    finished = cns.Network.load(path)
    assert_same(whole, finished)
    with pytest.raises(StateError, match=r"saved during a run.*resume"):
        finished.resume()


def test_saving_on_the_way_changes_nothing(whole: cns.Network, tmp_path: Path) -> None:
    net = network()
    net.run(60, INPUTS, threads=2, checkpoint_every=7, checkpoint=tmp_path / "run.cns")
    assert_same(whole, net)


def test_go_on_for_another_time(tmp_path: Path) -> None:
    net, path = network(), tmp_path / "run.cns"
    net.run(30, INPUTS)
    half = network()
    with pytest.raises(StopError):
        half.run(60, INPUTS, checkpoint_every=12, checkpoint=path, progress=_stop_after(30))
    again = cns.Network.load(path)
    again.resume(18)
    assert_same(net, again)
    cut = cns.Network.load(path)
    cut.resume(6)
    cut.resume(12)
    assert again.layers["exc"].steps == cut.layers["exc"].steps


def _stop_after(steps: int) -> Callable[[int, int], None]:
    def stop(made: int, _: int) -> None:
        if made >= steps:
            raise StopError

    return stop


def test_what_cannot_be_saved_is_said_before_the_first_step(tmp_path: Path) -> None:
    net = network()
    with pytest.raises(CheckpointError, match=r"Network.run.inputs\['exc'\].f: got the function .*lambda"):
        net.run(9, {"exc": cns.FunctionCurrent(lambda t: t)}, checkpoint_every=3, checkpoint=tmp_path / "x")
    with pytest.raises(ArgumentError, match=r"both or none"):
        net.run(9, checkpoint_every=3)
    with pytest.raises(ArgumentError, match=r"both or none"):
        net.run(9, checkpoint=tmp_path / "x")
    with pytest.raises(TimeGridError):
        net.run(9, checkpoint_every=0.7, checkpoint=tmp_path / "x")
    assert net.layers["exc"].steps == 0
    assert not list(tmp_path.iterdir())


# In memory


def test_branches_from_one_state(whole: cns.Network) -> None:
    net = network()
    exc, monitor = net.layers["exc"], net.monitors["exc"]
    net.run(20, INPUTS)
    state = net.state()
    assert repr(state) == "State(at 20 ms, 14 objects)"
    net.layers["exc"].tau = 3.0
    net.connections["drive_to_exc"].rate = 500.0
    net.run(10, INPUTS, executor="eager")
    net.reset_state_variables()
    for _ in range(2):
        net.restore(state)
        net.run(40, INPUTS, threads=2)
        assert_same(whole, net)
    assert net.layers["exc"] is exc
    assert net.monitors["exc"] is monitor
    assert net.connections["noise_to_exc"].pre is net.layers["noise"]


def test_a_state_keeps_what_a_file_cannot() -> None:
    class Local(cns.ModelPopulation):
        dynamics = cns.LIF

        def __init__(self) -> None:
            values = {"tau": 10.0, "R": 5.0, "u_rest": -70.0, "u_reset": -70.0, "threshold": -55.0}
            super().__init__(3, parameters=values, starts={"u": -70.0})
            self.hook: Callable[[], int] = lambda: 3

    net = cns.Network(dt=1.0)
    layer = net.add_layer(Local(), "a")
    state = net.state()
    net.run(20, {"a": 9.0})
    ran = layer.u.clone()
    net.restore(state)
    assert layer.hook() == 3
    assert layer.steps == 0
    net.run(20, {"a": 9.0})
    assert torch.equal(layer.u, ran)


def test_parameters_stay_the_same_objects() -> None:
    net = cns.Network(dt=1.0)
    a, b = net.add_layer(cns.LIFPopulation(4, R=9.0), "a"), net.add_layer(cns.LIFPopulation(3), "b")
    dense = net.add_connection(cns.DenseConnection(a, b, w=torch.nn.Parameter(torch.rand(4, 3))))
    before, weight, state = dense.weight.detach().clone(), dense.weight, net.state()
    with torch.no_grad():
        dense.weight += 1
    net.restore(state)
    assert dense.weight is weight
    assert torch.equal(dense.weight, before)


def test_a_state_of_another_network_changes_nothing() -> None:
    net, other = network(), cns.Network(dt=1.0)
    net.run(5, INPUTS)
    before = {name: copy.deepcopy(value) for name, value in contents(net).items()}
    other.add_layer(cns.LIFPopulation(40), "exc")
    with pytest.raises(CheckpointError, match=r"the layer 'own'"):
        net.restore(other.state())
    other.add_layer(cns.LIFPopulation(41), "more")
    with pytest.raises(CheckpointError, match=r"the layer 'more': LIFPopulation of shape \(41,\)"):
        net.restore(other.state())
    with pytest.raises(CheckpointError, match=r"got str, expected what net.state"):
        net.restore("path")  # type: ignore[arg-type]
    for name, value in contents(net).items():
        assert torch.equal(before[name], value)


# What a file cannot hold, and files that are none


def test_save_names_what_cannot_be_described(tmp_path: Path) -> None:
    class Local(cns.LIFPopulation):
        """Known to no module."""

    net = cns.Network(dt=1.0)
    net.add_layer(Local(3), "a")
    with pytest.raises(CheckpointError, match=r"Local 'a'.*top level of a module, or take net.state"):
        net.save(tmp_path / "net")
    net = cns.Network(dt=1.0)
    layer = net.add_layer(cns.LIFPopulation(3), "a")
    layer.callback = lambda: 3
    with pytest.raises(CheckpointError, match=r"LIFPopulation 'a'.callback: got the function .*lambda"):
        net.save(tmp_path / "net")
    layer.callback = {1, 2}
    with pytest.raises(CheckpointError, match=r"LIFPopulation 'a'.callback: got an object of set"):
        net.save(tmp_path / "net")
    layer.callback = 1j
    with pytest.raises(CheckpointError, match=r"LIFPopulation 'a'.callback: got an object of complex"):
        net.save(tmp_path / "net")
    del layer.callback
    layer.register_forward_hook(lambda *_: None)
    with pytest.raises(CheckpointError, match=r"_forward_hooks"):
        net.save(tmp_path / "net")
    assert not list(tmp_path.iterdir())


def test_classes_of_a_module_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_cells")
    exec("import cnsproject\nclass Mine(cnsproject.LIFPopulation):\n    pass", module.__dict__)
    module.Mine.__module__ = "my_cells"
    net = cns.Network(dt=1.0)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "my_cells", module)
        net.add_layer(module.Mine(3, R=9.0), "a")
        net.save(tmp_path / "net")
        again = cns.Network.load(tmp_path / "net")
        assert type(again.layers["a"]) is module.Mine
    with pytest.raises(CheckpointError, match=r"my_cells:Mine, which is not there.*import my_cells first"):
        cns.Network.load(tmp_path / "net")


def test_a_file_names_no_other_classes(tmp_path: Path) -> None:
    for name in ("os:system", "cnsproject:Nothing", "pathlib:Path", "nothing", ":", "cnsproject:LIF"):
        record = {"objects": [{"class": name, "attributes": {}}]}
        save_sealed(tmp_path / "net", files.KIND, files.VERSION, record, {})
        with pytest.raises(CheckpointError, match=r"net: got an object of"):
            cns.Network.load(tmp_path / "net")


def test_versions_kinds_and_damage(tmp_path: Path) -> None:
    path = tmp_path / "net"
    network().save(path)
    raw = path.read_bytes()
    record, arrays = load_sealed(path, files.KIND, files.VERSION)
    save_sealed(path, files.KIND, files.VERSION + 1, record, arrays)
    with pytest.raises(CheckpointError, match=r"update cnsproject"):
        cns.Network.load(path)
    save_sealed(path, files.KIND, files.VERSION, {"objects": record["objects"][1:]}, arrays)
    with pytest.raises(CheckpointError):
        cns.Network.load(path)
    for damaged in (raw[:-1], raw[: len(raw) // 2], raw[:-9] + b"x" + raw[-8:], b"", b"PK" + raw):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"net: got"):
            cns.Network.load(path)
    with pytest.raises(CheckpointError, match=r"got no file"):
        cns.Network.load(tmp_path / "other")


def small(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    net = cns.Network(dt=1.0, seed=1)
    a, b = net.add_layer(cns.LIFPopulation(4, R=9.0), "a"), net.add_layer(cns.LIFPopulation(3), "b")
    net.add_connection(cns.Connection(a, b, delay=2.0))
    net.add_monitor(cns.Monitor(a[:2], ["u", "s"]), "m")
    net.run(20, {"a": 3.0})
    net.save(path)
    return load_sealed(path, files.KIND, files.VERSION)


def places(form: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    return [where, *(place for key, value in inner for place in places(value, (*where, key)))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["object", "tensor", "tuple", "dict", "deque", "float", "array", "size", "dtype", "kept", "x"]),
        inner, max_size=2),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_forged_description_gives_a_network_or_an_error_of_ours(tmp_path: Path, data: st.DataObject) -> None:
    """Even with a hash that is right."""
    if not (tmp_path / "made").exists():
        small(tmp_path / "made")
    record, arrays = load_sealed(tmp_path / "made", files.KIND, files.VERSION)
    place = data.draw(st.sampled_from([place for place in places(record)[1:] if place[0] != "provenance"]))
    inside = record
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = data.draw(JSON)
    save_sealed(tmp_path / "net", files.KIND, files.VERSION, record, arrays)
    try:
        found = cns.Network.load(tmp_path / "net")
    except CheckpointError:
        return
    assert isinstance(found, cns.Network)


def test_a_file_is_text_and_numbers(tmp_path: Path) -> None:
    """What is in it can be read without us."""
    record, arrays = small(tmp_path / "net")
    assert record["cnsproject"] == cns.__version__
    kinds = [entry["class"] for entry in record["objects"]]
    assert kinds[0] == "cnsproject:Network"
    assert kinds.count("cnsproject:LIFPopulation") == 2
    json.dumps(record)
    assert all(isinstance(array, np.ndarray) for array in arrays.values())


def test_the_format_is_the_one_that_its_version_stands_for(tmp_path: Path) -> None:
    """When this fails: raise `files.VERSION`, have older files read, and write saved_format.json anew.

    Before a version is released writing the file anew is enough: `CNS_WRITE_FORMAT=1 pytest` does it.
    """
    net = network()
    net.run(10, INPUTS)
    net._run = Run({"exc": INPUTS["exc"]}, 20, 10)
    net.save(tmp_path / "net")
    record, _ = load_sealed(tmp_path / "net", files.KIND, files.VERSION)
    attributes: dict[str, set[str]] = {}
    for entry in record["objects"]:
        attributes.setdefault(entry["class"].rpartition(":")[2], set()).update(entry["attributes"])
    found = {"version": files.VERSION, **{name: sorted(names) for name, names in sorted(attributes.items())}}
    path = Path(__file__).with_name("saved_format.json")
    if os.environ.get("CNS_WRITE_FORMAT"):
        path.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(path.read_text())
