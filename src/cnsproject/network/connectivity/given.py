"""Synapses that the user gives: as arrays of pairs, or as a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import named_arguments, number
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.connectivity.base import F64, Connectivity, Ints, Shapes, Wiring, pointers_of
from cnsproject.network.parameters import read_array

PerSynapse = float | npt.ArrayLike | Tensor


class FromArrays(Connectivity):
    """Given synapses: source i[n] to target j[n]; repeated pairs are several synapses.

    weight, delay  (nA, ms) of synapse n, where they are known: float64, in the order of `i` and `j`

    Synapses are kept by ascending source and target, repeated pairs in the order given; arrays of weights given to the
    connection are in the order of `i` and `j` too.
    """

    building = 12

    @named_arguments
    def __init__(
        self,
        i: npt.ArrayLike,
        j: npt.ArrayLike,
        *,
        weight: PerSynapse | None = None,
        delay: PerSynapse | None = None,
    ) -> None:
        self.i, self.j = (_indices(f"FromArrays.{name}", values) for name, values in (("i", i), ("j", j)))
        if len(self.i) != len(self.j):
            raise ShapeError(
                "FromArrays(i, j)", got=f"{len(self.i)} and {len(self.j)}", expected="equally many", fix="give pairs"
            )
        self.order = np.lexsort((self.j, self.i))
        self.weight = _per_synapse("FromArrays.weight", weight, "nA", len(self.i))
        self.delay = _per_synapse("FromArrays.delay", delay, "ms", len(self.i))
        if self.delay is not None and (self.delay < 0).any():
            raise ParameterError(
                "FromArrays.delay",
                got=f"{self.delay.min():g} ms",
                expected="delays >= 0",
                fix="give transmission times",
            )

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        for name, values, size in (("i", self.i, sources), ("j", self.j, targets)):
            if len(values) and values.max() >= size:
                raise ParameterError(
                    f"{type(self).__name__}.{name}",
                    got=f"index {values.max()}",
                    expected=f"indices below {size}",
                    fix="count from 0",
                )
        counts = np.bincount(self.i, minlength=sources)
        return Wiring(pointers_of(counts), self.j[self.order].astype(np.int32), self.order)

    def expected(self, sources: int, targets: int, *, same: bool, shapes: Shapes | None = None) -> int:
        return len(self.i)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.i)} synapses)"


class FromSparse(FromArrays):
    """The stored entries of a `scipy.sparse` matrix: row i, column j is a synapse of source i to target j.

    The stored value is the weight (nA), in the order of `i` and `j`; a matrix of booleans says only who is connected.
    A zero that is stored is a synapse of weight 0 (`matrix.eliminate_zeros()` takes it out). What a COO matrix stores
    several times for one pair is one synapse with the sum, as scipy means it; `FromArrays` makes several.
    """

    @named_arguments
    def __init__(self, matrix: Any) -> None:
        # Every format of scipy.sparse can do this, so scipy need not be imported to know one.
        if not hasattr(matrix, "tocoo") or len(matrix.shape) != 2:
            raise ArgumentError(
                "FromSparse.matrix",
                got=f"{type(matrix).__name__} of shape {getattr(matrix, 'shape', '?')}",
                expected="a matrix of scipy.sparse",
                fix="wrap it: scipy.sparse.csr_array(matrix)",
            )
        entries = matrix.tocoo(copy=True)
        entries.sum_duplicates()
        super().__init__(entries.row, entries.col)
        if entries.data.dtype != bool:
            self.weight = read_array("FromSparse.matrix", entries.data, (len(self.i),))
        self.shape: tuple[int, int] = tuple(matrix.shape)

    def build(
        self, sources: int, targets: int, key: tuple[int, int], *, same: bool, shapes: Shapes | None = None
    ) -> Wiring:
        if self.shape != (sources, targets):
            raise ShapeError(
                "FromSparse.matrix",
                got=f"shape {self.shape}",
                expected=f"{(sources, targets)}, a row per source and a column per target",
                fix="transpose it" if self.shape == (targets, sources) else "give one of this shape",
            )
        return super().build(sources, targets, key, same=same, shapes=shapes)


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


def _per_synapse(what: str, given: PerSynapse | None, unit: str, count: int) -> F64 | None:
    """One finite number per synapse; a single number holds for all of them."""
    if given is None:
        return None
    if isinstance(given, list | tuple) or (isinstance(given, Tensor | np.ndarray) and given.ndim > 0):
        return read_array(what, given, (count,))
    return np.full(count, number(what, given, unit))
