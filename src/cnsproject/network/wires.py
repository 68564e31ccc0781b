"""`Wires`: synapses in the order in which spikes run through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError, TimeGridError
from cnsproject.executors.base import hand_written
from cnsproject.network.connectivity import Wiring

BITS_OF_A_TARGET = 32  # counting by rows is the faster the longer they are, so they may be larger than lists
SPARE_ROWS = 2
Ints = npt.NDArray[np.int64]


def words_of_a_row(post: int) -> int:
    """Words of 64 bits in a row of targets."""
    return 8 * -(-post // 512)


@dataclass(frozen=True)
class Wires:
    """Synapses by source, then by delay (longest first), then by target.

    pointers  those of source i and delay number g are pointers[i*G + g] ... pointers[i*G + g + 1] - 1, G delays in all
    targets   of every synapse; 16 bits where the target population is small enough
    steps     the delays in steps, each different, longest first; empty where all synapses have the same
    post      neurons of the target population
    """

    pointers: Ints
    targets: npt.NDArray[np.integer[Any]]
    steps: Ints
    post: int

    @cached_property
    def bits(self) -> tuple[npt.NDArray[np.uint64], Ints] | None:
        """The targets of sources and delays as rows of bits, and the row of each; None where a list is shorter.

        A target costs 16 bits in a list and 1/p bits in a row, when a neuron is one with probability p. A row cannot
        say that a target occurs twice. Rows are whole cache lines; the last two stay empty, for what reads ahead.
        """
        filled = np.diff(self.pointers) > 0
        rows, words = int(filled.sum()), words_of_a_row(self.post)
        if self.count * BITS_OF_A_TARGET < rows * words * 64 or not rows:
            return None
        packed, places = np.zeros((rows + SPARE_ROWS, words), np.uint64), np.where(filled, np.cumsum(filled) - 1, -1)
        whole = hand_written("bits").pack(self.pointers, self.targets, places, packed)
        return (packed, places) if whole else None

    @property
    def count(self) -> int:
        """Number of synapses."""
        return len(self.targets)

    @property
    def sources(self) -> Ints:
        """Source of every synapse."""
        segments = np.arange(len(self.pointers) - 1) // max(1, len(self.steps))
        return np.repeat(segments, np.diff(self.pointers))

    @property
    def groups(self) -> Ints:
        """Which of the delays every synapse has."""
        segments = np.arange(len(self.pointers) - 1) % max(1, len(self.steps))
        return np.repeat(segments, np.diff(self.pointers))

    @property
    def delays(self) -> Ints:
        """Delay of every synapse in steps."""
        return self.steps[self.groups]


def lay(wiring: Wiring, parts: tuple[Any, Any], delays: Ints | None) -> tuple[Wires, Ints | None]:
    """Synapses between parts of populations, with a delay each or one for all, and their order in `wiring`."""
    pre, post = parts
    targets = wiring.targets
    order: Ints | None = None
    steps = np.unique(delays)[::-1].copy() if delays is not None else np.empty(0, np.int64)
    rows = len(wiring.pointers) - 1
    pointers = wiring.pointers
    if delays is not None:
        group = np.searchsorted(-steps, -delays)
        segment = wiring.sources * len(steps) + group
        order = np.argsort(segment, kind="stable")
        targets = targets[order]
        pointers = _pointers(np.bincount(segment, minlength=rows * max(1, len(steps))))
    if hasattr(post, "indices"):
        targets = post.indices[targets]
    if hasattr(pre, "indices"):
        groups = max(1, len(steps))
        counts = np.zeros((pre.parent.n, groups), np.int64)
        counts[pre.indices] = np.diff(pointers).reshape(-1, groups)
        pointers = _pointers(counts.reshape(-1))
    whole = post.parent.n if hasattr(post, "indices") else post.n
    return Wires(pointers, targets.astype(np.uint16 if whole <= 2**16 else np.int32), steps, whole), order


def _pointers(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def steps_of(what: str, delays: npt.NDArray[np.float64], dt: float, *, rounded: bool) -> Ints:
    """Delays (ms) as whole steps; drawn ones are rounded, given ones must be whole."""
    if len(delays) and delays.min() < 0:
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
