"""A network that learns: 10 000 LIF neurons, 6.4 million synapses with STDP, 1 s, all spikes recorded.

Timed is the run itself: ours with planning, everything compiled; Brian2's without code generation and compiler.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE, TIME = "stdp", "STDP 10 000", 1.0


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    time = TIME * scale
    contestants = [
        ours("stdp", time),
        ours("stdp", time, threads=2),
        ours("stdp", time, precision="float64"),
        peer("Brian2, C++", "brian2_stdp", time),
        peer("Brian2, C++", "brian2_stdp", time, threads=2),
    ]
    return {"title": f"{TITLE}, {time:g} s", "contestants": compete(contestants, rounds)}
