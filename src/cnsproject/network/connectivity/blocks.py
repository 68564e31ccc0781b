"""`Blocks`: rules, weights and delays between parts of populations, as the tables of papers give them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise, product
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.base import at_once, hand_written
from cnsproject.network.connectivity.base import ByRows, Connectivity, Ints, Rows, Shapes, Slab, pointers_of
from cnsproject.random import Draws, Law, key_of_part

Table = Sequence[Sequence[Any]]


class Blocks(ByRows):
    """A rule for every pair of parts of two populations: one connection instead of one for each pair.

    parts   how many neurons the parts of pre have, in their order; together all of them
    rules   a table with a row for every part of pre and a column for every part of post: a rule, or None
    onto    how many neurons the parts of post have, where they are not those of pre
    weight  such a table of numbers and distributions, or one for all (nA, or as the synapse has it); None for what the
            connection is given
    delay   the same (ms)

    Where both populations are one, its parts are the same on both sides, and rules without autapses mean these parts.
    Synapses of all blocks share one state per target, so they must be alike but for weights and delays.

    >>> import numpy as np
    >>> import cnsproject as cns
    >>> cells = cns.LIFPopulation(10, is_inhibitory=np.arange(10) >= 8, dt=1.0)
    >>> rule = cns.FixedInDegree(1)
    >>> blocks = cns.Blocks([8, 2], [[rule, rule], [rule, None]], weight=[[0.1, 0.1], [0.5, 0.0]])
    >>> connection = cns.Connection(cells, cells, connectivity=blocks)
    >>> len(connection), sorted(set(connection.w.tolist()))
    (18, [0.10000000149011612, 0.5])
    """

    @named_arguments
    def __init__(
        self, parts: Sequence[int], rules: Table, *, onto: Sequence[int] | None = None, weight: Any = None,
        delay: Any = None,
    ) -> None:  # fmt: skip
        self.parts = _sizes("Blocks.parts", parts)
        self.onto = self.parts if onto is None else _sizes("Blocks.onto", onto)
        shape = len(self.parts), len(self.onto)
        self.rules = _table("Blocks.rules", rules, shape, _rule)
        self.weight = None if weight is None else self._values("weight", weight, shape)
        self.delay = None if delay is None else self._values("delay", delay, shape)
        used = self._used()
        self.autapses = all(rule.autapses for rule in used)
        self.building = max((rule.building for rule in used), default=0)  # type: ignore[misc]

    @property
    def by_rows(self) -> bool:
        return all(rule.by_rows for rule in self._used())

    def _used(self) -> list[Connectivity]:
        return [rule for row in self.rules for rule in row if rule is not None]

    def _values(self, name: str, given: Any, shape: tuple[int, int]) -> PerBlock:
        table = given if isinstance(given, Sequence | np.ndarray) else [[given] * shape[1]] * shape[0]
        values = _table(f"Blocks.{name}", table, shape, partial(_value, name))
        return PerBlock(values, _starts(self.parts), _starts(self.onto))

    def rows(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Rows:
        self._check(sources, targets, same)
        places = list(product(range(len(self.parts)), range(len(self.onto))))

        def made(b: int, c: int) -> Rows | None:
            rule: Connectivity | None = self.rules[b][c]
            if rule is None:
                return None
            return rule.rows(self.parts[b], self.onto[c], key_of_part(key, b, c), same=same and b == c)

        found = list(at_once(partial(made, b, c) for b, c in places))
        table = [found[len(self.onto) * b : len(self.onto) * (b + 1)] for b in range(len(self.parts))]
        counts = [
            sum((np.diff(rows.pointers) for rows in row if rows), np.zeros(size, np.int64))
            for size, row in zip(self.parts, table, strict=True)
        ]
        return _Joined(pointers_of(np.concatenate(counts)), table, _starts(self.parts), _starts(self.onto))

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int | float | None:
        self._check(sources, targets, same)
        total: int | float = 0
        for (b, n), (c, m) in product(enumerate(self.parts), enumerate(self.onto)):
            rule = self.rules[b][c]
            count = 0 if rule is None else rule.expected(n, m, same=same and b == c)
            if count is None:
                return None
            total += count
        return total

    def _check(self, sources: int, targets: int, same: bool) -> None:
        for name, parts, size in (("parts", self.parts, sources), ("onto", self.onto, targets)):
            if sum(parts) != size:
                raise ShapeError(
                    f"Blocks.{name}", got=f"{sum(parts)} neurons in {len(parts)} parts", expected=f"{size} together",
                    fix="give the sizes of all parts",
                )  # fmt: skip
        if same and self.parts != self.onto:
            raise ParameterError(
                "Blocks.onto", got="other parts of the same population", expected=f"{list(self.parts)}",
                fix="leave onto out",
            )  # fmt: skip

    def __repr__(self) -> str:
        used = [rule for row in self.rules for rule in row if rule is not None]
        kinds = sorted({type(rule).__name__ for rule in used})
        return f"Blocks({len(self.parts)} x {len(self.onto)} parts, {len(used)} of {', '.join(kinds)})"


@dataclass(frozen=True)
class PerBlock:
    """A number or a distribution for every block.

    starts, ends  first neuron of every part of pre and of post, and how many neurons there are
    """

    values: tuple[tuple[float | Law, ...], ...]
    starts: Ints
    ends: Ints

    def at(self, key: tuple[int, int], slab: Slab, stream: int, draws: Draws) -> npt.NDArray[np.float64]:
        """The values of the synapses of a slab."""
        numbers, sources = slab.numbers, np.arange(slab.first, slab.last)
        kinds, table = self._kinds
        table = table[np.searchsorted(self.starts, sources, side="right") - 1]
        if (table == table[0, 0]).all():
            return _at(kinds[table[0, 0]], key, numbers, stream, draws)
        row = np.repeat(np.arange(len(sources)), np.diff(slab.pointers))
        alike = (table == table[:, :1]).all()
        part = 0 if alike else np.searchsorted(self.ends, slab.targets, side="right") - 1
        which, found = table[row, part], np.empty(len(numbers))
        for kind in np.unique(table).tolist():
            here = np.flatnonzero(which == kind)
            found[here] = _at(kinds[kind], key, numbers[here], stream, draws)
        return found

    @cached_property
    def _kinds(self) -> tuple[list[float | Law], Ints]:
        """The different ones, and which of them every block has."""
        kinds = list(dict.fromkeys(value for row in self.values for value in row))
        return kinds, np.array([[kinds.index(value) for value in row] for row in self.values])

    def sample(self, count: int) -> npt.NDArray[np.float64]:
        """Values of all kinds, so many of each that is drawn."""
        kinds, _ = self._kinds
        return np.concatenate([v.draw((0, 0), count) if isinstance(v, Law) else np.array([v]) for v in kinds])

    def __repr__(self) -> str:
        kinds = list(map(repr, self._kinds[0]))
        shown = kinds if len(kinds) < 4 else [*kinds[:2], "...", kinds[-1]]
        return f"PerBlock({len(self.values)} x {len(self.values[0])} parts: {', '.join(shown)})"

    @property
    def drawn(self) -> bool:
        """Whether some are drawn."""
        return any(isinstance(value, Law) for row in self.values for value in row)


def _at(value: float | Law, key: tuple[int, int], numbers: Ints, stream: int, draws: Draws) -> npt.NDArray[np.float64]:
    if isinstance(value, Law):
        return value.at(key, numbers, stream=stream, draws=draws)
    return np.full(len(numbers), value)


@dataclass(frozen=True)
class _Joined(Rows):
    """Rows that are made of those of the blocks in them."""

    pointers: Ints
    table: list[list[Rows | None]]
    starts: Ints
    ends: Ints

    def fill(self, first: int, last: int) -> npt.NDArray[np.int32]:
        out = np.empty(self.pointers[last] - self.pointers[first], np.int32)
        for (begin, end), row in zip(pairwise(self.starts.tolist()), self.table, strict=True):
            a, b = max(first, begin), min(last, end)
            if a < b:
                self._fill(row, a - begin, b - begin, out, self.pointers[a:b] - self.pointers[first])
        return out

    def _fill(self, row: list[Rows | None], first: int, last: int, out: npt.NDArray[np.int32], places: Ints) -> None:
        """Some sources of one part."""
        for rows, offset in zip(row, self.ends.tolist(), strict=False):
            if rows is not None:
                part = rows.pointers[first : last + 1]
                hand_written("wiring").put_rows(part, rows.fill(first, last), offset, places, out)


def _starts(sizes: Sequence[int]) -> Ints:
    return pointers_of(np.asarray(sizes, np.int64))


def _sizes(what: str, given: Any) -> tuple[int, ...]:
    if not isinstance(given, Sequence | np.ndarray) or isinstance(given, str) or not len(given):
        raise ArgumentError(what, got=repr(given), expected="numbers of neurons", fix="write [800, 200]")
    return tuple(whole(what, size, least=1) for size in given)


def _table(
    what: str, given: Any, shape: tuple[int, int], read: Callable[[str, Any], Any]
) -> tuple[tuple[Any, ...], ...]:
    rows = (
        [list(row) if isinstance(row, Sequence | np.ndarray) else [] for row in given]
        if hasattr(given, "__len__")
        else []
    )
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        raise ShapeError(
            what, got=f"{len(rows)} rows of {sorted({len(row) for row in rows})}",
            expected=f"{shape[0]} rows, one per part of pre, of {shape[1]}, one per part of post", fix="write a table",
        )  # fmt: skip
    return tuple(tuple(read(f"{what}[{b}][{c}]", value) for c, value in enumerate(row)) for b, row in enumerate(rows))


def _rule(what: str, value: Any) -> Connectivity | None:
    if value is not None and not isinstance(value, Connectivity):
        raise ArgumentError(what, got=repr(value), expected="a rule, or None", fix="write cns.FixedInDegree(10)")
    return value


def _value(name: str, what: str, value: Any) -> float | Law:
    if isinstance(value, Law):
        return value
    found = number(what, value)
    if name == "delay" and (found < 0 or not math.isfinite(found)):
        raise ParameterError(what, got=f"{found:g} ms", expected="delays >= 0 ms", fix="give transmission times")
    return found
