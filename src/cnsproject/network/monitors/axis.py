"""`Axis`: the rows of a recording and the steps they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Axis:
    """Rows are counted from 0 since the monitor was reset, also where only the last ones are kept.

    every   steps from row to row
    window  how many rows are kept; None for all
    count   rows recorded
    first   the oldest row that can still be there
    offset  step - every*row of the last row
    """

    def __init__(self, every: int = 1, window: int | None = None) -> None:
        self.every, self.window = every, window
        self.count = self.first = 0
        self.offset: int | None = None
        self._runs: list[tuple[int, int]] = []  # where row and step move apart: first row, offset

    def __len__(self) -> int:
        return self.count - self.oldest

    @property
    def oldest(self) -> int:
        """The oldest row that is kept."""
        return self.first if self.window is None else max(self.first, self.count - self.window)

    def follow(self, step: int) -> None:
        """Note which step the next row belongs to."""
        offset = step - self.count * self.every
        if offset != self.offset:
            self.offset = offset
            self._runs.append((self.count, offset))

    def keep(self, window: int) -> None:
        """Keep the last so many rows from now on."""
        self.first, self.window = max(self.oldest, self.count - window), window

    def run_of(self, rows: Ints) -> Ints:
        """Number of the stretch of steps without a break that each row belongs to."""
        starts = np.array([row for row, _ in self._runs], np.int64)
        return np.asarray(np.searchsorted(starts, rows, side="right") - 1, np.int64)

    def steps(self, rows: Ints) -> Ints:
        """The step of each row."""
        if not len(rows):
            return np.empty(0, np.int64)
        offsets = np.array([offset for _, offset in self._runs], np.int64)
        return rows * self.every + offsets[self.run_of(rows)]

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"every": self.every, "oldest": self.oldest, "count": self.count, "runs": self._runs}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        axis = cls(int(record["every"]))
        axis.first, axis.count = int(record["oldest"]), int(record["count"])
        axis._runs = [(int(row), int(offset)) for row, offset in record["runs"]]
        if not 0 <= axis.first <= axis.count or (axis.count and (not axis._runs or axis._runs[0][0] > axis.first)):
            raise ValueError("rows of which nobody knows the steps")
        return axis

    def all_steps(self) -> Ints:
        """The steps of all rows that are kept."""
        return self.steps(np.arange(self.oldest, self.count))
