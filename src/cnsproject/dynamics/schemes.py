"""Numerical schemes: from dx/dt = f(x) to the x of the next step, as formulas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy

from cnsproject.dynamics.linear import exact, terms
from cnsproject.dynamics.parsing import System
from cnsproject.dynamics.staged import DT, Staged, symbol
from cnsproject.errors import EquationError, UnknownNameError, nearest

# Explicit Runge-Kutta methods: which slopes lead to the place of the next one, and how often each counts in the mean.
_HALF = sympy.Rational(1, 2)
_HEUN = ((1,),), (1, 1)
_RK4 = ((_HALF,), (0, _HALF), (0, 0, 1)), (1, 2, 2, 1)


def euler(system: System, active: sympy.Basic | None = None) -> Staged:
    """x + dt*f(x), first order; with noise g(x)*xi it is Euler-Maruyama: + g(x)*sqrt(dt)*N(0, 1).

    Noise that is multiplied by a state is meant in the sense of Ito. Kloeden & Platen 1992, Numerical Solution of
    Stochastic Differential Equations, ch. 10.2.
    """
    del active  # all slopes are taken before anything moves
    new = {}
    for name, f in system.derivatives.items():
        noise = {xi: _factor_of(xi, name, f, system) for xi in system.noises}
        drift = f.xreplace({symbol(xi): sympy.Integer(0) for xi in noise})
        driven = (sympy.sqrt(DT) * g * symbol(xi) for xi, g in noise.items())
        new[name] = sympy.Add(symbol(name), DT * drift, *driven)
    return Staged((), new)


def exponential_euler(system: System, active: sympy.Basic | None = None) -> Staged:
    """x_inf + (x - x_inf)*exp(a*dt) for f = a*(x - x_inf): exact in x while everything else is held for the step.

    Raises EquationError naming the term when f is not linear in its own state.
    """
    del active  # all slopes are taken before anything moves
    new = {}
    for name, f in system.derivatives.items():
        x = symbol(name)
        a = sympy.diff(f, x)
        if a.has(x):
            bent = [t for t in terms(f) if sympy.diff(t, x).has(x)]
            raise EquationError(
                f"scheme 'exponential euler' for d{name}/dt",
                got=f"the term {bent[0]}",
                expected=f"terms linear in {name!r}",
                fix="choose scheme='euler', 'heun' or 'rk4'",
            )
        if a == 0:
            new[name] = x + DT * f
            continue
        decay = sympy.exp(a * DT)
        if system.is_fixed(a):
            # Nothing of the decay changes during a run: every term keeps one factor that is computed once.
            x_inf = sympy.expand(-(f - a * x) / a)
            new[name] = x * decay + sympy.Add(*((1 - decay) * term for term in sympy.Add.make_args(x_inf)))
        else:
            # As it is written: multiplied out, a function of another state would be computed once per term.
            x_inf = -f.subs(x, 0) / a
            new[name] = x_inf + (x - x_inf) * decay
    return Staged((), new)


def heun(system: System, active: sympy.Basic | None = None) -> Staged:
    """x + dt/2*(f(x) + f(x + dt*f(x))): the explicit trapezoid, second order while inputs are held."""
    return _runge_kutta(system, *_HEUN, active)


def rk4(system: System, active: sympy.Basic | None = None) -> Staged:
    """The classical Runge-Kutta method, fourth order while inputs are held (Kutta 1901)."""
    return _runge_kutta(system, *_RK4, active)


def _runge_kutta(
    system: System,
    rows: Sequence[Sequence[sympy.Expr]],
    weights: Sequence[int],
    active: sympy.Basic | None,
) -> Staged:
    """Slopes at places that earlier slopes lead to; a membrane that is held has none."""
    stages: list[tuple[str, sympy.Expr]] = []
    at: dict[sympy.Expr, sympy.Expr] = {}
    for k, row in enumerate([(), *rows]):
        for name in system.derivatives if row else ():
            way = sympy.Add(*(a * symbol(f"_f{j}_{name}") for j, a in enumerate(row)))
            at[symbol(name)] = symbol(f"_x{k}_{name}")
            stages.append((f"_x{k}_{name}", symbol(name) + DT * way))
        for name, f in system.derivatives.items():
            slope = f.xreplace(at)
            if active is not None and name == system.dynamics.membrane:
                slope = sympy.Piecewise((slope, active), (sympy.Integer(0), True))
            stages.append((f"_f{k}_{name}", slope))
    new = {}
    for name in system.derivatives:
        total = sympy.Add(*(often * symbol(f"_f{k}_{name}") for k, often in enumerate(weights)))
        new[name] = symbol(name) + DT / sum(weights) * total
    return Staged(tuple(stages), new)


SCHEMES: dict[str, Callable[[System, sympy.Basic | None], Staged]] = {
    "euler": euler,
    "exponential euler": exponential_euler,
    "heun": heun,
    "rk4": rk4,
    "exact": exact,
}


def integrate(scheme: str, system: System, active: sympy.Basic | None = None) -> Staged:
    """The new value of every state after one dt; `active` is the condition under which the membrane is not held."""
    if scheme not in SCHEMES:
        raise UnknownNameError(
            "scheme", got=repr(scheme), expected="one of " + ", ".join(SCHEMES), fix=nearest(scheme, SCHEMES)
        )
    if system.noises and scheme != "euler":
        raise EquationError(
            f"scheme {scheme!r}",
            got=f"equations with the noise {', '.join(system.noises)}",
            expected="scheme='euler', which is Euler-Maruyama where there is noise",
            fix="choose it" if not system.dynamics.arrivals else "move the noise from the synapse to the neuron",
        )
    staged = SCHEMES[scheme](system, active)
    return Staged(staged.stages, staged.new | {name: sympy.Integer(0) for name in system.dynamics.impulses})


def _factor_of(xi: str, name: str, f: sympy.Expr, system: System) -> sympy.Expr:
    """The factor of a noise in f; raises where the noise is not simply added."""
    noises = [symbol(xi) for xi in system.noises]
    for term in terms(f):
        if any(sympy.diff(term, n).has(*noises) for n in noises):
            raise EquationError(
                f"the noise in d{name}/dt", got=f"the term {term}", expected=f"{xi} times something without noise",
                fix="add the noise, with a factor",
            )  # fmt: skip
    return sympy.diff(f, symbol(xi))
