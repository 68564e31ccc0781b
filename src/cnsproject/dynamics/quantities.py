"""Values that carry a unit, such as "10 ms": read, and converted to the unit that is wanted."""

from __future__ import annotations

import re
from fractions import Fraction

from cnsproject.dynamics.lines import Line
from cnsproject.errors import UnitError

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\*?(.*)\Z", re.DOTALL)
# A plain number of each kind is in one of these. They fit together; Hz, which does not, is kept where it is written.
_USUAL = ("ms", "mV", "nA", "MOhm", "nF", "uS", "1")


def quantity(what: str, text: str) -> tuple[Fraction, Line]:
    """The number of a text such as "10 ms", and its unit as a line with its place. Raises UnitError without both."""
    found = _QUANTITY.match(text)
    number, rest = found.groups() if found else ("", "")
    if not rest.strip():
        raise UnitError(
            what,
            got=f"{text!r}" + (", which has no unit" if number else ""),
            expected="a number and a unit, such as '10 ms'",
            fix="write the unit behind the number, '1' for none",
        )
    # "5 /ms" means 5 of the unit "1/ms".
    unit = f"1{rest}" if rest.lstrip().startswith("/") else rest
    shown = f"{what} = {text.rstrip()}"
    return Fraction(number), Line(shown, what, unit.rstrip(), len(shown) - len(unit.rstrip()))


def same_unit(one: str, other: str) -> bool:
    """Whether numbers in one unit are numbers in the other."""
    if one == other:
        return True
    from cnsproject.dynamics.units import scale, unit

    return scale(unit(one), unit(other)) == 1


def ratio(what: str, unit: Line, wanted: str) -> Fraction:
    """How many of the wanted unit one of another is. Raises UnitError when it is of another kind."""
    from cnsproject.dynamics.units import scale, unit_in

    from_one = scale(unit_in(unit), unit_in(Line(wanted, what, wanted, 0)))
    if from_one is None:
        raise UnitError(
            what, got=f"the unit {unit.expression.strip()}", expected=f"one that can be converted to {wanted}",
            fix="check the unit, and what this parameter is",
        )  # fmt: skip
    return from_one


def usual(unit: Line) -> str:
    """The unit that plain numbers of this kind are in: that of the project, or one made of mV, nA and ms."""
    from cnsproject.dynamics.units import coherent, scale, unit_in

    given, written = unit_in(unit), unit.expression.strip()
    for name in _USUAL if "Hz" not in written else ("Hz",):
        if scale(given, unit_in(Line(name, name, name, 0))) is not None:
            return name
    made = coherent(given)
    return written if made is None or scale(given, unit_in(Line(made, made, made, 0))) == 1 else made
