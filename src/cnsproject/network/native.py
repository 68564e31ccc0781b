"""A native run: from our objects to arrays, through the steps, and back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.network.connection import AbstractConnection
from cnsproject.network.inputs import Input
from cnsproject.network.monitors import Monitor
from cnsproject.network.population import NeuralPopulation
from cnsproject.plan import Deliver, Plan, Record

_FIRST_CHUNK = 256  # steps before the first look at progress and Ctrl-C
_CHUNK_SECONDS = 0.1
_RECORD_BYTES = 2**24  # room for what is recorded between two looks


class NativeRun:
    """One call of `Network.run` on the native executor. The objects are not touched before `steps` hands back."""

    def __init__(
        self,
        plan: Plan,
        layers: Mapping[str, NeuralPopulation],
        connections: Mapping[str, AbstractConnection],
        monitors: Mapping[str, Monitor],
        inputs: Mapping[str, Input],
        steps: int,
    ) -> None:
        # The executor is imported when it is chosen.
        from cnsproject.executors.cpu.executor import Program

        self.layers, self.connections, self.monitors = layers, connections, monitors
        self.late = {operation.owner: operation.late for operation in plan.operations if isinstance(operation, Deliver)}
        self.records = [operation for operation in plan.operations if isinstance(operation, Record)]
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self.spikes: dict[str, Any] = {}
        for name, layer in layers.items():
            self._take_layer(name, layer, inputs[name], plan.dtype)
        for name, connection in connections.items():
            self.arrays[f"{name}.current"] = _flat(connection._buffers["current"])
            weight = connection.weight.detach().numpy()
            self.arrays[f"{name}.w"] = np.ascontiguousarray(weight).reshape(-1) if weight.ndim else weight.copy()
            self.arrays |= {f"{name}.{part}": array for part, array in connection.wiring().items()}
        self.rows = self._make_room(plan, steps)
        signs = {n: _flat(c.signs) for n, c in connections.items() if c.signs is not None}
        constants = {name: obj.constants() for name, obj in (*layers.items(), *connections.items())}
        self.program = Program(plan, self.arrays, constants, signs, self.spikes)

    def steps(self, first: int, last: int) -> Iterator[int]:
        """Run steps first ... last-1 in chunks; yields how far it got after each.

        Stops before a step in which a state is not finite. However it ends, the objects are then at the end of a step.
        """
        done, chunk = first, _FIRST_CHUNK
        try:
            while done < last:
                until = min(done + min(chunk, self.rows), last)
                before = self.program.state()
                start = time.perf_counter()
                reached = self.program.run(done, until)
                if reached < until:
                    self.program.restore(before)
                    self.program.run(done, reached)
                taken = time.perf_counter() - start
                self._hand_recordings(done, reached)
                made, done = reached - done, reached
                yield done
                if reached < until:
                    return
                chunk = max(1, min(4 * chunk, int(made * _CHUNK_SECONDS / max(taken, 1e-9))))
        finally:
            self._hand_back(done - first, done)

    def _take_layer(self, name: str, layer: NeuralPopulation, given: Input, dtype: str) -> None:
        from cnsproject.executors.cpu.executor import Spikes, padded_flags

        self.arrays |= {f"{name}.{state}": _flat(layer._buffers[state]) for state in layer.states}
        self.arrays[f"{name}.s"] = padded_flags(_flat(layer._buffers["s"]))
        self.arrays[f"{name}.input"] = np.zeros(layer.n, dtype)
        self.arrays[f"{name}.external"] = given.rows.numpy()
        history = layer._clock.history
        self.spikes[name] = Spikes.empty(layer.n, (history.maxlen or 0) + 1)
        for ago, old in enumerate(reversed(history), start=1):
            self.spikes[name].put(-ago, np.empty(0, np.int64) if old is None else np.flatnonzero(_flat(old)))

    def _make_room(self, plan: Plan, steps: int) -> int:
        """Arrays for the recordings of some steps; returns how many."""
        buffers = {buffer.name: buffer for buffer in plan.buffers}
        sizes = {r.target: int(np.prod(buffers[r.source].shape)) for r in self.records}
        width = sum(size * np.dtype(buffers[name].dtype).itemsize for name, size in sizes.items())
        rows = max(1, min(steps, _RECORD_BYTES // max(1, width)))
        for name, size in sizes.items():
            self.arrays[name] = np.empty((rows, size), buffers[name].dtype)
        return rows if self.records else 2**40

    def _hand_recordings(self, first: int, last: int) -> None:
        if not self.monitors or last == first:
            return
        rows = np.arange(first, last) % self.rows
        for name, monitor in self.monitors.items():
            recorded = {r.source.rpartition(".")[2]: self.arrays[r.target] for r in self.records if r.owner == name}
            blocks = {variable: torch.from_numpy(block[rows]) for variable, block in recorded.items()}
            monitor.extend(last - first, blocks)

    def _hand_back(self, made: int, last: int) -> None:
        """The states after `made` steps, the last of which was step last-1, as new tensors of our objects."""
        if not made:
            return
        for name, layer in self.layers.items():
            for state in layer.states:
                layer._buffers[state] = torch.from_numpy(self.arrays[f"{name}.{state}"].copy()).reshape(layer.shape)
            flags = self.arrays[f"{name}.s"][: layer.n] != 0
            layer._buffers["s"] = torch.from_numpy(flags).reshape(layer.shape)
            history = layer._clock.history
            for step in range(max(last - made, last - (history.maxlen or 0)), last):
                history.append(_spikes(self.spikes[name].get(step), layer))
            layer._clock.steps += made
        for name, connection in self.connections.items():
            current = torch.from_numpy(self.arrays[f"{name}.current"].copy())
            connection._buffers["current"] = current.reshape(connection.shape)
            connection.was_advanced(made, self.late[name])


def _flat(tensor: Tensor | None) -> np.ndarray[Any, Any]:
    """The values of a tensor as a contiguous array of one dimension that is ours to write to."""
    assert tensor is not None
    return tensor.detach().reshape(-1).numpy().copy()


def _spikes(indices: np.ndarray[Any, Any], layer: NeuralPopulation) -> Tensor | None:
    if not len(indices):
        return None
    flags = torch.zeros(layer.n, dtype=torch.bool)
    flags[torch.from_numpy(indices.astype(np.int64))] = True
    return flags.reshape(layer.shape)
