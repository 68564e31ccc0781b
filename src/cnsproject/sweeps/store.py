"""`Store`: a Zarr folder with the results of members, which can be killed and gone on with."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.checks import extra
from cnsproject.errors import RecordingError
from cnsproject.storage import writing
from cnsproject.sweeps.collected import DONE, FAILED, MISSING, Collected, Column, empty
from cnsproject.sweeps.members import Failure
from cnsproject.sweeps.spread import Done

if TYPE_CHECKING:
    import zarr

_HEAD, _FAILURES, _VERSION = "cnsproject sweep", "failures", 1
_STATE, _SECONDS, _NUMBERS = "member_state", "member_seconds", "measure."
RESULTS, LOCK = "results.zarr", "lock"  # in the folder of a sweep
_ROWS = 64  # members of a block
_EVERY = 0.5  # seconds between two writes


class Store:
    """Arrays (members, ...) for what is measured, and for the state of members, which is written last.

    Zarr writes every file under another name and renames it, and one process writes at a time: however a process ends,
    members that count as done have all their numbers. A lock is free again when the process that has it is killed.
    """

    def __init__(self, path: Path, group: zarr.Group) -> None:
        self.path, self._group = path, group
        self._lock = _lock(path)
        self._waiting: list[Done] = []
        self._due = 0.0

    @classmethod
    def open(cls, path: Path, record: Mapping[str, Any], members: int) -> Store:
        """The store of a folder, made when there is none; one with another record is refused."""
        path.mkdir(parents=True, exist_ok=True)
        with writing(path), _lock(path):
            if not _is_store(path):
                if any(each.name not in (LOCK, RESULTS) for each in path.iterdir()):
                    raise RecordingError(
                        f"cns.sweep(out={str(path)!r})", got="a folder with other files",
                        expected="a new folder, or that of this sweep", fix="choose another folder",
                    )  # fmt: skip
                group = extra("zarr", "io").create_group(str(path / RESULTS), zarr_format=3, overwrite=True)
                for name, kind in ((_STATE, np.uint8), (_SECONDS, np.float64)):
                    group.create_array(name, shape=(members,), chunks=(2**16,), dtype=kind, dimension_names=("member",))
                group.attrs.update({_HEAD: {"version": _VERSION, **record}, _FAILURES: {}})  # last: now it is one
        store = cls(path, _group(path))
        store._refuse_other(record)
        return store

    @classmethod
    def found(cls, path: Path) -> Store:
        """The store of a folder that a sweep has written."""
        if not _is_store(path):
            raise RecordingError(
                str(path), got="no sweep", expected="a folder that a sweep has written", fix="check the path"
            )
        return cls(path, _group(path))

    @property
    def record(self) -> dict[str, Any]:
        """What is swept, and how."""
        head: Any = self._group.attrs[_HEAD]
        return dict(head)

    def _refuse_other(self, record: Mapping[str, Any]) -> None:
        own = self.record
        if own.get("version", 0) > _VERSION:
            raise RecordingError(
                str(self.path),
                got=f"format {own['version']}",
                expected=f"one up to {_VERSION}",
                fix="update cnsproject",
            )
        asked = json.loads(json.dumps(record))
        for name in (name for name in asked if name != "provenance" and asked[name] != own.get(name)):
            raise RecordingError(
                f"cns.sweep(out={str(self.path)!r})", got=f"{name} = {asked[name]!r:.200}",
                expected=f"that of the sweep in this folder, {own.get(name)!r:.200}",
                fix="choose another folder, or the arguments of that sweep",
            )  # fmt: skip

    def put(self, done: Done) -> None:
        """Take in a member that has ended; it is written soon."""
        self._waiting.append(done)
        if time.monotonic() > self._due:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        if self._waiting:
            with writing(self.path), self._lock:
                self._write(sorted(self._waiting, key=lambda done: done.member.number))
        self._waiting = []
        self._due = time.monotonic() + _EVERY

    def _write(self, ended: Sequence[Done]) -> None:
        group, news, numbers = _group(self.path), Collected(len(ended)), [done.member.number for done in ended]
        shapes = dict(_measures(group))
        news.columns = {name: _column(array, len(ended)) for name, array in shapes.items()}
        for place, done in enumerate(ended):
            news.add(place, done.outcome, done.seconds)
        for name, column in news.columns.items():
            array = shapes.get(name)
            if array is None:
                array = self._new(group, name, column)
            if array.shape[1:] != column.values.shape[1:]:
                array.resize((array.shape[0], *column.values.shape[1:]))
            array.oindex[(np.array(numbers), *(slice(None) for _ in array.shape[1:]))] = column.values
        failures = {str(numbers[k]): [each.error, each.where] for k, each in news.failures.items()}
        kept = {n: each for n, each in group.attrs[_FAILURES].items() if int(n) not in numbers}  # type: ignore[union-attr]
        if failures or len(kept) < len(group.attrs[_FAILURES]):  # type: ignore[arg-type]
            group.attrs[_FAILURES] = kept | failures
        group[_SECONDS].oindex[np.array(numbers)] = news.seconds  # type: ignore[union-attr]
        group[_STATE].oindex[np.array(numbers)] = news.state  # type: ignore[union-attr]

    def _new(self, group: zarr.Group, name: str, column: Column) -> zarr.Array[Any]:
        members, shape = group[_STATE].shape[0], column.values.shape[1:]  # type: ignore[union-attr]
        kind = column.values.dtype
        return group.create_array(
            _NUMBERS + name, shape=(members, *shape), chunks=(_ROWS, *(max(1, size) for size in shape)), dtype=kind,
            dimension_names=("member", *column.dims), fill_value=empty(kind),
            attributes={
                "units": column.unit,
                "labels": {dim: list(each) for dim, each in column.labels.items()},
                "place": len(_measures(group)),
            },
        )  # fmt: skip

    def state(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Of every member whether it is missing, done or failed."""
        return np.asarray(_group(self.path)[_STATE][...])  # type: ignore[index]

    def collected(self) -> Collected:
        """All that is there, by whomever it was written."""
        group, state = _group(self.path), self.state()
        found = Collected(len(state))
        found.state, found.seconds = state, np.asarray(group[_SECONDS][...])  # type: ignore[index]
        for name, array in _measures(group):
            column = _column(array, 0)
            column.values = np.asarray(array[...])
            column.values[state != DONE] = empty(column.values.dtype)
            found.columns[name] = column
        told = group.attrs[_FAILURES]
        found.failures = {int(n): Failure(*each) for n, each in told.items() if state[int(n)] == FAILED}  # type: ignore[union-attr, misc]
        return found

    def left(self, *, failed: bool) -> list[int]:
        """Numbers of the members that are missing, or of those that failed."""
        return [int(n) for n in np.flatnonzero(self.state() == (FAILED if failed else MISSING))]


