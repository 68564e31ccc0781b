"""`Stream`: growing arrays and a record in a Zarr folder; everything up to the last commit survives a kill."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra
from cnsproject.errors import RecordingError

if TYPE_CHECKING:
    import zarr

Array = npt.NDArray[Any]
HEAD, ROOT = "cnsproject", "zarr.json"
_CHUNK = 2**20  # bytes of a block, as far as that is a whole number of rows


class Labelled(NamedTuple):
    """Numbers with the names of their dimensions and their unit."""

    dims: tuple[str, ...]
    values: Array
    unit: str


class Stream:
    """Arrays (rows, ...) by name to which rows are added, and a record that says what they mean.

    Zarr 3 writes every file under another name and then renames it. So a block is there whole or not at all, and so is
    the record, which is written last and has to say how many rows count; what lies behind them does not. A commit by
    somebody else in between is noticed, and refused. Raises RecordingError for what cannot be written.
    """

    def __init__(self, path: Path, group: zarr.Group, token: str) -> None:
        self.path, self._group, self._tokens = path, group, {token}
        self._arrays: dict[str, zarr.Array[Any]] = {}

    @classmethod
    def create(cls, path: Path, record: Mapping[str, Any]) -> Self:
        """A new folder."""
        token = uuid.uuid4().hex
        with writing(path):
            group = extra("zarr", "io").create_group(str(path), zarr_format=3, attributes=_sealed(record, token))
        return cls(path, group, token)

    @classmethod
    def extend(cls, path: Path) -> Self:
        """The stream of a folder, to go on with."""
        token = _head(path)["token"]
        with writing(path):
            for left in path.rglob("*.partial"):
                left.unlink(missing_ok=True)  # of a write that was killed
            return cls(path, extra("zarr", "io").open_group(str(path), mode="r+", use_consolidated=False), token)

    def write(self, name: str, first: int, rows: Labelled) -> None:
        """Write the rows of an array from `first` on."""
        values = rows.values
        with writing(self.path), extra("zarr", "io").config.set({"array.write_empty_chunks": True}):
            array = self._arrays[name] if name in self._arrays else self._array(name, rows)
            if array.shape[0] < first + len(values):
                array.resize((first + len(values), *array.shape[1:]))
            for begin, end in _blocks(array, first, first + len(values)):
                array[begin:end] = values[begin - first : end - first]

    def commit(self, record: Mapping[str, Any]) -> None:
        """From now on this record counts."""
        if _head(self.path)["token"] not in self._tokens:
            raise RecordingError(
                str(self.path), got="a recording that another run has written to in between",
                expected="one run for a recording", fix="end one of them, or give it another store",
            )  # fmt: skip
        token = uuid.uuid4().hex
        self._tokens.add(token)  # before, so that an interrupt in between does no harm
        with writing(self.path), warnings.catch_warnings():
            # Other tools find the shapes of all arrays in the root, which our record is written to as well.
            warnings.filterwarnings("ignore", "Consolidated metadata is currently not part")
            whole = extra("zarr", "io").consolidate_metadata(self._group.store)
            whole.attrs.put(_sealed(record, token))
        self._tokens = {token}

    def put(self, arrays: Mapping[str, Labelled], place: str = "") -> None:
        """Arrays that are written as a whole; those of one place replace each other."""
        with writing(self.path), extra("zarr", "io").config.set({"array.write_empty_chunks": True}):
            group = self._group.create_group(place, overwrite=True) if place else self._group
            for name, (dims, values, unit) in arrays.items():
                array = group.create_array(
                    name, shape=values.shape, chunks=tuple(max(1, size) for size in values.shape), dtype=values.dtype,
                    dimension_names=dims, attributes={"units": unit}, compressors=_codecs(), overwrite=True,
                )  # fmt: skip
                array[...] = values

    def drop(self, place: str) -> None:
        """Remove what was put in a place that no record names any more."""
        shutil.rmtree(self.path / place, ignore_errors=True)

    def drop_all(self, pattern: str, but: str | None) -> None:
        """Remove what was put in places with names like `pattern`, but for one."""
        for path in self.path.glob(pattern):
            if path.name != but:
                self.drop(path.name)

    def _array(self, name: str, rows: Labelled) -> zarr.Array[Any]:
        values = rows.values
        if name not in self._group:
            size = max(1, values.itemsize * int(np.prod(values.shape[1:])))
            self._group.create_array(
                name, shape=(0, *values.shape[1:]), chunks=(max(1, _CHUNK // size), *values.shape[1:]),
                dtype=values.dtype, dimension_names=rows.dims, attributes={"units": rows.unit},
                compressors=_codecs(),
            )  # fmt: skip
        found: zarr.Array[Any] = self._group[name]  # type: ignore[assignment]
        if found.shape[1:] != values.shape[1:] or found.dtype != values.dtype:
            raise RecordingError(
                f"{self.path}, {name}", got=f"rows of {values.dtype} {values.shape[1:]}",
                expected=f"{found.dtype} {found.shape[1:]}, as those before", fix="record into another store",
            )  # fmt: skip
        self._arrays[name] = found
        return found


def record_of(path: Path) -> dict[str, Any]:
    """The record of a stream. Raises RecordingError where there is none, or where it was altered."""
    return dict(_head(path)["record"])


def _sealed(record: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The attributes of the root, with a hash of the record."""
    return {HEAD: {"record": dict(record), "token": token, "sha256": _hash(record)}}


