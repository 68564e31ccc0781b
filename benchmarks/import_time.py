"""`import cnsproject` against `import torch`, each in a process of its own, with warm file caches, in turn."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from benchmarks.contest import entries
from benchmarks.environments import usual
from benchmarks.record import interleaved, median_ratio, spread

NAME, ROUNDS = "import_time", 15


def importing(module: str) -> float:
    """Seconds of a Python process that imports one module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=usual())
    return time.perf_counter() - start


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Both in turn, more often than `rounds`: a process that only imports is short."""
    del rounds, scale
    importing("cnsproject")  # what Python compiles once is compiled
    times = interleaved({name: lambda name=name: importing(name) for name in ("cnsproject", "torch")}, ROUNDS)
    return {
        "title": "import",
        "rounds": ROUNDS,
        "ratio": median_ratio(times, "cnsproject", "torch"),
        "seconds": {name: spread(values) for name, values in times.items()},
        "contestants": entries(times),
    }
