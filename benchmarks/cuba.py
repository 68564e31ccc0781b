"""CUBA (Vogels & Abbott 2005; Brette et al. 2007): 4000 LIF neurons, exponential currents, 10 s, all spikes recorded.

Timed is the run itself: ours with planning, everything compiled; Brian2's without code generation and compiler; NEST's
`Simulate` without building. The sketch is what plain numba reaches for this one network.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE, TIME = "cuba", "CUBA 4000", 10.0


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    time = TIME * scale
    contestants = [
        ours("cuba", time),
        ours("cuba", time, threads=2),
        ours("cuba", time, precision="float64"),
        peer("Brian2, C++", "brian2_cuba", time),
        peer("Brian2, C++", "brian2_cuba", time, threads=2),
        peer("NEST", "nest_cuba", time),
        peer("sketch in numba", "sketch_cuba", time),
    ]
    return {"title": f"{TITLE}, {time:g} s", "contestants": compete(contestants, rounds)}
