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
            continue
        decay = sympy.exp(a * DT)
        if {symbol.name for symbol in a.free_symbols} <= {"dt", *system.dynamics.parameters}:
            # Nothing of the decay changes during a run: every term keeps one factor that is computed once.
            x_inf = sympy.expand(-(f - a * x) / a)
            new[name] = x * decay + sympy.Add(*((1 - decay) * term for term in sympy.Add.make_args(x_inf)))
        else:
            # As it is written: multiplied out, a function of another state would be computed once per term.
            x_inf = -f.subs(x, 0) / a
            new[name] = x_inf + (x - x_inf) * decay
    return new


def exact(system: System) -> dict[str, sympy.Expr]:
    """exp(A*dt) x + integral of exp(A*t) b over the step, for dx/dt = A*x + b: exact while inputs are held.

    Rotter & Diesmann 1999, Exact digital simulation of time-invariant linear systems, Biol. Cybern. 81, sec. 2.
    Raises EquationError naming the first term that is not linear in the states.
    """
    names = list(system.derivatives)
    states = sympy.Matrix([_symbol(name) for name in names])
    f = sympy.Matrix([system.derivatives[name] for name in names])
    a = f.jacobian(states) if names else sympy.zeros(0, 0)
    for name, right in system.derivatives.items():
        _refuse_bent(name, right, list(states))
    grown = sympy.simplify((a * DT).exp()) if names else a
    new = [sympy.Add(*(grown[i, j] * x for j, x in enumerate(states))) for i in range(len(names))]
    rest = sympy.simplify(f - a * states) if names else f
    if any(term != 0 for term in rest):
        # The last column of the exponential of [[A, b], [0, 0]] is the integral of exp(A*t) b.
        block = sympy.Matrix.vstack(sympy.Matrix.hstack(a, rest), sympy.zeros(1, len(names) + 1))
        new = [x + added for x, added in zip(new, sympy.simplify((block * DT).exp())[:-1, -1], strict=True)]
    return dict(zip(names, new, strict=True))


def _refuse_bent(name: str, right: sympy.Expr, states: list[sympy.Symbol]) -> None:
    for term in sympy.Add.make_args(sympy.expand(right)):
        if any(sympy.diff(term, x).has(*states) for x in states):
            raise EquationError(
                f"scheme 'exact' for d{name}/dt",
                got=f"the term {term}",
                expected="terms linear in the states",
                fix="choose scheme='euler'",
            )


SCHEMES: dict[str, Callable[[System], dict[str, sympy.Expr]]] = {
    "euler": euler,
    "exponential euler": exponential_euler,
    "exact": exact,
}


def integrate(scheme: str, system: System) -> dict[str, sympy.Expr]:
    """The new value of every state after one dt."""
    if scheme not in SCHEMES:
        raise UnknownNameError(
            "scheme", got=repr(scheme), expected="one of " + ", ".join(SCHEMES), fix=nearest(scheme, SCHEMES)
        )
    return SCHEMES[scheme](system) | {name: sympy.Integer(0) for name in system.dynamics.impulses}


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)
