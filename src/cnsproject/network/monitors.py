"""`Monitor`: keeps the values of state variables, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError, ShapeError, StateError, TimeGridError, UnknownNameError, nearest
from cnsproject.network.clock import Clock
from cnsproject.network.events import Events
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.views import parent_of

_FIRST_CAPACITY = 256


class Monitor:
    """Records attributes of a population or connection: `record()` once per step, `get(name)` afterwards.

    obj              population or connection
    state_variables  names to record: states, parameters, or `w` and `current` of a connection
    device           where the recording is kept

    Without `set_time_steps` everything is kept and the storage grows. With it the last that many steps are kept. Spikes
    are kept as events: `spikes()` gives their times and neurons. Recorded values carry no gradient. Raises
    UnknownNameError for a name that `obj` does not have. A name may be another spelling of one (`v` of `u`).
    """

    @named_arguments
    def __init__(self, obj: Any, state_variables: Sequence[str], device: str | torch.device = "cpu") -> None:
        if isinstance(state_variables, str):
            raise ArgumentError(
                "Monitor.state_variables",
                got=repr(state_variables),
                expected="a list of names",
                fix=f"write [{state_variables!r}]",
            )
        known = getattr(obj, "recordable", ())
        if not len(state_variables):
            raise ArgumentError(
                "Monitor.state_variables", got="no name", expected="at least one", fix="name what to record"
            )
        for name in state_variables:
            if not isinstance(name, str) or not hasattr(obj, name):
                raise UnknownNameError(
                    f"Monitor of {_label(obj)}",
                    got=repr(name),
                    expected="one of " + ", ".join(known),
                    fix=nearest(str(name), known),
                )
            if getattr(obj, name) is not None:  # dt may not be known yet
                _value(obj, name)
        self.obj, self.device = obj, torch.device(device)
        self.state_variables = tuple(dict.fromkeys(map(self._own_name, state_variables)))
        self._window: int | None = None
        self._count = self._room = 0  # steps recorded, steps there is room for
        self._expected = 0  # steps there will have to be room for
        self._data: dict[str, Tensor] = {}
        self._rows: dict[str, tuple[Tensor, np.ndarray[Any, Any] | None, torch.Size]] = {}
        self._events: Events | None = None
        # Where the number of a row and the step of `obj` move apart: (row, step - row).
        self._offsets: list[tuple[int, int]] = []
        counts = isinstance(parent_of(obj), NeuralPopulation) and "s" in self.state_variables
        self._clock: Clock | None = parent_of(obj)._clock if counts else None

    def set_time_steps(self, time: float, dt: float) -> None:
        """Keep the last round(time/dt) steps (both in ms), allocated at the first record.

        Raises TimeGridError when that is less than one step. What was recorded before stays.
        """
        steps = round(
            positive("Monitor.set_time_steps(time)", time, "ms") / positive("Monitor.set_time_steps(dt)", dt, "ms")
        )
        if steps < 1:
            raise TimeGridError(
                "Monitor.set_time_steps",
                got=f"time={time:g} ms, dt={dt:g} ms",
                expected="at least one step",
                fix="use time >= dt",
            )
        count, first = len(self), self._count - len(self)
        kept = {name: self.get(name)[-steps:] for name in self._data}
        events = self._events.between(max(first, self._count - steps), self._count) if self._events else None
        gone = self._count - min(count, steps)  # rows are counted from the oldest that stays
        offsets = {max(0, row - gone): offset + gone for row, offset in self._offsets}
        self._window = steps
        old = self._events
        self.reset_state_variables()
        self._count = min(count, steps)
        for name, values in kept.items():
            self._store(name, values.new_zeros((steps, *values.shape[1:])))
            self._data[name][: len(values)] = values
            self._room = steps
        if old is not None and events is not None:
            self._events = Events(torch.zeros(old.shape, dtype=old.dtype))
            self._events.extend(events[0] - gone, events[1])
            self._offsets = list(offsets.items())

    def reset_state_variables(self) -> None:
        """Forget what was recorded. Tensors that `get` returned are not touched."""
        self._count = self._room = self._expected = 0
        self._data, self._rows = {}, {}
        self._events = None
        self._offsets = []

    def room_for(self, steps: int) -> int:
        """Rows of storage after `steps` more records that were announced by `expect`."""
        needed = self._count + steps
        if self._window or needed <= self._room:
            return self._window or self._room
        return max(needed, 2 * self._room, _FIRST_CAPACITY)

    def expect(self, steps: int) -> None:
        """Announce so many records, for which storage is then made at once and not by doubling."""
        self._expected = self._count + steps

    def record(self) -> None:
        """Append the present values; constant time per step, nothing is shifted."""
        count = self._count
        row = count % self._window if self._window else count
        if row >= self._room:
            self._make_room(1)
        states = getattr(self.obj, "_buffers", {})
        for name, (data, array, shape) in self._rows.items():
            # A torch module finds its tensors by a slow way round; most of what is recorded lies in this dict.
            value = states[name] if name in states else _value(self.obj, name)
            if value.shape != shape:
                self._refuse_shape(name, tuple(shape), value)
            if value.requires_grad:
                value = value.detach()
            if array is not None and value.is_cpu:
                array[row] = value.numpy()  # half the price of a copy by torch
            else:
                data[row].copy_(value)
        if self._clock is not None and self._events is not None:
            self._record_spikes(self._clock, self._events, count)
        self._count = count + 1

    def _record_spikes(self, clock: Clock, events: Events, row: int) -> None:
        self._follow(clock.steps - 1, row)
        if not clock.silent:
            spikes = self.obj.s
            if events.shape != spikes.shape:
                self._refuse_shape("s", events.shape, spikes)
            events.put(row, spikes.detach() if spikes.requires_grad else spikes)
        if self._window and row % self._window == 0:
            events.forget(row - self._window)

    def _follow(self, step: int, row: int) -> None:
        """Note which step of the population a row belongs to."""
        if not self._offsets or self._offsets[-1][1] != step - row:
            self._offsets.append((row, step - row))

    def extend(
        self,
        steps: int,
        blocks: Mapping[str, Tensor],
        spikes: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None,
        first: int = 0,
    ) -> None:
        """Append many steps at once, the first of which is the population's step `first`.

        blocks  (steps, n) for every name that changed; the others are repeated
        spikes  step, counted from 0, and neuron of every spike
        """
        kept = min(steps, self._window or steps)
        if self._room < (self._window or self._count + kept):
            self._make_room(kept)
        if self._events is not None and spikes is not None:
            self._follow(first, self._count)
            self._events.extend(spikes[0] + self._count, spikes[1])
            self._events.forget(self._count + steps - self._window if self._window else 0)
        self._count += steps - kept
        row = self._count % self._window if self._window else self._count
        for name, data in self._data.items():
            block = blocks.get(name)
            value = _value(self.obj, name) if block is None else block[-kept:].reshape(kept, *data.shape[1:])
            value = value.expand(kept, *data.shape[1:])
            until_end = min(kept, len(data) - row)  # of a window, whose rows are used in turn
            data[row : row + until_end] = value[:until_end]
            data[: kept - until_end] = value[until_end:]
        self._count += kept

    def spikes(self) -> tuple[Tensor, Tensor]:
        """Times (ms, float64) and neurons (int64) of the recorded spikes, ascending in time, then in the neuron.

        A spike in step k of the population has the time k*dt; the neuron is its place in the flattened population, or
        in the recorded part of it. Raises UnknownNameError when `s` is not recorded.
        """
        if self._clock is None:
            raise UnknownNameError(
                f"Monitor of {_label(self.obj)}.spikes()",
                got="a monitor without 's'",
                expected="the spikes among the recorded variables",
                fix="make it with Monitor(population, ['s'])",
            )
        if self._events is None:
            return torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.int64)
        if self._events.shape != tuple(self.obj.shape):
            raise StateError(
                f"Monitor of {_label(self.obj)}.spikes()",
                got=f"a recording of shape {self._events.shape}",
                expected="a population without a batch",
                fix="use get('s')",
            )
        row, neuron = self._events.between(self._count - len(self), self._count)
        places, offsets = np.array(self._offsets).T
        step = row + offsets[np.searchsorted(places, row, side="right") - 1]
        return torch.from_numpy(step * float(self.obj.dt)), torch.from_numpy(neuron)

    def get(self, name: str) -> Tensor:
        """What was recorded of `name`, oldest first: (steps, *shape). Nothing is cleared.

        Raises UnknownNameError for a name that is not recorded, StateError before the first `record()`.
        """
        name = self._own_name(name)
        if name not in self.state_variables:
            raise UnknownNameError(
                f"Monitor of {_label(self.obj)}.get",
                got=repr(name),
                expected="one of " + ", ".join(self.state_variables),
                fix=nearest(name, self.state_variables),
            )
        if not self._count:
            raise StateError(
                f"Monitor of {_label(self.obj)}.get({name!r})",
                got="no recording",
                expected="record() before get()",
                fix="call record() once per step",
            )
        if name not in self._data:
            assert self._events is not None
            return self._events.raster(self._count - len(self), self._count).to(self.device)
        data = self._data[name]
        if self._window is None or self._count < self._window:
            return data[: self._count]
        # The window is reused by later records, so its content is handed out as a copy.
        start = self._count % self._window
        return torch.cat([data[start:], data[:start]])

    def _own_name(self, name: str) -> str:
        """What `obj` itself calls it."""
        aliases: Mapping[str, str] = getattr(self.obj, "aliases", {})
        return aliases.get(name, name)

    def __getstate__(self) -> dict[str, Any]:
        # A copy has rows of its own, and none that are still empty.
        room = min(self._room, self._count)
        return {**self.__dict__, "_rows": {}, "_room": room, "_data": {n: d[:room] for n, d in self._data.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name, data in self._data.items():
            self._store(name, data)

    def __len__(self) -> int:
        return self._count if self._window is None else min(self._count, self._window)

    def __repr__(self) -> str:
        return f"Monitor({_label(self.obj)}, {list(self.state_variables)}, {len(self)} steps)"

    def _make_room(self, steps: int) -> None:
        """Storage for more rows, or as many as are expected: allocated at first, at least twice as much later."""
        room = self.room_for(max(steps, self._expected - self._count))
        for name in self.state_variables:
            if name == "s" and self._clock is not None:
                self._events = self._events or Events(self.obj.s)
                continue
            value, old = _value(self.obj, name), self._data.get(name)
            new = torch.empty(
                (room, *(value.shape if old is None else old.shape[1:])), dtype=value.dtype, device=self.device
            )
            if old is not None:
                new[: len(old)] = old
            self._store(name, new)
        self._room = room

    def _store(self, name: str, data: Tensor) -> None:
        self._data[name] = data
        self._rows[name] = data, data.numpy() if data.is_cpu else None, data.shape[1:]

    def _refuse_shape(self, name: str, shape: tuple[int, ...], value: Tensor) -> None:
        raise ShapeError(
            f"Monitor of {_label(self.obj)}.record ({name})",
            got=f"shape {tuple(value.shape)}",
            expected=f"{shape} as recorded before",
            fix="call reset_state_variables() of the monitor after changing the batch",
        )


def _value(obj: Any, name: str) -> Tensor:
    value = getattr(obj, name)
    if isinstance(value, Tensor):
        return value
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise ArgumentError(
            f"Monitor of {_label(obj)}",
            got=f"{name} = {value!r}",
            expected="a number or a tensor",
            fix="record something else",
        ) from None


def _label(obj: Any) -> str:
    return str(getattr(obj, "label", type(obj).__name__))
