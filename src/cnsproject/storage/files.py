"""Small results in files that are there whole or not at all."""

from __future__ import annotations

import json
import struct
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ArgumentError, StateError

# What a parser may raise when it is given anything but what it expects.
UNREADABLE = (
    OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, EOFError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The name of a file to write, which takes the place of `path` when that went well, and else is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.{path.name}")  # with its ending, which some libraries look at
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """Call `write` with an open file that becomes `path` only when it is complete."""
    with whole(path) as temporary, temporary.open("xb") as file:
        write(file)
    return path


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Arrays by name as a compressed `.npz`."""
    named: dict[str, Any] = dict(arrays)
    return write_whole(path, lambda file: np.savez_compressed(file, **named))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a `.npz` by name. Raises one of UNREADABLE when it is not there, was cut off or altered."""
    # Opened here, since numpy does not close what is no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def save_json(path: Path, record: Mapping[str, Any]) -> Path:
    """A record as JSON, indented."""
    return write_whole(path, lambda file: file.write((json.dumps(record, indent=2) + "\n").encode()))


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise a StateError when results would be written over others; `force` allows it for a folder."""
    if path.exists() and (not path.is_dir() or not force):
        raise StateError(
            f"folder {path}",
            got="a path that exists",
            expected="a new one",
            fix="name another with --out, or add --force",
        )


def new_file(what: str, path: object, endings: tuple[str, ...]) -> Path:
    """`path` as one with one of these endings, where there is nothing yet; `what` names it in the error.

    Raises ArgumentError for another ending, StateError for a path that exists.
    """
    if not isinstance(path, str | Path) or Path(path).suffix not in endings:
        raise ArgumentError(
            what, got=repr(path), expected="a path that ends in " + " or ".join(endings),
            fix=f"write 'recording{endings[0]}'",
        )  # fmt: skip
    if Path(path).exists():
        raise StateError(what, got=f"{path}, which exists", expected="a new file", fix="name another, or remove it")
    return Path(path)
