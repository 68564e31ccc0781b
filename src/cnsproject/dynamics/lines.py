"""The lines of a declaration: text split into target, expression and unit; nothing is read as mathematics here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnsproject.errors import EquationError

_DERIVATIVE = re.compile(r"d([A-Za-z_]\w*)/dt\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_CONDITION = re.compile(r"(?P<left>[A-Za-z_]\w*)\s*(?P<sign><=|>=|<|>)\s*(?P<right>[A-Za-z_]\w*|[-+]?[.\d]+)\Z")


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
class Condition:
    """What must hold between two parameters, or a parameter and a number: `left sign right`."""

    left: str
    sign: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


def conditions(text: str) -> tuple[Condition, ...]:
    """The conditions of a text, separated by `;` or line breaks."""
    return tuple(_condition(part.strip()) for part in re.split(r"[;\n]", text) if part.strip())


def assignments(text: str | None) -> tuple[Line, ...]:
    """The statements of a reset or on_arrival text, separated by `;` or line breaks; `x += a` is `x = x + a`."""
    return tuple(_assignment(part) for part in re.split(r"[;\n]", text or "") if part.strip())


def equation(text: str) -> Line:
    left, equals, rest = text.partition("=")
    expression, colon, unit = rest.rpartition(":")
    if not equals or not colon or not expression.strip() or not unit.strip():
        raise with_caret(
            Line(text, "", rest, 0), len(text.rstrip()) if equals else 0,
            "a line without an equals sign, an expression or a unit",
            "'du/dt = expression : unit' or 'x = expression : unit'",
            "write the unit of the left-hand name after a colon, '1' for none",
        )  # fmt: skip
    match = _DERIVATIVE.match(left.strip())
    target = match.group(1) if match else _name(left, text)
    return Line(text, target, expression, len(left) + 1, unit.strip(), derivative=match is not None)


def with_caret(line: Line, column: int, got: str, expected: str, fix: str) -> EquationError:
    """An EquationError that shows the line with a caret under a column of its text."""
    shift = len(line.text) - len(line.text.lstrip())
    shown = f"in this line\n    {line.text.strip()}\n    {' ' * (column - shift)}^"
    return EquationError(shown, got=got, expected=expected, fix=fix)


def at_target(line: Line, got: str, expected: str, fix: str) -> EquationError:
    """The same with a caret under the name on the left."""
    start = line.text.index("d") + 1 if line.derivative else 0
    return with_caret(line, line.text.index(line.target, start), got, expected, fix)


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


def _condition(text: str) -> Condition:
    match = _CONDITION.match(text)
    if not match:
        raise EquationError(
            f"condition {text!r}",
            got="no comparison of a parameter with another or with a number",
            expected="'threshold > u_reset' or 'delta_t > 0'",
            fix="compare one name on the left",
        )
    return Condition(match["left"], match["sign"], match["right"])


def _name(text: str, line: str) -> str:
    if not _NAME.match(text.strip()):
        raise EquationError(
            f"line {line.strip()!r}",
            got=f"{text.strip()!r} on the left",
            expected="a name or du/dt",
            fix="assign to a name",
        )
    return text.strip()
