"""What was measured, in words and pictures: a module for each result, with TEXTS and a `figure`."""

from __future__ import annotations

from typing import Any


def where(record: dict[str, Any]) -> str:
    """On which machine, and a warning where others were at work on it."""
    machine = record["machine"]
    load, cores = machine["load"] or 0.0, machine["cores"]
    busy = "; others were at work on it, so times of several threads say little" if load > 0.5 * cores else ""
    return f"{cores} cores of {machine['processor']} (cores at work before: {load:.1f}{busy})"
