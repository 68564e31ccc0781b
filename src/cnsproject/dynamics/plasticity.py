"""`Plasticity`: how weights change, as its author would write it down; `Event`: what happens at a spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import assignments
from cnsproject.dynamics.update import Update
from cnsproject.errors import EquationError


@dataclass(frozen=True)
class Event:
    """Assignments that are carried out where something happens: `states` change, `inputs` are read."""

    assigned: str
    states: Mapping[str, str]
    inputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def __hash__(self) -> int:
        return hash(self.text)

    @cached_property
    def dynamics(self) -> Dynamics:
        """The same as a declaration, which checks names and units."""
        return Dynamics(
            impulses=self.states, inputs=self.inputs, parameters=self.parameters, reset=self.assigned, verify=False
        )

    @cached_property
    def text(self) -> str:
        """All that the printed code depends on."""
        return f"event\n{self.dynamics.text}"

    def update(self) -> Update:
        """The ordered operations (reads the text: needs sympy)."""
        from cnsproject.dynamics.lowering import Lowering
        from cnsproject.dynamics.parsing import System

        code = Lowering(self.parameters)
        for target, value in System(self.dynamics).reset:
            code.assign(target, code.name(value))
        read = {name for op in code.body for name in op.args}
        fixed = [*self.parameters, *(op.target for op in code.constants)]
        return Update(
            parameters=tuple(self.parameters),
            constants=tuple(code.constants),
            uses=tuple(name for name in fixed if name in read),
            inputs=tuple(self.inputs),
            optional=(),
            states=tuple(self.states),
            spikes=False,
            body=code.take_body(),
        )


@dataclass(frozen=True)
class Plasticity:
    """A learning rule, declared once, for one synapse: its weight `w`, its source (pre) and its target (post).

    pre, post   traces of the source and of the target, one equation per line, such as `dx/dt = -x / tau_plus : 1`;
                between spikes they are integrated with the scheme "exponential euler"
    on_pre      assignments when a spike of the source arrives at the synapse
    on_post     assignments when the target fires
    parameters  name: unit; `w` and what bounds it count as unit 1, whatever the unit of the weight is
    source      paper or book, with the section

    Assignments to `w` come before those to traces, so they see the traces of all spikes before. A spike that arrives in
    the step in which the target fires comes before that spike. Raises EquationError or UnitError for what cannot be
    read.
    """

    pre: str
    post: str
    on_pre: str
    on_post: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    # Our own rules are checked by a test instead, so that importing them does not import sympy.
    verify: InitVar[bool] = True

    def __post_init__(self, verify: bool) -> None:
        if verify:
            self.check()

    def __hash__(self) -> int:
        return hash((self.pre, self.post, self.on_pre, self.on_post, tuple(self.parameters.items())))

    def check(self) -> None:
        """Read every line, look up every name and compare the units; raises at the first thing wrong."""
        from cnsproject.dynamics.parsing import System
        from cnsproject.dynamics.units import check_units

        for target in (line.target for text in (self.on_pre, self.on_post) for line in assignments(text)):
            if target not in {"w", *self.states}:
                raise EquationError(
                    f"Plasticity, an assignment to {target!r}", got="a name that is no state",
                    expected="w or one of " + ", ".join(self.states), fix="declare a trace for it",
                )  # fmt: skip
        for side in ("pre", "post"):
            for dynamics in (self.trace(side), self.weight_event(side).dynamics, self.trace_event(side).dynamics):
                System(dynamics)
                check_units(dynamics)

    def trace(self, side: str) -> Dynamics:
        """The traces of one side between spikes."""
        return self._traces[side]

    @cached_property
    def states(self) -> dict[str, str]:
        """Name: unit of all traces."""
        return {**self.trace("pre").states, **self.trace("post").states}

    def weight_event(self, side: str) -> Event:
        """What a spike of one side does to the weight."""
        return self._events[f"weight {side}"]

    def trace_event(self, side: str) -> Event:
        """What a spike of one side does to its own traces."""
        return self._events[f"trace {side}"]

    @cached_property
    def _traces(self) -> dict[str, Dynamics]:
        texts = {"pre": self.pre, "post": self.post}
        return {side: Dynamics(text, parameters=self.parameters, verify=False) for side, text in texts.items()}

    @cached_property
    def _events(self) -> dict[str, Event]:
        found = {}
        for side in ("pre", "post"):
            own = self.trace(side).states
            found[f"weight {side}"] = Event(self._assigned(side, {"w"}), {"w": "1"}, self.states, self.parameters)
            found[f"trace {side}"] = Event(self._assigned(side, set(own)), own, {}, self.parameters)
        return found

    def _assigned(self, side: str, targets: set[str]) -> str:
        text = self.on_pre if side == "pre" else self.on_post
        return "\n".join(line.text.strip() for line in assignments(text) if line.target in targets)
