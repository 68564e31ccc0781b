"""A record and its arrays in one file, with a hash of all of it: safetensors, the record as JSON in its header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cnsproject.errors import CheckpointError
from cnsproject.storage.files import UNREADABLE, whole

_HEAD = "cnsproject"
Arrays = Mapping[str, npt.NDArray[Any]]


def save_sealed(path: Path, kind: str, version: int, record: Mapping[str, Any], arrays: Arrays) -> Path:
    """Write a record (what JSON can say, finite numbers) and arrays; `kind` and `version` say how they are meant.

    The file is there whole or not at all; one of that name is replaced. Raises OSError or CheckpointError where it
    cannot be written.
    """
    arrays = {n: a.astype(a.dtype.newbyteorder("="), order="C", copy=False) for n, a in arrays.items()}
    head = {"kind": kind, "version": version, "sha256": seal(kind, version, record, arrays), "record": record}
    with whole(path) as temporary:
        try:
            save_file(dict(arrays), temporary, metadata={_HEAD: _text(head)})
        except SafetensorError as error:
            raise CheckpointError(
                str(path), got=f"an error while writing ({error})", expected="a file that can be written",
                fix="look whether the folder can be written and the disk has room",
            ) from None  # fmt: skip
    return path


def load_sealed(path: Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The record and the arrays of a file. Raises CheckpointError when it is not exactly what was written.

    version  the newest one that the caller understands
    """
    if not path.is_file():
        raise CheckpointError(str(path), got="no file", expected=f"a {kind}", fix="check the path")
    try:
        with safe_open(path, framework="np") as file:
            arrays = file.get_tensors()
            head = json.loads((file.metadata() or {}).get(_HEAD, "{}"))
    except (SafetensorError, *UNREADABLE) as error:
        raise _broken(path, kind, f"bytes that cannot be read ({error})") from None
    if not isinstance(head, dict) or head.get("kind") != kind:
        raise CheckpointError(
            str(path), got="a file of another kind", expected=f"a {kind}", fix="give a file that was written as one"
        )
    found, record = head.get("version"), head.get("record")
    if not isinstance(found, int) or not isinstance(record, dict):
        raise _broken(path, kind, f"version {found!r}")
    if found > version:
        raise CheckpointError(
            str(path), got=f"format {found}", expected=f"one up to {version}, which this version of cnsproject reads",
            fix="update cnsproject: the file was written by a newer one",
        )  # fmt: skip
    if seal(kind, found, record, arrays) != head.get("sha256"):
        raise _broken(path, kind, "contents that do not have the hash that was written with them")
    return record, arrays


def head_of(path: Path) -> dict[str, Any]:
    """What is written before the arrays, {} for a file of another origin. Nothing is verified, no array is read.

    Raises ValueError or OSError where there is no such file.
    """
    try:
        with safe_open(path, framework="np") as file:
            head = json.loads((file.metadata() or {}).get(_HEAD, "{}"))
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    return head if isinstance(head, dict) else {}


def _text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, allow_nan=False, separators=(",", ":"))


def seal(kind: str, version: int, record: Mapping[str, Any], arrays: Arrays) -> str:
    """A hash of everything that is written, the names, types and shapes of the arrays too."""
    digest = hashlib.sha256()
    shapes = [(name, str(arrays[name].dtype), arrays[name].shape) for name in sorted(arrays)]
    digest.update(json.dumps([kind, version, record, shapes]).encode())
    for name in sorted(arrays):
        digest.update(arrays[name].reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _broken(path: Path, kind: str, got: str) -> CheckpointError:
    return CheckpointError(
        str(path), got=got, expected=f"a whole {kind}, as it was written",
        fix="use another copy: this one was cut off or altered",
    )  # fmt: skip
