"""The microcircuit's rates over five seeds of 10 s each, after half a second, beside those that its authors keep.

NEST makes one run with the mean current, which takes as long as all of ours. What was measured is kept from run to run
in `out/microcircuit_rates.json`: called again after an interruption, the rest is measured.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, once, peer
from benchmarks.environments import CannotRunError
from benchmarks.microcircuit import ours
from benchmarks.unfinished import Unfinished
from cnsproject.experiments.microcircuit_tables import NAMES, RATES

NAME, TITLE, TIME, SEEDS = "microcircuit_rates", "rates, microcircuit", 10.0, (1, 2, 3, 4, 5)
PATIENCE = 3600  # seconds for NEST


def runs(time: float) -> dict[str, tuple[Contestant, tuple[int, ...]]]:
    """Who runs, with which seeds."""
    drives = {drive: (ours(1.0, drive, "float32", time), SEEDS) for drive in ("dc", "poisson")}
    return drives | {"NEST": (peer("NEST", "nest_microcircuit", time, "1", threads=2), SEEDS[:1])}


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every seed once; `rounds` does not matter here."""
    del rounds
    unfinished, why_not = Unfinished(NAME, kept=scale == 1), dict[str, str]()
    with tempfile.TemporaryDirectory() as folder:
        for who, (contestant, seeds) in runs(TIME * scale).items():
            known = [run["seed"] for run in unfinished.found if run["who"] == who]
            try:
                for seed in (seed for seed in seeds if seed not in known):
                    found = once(contestant, Path(folder), seed, PATIENCE)
                    unfinished.add({"who": who, "seed": seed, **found})
            except CannotRunError as why:
                why_not[who] = str(why)
    found, populations = unfinished.done(), {}
    for who in dict.fromkeys(run["who"] for run in found):
        for name, reference in zip(NAMES, RATES, strict=True):
            rates = [run["rates of populations"][name] for run in found if run["who"] == who]
            mean = statistics.mean(rates)
            kept = {"reference": reference, "mean": mean, "off": mean / reference - 1, "rates": rates}
            populations[f"{name}, {who}"] = kept
    versions = {run["who"]: run["versions"] for run in found}
    return {
        "title": f"{TITLE}, {TIME * scale:g} s", "seeds": SEEDS, "populations": populations, "versions": versions,
        "why_not": why_not,
    }  # fmt: skip
