"""`Contents`: what was recorded, wherever its numbers lie; `Entry`: what is known of a part of it without them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.network.monitors.axis import Axis
from cnsproject.storage import Labelled

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Entry:
    """A recorded variable, or what was computed of one.

    kind   "spikes"; "rows", a value for every recorded row; "counts", a Histogram of every row; "bins", a
           PopulationRate; "whole", one result for all rows
    unit   "1" for none
    dims   names of the dimensions in tables, the one over time first where there is one
    sizes  of those dimensions, without the one over time
    shape  what `get` gives in their place
    bin    of a PopulationRate (ms)
    """

    name: str
    kind: str
    unit: str
    dims: tuple[str, ...]
    sizes: tuple[int, ...]
    shape: tuple[int, ...]
    bin: float | None = None

    @property
    def over_time(self) -> bool:
        """Whether there is a time for every row."""
        return self.kind != "whole"


class Contents(ABC):
    """A recording, to be read.

    owner     how errors call it
    label     what was recorded: the name of a population, part of one, or connection
    name      of that population or connection by itself; its class where it has none
    dt        length of a step (ms); None where nobody tells
    shape     of the population or part; () of a connection
    aliases   other spellings of names
    rows, counts, spikes  which steps the rows of states, of histograms and of the raster of spikes belong to
    """

    owner: str
    label: str
    name: str
    dt: float | None
    shape: tuple[int, ...]
    aliases: dict[str, str]
    rows: Axis
    counts: Axis
    spikes: Axis

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What `get` knows."""

    @abstractmethod
    def kind(self, name: str) -> str:
        """The kind of an entry."""

    @abstractmethod
    def unit(self, name: str) -> str:
        """The unit of an entry."""

    @abstractmethod
    def entry(self, name: str) -> Entry:
        """All of an entry, of which there is at least one row."""

    @abstractmethod
    def values(self, name: str) -> Tensor:
        """The numbers of an entry that is no spikes, (rows, *shape)."""

    @abstractmethod
    def bin(self, name: str) -> float:
        """The length of the bins of a PopulationRate (ms)."""

    @abstractmethod
    def events(self) -> tuple[Ints, Ints]:
        """Row and place in the flattened population of every spike, in the order of time."""

    @property
    @abstractmethod
    def spike_shape(self) -> tuple[int, ...] | None:
        """The shape of the spikes of a step, with a batch where there is one; None before the first record."""

    @property
    @abstractmethod
    def spike_dtype(self) -> torch.dtype:
        """The type of the numbers of a raster."""

    def raster(self) -> Tensor:
        """The spikes of all steps that are kept in full, (steps, *spike_shape)."""
        (rows, places), shape, axis = self.events(), self.spike_shape or (), self.spikes
        dense = torch.zeros((len(axis), int(np.prod(shape))), dtype=self.spike_dtype)
        dense[torch.from_numpy(rows - axis.oldest), torch.from_numpy(places)] = 1
        return dense.reshape(len(axis), *shape)

    @abstractmethod
    def coordinates(self) -> dict[str, Labelled]:
        """What dimensions count, other than times: neurons, the ends of synapses, the edges of bins."""

    @abstractmethod
    def parameters(self) -> dict[str, Labelled]:
        """Parameters that differ from neuron to neuron."""

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """The provenance, as JSON can hold it."""

    # What follows from these

    def count(self, name: str) -> int:
        """Rows that were recorded for a name."""
        kind = self.kind(name)
        if kind == "rows":
            return self.rows.count
        if kind in ("spikes", "bins"):
            return self.spikes.count
        return self.spikes.count if self.counts_spikes(name) else self.counts.count

    @abstractmethod
    def model(self) -> dict[str, Any]:
        """Of the provenance what is known of the recorded object: equations, spike, reset, parameters."""

    @abstractmethod
    def counts_spikes(self, name: str) -> bool:
        """Whether a result is one of spikes, and not of states."""

    def steps(self, name: str) -> Ints | None:
        """The steps that the rows of `values` begin with; None for what is one result for all."""
        kind = self.kind(name)
        if kind == "bins":
            each = self.steps_of_bin(name)
            return self.spikes.steps(each * np.arange(self.spikes.count // each))
        if kind == "counts":  # of all rows, however few of them are kept
            return self.counts.steps(np.arange(self.counts.count))
        axis = {"spikes": self.spikes, "rows": self.rows}.get(kind)
        return None if axis is None else axis.all_steps()

    def steps_of_bin(self, name: str) -> int:
        """Steps of the bins of a PopulationRate."""
        return round(self.bin(name) / float(self.dt or 1.0))

    def bin_counts(self, name: str) -> Ints:
        """The spikes of all neurons in the complete bins of a PopulationRate."""
        seconds = self.bin(name) * 1e-3 * int(np.prod(self.spike_shape or (1,)))
        return np.rint(self.values(name).numpy() * seconds).astype(np.int64)

    def times(self, name: str) -> npt.NDArray[np.float64] | None:
        """The same in ms; None also where nobody tells the steps."""
        steps = None if self.dt is None else self.steps(name)
        return None if steps is None else steps.astype(np.float64) * float(self.dt or 0.0)

    @property
    def has_spikes(self) -> bool:
        """Whether the spikes themselves were recorded."""
        return any(self.kind(name) == "spikes" for name in self.names)

    def table(self) -> dict[str, Labelled]:
        """States and results, with times where dimensions have them, under their names."""
        found: dict[str, Labelled] = {}
        for name in self.names:
            if self.kind(name) != "spikes" and self.count(name):
                found |= self._columns(name)
        return found

    def results(self) -> dict[str, Labelled]:
        """As `table`, without the states."""
        found: dict[str, Labelled] = {}
        for name in self.names:
            if self.kind(name) not in ("spikes", "rows") and self.count(name):
                found |= self._columns(name)
        return found

    def _columns(self, name: str) -> dict[str, Labelled]:
        entry, values, times = self.entry(name), self.values(name).cpu().numpy(), self.times(name)
        sizes = (len(values), *entry.sizes) if entry.over_time else entry.sizes
        found = {name: Labelled(entry.dims, values.reshape(sizes), entry.unit)}
        if times is not None:
            found[entry.dims[0]] = Labelled(entry.dims[:1], times, "ms")
        return found

    def spike_table(self) -> dict[str, Labelled]:
        """The spikes as `spike_time`, `spike_neuron`, which is the neuron as the population counts, and `spike_row`."""
        return self.spikes_as_table(*self.events()) if self.has_spikes else {}

    def spikes_as_table(self, rows: Ints, places: Ints) -> dict[str, Labelled]:
        """Some of them."""
        times = self.spikes.steps(rows) * float(self.dt or 0.0)
        neurons = places if self.is_batch else self.coordinates()["neuron"].values[places]
        columns = {"spike_time": (times, "ms"), "spike_neuron": (neurons, "1"), "spike_row": (rows, "1")}
        return {name: Labelled(("spike",), values, unit) for name, (values, unit) in columns.items()}

    def places(self, neurons: Array) -> Ints:
        """The places in the recorded part of neurons as the population counts."""
        if self.is_batch:
            return neurons.astype(np.int64)
        return np.searchsorted(self.coordinates()["neuron"].values, neurons)

    @property
    def is_batch(self) -> bool:
        """Whether the spikes are those of a batch."""
        return self.spike_shape not in (None, self.shape)
