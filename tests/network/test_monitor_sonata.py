"""Recorded spikes in SONATA files, and back."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors


def monitored(raster: Any, name: str | None = "exc", **chosen: Any) -> cns.Monitor:
    """What a monitor has recorded when these spikes (steps, neurons) were made."""
    net = cns.Network(dt=0.1, seed=1)
    layer = net.add_layer(cns.InputPopulation(raster.shape[1], name=name), "layer")
    monitor = net.add_monitor(cns.Monitor(layer, ["s"], **chosen), "m")
    net.run(0.1 * len(raster), {"layer": raster})
    return monitor


def raster(seed: int = 0, steps: int = 60, neurons: int = 9) -> Any:
    return np.random.default_rng(seed).random((steps, neurons)) < 0.2


@given(steps=st.integers(1, 60), neurons=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_same_spikes_come_back(steps: int, neurons: int, seed: int) -> None:
    monitor = monitored(raster(seed, steps, neurons))
    with tempfile.TemporaryDirectory() as folder:
        found = cns.read_sonata(monitor.to_sonata(Path(folder) / "spikes.h5"))
    assert list(found) == ["exc"]
    for one, other in zip(found["exc"], monitor.spikes(), strict=True):
        assert one.dtype == other.dtype and one.tolist() == other.tolist()


def test_a_source_fires_them_again(tmp_path: Path) -> None:
    spikes = raster()
    times, neurons = cns.read_sonata(monitored(spikes).to_sonata(tmp_path / "spikes.hdf5"))["exc"]
    source = cns.SpikeSource(9, times, neurons)
    net = cns.Network(dt=0.1, seed=2)
    net.add_layer(source, "source")
    again = net.add_monitor(cns.Monitor(source, ["s"]), "m")
    net.run(6.0)
    assert np.array_equal(again.get("s").numpy(), spikes)


def test_neurons_are_those_of_the_population(tmp_path: Path) -> None:
    spikes = raster()
    part = monitored(spikes, neurons=[2, 5, 8], start=1.0)
    times, neurons = cns.read_sonata(part.to_sonata(str(tmp_path / "spikes.h5")))["exc"]
    step, place = spikes[10:, [2, 5, 8]].nonzero()
    assert neurons.tolist() == [[2, 5, 8][k] for k in place]
    np.testing.assert_allclose(times, (step + 10) * 0.1)


def test_several_populations_in_one_file(tmp_path: Path) -> None:
    exc, inh = monitored(raster(1)), monitored(raster(2, neurons=4), "inh")
    found = cns.read_sonata(cns.save_sonata(tmp_path / "spikes.h5", {"L4 exc": exc, "L4 inh": inh}))
    assert sorted(found) == ["L4 exc", "L4 inh"]
    for name, monitor in {"L4 exc": exc, "L4 inh": inh}.items():
        assert [values.tolist() for values in found[name]] == [values.tolist() for values in monitor.spikes()]


def test_names(tmp_path: Path) -> None:
    unnamed = cns.Monitor(cns.LIFPopulation(2, dt=1.0), ["s"])
    assert list(cns.read_sonata(unnamed.to_sonata(tmp_path / "a.h5"))) == ["LIFPopulation"]
    assert list(cns.read_sonata(unnamed.to_sonata(tmp_path / "b.h5", "V1"))) == ["V1"]
    part = monitored(raster(), "exc", neurons=[1])
    assert list(cns.read_sonata(part.to_sonata(tmp_path / "c.h5", population=None))) == ["exc"]


def test_recordings_that_were_opened(tmp_path: Path) -> None:
    monitor = monitored(raster(), neurons=[2, 5, 8])
    expected = cns.read_sonata(monitor.to_sonata(tmp_path / "a.h5"))
    found = cns.read_sonata(cns.open(monitor.save(tmp_path / "m.npz")).to_sonata(tmp_path / "b.h5"))
    assert list(found) == list(expected) == ["exc"]
    assert [values.tolist() for values in found["exc"]] == [values.tolist() for values in expected["exc"]]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    monitor = monitored(raster())
    path = monitor.to_sonata(tmp_path / "spikes.h5")
    before = path.read_bytes()
    for call in (lambda: monitor.to_sonata(path), lambda: cns.save_sonata(path, {"other": monitor})):
        with pytest.raises(errors.StateError, match="exists"):
            call()
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises(OSError, match="no space"):
        monitored(raster()).to_sonata(tmp_path / "spikes.h5")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    for call in (lambda: monitored(raster()).to_sonata(tmp_path / "x.h5"), lambda: cns.read_sonata(tmp_path / "x.h5")):
        with pytest.raises(errors.MissingExtraError, match=r"cnsproject\[io\]"):
            call()


def with_reset() -> cns.Monitor:
    population = cns.LIFPopulation(2, dt=1.0, name="exc")
    monitor = cns.Monitor(population, ["s"])
    for current in (99.0, 0.0):  # no spike in the second part, so that the times of spikes ascend
        population.reset_state_variables()
        population.forward(current)
        monitor.record()
    return monitor


def batch() -> cns.Monitor:
    population = cns.LIFPopulation(2, dt=1.0, name="exc")
    population.reset_state_variables(batch=3)
    monitor = cns.Monitor(population, ["s"])
    population.forward(0.0)
    monitor.record()
    return monitor


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "another ending": (lambda m: m.to_sonata("x.nwb"), errors.ArgumentError, ["exc", "to_sonata(path)", "'x.nwb'", ".h5"]),
    "no path": (lambda m: m.to_sonata(3), errors.ArgumentError, ["to_sonata(path)", "3", ".h5"]),
    "no path to read": (lambda m: cns.read_sonata(3), errors.ArgumentError, ["read_sonata(path)", "3"]),
    "a slash": (lambda m: m.to_sonata("x.h5", "a/b"), errors.ParameterError, ["'a/b'", "without '/'"]),
    "no name": (lambda m: m.to_sonata("x.h5", ""), errors.ParameterError, ["''"]),
    "a number as name": (lambda m: cns.save_sonata("x.h5", {1: m}), errors.ArgumentError, ["save_sonata", "1", "a name"]),
    "a list": (lambda m: cns.save_sonata("x.h5", [m]), errors.ArgumentError, ["save_sonata(monitors)", "by the names"]),
    "no monitors": (lambda m: cns.save_sonata("x.h5", {}), errors.ArgumentError, ["save_sonata(monitors)", "{}"]),
    "a population": (lambda m: cns.save_sonata("x.h5", {"a": m.obj}), errors.ArgumentError, ["save_sonata", "a Monitor"]),
    "no spikes": (lambda m: cns.Monitor(m.obj, ["traces"]).to_sonata("x.h5"), errors.UnknownNameError, ["'s'"]),
    "a reset": (lambda m: with_reset().to_sonata("x.h5"), errors.StateError, ["exc", "do not ascend", "reset"]),
    "a batch": (lambda m: batch().to_sonata("x.h5"), errors.StateError, ["exc", "batch"]),
    "unknown argument": (lambda m: cns.save_sonata("x.h5", monitor={}), errors.ArgumentError, ["'monitors'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call(monitored(raster()))
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
    assert list(tmp_path.iterdir()) == []
