"""Numerical schemes: from dx/dt = f(x) to the x of the next step, as formulas."""

from __future__ import annotations

from collections.abc import Callable

import sympy

from cnsproject.dynamics.parsing import System
from cnsproject.errors import EquationError, UnknownNameError, nearest

DT = sympy.Symbol("dt", real=True)


def euler(system: System) -> dict[str, sympy.Expr]:
    """x + dt*f(x): forward Euler, first order."""
    return {name: _symbol(name) + DT * f for name, f in system.derivatives.items()}


def exponential_euler(system: System) -> dict[str, sympy.Expr]:
    """x_inf + (x - x_inf)*exp(a*dt) for f = a*(x - x_inf): exact in x while everything else is held for the step.

    Raises EquationError naming the term when f is not linear in its own state.
    """
    new = {}
    for name, f in system.derivatives.items():
        x = _symbol(name)
        a = sympy.diff(f, x)
        if a.has(x):
            bent = [t for t in sympy.Add.make_args(sympy.expand(f)) if sympy.diff(t, x).has(x)]
            raise EquationError(
                f"scheme 'exponential euler' for d{name}/dt",
                got=f"the term {bent[0]}",
                expected=f"terms linear in {name!r}",
                fix="choose scheme='euler'",
            )
        if a == 0:
            new[name] = x + DT * f
        else:
            x_inf = sympy.expand(-(f - a * x) / a)
            new[name] = x_inf + (x - x_inf) * sympy.exp(a * DT)
    return new


SCHEMES: dict[str, Callable[[System], dict[str, sympy.Expr]]] = {
    "euler": euler,
    "exponential euler": exponential_euler,
}


def integrate(scheme: str, system: System) -> dict[str, sympy.Expr]:
    """The new value of every state after one dt."""
    if scheme not in SCHEMES:
        raise UnknownNameError(
            "scheme", got=repr(scheme), expected="one of " + ", ".join(SCHEMES), fix=nearest(scheme, SCHEMES)
        )
    return SCHEMES[scheme](system)


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)
