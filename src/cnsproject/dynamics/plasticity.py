"""`Plasticity`: how weights change, as its author would write it down; `Event`: what happens at a spike."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import assignments
from cnsproject.dynamics.update import Update
from cnsproject.errors import EquationError

# What a rule may read of the whole network in every step, and its unit.
MODULATORS = {"dopamine": "1/ms"}


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

        parameters = "dt", *self.parameters
        code = Lowering(parameters)
        for target, value in System(self.dynamics).reset:
            code.assign(target, code.name(value))
        read = {name for op in code.body for name in op.args}
        fixed = [*parameters, *(op.target for op in code.constants)]
        return Update(
            parameters=parameters,
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
    synapse     states of each synapse besides its weight, such as an eligibility trace; equations as those of pre
    each_step   assignments at the end of every step, to `w` and these states; may read MODULATORS, and `dt`
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
    synapse: str = ""
    each_step: str = ""
    # Our own rules are checked by a test instead, so that importing them does not import sympy.
    verify: InitVar[bool] = True

    def __post_init__(self, verify: bool) -> None:
        if verify:
            self.check()

    def __hash__(self) -> int:
        texts = self.pre, self.post, self.on_pre, self.on_post, self.synapse, self.each_step
        return hash((*texts, tuple(self.parameters.items())))

    def check(self) -> None:
        """Read every line, look up every name and compare the units; raises at the first thing wrong."""
        from cnsproject.dynamics.parsing import System
        from cnsproject.dynamics.units import check_units

        for text, known in ((self.on_pre, self.states), (self.on_post, self.states), (self.each_step, self.kept)):
            for line in assignments(text):
                if line.target not in {"w", *known}:
                    raise EquationError(
                        f"Plasticity, an assignment to {line.target!r}", got="a name that is no state here",
                        expected="one of " + ", ".join(["w", *known]), fix="declare a trace for it",
                    )  # fmt: skip
        for dynamics in (*self._traces.values(), *(event.dynamics for event in self._events.values())):
            System(dynamics)
            check_units(dynamics)

    def trace(self, side: str) -> Dynamics:
        """The traces of "pre", "post" or "synapse" between spikes."""
        return self._traces[side]

    @cached_property
    def kept(self) -> dict[str, str]:
        """Name: unit of what each synapse has besides its weight."""
        return dict(self.trace("synapse").states)

    @cached_property
    def modulators(self) -> tuple[str, ...]:
        """Which MODULATORS the rule reads."""
        return tuple(name for name in MODULATORS if re.search(rf"\b{name}\b", self.each_step))

    @property
    def each(self) -> Event:
        """What every step does to every synapse."""
        return self._events["each"]

    @cached_property
    def states(self) -> dict[str, str]:
        """Name: unit of all traces."""
        return {**self.trace("pre").states, **self.trace("post").states, **self.kept}

    def weight_event(self, side: str) -> Event:
        """What a spike of one side does to a synapse: its weight, and what else it keeps."""
        return self._events[f"weight {side}"]

    def trace_event(self, side: str) -> Event:
        """What a spike of one side does to its own traces."""
        return self._events[f"trace {side}"]

    @cached_property
    def _traces(self) -> dict[str, Dynamics]:
        texts = {"pre": self.pre, "post": self.post, "synapse": self.synapse}
        return {side: Dynamics(text, parameters=self.parameters, verify=False) for side, text in texts.items()}

    @cached_property
    def _events(self) -> dict[str, Event]:
        changing, parameters = {"w": "1", **self.kept}, self.parameters
        texts = {"pre": self.on_pre, "post": self.on_post}
        traces = {name: unit for name, unit in self.states.items() if name not in self.kept}
        found = {"each": Event(_only(self.each_step, changing), changing, MODULATORS, parameters)}
        for side, text in texts.items():
            own = self.trace(side).states
            found[f"weight {side}"] = Event(_only(text, changing), changing, traces, parameters)
            found[f"trace {side}"] = Event(_only(text, own), own, {}, parameters)
        return found


def _only(text: str, targets: Container[str]) -> str:
    """The assignments to some names."""
    return "\n".join(line.text.strip() for line in assignments(text) if line.target in targets)
