"""Recorded spikes in SONATA files, which libsonata, BMTK and others read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.errors import ArgumentError, ParameterError, StateError
from cnsproject.network.monitors.readings import label_of
from cnsproject.network.views import parent_of
from cnsproject.storage.files import new_file
from cnsproject.storage.sonata import Spikes, read_spikes, write_spikes

if TYPE_CHECKING:
    from cnsproject.network.monitors.recording import Recording

_ENDINGS = (".h5", ".hdf5")


@named_arguments
def save_sonata(path: str | Path, monitors: Mapping[str, Recording]) -> Path:
    """Write the spikes of several monitors into one SONATA file, by the names of their populations; returns its path.

        cns.save_sonata("spikes.h5", {"exc": exc_monitor, "inh": inh_monitor})

    Times are in ms; neurons are counted from 0 on as the population counts them. The file is there whole or not at
    all. Raises StateError for a file that exists and for times that do not ascend, as after a reset in between,
    ArgumentError for a path that does not end in .h5 or .hdf5 or for what is no monitor, ParameterError for a name that
    HDF5 cannot have, UnknownNameError for a monitor without spikes, MissingExtraError without h5py.
    """
    if not isinstance(monitors, Mapping) or not monitors:
        raise ArgumentError(
            "save_sonata(monitors)", got=repr(monitors), expected="monitors by the names of their populations",
            fix='write {"exc": monitor}',
        )  # fmt: skip
    return _write("save_sonata", path, monitors)


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


def to_sonata(recording: Recording, path: str | Path, population: str | None) -> Path:
    """The spikes of one recording, under the name of its population where no other is given."""
    owner = parent_of(recording.obj)
    name = population if population is not None else owner.name or type(owner).__name__
    return _write(f"Monitor of {label_of(recording.obj)}.to_sonata", path, {name: recording})


def _write(what: str, path: str | Path, monitors: Mapping[str, Recording]) -> Path:
    target = new_file(f"{what}(path)", path, _ENDINGS)
    return write_spikes(target, {_checked(what, name): _spikes(what, one) for name, one in monitors.items()})


def _checked(what: str, name: Any) -> str:
    """A name that a group of HDF5 can have."""
    if not isinstance(name, str):
        raise ArgumentError(f"{what}: population", got=repr(name), expected="a name", fix="write it as a string")
    if name in ("", ".") or "/" in name or "\0" in name:
        raise ParameterError(
            f"{what}: population", got=repr(name), expected="a name without '/'", fix="give another: population='exc'"
        )
    return name


def _spikes(what: str, monitor: Any) -> Spikes:
    """Times (ms) and neurons of the population."""
    if not callable(getattr(monitor, "spikes", None)):
        raise ArgumentError(what, got=repr(monitor), expected="a Monitor", fix="give what recorded the spikes")
    times, which = (values.numpy() for values in monitor.spikes())
    if (np.diff(monitor.times("s").numpy()) <= 0).any():
        raise StateError(
            f"{what}: {label_of(monitor.obj)}", got="times that do not ascend", expected="a recording without a reset",
            fix="call reset_state_variables() of the monitor at the reset",
        )  # fmt: skip
    return times, monitor.neurons.numpy()[which]
