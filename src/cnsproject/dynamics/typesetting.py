"""Declarations as LaTeX: the terms in the order of their author, the letters those of `symbols`.

No backslash stands before punctuation (new lines and spaces have names), so that Markdown leaves the formulas alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import Line, assignments

_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # what binds more tightly is larger
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.GtE: r"\geq", ast.Gt: ">", ast.LtE: r"\leq", ast.Lt: "<",
    ast.And: r"\wedge", ast.Or: r"\vee",
}  # fmt: skip
_BRACKETS = {"abs": (r"\lvert ", r" \rvert"), "floor": (r"\lfloor ", r" \rfloor"), "sqrt": (r"\sqrt{", "}")}
_NAMES = {name: rf"\{name}" for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")}
_NAMES |= {"minimum": r"\min", "maximum": r"\max"}


class Typesetter:
    """Typesets one declaration."""

    def __init__(self, dynamics: Dynamics) -> None:
        # sympy is imported only when something is typeset.
        from cnsproject.dynamics.parsing import parse

        self.dynamics, self._parse = dynamics, parse

    def symbol(self, name: str) -> str:
        """A name of the declaration; one without a symbol is set as sympy sets it."""
        import sympy

        known = {"dt": r"\Delta t", **self.dynamics.symbols}
        return known.get(name) or str(sympy.latex(sympy.Symbol(name)))

    def equations(self) -> Iterator[str]:
        """The lines of the declaration, but for those that give a unit a name."""
        for line in self.dynamics.lines:
            tree = self._parse(line).body
            if line.derivative:
                yield rf"\frac{{d{self.symbol(line.target)}}}{{dt}} = {self._set(tree)}"
            elif not isinstance(tree, ast.Constant):
                yield f"{self.symbol(line.target)} = {self._set(tree)}"

    def spike(self) -> str:
        """The condition for a spike; empty without one."""
        text = self.dynamics.spike
        return self._set(self._parse(Line(text, "spike", text, 0)).body) if text else ""

    def reset(self) -> list[str]:
        """What a spike does, in order."""
        lines = assignments(self.dynamics.reset)
        return [rf"{self.symbol(line.target)} \leftarrow {self._set(self._parse(line).body)}" for line in lines]

    def _set(self, node: ast.expr, around: int = _SUM) -> str:
        """An expression, in brackets where it binds less tightly than what is around it."""
        text, binds = self._bare(node)
        return text if binds >= around else rf"\left({text}\right)"

    def _bare(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.Constant(value=value):
                return f"{value:g}" if isinstance(value, float) else str(value), _ATOM
            case ast.Name(id=name):
                return self.symbol(name), _ATOM
            case ast.BinOp(left=ast.UnaryOp(op=ast.USub(), operand=a), op=ast.Div(), right=b):
                return rf"-\frac{{{self._set(a)}}}{{{self._set(b)}}}", _SUM
            case ast.BinOp(left=a, op=ast.Div(), right=b):
                return rf"\frac{{{self._set(a)}}}{{{self._set(b)}}}", _PRODUCT
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                left, right = self._set(a, _PRODUCT), self._set(b, _PRODUCT)
                return left + ("" if right.startswith(r"\left(") else r"\thinspace ") + right, _PRODUCT
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                return f"{self._set(a, _ATOM)}^{{{self._set(b)}}}", _POWER
            case ast.BinOp(left=a, op=op, right=b):
                least = _PRODUCT if isinstance(op, ast.Sub) else _SUM
                return f"{self._set(a)} {_SIGNS[type(op)]} {self._set(b, least)}", _SUM
            case ast.UnaryOp(op=ast.Not(), operand=a):
                return rf"\neg {self._set(a, _ATOM)}", _PRODUCT
            case ast.UnaryOp(op=op, operand=a):
                return ("-" if isinstance(op, ast.USub) else "") + self._set(a, _PRODUCT), _SUM
            case ast.Compare(left=a, ops=[op], comparators=[b]):
                return f"{self._set(a)} {_SIGNS[type(op)]} {self._set(b)}", _SUM
            case ast.BoolOp(op=op, values=values):
                return f" {_SIGNS[type(op)]} ".join(self._set(value) for value in values), _SUM
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, [self._set(arg) for arg in args])
        raise AssertionError(f"{ast.unparse(node)} was read as an expression before")

    def _call(self, name: str, args: list[str]) -> tuple[str, int]:
        if name == "where":
            condition, a, b = args
            return rf"\begin{{cases}} {a} & {condition} \cr {b} & \text{{else}} \end{{cases}}", _PRODUCT
        if name in _BRACKETS:
            before, after = _BRACKETS[name]
            return before + args[0] + after, _ATOM
        called = _NAMES.get(name, rf"\mathrm{{{name}}}")
        return rf"{called}\left({', '.join(args)}\right)", _POWER
