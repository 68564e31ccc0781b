"""`Stepped`: what populations and connections share - attributes, a time step, the printed step, checkpoints."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import positive
from cnsproject.dynamics.step import Step
from cnsproject.errors import ParameterError, StateError
from cnsproject.executors.eager import executor as eager
from cnsproject.executors.eager import kernels
from cnsproject.network.attributes import Attributes, Rng
from cnsproject.network.clock import Clock, Ready
from cnsproject.network.parameters import Value


class Stepped(Attributes):
    """Base of populations and connections; see there. What depends on a parameter is computed anew before a step."""

    _passing: ClassVar[frozenset[str]] = frozenset()  # attributes that a class computes anew with its constants

    def __init__(
        self, shape: tuple[int, ...], *, dt: float | None, dtype: torch.dtype, name: str | None, rng: Rng
    ) -> None:
        super().__init__(shape, dtype=dtype, name=name, rng=rng)
        self._clock = Clock()
        self._ready: dict[str, Ready] = {}
        self._dt: float | None = None
        if dt is not None:
            self.dt = dt

    @property
    def dt(self) -> float | None:
        """Length of a step in ms; None until it is known."""
        return self._dt

    @dt.setter
    def dt(self, value: float) -> None:
        self._dt = positive(f"{type(self).__name__}.dt", value, "ms")
        self._changed()

    def shorten_steps(self, factor: int) -> None:
        """Make steps so many times shorter, before the first one; what is counted in steps keeps its length in ms."""
        self._dt = None if self._dt is None else self._dt / factor
        self._changed()

    @property
    def steps(self) -> int:
        """Steps made since the last reset."""
        return self._clock.steps

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw anew from `key` what was drawn at construction; nothing when `rng` was given there."""
        if self._has_own_key or self.steps:
            return
        self._key = key
        self.set_parameters(dict(self._laws), self._units)

    def _changed(self) -> None:
        self._ready.clear()
        self._clock.version += 1

    # Steps and their history

    @abstractmethod
    def reset_state_variables(self) -> None:
        """Back to the state before the first step."""

    def keep_spikes(self, steps: int) -> None:
        """Remember the spikes of at least the last `steps` steps (asked by connections)."""
        history = self._clock.history
        if steps > (history.maxlen or 0):
            self._clock.history = deque(history, maxlen=steps)

    def before_step(self) -> tuple[Any, ...]:
        """All that a step changes, for `undo`. References will do: a step makes new tensors."""
        c = self._clock
        return dict(self._buffers), tuple(c.history), (
            c.steps, c.delivered, c.served, c.advanced_for, c.silent, c.watch, c.output
        )  # fmt: skip

    def undo(self, before: tuple[Any, ...]) -> None:
        """Back to where `before_step` was called."""
        buffers, history, counts = before
        c = self._clock
        self._buffers.clear()
        self._buffers.update(buffers)
        c.history = deque(history, maxlen=c.history.maxlen)
        c.steps, c.delivered, c.served, c.advanced_for, c.silent, c.watch, c.output = counts

    def _fade(self) -> None:
        """States that have all but faded become 0."""
        for name in self.states:
            self._buffers[name] = kernels.fade(self._buffers[name])  # type: ignore[arg-type]

    # The printed step

    def _prepare(self, variant: str, step: Step, extra: Mapping[str, Value]) -> Ready:
        """Print the step (or find it printed), compute its constants, and keep both until something changes."""
        if self._dt is None:
            raise StateError(
                f"{self.label}",
                got="a step before dt is known",
                expected="dt in ms",
                fix="set .dt = 1.0 or give dt= at construction",
            )
        code = eager.printed(step)
        constants = eager.constants(code, {**self._values, **extra, "dt": self._dt}, self._dtype, self.device)
        cpu = self.device.type == "cpu"
        deliver = getattr(code, "deliver", None)
        ready = Ready(code.step, code.USES, constants, code.STATES, cpu, code.EXACT, deliver)
        self._ready[variant] = ready
        return ready

    def _asks_for_gradients(self, ready: Ready, inputs: Sequence[Tensor | None]) -> bool:
        """Whether a step from these inputs and the present states has a gradient, when gradients are on."""
        for tensor in (*inputs, *[self._buffers[name] for name in ready.states]):
            if tensor is not None and tensor.requires_grad:
                return True
        return False

    @abstractmethod
    def _prepared(self) -> Ready:
        """The printed step that `forward` or `compute` runs, prepared now if it is not yet."""

    def constants(self) -> dict[str, np.ndarray[Any, Any]]:
        """The constants of a step by name: numbers (0-d) or one per neuron, flat."""
        return self._told(self._prepared())

    def _told(self, ready: Ready) -> dict[str, np.ndarray[Any, Any]]:
        return {
            n: c.numpy().reshape(-1) if c.ndim else c.numpy() for n, c in zip(ready.names, ready.constants, strict=True)
        }

    # Devices and checkpoints

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        # `.to`, `.double`, `.cuda`: torch moves the buffers, we move what is no buffer and recompute the constants.
        result = super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._dtype = fn(torch.empty(0, dtype=self._dtype)).dtype
        if self._dtype not in (torch.float32, torch.float64):
            raise ParameterError(
                self.label, got=self._dtype, expected="torch.float32 or torch.float64", fix="use .float() or .double()"
            )
        history = self._clock.history
        self._clock.history = deque((None if s is None else fn(s) for s in history), maxlen=history.maxlen)
        self._clock.output = None if self._clock.output is None else fn(self._clock.output)
        self._changed()
        return result

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        # A checkpoint may have a batch, or a matrix where all weights were equal: take its shapes where they can be
        # ours. New tensors, so that references the user kept stay snapshots.
        self._clock.silent = False
        for name, buffer in self._buffers.items():
            saved = state_dict.get(prefix + name)
            if saved is not None and buffer is not None and self._fits(name, tuple(saved.shape)):
                self._buffers[name] = torch.empty_like(saved, dtype=buffer.dtype, device=buffer.device)
        super()._load_from_state_dict(state_dict, prefix, *rest)
        for name, buffer in self._buffers.items():
            self._buffers[name] = buffer if buffer is None else buffer.clone()
        self._changed()

    def _fits(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether state `name` may have this shape: ours, or ours with a leading batch."""
        del name  # all states have the shape of the object
        return shape == self.shape or shape[1:] == self.shape

    def __getstate__(self) -> dict[str, Any]:
        # What `_prepared` makes is made again when needed; a copy, a pickle or a checkpoint does not carry it.
        passing = _passing(type(self))
        return {**{name: value for name, value in self.__dict__.items() if name not in passing}, "_ready": {}}

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors: time step, parameters, steps made, and spikes in flight."""
        values = {n: v if isinstance(v, float) else torch.as_tensor(v) for n, v in self._values.items()}
        clock = self._clock
        return {"dt": self._dt, "values": values, "steps": clock.steps, "history": list(clock.history)}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` gave."""
        self._dt = state["dt"]
        self._values.update({n: v if isinstance(v, float) else v.numpy() for n, v in state["values"].items()})
        self._clock.steps = state["steps"]
        # Connections that still have to ask for their delays need all that was kept.
        kept = max(self._clock.history.maxlen or 0, len(state["history"]))
        self._clock.history = deque(state["history"], maxlen=kept)
        self._changed()


@cache
def _passing(kind: type) -> frozenset[str]:
    """What objects of a class compute anew with their constants."""
    return frozenset().union(*(vars(base).get("_passing", ()) for base in kind.__mro__))
