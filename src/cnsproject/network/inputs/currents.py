"""`Generator`: an input as a function of absolute time, and what is made of several: sums and multiples."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, positive, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.parameters import read_array, read_shape
from cnsproject.random import derive_key, philox

F64 = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]
Key = tuple[int, int]
Amount = float | npt.ArrayLike | Tensor  # a number, or one per neuron in the population's shape

_TERM = 0x5445524D  # last word of the counters from which the terms of a sum get their keys: "TERM"
_NUMBERS = 2**16  # computed at a time: half a MiB stays in the cache of a core


class Generator(ABC):
    """A current in absolute time: ms since step 0 of its population, so that run(100) equals run(60) and run(40).

    Step k has the value of the time k*dt. Generators and numbers can be added, subtracted and multiplied by numbers:
    `StepCurrent([100], [2]) + 0.5 * WhiteNoise(0, 1)`. Noise draws from the key of the population (its `rng=`, or the
    seed of the network and its name); the terms of a sum draw from keys of their own, by their position.
    """

    # An array on the left must leave addition and multiplication to us instead of trying it element by element.
    __array_ufunc__ = None

    @abstractmethod
    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> Rows:
        """Values (nA) of the steps first ... first+count-1: (count, 1), or (count, n) for the neurons of `shape`.

        A pure function of its arguments: whoever asks for a step, in whatever block, gets the same bits.
        """

    @named_arguments
    def values(
        self,
        time: float,
        dt: float,
        shape: int | tuple[int, ...] = 1,
        first: float = 0.0,
        rng: int | np.random.Generator | np.random.SeedSequence | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """The current of `time` ms from `first` ms on, for a loop of `population.forward(current[k])`.

        Shape (steps, 1) when all neurons get the same, else (steps, *shape). With the `rng` of a population it is
        what the population gets in `Network.run`.
        """
        what = f"{type(self).__name__}.values"
        dt, sizes = positive(f"{what}(dt)", dt, "ms"), read_shape(f"{what}(shape)", shape)
        steps, start = (
            steps_on_grid(f"{what}({name})", not_negative(f"{what}({name})", given), dt)
            for name, given in (("time", time), ("first", first))
        )
        if dtype not in (torch.float32, torch.float64):
            raise ArgumentError(
                f"{what}(dtype)", got=repr(dtype), expected="torch.float32 or torch.float64", fix="choose one of them"
            )
        result = Source(what, self, dt, sizes, derive_key(rng), dtype, start).tensor(start, steps)
        return result if result.shape[1] == 1 else result.reshape(steps, *sizes)

    def __add__(self, other: object) -> Generator:
        return Sum([self, other])

    def __radd__(self, other: object) -> Generator:
        return Sum([other, self])

    def __mul__(self, factor: Amount) -> Generator:
        return Scaled(self, factor)

    def __rmul__(self, factor: Amount) -> Generator:
        return Scaled(self, factor)

    def __neg__(self) -> Generator:
        return Scaled(self, -1.0)

    def __sub__(self, other: object) -> Generator:
        return Sum([self, -_term(other)])

    def __rsub__(self, other: object) -> Generator:
        return Sum([other, -self])


class Constant:
    """A current for every neuron that does not change during a run: an array of the population's shape (nA)."""

    @named_arguments
    def __init__(self, values: object) -> None:
        self.values = values


@dataclass(frozen=True, eq=False)
class ConstantCurrent(Generator):
    """The same at all times: a number, or an array of the population's shape (nA)."""

    amplitude: F64

    @named_arguments
    def __init__(self, amplitude: Amount) -> None:
        vars(self).update(amplitude=read_amount("ConstantCurrent.amplitude", amplitude))

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        row = one_row("ConstantCurrent.amplitude", self.amplitude, shape)
        return np.broadcast_to(row, (count, row.shape[1]))


@dataclass(frozen=True, eq=False)
class Sum(Generator):
    """The sum of generators; numbers and arrays of the population's shape count as constant."""

    terms: tuple[Generator, ...]

    @named_arguments
    def __init__(self, terms: Sequence[object]) -> None:
        given = [_term(term) for term in terms]
        if not given:
            raise ArgumentError("Sum", got="nothing", expected="at least one generator", fix="give the terms as a list")
        # A sum within a sum is one sum: a + b + c has three terms, however it is bracketed.
        vars(self).update(terms=tuple(t for term in given for t in (term.terms if isinstance(term, Sum) else (term,))))

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        total = np.zeros((count, 1))
        for place, term in enumerate(self.terms):
            words = philox(np.array([place, 0, 0, _TERM], np.uint32), key)
            total = total + checked_rows(term, first, count, dt, shape, (int(words[0]), int(words[1])))
        return total


