"""`State`: what is set, and everything that follows from it: what is shown, the link, the Python code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from cnsproject.errors import UnknownNameError, nearest
from cnsproject.experiments.base import Table
from cnsproject.explore.controls import Value, written
from cnsproject.explore.numbers import Numbers, told
from cnsproject.explore.shown import Shown
from cnsproject.explore.worlds import World, worlds


@dataclass(frozen=True)
class State:
    """A world, and a value for each of its controls. Equal states show the same, bit by bit.

    `State.of("report", {"J1": "5"})` reads texts; what is not named has its default.
    """

    world: str
    values: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, world: str, texts: Mapping[str, str] | None = None) -> Self:
        """Read what was typed; UnknownNameError for what does not exist, ParameterError for wrong values."""
        controls, given = find(world).controls, texts or {}
        for name in given:
            if name not in controls:
                raise UnknownNameError(
                    name, got="a value for it", expected=f"a parameter of {world}", fix=nearest(name, controls)
                )
        read = [(name, c.read(given[name]) if name in given else c.default) for name, c in controls.items()]
        return cls(world, tuple(read))

    @property
    def texts(self) -> dict[str, str]:
        """Every value as it is typed."""
        return {name: written(value) for name, value in self.values}

    def run(self) -> Shown:
        """Simulate; raises CnsError for values that do not go together."""
        return find(self.world).run(dict(self.values))

    def query(self) -> str:
        """What follows the question mark of a link: the world and all values, defaults too, for those may change."""
        return urlencode({"world": self.world, **self.texts})

    def code(self) -> str:
        """Python that makes the same run, and leaves `spikes` and `numbers`."""
        return find(self.world).code(dict(self.values))


def find(world: str) -> World:
    """The world of that name; raises UnknownNameError with the nearest one."""
    known = worlds()
    if world not in known:
        raise UnknownNameError(
            "world", got=repr(world), expected="one of " + ", ".join(known), fix=nearest(world, known)
        )
    return known[world]


def differences(a: State, b: State) -> Table:
    """The parameters that differ, with both values; None where one of the worlds does not know it."""
    one, other = ({"world": state.world, **state.texts} for state in (a, b))
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return Table(("parameter", "A", "B"), tuple((name, one.get(name), other.get(name)) for name in names))


def compared(a: Numbers, b: Numbers) -> Table:
    """The numbers of two runs beside each other, and B − A where both are defined."""
    head = ("", *(f"{side} {name}" for side, numbers in (("A", a), ("B", b)) for name in numbers.populations))
    both = a.populations == b.populations
    head += tuple(f"B − A {name}" for name in a.populations) if both else ()
    found = {(row.measure, row.unit): row for row in (*a.rows, *b.rows)}
    rows = []
    for key, row in found.items():
        cells = [_values(numbers, key) for numbers in (a, b)]
        if both:
            cells.append([None if None in pair else pair[1] - pair[0] for pair in zip(*cells, strict=True)])
        rows.append((_label(row.measure, row.unit), *(told(value) for part in cells for value in part)))
    return Table(head, tuple(rows))


def tabled(numbers: Numbers) -> Table:
    """The numbers of one run."""
    keys = [(row.measure, row.unit) for row in numbers.rows]
    rows = tuple((_label(*key), *map(told, _values(numbers, key))) for key in keys)
    return Table(("", *numbers.populations), rows)


def _label(measure: str, unit: str) -> str:
    return f"{measure} ({unit})" if unit else measure


def _values(numbers: Numbers, key: tuple[str, str]) -> list[float | None]:
    """A row filled up to one value for each population."""
    row = next((row.values for row in numbers.rows if (row.measure, row.unit) == key), ())
    return [*row, *[None] * (len(numbers.populations) - len(row))]
