"""Do the units agree? sympy's unit algebra answers, once, when a model is declared; at run time numbers are plain.

Every unit is written in SI base units with its scale (mV is kg m^2/(1000 A s^3)), so `mV` against `V` fails just
as `mV` against `ms` does: a plain number in the wrong scale is as wrong as one of the wrong kind.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import sympy
from sympy.physics import units as si
from sympy.physics.units import convert_to

from cnsproject.dynamics.lines import Line, assignments
from cnsproject.dynamics.parsing import parse, problem
from cnsproject.errors import UnitError

if TYPE_CHECKING:
    from cnsproject.dynamics.declaration import Dynamics

_PREFIXES = {
    "": 1,
    "p": 10**-12,
    "n": 10**-9,
    "u": 10**-6,
    "m": 10**-3,
    "c": 10**-2,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
}
_UNITS = {
    "V": si.volt,
    "A": si.ampere,
    "Ohm": si.ohm,
    "ohm": si.ohm,
    "S": si.siemens,
    "F": si.farad,
    "s": si.second,
    "Hz": si.hertz,
    "m": si.meter,
    "C": si.coulomb,
    "mol": si.mole,
    "K": si.kelvin,
}
_BASE = [si.kilogram, si.meter, si.second, si.ampere, si.kelvin, si.mole]
NUMBER = None  # the unit of a plain number: whatever it is added to or compared with


@cache
def unit(text: str) -> sympy.Expr:
    """A unit such as "mV", "nA/ms" or "1" in SI base units."""
    return unit_in(Line(text, "unit", text, 0))


@cache
def unit_in(line: Line) -> sympy.Expr:
    """The unit that is the expression of a line, in SI base units."""
    return _unit_of_node(parse(line).body, line)


def scale(one: sympy.Expr, other: sympy.Expr) -> Fraction | None:
    """How many of one unit another is; None when they are of different kinds."""
    found = sympy.simplify(one / other)
    if not found.is_number:
        return None
    return Fraction(int(found.p), int(found.q)) if found.is_Rational else Fraction(float(found))


def coherent(given: sympy.Expr) -> str | None:
    """The unit of this kind that is a product of powers of mV, nA and ms; None when it is of none of these."""
    powers = sympy.simplify(given).as_powers_dict()
    kilogram, metre, second, ampere, *_ = (powers.get(base, sympy.Integer(0)) for base in _BASE)
    # V is kg m^2 / (A s^3).
    made = {"mV": kilogram, "nA": ampere + kilogram, "ms": second + 3 * kilogram}
    if metre != 2 * kilogram or any(powers.get(base, 0) for base in _BASE[4:]):
        return None
    over = "*".join(_to_the(name, power) for name, power in made.items() if power > 0)
    return "/".join([over or "1", *(_to_the(name, -power) for name, power in made.items() if power < 0)])


def _to_the(name: str, power: sympy.Rational) -> str:
    return name if power == 1 else f"{name}**{power if power.is_Integer else float(power)}"


def _unit_of_node(node: ast.expr, line: Line) -> sympy.Expr:
    match node:
        case ast.Constant(value=1):
            return sympy.Integer(1)
        case ast.Name(id=name):
            for prefix, scale in _PREFIXES.items():
                if name.startswith(prefix) and name[len(prefix) :] in _UNITS:
                    return convert_to(sympy.nsimplify(scale, rational=True) * _UNITS[name[len(prefix) :]], _BASE)
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return _unit_of_node(a, line) * _unit_of_node(b, line)
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return _unit_of_node(a, line) / _unit_of_node(b, line)
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            try:
                return _unit_of_node(a, line) ** sympy.Rational(str(ast.literal_eval(b)))
            except (ValueError, TypeError, SyntaxError):
                pass  # the power is no number
        case ast.Call(func=ast.Name(id="sqrt"), args=[a]):
            return sympy.sqrt(_unit_of_node(a, line))
    raise problem(
        line,
        node,
        f"the unknown unit {ast.unparse(node)!r}",
        "a unit such as mV, ms, nA, MOhm, nF, uS, Hz or 1",
        "check the spelling",
    )


def check_units(dynamics: Dynamics) -> None:
    """Raise a UnitError at the first term whose unit differs from what it meets; the names must be known (`System`)."""
    declared = {**dynamics.states, **dynamics.inputs, **dynamics.parameters, **dynamics.arrivals, "dt": "ms"}
    known = {name: unit(text) for name, text in declared.items()}
    known |= dict.fromkeys(dynamics.noises, 1 / sympy.sqrt(unit("ms")))
    for line in dynamics.lines:
        target = unit(line.unit)
        _same(
            line,
            parse(line).body,
            _of(parse(line).body, line, known),
            target / unit("ms") if line.derivative else target,
        )
        known[line.target] = target
    for text in (dynamics.reset, dynamics.on_arrival):
        for line in assignments(text):
            _same(line, parse(line).body, _of(parse(line).body, line, known), known[line.target])
    for text in (dynamics.spike, *map(str, dynamics.conditions)):
        if text:
            line = Line(text, "condition", text, 0)
            _of(parse(line).body, line, known)


def _of(node: ast.expr, line: Line, known: dict[str, sympy.Expr]) -> sympy.Expr | None:
    """The unit of an expression; NUMBER for one made of plain numbers only."""
    match node:
        case ast.Constant():
            return NUMBER
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(operand=a):
            return _of(a, line, known)
        case ast.BinOp(left=a, op=ast.Add() | ast.Sub(), right=b):
            return _alike([a, b], line, known)
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return _power(a, b, line, known)
        case ast.BinOp(left=a, op=op, right=b):
            left, right = _of(a, line, known), _of(b, line, known)
            if left is NUMBER and right is NUMBER:
                return NUMBER
            one = sympy.Integer(1)
            return (left or one) * (right or one) if isinstance(op, ast.Mult) else (left or one) / (right or one)
        case ast.Compare(left=a, comparators=[b]):
            _alike([a, b], line, known)
        case ast.BoolOp(values=values):
            for value in values:
                _of(value, line, known)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, args, line, known)
    return NUMBER


def _power(base: ast.expr, exponent: ast.expr, line: Line, known: dict[str, sympy.Expr]) -> sympy.Expr | None:
    of_base = _of(base, line, known)
    if of_base in (NUMBER, 1):
        _same(line, exponent, _of(exponent, line, known), sympy.Integer(1))
        return of_base
    try:
        return of_base ** sympy.Rational(str(ast.literal_eval(exponent)))
    except (ValueError, TypeError, SyntaxError):
        raise problem(
            line,
            exponent,
            "a power that is no number",
            "a number, since the base has a unit",
            "divide the base by its unit",
        ) from None


def _call(name: str, args: list[ast.expr], line: Line, known: dict[str, sympy.Expr]) -> sympy.Expr | None:
    if name in ("abs", "minimum", "maximum", "clip", "floor"):
        return _alike(args, line, known)
    if name == "where":
        _of(args[0], line, known)
        return _alike(args[1:], line, known)
    argument = _of(args[0], line, known)
    if name == "sqrt":
        return NUMBER if argument is NUMBER else sympy.sqrt(argument)
    if name != "sign":
        _same(line, args[0], argument, sympy.Integer(1))
    return sympy.Integer(1)


def _alike(nodes: list[ast.expr], line: Line, known: dict[str, sympy.Expr]) -> sympy.Expr | None:
    """The common unit of terms; plain numbers agree with everything."""
    found = [(n, _of(n, line, known)) for n in nodes]
    with_unit = [(n, u) for n, u in found if u is not NUMBER]
    for (_, left), (node, right) in pairwise(with_unit):
        _same(line, node, right, left)
    return with_unit[0][1] if with_unit else NUMBER


def _same(line: Line, node: ast.expr, got: sympy.Expr | None, expected: sympy.Expr | None) -> None:
    if got is NUMBER or expected is NUMBER or sympy.simplify(got / expected) == 1:
        return
    shown = problem(line, _first_term(node), "", "", "")
    raise UnitError(
        shown.what,
        got=f"the unit {_readable(got)}",
        expected=f"the unit {_readable(expected)}",
        fix="check this term, or the unit after the colon",
    )


def _readable(value: sympy.Expr) -> str:
    """The unit as our users write it, else in SI base units."""
    for text in (
        "1",
        "mV",
        "mV/ms",
        "nA",
        "nA/ms",
        "MOhm",
        "uS",
        "nF",
        "ms",
        "1/ms",
        "Hz",
        "V",
        "A",
        "mV**2",
        "1/sqrt(ms)",
    ):
        if sympy.simplify(value / unit(text)) == 1:
            return text
    return str(value)


def _first_term(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        node = node.left
    return node
