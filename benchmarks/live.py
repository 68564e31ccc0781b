"""What it costs to see a run while it runs: CUBA with its raster and rate, and with `u` of three neurons.

Each run is made without and with the picture, of which ten frames a second are wanted. A frame is made and packed as it
is for a notebook (PNG, base64) or for a window (RGBA); what the front end does with it, in a process of its own, is not
measured. One thread; the picture is painted in it, between two pieces of the run.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

import cnsproject as cns
from benchmarks.contest import entries
from benchmarks.networks import cuba
from benchmarks.record import interleaved
from cnsproject.plotting import Frame

NAME, TITLE, TIME = "live", "CUBA 4000, seen while it runs", 900.0
PLACES: dict[str, Callable[[Frame], object] | None] = {
    "not shown": None,
    "as in a notebook": lambda frame: base64.b64encode(frame.png()),
    "as in a window": lambda frame: frame.rgba(),
}


def run(place: str, seconds: float, notes: dict[str, list[tuple[float, float]]]) -> float:
    """Seconds of one run; notes how many frames a second there were, and the seconds of the processor."""
    made: list[float] = []
    use = PLACES[place]

    def shown(frame: Any) -> None:
        if use is not None:
            use(frame)
        made.append(frame.time)

    built = cuba(1, torch.float32)
    built.net.add_monitor(cns.Monitor(built.net.layers["cells"], ["u"], neurons=[0, 1, 2]), "u")
    built.run(0.0001, 1)
    live = False if use is None else cns.Live(where=shown)
    start, worked = time.perf_counter(), time.process_time()
    built.net.run(1000 * seconds, executor="cpu", threads=1, live=live)
    taken = time.perf_counter() - start
    notes.setdefault(place, []).append((len(made) / taken, time.process_time() - worked))
    return taken


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Without and with, in turn."""
    torch.set_num_threads(1)
    notes: dict[str, list[tuple[float, float]]] = {}
    seconds = TIME * scale
    ways = {place: partial(run, place, seconds, notes) for place in PLACES}
    found = entries(interleaved(ways, rounds), "float32")
    for entry in found:
        measured = notes[entry["name"]][1:]
        entry["frames per second"] = [frames for frames, _ in measured]
        entry["processor seconds"] = [worked for _, worked in measured]  # others at work on the machine spoil them less
    return {"title": f"{TITLE}, {seconds:g} s", "contestants": found}
