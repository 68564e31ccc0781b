"""Distributions a value may be drawn from, element by element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, positive
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.random.elementary import logarithm, sine_cosine
from cnsproject.random.philox import later_key, uniforms_of

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# How many values tell whether a law has any mass in an interval, and how many of these must be in it.
_PROBE, _LEAST = 4096, 4
_BLOCK = 2**16  # values drawn at a time: drawing one takes twenty times the room of its result


class Draws:
    """What laws are made of: numbers of some elements, which depend on a key, the element, a stream and a block.

    Who draws many gives the same numbers in less time.
    """

    def uniforms(self, key: tuple[int, int], elements: Ints, stream: int, block: int) -> F64:
        """Two numbers in (0, 1) for each: (elements, 2)."""
        return uniforms_of(key, elements, stream, block)

    def normals(self, key: tuple[int, int], elements: Ints, stream: int, block: int) -> F64:
        """A standard normal number for each, by the Box-Muller transform."""
        u = self.uniforms(key, elements, stream, block)
        return np.sqrt(-2.0 * logarithm(u[:, 0])) * sine_cosine(u[:, 1])[1]


PLAIN = Draws()


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
    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        """The values of these elements, made of what is drawn for them."""


@dataclass(frozen=True)
class Uniform(Law):
    """Uniform on [low, high)."""

    low: float
    high: float

    @named_arguments
    def __init__(self, low: float, high: float) -> None:
        object.__setattr__(self, "low", number("Uniform.low", low))
        object.__setattr__(self, "high", number("Uniform.high", high))
        if not self.low < self.high:
            raise ParameterError("Uniform(low, high)", got=f"{low}, {high}", expected="low < high", fix="swap them")

    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        return self.low + (self.high - self.low) * draws.uniforms(key, elements, stream, block)[:, 0]


@dataclass(frozen=True)
class Normal(Law):
    """Normal with `mean` and standard deviation `sd`, by the Box-Muller transform."""

    mean: float
    sd: float

    @named_arguments
    def __init__(self, mean: float, sd: float) -> None:
        object.__setattr__(self, "mean", number("Normal.mean", mean))
        object.__setattr__(self, "sd", positive("Normal.sd", sd))

    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        return self.mean + self.sd * draws.normals(key, elements, stream, block)


@dataclass(frozen=True)
class LogNormal(Law):
    """exp of a normal number; `mean` and `sd` are those of the logarithm."""

    mean: float
    sd: float

    @named_arguments
    def __init__(self, mean: float, sd: float) -> None:
        object.__setattr__(self, "mean", number("LogNormal.mean", mean))
        object.__setattr__(self, "sd", positive("LogNormal.sd", sd))

    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        logarithms = Normal(self.mean, self.sd).at(key, elements, stream=stream, block=block, draws=draws)
        return np.asarray(np.exp(logarithms))


@dataclass(frozen=True)
class Scaled(Law):
    """A law in another unit: its values times a number."""

    law: Law
    factor: float

    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        return self.factor * self.law.at(key, elements, stream=stream, block=block, draws=draws)


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

    def at(self, key: tuple[int, int], elements: Ints, *, stream: int = 0, block: int = 0, draws: Draws = PLAIN) -> F64:
        values = self.law.at(key, elements, stream=stream, block=block, draws=draws)
        missing, attempt = np.flatnonzero(self._outside(values)), 0
        while missing.size:
            attempt += 1
            # Element, stream and block tell what is drawn; how often it has been drawn is left to the key.
            values[missing] = self.law.at(
                later_key(key, attempt), elements[missing], stream=stream, block=block, draws=draws
            )
            missing = missing[self._outside(values[missing])]
        return values

    def _outside(self, values: F64) -> npt.NDArray[np.bool_]:
        return ~((values >= self.low) & (values <= self.high))
