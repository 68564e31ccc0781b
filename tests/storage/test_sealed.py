"""A sealed file gives what was written, or an error of ours; whatever happened to its bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from cnsproject.errors import CheckpointError
from cnsproject.storage import load_sealed, save_sealed

RECORD: dict[str, Any] = {"a": [1, 2.5, None, True, "text \u00fc"], "b": {"c": 0.1}}
ARRAYS = {
    "0": np.arange(7, dtype=np.float32), "1": np.array(3.0), "2": np.zeros((0, 3), np.int32),
    "3": np.array([[True, False]]), "4": np.arange(3, dtype=np.uint16), "5": np.arange(6.0).reshape(2, 3).T,
    "6": np.arange(3, dtype=">i8"), "7": np.arange(8)[::2],
}  # fmt: skip


def sealed(folder: Path) -> Path:
    return save_sealed(folder / "file", "box", 3, RECORD, ARRAYS)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sealed(tmp_path_factory.mktemp("sealed")).read_bytes()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    record, arrays = load_sealed(sealed(tmp_path), "box", 3)
    assert record == RECORD
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].shape == array.shape
        assert arrays[name].dtype == array.dtype.newbyteorder("=")
        assert (arrays[name] == array).all()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    assert sealed(tmp_path / "one").read_bytes() == sealed(tmp_path / "two").read_bytes()


def read(folder: Path, content: bytes) -> Any:
    path = folder / "altered"
    path.write_bytes(content)
    return load_sealed(path, "box", 3)


FUZZ = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(data=st.data())
def test_any_flipped_bit_is_seen(raw: bytes, tmp_path: Path, data: st.DataObject) -> None:
    place, bit = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 7))
    with pytest.raises(CheckpointError):
        read(tmp_path, raw[:place] + bytes([raw[place] ^ (1 << bit)]) + raw[place + 1 :])


@FUZZ
@given(data=st.data())
def test_a_file_that_was_cut_or_filled_is_seen(raw: bytes, tmp_path: Path, data: st.DataObject) -> None:
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    other = data.draw(st.binary(max_size=20))
    content = raw[:first] + other + raw[last:]
    try:
        record, arrays = read(tmp_path, content)
    except CheckpointError:
        assert content != raw
    else:  # such as another space for one behind the header
        assert record == RECORD
        assert all((arrays[name] == array).all() for name, array in ARRAYS.items())


@FUZZ
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CheckpointError):
        read(tmp_path, content)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = sealed(tmp_path)
    with pytest.raises(CheckpointError, match=r"got format 3, expected one up to 2.*Fix: update cnsproject"):
        load_sealed(path, "box", 2)
    with pytest.raises(CheckpointError, match=r"got a file of another kind, expected a cup"):
        load_sealed(path, "cup", 3)
    with pytest.raises(CheckpointError, match=r"got no file"):
        load_sealed(tmp_path / "nothing", "box", 3)
    with pytest.raises(CheckpointError, match=r"got no file"):
        load_sealed(tmp_path, "box", 3)
    save_file({"x": np.zeros(2)}, tmp_path / "other")
    with pytest.raises(CheckpointError, match=r"got a file of another kind"):
        load_sealed(tmp_path / "other", "box", 3)
    head = {"kind": "box", "version": 3, "record": {}, "sha256": ""}
    save_file({}, tmp_path / "forged", metadata={"cnsproject": json.dumps(head)})
    with pytest.raises(CheckpointError, match=r"hash"):
        load_sealed(tmp_path / "forged", "box", 3)


def test_an_error_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sealed(tmp_path)
    before = path.read_bytes()

    def fail(_: object, name: Path, **__: object) -> None:
        name.write_bytes(before[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr("cnsproject.storage.sealed.save_file", fail)
    with pytest.raises(KeyboardInterrupt):
        sealed(tmp_path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
