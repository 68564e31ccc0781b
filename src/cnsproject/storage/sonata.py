"""Spikes by population in a file of the SONATA format, which is HDF5 of a fixed layout.

    /                      magic = 0x0A7A, version = [0, 1]
    /spikes/<population>   sorting = by_time
        timestamps         float64, units = "ms"
        node_ids           uint64

The layout is that of the SONATA developer guide, section "Spike file" (github.com/AllenInstitute/sonata); Dai et al.
2020, The SONATA data format for efficient description of large-scale network models, PLOS Comput. Biol. 16, e1007696.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra
from cnsproject.errors import RecordingError
from cnsproject.storage.files import whole

Spikes = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]

MAGIC, VERSION = 0x0A7A, (0, 1)
SORTING = {"none": 0, "by_id": 1, "by_time": 2}
_MILLISECONDS = ("ms", "millisecond", "milliseconds")
# The one filter that every reader has, libsonata among them: a checksum, so that an altered number is an error.
_FILTERS: Mapping[str, Any] = {"fletcher32": True}
# What h5py raises for a file that is no HDF5, or is damaged.
_UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError)


def write_spikes(path: Path, populations: Mapping[str, Spikes]) -> Path:
    """Times (ms) and neurons of the spikes of each population, in any order; there whole or not at all."""
    h5py = extra("h5py", "io")
    with whole(path) as temporary, h5py.File(temporary, "x") as file:
        file.attrs["magic"] = np.uint32(MAGIC)
        file.attrs["version"] = np.array(VERSION, np.uint32)
        spikes = file.create_group("spikes")
        for name, (times, neurons) in populations.items():
            order = np.lexsort((neurons, times))
            group = spikes.create_group(name)
            group.attrs.create("sorting", SORTING["by_time"], dtype=h5py.enum_dtype(SORTING, basetype=np.uint8))
            stamps = group.create_dataset("timestamps", data=times[order].astype(np.float64), **_FILTERS)
            stamps.attrs["units"] = "ms"
            group.create_dataset("node_ids", data=neurons[order].astype(np.uint64), **_FILTERS)
    return path


def read_spikes(path: Path) -> dict[str, Spikes]:
    """Times (ms) and neurons of the spikes of each population, ascending in time, then in the neuron.

    Raises RecordingError for anything that is no whole spike file of the format.
    """
    h5py = extra("h5py", "io")
    if not path.is_file():
        raise RecordingError(str(path), got="no file", expected="a SONATA spike file", fix="check the path")
    try:
        with h5py.File(path, "r") as file:
            magic, spikes = file.attrs.get("magic"), file.get("spikes")
            if magic is None or np.size(magic) != 1 or int(np.ravel(magic)[0]) != MAGIC:
                raise _refusal(path, f"the attribute magic = {magic}", f"magic = {MAGIC:#06x}")
            if not isinstance(spikes, h5py.Group):
                raise _refusal(path, "no group 'spikes'", "one, with a group for each population")
            return {name: _population(h5py, path, group) for name, group in spikes.items()}
    except RecordingError:
        raise
    except _UNREADABLE as error:
        raise _refusal(path, f"bytes that cannot be read ({error})", "a whole file, as it was written") from None


def _population(h5py: Any, path: Path, group: Any) -> Spikes:
    """The spikes of one population."""
    if not isinstance(group, h5py.Group):
        raise _refusal(path, f"{group.name}, which is no group", "a group for each population")
    stamps, nodes = group.get("timestamps"), group.get("node_ids")
    for name, found, kinds in (("timestamps", stamps, "f"), ("node_ids", nodes, "ui")):
        if not isinstance(found, h5py.Dataset) or found.ndim != 1 or found.dtype.kind not in kinds:
            raise _refusal(path, f"{group.name}/{name} = {found}", "a series of numbers")
    units = stamps.attrs.get("units")
    units = units.decode() if isinstance(units, bytes) else units
    if units not in _MILLISECONDS:
        raise _refusal(path, f"{stamps.name} with units = {units}", "units = ms")
    times, neurons = stamps[()].astype(np.float64), nodes[()]
    if times.shape != neurons.shape:
        raise _refusal(path, f"{len(times)} times and {len(neurons)} neurons in {group.name}", "as many of both")
    if not np.isfinite(times).all() or (neurons.astype(np.int64) < 0).any():
        raise _refusal(path, f"times or neurons in {group.name} that are none", "finite times, neurons from 0 on")
    order = np.lexsort((neurons, times))
    return times[order], neurons[order].astype(np.int64)


def _refusal(path: Path, got: str, expected: str) -> RecordingError:
    return RecordingError(
        str(path), got=got, expected=f"a SONATA spike file: {expected}", fix="use another copy, or write the file again"
    )
