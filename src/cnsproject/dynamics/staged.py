"""`Staged`: what a scheme gives."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

DT = sympy.Symbol("dt", real=True)


@dataclass(frozen=True)
class Staged:
    """One step as formulas.

    stages  intermediate values in the order in which they are computed: name, and formula of what came before
    new     the new value of every state, a formula of old states and stages
    """

    stages: tuple[tuple[str, sympy.Expr], ...]
    new: dict[str, sympy.Expr]


def symbol(name: str) -> sympy.Symbol:
    """The symbol that stands for a name everywhere."""
    return sympy.Symbol(name, real=True)
