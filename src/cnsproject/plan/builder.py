"""`Builder`: objects lower themselves into it, in the order in which they were added."""

from __future__ import annotations

from cnsproject.dynamics.step import Step
from cnsproject.plan.operations import Advance, Deliver, Gather, Operation, Record, Weights
from cnsproject.plan.plan import Buffer, Plan


class Builder:
    """Collects layers, connections and recordings, and puts their operations in the order of a step.

    Layers step in the order in which they were added. Right before a layer steps, its connections deliver, in the
    order in which they were added. Recordings are taken when all layers have stepped.
    """

    def __init__(self, dt: float, dtype: str) -> None:
        self.dt, self.dtype = dt, dtype
        self._buffers: dict[str, Buffer] = {}
        self._layers: dict[str, Advance] = {}
        self._connections: dict[str, tuple[str, str, Deliver]] = {}
        self._records: list[Record] = []

    def buffer(self, name: str, shape: tuple[int, ...], dtype: str | None = None) -> str:
        """Declare an array; returns its name."""
        self._buffers[name] = Buffer(name, shape, dtype or self.dtype)
        return name

    def layer(self, name: str, shape: tuple[int, ...], step: Step, states: tuple[str, ...]) -> None:
        """A population with its states and spikes."""
        held = tuple(self.buffer(f"{name}.{state}", shape) for state in states)
        spikes = self.buffer(f"{name}.s", shape, "bool")
        # A population whose spikes are given takes them from its external input itself.
        source = f"{name}.input" if step.dynamics else f"{name}.external"
        self._layers[name] = Advance(
            name, step, self.buffer(source, shape, None if step.dynamics else "bool"), held, spikes
        )

    def connection(
        self,
        name: str,
        pre: str,
        post: str,
        step: Step,
        weights: Weights,
        shape: tuple[int, ...],
        delay: int,
        synapses: int = 0,
    ) -> None:
        """A connection between two layers; `shape` is that of its weights, `delay` is in steps."""
        order = list(self._layers)
        late = order.index(post) <= order.index(pre)
        current = self.buffer(f"{name}.current", self._buffers[f"{post}.s"].shape)
        held = self.buffer(f"{name}.w", shape)
        if weights == "synapses":
            self.buffer(f"{name}.pointers", (self._buffers[f"{pre}.s"].size + 1,), "int64")
            self.buffer(f"{name}.targets", (synapses,), "int32")
        self._connections[name] = (
            pre,
            post,
            Deliver(name, step, f"{pre}.s", held, current, delay, late, weights),
        )

    def record(self, monitor: str, source: str) -> None:
        """Record a buffer in every step."""
        target = self.buffer(f"{monitor}[{source}]", self._buffers[source].shape, self._buffers[source].dtype)
        self._records.append(Record(monitor, source, target))

    def knows(self, name: str) -> bool:
        """Whether a buffer of this name was declared."""
        return name in self._buffers

    def plan(self) -> Plan:
        """The finished order of a step."""
        operations: list[Operation] = []
        for name, advance in self._layers.items():
            incoming = [deliver for _, post, deliver in self._connections.values() if post == name]
            operations += incoming
            if advance.step.dynamics:
                external = self.buffer(f"{name}.external", self._buffers[f"{name}.s"].shape)
                operations.append(Gather(name, advance.input, external, tuple(d.current for d in incoming)))
            operations.append(advance)
        return Plan(self.dt, self.dtype, tuple(self._buffers.values()), (*operations, *self._records))
