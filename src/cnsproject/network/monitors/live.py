"""`LiveContents`: what a monitor has recorded so far, in memory and in the folder that it writes to."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.network.monitors import dimensions
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.contents import Array, Contents, Entry, Ints
from cnsproject.network.monitors.readings import label_of, unit_of
from cnsproject.network.monitors.reducers import Histogram, Reducer, StateReducer
from cnsproject.network.monitors.spike_reducers import PopulationRate, SpikeReducer
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.provenance import of_object, provenance
from cnsproject.network.views import parent_of
from cnsproject.storage import Labelled

if TYPE_CHECKING:
    from cnsproject.network.monitors.monitor import Monitor


class LiveContents(Contents):
    """The contents of a monitor, as they are at the moment."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor, self.obj = monitor, monitor.obj
        self.label, whole = label_of(self.obj), parent_of(self.obj)
        self.name = str(getattr(whole, "name", None) or type(whole).__name__)
        self.owner = f"Monitor of {self.label}"
        self.dt = None if monitor._clock is None or self.obj.dt is None else float(self.obj.dt)
        self.shape = tuple(self.obj.shape) if isinstance(whole, NeuralPopulation) else ()
        self.aliases = dict(getattr(self.obj, "aliases", {}))
        self.rows = monitor._series.axis if monitor._series else Axis()
        self.counts = monitor._staging.axis if monitor._staging else Axis()
        self.spikes = monitor._steps

    @property
    def names(self) -> tuple[str, ...]:
        """What `get` knows."""
        return self.monitor.state_variables

    def kind(self, name: str) -> str:
        """The kind of an entry."""
        reducer = self._reducer(name)
        return reducer.kind if reducer else "spikes" if self.monitor._is_spikes(name) else "rows"

    def unit(self, name: str) -> str:
        """The unit of an entry."""
        reducer = self._reducer(name)
        return reducer.unit(unit_of(self.obj, reducer.variable)) if reducer else unit_of(self.obj, name)

    def entry(self, name: str) -> Entry:
        """All of an entry."""
        reducer, kind, unit = self._reducer(name), self.kind(name), self.unit(name)
        if isinstance(reducer, PopulationRate):
            return Entry(name, kind, unit, (f"time of {name}",), (), (), reducer.bin)
        if isinstance(reducer, Histogram):
            bins = (len(reducer.edges) - 1,)
            return Entry(name, kind, unit, (f"time of {name}", f"bin of {name}"), bins, bins)
        if reducer is not None:
            shape = tuple(self.values(name).shape)
            dims, sizes = dimensions.of_values(self.obj, reducer.variable, shape)
            return Entry(name, kind, unit, dims, sizes, shape)
        series = self.monitor._series
        shape = self.spike_shape or () if kind == "spikes" or series is None else series.shape_of(name)
        dims, sizes = dimensions.of_values(self.obj, name, shape)
        return Entry(name, kind, unit, ("time", *dims), sizes, shape)

    def values(self, name: str) -> Tensor:
        """The numbers of an entry."""
        reducer, series, store = self._reducer(name), self.monitor._series, self.monitor._store
        if reducer is not None:
            return torch.as_tensor(self._result(reducer))
        assert series is not None
        if store is None:
            return series.get(name)
        # A copy, since the rows that are here are written and forgotten later on.
        parts = [series.get(name)] if name in series.data else []
        if store.rows:
            before = torch.from_numpy(store.read(name, store.rows))
            parts.insert(0, before.reshape(-1, *series.shape_of(name)).to(self.monitor.device))
        return torch.cat(parts)

    def bin(self, name: str) -> float:
        """The length of the bins of a PopulationRate (ms)."""
        reducer = self._reducer(name)
        assert isinstance(reducer, PopulationRate)
        return reducer.bin

    def events(self) -> tuple[Ints, Ints]:
        """Row and place of every spike."""
        events, store = self.monitor._events, self.monitor._store
        if events is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows, places = events.kept_ones()
        if store is None or not store.events:
            return rows, places
        before = store.read("spike_row", store.events), store.read("spike_neuron", store.events)
        return np.concatenate([before[0], rows]), np.concatenate([self.places(before[1]), places])

    @property
    def spike_shape(self) -> tuple[int, ...] | None:
        """The shape of the spikes of a step."""
        return None if self.monitor._events is None else self.monitor._events.shape

    @property
    def spike_dtype(self) -> torch.dtype:
        """The type of the numbers of a raster."""
        return torch.bool if self.monitor._events is None else self.monitor._events.dtype

    def raster(self) -> Tensor:
        """The spikes in full, where the monitor keeps what it records."""
        return super().raster().to(self.monitor.device)

    def recent_rows(self) -> dict[str, Labelled]:
        """The rows of states that are in memory, in the form of `table()`."""
        series, found = self.monitor._series, dict[str, Labelled]()
        if series is None or series.base == self.rows.count:
            return found
        for name in series.names:
            entry, values = self.entry(name), series.get(name).cpu().numpy()
            found[name] = Labelled(entry.dims, values.reshape(len(values), *entry.sizes), entry.unit)
        if self.dt is not None:
            steps = self.rows.steps(np.arange(series.base, self.rows.count))
            found["time"] = Labelled(("time",), steps * self.dt, "ms")
        return found

    def recent_spikes(self) -> dict[str, Labelled]:
        """The spikes that are in memory, in the form of `spike_table()`."""
        if self.monitor._events is None:
            return {}
        rows, places = self.monitor._events.kept_ones()
        return self.spikes_as_table(rows, places) if len(rows) else {}

    def coordinates(self) -> dict[str, Labelled]:
        """What dimensions count, other than times."""
        return dimensions.coordinates(self.obj, self.monitor._reducers)

    def parameters(self) -> dict[str, Labelled]:
        """Parameters that differ from neuron to neuron."""
        return dimensions.parameters(self.obj)

    def about(self) -> dict[str, Any]:
        """The provenance."""
        return provenance(self.monitor)

    def model(self) -> dict[str, Any]:
        """What is known of the recorded object."""
        return of_object(parent_of(self.obj))

    def counts_spikes(self, name: str) -> bool:
        """Whether a result is one of spikes."""
        return isinstance(self._reducer(name), SpikeReducer)

    def _reducer(self, name: str) -> Reducer | None:
        return self.monitor._reducers.get(name)

    def _result(self, reducer: Reducer) -> Array:
        if isinstance(reducer, SpikeReducer):
            assert self.monitor._events is not None
            self.monitor._events.settle()
            return reducer.result(self.spikes.count)
        assert isinstance(reducer, StateReducer) and self.monitor._staging is not None
        waiting, whole = self.monitor._staging.waiting(reducer.variable), reducer
        if len(waiting):
            whole = copy.deepcopy(reducer)
            whole.take(waiting)
        return whole.result()
