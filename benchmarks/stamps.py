"""Where the time of a native run goes: between its kernels others are called that read the clock.

The product has none of this: what a thread calls in a step is a list of addresses, and here a longer list takes its
place. A delivery is made in two calls, of which the first lists segments and the second adds them, in the same order
and to the same bits.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
from numba import carray, cfunc, types
from numba.extending import intrinsic

from benchmarks.environments import CannotRunError
from cnsproject.executors.cpu import executor, thread
from cnsproject.executors.cpu.words import address, library
from cnsproject.network.native import NativeRun

Ints = npt.NDArray[np.int64]
PRECISION, MOST = "float32", 2**20  # segments of a step, at most
PARTS = ("update", "listing segments", "adding segments", "waiting", "listing spikes", "other kernels")
DELIVERY = 18  # words of a delivery
SEGMENTS, SYNAPSES, LEFT_OUT = 1, 2, 3  # what is counted, behind the number of segments of the step


@cache
def clock() -> int:
    """Address of the system's clock. Raises CannotRunError where there is none that native code can call."""
    try:
        found = ctypes.cast(ctypes.CDLL(None).clock_gettime, ctypes.c_void_p).value
    except (AttributeError, TypeError):
        found = None
    if found is None:
        raise CannotRunError("this system has no clock_gettime, by which native code would read the time")
    return found


@cache
def kernels() -> SimpleNamespace:
    """The kernels of this file, beside those of the product on which they are built."""
    native = library("kernels.py", PRECISION)
    pointer, add_segments, spikes_of, fetch = native.pointer, native.add_segments, native.spikes_of, native.fetch
    get_float, put_float, one = native.get_float, native.put_float, np.float32(1)
    read_clock = _read_clock()

    @cfunc(native.KERNEL, error_model="numpy")
    def stamp(words: Any, step: Any) -> Any:
        """Count the time since the last stamp for a part. words: last stamp and the parts, part, room, clock"""
        w = carray(pointer(words), 4, np.int64)
        clocks, now = carray(pointer(w[0]), 16, np.int64), carray(pointer(w[2]), 2, np.int64)
        read_clock(w[3], time.CLOCK_MONOTONIC, w[2])
        nanoseconds = now[0] * 1_000_000_000 + now[1]
        clocks[w[1]] += nanoseconds - clocks[0]
        clocks[0] = nanoseconds
        return 0

    @cfunc(native.KERNEL, error_model="numpy")
    def list_segments(words: Any, step: Any) -> Any:
        """As `deliver` lists them, all of a step. words: those of `deliver`, with more room, and what is counted"""
        w = carray(pointer(words), 19, np.int64)
        lists, parts, mask, groups, signed, sign, apart = w[0], w[1], w[2], w[4], w[7] != 0, w[7], w[11]
        lags, counts = carray(pointer(w[3]), groups, np.int64), carray(pointer(w[18]), 4, np.int64)
        firsts, lasts = carray(pointer(w[9]), 2**40, np.int64), carray(pointer(w[10]), 2**40, np.int64)
        due, count, synapses = carray(pointer(w[16]), 2 * MOST, np.int64), 0, 0
        for group in range(groups):
            for part in range(parts):
                fired, start, end = spikes_of(lists, part, step - lags[group], mask)
                for k in range(start, end):
                    place = (np.int64(fired[k]) * groups + group) * apart
                    fetch(w[9] + 8 * place - 64)
                    first, last = firsts[place], lasts[place]
                    if count == MOST:
                        counts[LEFT_OUT] += 1
                    elif first < last:
                        due[2 * count], due[2 * count + 1] = first, last
                        put_float(w[17], count, get_float(sign, np.int64(fired[k]), 0, 1) if signed else one, 0, 1)
                        count, synapses = count + 1, synapses + last - first
        counts[0] = count
        counts[SEGMENTS] += count
        counts[SYNAPSES] += synapses
        return 0

    @cfunc(native.KERNEL, error_model="numpy")
    def add_floats(words: Any, step: Any) -> Any:
        """Add what is listed."""
        w = carray(pointer(words), 19, np.int64)
        count = carray(pointer(w[18]), 4, np.int64)[0]
        add_segments(w, w[16], count, False, False)
        return 0

    @cfunc(native.KERNEL, error_model="numpy")
    def add_whole(words: Any, step: Any) -> Any:
        """Add what is listed, whole numbers."""
        w = carray(pointer(words), 19, np.int64)
        count = carray(pointer(w[18]), 4, np.int64)[0]
        add_segments(w, w[16], count, False, True)
        return 0

    return SimpleNamespace(
        stamp=stamp.address, listing=list_segments.address, floats=add_floats.address, whole=add_whole.address
    )


