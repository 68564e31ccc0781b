"""Synapses drawn some sources at a time, and put in the order in which spikes run through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from cnsproject.executors.base import at_once, hand_written
from cnsproject.network.connectivity import Rows, Slab, pointers_of
from cnsproject.network.wires import Wires, tiles_of
from cnsproject.random import Draws

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
WHOLE = 2**15 - 1  # largest number of 16 bits
SLAB = 2**17  # synapses that are worked on at a time, about
_COUNTED = 2**20  # steps of a delay up to which different ones are found by counting


# Values of the synapses of a slab, in its order; delays in steps.
Part = Callable[[Slab], npt.NDArray[Any]]
# For how many synapses something is done.
Told = Callable[[int], object]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Laid:
    """What is known of a slab, the sources first ... last-1, when its synapses are in their places.

    steps   its delays in steps, each different, longest first
    counts  synapses of every source, delay and tile: (sources, delays, tiles)
    moved   whether their order is not the one in which they were drawn
    """

    first: int
    last: int
    steps: Ints
    counts: npt.NDArray[np.int64]
    moved: bool


def lay(
    rows: Rows, parts: tuple[Any, Any], delays: Part | None, weights: Part | None, into: npt.NDArray[Any] | None,
    told: Told | None = None,
) -> tuple[Wires, bool]:  # fmt: skip
    """The synapses between parts of populations; their weights are written `into` an array in the order they get.

    Also whether that is another order than the one in which they were drawn. Without `delays` all have the same. `told`
    is how many are laid.
    """
    pre, post = parts
    whole = post.parent.n if hasattr(post, "indices") else post.n
    targets = np.empty(int(rows.pointers[-1]), np.uint16)
    put = _Laying(getattr(post, "indices", None), tiles_of(whole), delays, weights, into, targets).put
    laid = list(_by_slabs(partial(put, rows), rows, told))
    steps = np.unique(np.concatenate([np.empty(0, np.int64), *(part.steps for part in laid)]))[::-1].copy()
    sources, tiles = (pre.parent.n if hasattr(pre, "indices") else pre.n), len(tiles_of(whole)) - 1
    counts = np.zeros((sources, max(1, len(steps)), tiles), np.int64)
    for part in laid:
        places = np.arange(part.first, part.last)
        places = pre.indices[places] if hasattr(pre, "indices") else places
        counts[places[:, None], np.searchsorted(-steps, -part.steps) if len(steps) else [0]] = part.counts
    return Wires(pointers_of(counts), targets, steps, whole), any(part.moved for part in laid)


@dataclass(frozen=True)
class _Laying:
    """Puts slabs in their places.

    indices  of the part of post; tiles, the bounds of its tiles; the others are arguments of `lay`
    """

    indices: Ints | None
    tiles: Ints
    delays: Part | None
    weights: Part | None
    into: npt.NDArray[Any] | None
    targets: npt.NDArray[np.uint16]

    def put(self, rows: Rows, first: int, last: int) -> Laid:
        """The synapses of some sources."""
        slab = Slab(first, last, rows)
        ends = slab.targets if self.indices is None else self.indices[slab.targets]
        tile = np.searchsorted(self.tiles, ends, side="right") - 1 if len(self.tiles) > 2 else None
        steps, group = np.empty(0, np.int64), None
        if self.delays is not None:
            steps, group = _numbered(self.delays(slab))
        counts, order = self._order(slab, tile, group, max(1, len(steps)))
        here = (ends if tile is None else ends - self.tiles[tile]).astype(np.uint16)
        self.targets[slab.synapses] = here if order is None else here[order]
        if self.weights is not None and self.into is not None:
            values = self.weights(slab)
            self.into[slab.synapses] = values if order is None else values[order]
        moved = order is not None and bool((np.diff(order) != 1).any())
        return Laid(first, last, steps, counts, moved)

    def _order(
        self, slab: Slab, tile: Ints | None, group: Ints | None, groups: int
    ) -> tuple[npt.NDArray[np.int64], Ints | None]:
        """How many synapses of every kind there are, and which one comes to which place; None where all stay."""
        tiles = len(self.tiles) - 1
        counts = np.zeros((slab.last - slab.first, groups * tiles), np.int64)
        if tile is None and group is None:
            counts[:, 0] = np.diff(slab.pointers)
            return counts.reshape(-1, 1, 1), None
        kinds = (0 if group is None else group * tiles) + (0 if tile is None else tile)
        order = np.empty(len(slab.targets), np.int64)
        hand_written("wiring").by_kind(slab.pointers, kinds, counts, order)
        return counts.reshape(-1, groups, tiles), None if group is None else order


def _by_slabs(work: Callable[[int, int], Found], rows: Rows, told: Told | None) -> Iterator[Found]:
    """What `work` gives for the first and last source of every slab; `told` is for how many synapses that is done."""
    slabs = list(_slabs(rows.pointers))
    for (_, last), found in zip(slabs, at_once(partial(work, *slab) for slab in slabs), strict=True):
        if told is not None:
            told(int(rows.pointers[last]))
        yield found


def _slabs(pointers: Ints) -> Iterator[tuple[int, int]]:
    """Sources with about as many synapses as are worked on at a time; at least one."""
    first, sources = 0, len(pointers) - 1
    while first < sources:
        last = int(np.searchsorted(pointers, pointers[first] + SLAB, side="right")) - 1
        last = min(max(last, first + 1), sources)
        yield first, last
        first = last


def _numbered(steps: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """The different ones, largest first, and which of them each is."""
    if not len(steps):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    longest = int(steps.max())
    if longest > _COUNTED:
        found, place = np.unique(steps, return_inverse=True)
    else:
        present = np.bincount(steps, minlength=longest + 1) > 0
        found, place = np.flatnonzero(present), (np.cumsum(present) - 1)[steps]
    return found[::-1].copy(), len(found) - 1 - place


class NativeDraws(Draws):
    """The same numbers from compiled loops."""

    def uniforms(self, key: tuple[int, int], elements: Ints, stream: int, block: int) -> F64:
        out = np.empty((2, len(elements)))
        hand_written("noise").uniforms_of(*key, elements, stream, block, out)
        return out.T

    def normals(self, key: tuple[int, int], elements: Ints, stream: int, block: int) -> F64:
        out = np.empty(len(elements))
        hand_written("noise").normals_of(*key, elements, stream, block, out)
        return out


NATIVE = NativeDraws()


def largest(rows: Rows, weights: Part, told: Told | None = None) -> float:
    """The size of the largest weight; `told` is among how many it has been looked for."""

    def of_slab(first: int, last: int) -> float:
        return float(np.abs(weights(Slab(first, last, rows))).max(initial=0.0))

    return max(_by_slabs(of_slab, rows, told), default=0.0)


def whole_numbers(values: npt.NDArray[Any], scale: float) -> npt.NDArray[np.float64]:
    """Values in units of `scale`, rounded."""
    return np.rint(np.asarray(values, np.float64) / scale)


def room_for(count: int, dtype: torch.dtype) -> torch.Tensor:
    """An empty tensor. Numpy asks for large pages of memory, of which fewer are looked up when it is read anywhere."""
    kind = torch.empty(0, dtype=dtype).numpy().dtype
    return torch.from_numpy(np.empty(count, kind))
