"""`Program`: a plan as native kernels and the arrays they work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.base import LINE, shares
from cnsproject.executors.cpu.arrivals import way
from cnsproject.executors.cpu.histories import learns_on_arrival
from cnsproject.executors.cpu.learning import in_one_thread
from cnsproject.executors.cpu.rules import Learning
from cnsproject.executors.cpu.spikes import SpikeLog
from cnsproject.executors.cpu.thread import Thread, assemble
from cnsproject.plan import Advance, Deliver, Emit, Gather, Learn, Operation, Plan, Record, Release, Synapses

Array = npt.NDArray[Any]

_PAGE, _APART = 4096, 5 * 64  # bytes: what processors compare of two addresses, and how far ours are apart
_ARENA = 2**16  # bytes that small arrays are taken from
_ROOM = 2**26  # spikes that the lists of all layers have room for
_LONGEST = 2**16  # steps of a chunk


@dataclass
class Group:
    """What belongs to one layer in a step, in this order."""

    releases: list[Release] = field(default_factory=list)
    synapses: list[Synapses] = field(default_factory=list)
    emit: Emit | None = None
    gathers: list[Gather] = field(default_factory=list)
    advance: Advance | None = None

    @property
    def layer(self) -> str:
        """Name of the layer."""
        last = self.advance or self.emit
        assert last is not None
        return last.owner


@dataclass(frozen=True)
class Draw:
    """What a source is made of that makes its own spikes.

    key      of its random words, one per neuron and step
    tables   for neurons from the first one on, to before the last: the least count of a step, and thresholds; the count
             is larger by one for each that is below the word
    seconds  length of a step, where the spikes come with a probability rate * seconds
    events   step and neuron of spikes that are given
    """

    key: tuple[int, int]
    tables: tuple[tuple[int, int, int, Array], ...] = ()
    seconds: float = 0.0
    events: tuple[Array, Array] = (np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class Given:
    """What a program works with.

    arrays     every buffer of the plan as a flat array; states are worked on in place, an external input has one row
               for all steps or one per step, and one number or one per neuron
    constants  owner, what is released, or "layer.after" a decision: name: value, a number (0-d) or one per neuron
    signs      connection: +1 or -1 per source, for those that have inhibitory sources
    spikes     layer: indices of the spikes of its last steps, oldest first
    releases   what is released: a number for each of these spikes
    draws      drive or layer: what it is made of
    kept       layer: for how many steps its spikes must stay known
    since      owner: steps it has made before step 0 of the run
    learning   connection that learns: what its rule works on
    recorded   target of a recording: steps that its object has made before step 0 of the run
    begins     target of a recording: which of its object's rows is the first of the target; 0 where it is not told
    """

    arrays: dict[str, Array]
    constants: Mapping[str, Mapping[str, Array]]
    signs: Mapping[str, Array]
    spikes: Mapping[str, list[Array]]
    releases: Mapping[str, list[Array]]
    draws: Mapping[str, Draw]
    kept: Mapping[str, int]
    since: Mapping[str, int]
    learning: Mapping[str, Learning]
    recorded: Mapping[str, int]
    begins: Mapping[str, int]


@dataclass(frozen=True)
class State:
    """All that there is before a step: the arrays that steps change, the last spikes, and what lies beside them."""

    step: int
    arrays: list[Array]
    spikes: Mapping[str, list[Array]]
    beside: Mapping[str, Mapping[str, list[Array]]]


class Program:
    """A plan whose operations are addresses of native functions, for one or several threads."""

    def __init__(self, plan: Plan, given: Given, steps: int, threads: int = 1) -> None:
        self.plan, self.given, self.arrays = plan, given, given.arrays
        self.groups = list(_groups(plan.operations))
        self.records = [operation for operation in plan.operations if isinstance(operation, Record)]
        self.learns = [operation for operation in plan.operations if isinstance(operation, Learn)]
        self.on_arrival = {
            learn.owner: learn
            for group in self.groups
            for synapses in group.synapses
            for learn in self.learns
            if learn.owner == synapses.owner and isinstance(synapses, Deliver) and learns_on_arrival(synapses, learn)
        }
        # Every thread has all traces of the sources, so that none waits for another.
        self.traces = [{learn.owner: self._traces(learn, rank) for learn in self.learns} for rank in range(threads)]
        # And all counts of spikes by which a target chooses one of its sources.
        tallies = [name for o in plan.operations if isinstance(o, Deliver) for name in o.choice[1:]]
        self.counted = [
            {n: self.arrays[n] if not rank else self.arrays[n].copy() for n in tallies} for rank in range(threads)
        ]
        sizes = {name: given.arrays[f"{name}.s"].size for name in given.spikes}
        self.chunk = max(1, min(steps, _LONGEST, _ROOM // max(1, sum(sizes.values()))))
        releases = [release for group in self.groups for release in group.releases]
        self.beside = {n: [r.release for r in releases if r.spikes == f"{n}.s"] for n in sizes}
        self.logs = {
            n: SpikeLog(shares(size, threads), self.chunk, given.kept[n], dict.fromkeys(self.beside[n], plan.dtype))
            for n, size in sizes.items()
        }
        self.stagger = stagger = _Stagger()
        self.flags = {name: stagger.copy(given.arrays[f"{name}.s"], np.uint8) for name in given.spikes}
        # Who reached the threshold, where it is still to be decided which of them spike.
        competing = [group.layer for group in self.groups if group.advance and group.advance.competition]
        self.reached = {name: stagger.copy(given.arrays[f"{name}.s"], np.uint8) for name in competing}
        # States that arrivals are added to lie one step ahead; what the plan calls by their name is kept apart.
        self.ahead = {
            state: stagger.copy(given.arrays[state], plan.dtype)
            for group in self.groups
            for synapses in group.synapses
            if way(synapses) == "added"
            for state in synapses.states
        }
        for group in self.groups:
            instant = [state for synapses in group.synapses if way(synapses) == "instant" for state in synapses.states]
            released = [state for release in group.releases for state in release.states]
            for name in (*(group.advance.states if group.advance else ()), *instant, *released):
                self.arrays[name] = stagger.copy(self.arrays[name], plan.dtype)
        # Membranes that synapses feel, as they were before the last step.
        felt = {synapses.membrane for group in self.groups for synapses in group.synapses if synapses.membrane}
        self.felt = {name: self.arrays[name].copy() for name in sorted(felt)}
        self._shared = self.stagger.alone(8)  # meetings, then two counters of threads that found something
        self.last_step = np.zeros(1, np.int64)
        ages = [age for d in plan.operations if isinstance(d, Deliver) for age in d.ages]
        self.every = min([64, *(age for age in ages if age)])
        self.threads = [assemble(self, rank, threads, self._shared) for rank in range(threads)]
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self._settled = True

    def begin(self, step: int) -> State:
        """Say which step is the first; the spikes that were given are those of the steps before."""
        beside = {n: {r: self.given.releases[r] for r in names} for n, names in self.beside.items()}
        state = State(step, self._copies(), self.given.spikes, beside)
        self._start(state)
        return state

    def _traces(self, learn: Learn, rank: int) -> dict[str, Array]:
        shared = not rank or in_one_thread(learn)
        return {
            name.removeprefix(f"{learn.owner}.learner."): self.arrays[name] if shared else self.arrays[name].copy()
            for side in learn.traces
            for name in side
        }

    def close(self) -> None:
        """Let the threads end."""
        if self._pool:
            self._pool.shutdown()

    def run(self, first: int, last: int) -> int:
        """Carry out steps first ... last-1; the first step in which a state was not finite, or last."""
        for log in self.logs.values():
            log.begin(first)
        for name, ahead in self.ahead.items():
            ahead[:] = self.arrays[name]
        if self._settled:
            self._share_traces()
            self._all(lambda thread: thread.open(first))
            self._settled = False
        self.last_step[0] = last - 1
        self._shared[:] = 0
        found: int = min(self._all(lambda thread: thread.run(first, last, self.every)))
        return found

    def settle(self, last: int) -> None:
        """Bring the arrays to the end of the steps before this one, the last that were made."""
        if not self._settled:
            self._all(lambda thread: thread.settle(last))
            self._join_traces()
            self._settled = True

    def _all(self, task: Callable[[Thread], Any]) -> list[Any]:
        """Have every thread do something."""
        others = [self._pool.submit(task, thread) for thread in self.threads[1:]] if self._pool else []
        return [task(self.threads[0]), *(other.result() for other in others)]

    def _share_traces(self) -> None:
        """Every thread begins with the same traces."""
        for copies in self.traces[1:]:
            for owner, traces in copies.items():
                for name, array in traces.items():
                    array[:] = self.traces[0][owner][name]
        for counted in self.counted[1:]:
            for name, array in counted.items():
                array[:] = self.counted[0][name]

    def _join_traces(self) -> None:
        """Those of the targets are known to the thread that owns these, those of the sources to all that own some."""
        for learn in (learn for learn in self.learns if not in_one_thread(learn)):
            bounds = self.logs[learn.fired.removesuffix(".s")].bounds
            busy = next(rank for rank in range(len(self.traces)) if bounds[rank + 1] > bounds[rank])
            for name in learn.plasticity.trace("pre").states:
                self.traces[0][learn.owner][name][:] = self.traces[busy][learn.owner][name]
            for name in learn.plasticity.trace("post").states:
                for rank, copies in enumerate(self.traces[1:], start=1):
                    part = slice(bounds[rank], bounds[rank + 1])
                    self.traces[0][learn.owner][name][part] = copies[learn.owner][name][part]

    def state(self, step: int) -> State:
        """All that there is before a step, the one that comes next."""
        self.settle(step)
        spikes = {name: log.recent(step) for name, log in self.logs.items()}
        beside = {n: {r: self.logs[n].recent(step, r) for r in names} for n, names in self.beside.items()}
        return State(step, self._copies(), spikes, beside)

    def restore(self, state: State) -> None:
        """Back to what there was."""
        for array, old in zip(self._changing(), state.arrays, strict=True):
            array[...] = old
        self._start(state)
        self._settled = True  # what the threads know of later steps is forgotten

    def _start(self, state: State) -> None:
        for name, log in self.logs.items():
            log.start(state.step, state.spikes[name], state.beside[name])

    def _copies(self) -> list[Array]:
        """Of all that a run changes, but for what its next steps overwrite."""
        return [array.copy() for array in self._changing()]

    def _changing(self) -> list[Array]:
        updated = [name for operation in self.plan.operations for name in operation.updates]
        return [*(self.arrays[name] for name in updated), *self.flags.values(), *self.felt.values()]


def _groups(operations: tuple[Operation, ...]) -> Iterator[Group]:
    group = Group()
    for operation, following in zip(operations, (*operations[1:], None), strict=True):
        match operation:
            case Release():
                group.releases.append(operation)
            case Synapses():
                group.synapses.append(operation)
            case Gather():
                group.gathers.append(operation)
            case Emit():
                group.emit = operation
            case Advance():
                group.advance = operation
        goes_on = isinstance(following, Gather | Advance) and following.owner == operation.owner
        if isinstance(operation, Emit | Advance) and not goes_on:
            yield group
            group = Group()


class _Stagger:
    """Makes copies of arrays for native loops: at a cache line, filled up to a whole one with zeros.

    Their addresses differ in the last 12 bits: a store waits for a load whose address agrees in these.
    """

    def __init__(self) -> None:
        self._made = 0
        self._room = np.empty(0, np.uint8)  # what is left of the last allocation

    def alone(self, words: int) -> npt.NDArray[np.int64]:
        """Zeros that share no cache line, and no pair of lines, with anything: one thread writes, another reads."""
        return self.copy(np.zeros(words + 6 * LINE // 8), np.int64)[2 * LINE // 8 :][:words]

    def copy(self, array: Array, dtype: npt.DTypeLike) -> Array:
        """A copy of an array, flat."""
        kind = np.dtype(dtype)
        size = array.size * kind.itemsize
        taken = size + 2 * _PAGE + LINE
        if taken > len(self._room):
            self._room = np.zeros(max(taken, _ARENA), np.uint8)
        start = -self._room.ctypes.data % _PAGE + self._made * _APART % _PAGE
        copy = self._room[start : start + size].view(kind)
        copy[:] = array.ravel()
        self._room = self._room[start + -(-size // LINE) * LINE + LINE :]
        self._made += 1
        return copy
