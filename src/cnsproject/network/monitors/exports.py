"""A recording as a table, a labelled data set, a Neo segment or a file; each with units and provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra
from cnsproject.errors import ArgumentError, StateError
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.monitors.readings import label_of, unit_of
from cnsproject.network.monitors.reducers import Histogram
from cnsproject.network.monitors.spike_reducers import PopulationRate
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.provenance import flat, provenance
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import parent_of
from cnsproject.storage import save_arrays

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray

    from cnsproject.network.monitors.recording import Recording

Array = npt.NDArray[Any]
ENDING = ".npz"


@dataclass(frozen=True)
class Column:
    """Something that was recorded: numbers with their unit, the names of their dimensions, and times of their rows."""

    name: str
    unit: str
    values: Array
    dims: tuple[str, ...]
    times: npt.NDArray[np.float64] | None = None


def columns(recording: Recording) -> Iterator[Column]:
    """States and results of reducers, of which there is at least one row; spikes apart from them."""
    for name in recording.state_variables:
        if recording._is_spikes(name) or not recording._row_count(name):
            continue
        values, reducer = recording.get(name).cpu().numpy(), recording._reducers.get(name)
        over_time = reducer is None or isinstance(reducer, Histogram | PopulationRate)
        times = recording.times(name).numpy() if over_time and recording._clock is not None else None
        if isinstance(reducer, PopulationRate):
            dims: tuple[str, ...] = (f"time of {name}",)
        elif isinstance(reducer, Histogram):
            dims = (f"time of {name}", f"bin of {name}")
        else:
            dims, values = _dims(recording.obj, name if reducer is None else reducer.variable, values, over_time)
        yield Column(name, recording.unit(name), values, dims, times)


def _dims(obj: Any, name: str, values: Array, over_time: bool) -> tuple[tuple[str, ...], Array]:
    """Names of the dimensions; those of a population's shape are made one, as neurons are counted."""
    time, lead, shape = ("time",) * over_time, int(over_time), values.shape[int(over_time) :]
    dim, own = _place(obj, name)
    if isinstance(dim, tuple) and shape == own:  # a weight for every pair
        pre = parent_of(obj).pre
        return (*time, *dim), values.reshape(*values.shape[:lead], pre.n, -1)
    if shape == own or (own and shape[1:] == own):
        batch = ("batch",) * (len(shape) > len(own))
        return (*time, *batch, str(dim)), values.reshape(*values.shape[: lead + len(batch)], int(np.prod(own)))
    return (*time, *(f"axis {k}" for k in range(len(shape)))), values


def _place(obj: Any, name: str) -> tuple[str | tuple[str, str], tuple[int, ...]]:
    """What there is one value of `name` for, and the shape of those."""
    owner = parent_of(obj)
    if isinstance(owner, NeuralPopulation):
        return "neuron", tuple(obj.shape)
    if not isinstance(owner, Synaptic):
        return "", ()
    if name == "w" and isinstance(owner, Connection):
        return "synapse", (len(owner),)
    if name == "w" and isinstance(owner, AbstractConnection):
        return ("pre", "post"), (*owner.pre.shape, *owner.post.shape)
    if isinstance(owner, AbstractConnection) and owner._terminals and name in owner._terminals.recordable:
        return "pre", owner.pre.shape
    return "post", owner.post.shape


def to_pandas(recording: Recording, name: str | None) -> pandas.DataFrame:
    """One row per spike, or per time and neuron."""
    frames = extra("pandas", "io")
    states = [n for n in recording.state_variables if n not in recording._reducers and not recording._is_spikes(n)]
    if name is not None and name in recording._reducers:
        raise ArgumentError(
            f"Monitor of {label_of(recording.obj)}.to_pandas", got=repr(name), expected="a recorded variable",
            fix="use get, or to_xarray for all results",
        )  # fmt: skip
    if name is not None and not recording._is_spikes(name):
        states = [name]
    if (name is not None and recording._is_spikes(name)) or not states:
        times, which = recording.spikes()
        data: dict[str, Array] = {"time (ms)": times.numpy(), "neuron": recording.neurons.numpy()[which.numpy()]}
    else:
        data = _long(recording, states)
    table: pandas.DataFrame = frames.DataFrame(data)
    table.attrs.update(provenance(recording))
    return table


