"""`Step`: what happens to one object within a step, put together from declarations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.update import Update

if TYPE_CHECKING:
    import sympy

    from cnsproject.dynamics.lowering import Lowering
    from cnsproject.dynamics.parsing import System

# States decay, and would pass, in a silent network, through numbers with which processors compute many times slower.
# In one step of 64, what is not above this is 0: a population's states at the end of steps 63, 127, ..., those of
# synapses at the start of steps 0, 64, ..., after their decay where arrivals are added to a state as they are.
FADED = {"float32": 1e-30, "float64": 1e-300}
FADING = 64

# "before" it is decided who of those that reach their threshold spikes, and "after" that.
Part = Literal["whole", "before", "after"]
REACHED = "_reached"  # those that reached it


@dataclass(frozen=True)
class Step:
    """One step of a population (dynamics, spike, reset, refractory period, trace) or of a synapse (dynamics, arrival).

    dynamics    the model; None for a population whose spikes are given
    scheme      how its equations are integrated
    refractory  whether a spike is followed by steps in which the membrane is held at its reset
    jump        whether mV arrive that are added to the membrane before the integration
    trace       what follows the population's own spikes: a trace, or what they release
    felt_by     the neuron whose membrane, integrated exactly, feels the current of a synapse: what is delivered is then
                the constant current that does to it within the step what the decaying one does
    part        all of it; or, where a decision lies between reaching the threshold and the spike, what comes "before"
                it or "after"
    resets_losers, holds
                after a decision: whether those that reached their threshold and do not spike are reset all the same,
                and whether it is counted for how long a neuron that spiked stays a winner
    """

    dynamics: Dynamics | None
    scheme: str = "euler"
    refractory: bool = False
    jump: bool = False
    trace: Dynamics | None = None
    felt_by: Dynamics | None = None
    part: Part = "whole"
    resets_losers: bool = False
    holds: bool = False

    @cached_property
    def text(self) -> str:
        """All that the printed code depends on; equal steps have equal texts."""
        variant = f"scheme {self.scheme}, refractory {self.refractory}, jump {self.jump}"
        if self.part != "whole":
            variant += f", {self.part} a decision"
        if self.part == "after":
            variant += f", losers reset {self.resets_losers}, held {self.holds}"
        return "\n".join(
            [
                variant,
                self.dynamics.text if self.dynamics else "spikes are given",
                self.trace.text if self.trace else "no trace",
                *([f"felt by\n{self.felt_by.text}"] if self.felt_by else []),
            ]
        )

    @property
    def is_empty(self) -> bool:
        """Whether a decision is followed by nothing: no reset, no refractory period, no trace, nothing to count."""
        assert self.dynamics is not None
        return self.part == "after" and not (self.dynamics.reset or self.refractory or self.trace or self.holds)

    def update(self) -> Update:
        """The ordered operations of the step (reads the equations: needs sympy)."""
        return _Composer(self).update()


class _Composer:
    def __init__(self, step: Step) -> None:
        # sympy is imported only when something new must be printed.
        from cnsproject.dynamics.lowering import Lowering
        from cnsproject.dynamics.parsing import System

        self.step = step
        self.system: System | None = System(step.dynamics) if step.dynamics else None
        self.trace: System | None = System(step.trace) if step.trace else None
        self.parameters = ["dt"]
        for dynamics in (step.dynamics, step.trace):
            self.parameters += [p for p in (dynamics.parameters if dynamics else ()) if p not in self.parameters]
        self.parameters += ["refractory_steps"] if step.refractory else []
        self.parameters += ["hold_steps"] if step.holds and step.part == "after" else []
        self.output = self._output()
        self.code: Lowering = Lowering(self.parameters)  # everything but states, inputs and spikes is fixed

    def update(self) -> Update:
        step, code = self.step, self.code
        inputs: list[str] = []
        optional: list[str] = []
        states: list[str] = []
        spikes = False
        if step.dynamics and self.system and step.part != "after":
            inputs = [*step.dynamics.inputs, *(["jump"] if step.jump else []), *step.dynamics.noises]
            inputs += step.dynamics.arrivals
            optional = list(step.dynamics.arrivals)
            states = list(self.system.states)
            spikes = self.system.spike is not None
            if spikes and not self.system.reset:
                # A neuron that nothing resets stays beyond its condition for a while, and spikes once for it.
                code.emit("_below", "not", code.name(self.system.spike))
            self._integrate(self.system, checked=not optional)
            if spikes:
                self._spike(self.system)
                if step.part == "whole":
                    self._reset(self.system, "s", only_if="s")
            self._arrive(self.system, only_if=next(iter(optional), ""))
        else:
            inputs = ["s"]
            if self.system:
                inputs += [REACHED] * step.resets_losers
                states = self._follow(self.system)
        if step.refractory:
            states.append("refractory_left")
        if step.trace and self.trace and step.part != "before":
            states += self.trace.states
            self._integrate(self.trace, scheme="exponential euler", checked=False)
            code.only_if = "s"
            code.emit("_s_value", "as_number", "s")
            self._arrive(self.trace, only_if="s")
        if step.holds and step.part == "after":
            states.append("hold_left")
            self._hold()
        body, output = code.take_body(), ""
        if self.output is not None:
            output = code.name(self.output)
        delivery = code.take_body()
        read = {name for op in (*body, *delivery) for name in op.args}
        fixed = [*self.parameters, *(op.target for op in code.constants)]
        return Update(
            parameters=tuple(self.parameters),
            constants=tuple(code.constants),
            uses=tuple(n for n in fixed if n in read),
            inputs=tuple(inputs),
            optional=tuple(optional),
            states=tuple(states),
            spikes=spikes,
            body=body,
            output=output,
            delivery=delivery,
        )

    def _output(self) -> sympy.Expr | None:
        """What is delivered, as a formula of states and inputs."""
        if self.system is None or self.step.felt_by is None:
            return self.system.output if self.system else None
        from cnsproject.dynamics.linear import effective
        from cnsproject.dynamics.parsing import System

        found = effective(self.system, System(self.step.felt_by))
        if found is None:
            return self.system.output
        names = {symbol.name for symbol in found.free_symbols}
        self.parameters += [f"_post_{p}" for p in self.step.felt_by.parameters if f"_post_{p}" in names]
        return found

    def _integrate(self, system: System, *, scheme: str = "", checked: bool) -> None:
        from cnsproject.dynamics.schemes import integrate

        code, membrane = self.code, system.dynamics.membrane
        held = system is self.system and self.step.refractory
        if held:
            code.define("_active", _active())
        staged = integrate(scheme or self.step.scheme, system, _active() if held else None)
        jumped = {}
        if self.step.jump and system is self.system:
            code.emit("_jumped", "add", membrane, "jump")
            if held and len(system.states) > 1:  # what is dropped must not be felt by the other states either
                code.emit("_jumped", "select", "_active", "_jumped", membrane)
            jumped = {_symbol(membrane): _symbol("_jumped")}
        for name, value in staged.stages:
            code.assign(name, code.name(value.xreplace(jumped)))
        values = {name: code.name(value.xreplace(jumped)) for name, value in staged.new.items()}
        for name in system.states:
            if held and name == membrane:
                # A refractory membrane keeps the value its reset gave it; its input is checked but not felt.
                code.emit(f"_finite_{name}", "check", values[name])
                code.emit(name, "select", "_active", values[name], name)
                code.forget(name)
            else:
                code.assign(name, values[name], alone=list(values.values()).count(values[name]) == 1)
                if checked:
                    code.emit(f"_finite_{name}", "check", name)

    def _spike(self, system: System) -> None:
        code = self.code
        condition = code.name(system.spike)
        if self.step.refractory:
            code.emit("s", "and", condition, "_active")
        elif not system.reset:
            code.emit("s", "and", condition, "_below")
        else:
            code.assign("s", condition)
        code.only_if = "gradients"
        code.emit("_s_value", "surrogate", code.name(_margin(system.spike)), "s")
        code.forget("_s_value")
        code.only_if = ""

    def _reset(self, system: System, who: str, only_if: str) -> None:
        """Reset, and begin the refractory period of, those that `who` names."""
        code = self.code
        code.only_if = only_if
        for target, value in system.reset:
            code.emit(target, "select", who, code.name(value), target)
            code.forget(target)
        code.only_if = ""
        if self.step.refractory:
            counted = code.name(_symbol("refractory_left") - 1)
            code.emit("refractory_left", "select", "_active", "refractory_left", counted)
            code.forget("refractory_left")
            code.only_if = only_if
            code.emit("refractory_left", "select", who, "refractory_steps", "refractory_left")
            code.only_if = ""

    def _follow(self, system: System) -> list[str]:
        """What comes after a decision; the states of the model that this needs."""
        if self.step.refractory:
            self.code.define("_active", _active())
        if self.step.resets_losers:
            self._reset(system, REACHED, only_if="")
        else:
            self._reset(system, "s", only_if="s")
        used = {name for op in self.code.body for name in (op.target, *op.args)}
        return [name for name in system.states if name in used]

    def _hold(self) -> None:
        """Count down for how long a neuron that spiked stays a winner."""
        import sympy

        left = self.code.name(sympy.Max(_symbol("hold_left") - 1, 0))
        self.code.emit("hold_left", "select", "s", "hold_steps", left)

    def _arrive(self, system: System, only_if: str) -> None:
        code = self.code
        code.only_if = only_if
        for target, value in system.on_arrival:
            number = value.subs(_symbol("s"), _symbol("_s_value")) if system is self.trace else value
            code.assign(target, code.name(number))
        code.only_if = ""


def _symbol(name: str) -> sympy.Symbol:
    import sympy

    return sympy.Symbol(name, real=True)


def _active() -> sympy.Basic:
    """The condition under which the membrane is not held."""
    import sympy

    return sympy.Le(_symbol("refractory_left"), 0)


def _margin(condition: sympy.Basic) -> sympy.Expr:
    """How far the state is beyond its spike condition: positive where it spikes."""
    import sympy

    if isinstance(condition, sympy.And):
        return sympy.Min(*(_margin(c) for c in condition.args))
    if isinstance(condition, sympy.Or):
        return sympy.Max(*(_margin(c) for c in condition.args))
    if isinstance(condition, sympy.Ge | sympy.Gt):
        return condition.lhs - condition.rhs
    return condition.rhs - condition.lhs
