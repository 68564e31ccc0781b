"""`Thread`: one thread's part of a program, and how it is assembled."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.dynamics.step import FADING, REACHED, Step
from cnsproject.executors.cpu import printer
from cnsproject.executors.cpu.arrivals import Arrivals, lists, way
from cnsproject.executors.cpu.learners import Learners
from cnsproject.executors.cpu.part import Part, single
from cnsproject.executors.cpu.printer import External, Layer, Synapse, local, prefix
from cnsproject.executors.cpu.recordings import Recordings
from cnsproject.executors.cpu.words import Calls, Word, address, library
from cnsproject.plan import Advance, Deliver, Emit, Release

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Group, Program

Array = npt.NDArray[Any]
_NEVER = 2**62


@dataclass(frozen=True)
class Thread:
    """The calls of one thread in the order of a step. It owns a range of every layer.

    steps    kernels and words of a step
    before   of what is done before the first step of every piece of a run
    opens    of what is done before steps, where arrays were changed by others
    settles  of what is done after steps, before others look at arrays
    meeting  words of the kernel that waits for other threads; they are alone on their cache line
    stops    address of counters of threads that found something
    keep     arrays that only native code refers to
    """

    steps: tuple[Array, Array]
    before: tuple[Array, Array]
    opens: tuple[Array, Array]
    settles: tuple[Array, Array]
    meeting: Array
    stops: int
    alone: bool
    keep: list[Array]
    native: ModuleType

    def run(self, first: int, last: int, every: int) -> int:
        """Carry out steps first ... last-1, meeting the other threads; see `run` of the kernels."""
        self.meeting[2] = 0
        self.native.run(first, first + 1, *self.before, _NEVER, 0, 0)
        meeting = 0 if self.alone else address(self.meeting)
        found: int = self.native.run(first, last, *self.steps, every, meeting, self.stops)
        return found

    def open(self, first: int) -> None:
        """What is done before a step that arrays are ready for."""
        self.native.run(first, first + 1, *self.opens, _NEVER, 0, 0)

    def settle(self, last: int) -> None:
        """What is done after the steps before `last`, so that arrays are as they are then."""
        self.native.run(last - 1, last, *self.settles, _NEVER, 0, 0)


def assemble(program: Program, rank: int, threads: int, shared: Array) -> Thread:
    """The part of one of several threads; `shared` are counters that all of them see."""
    return _Assembly(program, rank, threads, shared).thread()


class _Assembly:
    def __init__(self, program: Program, rank: int, threads: int, shared: Array) -> None:
        self.part = part = Part(program, rank, threads, shared)
        self.program, self.rank, self.calls = program, rank, part.calls
        self._before, self._opens, self._settles = (Calls(program.plan.dtype) for _ in range(3))
        self._learners = Learners(part)
        self._recordings = Recordings(part, self._learners.histories)
        self._arrivals = Arrivals(part, self._learners.histories)
        self._stops = address(shared) + shared.nbytes // 2
        for group in program.groups:
            self._group(group)
        for learn in program.learns:
            self._learners.add(learn)
        for group in program.groups:
            self._recordings.of_group(group)
        self._recordings.of_weights()

    def thread(self) -> Thread:
        for histories in self._learners.histories.values():
            histories.around(self._opens, self._settles)
        calls = self.calls, self._before, self._opens, self._settles
        keep = [array for those in calls for array in those.keep]
        native = library("kernels.py", self.program.plan.dtype)
        steps, before, opens, settles = (those.arrays() for those in calls)
        alone = self.part.threads == 1
        return Thread(steps, before, opens, settles, self.part.meeting, self._stops, alone, keep, native)

    def _group(self, group: Group) -> None:
        """What belongs to one layer in a step."""
        program, layer = self.program, group.layer
        first, last = self.part.range(layer)
        # All of them first, so that threads meet once.
        for release in group.releases:
            self._release(release)
        arrived = {}
        for synapses in group.synapses:
            self.part.fade(synapses.owner, synapses.states, 0, first, last)
            self._learners.remember(synapses, first, last)
            arrived[synapses.owner] = self._arrivals.add(synapses, first, last, self._meet)
            for state in synapses.states:
                if state in program.ahead:
                    self._early(state, first, last)
        if last > first:
            for membrane in {synapses.membrane for synapses in group.synapses if synapses.membrane}:
                self._keep_last(program.arrays[membrane], program.felt[membrane], first, last)
            if group.emit:
                self._emit(group.emit, first, last)
            if group.synapses or group.advance:
                self._layer(group, first, last, arrived)
        if group.advance and group.advance.competition:
            self._compete(group.advance, first, last)
        if last > first:
            if group.advance:
                self.part.fade(layer, group.advance.states, FADING - 1, first, last)
            log = program.logs[layer]
            listed = log.lists[self.rank], log.starts[self.rank], log.mask
            self.calls.add("collect", last - first, program.flags[layer][first:], first, *listed)
        self.part.fresh.add(layer)

    def _meet(self, d: Deliver) -> None:
        """Wait for the other threads, if they may still be listing what is delivered now."""
        if 0 in d.ages and (d.release or d.spikes.removesuffix(".s")) in self.part.fresh:
            self.part.wait()
            self.part.fresh.clear()

    def _release(self, release: Release) -> None:
        """What the spikes of this thread's sources release, for every neuron and for every listed spike."""
        program, layer = self.program, release.spikes.removesuffix(".s")
        first, last = self.part.range(layer)
        if last > first:
            names = {name.removeprefix(f"{release.owner}."): name for name in release.states}
            values = {local(short): program.arrays[name] for short, name in names.items()}
            values |= {local(name): value for name, value in program.given.constants[release.release].items()}
            values["s"] = program.flags[layer]
            self.part.fade(release.release, release.states, 0, first, last)
            self.part.loop(Layer(release.step, (), (), (), "", single(values)), values, first, last, {})
            log = program.logs[layer]
            places, _, mask = lists(self.calls, log)
            listed = log.beside[release.release][self.rank]
            words = places, self.rank, mask, int(release.late), program.arrays[release.release], listed
            self.calls.add("list_releases", *words, of="releases")
        self.part.fresh.add(release.release)

    def _early(self, state: str, first: int, last: int) -> None:
        """What is said of a state that lies one step ahead must be read before the layer advances."""
        if last == first:
            return
        ahead = self.program.ahead[state]
        self._keep_last(ahead, self.program.arrays[state], first, last)
        for record in self.program.records:
            if record.source == state:
                self._recordings.add(record, ahead, first, last)

    def _keep_last(self, source: Array, target: Array, first: int, last: int) -> None:
        """Copy numbers in the last step."""
        size = (last - first) * source.itemsize
        self.calls.add("keep", size, source[first:], target[first:], self.program.last_step)

    def _emit(self, emit: Emit, first: int, last: int) -> None:
        """The spikes of a layer that does not make its own by a threshold."""
        flags = self.program.flags[emit.owner][first:]
        external = self.program.arrays[emit.source]
        stride = 0 if len(external) == 1 else external.strides[0]
        if emit.given == "spikes":
            self.calls.add("present", last - first, flags, external[:, first:], len(external), stride)
            return
        draw, since, own = self.program.given.draws[emit.owner], self.program.given.since[emit.owner], self.calls.own
        if emit.given == "times":
            steps, neurons = draw.events
            given: list[Word] = [own(steps), own(neurons), len(steps)]
            self.calls.add("present_times", last - first, flags, first, *given, since, of="draws")
            return
        single = external.shape[1] == 1
        words: list[Word] = [last - first, first, *draw.key, since, own(np.zeros(2 * 64, np.uint16))]
        words += [external[:, 0 if single else first :], len(external), stride, 0 if single else external.itemsize]
        self.calls.add("draw_spikes", *words, own(np.array([draw.seconds])), flags, of="draws")

    def _layer(self, group: Group, first: int, last: int, arrived: dict[str, Array]) -> None:
        """The printed loop over the neurons."""
        program, layer, step = self.program, group.layer, Step(None)
        arrays, constants = program.arrays, program.given.constants
        values: dict[str, Array] = {"s": program.reached.get(layer, program.flags[layer])}
        if group.advance:
            step = group.advance.step
            states = (arrays[name] for name in group.advance.states)
            values |= dict(zip(map(local, group.advance.state_names), states, strict=True))
            values |= {local(name): value for name, value in constants[layer].items()}
        recorded = {record.source for record in program.records}
        synapses = []
        for k, s in enumerate(group.synapses):
            synapses.append(Synapse(s.step, way(s), s.output in recorded and s.output not in s.states))
            of = prefix(k)
            values |= {of + name: value for name, value in constants[s.owner].items()}
            values |= {of + n.removeprefix(f"{s.owner}."): program.ahead.get(n, arrays[n]) for n in s.states}
            values |= {printer.arrived(k): arrived[s.owner], printer.output(k): arrays[s.output]}
        outputs = [s.output for s in group.synapses]
        delivered = [tuple(map(outputs.index, gather.delivered)) for gather in group.gathers]
        external = arrays[f"{layer}.external"] if group.gathers else None
        kind: External = "" if external is None else "single" if external.shape[1] == 1 else "array"
        currents, jumps = ([*delivered, (), ()])[:2]
        printed = Layer(step, tuple(synapses), currents, jumps, kind, single(values))
        streamed = {} if external is None else {"external": external[:, 0 if kind == "single" else first :]}
        for noise in step.dynamics.noises if step.dynamics else ():
            streamed[local(noise)] = arrays[f"{layer}.{noise}"][:, first:]
        module, words = self.part.loop(printed, values, first, last, streamed)
        if any(s.way == "added" for s in synapses):
            self._before.append(module.prepare.address, words)

    def _compete(self, advance: Advance, first: int, last: int) -> None:
        """One thread decides who spikes, since groups may lie in several parts; then all do what follows."""
        program, layer, step, own = self.program, advance.owner, advance.after, self.calls.own
        reached, competition = program.reached[layer], advance.competition
        assert competition is not None
        self.part.wait()
        self.part.fresh.clear()  # what was listed before, all have listed now
        if self.rank == 0:
            membrane = program.arrays[f"{layer}.{step.dynamics.membrane}"] if step.dynamics else 0
            words: list[Word] = [reached.size, reached, program.flags[layer], membrane]
            words += [program.arrays[f"{layer}.hold_left"] if step.holds else 0, competition.most]
            words += [competition.maps, competition.places, int(competition.across)]
            best = own(np.zeros((competition.groups, min(competition.most, competition.members)), np.int32))
            counts = own(np.zeros((3, competition.groups), np.int64))
            self.calls.add(
                "compete", *words, best, best.shape[1], *counts, own(np.zeros(1, np.int64)), of="competitions"
            )
        self.part.wait()
        if last > first and not step.is_empty:
            values = {local(name): program.arrays[f"{layer}.{name}"] for name in advance.state_names}
            values |= {local(name): value for name, value in program.given.constants[f"{layer}.after"].items()}
            values |= {"s": program.flags[layer], REACHED: reached}
            self.part.loop(Layer(step, (), (), (), "", single(values)), values, first, last, {})
