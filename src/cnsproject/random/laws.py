"""Distributions a value may be drawn from, element by element."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, positive
from cnsproject.errors import ParameterError
from cnsproject.random.philox import uniforms

F64 = npt.NDArray[np.float64]


class Law(ABC):
    """A distribution. `draw(key, count)` gives element i the same value for every count and order of asking."""

    def draw(self, key: tuple[int, int], count: int, *, stream: int = 0, block: int = 0) -> F64:
        """`count` independent values, float64; other streams and blocks give other values."""
        return self._from_uniforms(uniforms(key, count, stream=stream, block=block))

    @abstractmethod
    def _from_uniforms(self, u: F64) -> F64:
        """One value from each row of two uniform numbers in (0, 1)."""


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

    def _from_uniforms(self, u: F64) -> F64:
        return self.low + (self.high - self.low) * u[:, 0]


@dataclass(frozen=True)
class Normal(Law):
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
class LogNormal(Law):
    """exp of a normal number; `mean` and `sd` are those of the logarithm."""

    mean: float
    sd: float

    @named_arguments
    def __init__(self, mean: float, sd: float) -> None:
        object.__setattr__(self, "mean", number("LogNormal.mean", mean))
        object.__setattr__(self, "sd", positive("LogNormal.sd", sd))

    def _from_uniforms(self, u: F64) -> F64:
        return np.asarray(np.exp(Normal(self.mean, self.sd)._from_uniforms(u)))
