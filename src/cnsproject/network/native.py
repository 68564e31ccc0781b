"""A native run: from our objects to arrays, through the steps, and back."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.network.base import Stepped
from cnsproject.network.competing import Competing
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.inputs import Input
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.events import Starts
from cnsproject.network.monitors.streaming import all_of
from cnsproject.network.normals import Noise
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.rewarding import Rewards
from cnsproject.network.sources import PoissonPopulation, SpikeSource
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.terminals import Terminals
from cnsproject.network.views import PopulationView
from cnsproject.plan import Deliver, Learn, Plan, Record, Synapses

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Draw
    from cnsproject.executors.cpu.rules import Learning

_FIRST_CHUNK = 256  # steps before the first look at progress and Ctrl-C, more where they are short:
_FIRST_NEURONS = 2**18  # neurons times steps
CHUNK_SECONDS = 0.1  # usually, between looks
_SAVE_SHARE = 50  # times as long as it takes to know what there is, this is not done again
_STREAM_NUMBERS = 2**18  # of an input that are computed at a time
_RECORD_BYTES = 2**24  # room for what is recorded between two looks
_RECORD_SPIKES = 2**19  # spikes that are recorded between two looks, about


class NativeRun:
    """One call of `Network.run` on the native executor. The objects are not touched before `steps` hands back.

    seconds  after about how many `steps` yields
    """

    def __init__(
        self,
        plan: Plan,
        layers: Mapping[str, NeuralPopulation],
        connections: Mapping[str, Synaptic],
        monitors: Mapping[str, Monitor],
        inputs: Mapping[str, Input],
        rewards: Rewards | None,
        steps: tuple[int, int],
        threads: int,
        seconds: float | None = None,
    ) -> None:
        # The executor is imported when it is chosen.
        from cnsproject.executors.cpu.executor import Given, Program

        self.layers, self.connections, self.monitors = layers, connections, monitors
        self.terminals = {name: c._terminals for name, c in connections.items() if c._terminals}
        self.streams: list[
            tuple[np.ndarray[Any, Any], Input | Noise | Rewards, int]
        ] = []  # room, source, what to add to a step
        deliveries = [operation for operation in plan.operations if isinstance(operation, Deliver)]
        self.late = {operation.owner: operation.late for operation in deliveries}
        self.membranes = {o.owner: o.membrane for o in plan.operations if isinstance(o, Synapses)}
        self.records = [operation for operation in plan.operations if isinstance(operation, Record)]
        self.learners = {
            name: c.learner for name, c in connections.items() if isinstance(c, AbstractConnection) and c.learner
        }
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        for name, layer in layers.items():
            self._take(name, layer)
            self.arrays[f"{name}.s"] = _flat(layer._buffers["s"])
            self.arrays[f"{name}.external"] = self._external(inputs[name])
            for noise, stream in zip(layer.dynamics.noises if layer.dynamics else (), layer.noise(), strict=True):
                self.arrays[f"{name}.{noise}"] = self._stream(stream, layer.n, plan.dtype, layer.steps - steps[0])
        for name, connection in connections.items():
            self._take(name, connection)
            weight = connection.weight.detach().numpy()
            self.arrays[f"{name}.w"] = np.ascontiguousarray(weight).reshape(-1) if weight.ndim else weight.copy()
            self.arrays |= {f"{name}.{part}": array for part, array in connection.wiring(threads).items()}
        for name, terminals in self.terminals.items():
            self._take(name, terminals)
        self._make_outputs(plan)
        self.first, self.last = steps
        self.seconds = CHUNK_SECONDS if seconds is None else min(CHUNK_SECONDS, seconds)
        self.rewards = rewards
        if rewards:
            rows = 1 if rewards.asks else min(self.last - self.first, _STREAM_NUMBERS)
            self.arrays["reward.dopamine"] = np.zeros((rows, 1), plan.dtype)
            self.streams.append((self.arrays["reward.dopamine"], rewards, 0))
        self.begins: dict[str, int] = {}
        self.rows = min([self._make_room(plan, self.last - self.first), *(len(rows) for rows, *_ in self.streams)])
        sources = {d.owner: d.spikes.removesuffix(".s") for d in deliveries}
        lags = dict.fromkeys(layers, 0)
        for d in deliveries:
            lags[sources[d.owner]] = max(lags[sources[d.owner]], *d.lags, 0)
        for learn in (operation for operation in plan.operations if isinstance(operation, Learn)):
            layer_name = learn.fired.removesuffix(".s")
            lags[layer_name] = max(lags[layer_name], learn.lag)
        behind = int(bool(self.terminals))  # what is released may be a step behind
        spikes = {name: _recent(layer, lags[name] + behind) for name, layer in layers.items()}
        objects = [*layers.items(), *connections.items()]
        objects += [(f"{name}.release", terminals) for name, terminals in self.terminals.items()]
        given = Given(
            arrays=self.arrays,
            constants={name: _apart(obj.constants()) for name, obj in objects} | _after_decisions(layers),
            signs={n: _flat(c.signs) for n, c in connections.items() if c.signs is not None},
            spikes=spikes,
            releases={
                f"{name}.release": _released(terminals, self.late[name], spikes[sources[name]])
                for name, terminals in self.terminals.items()
            },
            draws=self._draws(),
            since={name: obj.steps - self.first for name, obj in objects},
            learning=self._learning(),
            recorded={r.target: self._made_before(r.owner) for r in self.records},
            begins=self.begins,
            kept={name: max(lag, layers[name]._clock.history.maxlen or 0) + behind for name, lag in lags.items()},
        )
        self.program = Program(plan, given, self.last - self.first, threads)

    def steps(self) -> Iterator[int]:
        """Run all steps in chunks; yields how far it got after each.

        Stops before a step in which a state is not finite. However it ends, the objects are then at the end of a step.
        """
        first, last = self.first, self.last
        neurons = sum(layer.n for layer in self.layers.values())
        back = first  # up to where the objects know what happened
        done, chunk = first, max(_FIRST_CHUNK, _FIRST_NEURONS // neurons)
        self._taken = {name: self._made_before(name) for name in self.monitors}
        self._saved, self._due = self.program.begin(first), 0.0
        try:
            while done < last:
                until = min(done + min(chunk, self.rows, self.program.chunk), last)
                self._save(done)
                self._fill_streams(done, until)
                start = time.perf_counter()
                reached = self.program.run(done, until)
                if reached < until:
                    self._repeat(done, reached)
                taken = time.perf_counter() - start
                begun, done = done, reached
                self._handed = 0
                self._hand_recordings(begun, done)
                if self.rewards and self.rewards.asks:
                    self._hand_back(done - back, done)
                    back = done
                yield done
                if reached < until:
                    return
                share = min(self.seconds / max(taken, 1e-9), _RECORD_SPIKES / max(self._handed, 1))
                chunk = max(1, min(4 * chunk, int((done - begun) * share)))
        finally:
            try:
                self._hand_back(done - back, done)
            finally:
                self.program.close()

    def _save(self, step: int) -> None:
        """Know what there is before a step, if this is worth its time: it is needed where a state is not finite.

        Rewards can go back to the last piece only.
        """
        now = time.perf_counter()
        if step > self._saved.step and (now > self._due or self.rewards):
            self._saved = self.program.state(step)
            self._due = now + _SAVE_SHARE * (time.perf_counter() - now)

    def _repeat(self, begun: int, reached: int) -> None:
        """Make the steps up to `reached` once more, from what is known; those since `begun` are still to be handed."""
        self.program.restore(self._saved)
        done, longest = self._saved.step, min(self.rows, self.program.chunk)
        while done < begun:
            until = min(done + longest, begun)
            self._fill_streams(done, until)
            self.program.run(done, until)
            done = until
        if self.rewards:
            self.rewards.back_to(reached)
        else:
            self._fill_streams(begun, reached)
        self.program.run(begun, reached)

    def _made_before(self, monitor: str) -> int:
        """Steps that what is recorded had made before step 0 of the run."""
        return self.monitors[monitor].steps_made - self.first

    def _take(self, name: str, obj: Stepped) -> None:
        choice = obj.choice if isinstance(obj, Synaptic) else ()
        self.arrays |= {f"{name}.{state}": _flat(obj._buffers[state]) for state in (*obj.states, *choice)}

    def _external(self, given: Input) -> np.ndarray[Any, Any]:
        """The rows of an input; those that are computed as the run goes on have room for some steps."""
        if not given.streams:
            return given.rows.numpy()
        return self._stream(given, given.rows.shape[1], given.rows.numpy().dtype, 0)

    def _stream(self, source: Input | Noise, width: int, dtype: npt.DTypeLike, offset: int) -> np.ndarray[Any, Any]:
        rows = np.empty((max(1, _STREAM_NUMBERS // width), width), dtype)
        self.streams.append((rows, source, offset))
        return rows

    def _fill_streams(self, first: int, last: int) -> None:
        for rows, source, offset in self.streams:
            rows[np.arange(first, last) % len(rows)] = source.block(offset + first, last - first).numpy()

    def _draws(self) -> dict[str, Draw]:
        """What is drawn, or given by its times, in every step."""
        from cnsproject.executors.cpu.executor import Draw

        draws = {}
        for name, obj in (*self.layers.items(), *self.connections.items()):
            if isinstance(obj, PoissonDrive):
                laws = ((first, last, law.least, law.thresholds) for first, last, law in obj.tables())
                draws[name] = Draw(obj.key, tables=tuple(laws))
            elif isinstance(obj, PoissonPopulation):
                draws[name] = Draw(obj._key, seconds=obj.seconds)
            elif isinstance(obj, SpikeSource):
                draws[name] = Draw(obj._key, events=obj.events())
        return draws

    def _learning(self) -> dict[str, Learning]:
        """What changes weights; their traces are arrays like other states."""
        from cnsproject.executors.cpu.rules import Learning

        found = {}
        for name, learner in self.learners.items():
            arrays = learner.arrays()
            self.arrays |= {f"{name}.learner.{trace}": arrays[trace] for trace in learner.states}
            found[name] = Learning(arrays, learner.numbers(), learner.steps - self.first, learner.by_target)
        return found

    def _make_outputs(self, plan: Plan) -> None:
        """Arrays for what connections deliver where it is none of their states."""
        sizes = {buffer.name: buffer.size for buffer in plan.buffers}
        for name, connection in self.connections.items():
            output = f"{name}.{connection.dynamics.output}"
            self.arrays.setdefault(output, np.zeros(sizes[output], plan.dtype))

    def _make_room(self, plan: Plan, steps: int) -> int:
        """Arrays for recordings: those of the monitors, or room for some steps; returns for how many."""
        buffers = {buffer.name: buffer for buffer in plan.buffers}
        passing = [(buffers[r.target], r.every[0]) for r in self.records if not self._is_in_place(r)]
        width = sum(buffer.size * np.dtype(buffer.dtype).itemsize / every for buffer, every in passing)
        taken = max(1, min(steps, int(_RECORD_BYTES / max(1.0, width))))
        for buffer, every in passing:
            rows = -(-taken // every)
            self.arrays[buffer.name] = np.empty((rows, buffer.size), buffer.dtype)
        for record in self.records:
            if record.indices:
                view = self.monitors[record.owner].obj
                self.arrays[record.indices] = view.indices
        return taken if passing else 2**40

    def _is_in_place(self, record: Record) -> bool:
        """Whether there is nothing to make room for: of spikes, and where the monitor has room for the whole run."""
        variable = record.source.rpartition(".")[2]
        if variable == "s":
            return True
        monitor, since = self.monitors[record.owner], self._made_before(record.owner)
        begin, end = monitor.span().due(self.first + since, self.last + since)
        room = monitor.room_of(variable, end - begin)
        if room is None:
            return False
        self.arrays[record.target], self.begins[record.target] = room, begin
        return True

    def _hand_recordings(self, first: int, last: int) -> None:
        if not self.monitors or last == first:
            return
        self._listed: dict[tuple[str, int, int], tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
        all_of(partial(self._hand_recording, name, first, last) for name in self.monitors)

    def _hand_recording(self, name: str, first: int, last: int) -> None:
        """The steps first ... last-1 of one monitor."""
        monitor, since = self.monitors[name], self._taken[name]
        blocks: dict[str, Tensor | None] = {}
        spikes, span = None, monitor.span()
        rows = span.due(first + since, last + since)
        begin, end = span.within(first + since, last + since)
        for record in self.records:
            owner, _, variable = record.source.rpartition(".")
            if record.owner != name:
                continue
            if variable == "s":
                if end > begin:
                    spikes = self._events(owner, monitor.obj, begin - since, end - since, first)
            elif record.target in self.begins:
                blocks[variable] = None
            elif rows[1] > rows[0]:
                blocks[variable] = torch.from_numpy(_ring(self.arrays[record.target], *rows))
        monitor.extend(last - first, blocks, spikes, first + since)

    def _events(
        self, layer: str, obj: Any, first: int, last: int, origin: int
    ) -> tuple[np.ndarray[Any, Any] | Starts, np.ndarray[Any, Any]]:
        """Step, counted from `origin`, and neuron of the spikes of a layer or a part of it."""
        log = self.program.logs[layer]
        if len(log.lists) == 1 and not isinstance(obj, PopulationView):
            asked = layer, first, last  # by several monitors, which all keep the same arrays
            if asked not in self._listed:
                self._listed[asked] = log.starts_between(first, last)
                self._handed += len(self._listed[asked][1])
            places, neuron = self._listed[asked]
            return Starts(first - origin, places), neuron
        step, neuron = log.between(first, last, origin=origin)
        if isinstance(obj, PopulationView):
            place = np.searchsorted(obj.indices, neuron)
            inside = obj.indices[np.minimum(place, obj.n - 1)] == neuron
            step, neuron = step[inside], place[inside]
        self._handed += len(step)
        return step, neuron

    def _hand_back(self, made: int, last: int) -> None:
        """The states after `made` steps, the last of which was step last-1, as new tensors of our objects."""
        if not made:
            return
        self.program.settle(last)
        for name, layer in self.layers.items():
            self._give(name, layer)
            recent = self._made(name, layer, last - made, last)
            layer._clock.history.extend(recent)
            layer._buffers["s"] = torch.zeros(layer.shape, dtype=torch.bool) if recent[-1] is None else recent[-1]
            layer._clock.silent = recent[-1] is None
            layer._clock.steps += made
        for name, connection in self.connections.items():
            self._give(name, connection)
            felt = self.program.felt.get(self.membranes[name])
            before = None if felt is None else torch.from_numpy(felt.copy()).reshape(connection.shape)
            connection.was_advanced(made, self.late.get(name, False), before)
        for name, learner in self.learners.items():
            for trace in learner.states:
                old = learner._buffers[trace]
                learner._buffers[trace] = torch.from_numpy(self.arrays[f"{name}.learner.{trace}"].copy()).view_as(old)  # type: ignore[arg-type]
        names = {id(layer): name for name, layer in self.layers.items()}
        for name, terminals in self.terminals.items():
            self._give(name, terminals)
            end = last - int(self.late[name])  # what the spikes of a later step release is still to be decided
            recent = self._made(names[id(terminals.pre)], terminals, end - made, end, f"{name}.release")
            terminals.releases.extend(recent)
            if recent[-1] is not None:  # one tensor, so that a write into the state reaches what is on its way
                terminals._buffers["release"] = recent[-1]
            terminals._clock.steps += made

    def _made(self, layer: str, obj: Stepped, first: int, last: int, beside: str = "") -> list[Tensor | None]:
        """The spikes of a layer in some steps, as far as `obj` remembers them and at least those of the last one.

        beside  name of numbers that take the place of the spikes
        """
        log = self.program.logs[layer]
        since = min(max(first, last - (obj._clock.history.maxlen or 0)), last - 1)
        step, neuron = log.between(since, last)
        values = log.between(since, last, beside)[1] if beside else np.ones(len(neuron), bool)
        rows = np.zeros((last - since, math.prod(obj.shape)), values.dtype)
        rows[step - since, neuron] = values
        fired = np.bincount(step - since, minlength=len(rows)) > 0
        pairs = zip(rows.reshape(-1, *obj.shape), fired.tolist(), strict=True)
        return [torch.from_numpy(row.copy()) if some else None for row, some in pairs]  # each with memory of its own

    def _give(self, name: str, obj: Stepped) -> None:
        for state in (*obj.states, *(obj.choice if isinstance(obj, Synaptic) else ())):
            old = obj._buffers[state]
            assert old is not None
            obj._buffers[state] = torch.from_numpy(self.arrays[f"{name}.{state}"].copy()).reshape(old.shape)


def _ring(rows: np.ndarray[Any, Any], first: int, last: int) -> np.ndarray[Any, Any]:
    """Rows first ... last-1 of those that are used in turn."""
    a, b = first % len(rows), (last - 1) % len(rows) + 1
    return rows[a:b] if a < b else np.concatenate([rows[a:], rows[:b]])


def _recent(layer: NeuralPopulation, steps: int) -> list[np.ndarray[Any, Any]]:
    """Indices of the neurons that fired in the last steps, oldest first; fewer where the layer knows of fewer."""
    nothing, history = np.empty(0, np.int64), layer._clock.history
    last = islice(history, max(0, len(history) - steps), None)
    return [nothing if old is None else np.flatnonzero(old.detach().numpy()) for old in last]


def _apart(constants: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Copies, which nobody else writes to."""
    return {name: value.copy() for name, value in constants.items()}


def _flat(tensor: Tensor | None) -> np.ndarray[Any, Any]:
    """The values of a tensor as a contiguous array of one dimension that is ours to write to."""
    assert tensor is not None
    return tensor.detach().reshape(-1).numpy().copy()


def _released(terminals: Terminals, late: bool, fired: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """What the last spikes released; nothing where they are not delivered, or nobody knows yet."""
    known = [*[None] * len(fired), *terminals.releases, *[None] * late][len(terminals.releases) + late :]
    zeros = np.zeros(terminals.pre.n, str(terminals.dtype).removeprefix("torch."))
    return [(zeros if r is None else _flat(r))[i] for i, r in zip(fired, known, strict=True)]


def _after_decisions(layers: Mapping[str, NeuralPopulation]) -> dict[str, dict[str, Any]]:
    """Constants of what comes after a decision."""
    return {f"{name}.after": layer.constants_after() for name, layer in layers.items() if isinstance(layer, Competing)}
