"""Distributions a value may be drawn from, element by element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, positive
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.random.philox import later_key, uniforms_of

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Two numbers in (0, 1) for each of some elements: of a key, the elements, a stream and a block.
Uniforms = Callable[[tuple[int, int], Ints, int, int], F64]
# How many values tell whether a law has any mass in an interval, and how many of these must be in it.
_PROBE, _LEAST = 4096, 4
_BLOCK = 2**16  # values drawn at a time: drawing one takes twenty times the room of its result


class Law(ABC):
    """A distribution. `draw(key, count)` gives element i the same value for every count and order of asking."""

    def draw(self, key: tuple[int, int], count: int, *, stream: int = 0, block: int = 0) -> F64:
        """`count` independent values, float64; other streams and blocks give other values."""
        values = np.empty(count)
        for first in range(0, count, _BLOCK):
            elements = np.arange(first, min(first + _BLOCK, count))
            values[elements[0] : elements[-1] + 1] = self.at(key, elements, stream=stream, block=block)
        return values

    @abstractmethod
    def at(
        self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, uniforms: Uniforms = uniforms_of
    ) -> F64:
        """The values of these elements; `uniforms` may be a faster function that gives the same numbers."""


class _FromUniforms(Law):
    """A law whose values are a function of two uniform numbers."""

    def at(
        self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, uniforms: Uniforms = uniforms_of
    ) -> F64:
        return self._from_uniforms(uniforms(key, elements, stream, block))

    @abstractmethod
    def _from_uniforms(self, u: F64) -> F64:
        """One value from each row of two uniform numbers in (0, 1)."""


@dataclass(frozen=True)
class Uniform(_FromUniforms):
    """Uniform on [low, high)."""

    low: float
    high: float

    @named_arguments
    def __init__(self, low: float, high: float) -> None:
        object.__setattr__(self, "low", number("Uniform.low", low))
        object.__setattr__(self, "high", number("Uniform.high", high))
        if not self.low < self.high:
            raise ParameterError("Uniform(low, high)", got=f"{low}, {high}", expected="low < high", fix="swap them")

    def _from_uniforms(self, u: F64) -> F64:
        return self.low + (self.high - self.low) * u[:, 0]


@dataclass(frozen=True)
class Normal(_FromUniforms):
    """Normal with `mean` and standard deviation `sd`, by the Box-Muller transform."""

    mean: float
    sd: float

    @named_arguments
    def __init__(self, mean: float, sd: float) -> None:
        object.__setattr__(self, "mean", number("Normal.mean", mean))
        object.__setattr__(self, "sd", positive("Normal.sd", sd))

    def _from_uniforms(self, u: F64) -> F64:
        return self.mean + self.sd * np.sqrt(-2.0 * np.log(u[:, 0])) * np.cos(2.0 * np.pi * u[:, 1])


@dataclass(frozen=True)
class LogNormal(_FromUniforms):
    """exp of a normal number; `mean` and `sd` are those of the logarithm."""

    mean: float
    sd: float

    @named_arguments
    def __init__(self, mean: float, sd: float) -> None:
        object.__setattr__(self, "mean", number("LogNormal.mean", mean))
        object.__setattr__(self, "sd", positive("LogNormal.sd", sd))

    def _from_uniforms(self, u: F64) -> F64:
        return np.asarray(np.exp(Normal(self.mean, self.sd)._from_uniforms(u)))


@dataclass(frozen=True)
class Scaled(Law):
    """A law in another unit: its values times a number."""

    law: Law
    factor: float

    def at(
        self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, uniforms: Uniforms = uniforms_of
    ) -> F64:
        return self.factor * self.law.at(key, elements, stream=stream, block=block, uniforms=uniforms)


@dataclass(frozen=True)
class Truncated(Law):
    """`law` given that the value is in [low, high]: an element is drawn anew until it is. A bound may be left open."""

    law: Law
    low: float
    high: float

    @named_arguments
    def __init__(self, law: Law, low: float | None = None, high: float | None = None) -> None:
        if not isinstance(law, Law):
            raise ArgumentError(
                "Truncated.law", got=repr(law), expected="a distribution", fix="make one: cns.Normal(mean, sd)"
            )
        if low is None and high is None:
            raise ArgumentError("Truncated(low, high)", got="neither", expected="a bound", fix="give low, high or both")
        object.__setattr__(self, "law", law)
        object.__setattr__(self, "low", -np.inf if low is None else number("Truncated.low", low))
        object.__setattr__(self, "high", np.inf if high is None else number("Truncated.high", high))
        if not self.low < self.high:
            raise ParameterError("Truncated(low, high)", got=f"{low}, {high}", expected="low < high", fix="swap them")
        # Asked once here and of a fixed sample: whether it is an error must not depend on what is drawn later.
        inside = int((~self._outside(law.draw((0, 0), _PROBE))).sum())
        if inside < _LEAST:
            raise ParameterError(
                "Truncated(low, high)",
                got=f"[{self.low:g}, {self.high:g}], which {inside} of {_PROBE} values of {law} are in",
                expected=f"at least {_LEAST} of them",
                fix="widen the interval, or move the law into it",
            )

    def at(
        self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, uniforms: Uniforms = uniforms_of
    ) -> F64:
        values = self.law.at(key, elements, stream=stream, block=block, uniforms=uniforms)
        missing, attempt = np.flatnonzero(self._outside(values)), 0
        while missing.size:
            attempt += 1
            # Element, stream and block tell what is drawn; how often it has been drawn is left to the key.
            values[missing] = self.law.at(
                later_key(key, attempt), elements[missing], stream=stream, block=block, uniforms=uniforms
            )
            missing = missing[self._outside(values[missing])]
        return values

    def _outside(self, values: F64) -> npt.NDArray[np.bool_]:
        return ~((values >= self.low) & (values <= self.high))
