"""Exact integration of linear equations, and what a decaying current does to a membrane within a step."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from cnsproject.dynamics.functions import MatrixExponential, exprel
from cnsproject.dynamics.parsing import System
from cnsproject.dynamics.staged import DT, Staged, symbol
from cnsproject.errors import EquationError


def exact(system: System, active: sympy.Basic | None = None) -> Staged:
    """P*x + Q*b for dx/dt = A*x + b, P = exp(A*dt), Q = integral of exp(A*t) over the step: exact while b is held.

    P and Q are entries of the exponential of [[A, 1], [0, 0]]*dt, which is computed numerically, in double precision.
    Rotter & Diesmann 1999, Exact digital simulation of time-invariant linear systems, Biol. Cybern. 81, sec. 2.
    Raises EquationError naming the first term that is not linear in the states.
    """
    names = list(system.derivatives)
    for name, f in system.derivatives.items():
        _refuse_bent(name, f, names)
    matrix, rest = _linear(system)
    if len(names) == 1:
        return Staged((), {names[0]: _alone(names[0], matrix[0, 0], rest[0], system)})
    for name, row in zip(names, matrix.tolist(), strict=True):
        _refuse_changing(name, row, system)
    new = _together(names, matrix, rest)
    membrane = system.dynamics.membrane
    if active is not None and membrane in names:
        # While the membrane is held the others follow equations of their own.
        place = names.index(membrane)
        held, still = matrix.copy(), list(rest)
        held[place, :], still[place] = sympy.zeros(1, len(names)), sympy.Integer(0)
        for name, value in _together(names, held, still).items():
            if name != membrane and value != new[name]:
                new[name] = sympy.Piecewise((new[name], active), (value, True))
    return Staged((), new)


def effective(synapse: System, post: System) -> sympy.Expr | None:
    """The constant current that changes post's membrane in a step as much as the decaying one of a synapse does.

    sum of e*y over the states y of the synapse, e the entries of the exponential of their joint equations, divided by
    what a constant current of 1 does (Rotter & Diesmann 1999, sec. 3). Parameters of post are called `_post_...`.
    None where this is no such sum: then the current is held.
    """
    assert synapse.output is not None
    matrix, rest = _linear(synapse)
    states = [symbol(name) for name in synapse.derivatives]
    row = [sympy.diff(synapse.output, y) for y in states]
    linear = not sympy.expand(synapse.output - sympy.Add(*(c * y for c, y in zip(row, states, strict=True)))).has(
        *states
    )
    (membrane, f), (current,) = next(iter(post.derivatives.items())), post.dynamics.inputs
    leak, gain = sympy.diff(f, symbol(membrane)), sympy.diff(f, symbol(current))
    fixed = all(synapse.is_fixed(c) for c in row) and post.is_fixed(leak) and post.is_fixed(gain)
    if any(rest) or not linear or not fixed:
        return None
    leak = leak.xreplace({symbol(name): symbol(f"_post_{name}") for name in post.dynamics.parameters})
    joint = sympy.zeros(len(states) + 1, len(states) + 1)
    joint[0, 0] = leak
    joint[0, 1:], joint[1:, 1:] = sympy.Matrix([row]), matrix
    moved = [_entry(joint, 0, k + 1) for k in range(len(states))]
    return sympy.Add(*(e / (DT * exprel(leak * DT)) * y for e, y in zip(moved, states, strict=True)))


def terms(f: sympy.Expr) -> Sequence[sympy.Expr]:
    """What is added in an expression, multiplied out."""
    added: Sequence[sympy.Expr] = sympy.Add.make_args(sympy.expand(f))
    return added


def _linear(system: System) -> tuple[sympy.Matrix, list[sympy.Expr]]:
    """A and b of dx/dt = A*x + b."""
    states = sympy.Matrix([symbol(name) for name in system.derivatives])
    f = sympy.Matrix(list(system.derivatives.values()))
    if not system.derivatives:
        return sympy.zeros(0, 0), []
    matrix = f.jacobian(states)
    return matrix, [sympy.expand(term) for term in f - matrix * states]


def _alone(name: str, a: sympy.Expr, b: sympy.Expr, system: System) -> sympy.Expr:
    """A single state needs no matrix, and may be drawn back by a factor that an input changes."""
    if a == 0:
        return symbol(name) + DT * b
    parts = terms(b) if system.is_fixed(a) else [b]
    return sympy.Add(sympy.exp(a * DT) * symbol(name), *(DT * exprel(a * DT) * part for part in parts))


def _together(names: list[str], matrix: sympy.Matrix, rest: list[sympy.Expr]) -> dict[str, sympy.Expr]:
    """P*x + Q*b, where an entry is nothing when no path of the equations leads there."""
    driven = [k for k, b in enumerate(rest) if b != 0]
    n = len(names)
    joint = sympy.zeros(n + len(driven), n + len(driven))
    joint[:n, :n] = matrix
    for column, k in enumerate(driven, start=n):
        joint[k, column] = 1
    reached = _reached(matrix)
    new = {}
    for i, name in enumerate(names):
        parts = [_entry(joint, i, j) * symbol(other) for j, other in enumerate(names) if reached[i][j]]
        for column, k in enumerate(driven, start=n):
            parts += [_entry(joint, i, column) * term for term in terms(rest[k]) if reached[i][k]]
        new[name] = sympy.Add(*parts)
    return new


def _entry(matrix: sympy.Matrix, row: int, column: int) -> sympy.Expr:
    return MatrixExponential(row, column, *(entry * DT for entry in matrix))


def _reached(matrix: sympy.Matrix) -> list[list[bool]]:
    """Whether state j has an effect on state i, on whatever way."""
    n = matrix.rows
    reached = [[i == j or matrix[i, j] != 0 for j in range(n)] for i in range(n)]
    for k in range(n):
        reached = [[reached[i][j] or (reached[i][k] and reached[k][j]) for j in range(n)] for i in range(n)]
    return reached


def _refuse_bent(name: str, f: sympy.Expr, names: list[str]) -> None:
    states = [symbol(x) for x in names]
    for term in terms(f):
        slopes = [sympy.diff(term, x) for x in states]
        rest = sympy.expand(term - sympy.Add(*(a * x for a, x in zip(slopes, states, strict=True))))
        if any(slope.has(*states) for slope in slopes) or rest.has(*states):
            raise EquationError(
                f"scheme 'exact' for d{name}/dt",
                got=f"the term {term}",
                expected="terms linear in the states",
                fix="choose scheme='euler', 'heun' or 'rk4'",
            )


def _refuse_changing(name: str, row: list[sympy.Expr], system: System) -> None:
    for entry, other in zip(row, system.derivatives, strict=True):
        if not system.is_fixed(entry):
            raise EquationError(
                f"scheme 'exact' for d{name}/dt",
                got=f"the factor {entry} of {other}, which an input changes from step to step",
                expected="factors made of parameters, where there are several states",
                fix="choose scheme='euler', 'heun' or 'rk4'",
            )
