"""`Arrivals`: the calls that bring spikes to the neurons of one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.base import LINE, hand_written
from cnsproject.executors.cpu.printer import Way
from cnsproject.executors.cpu.words import Calls, Word, address, library
from cnsproject.plan import Deliver, Drive, Synapses

if TYPE_CHECKING:
    from cnsproject.executors.cpu.histories import Histories
    from cnsproject.executors.cpu.part import Part
    from cnsproject.executors.cpu.spikes import SpikeLog

Array = npt.NDArray[Any]


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
    alike = d.weights == "uniform" and not d.release and not d.choice
    return alike and d.step.dynamics is not None and bool(d.step.dynamics.impulses)


def lists(calls: Calls, log: SpikeLog, parts: slice = slice(None)) -> list[Word]:
    """Words that tell where threads list the spikes of a layer: addresses, their number, and the log's mask."""
    places = [[address(a), address(b)] for a, b in zip(log.lists[parts], log.starts[parts], strict=True)]
    return [calls.own(np.array(places)), len(places), log.mask]


def segments(calls: Calls, pointers: Array, targets: Array, first: int, last: int, whole: bool) -> tuple[Array, Array]:
    """First and last synapse onto the neurons first ... last-1, or onto all, for every row of ascending targets."""
    if whole:
        return pointers[:-1], pointers[1:]
    cut = hand_written("wiring").cut
    return calls.own(cut(pointers, targets, first)), calls.own(cut(pointers, targets, last))


