"""Spike files are what the SONATA guide says, and what is none of them gives no numbers."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import errors
from cnsproject.storage.sonata import SORTING, read_spikes, write_spikes

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1).filter(
    lambda n: n != "."
)
SPIKE = st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**63 - 1))


def arrays(spikes: list[tuple[float, int]]) -> tuple[Any, Any]:
    return np.array([t for t, _ in spikes], np.float64), np.array([n for _, n in spikes], np.int64)


@given(populations=st.dictionaries(NAMES, st.lists(SPIKE), max_size=4))
def test_any_spikes_come_back(populations: dict[str, list[tuple[float, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_spikes(Path(folder) / "new" / "spikes.h5", {n: arrays(s) for n, s in populations.items()})
        assert [p.name for p in path.parent.iterdir()] == ["spikes.h5"]
        found = read_spikes(path)
    assert {n: list(zip(t.tolist(), i.tolist(), strict=True)) for n, (t, i) in found.items()} == {
        name: sorted(spikes) for name, spikes in populations.items()
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    times = np.array([0.5, 0.1, 30.0, 0.5])
    exc = (np.tile(times, 100), np.repeat(np.arange(100), 4))
    return write_spikes(tmp_path / "spikes.h5", {"exc": exc, "inh": (np.empty(0), np.empty(0, np.int64))})


def test_the_layout(path: Path) -> None:
    with h5py.File(path, "r") as file:
        assert file.attrs["magic"] == 0x0A7A and file.attrs["magic"].dtype == np.uint32
        assert file.attrs["version"].tolist() == [0, 1] and file.attrs["version"].dtype == np.uint32
        assert list(file) == ["spikes"] and sorted(file["spikes"]) == ["exc", "inh"]
        for group in file["spikes"].values():
            enum = h5py.check_enum_dtype(group.attrs.get_id("sorting").dtype)
            assert enum == {"none": 0, "by_id": 1, "by_time": 2} and group.attrs["sorting"] == 2
            assert sorted(group) == ["node_ids", "timestamps"]
            times, nodes = group["timestamps"], group["node_ids"]
            assert (times.dtype, nodes.dtype) == (np.float64, np.uint64) and times.shape == nodes.shape
            assert times.attrs["units"] == "ms"
            assert (np.diff(times[()]) >= 0).all()
        assert file["spikes/exc/timestamps"].shape == (400,) and file["spikes/inh/timestamps"].shape == (0,)


def test_the_reader_of_the_blue_brain_project(path: Path) -> None:
    if os.environ.get("CNS_REQUIRE") != "all" or sys.platform != "linux":  # where it is installed
        pytest.importorskip("libsonata")
    import libsonata

    reader = libsonata.SpikeReader(str(path))
    assert sorted(reader.get_population_names()) == ["exc", "inh"]
    exc = reader["exc"]
    assert exc.sorting == "by_time" and exc.time_units == "ms"
    times, neurons = read_spikes(path)["exc"]
    assert exc.get() == list(zip(neurons.tolist(), times.tolist(), strict=True)) and len(times) == 400
    assert reader["inh"].get() == []


@pytest.mark.parametrize("sorting", [None, "none", "by_id", "by_time"])
def test_files_of_others(tmp_path: Path, sorting: str | None) -> None:
    """Single precision, other integers, another order, and units written out."""
    path = tmp_path / "spikes.h5"
    with h5py.File(path, "w") as file:
        file.attrs["magic"] = np.array([0x0A7A])
        group = file.create_group("spikes/cells")
        group["timestamps"] = np.array([7.5, 2.0, 7.5], np.float32)
        group["timestamps"].attrs["units"] = np.bytes_("milliseconds")
        group["node_ids"] = np.array([4, 1, 0], np.uint32)
        if sorting:
            group.attrs.create("sorting", SORTING[sorting], dtype=h5py.enum_dtype(SORTING))
    times, neurons = read_spikes(path)["cells"]
    assert (times.tolist(), neurons.tolist()) == ([2.0, 7.5, 7.5], [1, 0, 4])
    assert (times.dtype, neurons.dtype) == (np.float64, np.int64)


def test_cut_off_anywhere(path: Path) -> None:
    whole = path.read_bytes()
    for length in [0, 1, 8, *range(50, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(errors.RecordingError, match="cannot be read"):
            read_spikes(path)


def test_an_altered_number_is_seen(path: Path) -> None:
    whole = path.read_bytes()
    place = whole.index(np.full(100, 30.0).tobytes())
    for at in range(place, place + 800, 61):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(errors.RecordingError, match="cannot be read"):
            read_spikes(path)


def without(name: str) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]

    return change


def replaced(name: str, values: Any, units: Any = "ms") -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[name]
        file[name] = values
        file[name].attrs["units"] = units

    return change


TIMES, NODES = "spikes/exc/timestamps", "spikes/exc/node_ids"
WRONG: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    "no magic": (lambda f: f.attrs.__delitem__("magic"), ["magic = None", "0x0a7a"]),
    "other magic": (lambda f: f.attrs.__setitem__("magic", 7), ["magic = 7"]),
    "text as magic": (lambda f: f.attrs.__setitem__("magic", "SONATA"), ["cannot be read"]),
    "no spikes": (without("spikes"), ["no group 'spikes'"]),
    "no populations": (replaced("spikes/exc", [1.0, 2.0]), ["/spikes/exc", "no group", "each population"]),
    "no times": (without(TIMES), ["timestamps = None"]),
    "no neurons": (without(NODES), ["node_ids = None"]),
    "fewer times": (replaced(TIMES, [1.0, 2.0]), ["2 times and 400 neurons"]),
    "a table of times": (replaced(TIMES, np.ones((400, 2))), ["timestamps", "(400, 2)"]),
    "whole times": (replaced(TIMES, np.ones(400, int)), ["timestamps", "series of numbers"]),
    "seconds": (replaced(TIMES, np.ones(400), "s"), ["units = s", "units = ms"]),
    "no units": (lambda f: f[TIMES].attrs.__delitem__("units"), ["units = None"]),
    "NaN": (replaced(TIMES, np.full(400, np.nan)), ["finite times"]),
    "below 0": (replaced(NODES, np.full(400, -1)), ["neurons from 0 on"]),
    "beyond int64": (replaced(NODES, np.full(400, 2**63, np.uint64)), ["neurons from 0 on"]),
    "neurons by name": (replaced(NODES, ["a"] * 400), ["node_ids", "series of numbers"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_spike_file(path: Path, case: str) -> None:
    change, parts = WRONG[case]
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(errors.RecordingError) as caught:
        read_spikes(path)
    assert all(part in str(caught.value) for part in [*parts, path.name, "SONATA", "Fix: "]), str(caught.value)


def test_no_file_and_no_hdf5(tmp_path: Path) -> None:
    with pytest.raises(errors.RecordingError, match="no file"):
        read_spikes(tmp_path)
    (tmp_path / "spikes.h5").write_text("time,neuron\n1.0,2\n")
    with pytest.raises(errors.RecordingError, match="cannot be read"):
        read_spikes(tmp_path / "spikes.h5")