@dataclass(frozen=True, eq=False)
class Scaled(Generator):
    """A generator times a number, or times one number per neuron."""

    generator: Generator
    factor: F64

    @named_arguments
    def __init__(self, generator: Generator, factor: Amount) -> None:
        vars(self).update(generator=_term(generator), factor=read_amount("generator * factor", factor, ""))

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> F64:
        rows: F64 = checked_rows(self.generator, first, count, dt, shape, key)
        return rows * one_row("generator * factor", self.factor, shape)


def _term(given: Any) -> Generator:
    """A term of a sum: a generator, or what can be read as a constant."""
    if isinstance(given, Generator):
        return given
    amount: Any = given.values if isinstance(given, Constant) else given
    return ConstantCurrent(amount)


# What is asked of amounts, and of the rows of a generator


def read_amount(what: str, given: object, unit: str = "nA") -> F64:
    """A number as an array without dimensions, or an array as it is: finite, float64."""
    if isinstance(given, list | tuple) or (isinstance(given, Tensor | np.ndarray) and given.ndim > 0):
        # As objects, since numbers that make no rectangle have no other shape; read_array refuses them.
        raw = given if isinstance(given, Tensor | np.ndarray) else np.array(given, dtype=object)
        return read_array(what, given, tuple(raw.shape))
    return np.array(number(what, given, unit))


def not_negative(what: str, given: object, unit: str = "ms") -> float:
    """`given` as a finite float that is not below zero."""
    result = number(what, given, unit)
    if result < 0:
        raise ParameterError(what, got=f"{result:g}", expected=f"a number >= 0 ({unit})", fix="use 0 for none")
    return result


def at_least_zero(what: str, given: object, unit: str) -> F64:
    """An amount of which nothing is below zero."""
    amount = read_amount(what, given, unit)
    if (amount < 0).any():
        raise ParameterError(what, got=f"{amount.min():g}", expected=f"numbers >= 0 ({unit})", fix="use 0 for none")
    return amount


def one_row(what: str, amount: F64, shape: tuple[int, ...]) -> F64:
    """An amount for neurons of `shape`: (1, 1) or (1, n)."""
    if amount.size > 1 and amount.shape != shape:
        raise ShapeError(
            what, got=f"shape {amount.shape}", expected=f"a number or shape {shape}", fix="give one value per neuron"
        )
    return amount.reshape(1, -1)


def checked_rows(generator: Generator, first: int, count: int, dt: float, shape: tuple[int, ...], key: Key) -> Rows:
    """The rows of a generator, which may be a user's own: floats in one of the two shapes that are promised."""
    rows = generator.rows(first, count, dt, shape, key)
    what, wide = f"{type(generator).__name__}.rows", (count, math.prod(shape))
    if not isinstance(rows, np.ndarray) or rows.dtype.kind != "f":
        got = f"an array of {rows.dtype}" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise ArgumentError(what, got=got, expected="an array of floats", fix="convert it with np.asarray(..., float)")
    if rows.shape not in ((count, 1), wide):
        raise ShapeError(
            what, got=f"shape {rows.shape} for {count} steps", expected=f"shape {(count, 1)} or {wide}",
            fix="give one row per step",
        )  # fmt: skip
    return rows


class Source:
    """A generator with all that its rows depend on but the step, in the dtype in which they are wanted.

    width  numbers in a row: 1 for all neurons, or n
    """

    def __init__(
        self,
        what: str,
        generator: Generator,
        dt: float,
        shape: tuple[int, ...],
        key: Key,
        dtype: torch.dtype,
        first: int,
    ) -> None:
        self.what, self.generator, self.dt, self.shape, self.key, self.dtype = what, generator, dt, shape, key, dtype
        # One row now: what does not fit is said before anything runs.
        self.width = checked_rows(generator, first, 1, dt, shape, key).shape[1]

    def tensor(self, first: int, count: int) -> Tensor:
        """Rows first ... first+count-1 as a contiguous tensor (count, width), all of them finite."""
        result = torch.empty(count, self.width, dtype=self.dtype)
        some = max(1, _NUMBERS // self.width)
        for start in range(0, count, some):
            stop = min(start + some, count)
            self._write(first + start, result[start:stop].numpy())
        return result

    def _write(self, first: int, out: Rows) -> None:
        rows = checked_rows(self.generator, first, len(out), self.dt, self.shape, self.key)
        if rows.shape != out.shape:
            raise ShapeError(
                f"{type(self.generator).__name__}.rows",
                got=f"rows of {rows.shape[1]} numbers after rows of {self.width}",
                expected="rows of one size at all times", fix="give one value per neuron for every time",
            )  # fmt: skip
        with np.errstate(over="ignore"):  # seen in the next line
            out[...] = rows
        if not np.isfinite(out).all():
            step, neuron = (int(i) for i in np.argwhere(~np.isfinite(out))[0])
            raise ParameterError(
                self.what, got=f"{out[step, neuron]} at {(first + step) * self.dt:g} ms, neuron {neuron}",
                expected=f"finite numbers ({self.dtype})", fix="check the amplitudes",
            )  # fmt: skip
