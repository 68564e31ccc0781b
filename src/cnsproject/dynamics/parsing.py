"""From the text of a declaration to sympy expressions.

Python's own parser reads the text, so every term has a column that an error can point at; nothing is evaluated.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import sympy

from cnsproject.dynamics.functions import clip, exprel
from cnsproject.dynamics.lines import Line, assignments, at_target, with_caret
from cnsproject.errors import EquationError, nearest

if TYPE_CHECKING:
    from cnsproject.dynamics.declaration import Dynamics

FUNCTIONS: dict[str, Callable[..., sympy.Basic]] = {
    "exp": sympy.exp,
    "exprel": exprel,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "floor": sympy.floor,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "minimum": sympy.Min,
    "maximum": sympy.Max,
    "clip": clip,
    "where": lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
}
_ARITY = {"minimum": 2, "maximum": 2, "clip": 3, "where": 3}
_OPERATORS: dict[type[ast.operator], Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_RELATIONS: dict[type[ast.cmpop], type[sympy.Rel]] = {
    ast.GtE: sympy.Ge,
    ast.Gt: sympy.Gt,
    ast.LtE: sympy.Le,
    ast.Lt: sympy.Lt,
}
RESERVED = {
    "dt",
    "s",
    "jump",
    "refractory_left",
    "refractory_steps",
    "hold_left",
    "hold_steps",
    *FUNCTIONS,
    *keyword.kwlist,
}
_NOISE = re.compile(r"xi(_\w+)?\Z")
# What other simulators, and numpy, call a number that is drawn.
_DRAWN = {"rand", "randn", "random", "normal", "gauss", "uniform", "poisson"}


class System:
    """A declaration as mathematics: symbols, right-hand sides, spike condition and assignments."""

    def __init__(self, dynamics: Dynamics) -> None:
        self.dynamics = dynamics
        self.states = tuple(dynamics.states)
        self.noises = dynamics.noises
        self._shorthands: dict[str, sympy.Expr] = {}
        self._check_names()
        self.derivatives: dict[str, sympy.Expr] = {}
        for line in dynamics.lines:
            values = self.derivatives if line.derivative else self._shorthands
            values[line.target] = self.expression(line)
        spike = Line(dynamics.spike, "spike", dynamics.spike, 0) if dynamics.spike else None
        self.spike = self.expression(spike) if spike else None
        if spike and not isinstance(self.spike, sympy.logic.boolalg.Boolean):
            raise problem(spike, None, "no comparison", "a condition such as 'u >= threshold'", "compare two terms")
        self.reset = self._assigned(dynamics.reset)
        self.output = self._output(dynamics)
        self._check_conditions()
        self.on_arrival = self._assigned(dynamics.on_arrival)
        for target, value in self.on_arrival:
            if value.subs({sympy.Symbol(name, real=True): 0 for name in dynamics.arrivals}) != sympy.Symbol(
                target, real=True
            ):
                raise EquationError(
                    f"on_arrival {dynamics.on_arrival!r}",
                    got=f"a change of {target!r} without an arrival",
                    expected=f"'{target} = {target}' when nothing arrives",
                    fix="move the change into the equation",
                )

    def expression(self, line: Line) -> sympy.Expr:
        """The right-hand side of a line, shorthands filled in."""
        return self._convert(parse(line).body, line)

    def is_fixed(self, expression: sympy.Expr) -> bool:
        """Whether an expression is made of parameters only, so that its value stays the same during a run."""
        return {symbol.name for symbol in expression.free_symbols} <= {"dt", *self.dynamics.parameters}

    def _output(self, dynamics: Dynamics) -> sympy.Expr | None:
        if not dynamics.output:
            return None
        known = {**self._shorthands, **{name: sympy.Symbol(name, real=True) for name in self.states}}
        if dynamics.output not in known or dynamics.output_unit not in ("nA", "mV"):
            raise EquationError(
                f"Dynamics.output {dynamics.output!r}",
                got="no state or shorthand in nA or mV",
                expected="one of " + ", ".join(known),
                fix=nearest(dynamics.output, known),
            )
        return known[dynamics.output]

    def _assigned(self, text: str | None) -> list[tuple[str, sympy.Expr]]:
        result = []
        for line in assignments(text):
            if line.target not in self.states:
                got, fix = f"an assignment to {line.target!r}", nearest(line.target, self.states)
                raise at_target(line, got, "a state on the left", fix)
            result.append((line.target, self.expression(line)))
        return result

    def _check_conditions(self) -> None:
        for condition in self.dynamics.conditions:
            for name in (condition.left, condition.right):
                if name[0] not in "+-.0123456789" and name not in self.dynamics.parameters:
                    raise EquationError(
                        f"condition '{condition}'",
                        got=f"{name!r}",
                        expected="parameters",
                        fix=nearest(name, self.dynamics.parameters),
                    )

    def _check_names(self) -> None:
        d = self.dynamics
        seen: set[str] = set()
        for name in [line.target for line in d.lines] + [*d.inputs, *d.parameters, *d.arrivals, *d.impulses]:
            allowed = (name == "s" and name in d.arrivals) or (name == "jump" and name in d.impulses)
            taken = is_reserved(name) and not allowed
            if taken or name in seen:
                got = "a name with a meaning of its own" if taken else "a name declared twice"
                raise refused_name(next((line for line in d.lines if line.target == name), None), name, got)
            seen.add(name)
        self.names = (seen - {line.target for line in d.lines if not line.derivative}) | {"dt"}

    def _convert(self, node: ast.expr, line: Line) -> sympy.Expr:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return sympy.Integer(value) if isinstance(value, int) else sympy.Float(repr(value))
            case ast.Name(id=name):
                return self._symbol(name, node, line)
            case ast.BinOp(left=a, op=op, right=b) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](self._convert(a, line), self._convert(b, line))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=a):
                return -self._convert(a, line) if isinstance(op, ast.USub) else self._convert(a, line)
            case ast.UnaryOp(op=ast.Not(), operand=a):
                return sympy.Not(self._convert(a, line))
            case ast.Compare(left=a, ops=[op], comparators=[b]) if type(op) in _RELATIONS:
                return _RELATIONS[type(op)](self._convert(a, line), self._convert(b, line))
            case ast.BoolOp(op=op, values=values):
                join = sympy.And if isinstance(op, ast.And) else sympy.Or
                return join(*(self._convert(v, line) for v in values))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args, node, line)
        raise problem(
            line, node, f"{ast.unparse(node)!r}", "arithmetic, comparisons and functions", "write it with + - * / **"
        )

    def _symbol(self, name: str, node: ast.expr, line: Line) -> sympy.Expr:
        if name in self._shorthands:
            return self._shorthands[name]
        if name in self.names or (name in self.noises and line in self.dynamics.lines):
            return sympy.Symbol(name, real=True)
        if _NOISE.match(name):
            raise problem(
                line, node, f"the noise {name!r}", "noise in the equation of a state only", "move it into an equation"
            )
        _refuse_drawn(name, node, line)
        known = sorted(self.names | set(self._shorthands))
        raise problem(line, node, f"the undefined name {name!r}", "a state, parameter or input", nearest(name, known))

    def _call(self, name: str, args: list[ast.expr], node: ast.expr, line: Line) -> sympy.Expr:
        if name not in FUNCTIONS:
            _refuse_drawn(name, node, line)
            raise problem(
                line, node, f"the unknown function {name!r}", "one of " + ", ".join(FUNCTIONS), nearest(name, FUNCTIONS)
            )
        if len(args) != _ARITY.get(name, 1):
            raise problem(line, node, f"{len(args)} arguments", f"{_ARITY.get(name, 1)} for {name}", "check the commas")
        return FUNCTIONS[name](*(self._convert(a, line) for a in args))


def is_reserved(name: str) -> bool:
    """Whether a name means something else in an equation."""
    return name.startswith("_") or bool(_NOISE.match(name)) or name in RESERVED


def refused_name(line: Line | None, name: str, got: str) -> EquationError:
    """An error about a name on the left of a line, or one that stands in no line."""
    expected = "every name once, no leading underscore, and none of dt, s, jump, xi or the functions"
    if line is None:
        return EquationError(f"Dynamics name {name!r}", got=got, expected=expected, fix=f"rename {name!r}")
    return at_target(line, got, expected, f"rename {name!r}")


def is_drawn(name: str) -> bool:
    """Whether other simulators call a random number so."""
    return name in _DRAWN


def _refuse_drawn(name: str, node: ast.expr, line: Line) -> None:
    """Numbers that are drawn depend on dt in the right way only as noise."""
    if is_drawn(name):
        raise problem(
            line, node, f"the random number {name!r}", "white noise, or an input that is drawn",
            "write sigma*sqrt(2/tau)*xi, or run with cns.WhiteNoise or cns.OrnsteinUhlenbeck as input",
        )  # fmt: skip


def parse(line: Line) -> ast.Expression:
    """The syntax tree of a line's expression; columns count from its first character that is not blank."""
    try:
        return ast.parse(line.expression.strip(), mode="eval")
    except SyntaxError as error:
        column = line.column + _indent(line) + max((error.offset or 1) - 1, 0)
        raise with_caret(line, column, error.msg, "an expression", "check the place above the caret") from None


