"""Rules that only count neurons: all pairs, equal pairs, or pairs drawn at random."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, whole
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.executors.base import at_once, hand_written
from cnsproject.network.connectivity.base import (
    ByRows,
    Connectivity,
    Ints,
    Made,
    Rows,
    Shapes,
    Wiring,
    flag,
    pairs,
    pointers_of,
    probability,
)

_ROWS = 4096  # counted at a time
_KEPT = 2**22  # synapses that are kept while they are counted, instead of being drawn a second time; at most 16 MB


@dataclass(frozen=True)
class Drawn(Rows):
    """Rows that are drawn when they are asked for: `draw(first, pointers, out)` fills those from `first` on."""

    pointers: Ints
    draw: Callable[[int, Ints, npt.NDArray[np.int32]], Any]

    def fill(self, first: int, last: int) -> npt.NDArray[np.int32]:
        part = self.pointers[first : last + 1]
        out = np.empty(part[-1] - part[0], np.int32)
        if len(out):
            self.draw(first, part, out)
        return out


class AllToAll(Connectivity):
    """Every neuron to every neuron."""

    building = 5

    @named_arguments
    def __init__(self, *, autapses: bool = True) -> None:
        self.autapses = flag("AllToAll.autapses", autapses)

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        skips = same and not self.autapses
        rows = np.tile(np.arange(targets - int(skips), dtype=np.int32), (sources, 1))
        if skips:
            rows += rows >= np.arange(sources, dtype=np.int32)[:, None]
        return Wiring(np.arange(sources + 1, dtype=np.int64) * rows.shape[1], rows.ravel())

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return pairs(sources, targets, self.autapses or not same)


class OneToOne(Connectivity):
    """Neuron i to neuron i; both populations must have the same size."""

    building = 4

    @named_arguments
    def __init__(self) -> None:
        pass

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        if sources != targets:
            raise ShapeError(
                "OneToOne",
                got=f"{sources} sources and {targets} targets",
                expected="equally many",
                fix="use another rule",
            )
        return Wiring(np.arange(sources + 1, dtype=np.int64), np.arange(sources, dtype=np.int32))

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return sources


class FixedProbability(ByRows):
    """Every pair with probability p, independently. Also called `RandomFixedCoupling`."""

    building = 4

    @named_arguments
    def __init__(self, p: float, *, autapses: bool = True) -> None:
        self.p = probability("FixedProbability.p", p)
        self.autapses = flag("FixedProbability.autapses", autapses)

    @property
    def by_rows(self) -> bool:
        return self.p < 1  # all pairs are made at once

    def rows(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Rows:
        if self.p == 1:
            return Made(AllToAll(autapses=self.autapses).build(sources, targets, key, same=same))
        counts = np.zeros(sources, np.int64)
        if self.p == 0:
            return Made(Wiring(pointers_of(counts), np.empty(0, np.int32)))
        law = targets, math.log1p(-self.p), self.autapses or not same
        count, fill = hand_written("wiring").count_bernoulli, hand_written("wiring").rows_of_bernoulli
        parts = [counts[first : first + _ROWS] for first in range(0, sources, _ROWS)]
        kept = [np.empty(self._room(len(part) * targets, sources * targets), np.int32) for part in parts]
        list(at_once(partial(count, *key, k * _ROWS, *law, parts[k], kept[k]) for k in range(len(parts))))
        found = [int(part.sum()) for part in parts]
        if all(made <= len(out) for made, out in zip(found, kept, strict=True)):
            columns = [out[:made] for made, out in zip(found, kept, strict=True)]
            joined = columns[0] if len(columns) == 1 else np.concatenate([np.empty(0, np.int32), *columns])
            return Made(Wiring(pointers_of(counts), joined))
        return Drawn(pointers_of(counts), lambda first, pointers, out: fill(*key, first, *law, pointers, out))

    def _room(self, part: int, whole: int) -> int:
        """Enough for what so many pairs give, but for one time in 10^8; none for a large projection."""
        mean = self.p * part
        return math.ceil(mean + 6 * math.sqrt(mean)) + 16 if self.p * whole <= _KEPT else 0

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int | float:
        possible = pairs(sources, targets, self.autapses or not same)
        return self.p * possible if 0 < self.p < 1 else int(self.p) * possible


class _FixedDegree(Connectivity):
    """A fixed number of partners per neuron."""

    @named_arguments
    def __init__(self, k: int, *, autapses: bool = True, multapses: bool = True) -> None:
        name = type(self).__name__
        self.k, self.autapses = whole(f"{name}.k", k), flag(f"{name}.autapses", autapses)
        self.multapses = flag(f"{name}.multapses", multapses)

    def _draw(self, rows: int, columns: int, key: tuple[int, int], same: bool) -> npt.NDArray[np.int32]:
        skips = same and not self.autapses
        available = columns - int(skips)
        if (not self.multapses and self.k > available) or (self.k and not available):
            raise ParameterError(
                f"{type(self).__name__}.k", got=f"{self.k}", expected=f"at most {available} different partners",
                fix="lower k, or allow multapses" if available else "lower k, or allow autapses",
            )  # fmt: skip
        out = np.empty((rows, self.k), np.int32)
        hand_written("wiring").fixed_number(*key, rows, columns, self.k, not skips, self.multapses, out)
        return out


class FixedInDegree(_FixedDegree):
    """Every neuron of post receives k synapses from sources drawn uniformly.

    Also called `RandomFixedPresynapticPartners`.
    """

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        drawn = self._draw(targets, sources, key, same)
        return _by_source(np.arange(targets + 1, dtype=np.int64) * self.k, drawn.ravel(), sources)

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return self.k * targets


class FixedOutDegree(_FixedDegree):
    """Every neuron of pre makes k synapses onto targets drawn uniformly."""

    building = 4

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        drawn = self._draw(sources, targets, key, same)
        drawn.sort(axis=1)
        return Wiring(np.arange(sources + 1, dtype=np.int64) * self.k, drawn.ravel())

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return self.k * sources


class FixedTotalNumber(ByRows):
    """n synapses between pairs drawn uniformly; without multapses no pair is drawn twice, every set equally likely."""

    @named_arguments
    def __init__(self, n: int, *, autapses: bool = True, multapses: bool = True) -> None:
        self.n, self.autapses = whole("FixedTotalNumber.n", n), flag("FixedTotalNumber.autapses", autapses)
        self.multapses = flag("FixedTotalNumber.multapses", multapses)

    @property
    def by_rows(self) -> bool:
        return self.multapses

    def rows(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Rows:
        autapses = self.autapses or not same
        available = pairs(sources, targets, autapses)
        if (not self.multapses and self.n > available) or (self.n and not available):
            raise ParameterError(
                "FixedTotalNumber.n", got=f"{self.n}", expected=f"at most {available} different pairs",
                fix="lower n, or allow multapses" if available else "lower n, or allow autapses",
            )  # fmt: skip
        if self.n and not self.multapses:
            return Made(self._different(sources, targets, key, autapses, available))
        # Sources are equally likely, whether autapses are allowed or not, and then so are the targets.
        counts = np.zeros(sources, np.int64)
        hand_written("wiring").count_rows(*key, self.n, counts)
        fill = hand_written("wiring").drawn_rows
        return Drawn(
            pointers_of(counts), lambda first, pointers, out: fill(*key, first, targets, autapses, pointers, out)
        )

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return self.n

    def _different(self, sources: int, targets: int, key: tuple[int, int], autapses: bool, available: int) -> Wiring:
        """Connect pairs independently, somewhat more than n of them, and choose n out of these, all uniformly."""
        # Ten standard deviations above n: fewer than n are found once in 1e21 wirings. Below 1e-5 the 32 random bits of
        # a gap between two pairs would tell in how evenly they are spread.
        p = min(1.0, max((self.n + 10 * math.sqrt(self.n) + 100) / available, 1e-5))
        law, counts = (targets, math.log1p(-p) if p < 1 else -math.inf, autapses), np.zeros(sources, np.int64)
        hand_written("wiring").count_bernoulli(*key, 0, *law, counts, np.empty(0, np.int32))
        pointers, found = pointers_of(counts), np.empty(self.n, np.int32)
        assert pointers[-1] >= self.n
        hand_written("wiring").choose(*key, sources, *law, pointers, found)
        return Wiring(pointers, found)


def _by_source(offsets: npt.NDArray[np.int64], drawn: npt.NDArray[np.int32], sources: int) -> Wiring:
    """The wiring of which `drawn` holds the sources of every target, from `offsets`."""
    pointers, found = np.zeros(sources + 1, np.int64), np.empty(drawn.size, np.int32)
    hand_written("wiring").transpose(offsets, drawn, pointers, found)
    return Wiring(pointers, found)