def _lock(path: Path) -> Any:
    return extra("filelock", "sweep").FileLock(str(path / LOCK))


def _is_store(path: Path) -> bool:
    """Whether there is all that a store begins with."""
    try:
        return _HEAD in json.loads((path / RESULTS / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, KeyError):
        return False


def _group(path: Path) -> zarr.Group:
    found: zarr.Group = extra("zarr", "io").open_group(str(path / RESULTS), mode="r+", use_consolidated=False)
    return found


def _measures(group: zarr.Group) -> list[tuple[str, zarr.Array[Any]]]:
    """What was measured, by name, in the order in which it was first found."""
    found = [(name.removeprefix(_NUMBERS), array) for name, array in group.arrays() if name.startswith(_NUMBERS)]
    return sorted(found, key=lambda pair: int(pair[1].attrs["place"]))  # type: ignore[arg-type]


def _column(array: zarr.Array[Any], rows: int) -> Column:
    """An array of a store as a column with nothing in it."""
    dims: Any = array.metadata.dimension_names  # type: ignore[union-attr]
    labels: Any = array.attrs["labels"]
    values = np.full((rows, *array.shape[1:]), empty(array.dtype), array.dtype)
    return Column(tuple(dims[1:]), values, str(array.attrs["units"]), {d: tuple(each) for d, each in labels.items()})
