"""`Dynamics`: a model as its author would write it down. Text only; reading it as mathematics is `parsing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnsproject.dynamics.lines import Line, equation

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Dynamics:
    """A neuron, trace or synapse, declared once.

    equations   one line each: `du/dt = right-hand side : unit` for a state, `x = expression : unit` for a
                shorthand; a unit is that of the state, its derivative is per ms
    inputs      name: unit of what arrives continuously, held for one step (a current)
    parameters  name: unit of what is fixed during a step
    spike       condition on the integrated state, such as "u >= threshold"
    reset       assignments where it spiked, in order, such as "u = u_reset; w = w + b"
    arrivals    name: unit of what arrives as an impulse after the integration (a weighted spike)
    on_arrival  assignments for it; they must leave the state as it is when the arrival is 0
    source      paper or book, with the section

    A plain number in an equation takes the unit of what it is added to or compared with. Units: ms, mV, nA,
    MOhm, nF, uS, Hz and products of them, with SI prefixes; "1" for none.

    Raises EquationError or UnitError when the text cannot be read, with a caret under the place.
    """

    equations: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    spike: str | None = None
    reset: str | None = None
    arrivals: Mapping[str, str] = field(default_factory=dict)
    on_arrival: str | None = None
    source: str = ""
    # Our own models are checked by a test instead, so that importing them does not import sympy.
    verify: InitVar[bool] = True

    def __post_init__(self, verify: bool) -> None:
        if verify:
            self.check()

    def __hash__(self) -> int:
        return hash(self.text)

    @classmethod
    def from_sympy(cls, equations: Iterable[sympy.Eq], units: Mapping[str, str], **declaration: Any) -> Dynamics:
        """A model from sympy equations `Eq(u(t).diff(t), ...)`; `units` gives the unit of every state.

        The other arguments are those of `Dynamics`.
        """
        from cnsproject.dynamics.parsing import equations_as_text

        return cls(equations=equations_as_text(equations, units), **declaration)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The equations, split into target, expression and unit."""
        return tuple(equation(text) for text in self.equations.splitlines() if text.strip())

    @cached_property
    def states(self) -> dict[str, str]:
        """Name: unit of the states, in the order of their equations."""
        return {line.target: line.unit for line in self.lines if line.derivative}

    @cached_property
    def text(self) -> str:
        """The whole declaration as text; equal declarations have equal texts."""
        parts = [line.text.strip() for line in self.lines]
        for title, names in (("input", self.inputs), ("parameter", self.parameters), ("arrival", self.arrivals)):
            parts += [f"{title} {name} : {unit}" for name, unit in names.items()]
        for title, text in (("spike", self.spike), ("reset", self.reset), ("on_arrival", self.on_arrival)):
            parts += [f"{title} {text}"] if text else []
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.text + (f"\nsource {self.source}" if self.source else "")

    def check(self) -> None:
        """Read every line, look up every name and compare the units; raises at the first thing wrong."""
        from cnsproject.dynamics.parsing import System
        from cnsproject.dynamics.units import check_units

        System(self)
        check_units(self)
