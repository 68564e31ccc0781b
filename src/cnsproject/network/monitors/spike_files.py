"""Files of spikes that other programs write and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.errors import ArgumentError
from cnsproject.network.monitors import sonata
from cnsproject.network.monitors.recording import Recording
from cnsproject.storage.sonata import read_spikes


@named_arguments
def save_sonata(path: str | Path, monitors: Mapping[str, Recording]) -> Path:
    """Write the spikes of several monitors into one SONATA file, by the names of their populations; returns its path.

        cns.save_sonata("spikes.h5", {"exc": exc_monitor, "inh": inh_monitor})

    Times are in ms; neurons are counted from 0 on as the population counts them. The file is there whole or not at
    all. Raises StateError for a file that exists, for a batch and for times that do not ascend, as after a reset in
    between, ArgumentError for a path that does not end in .h5 or .hdf5 and for what is no monitor, ParameterError for a
    name that HDF5 cannot have, UnknownNameError for a monitor without spikes, MissingExtraError without h5py.
    """
    if not isinstance(monitors, Mapping) or not monitors:
        raise ArgumentError(
            "save_sonata(monitors)", got=repr(monitors), expected="monitors by the names of their populations",
            fix='write {"exc": monitor}',
        )  # fmt: skip
    for name, one in monitors.items():
        if not isinstance(one, Recording):
            raise ArgumentError(
                f"save_sonata(monitors): {name!r}", got=repr(one), expected="a Monitor",
                fix="give what recorded the spikes",
            )  # fmt: skip
    return sonata.write("save_sonata", path, monitors)


@named_arguments
def read_sonata(path: str | Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Times (ms, float64) and neurons (int64) of the spikes in a SONATA file, by population, as `Monitor.spikes()`.

    Ascending in time, then in the neuron, whatever the order in the file is. A `SpikeSource` takes them as they are.
    Raises RecordingError for a file that is missing, cut off, altered, or none of the format.
    """
    if not isinstance(path, str | Path):
        raise ArgumentError("read_sonata(path)", got=repr(path), expected="a path", fix="write 'spikes.h5'")
    found = read_spikes(Path(path))
    return {name: (torch.from_numpy(times), torch.from_numpy(neurons)) for name, (times, neurons) in found.items()}
