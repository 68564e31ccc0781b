"""Every network, and everything that is exported from it, says where it comes from."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.network.checkpoints import files
from cnsproject.network.provenance import hash_of
from cnsproject.storage import load_sealed

OF_THE_MOMENT = {"written", "script", "command", "git", "versions", "machine"}


def made(seed: int = 3, **changes: Any) -> cns.Network:
    """A network with something of everything that is told."""
    given: dict[str, Any] = {
        "tau": [8.0, 9.0, 10.0, 11.0], "weight": cns.Uniform(0, 1), "p": 0.5, "delay": 1.0, "rate": 20.0, "u": -60.0,
        "R": cns.Normal(8, 1), "U": 0.4, "times": [[1.0], [2.0, 5.0]], "i": [0, 1], "every": 2.0, "drive": 0.3,
        "inhibitory": False,
    } | changes  # fmt: skip
    net = cns.Network(dt=0.5, seed=seed)
    inhibitory = torch.tensor([given["inhibitory"], False, False, True])
    cells = cns.LIFPopulation(4, tau=given["tau"], R=given["R"], u=given["u"], is_inhibitory=inhibitory, refractory=1)
    net.add_layer(cells, "cells")
    noise = net.add_layer(cns.PoissonPopulation(2, rate=given["rate"]), "noise")
    times = net.add_layer(cns.SpikeSource(2, given["times"]), "times")
    rule, plastic = cns.FixedProbability(given["p"]), cns.TsodyksMarkram(U=given["U"])
    rec = cns.Connection(cells, cells, connectivity=rule, weight=given["weight"], short_term=plastic)
    net.add_connection(rec, name="rec")
    net.add_connection(cns.SparseConnection(times, cells[:2], i=given["i"], j=[1, 0], delay=given["delay"]), name="in")
    net.add_connection(cns.DenseConnection(noise, cells, J=2.0), name="dense")
    net.add_connection(cns.PoissonDrive(cells[2:], n=5, rate=30.0, weight=given["drive"]), name="drive")
    net.add_monitor(cns.Monitor(cells, ["s", "u"], every=given["every"]), "cells")
    return net


def lasting(about: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name not in OF_THE_MOMENT}


def test_what_it_tells() -> None:
    net = made()
    about = json.loads(json.dumps(net.provenance(), allow_nan=False))
    assert about.keys() >= OF_THE_MOMENT
    assert (about["seed"], about["dt"]) == (3, 0.5)
    assert about["executor"] == {"name": "none", "reason": "nothing was run yet", "threads": 0}
    cells = about["layers"]["cells"]
    assert (cells["model"], cells["shape"], cells["refractory"]) == ("LIFPopulation", [4], {"value": 1.0, "unit": "ms"})
    assert any("R*I" in line for line in cells["equations"])
    assert cells["parameters"]["threshold"] == {"value": -55.0, "unit": "mV"}
    tau = cells["parameters"]["tau"]
    assert tau.items() >= {"minimum": 8.0, "maximum": 11.0, "mean": 9.5, "unit": "ms", "stated": "an array"}.items()
    assert tau["hash"] == hash_of(np.array([8.0, 9.0, 10.0, 11.0]))
    assert cells["parameters"]["R"]["stated"] == "Normal(mean=8.0, sd=1.0)"
    rec = about["connections"]["rec"]
    assert rec.items() >= {"pre": "cells", "post": "cells", "synapse": "ExponentialCurrent", "built": False}.items()
    assert rec["synapses"] == 8.0  # the expected number
    assert rec["rule_parameters"]["p"] == {"value": 0.5}
    assert rec["weight"] == {"stated": "Uniform(low=0.0, high=1.0)", "unit": "nA"}
    assert rec["short_term"]["parameters"]["U"]["value"] == 0.4
    assert about["connections"]["in"].items() >= {"pre": "times", "post": "cells[0:2]", "synapses": 2}.items()
    assert about["connections"]["in"]["delay"] == {"value": 1.0, "unit": "ms"}
    assert about["connections"]["drive"].items() >= {"post": "cells[2:4]", "n": 5}.items()
    assert about["connections"]["drive"]["rate"] == {"value": 30.0, "unit": "Hz"}
    assert about["monitors"] == {"cells": {"of": "cells", "variables": ["s", "u"], "every": 2.0}}
    assert net.connections["rec"]._wires is None  # type: ignore[attr-defined]


def test_after_a_run() -> None:
    net = made()
    net.run(20, {"cells": 2.0}, threads=2)
    about = net.provenance()
    assert about["executor"]["name"] == "cpu"
    assert about["executor"]["threads"] == 2
    rec = about["connections"]["rec"]
    assert rec["built"] and rec["synapses"] == len(net.connections["rec"])  # type: ignore[arg-type]
    assert rec["weight"].keys() >= {"minimum", "hash"} and "Uniform" in rec["weight"]["stated"]
    net.run(1, executor="eager")
    assert net.provenance()["executor"]["reason"] == "asked for"


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        {"tau": [8.0, 10.0, 9.0, 11.0]}, {"tau": 9.5}, {"weight": cns.Uniform(0, 1.0000001)}, {"weight": 0.5},
        {"p": 0.5000001}, {"delay": 2.0}, {"delay": [0.5, 1.0]}, {"rate": 21.0}, {"u": -61.0}, {"U": 0.5},
        {"times": [[1.0], [2.0, 6.0]]}, {"i": [1, 0]}, {"every": 4.0}, {"drive": 0.4}, {"inhibitory": True},
        {"seed": 4},
    ],
    ids=str,
)  # fmt: skip
def test_a_change_changes_it(change: dict[str, Any], built: bool) -> None:
    one, same, other = made(), made(), made(**change)
    for net in (one, same, other):
        if built:
            for name in ("rec", "in"):
                len(net.connections[name])  # type: ignore[arg-type]
    assert lasting(one.provenance()) == lasting(same.provenance())
    assert lasting(one.provenance()) != lasting(other.provenance())


def test_delays_of_a_list() -> None:
    for given in (cns.Uniform(0, 3), [0.5, 1.5, 1.5]):
        net = cns.Network(dt=0.5, seed=1)
        cells = net.add_layer(cns.LIFPopulation(4), "cells")
        rule = cns.FromArrays([0, 1, 2], [1, 2, 3])
        con = net.add_connection(cns.Connection(cells, cells, connectivity=rule, delay=given), name="con")
        delays = con.delays
        told = net.provenance()["connections"]["con"]["delay"]
        assert len(con) == told["shape"][0] == 3
        assert told.items() >= {"minimum": float(delays.min()), "maximum": float(delays.max()), "unit": "ms"}.items()
        assert told["mean"] == pytest.approx(float(delays.mean()))
        assert told["stated"] == ("an array" if isinstance(given, list) else "Uniform(low=0.0, high=3.0)")


def test_what_was_set_later_changes_it() -> None:
    net = made()
    before = lasting(net.provenance())
    net.layers["cells"].tau = 9.0
    after = lasting(net.provenance())
    assert after["layers"]["cells"]["parameters"]["tau"] == {"value": 9.0, "unit": "ms"}
    assert after != before


def test_a_key_of_its_own_is_told() -> None:
    net = cns.Network(dt=1.0, seed=1)
    net.add_layer(cns.LIFPopulation(2, u=cns.Uniform(-70, -60), rng=5), "own")
    net.add_layer(cns.LIFPopulation(2), "other")
    layers = net.provenance()["layers"]
    assert len(layers["own"]["key"]) == 2
    assert "key" not in layers["other"]


def test_functions_are_told_by_name() -> None:
    def falling(distance: Any) -> Any:
        return np.exp(-distance)

    net = cns.Network(dt=1.0, seed=1)
    cells = net.add_layer(cns.LIFPopulation(9), "cells")
    rule = cns.DistanceDependent(cns.GaussianKernel(0.3))
    con = net.add_connection(cns.Connection(cells, cells, connectivity=rule, weight=falling, delay=falling))
    for _ in range(2):
        about = net.provenance()["connections"]["cells_to_cells"]
        assert about["weight"]["stated"] == about["delay"]["stated"] == "falling(...)"
        assert "GaussianKernel" in about["rule_parameters"]["kernel"]["stated"]
        assert "0x" not in json.dumps(about)
        len(con)


def test_a_loaded_network_tells_the_same(tmp_path: Path) -> None:
    net = made(weight=cns.Uniform(0, 2))
    net.run(20, {"cells": 2.0}, threads=2)
    net.save(tmp_path / "net.cns")
    record, _ = load_sealed(tmp_path / "net.cns", files.KIND, files.VERSION)
    loaded = cns.Network.load(tmp_path / "net.cns")
    told = json.loads(json.dumps(lasting(net.provenance())))
    assert lasting(record["provenance"]) == told
    assert json.loads(json.dumps(lasting(loaded.provenance()))) == told
    about = exported(loaded.monitors["cells"], tmp_path)
    assert about["network"] == told


def exported(monitor: cns.Monitor, folder: Path) -> dict[str, Any]:
    with np.load(monitor.save(folder / "m.npz")) as file:
        found: dict[str, Any] = json.loads(str(file["about"]))["about"]
    return found


def test_a_monitor_knows_its_network(tmp_path: Path) -> None:
    net = made()
    monitor = net.monitors["cells"]
    net.run(5, {"cells": 2.0})
    assert exported(monitor, tmp_path)["network"]["connections"].keys() == {"rec", "in", "dense", "drive"}
    state = net.state()
    net.run(5)
    net.restore(state)
    assert "network" in exported(monitor, tmp_path)
    alone = cns.LIFPopulation(2, dt=1.0)
    own = cns.Monitor(alone, ["u"])
    alone.forward(1.0)
    own.record()
    about = exported(own, tmp_path)
    assert about.keys() >= OF_THE_MOMENT and "network" not in about
    assert (about["seed"], about["dt"], about["parameters"]["tau"]["value"]) == (None, 1.0, 10.0)


COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": lambda obj: pickle.loads(pickle.dumps(obj))
}  # fmt: skip


@pytest.mark.parametrize("way", COPIES)
def test_copies_of_monitors_do_not_copy_the_network(way: str, tmp_path: Path) -> None:
    net = made()
    monitor, net.own = net.monitors["cells"], lambda: None  # which cannot be pickled
    net.run(5, {"cells": 2.0})
    twin = COPIES[way](monitor)
    assert "network" not in exported(twin, tmp_path)
    assert torch.equal(twin.get("u"), monitor.get("u"))
    assert "network" in exported(monitor, tmp_path)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_of_networks_have_monitors_of_their_own(way: str, tmp_path: Path) -> None:
    net = made()
    net.run(5, {"cells": 2.0})
    twin = COPIES[way](net)
    twin.layers["cells"].tau = 20.0
    tau = exported(twin.monitors["cells"], tmp_path)["network"]["layers"]["cells"]["parameters"]["tau"]
    assert tau["value"] == 20.0
    tau = exported(net.monitors["cells"], tmp_path)["network"]["layers"]["cells"]["parameters"]["tau"]
    assert tau["maximum"] == 11.0


def test_a_network_with_monitors_goes_when_nobody_needs_it(tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        net = made()
        net.run(5, {"cells": 2.0})
        monitor, gone = net.monitors["cells"], weakref.ref(net)
        del net
        assert gone() is None
        about = exported(monitor, tmp_path)["network"]
        assert about["executor"]["name"] == "cpu" and about["connections"].keys() == {"rec", "in", "dense", "drive"}
        cells = weakref.ref(monitor.obj)
        del monitor
        assert cells() is None
    finally:
        gc.enable()
