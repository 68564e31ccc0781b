"""From sympy expressions to the operations of an Update.

Three things happen on the way, each before any executor sees the model: what does not change during a run is
computed once (`constants`), what occurs twice is computed once, and sums and products get one fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy.core.sorting import default_sort_key

from cnsproject.dynamics.functions import MatrixExponential, exprel
from cnsproject.dynamics.update import Op

_RELATIONS = {sympy.Ge: "ge", sympy.Gt: "gt", sympy.Le: "le", sympy.Lt: "lt"}
_FUNCTIONS = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.Abs: "abs",
    sympy.sign: "sign",
    sympy.floor: "floor",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    exprel: "exprel",
}


class Lowering:
    """Collects the operations of one step. `fixed` are the names that keep their value during a run."""

    def __init__(self, fixed: Iterable[str]) -> None:
        self.fixed = set(fixed)
        self.constants: list[Op] = []
        self.body: list[Op] = []
        self._known: dict[tuple[bool, sympy.Basic], str] = {}
        self._count = {"_k": 0, "_t": 0}
        self.only_if = ""

    def name(self, expression: sympy.Basic) -> str:
        """The name that holds the value of `expression`, after adding the operations that compute it."""
        if isinstance(expression, sympy.Symbol):
            return str(expression.name)
        once = self._is_fixed(expression)
        if (once, expression) not in self._known:
            self._known[once, expression] = self._compute(expression, once)
        return self._known[once, expression]

    def define(self, target: str, expression: sympy.Basic) -> None:
        """Compute an expression under a name of our own."""
        self.assign(target, self.name(expression))
        self._known[False, expression] = target

    def assign(self, target: str, value: str, *, alone: bool = True) -> None:
        """`target = value`; what was computed from the old target is forgotten.

        `alone` says that nothing else needs the value.
        """
        if alone and self.body and self.body[-1].target == value and value.startswith("_t"):
            last = self.body.pop()
            self.body.append(Op(target, last.function, last.args, last.only_if))
            self._known = {key: name for key, name in self._known.items() if name != value}
        else:
            self.emit(target, "copy", value)
        self.forget(target)

    def emit(self, target: str, function: str, *args: str) -> None:
        """Add an operation to the step."""
        self.body.append(Op(target, function, args, self.only_if))

    def take_body(self) -> tuple[Op, ...]:
        """The operations of a step so far; what follows is computed apart, from the states as they are then."""
        body, self.body = tuple(self.body), []
        self._known = {key: name for key, name in self._known.items() if key[0]}
        return body

    def forget(self, target: str) -> None:
        """Drop every remembered value that depends on `target`, or that a skipped operation computed."""
        symbol = sympy.Symbol(target, real=True)
        kept = {name for _, name in self._known.items()} - {op.target for op in self.body if op.only_if}
        self._known = {
            key: name for key, name in self._known.items() if name in kept and name != target and not key[1].has(symbol)
        }

    def _is_fixed(self, expression: sympy.Basic) -> bool:
        return all(s.name in self.fixed for s in expression.free_symbols)

    def _compute(self, e: sympy.Basic, once: bool) -> str:
        if isinstance(e, sympy.Number | sympy.NumberSymbol):
            return self._operation(once, "copy", repr(float(e)))
        if isinstance(e, sympy.Add):
            return self._sum(e, once)
        if isinstance(e, sympy.Mul):
            return self._product(e, once)
        if isinstance(e, sympy.Pow):
            return self._power(e, once)
        if isinstance(e, sympy.Piecewise):
            (value, condition), (other, _) = e.args
            return self._operation(once, "select", self.name(condition), self.name(value), self.name(other))
        if isinstance(e, sympy.And | sympy.Or | sympy.Min | sympy.Max):
            function = {sympy.And: "and", sympy.Or: "or", sympy.Min: "minimum", sympy.Max: "maximum"}[type(e)]
            return self._fold(function, [self.name(a) for a in sorted(e.args, key=default_sort_key)], once)
        if isinstance(e, sympy.Not):
            return self._operation(once, "not", self.name(e.args[0]))
        if type(e) in _RELATIONS:
            return self._operation(once, _RELATIONS[type(e)], self.name(e.lhs), self.name(e.rhs))
        if isinstance(e, MatrixExponential):
            return self._entry(*e.args)
        return self._operation(once, _FUNCTIONS[type(e)], *(self.name(a) for a in e.args))

    def _sum(self, e: sympy.Add, once: bool) -> str:
        terms = sorted(e.args, key=default_sort_key)
        if not once:
            fixed = sympy.Add(*(t for t in terms if self._is_fixed(t)))
            terms = ([fixed] if fixed != 0 else []) + [t for t in terms if not self._is_fixed(t)]
        # A sum starts with a term that is not subtracted, where there is one.
        terms.sort(key=lambda t: t.could_extract_minus_sign())
        total = self.name(terms[0])
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            total = self._operation(once, "sub" if minus else "add", total, self.name(-term if minus else term))
        return total

    def _product(self, e: sympy.Mul, once: bool) -> str:
        if once and e.could_extract_minus_sign():
            return self._operation(once, "neg", self.name(-e))
        factors = sorted(e.args, key=default_sort_key)
        if not once:
            fixed = sympy.Mul(*(f for f in factors if self._is_fixed(f)))
            factors = ([fixed] if fixed != 1 else []) + [f for f in factors if not self._is_fixed(f)]
        over: list[sympy.Basic] = []
        under: list[sympy.Basic] = []
        for factor in factors:
            base, power = factor.as_base_exp()
            divides = power.could_extract_minus_sign() and not (not once and self._is_fixed(factor))
            (under if divides else over).append(base**-power if divides else factor)
        top = self._fold("mul", [self.name(f) for f in over], once) if over else self.name(sympy.Integer(1))
        return (
            self._operation(once, "div", top, self._fold("mul", [self.name(f) for f in under], once)) if under else top
        )

    def _power(self, e: sympy.Pow, once: bool) -> str:
        base, power = e.args
        if power.could_extract_minus_sign():
            return self._operation(once, "div", self.name(sympy.Integer(1)), self.name(base**-power))
        if power == sympy.Rational(1, 2):
            return self._operation(once, "sqrt", self.name(base))
        if power.is_Integer and power <= 4:
            return self._fold("mul", [self.name(base)] * int(power), once)
        return self._operation(once, "pow", self.name(base), self.name(power))

    def _entry(self, row: sympy.Expr, column: sympy.Expr, *matrix: sympy.Expr) -> str:
        """An entry of a matrix exponential, which is computed once for all its entries."""
        whole = True, sympy.Tuple(*matrix)
        if whole not in self._known:
            self._known[whole] = self._operation(True, "matrix_exponential", *(self.name(entry) for entry in matrix))
        return self._operation(True, "entry", self._known[whole], str(row), str(column))

    def _fold(self, function: str, names: list[str], once: bool) -> str:
        result = names[0]
        for name in names[1:]:
            result = self._operation(once, function, result, name)
        return result

    def _operation(self, once: bool, function: str, *args: str) -> str:
        kind, ops = ("_k", self.constants) if once else ("_t", self.body)
        target = f"{kind}{self._count[kind]}"
        self._count[kind] += 1
        ops.append(Op(target, function, args, "" if once else self.only_if))
        return target
