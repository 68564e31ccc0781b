"""`Dynamics`: a model as its author would write it down. Text only; reading it as mathematics is `parsing`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnsproject.errors import EquationError

if TYPE_CHECKING:
    import sympy

_DERIVATIVE = re.compile(r"d([A-Za-z_]\w*)/dt\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class Line:
    """One line of a declaration: `target = expression`, with the unit where the line states one."""

    text: str
    target: str
    expression: str
    column: int  # where `expression` starts in `text`, for the caret of an error
    unit: str = ""
    derivative: bool = False


@dataclass(frozen=True)
class Dynamics:
    """A neuron, trace or synapse, declared once.

    equations   one line each: `du/dt = right-hand side : unit` for a state, `x = expression : unit` for a
                shorthand; a unit is that of the state, its derivative is per ms
    inputs      name: unit of what arrives continuously, held for one step (a current)
    parameters  name: unit of what is fixed during a step
    spike       condition on the integrated state, such as "u >= threshold"
    reset       assignments where it spiked, in order, such as "u = u_reset; w = w + b"
    arrivals    name: unit of what arrives as an impulse after the integration (a weighted spike)
    on_arrival  assignments for it; they must leave the state as it is when the arrival is 0
    source      paper or book, with the section

    A plain number in an equation takes the unit of what it is added to or compared with. Units: ms, mV, nA,
    MOhm, nF, uS, Hz and products of them, with SI prefixes; "1" for none.

    Raises EquationError or UnitError when the text cannot be read, with a caret under the place.
    """

    equations: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    spike: str | None = None
    reset: str | None = None
    arrivals: Mapping[str, str] = field(default_factory=dict)
    on_arrival: str | None = None
    source: str = ""
    # Our own models are checked by a test instead, so that importing them does not import sympy.
    verify: InitVar[bool] = True

    def __post_init__(self, verify: bool) -> None:
        if verify:
            self.check()

    def __hash__(self) -> int:
        return hash(self.text)

    @classmethod
    def from_sympy(cls, equations: Iterable[sympy.Eq], units: Mapping[str, str], **declaration: Any) -> Dynamics:
        """A model from sympy equations `Eq(u(t).diff(t), ...)`; `units` gives the unit of every state.

        The other arguments are those of `Dynamics`.
        """
        from cnsproject.dynamics.parsing import equations_as_text

        return cls(equations=equations_as_text(equations, units), **declaration)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The equations, split into target, expression and unit."""
        return tuple(_equation(text) for text in self.equations.splitlines() if text.strip())

    @cached_property
    def states(self) -> dict[str, str]:
        """Name: unit of the states, in the order of their equations."""
        return {line.target: line.unit for line in self.lines if line.derivative}

    @cached_property
    def text(self) -> str:
        """The whole declaration as text; equal declarations have equal texts."""
        parts = [line.text.strip() for line in self.lines]
        for title, names in (("input", self.inputs), ("parameter", self.parameters), ("arrival", self.arrivals)):
            parts += [f"{title} {name} : {unit}" for name, unit in names.items()]
        for title, text in (("spike", self.spike), ("reset", self.reset), ("on_arrival", self.on_arrival)):
            parts += [f"{title} {text}"] if text else []
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.text + (f"\nsource {self.source}" if self.source else "")

    def check(self) -> None:
        """Read every line, look up every name and compare the units; raises at the first thing wrong."""
        from cnsproject.dynamics.parsing import System
        from cnsproject.dynamics.units import check_units

        System(self)
        check_units(self)


def assignments(text: str | None) -> tuple[Line, ...]:
    """The statements of a reset or on_arrival text, separated by `;` or line breaks; `x += a` is `x = x + a`."""
    return tuple(_assignment(part) for part in re.split(r"[;\n]", text or "") if part.strip())


def _equation(text: str) -> Line:
    left, equals, rest = text.partition("=")
    expression, colon, unit = rest.rpartition(":")
    if not equals or not colon or not expression.strip() or not unit.strip():
        raise EquationError(
            f"equation {text.strip()!r}",
            got="a line without an equals sign, an expression or a unit",
            expected="'du/dt = expression : unit' or 'x = expression : unit'",
            fix="write the unit of the left-hand name after a colon, '1' for none",
        )
    match = _DERIVATIVE.match(left.strip())
    target = match.group(1) if match else _name(left, text)
    return Line(text, target, expression, len(left) + 1, unit.strip(), derivative=match is not None)


def _assignment(text: str) -> Line:
    left, equals, expression = text.partition("=")
    if not equals or not expression.strip():
        raise EquationError(
            f"assignment {text.strip()!r}",
            got="no equals sign",
            expected="'name = expression'",
            fix="write 'u = u_reset'",
        )
    operator = left.rstrip()[-1:] if left.rstrip()[-1:] in "+-*/" else ""
    target = _name(left.rstrip().removesuffix(operator), text)
    if operator:
        expression = f" {target} {operator} ({expression.strip()})"
        text = f"{target} ={expression}"
        left = f"{target} "
    return Line(text, target, expression, len(left) + 1)


def _name(text: str, line: str) -> str:
    if not _NAME.match(text.strip()):
        raise EquationError(
            f"line {line.strip()!r}",
            got=f"{text.strip()!r} on the left",
            expected="a name or du/dt",
            fix="assign to a name",
        )
    return text.strip()
