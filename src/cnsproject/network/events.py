"""`Events`: recorded spikes as (row, neuron), never as a raster unless one is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_STAGED = 256  # rows with spikes that wait to be turned into events

Ints = npt.NDArray[np.int64]


class Events:
    """Spikes of rows of `shape`; a row is one recorded step, rows without spikes take no memory."""

    def __init__(self, like: Tensor) -> None:
        self.shape, self.dtype = tuple(like.shape), like.dtype
        self._rows: list[Ints] = []
        self._neurons: list[Ints] = []
        self._waiting = torch.zeros((_STAGED, *self.shape), dtype=torch.bool)
        self._numbers: list[int] = []

    def put(self, row: int, spikes: Tensor) -> None:
        """The spikes of one row."""
        waiting = self._numbers
        self._waiting[len(waiting)].copy_(spikes)
        waiting.append(row)
        if len(waiting) == _STAGED:
            self._settle()

    def extend(self, rows: Ints, neurons: npt.NDArray[Any]) -> None:
        """Events in ascending order of the row, later than all before."""
        self._settle()
        self._rows.append(rows)
        self._neurons.append(neurons.astype(np.int32))

    def forget(self, before: int) -> None:
        """Drop what lies before a row, as far as that is cheap."""
        while self._rows and (not len(self._rows[0]) or self._rows[0][-1] < before):
            del self._rows[0], self._neurons[0]

    def between(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Row and neuron of the events of the rows first ... last-1; what lies before is forgotten."""
        self._settle()
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        neurons = np.concatenate([np.empty(0, np.int64), *self._neurons])
        a, b = np.searchsorted(rows, [first, last])
        if a:
            rows, neurons, b = rows[a:].copy(), neurons[a:].copy(), b - a
        # Joined once, so that asking often costs little.
        self._rows, self._neurons = [rows], [neurons]
        return rows[:b], neurons[:b].astype(np.int64)

    def raster(self, first: int, last: int) -> Tensor:
        """The rows first ... last-1 in full."""
        rows, neurons = self.between(first, last)
        dense = torch.zeros((last - first, int(np.prod(self.shape))), dtype=self.dtype)
        dense[torch.from_numpy(rows - first), torch.from_numpy(neurons)] = 1
        return dense.reshape(last - first, *self.shape)

    def __getstate__(self) -> dict[str, Any]:
        # A copy has its events in one piece, and room of its own for those to come.
        self._settle()
        rows, neurons = np.concatenate([np.empty(0, np.int64), *self._rows]), np.concatenate([[], *self._neurons])
        return {"shape": self.shape, "dtype": self.dtype, "_rows": [rows], "_neurons": [neurons.astype(np.int32)]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._waiting, self._numbers = torch.zeros((_STAGED, *self.shape), dtype=torch.bool), []

    def _settle(self) -> None:
        if not self._numbers:
            return
        count = len(self._numbers)
        place, neuron = self._waiting[:count].reshape(count, -1).numpy().nonzero()
        self._rows.append(np.array(self._numbers, np.int64)[place])
        self._neurons.append(neuron.astype(np.int32))
        self._numbers.clear()
