"""What every rule of connectivity shares: the `Wiring` that it makes, and the checks of its arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number
from cnsproject.errors import ArgumentError, ParameterError

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# The shapes of pre and of post.
Shapes = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Wiring:
    """Synapses by source: those of source i are pointers[i] ... pointers[i+1]-1, in ascending order of their target.

    order  for synapses that the user gave: where each of them stands in the user's arrays
    """

    pointers: Ints
    targets: npt.NDArray[np.int32]
    order: Ints | None = None

    @property
    def sources(self) -> Ints:
        """Source of every synapse."""
        return np.repeat(np.arange(len(self.pointers) - 1), np.diff(self.pointers))


class Rows(ABC):
    """Synapses by source that are made some sources at a time, in any order and by several threads (abstract).

    pointers  those of source i are pointers[i] ... pointers[i+1]-1
    """

    pointers: Ints

    @abstractmethod
    def fill(self, first: int, last: int) -> npt.NDArray[np.int32]:
        """Targets of the sources first ... last-1, in ascending order for each of them."""

    def whole(self) -> Wiring:
        """All of them."""
        return Wiring(self.pointers, self.fill(0, len(self.pointers) - 1))


@dataclass(frozen=True)
class Slab:
    """The synapses of the sources first ... last-1 of some rows, by source and then by target."""

    first: int
    last: int
    rows: Rows

    @property
    def pointers(self) -> Ints:
        """Those of these sources, as counted over all synapses."""
        return self.rows.pointers[self.first : self.last + 1]

    @cached_property
    def targets(self) -> npt.NDArray[np.int32]:
        """Target of every synapse, drawn when somebody asks."""
        return self.rows.fill(self.first, self.last)

    @property
    def synapses(self) -> slice:
        """Their numbers."""
        return slice(int(self.pointers[0]), int(self.pointers[-1]))

    @cached_property
    def numbers(self) -> Ints:
        """Their numbers, one by one."""
        return np.arange(self.pointers[0], self.pointers[-1])

    @cached_property
    def sources(self) -> Ints:
        """Source of every synapse."""
        return np.repeat(np.arange(self.first, self.last), np.diff(self.pointers))


@dataclass(frozen=True)
class Made(Rows):
    """Rows of a wiring that is there."""

    wiring: Wiring

    @property
    def pointers(self) -> Ints:  # type: ignore[override]
        return self.wiring.pointers

    def fill(self, first: int, last: int) -> npt.NDArray[np.int32]:
        return self.wiring.targets[self.pointers[first] : self.pointers[last]]


class Connectivity(ABC):
    """A rule.

    autapses       whether a neuron may connect to itself, where pre and post are the same population
    weight, delay  (nA, ms) where the rule itself knows them: one per synapse, in the order in which they were given, or
                   a `PerBlock`
    building       bytes per synapse that `rows` holds at most, what it returns among them
    by_rows        whether what it returns holds nothing per synapse
    """

    autapses: bool = True
    weight: Any = None
    delay: Any = None
    building: ClassVar[int] = 8

    @property
    def by_rows(self) -> bool:
        return False

    @abstractmethod
    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        """The synapses between so many neurons, drawn from `key`.

        same    one population on both sides
        shapes  of pre and post, for rules that know places; lines of neurons where they are not given
        """

    def rows(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Rows:
        """The synapses of `build`, some sources at a time where the rule can draw them so."""
        return Made(self.build(sources, targets, key, same=same, shapes=shapes))

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int | float | None:
        """How many synapses `build` would make: a whole number where that is certain, else the mean as a float.

        None for a rule that does not say.
        """
        return None

    def distance(self, i: Ints, j: Ints, shapes: Shapes) -> F64:
        """Distances between the neurons i[n] of pre and j[n] of post, for rules that know places."""
        raise ArgumentError(
            f"{type(self).__name__}.distance",
            got="a rule without positions",
            expected="DistanceDependent",
            fix="connect with DistanceDependent(kernel)",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def pointers_of(counts: Ints) -> Ints:
    """Where the synapses of every source begin, and the end, from how many each has."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def pairs(sources: int, targets: int, autapses: bool) -> int:
    """How many different pairs there are, without those of a neuron with itself if there are no autapses."""
    return sources * targets - (0 if autapses else sources)


class ByRows(Connectivity):
    """A rule that draws some sources at a time: it says `rows`, and `build` is all of them (abstract)."""

    @property
    def by_rows(self) -> bool:
        return True

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        return self.rows(sources, targets, key, same=same, shapes=shapes).whole()

    @abstractmethod
    def rows(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Rows:
        """The synapses between so many neurons; see `build`."""


def flag(what: str, value: object) -> bool:
    """`value` as True or False; nothing else is taken for one of them."""
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(what, got=repr(value), expected="True or False", fix="give one of them")
    return bool(value)


def probability(what: str, value: object) -> float:
    """`value` as a float from 0 to 1."""
    result = number(what, value)
    if not 0 <= result <= 1:
        raise ParameterError(what, got=f"{result:g}", expected="a probability", fix="give a number from 0 to 1")
    return result
