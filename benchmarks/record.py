"""Where and with what a benchmark ran, and the file it is kept in."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

STAT = Path("/proc/stat")
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Processor, cores, how busy they are, and versions."""
    processor = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0] if names else processor
    packages = {name: version(name) for name in ("cnsproject", "torch", "numpy", "numba")}
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "load": busy_cores(),
        "python": platform.python_version(),
        **packages,
    }


def busy_cores(seconds: float = 1.0) -> float | None:
    """How many cores are at work just now; others spoil times, those of several threads most. None where nobody says.

    A mean over the last minute would count the benchmark before.
    """

    def read() -> tuple[int, int]:
        user, nice, system, idle, waiting, *others = map(int, STAT.read_text().split("\n")[0].split()[1:9])
        return user + nice + system + sum(others), idle + waiting

    if not STAT.exists():
        return None
    before = read()
    time.sleep(seconds)
    busy, idle = (after - earlier for after, earlier in zip(read(), before, strict=True))
    return round((os.cpu_count() or 1) * busy / max(1, busy + idle), 2)


def interleaved(functions: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each function, taken in turn, so that a drift of the machine meets all of them."""
    for function in functions.values():
        function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(function())
    return times


def median_ratio(times: dict[str, list[float]], over: str, under: str) -> float:
    """Median over the rounds of one time divided by the other of the same round."""
    return statistics.median(a / b for a, b in zip(times[over], times[under], strict=True))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Minimum, median and maximum."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def described(name: str, result: dict[str, Any], where: dict[str, Any]) -> dict[str, Any]:
    """A result with its name, the date and the machine."""
    return {"benchmark": name, "date": datetime.now(UTC).date().isoformat(), "machine": where, **result}


def keep(record: dict[str, Any]) -> Path:
    """Write `results/name.json`."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{record['benchmark']}.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    return path


def kept(names: Sequence[str]) -> list[dict[str, Any]]:
    """The records that `keep` wrote under these names, as far as they are there."""
    files = (RESULTS / f"{name}.json" for name in names)
    return [json.loads(file.read_text()) for file in files if file.exists()]
