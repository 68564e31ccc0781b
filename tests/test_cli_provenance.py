"""`cns show` and `cns run --again`: what a file says about its origin, and the same result from it, bit for bit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnsproject
from cnsproject import LIFPopulation, Monitor, Network, circumstances, cli
from cnsproject.cli.again import first_difference
from cnsproject.storage import load_arrays, save_arrays, save_json

Cns = Callable[..., tuple[int, str, str]]
SHORT = ("--set", "fi_time=400", "--set", "points=4")


@pytest.fixture
def cns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cns:
    """Runs a command; exit code, output, errors."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cns", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cns run` wrote, by a process of its own."""
    folder = tmp_path_factory.mktemp("runs") / "random"
    command = [sys.executable, "-c", "from cnsproject.cli import main; main()", "run", "two_random_currents"]
    command += ["--seed", "7", "--set", "J1=5", "--set", "time=300", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder.parent)
    return folder


@pytest.fixture
def written(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "random"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Again


@pytest.mark.parametrize("name", ["", "parameters.json", "recordings.npz"])
def test_again_is_the_same(written: Path, cns: Cns, name: str) -> None:
    before = contents(written.parent)
    code, out, err = cns("run", "--again", written / name)
    assert (code, err) == (0, "")
    assert "two_random_currents: the same, bit for bit (6 arrays of" in out
    assert contents(written.parent) == before


@pytest.mark.parametrize("executor", ["cpu", "eager"])
def test_the_executor_is_that_of_the_file(tmp_path: Path, cns: Cns, executor: str) -> None:
    words = ("run", "connected", "--set", "time=200", "--executor", executor, "--out", tmp_path / "run")
    assert cns(*words)[0] == 0
    assert cns("run", "--again", tmp_path / "run", "--out", tmp_path / "again")[0] == 0
    again = json.loads((tmp_path / "again" / "parameters.json").read_text())
    assert (again["executor"], again["parameters"]["time"]) == (executor, 200)


@pytest.mark.parametrize(
    "words", [("lif-step", "--set", "I=1.4"), ("lif-noise", "--seed", "3", "--set", "trials=1")], ids=" ".join
)
def test_single_neurons_again(tmp_path: Path, cns: Cns, words: tuple[str, ...]) -> None:
    assert cns("run", *words, *SHORT, "--out", tmp_path / "run")[0] == 0
    code, out, _ = cns("run", "--again", tmp_path / "run", "--out", tmp_path / "again")
    assert code == 0
    assert "the same, bit for bit" in out
    pictures = [(tmp_path / name / "figure.png").read_bytes() for name in ("run", "again")]
    assert pictures[0] == pictures[1]


def test_with_a_folder_for_it_the_new_run_is_written(written: Path, tmp_path: Path, cns: Cns) -> None:
    code, out, _ = cns("run", "--again", written, "--out", tmp_path / "new")
    assert code == 0
    assert "written to" in out
    old, new = (load_arrays(folder / "recordings.npz") for folder in (written, tmp_path / "new"))
    assert "--again" in str(new.pop("about"))
    assert "--again" not in str(old.pop("about"))
    assert first_difference(old, new) is None
    code, _, err = cns("run", "--again", written, "--out", tmp_path / "new")
    assert code == 2
    assert "--force" in err


def test_a_flipped_bit_is_found(written: Path, cns: Cns) -> None:
    arrays = load_arrays(written / "recordings.npz")
    bits = arrays["u2"].view(np.uint32)
    bits[17, 3] ^= 1
    save_arrays(written / "recordings.npz", arrays)
    code, out, _ = cns("run", "--again", written)
    assert code == 1
    assert "not the same" in out
    assert "u2[17, 3] is" in out
    assert "(1 of 1200 differ)" in out


def test_any_bit_of_the_file_that_matters_is_found(written: Path, cns: Cns) -> None:
    raw = (written / "recordings.npz").read_bytes()
    with zipfile.ZipFile(written / "recordings.npz") as archive:
        entry = archive.getinfo("u1.npy")
    place = entry.header_offset + 60 + entry.compress_size // 2  # within the data
    (written / "recordings.npz").write_bytes(raw[:place] + bytes([raw[place] ^ 16]) + raw[place + 1 :])
    code, _, err = cns("run", "--again", written)
    assert code == 2
    assert "expected a whole .npz" in err


def test_another_parameter_is_another_result(written: Path, cns: Cns) -> None:
    record = json.loads((written / "parameters.json").read_text())
    record["parameters"]["J1"] = 5.5
    save_json(written / "parameters.json", record)
    code, out, _ = cns("run", "--again", written / "parameters.json")
    assert code == 1
    assert "s2[0, 97] is np.True_ in the file, np.False_ now" in out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"parameters": {"J1": 1}}, "those of this experiment"),
        ({"parameters": {}}, "those of this experiment"),
        ({"parameters": None}, "those of this experiment"),
        ({"experiment": "two_random_current"}, "did you mean 'two_random_currents'?"),
        ({"experiment": None}, "experiment"),
    ],
    ids=str,
)
def test_a_record_of_nothing_that_there_is(written: Path, cns: Cns, change: dict[str, Any], says: str) -> None:
    record = json.loads((written / "parameters.json").read_text())
    save_json(written / "parameters.json", record | change)
    code, _, err = cns("run", "--again", written / "parameters.json")
    assert code == 2
    assert says in err
    record.pop("seed")
    save_json(written / "parameters.json", record)
    assert "nothing on 'seed'" in cns("run", "--again", written / "parameters.json")[2]
    (written / "recordings.npz").unlink()
    save_json(written / "parameters.json", record | {"seed": 1})
    assert "recordings.npz" in cns("run", "--again", written)[2]


def test_other_versions_and_machines_are_told(written: Path, cns: Cns, monkeypatch: pytest.MonkeyPatch) -> None:
    here = circumstances.circumstances()
    other = here | {"versions": here["versions"] | {"torch": "9.9"}, "machine": here["machine"] | {"memory (GB)": 1}}
    monkeypatch.setattr("cnsproject.cli.again.circumstances", lambda: other)
    code, _, err = cns("run", "--again", written)
    assert code == 0
    assert err == f"cns: written with other versions: torch {here['versions']['torch']} (here 9.9)\n"
    other["machine"] = here["machine"] | {"processor": "abacus"}
    assert "other machine: processor" in cns("run", "--again", written)[2]


@pytest.mark.parametrize(
    "beside", [("connected",), ("--J1", "2"), ("--set", "J1=2"), ("--seed", "0"), ("--executor", "cpu")]
)
def test_nothing_stands_beside_again(written: Path, cns: Cns, beside: tuple[str, ...]) -> None:
    code, _, err = cns("run", "--again", written, *beside)
    assert code == 2
    assert "which says all that" in err


def test_neither_name_nor_file(cns: Cns) -> None:
    code, _, err = cns("run")
    assert code == 2
    assert "or --again FILE" in err


ONE, NAN = np.array([1.0, -0.0, np.nan]), np.array([np.nan])
DIFFERENT = [
    ({"a": ONE}, {"a": ONE.copy()}, None),
    ({"a": ONE}, {"a": np.array([1.0, 0.0, np.nan])}, r"a[1] is np.float64(-0.0) in the file, np.float64(0.0) now"),
    ({"a": ONE}, {"a": ONE, "b": ONE}, "b is only in the new run"),
    ({"a": ONE, "b": ONE}, {"a": ONE}, "b is only in the file"),
    ({"a": ONE}, {"a": ONE.astype(np.float32)}, "a has float64 of shape (3,) in the file, float32 of shape (3,) now"),
    ({"a": ONE}, {"a": ONE[None]}, "a has float64 of shape (3,)"),
    ({"a": np.array(1)}, {"a": np.array(2)}, "a is np.int64(1) in the file"),
    ({"a": np.empty((0, 2))}, {"a": np.empty((0, 2))}, None),
    ({"a": np.eye(2) > 0}, {"a": np.eye(2)[::-1] > 0}, "a[0, 0] is np.True_"),
    ({"a": np.eye(3)[:, 1]}, {"a": np.eye(3)[1]}, None),
]


@pytest.mark.parametrize(("before", "after", "says"), DIFFERENT)
def test_what_differs_first(before: dict[str, Any], after: dict[str, Any], says: str | None) -> None:
    found = first_difference(before, after)
    assert found is None if says is None else says in str(found)


# Show


@pytest.mark.parametrize("name", ["", "parameters.json", "recordings.npz"])
def test_a_run_shows_its_origin(written: Path, cns: Cns, name: str) -> None:
    code, out, _ = cns("show", written / name)
    assert code == 0
    table = dict(line.split(None, 1) for line in out.splitlines()[1:] if len(line.split(None, 1)) == 2)
    assert out.startswith("cnsproject experiment ")
    assert table["J1"] == "5.0"
    assert table["executor"] == "by hand"
    assert table["cnsproject"] == cnsproject.__version__
    code, out, _ = cns("show", written / name, "--json")
    about = json.loads(out)
    assert about["kind"] == "cnsproject experiment"
    assert about["seed"] == json.loads((written / "parameters.json").read_text())["seed"]


def saved(folder: Path) -> Network:
    net = Network(dt=0.5, seed=1)
    cells = net.add_layer(LIFPopulation(30, tau=np.arange(30) + 5.0), "cells")
    monitor = net.add_monitor(Monitor(cells, ["s", "u"]), "cells")
    net.run(50, {"cells": 25.0})
    net.save(folder / "net.cns")
    monitor.save(folder / "cells.npz")
    return net


def test_a_network_and_a_recording(tmp_path: Path, cns: Cns) -> None:
    net = saved(tmp_path)
    for name, kind in (("net.cns", "cnsproject network"), ("cells.npz", "cnsproject recording")):
        code, out, _ = cns("show", tmp_path / name)
        assert code == 0
        assert out.startswith(kind)
        assert "5.0 ... 34.0 ms, mean 19.5, shape 30, an array, hash " in out
        assert "du/dt = " in out
        code, out, _ = cns("show", tmp_path / name, "--json")
        about = json.loads(out)
        assert about["versions"] == dict(circumstances.versions())
        network = about if kind.endswith("network") else about["network"]
        assert network["layers"] == json.loads(json.dumps(net.provenance()["layers"]))


def test_a_folder_that_a_monitor_wrote_to(tmp_path: Path, cns: Cns) -> None:
    pytest.importorskip("zarr")
    net = Network(dt=0.5, seed=7)
    cells = net.add_layer(LIFPopulation(30, tau=11.0), "cells")
    net.add_monitor(Monitor(cells, ["u"], store=tmp_path / "m.zarr"), "cells")
    net.run(50, {"cells": 25.0})
    code, out, _ = cns("show", tmp_path / "m.zarr")
    assert code == 0
    assert out.startswith("cnsproject recording")
    assert "tau          11.0 ms" in out
    about = json.loads(cns("show", tmp_path / "m.zarr", "--json")[1])
    assert (about["seed"], about["network"]["executor"]["name"]) == (7, "cpu")
    cells.tau = 12.0
    net.run(50, {"cells": 25.0}, executor="eager")
    about = json.loads(cns("show", tmp_path / "m.zarr", "--json")[1])
    assert about["parameters"]["tau"]["value"] == 12.0
    assert about["network"]["executor"]["name"] == "eager"
    assert cns("run", "--again", tmp_path / "m.zarr")[0] == 2


def test_a_zarr_folder_of_others(tmp_path: Path, cns: Cns) -> None:
    for attributes in ({}, {"cnsproject": {}}, {"cnsproject": {"record": {"format": "cnsproject recording"}}}):
        folder = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
        save_json(tmp_path / "m.zarr" / "zarr.json", folder)
        assert cns("show", tmp_path / "m.zarr")[0] == 2


def test_no_array_is_read(tmp_path: Path, cns: Cns) -> None:
    """Arrays that cannot be read are none that are."""
    saved(tmp_path)
    raw = bytearray((tmp_path / "net.cns").read_bytes())
    raw[-40:] = b"x" * 40
    (tmp_path / "net.cns").write_bytes(raw)
    with zipfile.ZipFile(tmp_path / "cells.npz") as archive:
        entry = archive.getinfo("u.npy")
    raw = bytearray((tmp_path / "cells.npz").read_bytes())
    place = entry.header_offset + 60 + entry.compress_size // 2
    raw[place : place + 40] = b"x" * 40
    (tmp_path / "cells.npz").write_bytes(raw)
    with pytest.raises(cnsproject.errors.CheckpointError):
        Network.load(tmp_path / "net.cns")
    with pytest.raises((zipfile.BadZipFile, zlib.error)):
        load_arrays(tmp_path / "cells.npz")
    assert cns("show", tmp_path / "net.cns")[0] == cns("show", tmp_path / "cells.npz")[0] == 0


def test_what_none_of_ours_is(tmp_path: Path, cns: Cns, written: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("text")
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "broken.json").write_bytes(b"{\xff")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
    np.savez(tmp_path / "other.npz", a=1)
    np.savez(tmp_path / "about.npz", about="{}")
    np.savez(tmp_path / "pickle.npz", about=np.array({"a": 1}, dtype=object))
    others = [path for path in tmp_path.iterdir() if path != written]
    assert len(others) == 9
    for path in (*others, tmp_path / "nothing", written / "figure.png"):
        code, out, err = cns("show", path)
        assert (code, out) == (2, ""), path
        assert str(path) in err
        assert cns("run", "--again", path)[0] == 2


def test_again_of_what_a_script_made_names_the_script_and_its_commit(
    tmp_path: Path, cns: Cns, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = circumstances.circumstances() | {"script": "/home/a/run.py", "git": {"commit": "abc123", "changed": True}}
    for module in ("network.provenance", "network.network"):
        monkeypatch.setattr(f"cnsproject.{module}.circumstances", lambda: made)
    saved(tmp_path)
    for name in ("cells.npz", "net.cns"):
        code, _, err = cns("run", "--again", tmp_path / name)
        assert code == 2
        assert "/home/a/run.py at commit abc123, with changes that are in no commit" in err
        assert ("cns resume" in err) == (name == "net.cns")


# Pictures


def test_pictures_tell_experiment_seed_and_versions(written: Path) -> None:
    seed = json.loads((written / "parameters.json").read_text())["seed"]
    told = f"seed {seed}, executor by hand, cnsproject {cnsproject.__version__}, torch "
    assert f"Description\0{told}".encode() in (written / "figure.png").read_bytes()
    svg = (written / "figure.svg").read_text()
    assert told in svg
    assert "cnsproject: two_random_currents" in svg
