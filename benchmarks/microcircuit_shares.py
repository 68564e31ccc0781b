"""Where the microcircuit's time goes, part by part, and how far it is from what memory alone takes.

The parts are measured between native kernels (`stamps.py`). The floor: a spike reads its synapses from memory, a target
of 2 bytes and a weight of 2 or 4 for each, and memory is only so fast. How fast is measured on the same machine, on as
many threads (`bandwidth.py`): in order, which is the most it can do, and in segments of the network's mean length at
random places, which is how synapses lie.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, once
from benchmarks.environments import CannotRunError

NAME, TITLE, TIME = "microcircuit_shares", "parts of the microcircuit's time", 1.0
KINDS, HOW = ("int16", "float32"), ("in order", "of segments")


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The whole network, or a part of it; rounds are made within each process."""
    del rounds
    found, why_not = dict[str, Any](), dict[str, str]()
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            program = ("-m", "benchmarks.microcircuit_shares_run", f"{scale:g}", kind)
            try:
                found[kind] = once(Contestant(f"cnsproject, {kind}", program, time=TIME, threads=2), Path(folder))
            except CannotRunError as why:
                why_not[kind] = str(why)
    return {
        "title": f"{TITLE}, scale {scale:g}", "scale": scale, "biological seconds": TIME, "weights": found,
        "why_not": why_not, "lines": _lines(found, why_not),
    }  # fmt: skip


def _lines(found: dict[str, Any], why_not: dict[str, str]) -> list[tuple[str, str]]:
    """For the table."""
    lines = [(kind, f"cannot run: {why}") for kind, why in why_not.items()]
    for kind, one in found.items():
        for each in one["threads"]:
            shares = (f"{name} {100 * taken / each['stamped']:.0f} %" for name, taken in each["parts"].items())
            floors = (f"{each['seconds'] / each[f'floor {how}']:.1f} times the floor {how}" for how in HOW)
            text = f"{each['seconds']:.3f} s a second: {', '.join(shares)}; {', '.join(floors)}"
            lines.append((f"{kind}, threads: {each['threads']}", text))
    return lines
