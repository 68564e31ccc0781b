"""`Collected`: the results of members by number, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.sweeps.measures import EVENT, Numbers
from cnsproject.sweeps.members import Failure, Outcome

MISSING, DONE, FAILED = 0, 1, 2


@dataclass
class Column:
    """A measure of all members: `values` (members, ...)."""

    dims: tuple[str, ...]
    values: npt.NDArray[Any]
    unit: str
    labels: Mapping[str, tuple[str, ...]]

    def fits(self, numbers: Numbers) -> bool:
        """Whether numbers can be put beside those of the others: spikes may be more or fewer."""
        same = (
            own == other or dim == EVENT
            for dim, own, other in zip(self.dims, self.values.shape[1:], numbers.values.shape, strict=False)
        )
        return self.dims == numbers.dims and self.labels == numbers.labels and all(same)

    def widen(self, shape: tuple[int, ...]) -> None:
        """Make room for this many spikes."""
        new = tuple(map(max, self.values.shape[1:], shape))
        if new != self.values.shape[1:]:
            values = np.full((len(self.values), *new), empty(self.values.dtype), self.values.dtype)
            values[tuple(map(slice, self.values.shape))] = self.values
            self.values = values


class Collected:
    """What is known of so many members: their state, and a column for everything that was measured."""

    def __init__(self, count: int) -> None:
        self.state = np.zeros(count, np.uint8)
        self.seconds = np.zeros(count)
        self.columns: dict[str, Column] = {}
        self.failures: dict[int, Failure] = {}

    def add(self, number: int, outcome: Outcome, seconds: float) -> None:
        """Take in a member. What does not fit beside the results of the others is a failure of that member."""
        self.seconds[number] = seconds
        if not isinstance(outcome, Failure):
            outcome = self._refused(outcome) or outcome
        if isinstance(outcome, Failure):
            self.state[number], self.failures[number] = FAILED, outcome
            return
        for name, numbers in outcome.items():
            if name not in self.columns:
                kind = numbers.values.dtype
                values = np.full((len(self.state), *numbers.values.shape), empty(kind), kind)
                self.columns[name] = Column(numbers.dims, values, numbers.unit, numbers.labels)
            column, shape = self.columns[name], numbers.values.shape
            column.widen(shape)
            place: Any = (number, *map(slice, shape))
            column.values[place] = numbers.values
        self.state[number] = DONE
        self.failures.pop(number, None)

    def _refused(self, found: Mapping[str, Numbers]) -> Failure | None:
        for name, numbers in found.items():
            column = self.columns.get(name)
            if column and not column.fits(numbers):
                told = f"{numbers.dims} of shape {numbers.values.shape}, other members {column.dims} of shape "
                return Failure(f"measure {name!r} has {told}{column.values.shape[1:]}")
        return None


def empty(kind: npt.DTypeLike) -> Any:
    """What stands for a number that is not there."""
    return {"f": np.nan, "c": np.nan, "i": -1}.get(np.dtype(kind).kind, 0)
