"""`Dynamics`: a model as its author would write it down. Text only; reading it as mathematics is `parsing`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from cnsproject.dynamics.lines import Condition, Line, assignments, conditions, equation

if TYPE_CHECKING:
    import sympy

_NOISE = re.compile(r"\bxi(?:_\w+)?\b")


@dataclass(frozen=True)
class Dynamics:
    """A neuron, trace or synapse, declared once.

    equations   one line each: `du/dt = right-hand side : unit` for a state, `x = expression : unit` for a
                shorthand; a unit is that of the state, its derivative is per ms
    inputs      name: unit of what arrives continuously, held for one step (a current)
    parameters  name: unit of what is fixed during a step
    spike       condition on the integrated state, such as "u >= threshold"
    reset       assignments where it spiked, in order, such as "u = u_reset; w = w + b"; without one the neuron comes
                back by itself, and a spike is where the condition becomes true: it is, and was not a step before
    arrivals    name: unit of what arrives as an impulse after the integration (a weighted spike)
    on_arrival  assignments for it; they must leave the state as it is when the arrival is 0
    impulses    name: unit of states that last one step: 0 at its start, until something arrives
    output      name of what a synapse delivers, a state or a shorthand, as nA (a current) or mV (a jump); an input
                named like the membrane of the post neurons is read from them
    requires    what must hold between parameters, such as "threshold > u_reset; delta_t > 0"
    title       what the model is called in a text
    symbols     name: LaTeX, for typeset equations
    meanings    name: what it is, in a few words
    source      paper or book, with the section

    `xi` in an equation is white noise of standard deviation 1, unit 1/sqrt(ms), drawn for every neuron and step;
    `xi_1`, `xi_name` are further ones, each independent. A plain number takes the unit of what it is added to or
    compared with. Units: ms, mV, nA, MOhm, nF, uS, Hz and products of them, with SI prefixes; "1" for none.

    Raises EquationError or UnitError when the text cannot be read, with a caret under the place.
    """

    equations: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    spike: str | None = None
    reset: str | None = None
    arrivals: Mapping[str, str] = field(default_factory=dict)
    on_arrival: str | None = None
    impulses: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    requires: str = ""
    title: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
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
        """Name: unit of the states, in the order of their equations, those that last one step behind."""
        return {line.target: line.unit for line in self.lines if line.derivative} | dict(self.impulses)

    @cached_property
    def shorthands(self) -> dict[str, str]:
        """Name: unit of the shorthands."""
        return {line.target: line.unit for line in self.lines if not line.derivative}

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """What must hold between parameters."""
        return conditions(self.requires)

    @cached_property
    def noises(self) -> tuple[str, ...]:
        """Names of the noise in the equations, `xi` and `xi_...`."""
        return tuple(dict.fromkeys(name for line in self.lines for name in _NOISE.findall(line.expression)))

    @property
    def output_unit(self) -> str:
        """Unit of what a synapse delivers."""
        return {**self.states, **self.shorthands}[self.output]

    @property
    def membrane(self) -> str:
        """The state that a jump raises and the refractory period holds: the first one in the spike condition."""
        return next((name for name in self.states if re.search(rf"\b{name}\b", self.spike or "")), "")

    @cached_property
    def target(self) -> str:
        """The state that arrivals are added to as they are, one after the other; empty where they do something else."""
        lines = assignments(self.on_arrival)
        if len(lines) != 1 or len(self.arrivals) != 1:
            return ""
        (line,), (arrival,) = lines, self.arrivals
        terms = sorted(term.strip(" ()") for term in line.expression.split("+"))
        return line.target if terms == sorted([line.target, arrival]) else ""

    def with_output_apart(self) -> Dynamics:
        """The same, where what is delivered is no state: one that was is called `x`, its old name is a shorthand."""
        if self.output not in self.states:
            return self
        taken = {*self.states, *self.parameters, *self.inputs, *self.arrivals, *(line.target for line in self.lines)}
        new = next(name for k in count() if (name := f"x_{k}" if k else "x") not in taken)

        def renamed(text: str) -> str:
            return re.sub(rf"\b(d?){self.output}\b", rf"\g<1>{new}", text)

        shorthand = f"{self.output} = {new} : {self.states[self.output]}"
        equations = "\n".join([*(renamed(line.text.strip()) for line in self.lines), shorthand])
        on_arrival = renamed(self.on_arrival) if self.on_arrival else None
        return replace(self, equations=equations, on_arrival=on_arrival, verify=False)

    @cached_property
    def text(self) -> str:
        """The whole declaration as text; equal declarations have equal texts."""
        parts = [line.text.strip() for line in self.lines]
        for title, names in (
            ("input", self.inputs),
            ("parameter", self.parameters),
            ("arrival", self.arrivals),
            ("impulse", self.impulses),
        ):
            parts += [f"{title} {name} : {unit}" for name, unit in names.items()]
        titled = {"spike": self.spike, "reset": self.reset, "on_arrival": self.on_arrival, "output": self.output}
        parts += [f"{title} {text}" for title, text in titled.items() if text]
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.text + (f"\nsource {self.source}" if self.source else "")

    def check(self) -> None:
        """Read every line, look up every name and compare the units; raises at the first thing wrong."""
        from cnsproject.dynamics.parsing import System
        from cnsproject.dynamics.units import check_units

        System(self)
        check_units(self)
