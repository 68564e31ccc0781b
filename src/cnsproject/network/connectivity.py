"""Which neuron of `pre` is connected to which of `post`: rules that a `Connection` builds its synapses from."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.base import printed_module

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Wiring:
    """Synapses by source: those of source i are pointers[i] ... pointers[i+1]-1, in ascending order of their target.

    order  for synapses that the user gave: where each of them stands in the user's arrays
    """

    pointers: Ints
    targets: npt.NDArray[np.int32]
    order: Ints | None = None

    @property
    def sources(self) -> Ints:
        """Source of every synapse."""
        return np.repeat(np.arange(len(self.pointers) - 1), np.diff(self.pointers))


class Connectivity(ABC):
    """A rule. `autapses`: whether a neuron may connect to itself, where pre and post are the same population."""

    autapses: bool = True

    @abstractmethod
    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        """The synapses between so many neurons, drawn from `key`; `same`: one population on both sides."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class AllToAll(Connectivity):
    """Every neuron to every neuron."""

    @named_arguments
    def __init__(self, *, autapses: bool = True) -> None:
        self.autapses = autapses

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        rows = np.tile(np.arange(targets, dtype=np.int32), (sources, 1))
        if same and not self.autapses:
            rows = rows[~np.eye(sources, dtype=bool)].reshape(sources, -1)
        return Wiring(np.arange(sources + 1, dtype=np.int64) * rows.shape[1], rows.ravel())


class OneToOne(Connectivity):
    """Neuron i to neuron i; both populations must have the same size."""

    @named_arguments
    def __init__(self) -> None:
        pass

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        if sources != targets:
            raise ShapeError(
                "OneToOne",
                got=f"{sources} sources and {targets} targets",
                expected="equally many",
                fix="use another rule",
            )
        return Wiring(np.arange(sources + 1, dtype=np.int64), np.arange(sources, dtype=np.int32))


class FixedProbability(Connectivity):
    """Every pair with probability p, independently."""

    @named_arguments
    def __init__(self, p: float, *, autapses: bool = True) -> None:
        self.p, self.autapses = number("FixedProbability.p", p), autapses
        if not 0 <= self.p <= 1:
            raise ParameterError(
                "FixedProbability.p", got=f"{self.p:g}", expected="a probability", fix="give a number from 0 to 1"
            )

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        if self.p == 1:
            return AllToAll(autapses=self.autapses).build(sources, targets, key, same=same)
        pointers = np.zeros(sources + 1, np.int64)
        if self.p == 0:
            return Wiring(pointers, np.empty(0, np.int32))
        draw = (*key, sources, targets, math.log1p(-self.p), self.autapses or not same, pointers)
        _compiled().bernoulli(*draw, np.empty(0, np.int32))
        found = np.empty(pointers[-1], np.int32)
        if len(found):
            _compiled().bernoulli(*draw, found)
        return Wiring(pointers, found)


class _FixedDegree(Connectivity):
    """A fixed number of partners per neuron."""

    @named_arguments
    def __init__(self, k: int, *, autapses: bool = True, multapses: bool = True) -> None:
        self.k, self.autapses, self.multapses = whole(f"{type(self).__name__}.k", k), autapses, multapses

    def _draw(self, rows: int, columns: int, key: tuple[int, int], same: bool) -> npt.NDArray[np.int32]:
        skips = same and not self.autapses
        available = columns - int(skips)
        if (not self.multapses and self.k > available) or (self.k and not available):
            raise ParameterError(
                f"{type(self).__name__}.k", got=f"{self.k}", expected=f"at most {available} different partners",
                fix="lower k, or allow multapses",
            )  # fmt: skip
        out = np.empty((rows, self.k), np.int32)
        _compiled().fixed_number(*key, rows, columns, self.k, not skips, self.multapses, out)
        return out


class FixedInDegree(_FixedDegree):
    """Every neuron of post receives k synapses from sources drawn uniformly."""

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        drawn = self._draw(targets, sources, key, same)
        pointers, found = np.zeros(sources + 1, np.int64), np.empty(drawn.size, np.int32)
        _compiled().transpose(drawn, sources, pointers, found)
        return Wiring(pointers, found)


class FixedOutDegree(_FixedDegree):
    """Every neuron of pre makes k synapses onto targets drawn uniformly."""

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        drawn = np.sort(self._draw(sources, targets, key, same), axis=1)
        return Wiring(np.arange(sources + 1, dtype=np.int64) * self.k, drawn.ravel())


class FixedTotalNumber(Connectivity):
    """n synapses between pairs drawn uniformly; a pair may be drawn several times."""

    @named_arguments
    def __init__(self, n: int, *, autapses: bool = True) -> None:
        self.n, self.autapses = whole("FixedTotalNumber.n", n), autapses

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        pointers, nothing = np.zeros(sources + 1, np.int64), np.empty(0, np.int32)
        autapses = self.autapses or not same
        if self.n and not autapses and sources == 1:
            raise ParameterError(
                "FixedTotalNumber.n",
                got=f"{self.n}",
                expected="0 for a single neuron without autapses",
                fix="allow autapses",
            )
        if not self.n:
            return Wiring(pointers, nothing)
        _compiled().fixed_total(*key, self.n, sources, targets, autapses, pointers, nothing)
        found = np.empty(self.n, np.int32)
        _compiled().fixed_total(*key, self.n, sources, targets, autapses, pointers, found)
        return Wiring(pointers, found)


class FromArrays(Connectivity):
    """Given synapses: source i[n] to target j[n]; repeated pairs are several synapses.

    Synapses are kept by ascending source and target, repeated pairs in the order given; arrays of weights given to the
    connection are in the order of `i` and `j`.
    """

    @named_arguments
    def __init__(self, i: npt.ArrayLike, j: npt.ArrayLike) -> None:
        self.i, self.j = (_indices(f"FromArrays.{name}", values) for name, values in (("i", i), ("j", j)))
        if len(self.i) != len(self.j):
            raise ShapeError(
                "FromArrays(i, j)", got=f"{len(self.i)} and {len(self.j)}", expected="equally many", fix="give pairs"
            )
        self.order = np.lexsort((self.j, self.i))

    def build(self, sources: int, targets: int, key: tuple[int, int], *, same: bool) -> Wiring:
        for name, values, size in (("i", self.i, sources), ("j", self.j, targets)):
            if len(values) and values.max() >= size:
                raise ParameterError(
                    f"FromArrays.{name}",
                    got=f"index {values.max()}",
                    expected=f"indices below {size}",
                    fix="count from 0",
                )
        counts = np.bincount(self.i, minlength=sources)
        return Wiring(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), self.j[self.order].astype(np.int32), self.order
        )

    def __repr__(self) -> str:
        return f"FromArrays({len(self.i)} synapses)"


def _indices(what: str, values: npt.ArrayLike) -> Ints:
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ArgumentError(
            what,
            got=f"{array.dtype} of shape {array.shape}",
            expected="whole numbers in one dimension",
            fix="give indices",
        )
    if array.size and array.min() < 0:
        raise ParameterError(what, got=f"index {array.min()}", expected="indices from 0", fix="count from 0")
    return array.astype(np.int64)


@cache
def _compiled() -> ModuleType:
    """The loops of `executors/cpu/wiring.py`, compiled from the cache folder."""
    text = (Path(__file__).parent.parent / "executors" / "cpu" / "wiring.py").read_text(encoding="utf-8")
    return printed_module("cpu_wiring", "", lambda: text)
