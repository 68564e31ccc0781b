"""`Learner`: what changes the weights of a connection, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import number, positive, steps_on_grid
from cnsproject.dynamics.plasticity import Event
from cnsproject.dynamics.step import FADING, Step
from cnsproject.errors import ArgumentError, NumericalError, ParameterError, StateError
from cnsproject.executors.eager import executor as eager
from cnsproject.network.base import Stepped
from cnsproject.network.clock import Ready
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.synapse_lists import SynapseLists

if TYPE_CHECKING:
    from cnsproject.network.connection import AbstractConnection

_SIDES = "pre", "post", "synapse"
REMEMBERED = 64  # steps of post that an update may be behind


class Learner(Stepped):
    """Follows the steps of a connection's post neurons: in each, spikes arrive first, then the neurons fire.

    Traces of sources are kept for every delay, since a source's spike is there for a synapse when it has arrived.
    """

    fixed = frozenset({"shape", "connection", "rule"})
    _passing = frozenset({"_lists", "_constants"})
    connection: AbstractConnection
    rule: LearningRule

    norm: float | None = None
    dendritic: float = 0.0

    def __init__(
        self,
        connection: AbstractConnection,
        rule: LearningRule,
        weight_decay: float,
        norm: float | None,
        dendritic: float,
    ) -> None:
        super().__init__((1,), dt=None, dtype=connection._dtype, name=None, rng=None)
        self.__dict__["connection"], self.__dict__["rule"] = connection, rule
        self.plasticity = rule.plasticity
        self._sums: dict[str, Tensor] = {}  # of the changes of weights that synapses share, within a step
        self._arriving: list[tuple[int, int, Tensor]] = []  # step of post, number of the delay, spikes
        for name in self.states:
            self.register_buffer(name, torch.zeros(0, dtype=self._dtype))
        self.set_parameters(rule.parameters(), self.plasticity.parameters)
        self.weight_decay = number(f"{connection.label}.weight_decay", weight_decay)
        if not 0 <= self.weight_decay < 1:
            raise ParameterError(
                f"{connection.label}.weight_decay", got=f"{weight_decay:g}", expected="a share from 0 to below 1",
                fix="give a small number",
            )  # fmt: skip
        self.norm = None if norm is None else positive(f"{connection.label}.norm", norm)
        self.dendritic = number(f"{connection.label}.dendritic", dendritic, "ms")
        if self.dendritic < 0:
            raise ParameterError(
                f"{connection.label}.dendritic", got=f"{dendritic:g} ms", expected="a delay >= 0 ms", fix="use 0"
            )
        self.remember()

    @property
    def label(self) -> str:
        """How errors call the rule."""
        return f"{type(self.rule).__name__} of {self.connection.label}"

    @property
    def _kind(self) -> str:
        return type(self.rule).__name__

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the traces: of the sources (n, delays), of the targets (n,), and of every synapse, flat."""
        return tuple(self.plasticity.states)

    def _of(self, side: str) -> tuple[str, ...]:
        return tuple(self.plasticity.trace(side).states)

    @property
    def lag(self) -> int:
        """How many steps late the spikes of the target are looked at.

        With a delay d of which dd is dendritic, synapses see a spike of the source after d - dd and one of the target
        after dd. All of it is done dd later: when the spike of the source arrives at the soma.
        """
        dt, delays = self.connection._common_dt(), self.connection._delay_steps
        if not self.dendritic or dt is None or not delays:  # nobody can have missed a spike yet
            return 0
        what, least = f"{self.connection.label}.dendritic", min(delays)
        steps = steps_on_grid(what, self.dendritic, dt)
        if steps > least:
            raise ParameterError(
                what, got=f"{self.dendritic:g} ms", expected=f"part of every delay; the least is {least * dt:g} ms",
                fix="give longer delays, or less of them to the dendrite",
            )  # fmt: skip
        return 2 * steps

    def remember(self) -> None:
        """Have the last spikes of the targets remembered."""
        self.connection.post.keep_spikes(REMEMBERED + self.lag)

    def reset_state_variables(self) -> None:
        """Traces to zero; weights stay."""
        self._clock.steps = 0
        self._arriving.clear()
        for name in self.states:
            self._buffers[name] = torch.zeros(0, dtype=self._dtype)
        self._changed()

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *args: Any) -> None:
        """Traces have their shape from the first step on."""
        for name in self.states:
            if prefix + name in state_dict:
                self._buffers[name] = torch.zeros_like(state_dict[prefix + name])
        super()._load_from_state_dict(state_dict, prefix, *args)

    def arrive(self, step: int, due: list[tuple[int, Tensor]]) -> None:
        """Spikes that are delivered for a step of post, counted from where the connection counts."""
        self._arriving += [(step, delay, spikes) for delay, spikes in due]

    def before_step(self) -> tuple[Any, ...]:
        """All that a step changes before the weights learn, for `undo`."""
        return (list(self._arriving),)

    def undo(self, before: tuple[Any, ...]) -> None:
        """Back to where `before_step` was called."""
        (self._arriving,) = before

    def lists(self) -> SynapseLists:
        """Which synapses there are."""
        found = self.__dict__.get("_lists")
        if found is None:
            found = self.__dict__["_lists"] = self.connection.synapse_lists()
        return cast(SynapseLists, found)

    @torch.no_grad()
    def follow(self, *, learning: bool = True, dopamine: float | None = None) -> None:
        """Change the weights for all steps that post has made since the last call; without learning traces only.

        dopamine  in these steps, for a rule that reads it
        """
        if self.plasticity.modulators and dopamine is None and learning:
            raise ArgumentError(
                f"{self.connection.label}.update(dopamine)", got="None", expected=f"a number, which {self._kind} reads",
                fix="write update(dopamine=reward.dopamine), or use Network(reward=cns.Dopamine())",
            )  # fmt: skip
        post = self.connection.post
        made = post.steps - self.connection._post_origin
        behind, lag, history = made - self.steps, self.lag, post._clock.history
        if behind + min(lag, made - behind) > len(history):
            raise StateError(
                f"{self.connection.label}.update()", got=f"{behind} steps of post since the last call",
                expected=f"at most {len(history) - lag}, whose spikes are kept",
                fix="call update() once per step, or reset_state_variables() of the connection when starting over",
            )  # fmt: skip
        if self.connection.pre._batch is not None or post._batch is not None:
            raise StateError(
                f"{self.connection.label}.update()", got="a batch", expected="populations without one: there is one w",
                fix="train with one input after the other",
            )  # fmt: skip
        for step in range(-behind, 0):
            arriving = [(delay, spikes) for at, delay, spikes in self._arriving if at == made + step]
            fired = history[step - lag] if made + step >= lag else None
            self._take(arriving, fired, learning=learning)
            if learning and self.plasticity.each.assigned:
                self._change_all(dopamine or 0.0)
            self._arriving = [entry for entry in self._arriving if entry[0] > made + step]
            self._clock.steps += 1

    def _take(self, arriving: list[tuple[int, Tensor]], fired: Tensor | None, *, learning: bool) -> None:
        """One step."""
        lists = self.lists()
        self._decay(lists)
        if learning and self.weight_decay:
            weight = self.connection.weight
            weight -= self.weight_decay * weight
        for delay, spikes in arriving:
            neurons = spikes.reshape(-1).nonzero().reshape(-1)
            if learning:
                self._change("pre", lists.leaving(neurons, delay))
            self._bump("pre", (neurons, delay))
        self._settle()
        if fired is not None:
            neurons = fired.reshape(-1).nonzero().reshape(-1)
            if learning:
                self._change("post", lists.ending(neurons))
            self._bump("post", (neurons,))
            self._settle()

    def _decay(self, lists: SynapseLists) -> None:
        """Traces a step later, before any spike of it."""
        self._make_traces(lists)
        if not self.steps % FADING:
            self._fade()
        for side in (side for side in _SIDES if self._of(side)):
            ready = self._traces_of(side)
            names = self._of(side)
            new = ready.step(ready.constants, lambda x: x, None, None, *(self._buffers[name] for name in names))[0]
            for name, value in zip(names, new, strict=True):
                self._buffers[name] = value

    def _make_traces(self, lists: SynapseLists) -> None:
        """Traces that have no shape yet start at 0."""
        connection = self.connection
        shapes = (connection.pre.n, lists.delays), (connection.post.n,), (connection.weight.numel(),)
        for side, shape in zip(_SIDES, shapes, strict=True):
            for name in self._of(side):
                if self._buffers[name].shape != shape:  # type: ignore[union-attr]
                    self._buffers[name] = torch.zeros(shape, dtype=self._dtype)

    def _traces_of(self, side: str) -> Ready:
        ready = self._ready.get(side)
        if ready is None:
            self._dt = self.connection._common_dt()
            ready = self._prepare(side, self.trace_step(side), {})
        return ready

    # What a native run asks

    def trace_step(self, side: str) -> Step:
        """What a step of the traces of one side is made of."""
        return Step(self.plasticity.trace(side), "exponential euler")

    @property
    def is_current(self) -> bool:
        """Whether all steps of post have been followed, and nothing has arrived for the next one."""
        return self.steps == self.connection.post.steps - self.connection._post_origin and not self._arriving

    def was_advanced(self, steps: int) -> None:
        """Take over that a network has made so many steps."""
        self._clock.steps += steps
        self._look(self.connection.weight)

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Traces by name, flat, as copies; and the lists of synapses by source."""
        lists = self.lists()
        self._make_traces(lists)
        found = {name: self._buffers[name].numpy().reshape(-1).copy() for name in self.states}  # type: ignore[union-attr]
        numbers = self.connection.numbers
        found |= {} if numbers is None else {"numbers": numbers.numpy()}
        return found | {"firsts": lists.firsts, "targets": lists.targets}

    def by_target(self) -> dict[str, np.ndarray[Any, Any]]:
        """The list of synapses by target, made when it is first asked for."""
        return self.lists().by_target

    def numbers(self) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
        """The constants of every event and of the traces of both sides."""
        rule, found = self.plasticity, {}
        for side in (side for side in _SIDES if self._of(side)):
            ready = self._traces_of(side)
            found[f"trace {side}"] = {n: c.numpy() for n, c in zip(ready.names, ready.constants, strict=True)}
        events = {f"weight {side}": rule.weight_event(side) for side in _SIDES[:2]}
        events |= {f"bump {side}": rule.trace_event(side) for side in _SIDES[:2]} | {"each": rule.each}
        for name, event in events.items():
            uses, values = eager.printed(event).USES, self._constants_of(event)
            found[name] = {n: c.numpy() for n, c in zip(uses, values, strict=True)}
        return found

    # Events

    def _kept(self) -> dict[str, Tensor]:
        """What every synapse, or every weight that they share, has: `w`, and states of its own."""
        own = {name: self._buffers[name] for name in self._of("synapse")}
        return {"w": self.connection.weight.view(-1)} | cast(dict[str, Tensor], own)

    def _change(self, side: str, synapses: Tensor) -> None:
        """What spikes of one side do to the weights of their synapses."""
        if not len(synapses):
            return
        lists, known = self.lists(), self._kept()
        place, target = lists.places[synapses], lists.ends[synapses]
        traces = {name: self._buffers[name].view(-1)[place] for name in self._of("pre")}  # type: ignore[union-attr]
        traces |= {name: self._buffers[name][target] for name in self._of("post")}  # type: ignore[index]
        event, numbers = self.plasticity.weight_event(side), self.connection.numbers
        which = synapses if numbers is None else numbers[synapses].long()
        old = {name: values[which] for name, values in known.items()}
        new = self._run(event, old, traces)
        self._look(new["w"])
        for name, values in known.items():
            if numbers is None:
                values[which] = new[name]
            else:
                total = self._sums.setdefault(name, torch.zeros(len(values), dtype=torch.float64))
                total.index_add_(0, which, new[name].double() - old[name].double())

    def _settle(self) -> None:
        """Change weights that synapses share, and what they keep, by what all of these ask for together."""
        if not self._sums:
            return
        for name, values in self._kept().items():
            total = self._sums[name].add_(values)
            if name == "w" and self.rule.limits is not None:
                total.clamp_(*self.rule.limits)
            elif name == "w":
                self._look(total)
            values.copy_(total)
        self._sums.clear()

    def _change_all(self, dopamine: float) -> None:
        """What a step does to all synapses."""
        known = self._kept()
        new = self._run(self.plasticity.each, known, {"dopamine": torch.tensor(dopamine, dtype=self._dtype)})
        self._look(new["w"])
        for name, values in known.items():
            values.copy_(new[name])

    def _look(self, weights: Tensor) -> None:
        if not self.rule.bounded and not torch.isfinite(weights).all():
            self._refuse_infinite()

    def _refuse_infinite(self) -> NoReturn:
        raise NumericalError(
            f"{self.label}, step {self.steps}", got="a weight that is not finite", expected="finite weights",
            fix="use smaller amplitudes, or bounds",
        )  # fmt: skip

    def _bump(self, side: str, place: tuple[Any, ...]) -> None:
        """What spikes of one side do to their own traces."""
        own = {name: self._buffers[name][place] for name in self._of(side)}  # type: ignore[index]
        for name, value in self._run(self.plasticity.trace_event(side), own, {}).items():
            self._buffers[name][place] = value  # type: ignore[index]

    def _run(self, event: Event, states: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Carry out the assignments of an event."""
        code, given = eager.printed(event), [inputs[name] for name in event.inputs]
        new = code.step(self._constants_of(event), None, None, None, *given, *states.values())[0]
        return {name: value.expand_as(old) for (name, old), value in zip(states.items(), new, strict=True)}

    def _constants_of(self, event: Event) -> tuple[Tensor, ...]:
        known: dict[str, tuple[Tensor, ...]] = self.__dict__.setdefault("_constants", {})
        if event.text not in known:
            values = {**self._values, "dt": float(self._dt or 0.0)}
            known[event.text] = eager.constants(eager.printed(event), values, self._dtype, self.device)
        return known[event.text]

    def _changed(self) -> None:
        self.__dict__.pop("_constants", None)
        super()._changed()

    def _prepared(self) -> Any:
        raise AssertionError("a learner has no step of its own")
