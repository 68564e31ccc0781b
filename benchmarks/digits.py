"""Training with handwritten digits: 64 pixels, 100 or 400 neurons that compete, 350 steps for each picture, STDP.

Timed is a picture: its run, with all that a run is prepared by, normalising the weights, and starting anew. All are
shown the same spikes, made before. The rates count thresholds that rose, those of losers of a competition among them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.contest import Contestant, compete, ours, peer

NAME, TITLE, TIME = "digits", "one training sample of digits", 14.0
SIZES = 100, 400


def contestants(neurons: int, time: float) -> list[Contestant]:
    """Ours first; the peers on one thread and on two."""
    here = replace(ours("digits", time), name=f"cnsproject, {neurons}")
    them = [peer(f"BindsNET, {neurons}", "bindsnet_digits", time, threads=threads) for threads in (1, 2)]
    return [replace(one, program=(*one.program, str(neurons))) for one in (here, *them)]


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn, size by size; the first of each size is the one whose time is 1."""
    found = [entry for size in SIZES for entry in compete(contestants(size, TIME * scale), rounds)]
    return {"title": TITLE, "contestants": found}
