"""The microcircuit's rates over five seeds of 10 s each, after half a second, beside those that its authors keep."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import once
from benchmarks.microcircuit import ours
from cnsproject.experiments.microcircuit_tables import NAMES, RATES

NAME, TITLE, TIME, SEEDS = "microcircuit_rates", "rates, microcircuit", 10.0, (1, 2, 3, 4, 5)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every seed once; `rounds` does not matter here."""
    del rounds
    with tempfile.TemporaryDirectory() as folder:
        populations = {}
        for drive in ("dc", "poisson"):
            contestant = ours(1.0, drive, "float32", TIME * scale)
            found = [once(contestant, Path(folder), seed)["rates of populations"] for seed in SEEDS]
            for name, reference in zip(NAMES, RATES, strict=True):
                rates = [rates[name] for rates in found]
                mean = statistics.mean(rates)
                kept = {"reference": reference, "mean": mean, "off": mean / reference - 1, "rates": rates}
                populations[f"{name}, {drive}"] = kept
    return {"title": f"{TITLE}, {TIME * scale:g} s", "seeds": SEEDS, "populations": populations}
