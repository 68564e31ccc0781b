"""Weights of many pairs of neurons as the means of few blocks, without ever holding one number per pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting._inputs import to_array

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class SynapseList:
    """Synapses by their source, as the rows of a sparse matrix are kept.

    pointers  (pre + 1,): those of source i are pointers[i] ... pointers[i + 1] - 1
    targets   (synapses,) the target of each
    post      number of neurons that may be targets
    """

    pointers: ArrayLike
    targets: ArrayLike
    post: int

    @property
    def shape(self) -> tuple[int, int]:
        """Sources and targets."""
        return len(np.asarray(self.pointers)) - 1, self.post


@dataclass(frozen=True)
class Blocks:
    """Mean weights of pairs of neurons.

    means  (blocks of sources, blocks of targets)
    shape  sources and targets, in neurons
    sizes  neurons of a block on either side; the last one may have fewer
    """

    means: F64
    shape: tuple[int, int]
    sizes: tuple[int, int]


def blocks_of(what: str, weights: ArrayLike, signs: ArrayLike | None, lists: SynapseList | None, most: int) -> Blocks:
    """At most `most` blocks a side; a pair without a synapse counts 0, several synapses of a pair add up."""
    values = to_array(weights, f"{what}.weights") if lists is None or np.size(weights) else np.zeros(0)
    shape = values.shape if lists is None else lists.shape
    if len(shape) != 2:
        raise ShapeError(
            f"{what}.weights", got=f"shape {shape}", expected="(sources, targets)", fix="flatten both populations"
        )
    pre, post = shape
    factor = np.ones(pre) if signs is None else to_array(signs, f"{what}.signs").astype(np.float64)
    if factor.shape != (pre,):
        raise ShapeError(
            f"{what}.signs", got=f"shape {factor.shape}", expected=f"({pre},), one per source", fix="repeat one number"
        )
    sizes = -(-pre // most), -(-post // most)
    firsts, starts = np.arange(0, pre, sizes[0]), np.arange(0, post, sizes[1])
    rows = np.zeros((len(firsts), len(starts)))
    if lists is None:
        for row, first in zip(rows, firsts, strict=True):
            part = slice(first, first + sizes[0])
            row[:] = np.add.reduceat(factor[part] @ values[part], starts)
    else:
        pointers, targets = _checked(what, lists, values)
        for row, first in zip(rows, firsts, strict=True):
            here = pointers[first : first + sizes[0] + 1]
            part = slice(here[0], here[-1])
            each = np.repeat(factor[first : first + sizes[0]], np.diff(here))
            each *= values[part] if values.ndim else values
            row[:] = np.bincount(targets[part] // sizes[1], each, minlength=len(starts))
    pairs = np.outer(np.diff(np.append(firsts, pre)), np.diff(np.append(starts, post)))
    return Blocks(rows / pairs, (pre, post), sizes)


def _checked(what: str, lists: SynapseList, values: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pointers and targets that fit together and the weights."""
    pointers, targets = np.asarray(lists.pointers), np.asarray(lists.targets)
    if values.shape not in ((), targets.shape) or pointers[0] or pointers[-1] != len(targets):
        raise ShapeError(
            what, got=f"{values.shape} weights, {len(targets)} targets, pointers to {pointers[-1]}",
            expected="one number, or a weight for each target", fix="give both in the order of the list",
        )  # fmt: skip
    if len(targets) and not 0 <= targets.min() <= targets.max() < lists.post:
        raise ParameterError(
            f"{what}.targets", got=f"targets {targets.min()} to {targets.max()}", expected=f"0 to {lists.post - 1}",
            fix="give the number of all neurons as post",
        )  # fmt: skip
    return pointers, targets
