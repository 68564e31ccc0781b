"""`import cnsproject` against `import torch`, each in a process of its own, with warm file caches, in turn."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.record import interleaved, keep, median_ratio, spread

ROUNDS = 15


def importing(module: str) -> float:
    """Seconds of a Python process that imports one module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, keep."""
    times = interleaved({name: lambda name=name: importing(name) for name in ("torch", "cnsproject")}, ROUNDS)
    ratio = median_ratio(times, "cnsproject", "torch")
    path = keep("import_time", {"rounds": ROUNDS, "ratio": ratio, "seconds": {n: spread(t) for n, t in times.items()}})
    print(f"import cnsproject takes {ratio:.3f} times import torch")
    print(f"kept in {path}")


if __name__ == "__main__":
    main()
