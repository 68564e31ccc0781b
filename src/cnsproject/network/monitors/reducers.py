"""What a monitor computes while the simulation runs, so that no series has to be stored.

They stand among the names that a monitor records: `Monitor(exc, ["s", cns.Mean("u"), cns.PopulationRate(5)])`, and
`monitor.get(cns.Mean("u"))` or `monitor.get("mean(u)")` gives the result. They count from the monitor's last reset,
whatever window it has, over the rows that it records (`every`, `start`, `stop`), and round alike on every executor.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ArgumentError, ParameterError, ShapeError

Ints = npt.NDArray[np.int64]


class Reducer(ABC):
    """Something computed of a recorded variable (abstract). What is handed to a monitor is copied by it.

    variable  what it is computed of
    label     by which `get` finds the result
    kind      "whole", one result for all; "counts", one for every recorded row; or "bins" of time
    """

    variable: str = "s"
    kind: str = "whole"

    @property
    @abstractmethod
    def label(self) -> str:
        """By which `get` finds the result."""

    def unit(self, unit: str) -> str:
        """The unit of the result, from that of the variable."""
        return unit

    @abstractmethod
    def reset(self) -> None:
        """Forget what was seen."""

    def of(self, variable: str) -> Self:
        """A copy of what was asked for, that has seen nothing, of another variable."""
        other = copy.copy(self)
        other.variable = variable
        other.reset()
        return other

    def __repr__(self) -> str:
        return f"<{self.label}>"


class StateReducer(Reducer):
    """A reducer of a state, parameter or weight, over the recorded rows (abstract)."""

    def __init__(self, variable: str) -> None:
        if not isinstance(variable, str):
            raise ArgumentError(
                f"{type(self).__name__}.variable", got=repr(variable), expected="a name", fix="write it in quotes"
            )
        self.variable = variable
        self.reset()

    @property
    def label(self) -> str:
        """By which `get` finds the result, such as "mean(u)"."""
        return f"{type(self).__name__.lower()}({self.variable})"

    @abstractmethod
    def take(self, block: npt.NDArray[Any]) -> None:
        """See some rows, (rows, *shape)."""

    @abstractmethod
    def result(self) -> npt.NDArray[Any]:
        """What is known after at least one row."""


class Mean(StateReducer):
    """The mean over time of a state of every neuron: shape of the state, float64, in its unit."""

    def reset(self) -> None:
        """Forget what was seen."""
        self._count, self._mean, self._squares = 0, np.zeros(()), np.zeros(())

    def take(self, block: npt.NDArray[Any]) -> None:
        """See some rows (Chan, Golub & LeVeque 1983, Am. Stat. 37:242, how to put together two of them)."""
        values = block.astype(np.float64)
        count, mean = len(values), values.mean(axis=0)
        squares = ((values - mean) ** 2).sum(axis=0)
        total, apart = self._count + count, mean - self._mean
        self._squares = self._squares + squares + apart**2 * (self._count * count / total)
        self._mean = self._mean + apart * (count / total)
        self._count = total

    def result(self) -> npt.NDArray[Any]:
        """The mean."""
        return np.array(self._mean)


class Variance(Mean):
    """The variance over time of a state of every neuron, over the number of rows: float64, in its unit squared."""

    def unit(self, unit: str) -> str:
        """The unit of the result."""
        return "1" if unit == "1" else f"{unit}**2" if unit.isalpha() else f"({unit})**2"

    def result(self) -> npt.NDArray[Any]:
        """The variance."""
        return np.array(self._squares / self._count)


class Minimum(StateReducer):
    """The smallest value of a state of every neuron: shape and dtype of the state, in its unit."""

    _choose: np.ufunc = np.minimum

    def reset(self) -> None:
        """Forget what was seen."""
        self._found: npt.NDArray[Any] | None = None

    def take(self, block: npt.NDArray[Any]) -> None:
        """See some rows."""
        found = self._choose.reduce(block, axis=0)
        self._found = np.array(found if self._found is None else self._choose(self._found, found))

    def result(self) -> npt.NDArray[Any]:
        """The value."""
        assert self._found is not None
        return self._found.copy()


class Maximum(Minimum):
    """The largest value of a state of every neuron: shape and dtype of the state, in its unit."""

    _choose = np.maximum


class Histogram(StateReducer):
    """How the values of all neurons, or all weights, are distributed in every recorded row: (rows, bins), int64.

    variable  such as "w" of a connection; with `every=` of the monitor this tells how weights develop
    edges     of the bins, ascending, in the unit of the variable; numbers outside of them are not counted, and the
              last bin has its upper edge, as in `numpy.histogram`
    """

    kind = "counts"

    def __init__(self, variable: str, edges: npt.ArrayLike) -> None:
        try:
            self.edges = np.array(edges, np.float64)
        except (TypeError, ValueError):
            raise ArgumentError(
                "Histogram.edges", got=repr(edges), expected="ascending numbers", fix="use numpy.linspace(0, 1, 21)"
            ) from None
        if self.edges.ndim != 1 or len(self.edges) < 2:
            raise ShapeError(
                "Histogram.edges", got=f"shape {self.edges.shape}", expected="at least two numbers", fix="give a list"
            )
        if not np.isfinite(self.edges).all() or (np.diff(self.edges) <= 0).any():
            raise ParameterError(
                "Histogram.edges", got=repr(edges), expected="finite numbers in ascending order", fix="sort them"
            )
        super().__init__(variable)

    def unit(self, unit: str) -> str:
        """A count has none."""
        return "1"

    def reset(self) -> None:
        """Forget what was seen."""
        self._counts: list[Ints] = []

    def take(self, block: npt.NDArray[Any]) -> None:
        """See some rows."""
        self._counts += [np.histogram(row, self.edges)[0].astype(np.int64) for row in block]

    def result(self) -> npt.NDArray[Any]:
        """The counts."""
        return np.array(self._counts)
