"""A recording as a file of Neurodata Without Borders (NWB)."""

from __future__ import annotations

import datetime
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.checks import extra
from cnsproject.errors import ArgumentError
from cnsproject.network.monitors import exports
from cnsproject.network.monitors.contents import Contents
from cnsproject.storage.files import new_file, whole

if TYPE_CHECKING:
    import neo

# NWB wants base units by their full names, and a factor; other units stay as they are.
_BASE = {"V": "volts", "A": "amperes", "F": "farads", "s": "seconds"}
_FACTOR = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12}


def to_nwb(contents: Contents, path: str | Path) -> Path:
    """What `to_neo` gives, written by pynwb.

    Neo's own writer would leave out the neurons and the provenance, and rename the signals.
    """
    what = f"{contents.owner}.to_nwb"
    target, nwb = new_file(f"{what}(path)", path, (".nwb",)), extra("pynwb", "io")
    segment = exports.to_neo(contents)
    if not segment.analogsignals and not segment.spiketrains:
        raise ArgumentError(
            what, got=f"a recording of {', '.join(contents.names)} without a row",
            expected="spikes or states of a population over time", fix="record them, or use save('recording.npz')",
        )  # fmt: skip
    file = _file(nwb, contents)
    for signal in segment.analogsignals:
        file.add_acquisition(_series(nwb, signal))
    if segment.spiketrains:
        file.units = _units(nwb, segment.spiketrains)
    with whole(target) as temporary, nwb.NWBHDF5IO(str(temporary), "w") as io:
        io.write(file)
    return target


def _file(nwb: Any, contents: Contents) -> Any:
    """What is said of the file as a whole."""
    about = contents.about()
    return nwb.NWBFile(
        session_description=f"simulation: recording of {contents.label}",
        identifier=str(uuid.uuid4()),
        session_start_time=datetime.datetime.now(datetime.UTC),
        was_generated_by=[[name, version] for name, version in about["versions"].items() if version],
        notes=json.dumps(about),
    )


def _series(nwb: Any, signal: neo.AnalogSignal) -> Any:
    """A signal as (times, neurons)."""
    unit, factor = _unit(signal.dimensionality.string)
    return nwb.TimeSeries(
        name=signal.name, data=signal.magnitude, unit=unit, conversion=factor,
        starting_time=float(signal.t_start.rescale("s")), rate=float(signal.sampling_rate.rescale("Hz")),
        description=json.dumps({"neuron": signal.array_annotations["neuron"].tolist()}),
    )  # fmt: skip


def _unit(unit: str) -> tuple[str, float]:
    """The unit that NWB wants, and how many of it one of ours is."""
    if unit and unit[-1] in _BASE and unit[:-1] in _FACTOR:
        return _BASE[unit[-1]], _FACTOR[unit[:-1]]
    return unit, 1.0


def _units(nwb: Any, trains: list[neo.SpikeTrain]) -> Any:
    """The table with a row for every neuron. Whole columns at once: row by row takes seconds."""
    core = extra("hdmf.common", "io")
    first = trains[0]  # all have one unit and one window
    begin, end, second = (float((1.0 * time).rescale("s")) for time in (first.t_start, first.t_stop, first.units))
    times = np.concatenate([train.magnitude for train in trains]) * second
    spikes = core.VectorData(name="spike_times", description="times (s) since step 0", data=times)
    ends = core.VectorIndex(name="spike_times_index", data=np.cumsum([len(train) for train in trains]), target=spikes)
    window = np.tile([begin, end], (len(trains), 1))
    seen = core.VectorData(name="obs_intervals", description="what was recorded (s), from and to", data=window)
    one_each = core.VectorIndex(name="obs_intervals_index", data=np.arange(1, len(trains) + 1), target=seen)
    neurons = [train.annotations["neuron"] for train in trains]
    which = core.VectorData(name="neuron", description="the neuron as its population counts it", data=neurons)
    names = core.VectorData(name="_name", description="what Neo calls the train", data=[train.name for train in trains])
    columns = [spikes, ends, seen, one_each, which, names]
    return nwb.misc.Units(name="units", description="spikes of simulated neurons", columns=columns)
