"""Recordings as NWB files, read by pynwb and by Neo."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import neo
import numpy as np
import pynwb
import pytest
import torch

import cnsproject as cns
from cnsproject import errors

PLACES = [0, 2, 3, 5]


@pytest.fixture(scope="module")
def monitor() -> cns.Monitor:
    net = cns.Network(dt=0.1, seed=11)
    start = torch.tensor([[-60.0, -58.0, -62.0], [-64.0, -61.0, -70.0]])
    cells = net.add_layer(cns.AELIFPopulation((2, 3), R=2.0, tau=torch.arange(6.0).reshape(2, 3) + 5, u=start), "cells")
    names = ["s", "u", "w", "traces", "tau", "threshold", cns.Mean("u")]
    monitor = net.add_monitor(cns.Monitor(cells, names, every=0.2, neurons=(slice(None), [0, 2]), start=1.0), "m")
    net.run(40.0, {"cells": cns.Constant(torch.tensor([[40.0] * 3, [35.0, 0.0, 0.0]]))})
    return monitor


@pytest.fixture(scope="module")
def path(monitor: cns.Monitor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = monitor.to_nwb(tmp_path_factory.mktemp("nwb") / "run" / "m.nwb")
    assert [p.name for p in path.parent.iterdir()] == ["m.nwb"]
    return path


def same_spikes(monitor: cns.Monitor, trains: Any) -> None:
    """Trains in s, in the order of the recorded neurons."""
    times, which = monitor.spikes()
    assert len(times) > 10 and len(trains) == len(PLACES)
    for place, train in enumerate(trains):
        np.testing.assert_allclose(train, times[which == place] * 1e-3, rtol=1e-15)
    assert not len(trains[-1])  # one of them is silent


def test_pynwb(monitor: cns.Monitor, path: Path) -> None:
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        same_spikes(monitor, [file.units["spike_times"][row] for row in range(4)])
        assert file.units["neuron"][:].tolist() == PLACES
        np.testing.assert_allclose(file.units["obs_intervals"][0], [[1e-3, 40e-3]])
        expected = {
            "u": ("volts", 1e-3),
            "w": ("amperes", 1e-9),
            "traces": ("dimensionless", 1.0),
            "tau": ("seconds", 1e-3),
        }
        assert {name: (s.unit, s.conversion) for name, s in file.acquisition.items()} == expected
        for name, series in file.acquisition.items():
            assert np.array_equal(series.data[:], monitor.get(name).numpy())
            times = series.starting_time + np.arange(len(series.data)) / series.rate
            np.testing.assert_allclose(times, monitor.times(name) * 1e-3, rtol=1e-12)
            assert json.loads(series.description) == {"neuron": PLACES}
        assert "AELIFPopulation 'cells'" in file.session_description
        about = json.loads(file.notes)
        assert (about["seed"], about["dt"], about["model"]) == (11, 0.1, "AELIFPopulation")
        assert ["cnsproject", cns.__version__] in file.was_generated_by[:].tolist()
        assert file.session_start_time.tzinfo is not None


def test_neo(monitor: cns.Monitor, path: Path) -> None:
    io = neo.io.NWBIO(str(path), mode="r")
    ((segment,),) = (block.segments for block in io.read_all_blocks())
    same_spikes(monitor, [train.rescale("s").magnitude for train in segment.spiketrains])
    assert [train.name for train in segment.spiketrains] == [f"neuron {place}" for place in PLACES]
    signals = {signal.name: signal for signal in segment.analogsignals}
    ours = {signal.name: signal for signal in monitor.to_neo().analogsignals}
    assert signals.keys() == ours.keys() == {"u", "w", "traces", "tau"}
    for name, signal in signals.items():
        # With their factor, so that a second is not taken for a millisecond.
        assert float((1.0 * signal.units).rescale(ours[name].units)) == pytest.approx(1.0, rel=1e-12)
        assert np.array_equal(signal.magnitude, ours[name].magnitude)
        np.testing.assert_allclose(signal.times.rescale("ms").magnitude, monitor.times(name), rtol=1e-12)
        assert signal.annotations["notes"] == {"neuron": PLACES}
    io.close()


def test_it_is_valid(path: Path) -> None:
    assert pynwb.validate(path=str(path)) == []


def test_spikes_or_states_alone(tmp_path: Path) -> None:
    silent = cns.LIFPopulation(3, dt=1.0)
    spikes, states = cns.Monitor(silent, ["s"]), cns.Monitor(silent, ["u"])
    for _ in range(4):
        silent.forward(0.0)
        spikes.record()
        states.record()
    with pynwb.NWBHDF5IO(str(spikes.to_nwb(tmp_path / "s.nwb")), "r") as io:
        file = io.read()
        assert not file.acquisition and len(file.units) == 3
        assert all(len(file.units["spike_times"][row]) == 0 for row in range(3))
    with pynwb.NWBHDF5IO(str(states.to_nwb(tmp_path / "u.nwb")), "r") as io:
        file = io.read()
        assert file.units is None and file.acquisition["u"].data.shape == (4, 3)
    assert pynwb.validate(path=str(tmp_path / "s.nwb")) == pynwb.validate(path=str(tmp_path / "u.nwb")) == []


def test_recordings_that_were_opened(monitor: cns.Monitor, tmp_path: Path) -> None:
    again = cns.open(monitor.save(tmp_path / "m.npz"))
    with pynwb.NWBHDF5IO(str(again.to_nwb(tmp_path / "m.nwb")), "r") as io:
        file = io.read()
        same_spikes(monitor, [file.units["spike_times"][row] for row in range(4)])
        assert np.array_equal(file.acquisition["u"].data[:], monitor.get("u").numpy())
        assert json.loads(file.notes)["seed"] == 11


def test_nobody_elses_logging_is_touched(
    monitor: cns.Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        monitor.to_nwb(tmp_path / "m.nwb")
    assert not caplog.records


def test_nothing_is_written_over(monitor: cns.Monitor, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(errors.StateError, match=r"m\.nwb, which exists"):
        monitor.to_nwb(path)
    assert path.read_bytes() == before


def test_whole_or_not_at_all(monitor: cns.Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pynwb.NWBHDF5IO, "write", fail)
    with pytest.raises(OSError, match="no space"):
        monitor.to_nwb(tmp_path / "m.nwb")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(monitor: cns.Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("neo", "pynwb"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            with pytest.raises(errors.MissingExtraError, match=rf"{package}.*cnsproject\[io\]"):
                monitor.to_nwb(tmp_path / "m.nwb")


def fresh(*names: Any) -> cns.Monitor:
    return cns.Monitor(cns.LIFPopulation(2, dt=1.0, name="exc"), list(names))


def with_reset() -> cns.Monitor:
    monitor = fresh("s")
    for _ in range(2):
        monitor.obj.reset_state_variables()
        monitor.obj.forward(0.0)
        monitor.record()
    return monitor


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "another ending": (lambda: fresh("s").to_nwb("x.h5"), errors.ArgumentError, ["exc", "to_nwb(path)", "'x.h5'", ".nwb"]),
    "no path": (lambda: fresh("s").to_nwb(None), errors.ArgumentError, ["to_nwb(path)", "None"]),  # type: ignore[arg-type]
    "nothing recorded": (lambda: fresh("u").to_nwb("x.nwb"), errors.ArgumentError, ["exc", "u without a row"]),
    "only a mean": (lambda: fresh(cns.Mean("u")).to_nwb("x.nwb"), errors.ArgumentError, ["mean(u)"]),
    "a reset": (lambda: with_reset().to_nwb("x.nwb"), errors.StateError, ["exc", "ascend evenly"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
    assert list(tmp_path.iterdir()) == []
