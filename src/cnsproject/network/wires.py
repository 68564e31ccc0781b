"""`Wires`: synapses in the order in which spikes run through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError, TimeGridError
from cnsproject.executors.base import hand_written, shares

BITS_OF_A_TARGET = 32  # counting by rows is the faster the longer they are, so they may be larger than lists
SPARE_ROWS = 2
TILE = 2**16  # neurons that 16 bits can tell apart
Ints = npt.NDArray[np.int64]


def words_of_a_row(post: int) -> int:
    """Words of 64 bits in a row of targets."""
    return 8 * -(-post // 512)


def tiles_of(post: int) -> Ints:
    """Bounds of the parts of a population within which 16 bits tell a neuron: the fewest, equal, in cache lines."""
    return np.array(shares(post, max(1, -(-post // TILE))))


@dataclass(frozen=True)
class Wires:
    """Synapses by source, then by delay (longest first), then by target.

    pointers  those of source i, delay number g and tile t are pointers[n] ... pointers[n+1] - 1, n = (i*G + g)*T + t,
              with G delays and T tiles in all
    targets   of every synapse, counted from the first neuron of its tile
    steps     the delays in steps, each different, longest first; empty where all synapses have the same
    post      neurons of the target population
    """

    pointers: Ints
    targets: npt.NDArray[np.uint16]
    steps: Ints
    post: int

    @cached_property
    def bits(self) -> tuple[npt.NDArray[np.uint64], Ints] | None:
        """The targets of sources and delays as rows of bits, and the row of each; None where a list is shorter.

        A target costs 16 bits in a list and 1/p bits in a row, when a neuron is one with probability p. A row cannot
        say that a target occurs twice. Rows are whole cache lines; the last two stay empty, for what reads ahead.
        """
        filled = np.diff(self.segments) > 0
        rows, words = int(filled.sum()), words_of_a_row(self.post)
        if self.count * BITS_OF_A_TARGET < rows * words * 64 or not rows:
            return None
        packed, places = np.zeros((rows + SPARE_ROWS, words), np.uint64), np.where(filled, np.cumsum(filled) - 1, -1)
        whole = hand_written("bits").pack(self.segments, self.ends, places, packed)
        return (packed, places) if whole else None

    def most_onto_one(self) -> int:
        """The largest number of synapses onto one neuron."""
        counts = np.zeros(self.post, np.int64)
        hand_written("wiring").count_onto(self.pointers, self.tiles, self.targets, counts)
        return int(counts.max(initial=0))

    @property
    def count(self) -> int:
        """Number of synapses."""
        return len(self.targets)

    @cached_property
    def tiles(self) -> Ints:
        """Bounds of the tiles."""
        return tiles_of(self.post)

    def shared_by(self, threads: int) -> tuple[Ints, Ints]:
        """`pointers` and `tiles` where every tile is divided between the threads that own a part of the population.

        A thread owns as many neurons as the others. The last answer is kept: a network runs many times.
        """
        if threads == 1:
            return self.pointers, self.tiles
        found = self._shared.get(threads)
        if found is None:
            bounds = np.union1d(self.tiles, shares(self.post, threads))
            same = len(bounds) == len(self.tiles)
            split = hand_written("wiring").split
            found = self.pointers if same else split(self.pointers, self.tiles, self.targets, bounds), bounds
            self._shared.clear()
            self._shared[threads] = found
        return found

    @cached_property
    def _shared(self) -> dict[int, tuple[Ints, Ints]]:
        """What `shared_by` has found for so many threads, as far as it is kept."""
        return {}

    @property
    def segments(self) -> Ints:
        """Where the synapses of every source and delay begin, and the end."""
        return self.pointers[:: len(self.tiles) - 1]

    @property
    def ends(self) -> npt.NDArray[np.int32]:
        """Target of every synapse."""
        ends = self.targets.astype(np.int32)
        tiles = len(self.tiles) - 1
        if tiles > 1:
            firsts = np.tile(self.tiles[:-1].astype(np.int32), len(self.pointers) // tiles)
            ends += np.repeat(firsts, np.diff(self.pointers))
        return ends

    @property
    def sources(self) -> Ints:
        """Source of every synapse."""
        segments = np.arange(len(self.segments) - 1) // max(1, len(self.steps))
        return np.repeat(segments, np.diff(self.segments))

    @property
    def groups(self) -> Ints:
        """Which of the delays every synapse has."""
        segments = np.arange(len(self.segments) - 1) % max(1, len(self.steps))
        return np.repeat(segments, np.diff(self.segments))

    @property
    def delays(self) -> Ints:
        """Delay of every synapse in steps."""
        return self.steps[self.groups]


def steps_of(what: str, delays: npt.NDArray[np.float64], dt: float, *, rounded: bool) -> Ints:
    """Delays (ms) as whole steps; drawn ones are rounded, given ones must be whole."""
    if len(delays) and (np.round(delays.min() / dt) if rounded else delays.min()) < 0:
        raise ParameterError(
            what, got=f"{delays.min():g} ms", expected="delays >= 0 ms", fix="truncate the distribution at 0"
        )
    steps = np.round(delays / dt).astype(np.int64)
    off = np.abs(delays / dt - steps) > 1e-6
    if not rounded and off.any():
        wrong = float(delays[off][0])
        raise TimeGridError(
            what,
            got=f"{wrong:g} ms",
            expected=f"a whole number of steps of dt={dt:g} ms",
            fix=f"use {np.floor(wrong / dt) * dt:.10g} or {np.ceil(wrong / dt) * dt:.10g} ms",
        )
    return steps
