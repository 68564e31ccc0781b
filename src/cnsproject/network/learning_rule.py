"""`LearningRule`: what a connection is told about how its weights change."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from cnsproject.checks import number
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.errors import ArgumentError


class LearningRule(ABC):
    """A kind of long-term plasticity: a declaration and the values of its parameters (abstract).

    bounded  whether the rule itself keeps weights finite and from `w_min` to `w_max`
    rates    names of the attributes that are the rates of potentiation and depression
    """

    bounded: bool = True
    rates: ClassVar[tuple[str, str]] = ("A_plus", "A_minus")

    @property
    def limits(self) -> tuple[float, float] | None:
        """Least and largest weight, where there are such: within them are kept weights that synapses share."""
        return None

    @property
    @abstractmethod
    def plasticity(self) -> Plasticity:
        """The declaration."""

    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `plasticity`."""

    def with_rates(self, lr: object) -> Self:
        """The same with other learning rates: one number, or a pair (potentiation, depression)."""
        what = f"{type(self).__name__}, lr"
        pair = tuple(lr) if isinstance(lr, tuple | list) else (lr, lr)
        if len(pair) != 2:
            raise ArgumentError(what, got=repr(lr), expected="a number or a pair of numbers", fix="give two")
        other = copy.copy(self)
        for name, value in zip(self.rates, pair, strict=True):
            setattr(other, name, number(what, value))
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