class Arrivals:
    """Adds calls for a thread that owns the neurons first ... last-1 of a layer."""

    def __init__(self, part: Part, histories: Mapping[str, Histories]) -> None:
        self.program, self.calls, self.rank, self.threads = part.program, part.calls, part.rank, part.threads
        self.histories = histories

    def add(self, synapses: Synapses, first: int, last: int, meet: Callable[[Deliver], None]) -> Array:
        """What brings the spikes; the array they are summed in. `meet` waits for those who list them, if need be."""
        arrived = self._room(synapses, first, last)
        if isinstance(synapses, Drive):
            if last > first:
                self._drive(synapses, arrived, first, last)
            return arrived
        assert isinstance(synapses, Deliver)
        meet(synapses)
        # Of the first thread everyone is told how many spikes have arrived.
        if last == first and not (synapses.choice and self.rank == 0):
            return arrived
        log = self.program.logs[synapses.spikes.removesuffix(".s")]
        sign: Word = self.program.given.signs.get(synapses.owner, 0)
        sources, weight = log.bounds[-1], self.program.arrays[synapses.weight]
        spikes = lists(self.calls, log)
        if synapses.owner in self.histories:
            total = self._total(synapses, arrived, first, last)
            self.histories[synapses.owner].arrive(weight, total, sign)
        elif synapses.weights == "shared":
            self.calls.add("arrive_shared", *spikes, *synapses.lags, weight, sign, sources, arrived)
        elif synapses.weights == "matrix":
            rows = weight.reshape(sources, -1)
            part: list[Word] = [rows[:, first:], sign, sources, arrived[first:], last - first, rows.shape[1]]
            self.calls.add("arrive_matrix", *spikes, *synapses.lags, *part)
        elif synapses.lags and not (counts(synapses) and self._bits(synapses, spikes, sign, arrived, first, last)):
            self._synapses(synapses, log, sign, arrived, first, last)
        return arrived

    def _room(self, synapses: Synapses, first: int, last: int) -> Array:
        """Zeros for a sum of arrivals."""
        state, dtype = self.program.arrays[synapses.states[0]], self.program.plan.dtype
        if way(synapses) == "instant":
            state[first:last] = 0
            return state
        size = state.size if way(synapses) == "arrived" else 1
        return self.calls.own(self.program.stagger.copy(np.zeros(size, dtype), dtype))

    def _total(self, d: Deliver, arrived: Array, first: int, last: int) -> Array:
        """What the arrivals of single synapses are added to."""
        if way(d) == "added":
            return self._state(d)
        self.calls.add("silence", last - first, arrived[first:])
        return arrived

    def _state(self, d: Deliver) -> Array:
        """The state that arrivals are added to."""
        assert d.step.dynamics is not None
        return self.program.ahead[f"{d.owner}.{d.step.dynamics.target}"]

    def _synapses(self, d: Deliver, log: SpikeLog, sign: Word, arrived: Array, first: int, last: int) -> None:
        """Deliver by lists of synapses, part by part."""
        calls, weight, scaled = self.calls, self.program.arrays[d.weight], d.weights == "scaled"
        # Whole numbers are summed apart, and are zero again when what they say has arrived.
        total = calls.own(np.zeros(last, np.int32)) if scaled else self._total(d, arrived, first, last)
        targets = self.program.arrays[f"{d.owner}.targets"]
        lags = calls.own(np.array(d.lags, np.int64))
        once = calls.own(np.ones((), total.dtype)) if counts(d) else weight
        beside = np.array([address(listed) for listed in log.beside[d.release]] if d.release else [0])
        words: list[Word] = [*lists(self.calls, log), lags, len(lags), once, int(weight.ndim > 0), sign, log.bounds[-1]]
        kind = {"kernel": "shared", "scaled": "whole"}.get(d.weights, "releases" if d.release else "kernels")
        for number, (begin, synapses) in enumerate(self._parts(d.owner, first, last)):
            more: list[Word] = [*synapses, targets, total[begin:], calls.own(beside)]
            more.append(self.program.arrays[f"{d.owner}.numbers"] if d.weights == "kernel" else 0)
            if not d.choice:
                listed = library(f"{kind}.py", calls.precision).SEGMENTS
                more += [calls.own(np.empty(2 * listed, np.int64)), calls.own(np.empty(listed, arrived.dtype))]
            else:
                kind, counts_of = "pooling", self.program.counted[self.rank]
                more += [self.program.arrays[d.choice[0]][begin:], *(counts_of[name] for name in d.choice[1:])]
                more += [0] * (2 - len(d.choice)) + [int(number == 0)]
            calls.add("arrive_synapses", *words, *more, of=kind)
        if scaled:
            added, scale = way(d) == "added", self.program.arrays[f"{d.owner}.scale"]
            into = self._state(d) if added else arrived
            calls.add("settle", last - first, into[first:], total[first:], scale, int(added), of="whole")
        if counts(d):
            calls.add("scale", last - first, arrived[first:], weight)

    def _parts(self, owner: str, first: int, last: int) -> Iterator[tuple[int, list[Word]]]:
        """Parts of tiles that are neurons first ... last-1: first neuron of the tile, first and last synapse, a stride.

        The first and last synapse of every row lie in the pointers of all parts, so far apart.
        """
        pointers, tiles, bounds = (self.program.arrays[f"{owner}.{name}"] for name in ("pointers", "tiles", "bounds"))
        for part, (begin, end) in enumerate(pairwise(bounds.tolist())):
            tile = int(tiles[np.searchsorted(tiles, begin, side="right") - 1])
            if first <= begin and end <= last:
                yield tile, [pointers[part:], pointers[part + 1 :], len(bounds) - 1]
            elif first == last:
                yield tile, [pointers[part:], pointers[part:], len(bounds) - 1]

    def _bits(self, d: Deliver, spikes: list[Word], sign: Word, arrived: Array, first: int, last: int) -> bool:
        """Deliver by rows of bits, where there are any and all sources have the same sign; whether it was done."""
        bits = self.program.arrays.get(f"{d.owner}.bits")
        if bits is None:
            return False
        places = self.program.arrays[f"{d.owner}.rows"]
        filled = (places.reshape(-1, len(d.lags)) >= 0).any(axis=1)
        signs = np.unique(sign[filled]) if isinstance(sign, np.ndarray) else np.ones(1)
        if len(signs) != 1:
            return False
        lags, copy = self.calls.own(np.array(d.lags, np.int64)), self.program.stagger.copy
        size = LINE * -(-(last - first) // (8 * LINE))
        planes, room = (copy(np.zeros(n, np.uint8), np.uint8) for n in (8 * size, 64 + 16 * 8))
        words: list[Word] = [*spikes, lags, len(lags), self.program.arrays[d.weight], int(signs[0])]
        words += [places, bits, 8 * bits.shape[1], first // 8, size, planes, room]
        self.calls.add("arrive_bits", *words, len(bits) - 2, last - first, arrived[first:], of="rows")
        return True

    def _drive(self, drive: Drive, arrived: Array, first: int, last: int) -> None:
        """Draw what Poisson processes bring, for one stretch of neurons with the same law after the other.

        A line of 64 neurons is drawn as a whole. So the last stretch comes first, and those before it overwrite what
        was drawn for their neurons by a law that is not theirs.
        """
        draw, weight = self.program.given.draws[drive.owner], self.program.arrays[drive.weight]
        stride, room = int(weight.ndim > 0), self.calls.own(np.zeros(4 * 64, np.uint16))
        for begin, end, least, thresholds in reversed(draw.tables):
            if begin >= last or end <= first:
                continue
            line = max(first, begin // 64 * 64)
            words: list[Word] = [min(end, last) - line, line, *draw.key, self.program.given.since[drive.owner], room]
            words += [self.calls.own(thresholds), len(thresholds), least]
            words += [weight[line:] if stride else weight, stride, arrived[line:]]
            self.calls.add("draw_counts", *words, of="draws")
