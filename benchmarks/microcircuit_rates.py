"""The microcircuit's rates, after half a second, beside those that its authors keep: whole, and a tenth beside NEST."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contest import Contestant, once
from benchmarks.environments import CannotRunError
from benchmarks.microcircuit import nest, ours
from cnsproject.experiments.microcircuit_tables import NAMES, RATES

NAME, TITLE, TIME, SEEDS = "microcircuit_rates", "rates, microcircuit", 10.0, (1, 2, 3, 4, 5)
TENTH, TENTH_TIME, TENTH_SEEDS = 0.1, 1.0, (1, 2, 3)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every seed once; `rounds` does not matter here."""
    del rounds
    time, short = TIME * scale, TENTH_TIME * scale
    populations = {}
    for drive in ("dc", "poisson"):
        populations |= rates_of(drive, ours(1.0, drive, "float32", time), SEEDS)
    populations |= rates_of("a tenth, dc", ours(TENTH, "dc", "float32", short), TENTH_SEEDS)
    with contextlib.suppress(CannotRunError):  # then there is nothing to compare with
        populations |= rates_of("a tenth, dc, NEST", nest(TENTH, short), TENTH_SEEDS)
    return {"title": f"{TITLE}, {time:g} s, a tenth {short:g} s", "seeds": SEEDS, "populations": populations}


def rates_of(who: str, contestant: Contestant, seeds: tuple[int, ...]) -> dict[str, Any]:
    """What is kept of one contestant: for each population its rates, their mean, and how far that is off."""
    with tempfile.TemporaryDirectory() as folder:
        found = [once(contestant, Path(folder), seed)["rates of populations"] for seed in seeds]
    kept = {}
    for name, reference in zip(NAMES, RATES, strict=True):
        rates = [rates[name] for rates in found]
        mean = statistics.mean(rates)
        kept[f"{name}, {who}"] = {"reference": reference, "mean": mean, "off": mean / reference - 1, "rates": rates}
    return kept
