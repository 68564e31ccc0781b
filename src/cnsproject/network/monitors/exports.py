"""A recording as a table, a labelled data set or a Neo segment; each with units and provenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.checks import extra
from cnsproject.errors import ArgumentError, StateError
from cnsproject.network.monitors.contents import Array, Contents
from cnsproject.network.provenance import flat
from cnsproject.storage import Labelled

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray


def to_pandas(contents: Contents, name: str | None) -> pandas.DataFrame:
    """One row per spike, or per time and neuron."""
    frames = extra("pandas", "io")
    states = [n for n in contents.names if contents.kind(n) == "rows"]
    if name is not None and contents.kind(name) not in ("rows", "spikes"):
        raise ArgumentError(
            f"{contents.owner}.to_pandas", got=repr(name), expected="a recorded variable",
            fix="use get, or to_xarray for all results",
        )  # fmt: skip
    if name is not None and contents.kind(name) == "rows":
        states = [name]
    if (name is not None and contents.kind(name) == "spikes") or not states:
        spikes = contents.spike_table()
        data = {"time (ms)": spikes["spike_time"].values, "neuron": spikes["spike_neuron"].values}
    else:
        data = _long(contents, states)
    table: pandas.DataFrame = frames.DataFrame(data)
    table.attrs.update(contents.about())
    return table


def _long(contents: Contents, names: list[str]) -> dict[str, Array]:
    """Columns of times, places in every dimension, and values."""
    table = contents.table()
    found = {name: table[name] for name in names if name in table}
    if not found or "time" not in table:
        raise StateError(
            f"{contents.owner}.to_pandas", got="no recording with times", expected="recorded steps of known length",
            fix="record at least one step, of something that has a dt",
        )  # fmt: skip
    widest = max(found, key=lambda name: found[name].values.ndim)
    dims, shape = found[widest].dims, found[widest].values.shape
    for name, column in found.items():
        if column.dims not in (dims, dims[:1]):
            raise ArgumentError(
                f"{contents.owner}.to_pandas",
                got=f"{widest} per {' and '.join(dims)}, {name} per {' and '.join(column.dims)}",
                expected="variables of one shape in a table",
                fix=f"make one of each: to_pandas({name!r})",
            )
    places, neurons = np.indices(shape), contents.coordinates().get("neuron")
    data: dict[str, Array] = {"time (ms)": table["time"].values[places[0].ravel()]}
    for dim, place in zip(dims[1:], places[1:], strict=True):
        data[dim] = neurons.values[place.ravel()] if dim == "neuron" and neurons is not None else place.ravel()
    for name, column in found.items():
        values = column.values.reshape(column.values.shape + (1,) * (len(shape) - column.values.ndim))
        data[name if column.unit == "1" else f"{name} ({column.unit})"] = np.broadcast_to(values, shape).ravel()
    return data


def to_xarray(contents: Contents) -> xarray.Dataset:
    """A Dataset with units in the attrs of every variable."""
    labelled, table = extra("xarray", "io"), contents.table()
    data = {name: values for name, values in table.items() if name in contents.names}
    data |= {name: values for name, values in contents.spike_table().items() if name != "spike_row"}
    dims = {dim for values in data.values() for dim in values.dims}
    coords = {name: values for name, values in table.items() if name not in contents.names}
    coords |= {name: values for name, values in contents.coordinates().items() if values.dims[0] in dims}
    found: xarray.Dataset = labelled.Dataset(_variables(data), _variables(coords), flat(contents.about()))
    return found


def _variables(found: dict[str, Labelled]) -> dict[str, Any]:
    return {name: (dims, values, {"units": unit}) for name, (dims, values, unit) in found.items()}


def to_neo(contents: Contents) -> neo.Segment:
    """A Segment of spike trains and analog signals."""
    objects, pq = extra("neo", "io"), extra("quantities", "io")
    segment: neo.Segment = objects.Segment(name=contents.label, **flat(contents.about()))
    neurons = contents.coordinates().get("neuron")
    for name, (dims, values, unit) in contents.table().items():
        if dims != ("time", "neuron") or neurons is None:
            continue
        first, period = _even(contents, name)
        signal = objects.AnalogSignal(
            values, units=_quantity(pq, unit), t_start=first * pq.ms, sampling_period=period * pq.ms, name=name
        )
        signal.array_annotate(neuron=neurons.values)
        segment.analogsignals.append(signal)
    if contents.has_spikes:
        segment.spiketrains.extend(list(_trains(contents, objects, pq)))
    return segment


def _even(contents: Contents, name: str) -> tuple[float, float]:
    """The time of the first row, and from row to row (ms)."""
    steps, dt = contents.steps(name), float(contents.dt or 0.0)
    assert steps is not None
    gaps = np.diff(steps)
    if len(gaps) and (gaps != gaps[0]).any():
        refuse_order(contents, "to_neo")
    return float(steps[0] * dt), dt * (int(gaps[0]) if len(gaps) else contents.rows.every)


def _trains(contents: Contents, objects: Any, pq: Any) -> Iterator[neo.SpikeTrain]:
    """The spikes of every neuron."""
    if contents.is_batch:
        raise StateError(
            f"{contents.owner}.to_neo", got="the spikes of a batch", expected="a population without one",
            fix="use get('s')",
        )  # fmt: skip
    dt, steps, (rows, which) = float(contents.dt or 0.0), contents.spikes.all_steps(), contents.events()
    if (np.diff(steps) <= 0).any():
        refuse_order(contents, "to_neo")
    times, neurons = contents.spikes.steps(rows) * dt, contents.coordinates()["neuron"].values
    begin, end = (steps[0] * dt, (steps[-1] + 1) * dt) if len(steps) else (0.0, 0.0)
    order = np.argsort(which, kind="stable")
    cuts = np.searchsorted(which[order], np.arange(1, len(neurons)))
    for place, train in zip(neurons.tolist(), np.split(times[order], cuts), strict=True):
        yield objects.SpikeTrain(
            train, units=pq.ms, t_start=begin * pq.ms, t_stop=end * pq.ms, sampling_rate=1 / (dt * pq.ms),
            name=f"neuron {place}", neuron=place,
        )  # fmt: skip


def _quantity(pq: Any, unit: str) -> Any:
    """A unit of ours as one of Neo's."""
    return pq.Quantity(1.0, "dimensionless" if unit == "1" else unit.replace("Ohm", "ohm"))


def refuse_order(contents: Contents, method: str) -> None:
    """Raise where times have a reset or a gap."""
    raise StateError(
        f"{contents.owner}.{method}", got="times that do not ascend evenly",
        expected="a recording without a reset or a gap", fix="call reset_state_variables() of the monitor at the reset",
    )  # fmt: skip