def problem(line: Line, node: ast.expr | None, got: str, expected: str, fix: str) -> EquationError:
    """An EquationError that shows the line with a caret under `node`."""
    offset = node.col_offset + _indent(line) if node is not None else _indent(line)
    return with_caret(line, line.column + offset, got, expected, fix)


def _indent(line: Line) -> int:
    return len(line.expression) - len(line.expression.lstrip())


def equations_as_text(equations: Iterable[sympy.Eq], units: Mapping[str, str]) -> str:
    """Equations `Eq(u(t).diff(t), ...)` in the notation of a declaration."""
    lines = []
    for equation in equations:
        derivative = equation.lhs
        if not isinstance(derivative, sympy.Derivative) or derivative.derivative_count != 1:
            raise EquationError(
                f"equation {equation}",
                got=f"{derivative} on the left",
                expected="a first derivative such as u(t).diff(t)",
                fix="solve the equation for its derivative",
            )
        name = derivative.expr.func.__name__
        if name not in units:
            raise EquationError(
                f"state {name!r}", got="no unit", expected="its unit in units=", fix=f"add units={{{name!r}: 'mV'}}"
            )
        right = equation.rhs.replace(
            lambda e: isinstance(e, sympy.core.function.AppliedUndef), lambda e: sympy.Symbol(e.func.__name__)
        )
        text = sympy.sstr(right)
        for theirs, ours in (("Abs(", "abs("), ("Min(", "minimum("), ("Max(", "maximum(")):
            text = text.replace(theirs, ours)
        lines.append(f"d{name}/dt = {text} : {units[name]}")
    return "\n".join(lines)
