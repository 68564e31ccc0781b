"""`Field`: the right-hand sides of a model and their derivatives, as functions of numbers or arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnsproject.dynamics.declaration import Dynamics


class Field:
    """The time derivatives of the states of a model, made from its equations without their noise (needs sympy).

    states  their names, in the order in which everything here is given and returned

    Both functions take the values of all states, inputs and parameters by name: numbers, or arrays that can be
    broadcast. They return numbers or arrays per ms, in the unit of the state.
    """

    def __init__(self, dynamics: Dynamics) -> None:
        # sympy is imported only where equations are read.
        import sympy

        from cnsproject.dynamics.parsing import System

        system = System(dynamics)
        self.states = tuple(system.derivatives)
        self.names = (*self.states, *dynamics.inputs, *dynamics.parameters, "dt")
        symbols = {name: sympy.Symbol(name, real=True) for name in self.names}
        still = {sympy.Symbol(name, real=True): 0 for name in dynamics.noises}
        sides = [system.derivatives[name].subs(still) for name in self.states]
        slopes = [[_slope(side, symbols[name]) for name in self.states] for side in sides]
        self._sides = sympy.lambdify(list(symbols.values()), [_known(side) for side in sides], "numpy")
        self._slopes = sympy.lambdify(list(symbols.values()), [[_known(x) for x in row] for row in slopes], "numpy")

    def derivatives(self, values: Mapping[str, Any]) -> list[Any]:
        """d(state)/dt of every state."""
        found: list[Any] = self._sides(*self._arguments(values))
        return found

    def jacobian(self, values: Mapping[str, Any]) -> list[list[Any]]:
        """Row i, column j: the derivative of d(state i)/dt with respect to state j."""
        found: list[list[Any]] = self._slopes(*self._arguments(values))
        return found

    def _arguments(self, values: Mapping[str, Any]) -> list[Any]:
        return [values[name] if name != "dt" else values.get(name, 0.0) for name in self.names]


def _known(expression: Any) -> Any:
    """The same in functions that numpy has: exprel(x) is expm1(x)/x, and 1 at 0."""
    import sympy
    from sympy.codegen.cfunctions import expm1

    from cnsproject.dynamics.functions import exprel

    def written(x: Any) -> Any:
        at_0 = sympy.Piecewise((1, sympy.Eq(x, 0)), (0, True))
        return expm1(x) / (x + at_0) + at_0

    return expression.replace(exprel, written)


def _slope(side: Any, state: Any) -> Any:
    """A derivative; that of a jump, as in sign or floor, counts as 0."""
    import sympy

    jumps = sympy.DiracDelta, sympy.Derivative, sympy.Subs
    return side.diff(state).replace(lambda part: isinstance(part, jumps), lambda _: sympy.Integer(0))
