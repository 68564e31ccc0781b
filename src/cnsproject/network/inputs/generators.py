"""Currents for `Network.run(inputs=...)` and for loops by hand: steps, pulses, ramps, sines, functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import named_arguments, positive, steps_on_grid, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.base import hand_written
from cnsproject.network.inputs.currents import (
    F64,
    Amount,
    Generator,
    Key,
    at_least_zero,
    not_negative,
    one_row,
    read_amount,
)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StepCurrent(Generator):
    """Piecewise constant: `amplitudes[i]` from `times[i]` on, 0 before the first.

    times       ascending (ms)
    amplitudes  one per time, or for every time one per neuron: (len(times),) or (len(times), *shape) (nA)
    """

    times: F64
    amplitudes: F64

    @named_arguments
    def __init__(self, times: npt.ArrayLike | Tensor, amplitudes: npt.ArrayLike | Tensor) -> None:
        at, table = (
            np.atleast_1d(read_amount(f"StepCurrent.{n}", v)) for n, v in (("times", times), ("amplitudes", amplitudes))
        )
        if at.ndim != 1 or not len(at) or len(at) != len(table):
            raise ShapeError(
                "StepCurrent(times, amplitudes)", got=f"shapes {at.shape} and {table.shape}",
                expected="one amplitude per time", fix="make them equally long",
            )  # fmt: skip
        if (at < 0).any() or (np.diff(at) <= 0).any():
            raise ParameterError(
                "StepCurrent.times", got=str(at.tolist()), expected="ascending times >= 0 (ms)", fix="sort them"
            )
        vars(self).update(times=at, amplitudes=table)

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        if self.amplitudes.ndim > 1 and self.amplitudes.shape[1:] != shape:
            raise ShapeError(
                "StepCurrent.amplitudes",
                got=f"shape {self.amplitudes.shape}",
                expected=f"shape {self.times.shape} or {(*self.times.shape, *shape)}",
                fix="give one per time, or one per time and neuron",
            )
        steps = np.rint(self.times / dt)
        for time in self.times[np.abs(self.times / dt - steps) > 1e-6]:
            steps_on_grid("StepCurrent.times", time, dt)
        table = self.amplitudes.reshape(len(steps), -1)
        table = np.concatenate([np.zeros((1, table.shape[1])), table])
        return table[np.searchsorted(steps, _steps(first, count), side="right")]


@dataclass(frozen=True, eq=False)
class PulseTrain(Generator):
    """Rectangular pulses: `amplitude` for `width` ms, first at `start`, then every `period` ms; 0 between.

    amplitude  a number, or one per neuron (nA)
    count      how many pulses; None for no end
    """

    amplitude: F64
    start: float
    width: float
    period: float
    count: int | None

    @named_arguments
    def __init__(self, amplitude: Amount, start: float, width: float, period: float, count: int | None = None) -> None:
        vars(self).update(
            amplitude=read_amount("PulseTrain.amplitude", amplitude),
            start=not_negative("PulseTrain.start", start),
            width=positive("PulseTrain.width", width, "ms"),
            period=positive("PulseTrain.period", period, "ms"),
            count=None if count is None else whole("PulseTrain.count", count),
        )
        if self.width > self.period:
            raise ParameterError(
                "PulseTrain(width, period)", got=f"{self.width:g} and {self.period:g} ms",
                expected="a width of at most the period", fix="shorten the pulse, or lengthen the period",
            )  # fmt: skip

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        start, width, period = (
            steps_on_grid(f"PulseTrain.{name}", getattr(self, name), dt) for name in ("start", "width", "period")
        )
        pulse, phase = np.divmod(_steps(first, count) - start, period)
        on = (pulse >= 0) & (phase < width)
        if self.count is not None:
            on &= pulse < self.count
        return on[:, None] * one_row("PulseTrain.amplitude", self.amplitude, shape)


@dataclass(frozen=True, eq=False)
class Ramp(Generator):
    """From `start_value` to `end_value` (nA) along a line between `start` and `stop` (ms); constant before and after.

    The values are numbers, or one per neuron.
    """

    start_value: F64
    end_value: F64
    start: float
    stop: float

    @named_arguments
    def __init__(self, start_value: Amount, end_value: Amount, start: float, stop: float) -> None:
        vars(self).update(
            start_value=read_amount("Ramp.start_value", start_value),
            end_value=read_amount("Ramp.end_value", end_value),
            start=not_negative("Ramp.start", start),
            stop=not_negative("Ramp.stop", stop),
        )
        if self.stop <= self.start:
            raise ParameterError(
                "Ramp(start, stop)", got=f"{self.start:g} and {self.stop:g} ms", expected="start < stop",
                fix="swap them, or use StepCurrent for a jump",
            )  # fmt: skip

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        start, stop = (steps_on_grid(f"Ramp.{name}", getattr(self, name), dt) for name in ("start", "stop"))
        low = one_row("Ramp.start_value", self.start_value, shape)
        high = one_row("Ramp.end_value", self.end_value, shape)
        # Both ends exactly, which low + part*(high - low) would miss by rounding.
        part = np.clip((_steps(first, count)[:, None] - start) / (stop - start), 0.0, 1.0)
        return np.asarray((1.0 - part) * low + part * high)


@dataclass(frozen=True, eq=False)
class Sine(Generator):
    """offset + amplitude*sin(2*pi*frequency*t + phase).

    amplitude, offset  numbers, or one per neuron (nA)
    frequency          Hz; a number, or one per neuron
    phase              radians; a number, or one per neuron
    """

    amplitude: F64
    frequency: F64
    phase: F64
    offset: F64

    @named_arguments
    def __init__(self, amplitude: Amount, frequency: Amount, phase: Amount = 0.0, offset: Amount = 0.0) -> None:
        vars(self).update(
            amplitude=read_amount("Sine.amplitude", amplitude),
            frequency=at_least_zero("Sine.frequency", frequency, "Hz"),
            phase=read_amount("Sine.phase", phase, "radians"),
            offset=read_amount("Sine.offset", offset),
        )

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        amplitude, frequency, phase, offset = (one_row(f"Sine.{n}", v, shape) for n, v in vars(self).items())
        turns = np.ascontiguousarray(_steps(first, count)[:, None] * (1e-3 * dt * frequency) + phase / (2.0 * math.pi))
        hand_written("noise").sines(turns.reshape(-1))
        return np.asarray(offset + amplitude * turns)


@dataclass(frozen=True, eq=False)
class FunctionCurrent(Generator):
    """f(t): called with an array of times (ms), gives one current per time, or per time and neuron (nA).

    f must be a function of t alone, so that it gives the same whenever it is asked.
    """

    f: Callable[[F64], Any]

    @named_arguments
    def __init__(self, f: Callable[[F64], Any]) -> None:
        if not callable(f):
            raise ArgumentError("FunctionCurrent(f)", got=repr(f), expected="a function of t", fix="pass f, not f(t)")
        vars(self).update(f=f)

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        times: F64 = _steps(first, count).astype(np.float64) * dt
        try:
            given = self.f(times.copy())
        except (TypeError, ValueError) as error:
            error.add_note(
                "FunctionCurrent calls its function with an array of times: write it with numpy's functions."
            )
            raise
        rows: npt.NDArray[Any] = np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given)
        if rows.dtype.kind not in "iuf":
            raise ArgumentError(
                "FunctionCurrent(f)", got=f"{rows.dtype} from f", expected="real numbers (nA)", fix="return an array"
            )
        shapes = ((count,), (count, 1), (count, math.prod(shape)), (count, *shape))
        if rows.shape not in shapes:
            raise ShapeError(
                "FunctionCurrent(f)", got=f"shape {rows.shape} from f for {count} times",
                expected=f"shape {shapes[0]} or {shapes[-1]}", fix="compute with the array of times, as in 5.0 + 0*t",
            )  # fmt: skip
        if not np.isfinite(rows).all():
            where = int(np.argwhere(~np.isfinite(rows))[0][0])
            raise ParameterError(
                "FunctionCurrent(f)", got=f"NaN or infinity from f at {times[where]:g} ms", expected="finite numbers",
                fix="look at f there",
            )  # fmt: skip
        return rows.reshape(count, -1).astype(np.float64)


def _steps(first: int, count: int) -> Ints:
    return np.arange(first, first + count, dtype=np.int64)
