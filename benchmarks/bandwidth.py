"""How fast memory is read: in order, and in segments of a list of synapses that lie at random places."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from cnsproject.executors.cpu.words import address, library

Array = npt.NDArray[Any]
ROUNDS, LATER = 7, 12


@cache
def _readers() -> tuple[Any, Any]:
    native = library("kernels.py", "float32")
    get_word, get_16, get_32, get_whole, ask_for = (
        native.get_word, native.get_16, native.get_32, native.get_whole, native.ask_for
    )  # fmt: skip

    @njit(nogil=True)
    def in_order(words: int, first: int, last: int) -> int:
        """The sum of 64-bit words."""
        total = np.uint64(0)
        for k in range(first, last):
            total += get_word(words, k, 0, 1)
        return total

    @njit(nogil=True)
    def segments(targets: int, weights: int, whole: bool, firsts: Array, length: int) -> int:
        """The sum of segments of targets and weights, the lines of later ones asked for as in a delivery."""
        total = np.int64(0)
        for n in range(firsts.size):
            if n + LATER < firsts.size:
                first = firsts[n + LATER]
                if whole:
                    ask_for(first, first + length, targets, weights, 2)
                else:
                    ask_for(first, first + length, targets, weights, 4)
            first = firsts[n]
            found = np.int32(0)
            if whole:
                for synapse in range(first, first + length):
                    found += np.int32(get_16(targets, synapse, 0, 2)) + np.int32(get_whole(weights, synapse, 1, 2))
            else:
                for synapse in range(first, first + length):
                    found += np.int32(get_16(targets, synapse, 0, 2)) + get_32(weights, synapse, 1, 2)
            total += found
        return total

    return in_order, segments


def in_order(size: int, threads: int) -> float:
    """Bytes per second, of `size` bytes that lie one after the other."""
    read, array = _readers()[0], np.ones(size // 8, np.int64)
    bounds = np.linspace(0, len(array), threads + 1).astype(int).tolist()
    place = address(array)
    return size / _fastest([lambda a=a, b=b: read(place, a, b) for a, b in pairwise(bounds)])


def in_segments(synapses: int, length: int, whole: bool, threads: int, seed: int = 1) -> float:
    """Bytes per second, of segments at random places of a list of so many synapses, about as many as it has.

    whole  weights have 2 bytes instead of 4; a target has 2
    """
    read, bytes_each = _readers()[1], 4 if whole else 6
    targets, weights = np.ones(synapses, np.uint16), np.ones(synapses, np.int16 if whole else np.int32)
    generator, count = np.random.default_rng(seed), max(1, synapses // length // threads)
    places = [generator.integers(0, synapses - length, count) for _ in range(threads)]
    where = address(targets), address(weights)
    seconds = _fastest([lambda firsts=firsts: read(*where, whole, firsts, length) for firsts in places])
    return threads * count * length * bytes_each / seconds


def _fastest(tasks: list[Callable[[], Any]]) -> float:
    """Seconds that all tasks take at the same time, each in a thread: the least of some rounds."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        found = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for running in [pool.submit(task) for task in tasks]:
                running.result()
            found.append(time.perf_counter() - start)
    return min(found)
