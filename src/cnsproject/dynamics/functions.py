"""Functions that equations may use and sympy has not, and the one in which exact integration is written."""

from __future__ import annotations

from typing import Any

import sympy


class exprel(sympy.Function):  # type: ignore[misc]  # noqa: N801  (sympy writes functions in lower case)
    """(exp(x) - 1)/x, which is 1 at 0."""

    nargs = 1

    @classmethod
    def eval(cls, x: sympy.Expr) -> sympy.Expr | None:
        return sympy.Integer(1) if x == 0 else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:  # noqa: ARG002
        (x,) = self.args
        return (sympy.exp(x) - self) / x

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        (x,) = self.args
        return ((sympy.exp(x) - 1) / x)._eval_evalf(prec)

    def _eval_is_real(self) -> Any:
        return self.args[0].is_real


class MatrixExponential(sympy.Function):  # type: ignore[misc]
    """An entry of the exponential of a matrix: its row and column, then the entries of the matrix, row by row.

    It is computed numerically when the constants of a step are made.
    """

    def _eval_is_real(self) -> bool:
        return True


def clip(x: sympy.Expr, low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    """`x`, but not below `low` and not above `high`."""
    return sympy.Min(sympy.Max(x, low), high)
