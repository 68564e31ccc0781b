"""`Series`: recorded values of some names, row by row; `Staging`: the last few of them, on the way to reducers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.errors import ShapeError
from cnsproject.network.monitors.axis import Axis
from cnsproject.network.monitors.readings import label_of, value_of
from cnsproject.network.views import parent_of

if TYPE_CHECKING:
    from cnsproject.network.monitors.reducers import StateReducer

Blocks = Mapping[str, Tensor | None]
_FIRST_ROOM = 256
_LARGE_PAGE = 2**21
_UNCHANGED = torch.empty(0)
_NONE: Mapping[str, Tensor] = {}
BLOCK_ROWS, BLOCK_NUMBERS = 256, 2**18  # rows that wait for a reducer, fewer where a row is long


class Series:
    """A tensor (rows, *shape) for every name. Without a window it grows, with one its rows are used in turn.

    base  rows before this one were written elsewhere, and are no longer here
    """

    def __init__(self, obj: Any, names: Sequence[str], axis: Axis, device: torch.device) -> None:
        self.obj, self.names, self.axis, self.device = obj, tuple(names), axis, device
        self._owner = parent_of(obj)
        self.base = self.room = self._expected = 0  # and rows there is room for, and will have to be
        self.data: dict[str, Tensor] = {}
        self._rows: dict[str, tuple[Tensor, np.ndarray[Any, Any] | None, torch.Size]] = {}

    def room_for(self, rows: int) -> int:
        """Rows of storage after so many more that were announced by `expect`."""
        needed = self.axis.count - self.base + rows
        if self.axis.window or needed <= self.room:
            return self.axis.window or self.room
        return max(needed, 2 * self.room, _FIRST_ROOM)

    def expect(self, rows: int) -> None:
        """Announce so many rows, for which storage is then made at once and not by doubling."""
        self._expected = self.axis.count + rows

    def put(self, step: int) -> None:
        """Append the present values; constant time, nothing is shifted."""
        axis = self.axis
        count, window = axis.count, axis.window
        if step - count * axis.every != axis.offset:
            axis.follow(step)
        row = count % window if window else count - self.base
        if row >= self.room:
            self._make_room(1)
        states, part = getattr(self._owner, "_buffers", _NONE), self._owner is not self.obj
        for name, (data, array, shape) in self._rows.items():
            # A torch module finds its tensors by a slow way round; most of what is recorded lies in this dict.
            value = states.get(name)
            if value is None:
                value = value_of(self.obj, name)
            elif part:
                value = self.obj.part_of(value)
            if value.shape != shape:
                self._refuse_shape(name, tuple(shape), value)
            if value.requires_grad:
                value = value.detach()
            if array is not None and value.is_cpu:
                array[row] = value.numpy()  # half the price of a copy by torch
            else:
                data[row].copy_(value)
        axis.count = count + 1

    def extend(self, rows: int, blocks: Blocks, step: int) -> None:
        """Append many rows, the first of which belongs to a step.

        What is not in `blocks` did not change; what is None there was written to `room_of` already.
        """
        axis = self.axis
        kept = min(rows, axis.window or rows)
        axis.follow(step)
        if self.room < (axis.window or axis.count - self.base + kept):
            self._make_room(kept)
        axis.count += rows - kept
        row = axis.count % axis.window if axis.window else axis.count - self.base
        for name, data in self.data.items():
            block = blocks.get(name, _UNCHANGED)
            if block is None:
                continue  # written in place
            if block is _UNCHANGED:
                value = value_of(self.obj, name).detach().expand(kept, *data.shape[1:])
            else:
                value = block[rows - kept :].reshape(kept, *data.shape[1:])
            until_end = min(kept, len(data) - row)  # of a window, whose rows are used in turn
            data[row : row + until_end] = value[:until_end]
            data[: kept - until_end] = value[until_end:]
        axis.count += kept

    def room_of(self, name: str, rows: int) -> np.ndarray[Any, Any] | None:
        """Where the next rows of a name will lie, (rows, numbers of a row); None where that is not one piece."""
        if not rows or self.axis.window or name not in self.names or self.device.type != "cpu":
            return None
        row = self.axis.count - self.base
        if self.room < row + rows:
            self._make_room(rows)
        return self.data[name][row : row + rows].reshape(rows, -1).numpy()

    def get(self, name: str) -> Tensor:
        """The rows that are here, oldest first. Those of a window are a copy, since it is used again."""
        data, window, count = self.data[name], self.axis.window, self.axis.count
        first = self.axis.oldest
        if window is None:
            return data[: count - self.base]
        if first // window == (count - 1) // window:
            return data[first % window : (count - 1) % window + 1].clone()
        return torch.cat([data[first % window :], data[: count % window]])

    @property
    def held(self) -> int:
        """Bytes of the rows that are here."""
        rows = len(self.axis) if self.axis.window else self.axis.count - self.base
        return rows * sum(data[0].nbytes for data in self.data.values() if len(data))

    def forget(self) -> None:
        """All rows were written elsewhere; their storage is used again, and what was handed out of it changes."""
        self.base = self.axis.count

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a row."""
        return tuple(self.data[name].shape[1:] if name in self.data else value_of(self.obj, name).shape)

    def keep(self, window: int) -> None:
        """Keep the last so many rows from now on, in storage that is made once."""
        old = {name: self.get(name)[-window:] for name in self.data} if self.axis.count else {}
        self.axis.keep(window)
        self.room, self.data, self._rows = 0, {}, {}
        places = torch.arange(self.axis.oldest, self.axis.count) % window
        for name, values in old.items():
            self._store(name, values.new_zeros((window, *values.shape[1:])))
            self.data[name][places.to(values.device)] = values
            self.room = window

    def _make_room(self, rows: int) -> None:
        """Storage for more rows, or as many as are expected: allocated at first, at least twice as much later."""
        room = self.room_for(max(rows, self._expected - self.axis.count))
        for name in self.names:
            value, old = value_of(self.obj, name), self.data.get(name)
            shape = value.shape if old is None else old.shape[1:]
            new = _empty((room, *shape), value.dtype, self.device)
            if old is not None:
                new[: len(old)] = old
            self._store(name, new)
        self.room = room

    def _store(self, name: str, data: Tensor) -> None:
        self.data[name] = data
        self._rows[name] = data, data.numpy() if data.is_cpu else None, data.shape[1:]

    def _refuse_shape(self, name: str, shape: tuple[int, ...], value: Tensor) -> None:
        raise ShapeError(
            f"Monitor of {label_of(self.obj)}.record ({name})",
            got=f"shape {tuple(value.shape)}",
            expected=f"{shape} as recorded before",
            fix="call reset_state_variables() of the monitor after changing the batch",
        )

    def __getstate__(self) -> dict[str, Any]:
        # A copy has rows of its own, and none that are still empty.
        room = min(self.room, self.axis.count - self.base)
        return {**self.__dict__, "_rows": {}, "room": room, "data": {n: d[:room] for n, d in self.data.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name, data in self.data.items():
            self._store(name, data)


def _empty(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    if device.type != "cpu":
        return torch.empty(shape, dtype=dtype, device=device)
    kind = torch.empty(0, dtype=dtype).numpy().dtype
    size = kind.itemsize * math.prod(shape)
    if size < 2 * _LARGE_PAGE:
        return torch.from_numpy(np.empty(shape, kind))
    # Numpy asks for large pages of memory, which take half the time to be touched first; whole ones only where it
    # begins at one.
    room = np.empty(size + _LARGE_PAGE, np.uint8)
    start = -room.ctypes.data % _LARGE_PAGE
    return torch.from_numpy(room[start : start + size].view(kind).reshape(shape))


class Staging(Series):
    """Values that wait for reducers.

    These see them in blocks that begin at the same rows however the rows come, one by one or many at once, so that
    sums round alike.
    """

    def __init__(self, obj: Any, reducers: Sequence[StateReducer], axis: Axis) -> None:
        super().__init__(obj, list(dict.fromkeys(r.variable for r in reducers)), axis, torch.device("cpu"))
        self.reducers = tuple(reducers)

    def put(self, step: int) -> None:
        """Append the present values."""
        super().put(step)
        if not self.axis.count % self.room:
            self._hand_over()

    def extend(self, rows: int, blocks: Blocks, step: int) -> None:
        """Append many rows, block by block."""
        done = 0
        while done < rows:
            if not self.room:
                self._make_room(1)
            part = min(rows - done, self.room - self.axis.count % self.room)
            parts = {name: block[done : done + part] for name, block in blocks.items() if block is not None}
            super().extend(part, parts, step + done * self.axis.every)
            done += part
            if not self.axis.count % self.room:
                self._hand_over()

    def _make_room(self, rows: int) -> None:
        self.axis.keep(self.rows_of_a_block())
        super()._make_room(rows)

    def rows_of_a_block(self) -> int:
        """How many rows reducers see at once."""
        longest = max(value_of(self.obj, name).numel() for name in self.names)
        return max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // max(1, longest)))

    def waiting(self, name: str) -> np.ndarray[Any, Any]:
        """Rows that no reducer has seen yet."""
        data = self.data[name]
        return data[: self.axis.count % len(data)].numpy()

    def __getstate__(self) -> dict[str, Any]:
        waiting = {name: torch.from_numpy(self.waiting(name)) for name in self.data}
        return {**self.__dict__, "_rows": {}, "data": waiting}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name, waiting in self.data.items():
            block = waiting.new_empty((self.room, *waiting.shape[1:]))
            block[: len(waiting)] = waiting
            self._store(name, block)

    def _hand_over(self) -> None:
        for reducer in self.reducers:
            reducer.take(self.data[reducer.variable].numpy())
