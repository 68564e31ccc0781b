"""The numbers of an experiment's table, by name."""

from __future__ import annotations

import re

import numpy as np

from cnsproject.experiments import Table
from cnsproject.sweeps.measures import Found, Numbers

_LABEL = re.compile(r"(.*?)(?:\s*\(([^()]*)\))?$")


def numbers_of(table: Table) -> Found:
    """A variable for every measure of a table, with its unit, over what was measured.

    Measures are in columns, or in rows: where more of the labels have a unit in brackets.
    """
    head, labels = [str(cell) for cell in table.head[1:]], [str(row[0]) for row in table.rows]
    cells = [[_number(cell) for cell in row[1:]] for row in table.rows]
    values = np.array(cells, np.float64).reshape(len(labels), len(head))
    down = sum("(" in label for label in labels) > sum("(" in label for label in head)
    names, others, values = (labels, head, values) if down else (head, labels, values.T)
    what = re.sub(r"\W+", "_", "column" if down else str(table.head[0]) or "row")
    found = {}
    for label, row in zip(names, values, strict=True):
        if np.isfinite(row).any():
            match = _LABEL.match(label)
            assert match is not None
            name = re.sub(r"\W+", "_", match[1]).strip("_")
            found[name] = Numbers((what,), row, match[2] or "", {what: tuple(others)})
    return found


def _number(cell: object) -> float:
    return float(cell) if isinstance(cell, int | float) else np.nan
