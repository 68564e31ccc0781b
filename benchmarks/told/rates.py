"""How often the populations of the whole microcircuit fire."""

from __future__ import annotations

from typing import Any

from benchmarks.microcircuit_rates import NAME
from cnsproject.experiments.microcircuit_tables import NAMES, RATES

__all__ = ["NAME", "TEXTS"]

DRIVES = {"dc": "the mean current", "poisson": "Poisson processes", "NEST": "NEST, the mean current"}


def whole(record: dict[str, Any]) -> str:
    """A table of mean rates and of their range over the seeds, for every drive that was measured, and NEST's."""
    found, seeds = record["populations"], len(record["seeds"])
    lines = [
        f"| {record['title'].split(', ')[-1]}, {seeds} seeds | {' | '.join(NAMES)} |",
        "|---" * (1 + len(NAMES)) + "|",
    ]
    for drive, words in DRIVES.items():
        rates = [found[f"{name}, {drive}"]["rates"] for name in NAMES if f"{name}, {drive}" in found]
        if rates:
            lines.append(f"| {words} (Hz) | {' | '.join(f'{sum(one) / len(one):.2f}' for one in rates)} |")
            if len(rates[0]) > 1:
                ends = (f"{min(one):.2f} – {max(one):.2f}" for one in rates)
                lines.append(f"| lowest and highest seed | {' | '.join(ends)} |")
    lines.append(f"| published (Hz) | {' | '.join(f'{rate:.2f}' for rate in RATES)} |")
    return "\n".join(lines)


TEXTS = {"whole": whole}
