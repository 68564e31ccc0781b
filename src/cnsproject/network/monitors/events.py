"""`Events`: recorded spikes as (row, neuron), never as a raster unless one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.network.monitors.axis import Axis

if TYPE_CHECKING:
    from cnsproject.network.monitors.spike_reducers import SpikeReducer

_STAGED = 256  # rows with spikes that wait to be turned into events

Ints = npt.NDArray[np.int64]


class Events:
    """Spikes of rows of `shape`; a row is one step, rows without spikes take no memory.

    kept      whether the events are kept, and not only shown to reducers
    reducers  see every event once
    """

    def __init__(self, like: Tensor, axis: Axis, reducers: Sequence[SpikeReducer] = (), *, kept: bool = True) -> None:
        self.shape, self.dtype = tuple(like.shape), like.dtype
        self.axis, self.reducers, self.kept = axis, tuple(reducers), kept
        self._rows: list[Ints] = []
        self._neurons: list[npt.NDArray[Any]] = []
        self._waiting = torch.zeros((_STAGED, *self.shape), dtype=torch.bool)
        self._numbers: list[int] = []

    @property
    def nbytes(self) -> int:
        """Memory that is held."""
        return self._waiting.numel() + sum(part.nbytes for part in (*self._rows, *self._neurons))

    def put(self, step: int, spikes: Tensor | None) -> None:
        """The next row: the spikes of a step; None for none."""
        axis, waiting = self.axis, self._numbers
        row, window = axis.count, axis.window
        if step - row != axis.offset:
            axis.follow(step)
        if spikes is not None:
            self._waiting[len(waiting)].copy_(spikes)
            waiting.append(row)
            if len(waiting) == _STAGED:
                self.settle()
        axis.count = row + 1
        if window and row % window == 0:
            self._forget(row - window)

    def extend(self, rows: int, events: tuple[Ints, npt.NDArray[Any]], step: int) -> None:
        """Many rows, the first of which is a step; events in ascending order of the row, counted from here."""
        self.settle()
        axis = self.axis
        axis.follow(step)
        place = events[0] + axis.count
        axis.count += rows
        self._add(place, events[1])
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
            np.concatenate([np.empty(0, np.int64), *self._rows]),
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
        self._waiting = torch.zeros((_STAGED, *self.shape), dtype=torch.bool)

    def settle(self) -> None:
        """Turn what waits into events, which shows them to the reducers."""
        if not self._numbers:
            return
        count = len(self._numbers)
        place, neuron = self._waiting[:count].reshape(count, -1).numpy().nonzero()
        rows = np.array(self._numbers, np.int64)[place]
        self._numbers.clear()
        self._add(rows, neuron)

    def _add(self, rows: Ints, neurons: npt.NDArray[Any]) -> None:
        for reducer in self.reducers:
            reducer.take(rows, neurons, self.axis)
        if self.kept:
            self._rows.append(rows)
            self._neurons.append(neurons.astype(np.int32))

    def _forget(self, before: int) -> None:
        """Drop what lies before a row, as far as that is cheap."""
        while self._rows and (not len(self._rows[0]) or self._rows[0][-1] < before):
            del self._rows[0], self._neurons[0]
