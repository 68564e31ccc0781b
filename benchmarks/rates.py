"""Do we simulate the same networks? Mean rates over five seeds, ours beside Brian2's.

A seed draws connections, start values and drive anew, in each simulator by its own generator; the spread of Brian2's
five rates says how much that alone moves the rate.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import brunel, coba, cuba
from benchmarks.contest import Contestant, once, ours, peer
from benchmarks.environments import CannotRunError

NAME, SEEDS = "rates", (1, 2, 3, 4, 5)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """All networks; `rounds` does not matter here."""
    del rounds
    networks = [_compare(module.NAME, module.TITLE, module.TIME * scale) for module in (cuba, coba, brunel)]
    return {"seeds": SEEDS, "networks": networks}


def _compare(name: str, title: str, time: float) -> dict[str, Any]:
    ours_, theirs = ours(name, time), peer("Brian2, C++", f"brian2_{name}", time)
    result: dict[str, Any] = {"title": f"rates, {title}, {time:g} s", "why_not": ""}
    try:
        with tempfile.TemporaryDirectory() as folder:
            result["Brian2"] = summary([_rate(theirs, Path(folder), seed) for seed in SEEDS])
            result["cnsproject"] = summary([_rate(ours_, Path(folder), seed) for seed in SEEDS])
    except CannotRunError as why:
        return result | {"why_not": str(why)}
    low, high = result["Brian2"]["min"], result["Brian2"]["max"]
    return result | {"inside": sum(low <= rate <= high for rate in result["cnsproject"]["rates"])}


def _rate(contestant: Contestant, folder: Path, seed: int) -> float:
    return float(once(contestant, folder, seed)["rate"])


def summary(rates: list[float]) -> dict[str, Any]:
    """All rates (Hz), their mean and their range."""
    return {"rates": rates, "mean": statistics.mean(rates), "min": min(rates), "max": max(rates)}
