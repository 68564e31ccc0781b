"""`Thread`: one thread's part of a program, as native functions and the words they are called with."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.dynamics.step import Step
from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu import printer
from cnsproject.executors.cpu.printer import External, Layer, Synapse, Way, local, prefix
from cnsproject.plan import Deliver, Drive, Emit, Record, Release, Synapses

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Group, Program
    from cnsproject.executors.cpu.spikes import SpikeLog

Array = npt.NDArray[Any]
_NEVER = 2**62


def way(synapses: Synapses) -> Way:
    """How what arrives gets to the neurons."""
    if isinstance(synapses, Drive):
        return "arrived"
    assert isinstance(synapses, Deliver)
    if synapses.weights == "shared":
        return "shared"
    assert synapses.step.dynamics is not None
    dense = synapses.weights == "matrix" or counts(synapses)
    return "arrived" if dense or not synapses.step.dynamics.target else "added"


def counts(d: Deliver) -> bool:
    """Whether what arrives is one weight times a number of spikes: equal jumps from zero."""
    alike = d.weights == "uniform" and not d.release
    return alike and d.step.dynamics is not None and bool(d.step.dynamics.impulses)


class Thread:
    """The kernels of one thread in the order of a step. It owns a range of every layer."""

    def __init__(self, program: Program, rank: int, threads: int, shared: Array) -> None:
        self.program, self.rank, self.threads = program, rank, threads
        self._keep: list[Array] = []  # arrays that only native code refers to
        self._kernels: list[int] = []
        self._words: list[int] = []
        self._prepare: tuple[list[int], list[int]] = [], []
        self._fresh: set[str] = set()  # layers and releases of this step that not every thread may have listed
        self._library = library("kernels.py", program.plan.dtype)
        self._meeting = np.array([shared.ctypes.data, threads, 0, _let_others_run()], np.int64)
        self._stops = shared.ctypes.data + shared.nbytes // 2
        for group in program.groups:
            self._add_group(group)
        for group in program.groups:
            sources = {state for synapses in group.synapses for state in (*synapses.states, synapses.output)}
            sources |= set(group.advance.states) if group.advance else set()
            for record in program.records:
                if record.source in sources - set(program.ahead):
                    self._add_record(record, program.arrays[record.source], *self._range(group.layer))
                for release in group.releases:
                    if record.source in release.states:
                        self._add_record(record, program.arrays[record.source], *self._range(_layer(release)))
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
        # All of them first, so that threads meet once.
        for release in group.releases:
            self._add_release(release)
        arrived = {}
        for synapses in group.synapses:
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
            log = self.program.logs[layer]
            flags = self.program.flags[layer][first:]
            parts = (log.lists[self.rank], log.starts[self.rank])
            self._emit("collect", last - first, flags, first, *parts, log.mask)
        self._fresh.add(layer)

    def _add_release(self, release: Release) -> None:
        """What the spikes of this thread's sources release, for every neuron and for every listed spike."""
        layer = _layer(release)
        first, last = self._range(layer)
        if last > first:
            states = {name.removeprefix(f"{release.owner}."): self.program.arrays[name] for name in release.states}
            values = {local(name): value for name, value in states.items()}
            values |= {local(name): value for name, value in self.program.given.constants[release.release].items()}
            values["s"] = self.program.flags[layer]
            self._add_loop(Layer(release.step, (), (), (), "", _single(values)), values, first, last)
            log = self.program.logs[layer]
            lists, _, mask = self._lists(log)
            listed = log.beside[release.release][self.rank]
            words = lists, self.rank, mask, int(release.late), self.program.arrays[release.release], listed
            self._append(self._releasing.list_releases.address, self._row(list(words)))
        self._fresh.add(release.release)

    def _add_arrival(self, synapses: Synapses, first: int, last: int) -> Array:
        """Kernels that bring the spikes; the array they are summed in."""
        arrays, dtype = self.program.arrays, self.program.plan.dtype
        size = arrays[synapses.states[0]].size if way(synapses) == "arrived" else 1
        arrived = self.program.stagger.copy(np.zeros(size, dtype), dtype)
        self._own(arrived)
        if isinstance(synapses, Drive):
            if last > first:
                self._add_drive(synapses, arrived, first, last)
            return arrived
        assert isinstance(synapses, Deliver)
        pre = _layer(synapses)
        if self.threads > 1 and 0 in synapses.ages and (synapses.release or pre) in self._fresh:
            self._append(self._library.meet.address, self._meeting.ctypes.data)
            self._fresh.clear()
        if last == first:
            return arrived
        log, weight = self.program.logs[pre], arrays[synapses.weight]
        sign: int | Array = self.program.given.signs.get(synapses.owner, 0)
        sources = log.bounds[-1]
        spikes = self._lists(log)
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
            library = self._releasing if synapses.release else self._library
            kernel = getattr(library, f"arrive_synapses_{8 * targets.itemsize}").address
            once = self._own(np.ones((), total.dtype)) if counts(synapses) else weight
            beside = [listed.ctypes.data for listed in log.beside[synapses.release]] if synapses.release else [0]
            common: list[int | Array] = [*spikes, lags, len(lags), once, stride, sign, sources]
            self._append(kernel, self._row([*common, firsts, lasts, targets, total, self._own(np.array(beside))]))
            if counts(synapses):
                self._emit("scale", last - first, arrived[first:], weight)
        return arrived

    def _lists(self, log: SpikeLog) -> list[int | Array]:
        """Words that tell where the spikes of a layer are listed: addresses, their number, and the log's mask."""
        places = [[a.ctypes.data, b.ctypes.data] for a, b in zip(log.lists, log.starts, strict=True)]
        return [self._own(np.array(places)), len(places), log.mask]

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
        places = [first // 64, -(-last // 64) - first // 64]
        counts = self.program.stagger.copy(np.zeros(64 * places[1], np.uint8), np.uint8)
        words: list[int | Array] = [*spikes, lags, len(lags), self.program.arrays[d.weight], int(signs[0])]
        words += [rows, bits, bits.shape[1], *places, counts, last - first, arrived[first:]]
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
        words: list[int | Array] = [last - first, first, *draw.key, draw.since, self._own(np.zeros(128, np.uint32))]
        words += [self._own(thresholds), len(thresholds), least, weight[first:] if stride else weight, stride]
        self._append(self._drawing.draw_counts.address, self._row([*words, arrived[first:]]))

    def _add_emit(self, emit: Emit, first: int, last: int) -> None:
        flags = self.program.flags[emit.owner][first:]
        external = self.program.arrays[emit.source]
        step = 0 if len(external) == 1 else external.strides[0]
        if emit.given == "spikes":
            self._emit("present", last - first, flags, external[:, first:], len(external), step)
            return
        draw = self.program.given.draws[emit.owner]
        if emit.given == "times":
            steps, neurons = draw.events
            words: list[int | Array] = [last - first, flags, first, self._own(steps), self._own(neurons), len(steps)]
            self._append(self._drawing.present_times.address, self._row([*words, draw.since]))
            return
        single = external.shape[1] == 1
        rates: list[int | Array] = [
            external[:, 0 if single else first :],
            len(external),
            step,
            0 if single else external.itemsize,
        ]
        words = [last - first, first, *draw.key, draw.since, self._own(np.zeros(64, np.uint32)), *rates]
        words += [self._own(np.array([draw.seconds])), flags]
        self._append(self._drawing.draw_spikes.address, self._row(words))

    @property
    def _drawing(self) -> ModuleType:
        return library("draws.py", self.program.plan.dtype)

    @property
    def _releasing(self) -> ModuleType:
        return library("releases.py", self.program.plan.dtype)

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
        kind: External = "" if external is None else "single" if external.shape[1] == 1 else "array"
        currents, jumps = ([*delivered, (), ()])[:2]
        printed = Layer(step, tuple(synapses), currents, jumps, kind, _single(values))
        module, address = self._add_loop(printed, values, first, last, external)
        if any(s.way == "added" for s in synapses):
            self._prepare[0].append(module.prepare.address)
            self._prepare[1].append(address)

    def _add_loop(
        self, printed: Layer, values: dict[str, Array], first: int, last: int, external: Array | None = None
    ) -> tuple[ModuleType, int]:
        """A printed loop over some neurons, with values for what it names; the module and the words."""
        module = compiled(printed, self.program.plan.dtype)
        words: list[int | Array] = [last - first]
        for name in module.ARGUMENTS:
            if name == "external":
                assert external is not None
                offset = 0 if printed.external == "single" else first
                words += [external[:, offset:], len(external), 0 if len(external) == 1 else external.strides[0]]
            else:
                value = values[name]
                words.append(value if value.size == 1 else value[first:])
        address = self._row(words)
        self._append(module.advance.address, address)
        return module, address

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


def _layer(operation: Deliver | Release) -> str:
    """The layer whose spikes an operation reads."""
    return operation.spikes.removesuffix(".s")


def _single(values: dict[str, Array]) -> frozenset[str]:
    """Names of what is one number for all neurons."""
    return frozenset(name for name, value in values.items() if value.ndim == 0)


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
