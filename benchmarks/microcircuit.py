"""The cortical microcircuit (Potjans & Diesmann 2014): 77 169 neurons, 299 million synapses; a quarter beside NEST.

Each contestant is a process that builds the network once, runs half a second that does not count, then TIME seconds,
of which the wall time is kept; and how long building took, the largest memory of the process, and the rates.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, once, peer, ratio
from benchmarks.environments import CannotRunError

NAME, TITLE, TIME = "microcircuit", "microcircuit", 3.0
QUARTER = 0.25


@dataclass(frozen=True)
class Case:
    """One of those that are measured."""

    title: str
    scale: float
    contestant: Contestant


def ours(scale: float, drive: str, kind: str, time: float, threads: int = 2, **more: Any) -> Contestant:
    """Our package; `kind` is that of the weights."""
    program = ("-m", "benchmarks.microcircuit_run", f"{scale:g}", drive, kind)
    return Contestant(f"cnsproject, {drive}, {kind}", program, time=time, threads=threads, **more)


def cases(time: float) -> list[Case]:
    """All of them."""
    full = [("dc", "int16", 2), ("dc", "float32", 2), ("poisson", "int16", 2), ("dc", "int16", 1)]
    found = [Case(f"{TITLE}, whole, {time:g} s", 1.0, ours(1.0, drive, kind, time, n)) for drive, kind, n in full]
    quarter = f"{TITLE}, a quarter, {time / 3:g} s"
    found.append(Case(quarter, QUARTER, ours(QUARTER, "dc", "int16", time / 3)))
    found.append(Case(quarter, QUARTER, peer("NEST", "nest_microcircuit", time / 3, f"{QUARTER:g}", threads=2)))
    return found


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """All in turn, `rounds` times; NEST, which takes minutes, as often."""
    readings: dict[int, list[dict[str, Any]]] = {}
    listed, why_not = cases(TIME * scale), dict[int, str]()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for number, case in enumerate(listed):
                if number in why_not:
                    continue
                try:
                    readings.setdefault(number, []).append(once(case.contestant, Path(folder)))
                except CannotRunError as why:
                    why_not[number] = str(why)
    first, quarter = [reading["seconds"] for reading in readings.get(0, [])], _of_ours(listed, readings)
    return {
        "title": TITLE,
        "contestants": [
            _entry(case, readings.get(k, []), why_not.get(k, ""), first if case.scale == 1 else quarter)
            for k, case in enumerate(listed)
        ],
    }


def _of_ours(listed: list[Case], readings: dict[int, list[dict[str, Any]]]) -> list[float]:
    """Our times of a quarter."""
    number = next(k for k, case in enumerate(listed) if case.scale == QUARTER)
    return [reading["seconds"] for reading in readings.get(number, [])]


def _entry(case: Case, readings: list[dict[str, Any]], why_not: str, ours_: list[float]) -> dict[str, Any]:
    """What is kept of one contestant."""
    seconds, c = [reading["seconds"] for reading in readings], case.contestant
    entry: dict[str, Any] = {
        "name": f"{case.title}: {c.name}", "threads": c.threads, "precision": "float32", "why_not": why_not,
        "median": statistics.median(seconds) if seconds else None, "ratio": ratio(seconds, ours_[: len(seconds)]),
        "seconds": seconds, "rates": [reading["rate"] for reading in readings],
        "versions": readings[0]["versions"] if readings else {}, "biological seconds": c.time,
    }  # fmt: skip
    for name in ("built in", "peak GB", "rates of populations"):
        entry[name] = [reading[name] for reading in readings if name in reading]
    return entry
