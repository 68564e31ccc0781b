"""`Store`: the folder that a monitor writes to while it records, so that memory holds only what is not yet there."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnsproject.circumstances import now
from cnsproject.errors import ArgumentError, RecordingError
from cnsproject.network.monitors.contents import Array
from cnsproject.network.monitors.live import LiveContents
from cnsproject.network.monitors.stored import describe
from cnsproject.network.provenance import provenance, version_of
from cnsproject.storage import Stream, read_rows, record_of

if TYPE_CHECKING:
    from cnsproject.network.monitors.monitor import Monitor

SECONDS = 1.0  # after which what is in memory is written, and
BYTES = 2**24  # from which on
_RESULTS = "results."  # how the groups begin that results are put in
_REST = 20.0  # times as long as writing took, where that is more than a second


class Store:
    """A folder, and what of it counts.

    name          tells this recording from others that were, or will be, in the same place
    rows, events  how many rows of states and how many spikes are there; what was recorded after these is in memory
    """

    def __init__(self, owner: str, path: object) -> None:
        if not isinstance(path, str | Path) or not str(path):
            raise ArgumentError(f"{owner}.store", got=repr(path), expected="a path", fix="write store='run.zarr'")
        self.path = Path(path)
        if self.path.exists():
            raise RecordingError(
                f"{owner}.store", got=f"{path}, which exists", expected="a path that is free",
                fix="remove it or choose another; to go on with a run that was stopped, resume its checkpoint",
            )  # fmt: skip
        self.name, self.rows, self.events = uuid.uuid4().hex, 0, 0
        self._record: dict[str, Any] | None = None  # of the last commit
        self._rest()

    def _rest(self) -> None:
        self._stream: Stream | None = None
        self._told: tuple[tuple[Any, ...], dict[str, Any]] | None = None  # the last provenance, and what it is of
        self._written, self._took, self._last = time.monotonic(), 0.0, _Last()

    def __getstate__(self) -> dict[str, Any]:
        return {"path": str(self.path), **{n: getattr(self, n) for n in ("name", "rows", "events", "_record")}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "path": Path(state["path"])})
        self._rest()

    def clear(self) -> None:
        """What is there no longer counts, and is replaced when more is written."""
        self.rows = self.events = 0
        self._record, self._stream = None, None

    def is_due(self, held: int) -> bool:
        """Whether to write, when so many bytes are in memory."""
        return held > BYTES or time.monotonic() - self._written > SECONDS * max(1.0, _REST * self._took)

    def read(self, name: str, rows: int) -> Array:
        """The rows of an array that are there."""
        return read_rows(self.path, name, rows)

    def remember(self, monitor: Monitor) -> None:
        """Something is in memory now: it is written when the process ends, if not before."""
        self._last.wait_for(monitor)

    def open(self, monitor: Monitor) -> Stream:
        """The folder, made when it is first needed. Raises RecordingError where it cannot be ours."""
        if self._stream is None:
            if self._record is not None:
                self._stream = self._go_on(self._record)
            else:
                if self.path.exists():
                    self._check(0, 0)
                    shutil.rmtree(self.path)
                self._stream = Stream.create(self.path, self._describe(monitor))
                contents = LiveContents(monitor)
                self._stream.put({**contents.coordinates(), **contents.parameters()})
        return self._stream

    def _go_on(self, record: dict[str, Any]) -> Stream:
        found = self._check(self.rows, self.events)
        stream = Stream.extend(self.path)
        if found != record:  # the run that wrote more was left, for this one
            found = {**record, "results": None}
        stream.drop_all(f"{_RESULTS}*", but=found["results"])  # a kill may have left parts of some
        if found != record:
            stream.commit(found)
        return stream

    def _check(self, rows: int, events: int) -> dict[str, Any]:
        found = record_of(self.path)
        there = found.get("recording"), found["axes"]["rows"]["count"] >= rows, found["events"] >= events
        if there != (self.name, True, True):
            raise RecordingError(
                str(self.path), got="another recording, or less of this one",
                expected=f"the one that is to be continued after {rows} rows and {events} spikes",
                fix="bring back the folder as it was, or move it away and record anew",
            )  # fmt: skip
        return found

    def write(self, monitor: Monitor) -> None:
        """Write what is in memory, which forgets it when that went well."""
        begun = self._written = time.monotonic()  # also where it fails: it is not tried again in every step
        stream, contents = self.open(monitor), LiveContents(monitor)
        tables = (self.rows, contents.recent_rows()), (self.events, contents.recent_spikes())
        for first, table in tables:
            for name, labelled in table.items():
                stream.write(name, first, labelled)
        rows, events = (max((len(each.values) for each in table.values()), default=0) for _, table in tables)
        before, results = self._record, contents.results()
        record = self._describe(monitor, self.events + events, _RESULTS + uuid.uuid4().hex if results else None)
        if results:
            stream.put(results, record["results"])
        stream.commit(record)
        self.rows, self.events, self._record = self.rows + rows, self.events + events, record
        monitor.forget_written()
        self._last.wait_for(None)
        self._written = time.monotonic()
        self._took = self._written - begun
        if before is not None and before["results"]:
            stream.drop(before["results"])

    def _describe(self, monitor: Monitor, events: int = 0, results: str | None = None) -> dict[str, Any]:
        record = {
            **describe(LiveContents(monitor), events, self._about(monitor)),
            "recording": self.name,
            "results": results,
        }
        return dict(json.loads(json.dumps(record)))  # as it will be found

    def _about(self, monitor: Monitor) -> dict[str, Any]:
        """The provenance; of a large network it takes long, and is the same as before where nothing was changed."""
        version = version_of(monitor)
        if self._told is None or not version or self._told[0] != version:
            self._told = version, provenance(monitor)
        return {**self._told[1], "written": now()}


def all_of(calls: Iterable[Callable[[], object]]) -> None:
    """Make every call; what the first one raised that could not write is raised when all are made."""
    failed: list[RecordingError] = []
    for call in calls:
        try:
            call()
        except RecordingError as error:
            failed.append(error)
    if failed:
        raise failed[0]


class _Last:
    """Writes at the end of the process what a loop by hand has left in memory."""

    def __init__(self) -> None:
        self._monitor: Monitor | None = None
        self._asked = False

    def wait_for(self, monitor: Monitor | None) -> None:
        """The monitor to ask; None for no more."""
        self._monitor = monitor
        if monitor is not None and not self._asked:
            self._asked = True
            # Zarr needs threads, which are no more when functions of `atexit` are called.
            threading._register_atexit(self._write)  # type: ignore[attr-defined]

    def _write(self) -> None:
        if self._monitor is not None:
            try:
                self._monitor.flush()
            except RecordingError as error:  # others have to end as well
                sys.stderr.write(f"cnsproject: what was recorded last is lost: {error}\n")
