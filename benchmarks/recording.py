"""What recording costs on CUBA: nothing recorded, all spikes, `u` of 100 neurons at every step, and both into a store.

Timed is the run, one thread, of a network that is built afresh and has drawn its connections; writing to the store is
part of it, to its end. The machine's caches take the files; what a disk would add is not measured. The last line is the
least that recording `u` can cost: as much new memory, written once from end to end.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import cnsproject as cns
from benchmarks.contest import entries
from benchmarks.networks import DT, cuba
from benchmarks.record import interleaved

NAME, TITLE, TIME = "recording", "CUBA 4000, recording", 10.0
TURNS = 5  # for every round: the differences are small
MONITORS: dict[str, tuple[list[str], bool]] = {
    "nothing recorded": ([], False),
    "all spikes": (["s"], False),
    "u of 100 neurons": (["u"], False),
    "all spikes, to a store": (["s"], True),
    "u of 100 neurons, to a store": (["u"], True),
}


def run(variables: list[str], stored: bool, seconds: float) -> float:
    """Seconds of one run."""
    with tempfile.TemporaryDirectory() as folder:
        built = cuba(1, torch.float32)
        del built.net.monitors["spikes"]
        cells = built.net.layers["cells"]
        built.run(0.0001, 1)
        if variables:
            part = None if variables == ["s"] else slice(0, 100)
            store = Path(folder) / "run.zarr" if stored else None
            built.net.add_monitor(cns.Monitor(cells, variables, neurons=part, store=store), "m")
        start = time.perf_counter()
        built.run(seconds, 1)
        return time.perf_counter() - start


def memory(seconds: float) -> float:
    """Seconds to get the memory of the recording of `u`, and to write it."""
    start = time.perf_counter()
    np.empty((round(seconds * 1000 / DT), 100), np.float32).fill(1.0)
    return time.perf_counter() - start


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The ways in turn."""
    torch.set_num_threads(1)
    seconds = TIME * scale
    ways = {name: partial(run, *what, seconds) for name, what in MONITORS.items()}
    ways["as much new memory"] = partial(memory, seconds)
    return {
        "title": f"{TITLE}, {seconds:g} s",
        "contestants": entries(interleaved(ways, TURNS * rounds), "float32"),
    }
