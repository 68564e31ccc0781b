"""Recorded spikes in SONATA files, which libsonata, BMTK and others read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.errors import ArgumentError, ParameterError, StateError
from cnsproject.storage.files import new_file
from cnsproject.storage.sonata import Spikes, write_spikes

if TYPE_CHECKING:
    from cnsproject.network.monitors.recording import Recording

_ENDINGS = (".h5", ".hdf5")


def write(what: str, path: str | Path, recordings: Mapping[str, Recording]) -> Path:
    """The spikes of recordings by the names of their populations; `what` names the call in errors."""
    target = new_file(f"{what}(path)", path, _ENDINGS)
    return write_spikes(target, {_checked(what, name): _spikes(what, one) for name, one in recordings.items()})


def _checked(what: str, name: Any) -> str:
    """A name that a group of HDF5 can have."""
    if not isinstance(name, str):
        raise ArgumentError(f"{what}: population", got=repr(name), expected="a name", fix="write it as a string")
    if name in ("", ".") or "/" in name or "\0" in name:
        raise ParameterError(
            f"{what}: population", got=repr(name), expected="a name without '/'", fix="give another: population='exc'"
        )
    return name


def _spikes(what: str, recording: Recording) -> Spikes:
    """Times (ms) and neurons of the population."""
    times, which = (values.numpy() for values in recording.spikes())
    if (np.diff(recording.times("s").numpy()) <= 0).any():
        raise StateError(
            f"{what}: {recording.label}", got="times that do not ascend", expected="a recording without a reset",
            fix="call reset_state_variables() of the monitor at the reset",
        )  # fmt: skip
    return times, recording.neurons.numpy()[which]
