"""`Thread`: one thread's part of a program, as native functions and the words they are called with."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.dynamics.step import FADING, Step
from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu import printer
from cnsproject.executors.cpu.printer import External, Layer, Synapse, Way, local, prefix
from cnsproject.plan import Deliver, Drive, Emit, Record, Synapses

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Group, Program

Array = npt.NDArray[Any]
_NEVER = 2**62


def way(synapses: Synapses) -> Way:
    """How what arrives gets to the neurons."""
    dynamics = synapses.step.dynamics
    assert dynamics is not None
    if isinstance(synapses, Deliver) and synapses.weights == "shared":
        return "shared"
    if dynamics.target and not dynamics.lines and len(dynamics.impulses) == 1:
        return "instant"
    dense = isinstance(synapses, Drive) or (isinstance(synapses, Deliver) and synapses.weights == "matrix")
    return "arrived" if dense or not dynamics.target else "added"


def counts(d: Deliver) -> bool:
    """Whether what arrives is one weight times a number of spikes: equal jumps from zero."""
    return d.weights == "uniform" and d.step.dynamics is not None and bool(d.step.dynamics.impulses)


class Thread:
    """The kernels of one thread in the order of a step. It owns a range of every layer."""

    def __init__(self, program: Program, rank: int, threads: int, shared: Array) -> None:
        self.program, self.rank, self.threads = program, rank, threads
        self._keep: list[Array] = []  # arrays that only native code refers to
        self._kernels: list[int] = []
        self._words: list[int] = []
        self._prepare: tuple[list[int], list[int]] = [], []
        self._fresh: set[str] = set()  # layers whose spikes of this step not every thread may have listed
        self._library = library("kernels.py", program.plan.dtype)
        self._meeting = program.stagger.alone(4)
        self._meeting[:] = shared.ctypes.data, threads, 0, _let_others_run()
        self._stops = shared.ctypes.data + shared.nbytes // 2
        for group in program.groups:
            self._add_group(group)
        for group in program.groups:
            sources = {state for synapses in group.synapses for state in (*synapses.states, synapses.output)}
            sources |= set(group.advance.states) if group.advance else set()
            for record in program.records:
                if record.source in sources - set(program.ahead):
                    self._add_record(record, program.arrays[record.source], *self._range(group.layer))
        self._steps = self._arrays(self._kernels, self._words)
        self._before = self._arrays(*self._prepare)

    def run(self, first: int, last: int, every: int) -> int:
        """Carry out steps first ... last-1, meeting the other threads; see `run` of the kernels."""
        self._meeting[2] = 0
        if len(self._before[0]):
            self._library.run(first, first + 1, *self._before, _NEVER, 0, 0)
        meeting = self._meeting.ctypes.data if self.threads > 1 else 0
        found: int = self._library.run(first, last, *self._steps, every, meeting, self._stops)
        return found

    def _arrays(self, kernels: list[int], words: list[int]) -> tuple[Array, Array]:
        return np.array(kernels, np.int64), np.array(words, np.int64)

    def _range(self, layer: str) -> tuple[int, int]:
        bounds = self.program.logs[layer].bounds
        return bounds[self.rank], bounds[self.rank + 1]

    # The parts of a step

    def _add_group(self, group: Group) -> None:
        layer = group.layer
        first, last = self._range(layer)
        arrived = {}
        for synapses in group.synapses:
            self._add_fade(synapses.owner, synapses.states, 0, first, last)
            arrived[synapses.owner] = self._add_arrival(synapses, first, last)
            for state in synapses.states:
                if state in self.program.ahead:
                    self._add_early(state, first, last)
        if last > first:
            for membrane in {synapses.membrane for synapses in group.synapses if synapses.membrane}:
                before, kept = self.program.arrays[membrane], self.program.felt[membrane]
                size = (last - first) * kept.itemsize
                self._emit("keep", size, before[first:], kept[first:], self.program.last_step)
            if group.emit:
                self._add_emit(group.emit, first, last)
            if group.synapses or group.advance:
                self._add_layer(group, first, last, arrived)
            if group.advance:
                self._add_fade(layer, group.advance.states, FADING - 1, first, last)
            log = self.program.logs[layer]
            flags = self.program.flags[layer][first:]
            parts = (log.lists[self.rank], log.starts[self.rank])
            self._emit("collect", last - first, flags, first, *parts, log.mask)
        self._fresh.add(layer)

    def _add_fade(self, owner: str, states: tuple[str, ...], due: int, first: int, last: int) -> None:
        """What has all but faded is 0, once in a while."""
        arrays: list[int | Array] = [(self.program.ahead.get(n, self.program.arrays[n]))[first:] for n in states]
        if arrays and last > first:
            self._emit("fade", last - first, self.program.given.since[owner], due, len(arrays), *arrays)

    def _add_arrival(self, synapses: Synapses, first: int, last: int) -> Array:
        """Kernels that bring the spikes; the array they are summed in."""
        arrays, arrived = self.program.arrays, self._arrived(synapses, first, last)
        if isinstance(synapses, Drive):
            if last > first:
                self._add_drive(synapses, arrived, first, last)
            return arrived
        assert isinstance(synapses, Deliver)
        pre = synapses.spikes.removesuffix(".s")
        if self.threads > 1 and 0 in synapses.lags and pre in self._fresh:
            self._append(self._library.meet.address, self._meeting.ctypes.data)
            self._fresh.clear()
        if last == first:
            return arrived
        log, weight = self.program.logs[pre], arrays[synapses.weight]
        sign: int | Array = self.program.given.signs.get(synapses.owner, 0)
        sources = log.bounds[-1]
        places = [[a.ctypes.data, b.ctypes.data] for a, b in zip(log.lists, log.starts, strict=True)]
        spikes: list[int | Array] = [self._own(np.array(places)), len(places), log.mask]
        if synapses.weights == "shared":
            self._emit("arrive_shared", *spikes, *synapses.lags, weight, sign, sources, arrived)
        elif synapses.weights == "matrix":
            rows = arrays[synapses.weight].reshape(sources, -1)
            part: list[int | Array] = [rows[:, first:], sign, sources, arrived[first:], last - first, rows.shape[1]]
            self._emit("arrive_matrix", *spikes, *synapses.lags, *part)
        elif counts(synapses) and self._add_bits(synapses, spikes, sign, arrived, first, last):
            pass
        elif synapses.lags:
            lags = self._own(np.array(synapses.lags, np.int64))
            stride = int(weight.ndim > 0)
            targets = arrays[f"{synapses.owner}.targets"]
            firsts, lasts = self._segments(synapses, targets, first, last)
            total = arrived
            if way(synapses) == "added":
                assert synapses.step.dynamics is not None
                total = self.program.ahead[f"{synapses.owner}.{synapses.step.dynamics.target}"]
            else:
                self._emit("silence", last - first, arrived[first:])
            kernel = f"arrive_synapses_{8 * targets.itemsize}"
            once = self._own(np.ones((), total.dtype)) if counts(synapses) else weight
            common: list[int | Array] = [*spikes, lags, len(lags), once, stride, sign, sources]
            self._emit(kernel, *common, firsts, lasts, targets, total)
            if counts(synapses):
                self._emit("scale", last - first, arrived[first:], weight)
        return arrived

    def _arrived(self, synapses: Synapses, first: int, last: int) -> Array:
        """Zeros for a sum of arrivals."""
        state, dtype = self.program.arrays[synapses.states[0]], self.program.plan.dtype
        if way(synapses) == "instant":
            state[first:last] = 0
            return state
        size = state.size if way(synapses) == "arrived" else 1
        return self._own(self.program.stagger.copy(np.zeros(size, dtype), dtype))

    def _add_bits(
        self, d: Deliver, spikes: list[int | Array], sign: int | Array, arrived: Array, first: int, last: int
    ) -> bool:
        """Deliver by rows of bits, where there are any and all sources have the same sign; whether it was done."""
        bits = self.program.arrays.get(f"{d.owner}.bits")
        if bits is None:
            return False
        rows = self.program.arrays[f"{d.owner}.rows"]
        filled = (rows.reshape(-1, len(d.lags)) >= 0).any(axis=1)
        signs = np.unique(sign[filled]) if isinstance(sign, np.ndarray) else np.ones(1)
        if len(signs) != 1:
            return False
        lags = self._own(np.array(d.lags, np.int64))
        line, row = 64, bits.shape[1] * 8
        size = line * -(-(last - first) // (8 * line))
        copy = self.program.stagger.copy
        planes, room = (copy(np.zeros(n, np.uint8), np.uint8) for n in (8 * size, 64 + 16 * 8))
        words: list[int | Array] = [*spikes, lags, len(lags), self.program.arrays[d.weight], int(signs[0])]
        words += [rows, bits, row, first // 8, size, planes, room, len(bits) - 2, last - first, arrived[first:]]
        self._emit("arrive_bits", *words)
        return True

    def _segments(self, d: Deliver, targets: Array, first: int, last: int) -> tuple[Array, Array]:
        """First and last synapse onto this thread's neurons, for every source and delay."""
        pointers = self.program.arrays[f"{d.owner}.pointers"]
        if self.threads == 1:
            return pointers[:-1], pointers[1:]
        cut = library("cuts.py", "float32").cut
        return self._own(cut(pointers, targets, first)), self._own(cut(pointers, targets, last))

    def _add_early(self, state: str, first: int, last: int) -> None:
        """What is said of a state that lies one step ahead must be read before the layer advances."""
        if last == first:
            return
        ahead, kept = self.program.ahead[state], self.program.arrays[state]
        size = (last - first) * ahead.itemsize
        self._emit("keep", size, ahead[first:], kept[first:], self.program.last_step)
        for record in self.program.records:
            if record.source == state:
                self._add_record(record, ahead, first, last)

    def _add_drive(self, drive: Drive, arrived: Array, first: int, last: int) -> None:
        draw, weight = self.program.given.draws[drive.owner], self.program.arrays[drive.weight]
        least, thresholds = draw.table
        stride = int(weight.ndim > 0)
        words: list[int | Array] = [last - first, first, *draw.key, self.program.given.since[drive.owner]]
        words.append(self._own(np.zeros(4 * 64, np.uint16)))
        words += [self._own(thresholds), len(thresholds), least, weight[first:] if stride else weight, stride]
        self._append(self._drawing.draw_counts.address, self._row([*words, arrived[first:]]))

    def _add_emit(self, emit: Emit, first: int, last: int) -> None:
        flags = self.program.flags[emit.owner][first:]
        external = self.program.arrays[emit.source]
        step = 0 if len(external) == 1 else external.strides[0]
        if emit.given == "spikes":
            self._emit("present", last - first, flags, external[:, first:], len(external), step)
            return
        draw, since = self.program.given.draws[emit.owner], self.program.given.since[emit.owner]
        if emit.given == "times":
            steps, neurons = draw.events
            words: list[int | Array] = [last - first, flags, first, self._own(steps), self._own(neurons), len(steps)]
            self._append(self._drawing.present_times.address, self._row([*words, since]))
            return
        single = external.shape[1] == 1
        rates: list[int | Array] = [
            external[:, 0 if single else first :],
            len(external),
            step,
            0 if single else external.itemsize,
        ]
        words = [last - first, first, *draw.key, since, self._own(np.zeros(2 * 64, np.uint16)), *rates]
        words += [self._own(np.array([draw.seconds])), flags]
        self._append(self._drawing.draw_spikes.address, self._row(words))

    @property
    def _drawing(self) -> ModuleType:
        return library("draws.py", self.program.plan.dtype)

    def _add_layer(self, group: Group, first: int, last: int, arrived: dict[str, Array]) -> None:
        """The printed loop over the neurons."""
        layer, arrays, step = group.layer, self.program.arrays, Step(None)
        values: dict[str, Array] = {"s": self.program.flags[layer]}
        if group.advance:
            step = group.advance.step
            states = (arrays[name] for name in group.advance.states)
            values |= dict(zip(map(local, group.advance.state_names), states, strict=True))
            values |= {local(name): value for name, value in self.program.given.constants[layer].items()}
        recorded = {record.source for record in self.program.records}
        synapses = []
        for k, s in enumerate(group.synapses):
            synapses.append(Synapse(s.step, way(s), s.output in recorded and s.output not in s.states))
            of = prefix(k)
            values |= {of + n: value for n, value in self.program.given.constants[s.owner].items()}
            values |= {
                of + n.removeprefix(f"{s.owner}."): self.program.ahead[n] if n in self.program.ahead else arrays[n]
                for n in s.states
            }
            values |= {printer.arrived(k): arrived[s.owner], printer.output(k): arrays[s.output]}
        outputs = [s.output for s in group.synapses]
        delivered = [tuple(map(outputs.index, gather.delivered)) for gather in group.gathers]
        external = arrays[f"{layer}.external"] if group.gathers else None
        single = frozenset(n for n, v in values.items() if v.ndim == 0)
        kind: External = "" if external is None else "single" if external.shape[1] == 1 else "array"
        currents, jumps = ([*delivered, (), ()])[:2]
        printed = Layer(step, tuple(synapses), currents, jumps, kind, single)
        module = compiled(printed, self.program.plan.dtype)
        streamed = {} if external is None else {"external": external[:, 0 if kind == "single" else first :]}
        streamed |= {
            local(n): arrays[f"{layer}.{n}"][:, first:] for n in (step.dynamics.noises if step.dynamics else ())
        }
        words: list[int | Array] = [last - first]
        for name in module.ARGUMENTS:
            if name in streamed:
                rows = streamed[name]
                words += [rows, len(rows), 0 if len(rows) == 1 else rows.strides[0]]
            else:
                value = values[name]
                words.append(value if value.size == 1 else value[first:])
        address = self._row(words)
        self._append(module.advance.address, address)
        if any(s.way == "added" for s in synapses):
            self._prepare[0].append(module.prepare.address)
            self._prepare[1].append(address)

    def _add_record(self, record: Record, source: Array, first: int, last: int) -> None:
        """Copy this thread's part of a row. (Spikes need no copy, they are listed anyway.)"""
        target = self.program.arrays[record.target]
        row = [len(target), target.strides[0]]
        if record.indices:
            indices = self.program.arrays[record.indices]
            a, b = np.searchsorted(indices, [first, last])
            if b > a:
                self._emit("record_part", b - a, source, indices[a:b], target[:, a:], *row)
        elif last > first:
            self._emit("record", (last - first) * source.itemsize, source[first:], target[:, first:], *row)

    # Words

    def _own(self, array: Array) -> Array:
        self._keep.append(array)
        return array

    def _emit(self, kernel: str, *words: int | Array) -> None:
        self._append(getattr(self._library, kernel).address, self._row(list(words)))

    def _append(self, kernel: int, words: int) -> None:
        self._kernels.append(kernel)
        self._words.append(words)

    def _row(self, words: list[int | Array]) -> int:
        self._keep += [word for word in words if isinstance(word, np.ndarray)]
        row = self._own(np.array([w.ctypes.data if isinstance(w, np.ndarray) else w for w in words], np.int64))
        return row.ctypes.data


@cache
def _let_others_run() -> int:
    """Address of the system's function by which a thread gives way."""
    windows = os.name == "nt"
    function = ctypes.CDLL("kernel32").SwitchToThread if windows else ctypes.CDLL(None).sched_yield
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address


@cache
def library(name: str, precision: str) -> ModuleType:
    """A file of hand-written kernels."""
    kind = f"cpu_{name.removesuffix('.py')}"
    return printed_module(kind, precision, lambda: printer.print_library(name, precision))


@cache
def compiled(layer: Layer, precision: str) -> ModuleType:
    """The printed loop of a layer."""
    return printed_module("cpu", layer.text(precision), lambda: printer.print_layer(layer, precision))
