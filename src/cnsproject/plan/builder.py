"""`Builder`: objects lower themselves into it, in the order in which they were added."""

from __future__ import annotations

from dataclasses import replace

from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.dynamics.step import Step
from cnsproject.plan.competition import Competition
from cnsproject.plan.operations import (
    ENDLESS,
    Advance,
    Deliver,
    Drive,
    Emit,
    Gather,
    Given,
    Learn,
    Operation,
    Record,
    Release,
    Synapses,
    Weights,
)
from cnsproject.plan.plan import Buffer, Plan


class Builder:
    """Collects layers, connections and recordings, and puts their operations in the order of a step.

    Layers step in the order in which they were added. Right before a layer steps, its connections deliver, in the
    order in which they were added. When all layers have stepped weights learn, and then recordings are taken.
    """

    def __init__(self, dt: float, dtype: str) -> None:
        self.dt, self.dtype = dt, dtype
        self._buffers: dict[str, Buffer] = {}
        self._layers: dict[str, tuple[Step, tuple[str, ...], Given, Competition | None]] = {}
        self._synapses: dict[str, list[Synapses | Release]] = {}  # by post layer
        self._learning: list[Learn] = []
        self._records: list[Record] = []

    def buffer(self, name: str, shape: tuple[int, ...], dtype: str | None = None) -> str:
        """Declare an array; returns its name."""
        self._buffers[name] = Buffer(name, shape, dtype or self.dtype)
        return name

    def layer(
        self,
        name: str,
        shape: tuple[int, ...],
        step: Step,
        states: tuple[str, ...],
        given: Given = "",
        competition: Competition | None = None,
    ) -> None:
        """A population with its states and spikes; `given` says in which form spikes come that it does not make.

        competition  where of those that reach their threshold only some spike; `step` is what comes before
        """
        held = tuple(self.buffer(f"{name}.{state}", shape) for state in states)
        self.buffer(f"{name}.s", shape, "bool")
        self.buffer(f"{name}.external", shape, "bool" if given == "spikes" else None)
        self._layers[name] = step, held, given, competition
        self._synapses[name] = []

    def connection(
        self,
        name: str,
        pre: str,
        post: str,
        step: Step,
        weights: Weights,
        shape: tuple[int, ...],
        delays: tuple[int, ...],
        synapses: int = 0,
        short_term: Step | None = None,
        choice: tuple[str, ...] = (),
        tiles: int = 1,
    ) -> None:
        """A connection between two layers; `shape` is that of its weights, `delays` are in steps.

        short_term  what a step of its short-term plasticity is made of, where it has one
        choice      names of what says which of its sources a target hears, where it is one: see `Deliver`
        tiles       parts of post in which targets are counted
        """
        order = list(self._layers)
        late = order.index(post) <= order.index(pre)
        if weights in ("uniform", "synapses", "scaled", "kernel"):
            rows = self._buffers[f"{pre}.s"].size * max(1, len(delays)) * tiles
            self.buffer(f"{name}.pointers", (rows + 1,), "int64")
            self.buffer(f"{name}.targets", (synapses,), "uint16")
        if weights == "kernel":
            self.buffer(f"{name}.numbers", (synapses,), "int32")
        release = self._release(name, pre, post, short_term, late) if short_term else ""
        common = self._synaptic(name, post, step, shape, "int16" if weights == "scaled" else "")
        chosen = tuple(
            self.buffer(f"{name}.{part}", self._buffers[f"{side}.s"].shape, "int64")
            for part, side in zip(choice, (post, pre), strict=False)
        )
        deliver = Deliver(name, step, *common, f"{pre}.s", delays, late, weights, release, chosen)
        self._synapses[post].append(deliver)

    def _release(self, name: str, pre: str, post: str, step: Step, late: bool) -> str:
        """Advance the short-term plasticity of a connection before it delivers; the name of what is released."""
        assert step.trace is not None
        size, release = self._buffers[f"{pre}.s"].shape, f"{name}.release"
        states = tuple(self.buffer(f"{name}.{state}", size) for state in step.trace.states)
        self._synapses[post].append(Release(name, step, states, release, f"{pre}.s", late))
        return release

    def learning(
        self,
        name: str,
        pre: str,
        post: str,
        plasticity: Plasticity,
        weight_decay: float,
        limits: tuple[float, float] | None = None,
        lag: int = 0,
    ) -> None:
        """How the weights of a connection that was declared before change; within `limits` where they are shared.

        lag  how many steps late the spikes of post are looked at
        """
        deliver = next(s for s in self._synapses[post] if isinstance(s, Deliver) and s.owner == name)
        size, groups = self._buffers[f"{pre}.s"].size, max(1, len(deliver.delays))
        sides = {"pre": (size, groups), "post": self._buffers[f"{post}.s"].shape}
        sides["synapse"] = (self._buffers[deliver.weight].size,)
        pre_traces, post_traces, kept = (
            tuple(self.buffer(f"{name}.learner.{trace}", shape) for trace in plasticity.trace(side).states)
            for side, shape in sides.items()
        )
        dopamine = self.buffer("reward.dopamine", ()) if plasticity.modulators else ""
        numbers = f"{name}.numbers" if deliver.weights == "kernel" else ""
        rule = Learn(
            name, plasticity, deliver.weight, (pre_traces, post_traces, kept), f"{pre}.s", deliver.lags, f"{post}.s",
            weight_decay, dopamine, numbers, limits if numbers else None, lag,
        )  # fmt: skip
        self._learning.append(rule)

    def drive(self, name: str, post: str, step: Step, shape: tuple[int, ...], sources: str) -> None:
        """Poisson processes that drive a layer through synapses, `sources` per neuron, in words."""
        self._synapses[post].append(Drive(name, step, *self._synaptic(name, post, step, shape), sources))

    def _synaptic(
        self, name: str, post: str, step: Step, shape: tuple[int, ...], dtype: str = ""
    ) -> tuple[str, tuple[str, ...], str, str, str]:
        """Weight, states, output, its unit, and the membrane it depends on."""
        dynamics, size = step.dynamics, self._buffers[f"{post}.s"].shape
        assert dynamics is not None
        states = tuple(self.buffer(f"{name}.{state}", size) for state in dynamics.states)
        output = f"{name}.{dynamics.output}"
        if output not in states:
            self.buffer(output, size)
        membrane = self._layers[post][0].dynamics.membrane if dynamics.inputs else ""  # type: ignore[union-attr]
        weight = self.buffer(f"{name}.w", shape, dtype or self.dtype)
        return weight, states, output, dynamics.output_unit, f"{post}.{membrane}" if membrane else ""

    def record(
        self,
        monitor: str,
        source: str,
        indices: tuple[int, ...] | None = None,
        between: tuple[int, int] = (-1, ENDLESS),
        every: tuple[int, int] = (1, 0),
    ) -> None:
        """Record a buffer, or a part of it that has the shape `indices`; which steps `Record` says."""
        buffer = self._buffers[source]
        target = self.buffer(f"{monitor}[{source}]", buffer.shape if indices is None else indices, buffer.dtype)
        part = "" if indices is None else self.buffer(f"{target}.indices", indices, "int64")
        self._records.append(Record(monitor, source, target, part, between, every))

    def knows(self, name: str) -> bool:
        """Whether a buffer of this name was declared."""
        return name in self._buffers

    def plan(self) -> Plan:
        """The finished order of a step."""
        operations: list[Operation] = []
        for name, (step, states, given, competition) in self._layers.items():
            operations += self._synapses[name]
            spikes, external = f"{name}.s", f"{name}.external"
            if step.dynamics is None:
                operations.append(Emit(name, spikes, external, given))
                operations += [Advance(name, step, (), states, spikes)] if states else []
                continue
            shape = self._buffers[spikes].shape
            synapses = [s for s in self._synapses[name] if isinstance(s, Synapses)]
            delivered = {unit: tuple(s.output for s in synapses if s.unit == unit) for unit in ("nA", "mV")}
            inputs = [self.buffer(f"{name}.input", shape)]
            operations.append(Gather(name, inputs[0], external, delivered["nA"]))
            if delivered["mV"]:
                inputs.append(self.buffer(f"{name}.jump", shape))
                operations.append(Gather(name, inputs[1], "", delivered["mV"]))
            inputs += [self.buffer(f"{name}.{noise}", shape) for noise in step.dynamics.noises]
            jumped = replace(step, jump=bool(delivered["mV"]))
            operations.append(Advance(name, jumped, tuple(inputs), states, spikes, competition))
        return Plan(self.dt, self.dtype, tuple(self._buffers.values()), (*operations, *self._learning, *self._records))
