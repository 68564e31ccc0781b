"""An F-I curve: AELIF (AdEx) neurons with default parameters under 1000 constant currents of 0 to 50 nA, 1 s, Euler.

Timed is all of `fi_curve` in our package: copies, planning, running, rates. Of Brian2 the run alone, without code
generation and compiler.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE, TIME = "fi_curve", "F-I curve of AELIF, 1000 currents", 1.0


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    time = TIME * scale
    contestants = [
        ours("fi_curve", time),
        ours("fi_curve", time, threads=2),
        ours("fi_curve", time, precision="float64"),
        peer("Brian2, C++", "brian2_fi_curve", time),
        peer("Brian2, C++", "brian2_fi_curve", time, threads=2),
    ]
    return {"title": f"{TITLE}, {time:g} s", "contestants": compete(contestants, rounds)}
