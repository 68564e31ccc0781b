"""The report's experiment: N = 20 in two populations that inhibit each other, 1500 steps, s and u recorded.

In our package as one run of a network, and by hand in Python's own loop; in Brian2 on its numpy target, the one that
needs no compiler. Brian2 is timed around its run alone, ours around the whole experiment, populations made anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.contest import compete, ours, peer

NAME, TITLE = "report", "report, N = 20, 1500 steps"


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    del scale  # it is short as it is
    contestants = [
        ours("report", 1.5),
        replace(ours("report_by_hand", 1.5), name="cnsproject, hand loop"),
        peer("Brian2, numpy", "brian2_report", 1.5),
    ]
    return {"title": TITLE, "contestants": compete(contestants, rounds)}
