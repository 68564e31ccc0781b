"""Brunel's network (2000): 12 500 LIF neurons, 15.6 million delta synapses, Poisson drive, 1 s, all spikes recorded.

Timed is the run itself: ours with planning, everything compiled; Brian2's without code generation and compiler; NEST's
`Simulate` without building. The sketch is what plain numba reaches for this one network.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE, TIME = "brunel", "Brunel 12 500", 1.0


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    time = TIME * scale
    contestants = [
        ours("brunel", time),
        ours("brunel", time, threads=2),
        ours("brunel", time, precision="float64"),
        peer("Brian2, C++", "brian2_brunel", time),
        peer("Brian2, C++", "brian2_brunel", time, threads=2),
        peer("NEST", "nest_brunel", time),
        peer("sketch in numba", "sketch_brunel", time),
    ]
    return {"title": f"{TITLE}, {time:g} s", "contestants": compete(contestants, rounds)}
