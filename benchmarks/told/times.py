"""How long the microcircuit takes, to build and to run, and how much memory; a quarter of it beside NEST."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.microcircuit import NAME
from benchmarks.told import where

__all__ = ["NAME", "TEXTS"]


def table(record: dict[str, Any]) -> str:
    """A line for each that was measured, and why others were not."""
    rounds = max(len(one["seconds"]) for one in record["contestants"])
    lines = [
        f"On {where(record)}. Wall time of a biological second, after half a second that does not count; medians of "
        f"{rounds} processes.",
        "",
        "| | threads | s per biological s | lowest and highest | built in (s) | peak memory (GB) |",
        "|---|---|---|---|---|---|",
    ]
    for one in record["contestants"]:
        name = one["name"].replace(f", {one['biological seconds']:g} s:", ":").removeprefix("microcircuit, ")
        if one["why_not"]:
            lines.append(f"| {name} | {one['threads']} | could not run: {one['why_not']} | | | |")
            continue
        seconds = [taken / one["biological seconds"] for taken in one["seconds"]]
        built, peak = (f"{median(one[what]):.1f}" if one[what] else "–" for what in ("built in", "peak GB"))
        ends = f"{min(seconds):.2f} – {max(seconds):.2f}"
        lines.append(f"| {name} | {one['threads']} | {median(seconds):.2f} | {ends} | {built} | {peak} |")
    slower = [one["ratio"] for one in record["contestants"] if ": NEST" in one["name"] and one["ratio"]]
    if slower:
        lines += ["", f"NEST takes {slower[0]:.0f} times as long for the quarter, median over the rounds."]
    return "\n".join(lines)


TEXTS = {"table": table}
