"""Tables, data sets, segments and files hold what was recorded, with units and provenance."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors


@pytest.fixture(scope="module")
def net() -> cns.Network:
    net = cns.Network(dt=0.5, seed=11)
    tau = torch.arange(6.0).reshape(2, 3) + 5
    cells = net.add_layer(cns.LIFPopulation((2, 3), tau=tau, R=2.0, u=cns.Uniform(-70, -50)), "cells")
    rec = net.add_connection(cns.DenseConnection(cells, cells, J=1.0), name="rec")
    sparse = net.add_connection(
        cns.Connection(cells, cells, connectivity=cns.FixedProbability(0.5), weight=cns.Uniform(0, 1)), name="sparse"
    )
    names = ["s", "u", "threshold", cns.Mean("u"), cns.PopulationRate(2.0), cns.Histogram("u", [-80, -60, -40])]
    net.add_monitor(cns.Monitor(cells, names, every=1.0, neurons=(slice(None), [0, 2]), start=2.0), "m")
    net.add_monitor(cns.Monitor(rec, ["w", "current"], every=5.0), "rec")
    net.add_monitor(cns.Monitor(sparse, ["w", "current"], every=5.0), "sparse")
    net.run(60.0, {"cells": 12.0})
    return net


PLACES = [0, 2, 3, 5]


def check_spikes(m: cns.Monitor, times: Any, neurons: Any) -> None:
    expected = m.spikes()
    assert len(expected[0]) > 10
    assert np.asarray(times).tolist() == expected[0].tolist()
    assert np.asarray(neurons).tolist() == [PLACES[k] for k in expected[1]]


def check_provenance(about: Any) -> None:
    def read(name: str) -> Any:
        value = about[name]
        return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value

    assert read("versions")["cnsproject"] == cns.__version__ and read("versions")["torch"] == str(torch.__version__)
    assert (read("seed"), read("dt"), read("model")) == (11, 0.5, "LIFPopulation")
    assert read("parameters")["R"] == {"value": 2.0, "unit": "MOhm"}
    assert read("parameters")["tau"].items() >= {
        "minimum": 5.0, "maximum": 10.0, "mean": 7.5, "unit": "ms", "shape": [2, 3], "stated": "an array"
    }.items()  # fmt: skip
    assert read("network")["connections"]["rec"]["pre"] == "cells"
    assert any("R*I" in line for line in read("equations"))


def test_pandas(net: cns.Network) -> None:
    m = net.monitors["m"]
    table = m.to_pandas()
    assert list(table.columns) == ["time (ms)", "neuron", "u (mV)", "threshold (mV)"]
    assert len(table) == 58 * 4
    wide = table.pivot(index="time (ms)", columns="neuron", values="u (mV)")
    assert wide.columns.tolist() == PLACES and wide.index.tolist() == m.times("u").tolist()
    assert np.array_equal(wide.to_numpy(), m.get("u").numpy())
    assert (table["threshold (mV)"] == -55).all()
    check_provenance(table.attrs)
    spikes = m.to_pandas("s")
    assert list(spikes.columns) == ["time (ms)", "neuron"]
    check_spikes(m, spikes["time (ms)"], spikes["neuron"])
    assert list(m.to_pandas("v").columns) == ["time (ms)", "neuron", "u (mV)"]
    assert list(net.monitors["rec"].to_pandas("w").columns) == ["time (ms)", "pre", "post", "w (nA)"]


def test_xarray(net: cns.Network) -> None:
    m = net.monitors["m"]
    data = m.to_xarray()
    assert data["u"].dims == ("time", "neuron") and data["u"].attrs["units"] == "mV"
    assert np.array_equal(data["u"].values, m.get("u").numpy())
    assert data["time"].values.tolist() == m.times("u").tolist() and data["time"].attrs["units"] == "ms"
    assert data["neuron"].values.tolist() == PLACES
    assert data["threshold"].dims == ("time",)
    assert data["mean(u)"].dims == ("neuron",) and data["mean(u)"].attrs["units"] == "mV"
    assert data["rate(2 ms)"].attrs["units"] == "Hz"
    assert data["time of rate(2 ms)"].values.tolist() == (2.0 + 2.0 * np.arange(29)).tolist()
    assert data["histogram(u)"].shape == (58, 2)
    assert data["bin of histogram(u)"].values.tolist() == [-80, -60]
    assert data["bin of histogram(u)"].attrs["units"] == "mV"
    check_spikes(m, data["spike_time"], data["spike_neuron"])
    check_provenance(data.attrs)
    assert float(data["u"].sel(neuron=5, time=3.0)) == float(m.get("u")[1, 3])
    sparse = net.monitors["sparse"].to_xarray()
    pre, post = net.connections["sparse"].indices()  # type: ignore[operator]
    assert sparse["w"].dims == ("time", "synapse") and sparse["current"].dims == ("time", "post")
    assert sparse["pre of synapse"].values.tolist() == pre.tolist()
    assert sparse["post of synapse"].values.tolist() == post.tolist()
    dense = net.monitors["rec"].to_xarray()
    assert dense["w"].dims == ("time", "pre", "post") and dense["w"].shape == (12, 6, 6)


def test_neo(net: cns.Network) -> None:
    m = net.monitors["m"]
    segment = m.to_neo()
    (signal,) = segment.analogsignals
    assert (signal.name, str(signal.units.dimensionality)) == ("u", "mV")
    assert np.array_equal(signal.magnitude, m.get("u").numpy())
    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, m.times("u"), atol=1e-9)
    assert signal.array_annotations["neuron"].tolist() == PLACES
    assert [train.annotations["neuron"] for train in segment.spiketrains] == PLACES
    times, which = m.spikes()
    for place, train in enumerate(segment.spiketrains):
        assert train.rescale("ms").magnitude.tolist() == times[which == place].tolist()
        assert (float(train.t_start.rescale("ms")), float(train.t_stop.rescale("ms"))) == (2.0, 60.0)
    check_provenance(segment.annotations)


def test_a_file(net: cns.Network, tmp_path: Path) -> None:
    m = net.monitors["m"]
    path = m.save(tmp_path / "run" / "m.npz")
    assert [p.name for p in path.parent.iterdir()] == ["m.npz"]
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    about = json.loads(str(data.pop("about")))
    check_provenance(about["about"])
    assert np.array_equal(data["u"], m.get("u").numpy())
    assert data["time"].tolist() == m.times("u").tolist()
    check_spikes(m, data["spike_time"], data["spike_neuron"])
    assert data["neuron"].tolist() == PLACES
    assert data["parameter.tau"].tolist() == [5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    for name in ("u", "mean(u)", "rate(2 ms)", "histogram(u)", "spike_time", "time"):
        assert about["units"][name] == (m.unit(name) if name in m.state_variables else "ms")
    assert set(about["units"]) == set(about["dims"]) == set(data)
    assert all(data[name].ndim == len(dims) for name, dims in about["dims"].items())


def test_a_batch_keeps_its_dimension() -> None:
    population = cns.LIFPopulation((2, 2), dt=1.0)
    population.reset_state_variables(batch=3)
    monitor = cns.Monitor(population, ["u"])
    population.forward(1.0)
    monitor.record()
    assert monitor.to_xarray()["u"].dims == ("time", "batch", "neuron")
    assert list(monitor.to_pandas().columns) == ["time (ms)", "batch", "neuron", "u (mV)"]


def test_without_the_extra(net: cns.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    for package, call in (("pandas", "to_pandas"), ("xarray", "to_xarray"), ("neo", "to_neo")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(errors.MissingExtraError, match=r"cnsproject\[io\]"):
            getattr(net.monitors["m"], call)()


def broken(*names: str) -> cns.Monitor:
    population = cns.LIFPopulation(2, dt=1.0, name="exc")
    monitor = cns.Monitor(population, names or ["s", "u"])
    for _ in range(2):
        population.reset_state_variables()
        for _ in range(3):
            population.forward(0.0)
            monitor.record()
    return monitor


def empty() -> cns.Monitor:
    return cns.Monitor(cns.LIFPopulation(2, dt=1.0, name="exc"), ["u"])


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "a reset in between": (lambda: broken().to_neo(), errors.StateError, ["exc", "to_neo", "ascend evenly"]),
    "a reset in between states": (lambda: broken("u").to_neo(), errors.StateError, ["exc", "to_neo", "ascend evenly"]),
    "a reset in between spikes": (lambda: broken("s").to_neo(), errors.StateError, ["exc", "to_neo", "ascend evenly"]),
    "another ending": (lambda: broken().save("x.h5"), errors.ArgumentError, ["exc", "'x.h5'", ".npz"]),
    "no path": (lambda: broken().save(3), errors.ArgumentError, ["exc", "3", ".npz"]),  # type: ignore[arg-type]
    "nothing recorded": (lambda: empty().to_pandas(), errors.StateError, ["exc", "no recording"]),
    "unknown name": (lambda: broken().to_pandas("U"), errors.UnknownNameError, ["exc", "'U'", "'u'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
