"""Philox4x32-10: random numbers as a function of a key and a counter, with no state in between.

The number for (key, neuron, step) is the same whoever asks for it, in whatever order and however often, so results
do not depend on threads, chunks or batches. Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3", SC'11, sec. 3.3 and table 2.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ArgumentError

U32 = npt.NDArray[np.uint32]
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_ROUNDS = 10
_STEP, _FINE = 0x53544550, 0x46494E45  # last words of the counters of what is drawn in every step: "STEP", "FINE"
_LATER, _PART = 0x54525543, 0x50415254  # and of keys that are made of others: "TRUC", "PART"
_AHEAD = 2**13  # words drawn at a time for a step-by-step run


def philox(counter: U32, key: tuple[int, int]) -> U32:
    """Four random 32-bit words for every counter: (..., 4) uint32 -> (..., 4) uint32; `key` is two 32-bit words."""
    c0, c1, c2, c3 = (counter[..., i].astype(np.uint64) for i in range(4))
    k0, k1 = key
    for _ in range(_ROUNDS):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def derive_key(rng: int | np.random.Generator | np.random.SeedSequence | None) -> tuple[int, int]:
    """A key drawn once from `rng`: a seed, a numpy Generator, or None for a fresh one (SPEC 7)."""
    if not (rng is None or isinstance(rng, int | np.integer | np.random.Generator | np.random.SeedSequence)):
        raise ArgumentError(
            "rng", got=repr(rng), expected="a seed, a numpy Generator or None", fix="give a whole number"
        )
    if rng is None:
        return secrets.randbits(32), secrets.randbits(32)
    words = np.random.default_rng(rng).integers(0, 2**32, size=2, dtype=np.uint64)
    return int(words[0]), int(words[1])


def later_key(key: tuple[int, int], attempt: int) -> tuple[int, int]:
    """The key of another attempt at what was drawn from `key`."""
    return _key_of(key, (attempt, 0, 0, _LATER))


def key_of_part(key: tuple[int, int], row: int, column: int) -> tuple[int, int]:
    """The key of one of the blocks of what `key` is that of."""
    return _key_of(key, (row, column, 0, _PART))


def _key_of(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, int]:
    words = philox(np.array(counter, dtype=np.uint32), key)
    return int(words[0]), int(words[1])


def uniforms(key: tuple[int, int], count: int, *, stream: int = 0, block: int = 0) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1) for elements 0 ... count-1: (count, 2) float64 with 53 random bits each.

    Element i is the same for every `count`; `stream` tells what is drawn, `block` which time (a step, a batch row).
    """
    return uniforms_of(key, np.arange(count), stream, block)


def uniforms_of(
    key: tuple[int, int], elements: npt.NDArray[np.int64], stream: int, block: int
) -> npt.NDArray[np.float64]:
    """The rows of `uniforms` that belong to some elements."""
    counter = np.empty((len(elements), 4), dtype=np.uint32)
    counter[:, 0], counter[:, 1] = elements.astype(np.uint32), stream
    counter[:, 2], counter[:, 3] = block & 0xFFFFFFFF, block >> 32
    words = philox(counter, key).astype(np.uint64)
    bits: npt.NDArray[Any] = (words[:, 0::2] << np.uint64(21)) ^ (words[:, 1::2] >> np.uint64(11))
    return np.asarray((bits.astype(np.float64) + 0.5) * 2.0**-53)


def step_words(key: tuple[int, int], first: int, steps: int, count: int) -> U32:
    """One random word for each of `count` elements in each of some steps: (steps, count) uint32.

    Its upper 16 bits come from the counters (line*8 + lane, step, step >> 32, "STEP"), the lower ones from those that
    end in "FINE": half h of word 2*p + w of such a counter belongs to the element line*64 + p*32 + lane*4 + 2*w + h.
    So a native loop draws for 64 neighbours at once, mostly the upper halves only, and no other use of a key has these
    last words.
    """
    lines = -(-count // 64)
    counter = np.zeros((steps, lines * 8, 4), dtype=np.uint32)
    number = np.arange(first, first + steps, dtype=np.uint64)[:, None]
    counter[:, :, 0] = np.arange(lines * 8, dtype=np.uint32)
    counter[:, :, 1], counter[:, :, 2] = number & _LOW, number >> np.uint64(32)
    halves = []
    for stream in (_STEP, _FINE):
        counter[:, :, 3] = stream
        words = philox(counter, key).reshape(steps, lines, 8, 2, 2)
        both = np.stack([words & np.uint32(0xFFFF), words >> np.uint32(16)], axis=-1)
        halves.append(both.transpose(0, 1, 3, 2, 4, 5).reshape(steps, lines * 64)[:, :count])
    return np.asarray(halves[0] << np.uint32(16) | halves[1])


class StepWords:
    """The words of `step_words`, some steps ahead at a time."""

    def __init__(self, key: tuple[int, int], count: int) -> None:
        self.key, self.count = key, count
        self._first, self._rows = 0, np.empty((0, count), np.uint32)

    def at(self, step: int) -> U32:
        """One word per element for a step."""
        if not self._first <= step < self._first + len(self._rows):
            ahead = max(1, _AHEAD // self.count)
            self._first, self._rows = step, step_words(self.key, step, ahead, self.count)
        return np.asarray(self._rows[step - self._first])
