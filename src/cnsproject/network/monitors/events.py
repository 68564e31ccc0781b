"""`Events`: recorded spikes as (row, neuron), never as a raster unless one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.network.monitors.axis import Axis

if TYPE_CHECKING:
    from cnsproject.network.monitors.spike_reducers import SpikeReducer

STAGED = 256  # rows with spikes that wait to be turned into events

Ints = npt.NDArray[np.int64]


@dataclass
class Starts:
    """The rows of events, not one by one: where the events of each row start, from row `first` on, and their end."""

    first: int
    places: Ints

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self.places.nbytes

    @property
    def end(self) -> int:
        """The row behind the last."""
        return self.first + len(self.places) - 1

    def part(self, first: int) -> tuple[Starts, slice]:
        """The rows from `first` on, and which of the events are theirs."""
        places = self.places[max(0, first - self.first) :].copy()
        return Starts(self.end + 1 - len(places), places), slice(int(places[0] - self.places[0]), None)

    def in_full(self) -> Ints:
        """The row of every event."""
        return np.repeat(np.arange(self.first, self.end), np.diff(self.places))


def in_full(rows: Ints | Starts) -> Ints:
    """The row of every event."""
    return rows.in_full() if isinstance(rows, Starts) else rows


class Events:
    """Spikes of rows of `shape`; a row is one step, rows without spikes take no memory.

    kept      whether the events are kept, and not only shown to reducers
    reducers  see every event once
    """

    def __init__(self, like: Tensor, axis: Axis, reducers: Sequence[SpikeReducer] = (), *, kept: bool = True) -> None:
        self.shape, self.dtype = tuple(like.shape), like.dtype
        self.axis, self.reducers, self.kept = axis, tuple(reducers), kept
        self._rows: list[Ints | Starts] = []
        self._neurons: list[npt.NDArray[Any]] = []
        self._waiting = self._no_room()
        self._numbers: list[int] = []

    @property
    def staged(self) -> int:
        """Memory of rows that wait, in bytes."""
        return self._waiting.numel()

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self.staged + sum(part.nbytes for part in (*self._rows, *self._neurons))

    def put(self, step: int, spikes: Tensor | None) -> None:
        """The next row: the spikes of a step; None for none."""
        axis, waiting = self.axis, self._numbers
        row, window = axis.count, axis.window
        if step - row != axis.offset:
            axis.follow(step)
        if spikes is not None:
            if not len(self._waiting):
                self._waiting = torch.empty((STAGED, *self.shape), dtype=torch.bool)
            self._waiting[len(waiting)].copy_(spikes)
            waiting.append(row)
            if len(waiting) == STAGED:
                self.settle()
        axis.count = row + 1
        if window and row % window == 0:
            self._forget(row - window)

    def extend(self, count: int, rows: Ints | Starts, neurons: npt.NDArray[Any], step: int) -> None:
        """So many rows, the first of which is a step; events in ascending order of the row, counted from here.

        The arrays are kept, and the rows changed.
        """
        self.settle()
        axis = self.axis
        axis.follow(step)
        if isinstance(rows, Starts):
            rows.first += axis.count
        else:
            rows += axis.count
        axis.count += count
        self._add(rows, neurons)
        if axis.window:
            self._forget(axis.count - axis.window)

    def kept_ones(self) -> tuple[Ints, Ints]:
        """Row and neuron of the events that are here, of all rows that are kept; what lies before is forgotten."""
        rows, neurons = self._joined()
        first = int(np.searchsorted(rows, self.axis.oldest))
        if first:
            rows, neurons = rows[first:].copy(), neurons[first:].copy()
        # Joined once, so that asking often costs little.
        self._rows, self._neurons = [rows], [neurons]
        return rows, neurons.astype(np.int64)

    def _joined(self) -> tuple[Ints, npt.NDArray[np.int32]]:
        self.settle()
        return (
            np.concatenate([np.empty(0, np.int64), *(in_full(rows) for rows in self._rows)]),
            np.concatenate([np.empty(0, np.int32), *self._neurons]),
        )

    def forget(self) -> None:
        """All events were written elsewhere."""
        self.settle()
        self._rows, self._neurons = [], []

    def __getstate__(self) -> dict[str, Any]:
        # A copy has its events in one piece, and room of its own for those to come.
        rows, neurons = self._joined()
        kept = {name: value for name, value in self.__dict__.items() if name != "_waiting"}
        return {**kept, "_rows": [rows], "_neurons": [neurons]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._waiting = self._no_room()

    def _no_room(self) -> Tensor:
        """For rows that wait, of which native runs make none."""
        return torch.empty((0, *self.shape), dtype=torch.bool)

    def settle(self) -> None:
        """Turn what waits into events, which shows them to the reducers."""
        if not self._numbers:
            return
        count = len(self._numbers)
        place, neuron = self._waiting[:count].reshape(count, -1).numpy().nonzero()
        rows = np.array(self._numbers, np.int64)[place]
        self._numbers.clear()
        self._add(rows, neuron)

    def _add(self, rows: Ints | Starts, neurons: npt.NDArray[Any]) -> None:
        for reducer in self.reducers:
            rows = in_full(rows)
            reducer.take(rows, neurons, self.axis)
        if self.kept:
            if isinstance(rows, Starts) and rows.first < self.axis.oldest < rows.end:
                rows, part = rows.part(self.axis.oldest)
                neurons = neurons[part].copy()
            self._rows.append(rows)
            self._neurons.append(neurons.astype(np.int32, copy=False))

    def _forget(self, before: int) -> None:
        """Drop what lies before a row, as far as that is cheap."""
        while self._rows:
            rows = self._rows[0]
            if (rows.end if isinstance(rows, Starts) else rows[-1] + 1 if len(rows) else 0) > before:
                return
            del self._rows[0], self._neurons[0]