def _read_clock() -> Any:
    from llvmlite import ir

    @intrinsic
    def read_clock(typingctx: Any, function: Any, which: Any, room: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word = ir.IntType(64)
            kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32), word])
            called = builder.inttoptr(args[0], kind.as_pointer())
            return builder.call(called, [builder.trunc(args[1], ir.IntType(32)), args[2]])

        return types.int32(types.int64, types.int64, types.int64), generate

    return read_clock


@dataclass
class Stamps:
    """What was found of a run; arrays have a row for each of its threads.

    clocks     nanoseconds: of the last stamp, then of each of PARTS, then of what lies between two pieces of the run
    counts     segments listed in the last step, segments, synapses, and segments for which there was no room
    recording  seconds in which what was recorded was handed to the monitors
    """

    clocks: list[Ints]
    counts: list[Ints]
    recording: float = 0.0

    def seconds(self) -> dict[str, float]:
        """Of each part, the mean over threads. Raises CannotRunError where not all was delivered."""
        if any(row[LEFT_OUT] for row in self.counts):
            raise CannotRunError(f"a step had more than {MOST} segments, for which there is no room here")
        return {part: float(np.mean([row[k] for row in self.clocks])) * 1e-9 for k, part in enumerate(PARTS, start=1)}

    def total(self, what: int) -> int:
        """Of what was counted, by all threads."""
        return int(sum(row[what] for row in self.counts))


@contextmanager
def stamped() -> Iterator[Stamps]:
    """Native runs within this are stamped."""
    found = Stamps([], [])
    assemble, hand = executor.assemble, NativeRun._hand_recordings

    def stamped_thread(*words: Any) -> thread.Thread:
        return _with_stamps(assemble(*words), found)

    def timed_hand(run: NativeRun, first: int, last: int) -> None:
        start = time.perf_counter()
        hand(run, first, last)
        found.recording += time.perf_counter() - start

    with (
        mock.patch.object(executor, "assemble", stamped_thread),
        mock.patch.object(NativeRun, "_hand_recordings", timed_hand),
    ):
        yield found


def _with_stamps(one: thread.Thread, found: Stamps) -> thread.Thread:
    """A thread with a stamp behind each of its calls."""
    keep, native, own = one.keep, library("kernels.py", PRECISION), kernels()
    clocks = np.zeros(64, np.int64)[16:48]  # alone on its cache lines
    room, counts = np.zeros(2, np.int64), np.zeros(4, np.int64)
    keep += [clocks, room, counts]
    found.clocks.append(clocks)
    found.counts.append(counts)

    def words(*values: int) -> int:
        keep.append(np.array(values, np.int64))
        return address(keep[-1])

    def stamp(part: int) -> tuple[int, int]:
        return own.stamp, words(address(clocks), part, address(room), clock())

    between = len(PARTS) + 1
    # Behind the last call of a step threads may wait for each other.
    calls = [stamp(_part("other kernels" if one.alone else "waiting"))]
    for kernel, given in zip(*(array.tolist() for array in one.steps), strict=True):
        whole = kernel == library("whole.py", PRECISION).arrive_synapses.address
        if whole or kernel == native.arrive_synapses.address:
            more = _delivery(given, counts, keep)
            row = words(*more)
            calls += [(own.listing, row), stamp(_part("listing segments"))]
            calls += [(own.whole if whole else own.floats, row), stamp(_part("adding segments"))]
        else:
            calls += [(kernel, given), stamp(_part(_name(kernel)))]
    before = [*zip(*(array.tolist() for array in one.before), strict=True), stamp(between)]
    return replace(one, steps=_arrays(calls), before=_arrays(before))


def _delivery(given: int, counts: Ints, keep: list[Any]) -> list[int]:
    """The words of a delivery, with room for all segments of a step."""
    old = list((ctypes.c_int64 * DELIVERY).from_address(given))
    due, factors = np.empty(2 * MOST, np.int64), np.empty(MOST, np.float32)
    keep += [due, factors]
    return [*old[:16], address(due), address(factors), address(counts)]


def _part(name: str) -> int:
    return 1 + PARTS.index(name)


def _name(kernel: int) -> str:
    """The part that a kernel belongs to; what is no kernel of ours is the printed loop over the neurons."""
    native, whole = library("kernels.py", PRECISION), library("whole.py", PRECISION)
    known = {
        native.meet.address: "waiting", native.collect.address: "listing spikes", native.fade.address: "other kernels",
        native.silence.address: "adding segments", whole.settle.address: "adding segments",
    }  # fmt: skip
    return known.get(kernel, "update")


def _arrays(calls: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    kernel, words = zip(*calls, strict=True)
    return np.array(kernel, np.int64), np.array(words, np.int64)
