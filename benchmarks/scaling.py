"""Synaptic events per second against the size of a network, from a thousand synapses to 300 million.

A balanced random network (`peers/balanced.py`), and the microcircuit from a hundredth to the whole. An event is a spike
that arrives at a synapse: spikes times synapses of their sources, over the wall time of stepping; building is told
apart. Where a point, by the one before it, would take more than BUDGET seconds or more memory than is free, it and
the larger ones are left out, and it is said why. What was measured is kept from point to point in `out/scaling.json`:
called again after an interruption, the rest is measured.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, once, peer
from benchmarks.environments import CannotRunError
from benchmarks.microcircuit import ours as microcircuit
from benchmarks.microcircuit_run import SETTLED
from benchmarks.peers import balanced
from benchmarks.unfinished import Unfinished
from cnsproject.experiments import microcircuit_tables as tables
from cnsproject.network.room import room

NAME, TITLE = "scaling", "synaptic events per second"
SIZES = tuple(int(m * 10**k) for k in range(3, 9) for m in (1, 3))
SCALES = (0.01, 0.03, 0.1, 0.3, 1.0)
BUDGET = 240.0  # seconds of building and running a point
FORESEEN = 1_000_000  # synapses from which on time and memory grow with their number; fewer take what steps take
QUICK = (1000, 10_000, 100_000, int(tables.synapses(SCALES[0]).sum()))  # synapses of a quick look

Point = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A point that may be measured; what comes before it in its curve is smaller."""

    network: str
    synapses: int
    contestant: Contestant
    settled: float  # s that run before and do not count

    @property
    def curve(self) -> str:
        """What it is a point of."""
        return f"{self.network}: {self.contestant.name}, threads: {self.contestant.threads}"


def cases() -> Iterator[Case]:
    """All points, curve by curve, the smallest first."""
    for threads in (1, 2):
        for synapses in SIZES:
            yield Case("balanced", synapses, _ours(synapses, threads), balanced.SETTLED)
        for name, script in (("NEST", "nest_balanced"), ("Brian2, C++", "brian2_balanced")):
            for synapses in SIZES:
                told = peer(name, script, _time(synapses), f"{synapses}", threads=threads)
                yield Case("balanced", synapses, told, balanced.SETTLED)
    for threads in (1, 2):
        for scale in SCALES:
            told = microcircuit(scale, "dc", "float32", _time(_microcircuit(scale)), threads)
            yield Case("microcircuit", _microcircuit(scale), told, 1e-3 * SETTLED)
    for scale in SCALES:
        synapses = _microcircuit(scale)
        told = peer("NEST", "nest_microcircuit", _time(synapses), f"{scale:g}", threads=2)
        yield Case("microcircuit", synapses, told, 1e-3 * SETTLED)


def _ours(synapses: int, threads: int) -> Contestant:
    program = ("-m", "benchmarks.scaling_run", f"{synapses}")
    return Contestant("cnsproject", program, time=_time(synapses), threads=threads)


def _time(synapses: int) -> float:
    """Biological seconds, so that small networks run long enough to be timed and large ones end."""
    return round(min(10.0, max(0.25, 1e7 / synapses)), 2)


def _microcircuit(scale: float) -> int:
    return int(tables.synapses(scale).sum())


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every point once; a quick look takes some small ones, and neither reads nor writes what is unfinished."""
    del rounds
    unfinished = Unfinished(NAME, kept=scale == 1)
    points = unfinished.found
    known = {(point["curve"], point["synapses asked for"]) for point in points}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            if (case.curve, case.synapses) in known or (scale < 1 and case.synapses not in QUICK):
                continue
            unfinished.add(_point(case, points, Path(folder)))
    return {"title": TITLE, "budget": BUDGET, "points": unfinished.done(), "lines": list(_lines(points))}


def _point(case: Case, points: list[Point], folder: Path) -> Point:
    """One point, or why it was left out."""
    c = case.contestant
    point = {
        "curve": case.curve, "network": case.network, "who": c.name, "threads": c.threads,
        "synapses asked for": case.synapses, "biological seconds": c.time, "why_not": "",
    }  # fmt: skip
    before = [other for other in points if other["curve"] == case.curve]
    why_not = _too_large(case, before[-1]) if before else ""
    if why_not:
        return point | {"why_not": why_not}
    try:
        # A peer that compiles takes its time besides.
        found = once(c, folder, patience=2 * BUDGET)
    except CannotRunError as why:
        return point | {"why_not": str(why)}
    events = _events(case, found)
    return point | found | {"events": events, "events per second": events * (c.time or 0.0) / found["seconds"]}


def _events(case: Case, found: Point) -> float:
    """In a biological second."""
    if case.network == "balanced":
        return float(found["rate"] * found["synapses"])  # all neurons have as many synapses, on average
    scale = found["synapses"] / _microcircuit(1.0)
    scale = min(SCALES, key=lambda one: abs(one - scale))
    made = tables.synapses(scale).sum(axis=0)
    return float(sum(n * found["rates of populations"][name] for n, name in zip(made, tables.NAMES, strict=True)))


def _too_large(case: Case, before: Point) -> str:
    """Why a point cannot be measured, by the one before in its curve; empty when it can."""
    if before["why_not"]:
        return str(before["why_not"])
    if before["synapses"] < FORESEEN:
        return ""
    ratio = case.synapses / before["synapses"]
    running = before["seconds"] / before["biological seconds"] * ((case.contestant.time or 0.0) + case.settled)
    seconds = ratio * (running + before.get("built in", 0.0))
    if seconds > BUDGET:
        return f"from {case.synapses:.0e} synapses it would take about {seconds:.0f} s, more than {BUDGET:g}"
    left = room()
    needed, free = ratio * before["peak GB"], left.free / 1e9 if left else math.inf
    if needed > free:
        return f"from {case.synapses:.0e} synapses it would need about {needed:.0f} GB, and {free:.0f} are free"
    return ""


def _lines(points: list[Point]) -> Iterator[tuple[str, str]]:
    """For the table: a curve in a line."""
    curves = dict.fromkeys(point["curve"] for point in points)
    for curve in curves:
        own = [point for point in points if point["curve"] == curve]
        found = [f"{p['synapses']:.0e}: {p['events per second']:.1e}" for p in own if not p["why_not"]]
        why_not = next((f"; {p['why_not']}" for p in own if p["why_not"]), "")
        yield curve, f"events/s by synapses {', '.join(found) or 'none'}{why_not}"
