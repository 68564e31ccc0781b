"""From nothing to a result: wall time of a whole process that builds CUBA and runs it for 1 s.

Ours once with an empty cache of compiled code and once with a full one; beside it `import torch`, below which nothing
that uses torch can come, and the peers' processes, Brian2's with its compiler.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import Contestant, compete, peer
from benchmarks.environments import ROOT

NAME, TITLE, TIME = "start_up", "start-up, CUBA 1 s", 1.0
SCRIPT = str(ROOT / "benchmarks" / "one_second_of_cuba.py")


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    del scale  # it is the start that counts
    contestants = [
        Contestant("cnsproject, warm cache", (SCRIPT,), time=None, wall=True, cache="warm"),
        Contestant("cnsproject, cold cache", (SCRIPT,), time=None, wall=True, cache="cold"),
        Contestant("import torch", ("-c", "import torch"), time=None, wall=True),
        peer("Brian2, C++, with compiler", "brian2_cuba", TIME, wall=True),
        peer("NEST", "nest_cuba", TIME, wall=True),
    ]
    return {"title": TITLE, "contestants": compete(contestants, rounds)}
