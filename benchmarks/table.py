"""One table of everything that was kept: `python -m benchmarks --table` prints it again without measuring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

HEADER = ("benchmark", "who", "threads", "precision", "median", "times ours", "rate (Hz)")


def table(records: list[dict[str, Any]]) -> str:
    """Times ours: the median over the rounds of a time divided by that of the benchmark's first line."""
    rows = [HEADER, *(row for record in records for row in _rows(record))]
    # A line that ends in a reason instead of numbers is shorter, and its end is as long as it likes.
    cells = [row if len(row) == len(HEADER) else row[:-1] for row in rows]
    widths = [max(len(row[column]) for row in cells if len(row) > column) for column in range(len(HEADER))]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    """Words to the left, numbers to the right, a reason as it is."""
    numbers = row[2:] if len(row) == len(HEADER) else row[2:-1]
    padded = [text.rjust(width) for text, width in zip(numbers, widths[2:], strict=False)]
    return [row[0].ljust(widths[0]), row[1].ljust(widths[1]), *padded, *row[2 + len(numbers) :]]


def _rows(record: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    title = record.get("title", record["benchmark"])
    for entry in record.get("contestants", ()):
        yield _contestant(title, entry)
        title = ""
    for network in record.get("networks", ()):
        yield from _rates(network)
    for name, found in record.get("populations", {}).items():
        yield title, name, f"{found['mean']:.3f} Hz, {100 * found['off']:+.1f} % of {found['reference']:g} Hz"
        title = ""
    for who, text in record.get("lines", ()):
        yield title, who, text
        title = ""


def _contestant(title: str, entry: dict[str, Any]) -> tuple[str, ...]:
    times = "-" if entry["ratio"] is None else f"{entry['ratio']:.2f}"
    rate = f"{sum(entry['rates']) / len(entry['rates']):.2f}" if entry["rates"] else ""
    if entry["why_not"]:
        return title, entry["name"], f"{entry['threads']}", entry["precision"], f"cannot run: {entry['why_not']}"
    return title, entry["name"], f"{entry['threads']}", entry["precision"], duration(entry["median"]), times, rate


def _rates(network: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    title = network["title"]
    for name in ("Brian2", "cnsproject"):
        if name in network:
            found = network[name]
            inside = f", {network['inside']} of {len(found['rates'])} inside" if name == "cnsproject" else ""
            yield title, name, f"{found['mean']:.2f} Hz, from {found['min']:.2f} to {found['max']:.2f}{inside}"
            title = ""
    if network["why_not"]:
        yield title, "cnsproject" if "Brian2" in network else "Brian2", f"cannot run: {network['why_not']}"


def duration(seconds: float) -> str:
    """Three figures, in the unit that gives a number from 1 to 1000."""
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
