"""Tables in the documents that are made of what was kept: `python -m benchmarks --pages` writes them anew.

In a document a table stands between the comments `<!-- results NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.record import kept

DOCS = Path(__file__).parents[1] / "docs"
_PLACE = re.compile(r"(<!-- results (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def microcircuit_whole() -> str:
    """Rates of the whole microcircuit."""
    record = kept(["microcircuit_rates"])[0]
    rows = {"the mean current (Hz)": "dc", "Poisson processes (Hz)": "poisson"}
    return _rates(record, "the whole network", {"here, " + row: who for row, who in rows.items()})


def microcircuit_tenth() -> str:
    """Rates of a tenth of the microcircuit, here and in NEST."""
    record = kept(["microcircuit_rates"])[0]
    rows = {"here (Hz)": "a tenth, dc", "NEST (Hz)": "a tenth, dc, NEST"}
    return _rates(record, "a tenth of the network", rows)


TABLES: dict[str, Callable[[], str]] = {
    "microcircuit_whole": microcircuit_whole, "microcircuit_tenth": microcircuit_tenth
}  # fmt: skip


def filled(page: str) -> str:
    """A document with its tables made anew."""
    return _PLACE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", page)


def write() -> list[Path]:
    """Make the tables of all documents anew; those that changed."""
    changed = []
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        if (made := filled(page)) != page:
            path.write_text(made, encoding="utf-8")
            changed.append(path)
    return changed


def _rates(record: dict[str, Any], what: str, rows: dict[str, str]) -> str:
    """A column for each population; mean and range over the seeds of those who were measured, and what is published."""
    found: dict[str, dict[str, Any]] = {}
    for key, rates in record["populations"].items():
        name, _, who = key.partition(", ")
        found.setdefault(who, {})[name] = rates
    names, first = list(next(iter(found.values()))), found[next(iter(rows.values()))]
    seeds = len(first[names[0]]["rates"])
    table = [[f"{what}, {seeds} seeds", *names], ["---"] * (len(names) + 1)]
    for row, who in rows.items():
        if who in found:
            table.append([row, *(f"{found[who][name]['mean']:.2f}" for name in names)])
            ends = ((min(found[who][name]["rates"]), max(found[who][name]["rates"])) for name in names)
            table.append(["lowest and highest seed", *(f"{low:.2f} – {high:.2f}" for low, high in ends)])
    table.append(["published, the whole network (Hz)", *(f"{first[name]['reference']:g}" for name in names)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table)
