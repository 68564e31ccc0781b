"""`Monitor`: keeps the values of state variables, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive
from cnsproject.errors import ArgumentError, ShapeError, StateError, TimeGridError, UnknownNameError, nearest

_FIRST_CAPACITY = 256


class Monitor:
    """Records attributes of a population or connection: `record()` once per step, `get(name)` afterwards.

    obj              population or connection
    state_variables  names to record: states, parameters, or `w` and `current` of a connection
    device           where the recording is kept

    Without `set_time_steps` everything is kept and the storage grows. With it the storage is allocated once, and the
    last that many steps are kept. Recorded values carry no gradient. Raises UnknownNameError for a name that `obj`
    does not have.
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
        self.obj, self.state_variables, self.device = obj, tuple(state_variables), torch.device(device)
        self._window: int | None = None
        self._count = self._room = 0  # steps recorded, steps there is room for
        self._data: dict[str, Tensor] = {}

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
        kept = {name: self.get(name)[-steps:] for name in self.state_variables} if self._count else {}
        self._window = steps
        self.reset_state_variables()
        for name, values in kept.items():
            self._data[name] = values.new_zeros((steps, *values.shape[1:]))
            self._data[name][: len(values)] = values
            self._count, self._room = len(values), steps

    def reset_state_variables(self) -> None:
        """Forget what was recorded. Tensors that `get` returned are not touched."""
        self._count = self._room = 0
        self._data = {}

    def record(self) -> None:
        """Append the present values; constant time per step, nothing is shifted."""
        count = self._count
        row = count % self._window if self._window else count
        if row >= self._room:
            self._make_room()
        states = getattr(self.obj, "_buffers", {})
        for name, data in self._data.items():
            # A torch module finds its tensors by a slow way round; most of what is recorded lies in this dict.
            value = states[name] if name in states else _value(self.obj, name)
            if data.shape[1:] != value.shape:
                self._refuse_shape(name, data, value)
            data[row].copy_(value.detach() if value.requires_grad else value)
        self._count = count + 1

    def extend(self, steps: int, blocks: Mapping[str, Tensor]) -> None:
        """Append many steps at once: `blocks` holds (steps, n) for every name that changed, the others are repeated."""
        kept = min(steps, self._window or steps)
        self._count += steps - kept
        while self._room < (self._window or self._count + kept):
            self._make_room()
        rows = torch.arange(self._count, self._count + kept)
        rows = rows % self._window if self._window else rows
        for name, data in self._data.items():
            block = blocks.get(name)
            value = _value(self.obj, name) if block is None else block[-kept:].reshape(kept, *data.shape[1:])
            data[rows] = value.to(dtype=data.dtype, device=data.device)
        self._count += kept

    def get(self, name: str) -> Tensor:
        """What was recorded of `name`, oldest first: (steps, *shape). Nothing is cleared.

        Raises UnknownNameError for a name that is not recorded, StateError before the first `record()`.
        """
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
        data = self._data[name]
        if self._window is None or self._count < self._window:
            return data[: self._count]
        # The window is reused by later records, so its content is handed out as a copy.
        start = self._count % self._window
        return torch.cat([data[start:], data[:start]])

    def __len__(self) -> int:
        return self._count if self._window is None else min(self._count, self._window)

    def __repr__(self) -> str:
        return f"Monitor({_label(self.obj)}, {list(self.state_variables)}, {len(self)} steps)"

    def _make_room(self) -> None:
        """Storage for one more row: allocated at first, twice as much later."""
        room = self._room * 2 or self._window or _FIRST_CAPACITY
        for name in self.state_variables:
            value, old = _value(self.obj, name), self._data.get(name)
            new = torch.zeros(
                (room, *(value.shape if old is None else old.shape[1:])), dtype=value.dtype, device=self.device
            )
            if old is not None:
                new[: len(old)] = old
            self._data[name] = new
        self._room = room

    def _refuse_shape(self, name: str, data: Tensor, value: Tensor) -> None:
        raise ShapeError(
            f"Monitor of {_label(self.obj)}.record ({name})",
            got=f"shape {tuple(value.shape)}",
            expected=f"{tuple(data.shape[1:])} as recorded before",
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
