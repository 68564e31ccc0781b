"""Recordings in files: `.npz`, written at once, and the Zarr folder that a monitor with `store=` writes to."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from cnsproject.errors import ArgumentError, RecordingError
from cnsproject.network.monitors.contents import Array, Contents
from cnsproject.network.monitors.stored import FORMAT, VERSION, StoredContents, describe
from cnsproject.storage import load_arrays, read_rows, read_whole, record_of, save_arrays, seal

ENDING = ".npz"
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile, EOFError, zlib.error)


def save_recording(contents: Contents, path: str | Path) -> Path:
    """All arrays, and `about` as JSON."""
    if not isinstance(path, str | Path) or Path(path).suffix != ENDING:
        raise ArgumentError(
            f"{contents.owner}.save(path)", got=repr(path), expected=f"a path that ends in {ENDING}",
            fix="write monitor.save('recording.npz'), or record with store='recording.zarr'",
        )  # fmt: skip
    spikes = contents.spike_table()
    arrays = {**contents.table(), **spikes, **contents.coordinates(), **contents.parameters()}
    events = len(spikes["spike_time"].values) if spikes else 0
    about = {
        **describe(contents, events),
        "units": {name: labelled.unit for name, labelled in arrays.items()},
        "dims": {name: labelled.dims for name, labelled in arrays.items()},
    }
    values = {name: labelled.values for name, labelled in arrays.items()}
    about["sha256"] = _seal(about, values)
    return save_arrays(Path(path), {**values, "about": np.array(json.dumps(about))})


def _seal(about: dict[str, Any], arrays: dict[str, Array]) -> str:
    """What a zip file checks by itself ends with the first byte that numpy does not ask for."""
    record = {name: value for name, value in about.items() if name != "sha256"}
    return seal(FORMAT, VERSION, record, {name: array for name, array in arrays.items() if name != "about"})


def contents_of(path: Path) -> StoredContents:
    """The contents of a file or folder. Raises RecordingError where there is none."""
    if path.is_dir():
        return _contents_of_folder(path)
    try:
        arrays = load_arrays(path)
        record = json.loads(str(arrays["about"]))
        if _seal(record, arrays) != record["sha256"]:
            raise ValueError("contents without the hash that was written with them")
    except _UNREADABLE as error:
        got = "no such file" if not path.exists() else f"a file that cannot be read ({error})"
        raise RecordingError(
            str(path), got=got, expected="what Monitor.save or a monitor with store= wrote", fix="check the path"
        ) from None

    def read(name: str) -> Array:
        if name not in arrays:
            raise RecordingError(
                str(path), got=f"no {name}", expected="all that was saved", fix="use another copy of the file"
            )
        return arrays[name]

    return StoredContents(str(path), record, read)


def _contents_of_folder(path: Path) -> StoredContents:
    record = record_of(path)
    contents = StoredContents(str(path), record, lambda name: _read(path, record, contents, name))
    return contents


def _read(path: Path, record: dict[str, Any], contents: StoredContents, name: str) -> Array:
    """An array of a folder: so many rows of it as the record counts."""
    if name in contents.names and contents.kind(name) == "rows":
        return read_rows(path, name, contents.rows.count)
    if name.startswith("spike_"):
        return read_rows(path, name, record["events"]) if record["events"] else np.empty(0, np.int64)
    if name in contents.names:
        return read_whole(path / str(record["results"]), name)
    return read_whole(path, name)
