"""Recordings in files: the record that says what the arrays mean, and `StoredContents`, which reads them by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.errors import RecordingError
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.contents import Array, Contents, Entry, Ints
from cnsproject.storage import Labelled

FORMAT, VERSION = "cnsproject recording", 1
_DTYPES = {"bool": torch.bool, "float32": torch.float32, "float64": torch.float64}
_ODD = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


def describe(contents: Contents, events: int, about: dict[str, Any] | None = None) -> dict[str, Any]:
    """What JSON has to say of a recording, of so many spikes, for `StoredContents` to read its arrays.

    about  the provenance, where it is known already
    """
    return {
        "format": FORMAT, "version": VERSION, "label": contents.label, "name": contents.name, "dt": contents.dt,
        "shape": list(contents.shape), "aliases": contents.aliases, "names": list(contents.names),
        "entries": [asdict(contents.entry(name)) for name in contents.names if contents.count(name)],
        "empty": [{"name": n, "kind": contents.kind(n), "unit": contents.unit(n)} for n in contents.names],
        "of_spikes": [name for name in contents.names if contents.counts_spikes(name)],
        "spike_shape": None if contents.spike_shape is None else list(contents.spike_shape),
        "spike_dtype": str(contents.spike_dtype).removeprefix("torch."), "events": events,
        "axes": {name: getattr(contents, name).to_json() for name in ("rows", "counts", "spikes")},
        "coordinates": _legend(contents.coordinates()), "parameters": _legend(contents.parameters()),
        "about": contents.about() if about is None else about,
    }  # fmt: skip


def _legend(found: dict[str, Labelled]) -> dict[str, Any]:
    return {name: {"dims": list(labelled.dims), "unit": labelled.unit} for name, labelled in found.items()}


class StoredContents(Contents):
    """A recording that lies in a file.

    where   names the file in errors
    record  what `describe` gave
    read    gives an array of the file by its name, in the form of `table()`
    """

    def __init__(self, where: str, record: dict[str, Any], read: Callable[[str], Array]) -> None:
        self._where, self._record, self._read = where, record, read
        if record.get("format") != FORMAT:
            raise RecordingError(where, got="something else", expected="a recording", fix="give one that was saved")
        if not isinstance(record.get("version"), int) or record["version"] > VERSION:
            raise RecordingError(
                where, got=f"a recording of version {record.get('version')}", expected=f"one up to {VERSION}",
                fix="update cnsproject: it was written by a newer one",
            )  # fmt: skip
        try:
            self._take()
        except _ODD as error:
            raise RecordingError(
                where, got=f"a record that cannot be followed ({type(error).__name__}: {error})",
                expected="one that cnsproject has written", fix="use another copy of the file",
            ) from None  # fmt: skip

    def _take(self) -> None:
        record = self._record
        self.label, self.name = str(record["label"]), str(record["name"])
        self.owner = f"Recording of {self.label}"
        self.dt = None if record["dt"] is None else float(record["dt"])
        self.shape = tuple(int(n) for n in record["shape"])
        self.aliases = dict(record["aliases"])
        self.rows, self.counts, self.spikes = (Axis.from_json(record["axes"][n]) for n in ("rows", "counts", "spikes"))
        self._names = tuple(str(name) for name in record["names"])
        self._known = {part["name"]: (str(part["kind"]), str(part["unit"])) for part in record["empty"]}
        self._entries = {part["name"]: _entry(part) for part in record["entries"]}
        self._of_spikes = frozenset(record["of_spikes"])
        shape = record["spike_shape"]
        self._spike_shape = None if shape is None else tuple(int(n) for n in shape)
        self._spike_dtype, self._events = _DTYPES[record["spike_dtype"]], int(record["events"])
        if set(self._known) != set(self._names) or not set(self._entries) <= set(self._names):
            raise ValueError("names that do not agree")

    @property
    def names(self) -> tuple[str, ...]:
        """What `get` knows."""
        return self._names

    def kind(self, name: str) -> str:
        """The kind of an entry."""
        return self._known[name][0]

    def unit(self, name: str) -> str:
        """The unit of an entry."""
        return self._known[name][1]

    def entry(self, name: str) -> Entry:
        """All of an entry."""
        return self._entries[name]

    def values(self, name: str) -> Tensor:
        """The numbers of an entry."""
        entry, values = self._entries[name], self._read(name)
        lead = values.shape[:1] if entry.over_time else ()
        self._agree(name, values.shape[len(lead) :] == entry.sizes)
        if entry.kind in ("rows", "counts"):
            self._agree(name, len(values) == (len(self.rows) if entry.kind == "rows" else self.counts.count))
        return torch.from_numpy(values).reshape(*lead, *entry.shape)

    def bin(self, name: str) -> float:
        """The length of the bins of a PopulationRate (ms)."""
        return float(self._entries[name].bin or 0.0)

    def events(self) -> tuple[Ints, Ints]:
        """Row and place of every spike."""
        if self._spike_shape is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows, places = self._read("spike_row").astype(np.int64), self.places(self._read("spike_neuron"))
        fit = len(rows) == len(places) == self._events
        if fit and len(rows):
            size = int(np.prod(self._spike_shape))
            fit = bool(self.spikes.oldest <= rows[0] <= rows[-1] < self.spikes.count and places.max() < size)
        self._agree("spike_row", fit)
        return rows, places

    @property
    def spike_shape(self) -> tuple[int, ...] | None:
        """The shape of the spikes of a step."""
        return self._spike_shape

    @property
    def spike_dtype(self) -> torch.dtype:
        """The type of the numbers of a raster."""
        return self._spike_dtype

    def coordinates(self) -> dict[str, Labelled]:
        """What dimensions count, other than times."""
        return self._labelled("coordinates")

    def parameters(self) -> dict[str, Labelled]:
        """Parameters that differ from neuron to neuron."""
        return self._labelled("parameters")

    def about(self) -> dict[str, Any]:
        """The provenance."""
        return dict(self._record["about"])

    def model(self) -> dict[str, Any]:
        """What is known of the recorded object."""
        return self.about()

    def counts_spikes(self, name: str) -> bool:
        """Whether a result is one of spikes."""
        return name in self._of_spikes

    def _labelled(self, which: str) -> dict[str, Labelled]:
        legend: dict[str, Any] = self._record[which]
        return {name: Labelled(tuple(part["dims"]), self._read(name), part["unit"]) for name, part in legend.items()}

    def _agree(self, name: str, holds: bool) -> None:
        if not holds:
            raise RecordingError(
                f"{self._where}, {name}", got="an array that does not fit its record", expected="what was written",
                fix="use another copy: this one was altered",
            )  # fmt: skip


def _entry(part: dict[str, Any]) -> Entry:
    tuples = {name: tuple(part[name]) for name in ("dims", "sizes", "shape")}
    return Entry(part["name"], part["kind"], part["unit"], **tuples, bin=part["bin"])
