"""Standard normal numbers as a function of key, step and neuron: of noisy inputs, and of noise in equations."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.executors.base import hand_written
from cnsproject.random import philox

Key = tuple[int, int]
_XI = 0x58494E4F  # last word of the counters from which noises in equations get their keys: "XINO"
_AHEAD = 2**14  # numbers drawn at a time for a step-by-step run


def normals(first: int, count: int, n: int, key: Key) -> npt.NDArray[np.float64]:
    """Numbers of the steps first ... first+count-1: (count, n). Neuron i has the same ones for every n."""
    out = np.empty((count, n))
    hand_written("noise").normals(*key, first, out)
    return out


class Noise:
    """`xi` of a population: a number for each of `count` neurons and every step; rows of a batch have their own."""

    def __init__(self, name: str, key: Key, count: int, dtype: torch.dtype) -> None:
        words = philox(np.array([zlib.crc32(name.encode()), 0, 0, _XI], np.uint32), key)
        self._key, self._count, self._dtype = (int(words[0]), int(words[1])), count, dtype
        self._first, self._rows = 0, torch.empty(0, count, dtype=dtype)

    def block(self, first: int, count: int) -> Tensor:
        """The numbers of some steps, (count, neurons), rounded once to our precision."""
        return torch.from_numpy(normals(first, count, self._count, self._key)).to(self._dtype)

    def at(self, step: int) -> Tensor:
        """The numbers of one step, (neurons,)."""
        if not self._first <= step < self._first + len(self._rows):
            self._first, self._rows = step, self.block(step, max(1, _AHEAD // self._count))
        return self._rows[step - self._first]
