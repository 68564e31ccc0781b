"""COBA (Brette et al. 2007): 4000 LIF neurons, exponential conductances, Euler, 10 s, all spikes recorded.

Timed is the run itself: ours with planning, everything compiled; Brian2's without code generation and compiler.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE, TIME = "coba", "COBA 4000", 10.0


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    time = TIME * scale
    contestants = [
        ours("coba", time),
        ours("coba", time, threads=2),
        ours("coba", time, precision="float64"),
        peer("Brian2, C++", "brian2_coba", time),
        peer("Brian2, C++", "brian2_coba", time, threads=2),
    ]
    return {"title": f"{TITLE}, {time:g} s", "contestants": compete(contestants, rounds)}