def _hash(record: Any) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _head(path: Path) -> dict[str, Any]:
    try:
        head = json.loads((path / ROOT).read_text(encoding="utf-8"))["attributes"][HEAD]
        record, seal, token = head["record"], head["sha256"], head["token"]
        known = isinstance(record, dict) and isinstance(token, str)
    except (OSError, ValueError, LookupError, TypeError):
        known = False
    if not known:
        raise RecordingError(
            str(path), got="something else" if path.exists() else "no such folder",
            expected="a recording that was made with store=", fix="check the path",
        )  # fmt: skip
    if _hash(record) != seal:
        raise RecordingError(
            str(path), got="a record that does not have the hash that was written with it",
            expected="a recording as it was written", fix="use another copy: this one was altered",
        )  # fmt: skip
    return dict(head)


def read_rows(path: Path, name: str, rows: int) -> Array:
    """The first rows of an array of a stream. Raises RecordingError where they are not there."""
    with _reading(path, name):
        array = _opened(path / name)
        if array.shape[0] < rows:
            raise ValueError(f"{array.shape[0]} rows of {rows}")
        found = np.empty((rows, *array.shape[1:]), array.dtype)
        for begin, end in _blocks(array, 0, rows):
            _need_block(path / name, array, (begin // array.chunks[0], *(0 for _ in array.shape[1:])))
            found[begin:end] = array[begin:end]
        return found


def read_whole(path: Path, name: str) -> Array:
    """An array that `put` wrote."""
    with _reading(path, name):
        array = _opened(path / name)
        if array.ndim == 0:
            _need_block(path / name, array, ())
            return np.asarray(array[...])
    return read_rows(path, name, array.shape[0])


def _need_block(path: Path, array: zarr.Array[Any], place: tuple[int, ...]) -> None:
    if not (path / array.metadata.encode_chunk_key(place)).is_file():
        raise LookupError(f"no block {place}")  # whose numbers would be 0


def _codecs() -> list[Any]:
    """Small and fast, and with a checksum of every block."""
    codecs = extra("zarr.codecs", "io")
    return [codecs.BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"), codecs.Crc32cCodec()]


def _opened(path: Path) -> zarr.Array[Any]:
    found: zarr.Array[Any] = extra("zarr", "io").open_array(str(path), mode="r", zarr_format=3)
    return found


def _blocks(array: zarr.Array[Any], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The rows first ... last-1, block by block: an error leaves nothing behind that still goes on."""
    size = array.chunks[0]
    while first < last:
        end = min(last, (first // size + 1) * size)
        yield first, end
        first = end


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Where writing fails, a RecordingError says why."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise RecordingError(
            str(path), got=error.strerror or str(error), expected="a folder that can be written, on a disk with room",
            fix="make room, and go on: what was written before stays" if full else "check the path",
        ) from None  # fmt: skip


@contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise RecordingError(
            f"{path}, {name}", got=f"what cannot be read ({error})", expected="the array that was written",
            fix="use another copy: this one was cut off or altered",
        ) from None  # fmt: skip