def _long(recording: Recording, names: list[str]) -> dict[str, Array]:
    """Columns of times, places in every dimension, and values."""
    found = [column for column in columns(recording) if column.name in names]
    if not found:
        recording.get(names[0])  # which says that there is no recording
    widest = max(found, key=lambda column: column.values.ndim)
    for column in found:
        if column.dims not in (widest.dims, widest.dims[:1]):
            raise ArgumentError(
                f"Monitor of {label_of(recording.obj)}.to_pandas",
                got=f"{widest.name} per {' and '.join(widest.dims)}, {column.name} per {' and '.join(column.dims)}",
                expected="variables of one shape in a table",
                fix=f"make one of each: to_pandas({column.name!r})",
            )
    shape = widest.values.shape
    places = np.indices(shape)
    times = recording.times(widest.name).numpy()
    data: dict[str, Array] = {"time (ms)": times[places[0].ravel()]}
    for dim, place in zip(widest.dims[1:], places[1:], strict=True):
        data[dim] = recording.neurons.numpy()[place.ravel()] if dim == "neuron" else place.ravel()
    for column in found:
        values = column.values.reshape(column.values.shape + (1,) * (len(shape) - column.values.ndim))
        data[_with_unit(column)] = np.broadcast_to(values, shape).ravel()
    return data


def _with_unit(column: Column) -> str:
    return column.name if column.unit == "1" else f"{column.name} ({column.unit})"


def to_xarray(recording: Recording) -> xarray.Dataset:
    """A Dataset with units in the attrs of every variable."""
    labelled = extra("xarray", "io")
    data: dict[str, Any] = {}
    coords: dict[str, Any] = {}
    for column in columns(recording):
        data[column.name] = (column.dims, column.values, {"units": column.unit})
        if column.times is not None:
            coords[column.dims[0]] = (column.dims[0], column.times, {"units": "ms"})
    if recording._stores_spikes:
        times, which = recording.spikes()
        data["spike_time"] = ("spike", times.numpy(), {"units": "ms"})
        data["spike_neuron"] = ("spike", recording.neurons.numpy()[which.numpy()], {"units": "1"})
    dims = {dim for kind, *_ in data.values() for dim in ([kind] if isinstance(kind, str) else kind)}
    coords |= {name: coordinate for name, coordinate in _places(recording).items() if coordinate[0] in dims}
    found: xarray.Dataset = labelled.Dataset(data, coords, flat(recording))
    return found


def _places(recording: Recording) -> dict[str, tuple[str, Array, dict[str, str]]]:
    """Coordinates that are no times: neurons, the two of a synapse, and the lower edges of bins."""
    owner, none = parent_of(recording.obj), {"units": "1"}
    found: dict[str, tuple[str, Array, dict[str, str]]] = {}
    if isinstance(owner, NeuralPopulation):
        found["neuron"] = ("neuron", recording.neurons.numpy(), none)
    if isinstance(owner, Connection):
        pre, post = owner.indices()
        found["pre of synapse"] = ("synapse", pre.numpy(), none)
        found["post of synapse"] = ("synapse", post.numpy(), none)
    for label, reducer in recording._reducers.items():
        if isinstance(reducer, Histogram):
            dim, unit = f"bin of {label}", unit_of(recording.obj, reducer.variable)
            found[dim] = (dim, reducer.edges[:-1], {"units": unit})
            found[f"upper edge of {label}"] = (dim, reducer.edges[1:], {"units": unit})
    return found


def to_neo(recording: Recording) -> neo.Segment:
    """A Segment of spike trains and analog signals."""
    objects, pq = extra("neo", "io"), extra("quantities", "io")
    segment: neo.Segment = objects.Segment(name=label_of(recording.obj), **flat(recording))
    dt = float(recording.obj.dt or 0.0)
    for column in columns(recording):
        if column.dims != ("time", "neuron"):
            continue
        period = _even(recording, column, dt)
        signal = objects.AnalogSignal(
            column.values, units=_quantity(pq, column.unit), t_start=column.times[0] * pq.ms,  # type: ignore[index]
            sampling_period=period * pq.ms, name=column.name,
        )  # fmt: skip
        signal.array_annotate(neuron=recording.neurons.numpy())
        segment.analogsignals.append(signal)
    if recording._stores_spikes:
        segment.spiketrains.extend(list(_trains(recording, objects, pq, dt)))
    return segment


def _even(recording: Recording, column: Column, dt: float) -> float:
    """The time from row to row (ms)."""
    assert column.times is not None
    steps = np.diff(recording._steps_of(column.name))
    if len(steps) and (steps != steps[0]).any():
        _refuse_order(recording)
    assert recording._series is not None
    return dt * (int(steps[0]) if len(steps) else recording._series.axis.every)


def _trains(recording: Recording, objects: Any, pq: Any, dt: float) -> Iterator[neo.SpikeTrain]:
    """The spikes of every neuron."""
    times, which = (values.numpy() for values in recording.spikes())
    steps = recording._steps_of("s")
    if (np.diff(steps) <= 0).any():
        _refuse_order(recording)
    begin, end = (steps[0] * dt, (steps[-1] + 1) * dt) if len(steps) else (0.0, 0.0)
    order = np.argsort(which, kind="stable")
    cuts = np.searchsorted(which[order], np.arange(1, recording.obj.n))
    for place, train in zip(recording.neurons.tolist(), np.split(times[order], cuts), strict=True):
        yield objects.SpikeTrain(
            train, units=pq.ms, t_start=begin * pq.ms, t_stop=end * pq.ms, sampling_rate=1 / (dt * pq.ms),
            name=f"neuron {place}", neuron=place,
        )  # fmt: skip


def _quantity(pq: Any, unit: str) -> Any:
    """A unit of ours as one of Neo's."""
    return pq.Quantity(1.0, "dimensionless" if unit == "1" else unit.replace("Ohm", "ohm"))


def _refuse_order(recording: Recording) -> None:
    raise StateError(
        f"Monitor of {label_of(recording.obj)}.to_neo", got="times that do not ascend evenly",
        expected="a recording without a reset or a gap", fix="call reset_state_variables() of the monitor at the reset",
    )  # fmt: skip


def save(recording: Recording, path: str | Path) -> Path:
    """All arrays, and `about` as JSON."""
    if not isinstance(path, str | Path) or Path(path).suffix != ENDING:
        raise ArgumentError(
            f"Monitor of {label_of(recording.obj)}.save(path)", got=repr(path),
            expected=f"a path that ends in {ENDING}", fix="write monitor.save('recording.npz')",
        )  # fmt: skip
    arrays: dict[str, Array] = {}
    units: dict[str, str] = {}
    dims: dict[str, list[str]] = {}

    def put(name: str, values: Array, unit: str, places: tuple[str, ...]) -> None:
        arrays[name], units[name], dims[name] = values, unit, list(places)

    for column in columns(recording):
        put(column.name, column.values, column.unit, column.dims)
        if column.times is not None:
            put(f"{column.name}.time", column.times, "ms", column.dims[:1])
    if recording._stores_spikes:
        times, which = recording.spikes()
        put("spikes.time", times.numpy(), "ms", ("spike",))
        put("spikes.neuron", recording.neurons.numpy()[which.numpy()], "1", ("spike",))
    for name, (dim, values, attrs) in _places(recording).items():
        put(name, values, attrs["units"], (dim,))
    for name, value in getattr(parent_of(recording.obj), "_values", {}).items():
        if isinstance(value, np.ndarray):
            put(f"parameter.{name}", value, parent_of(recording.obj)._units[name], ("neuron",))
    about = {"format": "cnsproject recording 1", "units": units, "dims": dims, **provenance(recording)}
    return save_arrays(Path(path), {**arrays, "about": np.array(json.dumps(about))})
