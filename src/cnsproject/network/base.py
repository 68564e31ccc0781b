"""`Stepped`: what populations and connections share - parameters, states, a time step and the printed step."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import positive
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError, StateError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.executors.eager import executor as eager
from cnsproject.executors.eager import kernels
from cnsproject.network.parameters import Value, in_unit, read_value
from cnsproject.random import Law, derive_key

Rng = Any  # int | np.random.Generator | np.random.SeedSequence | None


class Clock:
    """How far an object is; apart from it, because setting an attribute of a torch module costs as much as an addition.

    steps      made since the last reset
    delivered  steps of pre whose spikes a connection has delivered, where they need no time
    served     steps of post that a connection has delivered for since it counts
    advanced_for  the step of post that a connection delivered for last
    version    how often the meaning of the object changed (parameters, dt, signs)
    stamp      versions for which a connection's constants hold
    silent     whether the last step had no spike for sure
    history    spikes of the last steps, newest last; None stands for a step without spikes
    watch      sum of the checks that were not looked at yet (away from the CPU)
    output     what a connection delivered last, where that is none of its states
    """

    __slots__ = (
        "advanced_for", "delivered", "history", "output", "served", "silent", "stamp", "steps", "version", "watch",
    )  # fmt: skip

    def __init__(self) -> None:
        self.steps = 0
        self.delivered = 0
        self.served = 0
        self.advanced_for = -1
        self.version = 0
        self.stamp: tuple[int, int, int] | None = None
        self.silent = False
        self.history: deque[Tensor | None] = deque(maxlen=0)
        self.watch: Tensor | None = None
        self.output: Tensor | None = None


@dataclass(slots=True)
class Ready:
    """A printed step with its constants, for one dtype and device; and the compiled one, where there is one."""

    step: Callable[..., Any]
    names: tuple[str, ...]  # of the constants
    constants: tuple[Tensor, ...]
    states: tuple[str, ...]
    cpu: bool
    exact: bool  # whether torch and native code give the same bits
    deliver: Callable[..., Any] | None  # what a synapse delivers, where that is none of its states
    hand: HandStep | None = None
    look_at: int = 0  # step in which to look for compiled code, while there is none


class Stepped(torch.nn.Module, ABC):
    """Base of populations and connections; see there.

    Parameters and states are attributes. A parameter may be set at any time, what depends on it is computed anew
    before the next step. A state may be set (`p.u = x`) or written in place (`p.u[3] = x`).
    """

    aliases: ClassVar[Mapping[str, str]] = {}  # other spellings of its names

    def __init__(
        self, shape: tuple[int, ...], *, dt: float | None, dtype: torch.dtype, name: str | None, rng: Rng
    ) -> None:
        super().__init__()
        if name is not None and not isinstance(name, str):
            raise ArgumentError(
                f"{type(self).__name__}.name", got=repr(name), expected="a text", fix="give a short name in quotes"
            )
        if dtype not in (torch.float32, torch.float64):
            raise ParameterError(
                f"{type(self).__name__}.dtype",
                got=dtype,
                expected="torch.float32 or torch.float64",
                fix="choose one of them",
            )
        self.shape, self.name = shape, name
        self._dtype = dtype
        self._key = derive_key(rng)
        self._has_own_key = rng is not None
        self._laws: dict[str, Law] = {}  # parameters that were drawn
        self._clock = Clock()
        self._values: dict[str, Value] = {}
        self._units: dict[str, str] = {}
        self._ready: dict[str, Ready] = {}
        self._dt: float | None = None
        if dt is not None:
            self.dt = dt

    # Names and values

    @property
    def label(self) -> str:
        """How errors call this object."""
        return f"{type(self).__name__} {self.name!r}" if self.name else f"{type(self).__name__}(shape={self.shape})"

    @property
    def _kind(self) -> str:
        """How errors call what has the parameters."""
        return type(self).__name__

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

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the states."""
        return self._dtype

    @property
    @abstractmethod
    def states(self) -> tuple[str, ...]:
        """Names of what changes from step to step."""

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return tuple(dict.fromkeys([*self._buffers, *self._parameters, *self._values]))

    def set_parameters(self, given: Mapping[str, object], units: Mapping[str, str]) -> None:
        """Read and keep the values of parameters; `units` gives the unit of each."""
        for name, value in given.items():
            self._units[name] = units[name]
            self._values[name] = self._read(name, value)
        self._derive("")
        self._changed()

    def _derive(self, changed: str) -> None:
        """Hook: recompute parameters that follow from others after `changed` was set ("" for all of them)."""

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw anew from `key` what was drawn at construction; nothing when `rng` was given there."""
        if self._has_own_key or self.steps:
            return
        self._key = key
        self.set_parameters(dict(self._laws), self._units)

    def _read(self, name: str, value: object) -> Value:
        value = in_unit(f"{type(self).__name__}.{name}", value, self._units[name])
        if isinstance(value, Law):
            self._laws[name] = value
        else:
            self._laws.pop(name, None)
        return read_value(f"{self._kind}.{name}", value, self._units[name], self.shape, self._key)

    def _changed(self) -> None:
        self._ready.clear()
        self._clock.version += 1

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            value = values[name]
            return value if isinstance(value, float) else torch.as_tensor(value, dtype=self._dtype, device=self.device)
        if name in self.aliases:
            return getattr(self, self.aliases[name])
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        plain = not isinstance(value, Tensor | torch.nn.Module)
        if plain and name.startswith("_"):
            own[name] = value  # torch would look through its parameters, buffers and submodules first
        elif name in self.aliases:
            setattr(self, self.aliases[name], value)
        elif name in self.fixed and name in own:
            self._refuse_fixed(name)
        elif name in own.get("_values", ()):
            self._set_parameter(name, value)
        elif name in own.get("_buffers", ()):
            self._write_state(name, value)
        else:
            known = hasattr(type(self), name)
            if name not in own and not known and "_values" in own and not name.startswith("_"):
                self._refuse_misspelling(name)
            if plain and not known:
                own[name] = value
            else:
                super().__setattr__(name, value)

    def _set_parameter(self, name: str, value: object) -> None:
        before = dict(self._values), dict(self._laws)
        self._values[name] = self._read(name, value)
        try:
            self._derive(name)
        except CnsError:
            self._values, self._laws = before
            raise
        self._changed()

    # What is decided at construction; setting it later would change nothing, or half of it.
    fixed: ClassVar[frozenset[str]] = frozenset({"shape"})

    def _refuse_fixed(self, name: str) -> None:
        raise ArgumentError(
            f"{self.label}.{name}",
            got="a new value",
            expected=f"{name} to be given at construction",
            fix="make a new object",
        )

    def _refuse_taken(self, names: Iterable[str], others: Container[str]) -> None:
        """Raise when a declaration calls something by a name that is ours: `others`, or an attribute."""
        for name in names:
            if name in others or name in self.fixed or name in self.__dict__ or hasattr(type(self), name):
                raise ArgumentError(
                    f"{self._kind}.dynamics",
                    got=f"the name {name!r}",
                    expected="a name without a meaning of its own here",
                    fix=f"call it {name}_0, for instance",
                )

    def _refuse_misspelling(self, name: str) -> None:
        close = _similar(name, (*self._values, *self._buffers, "dt"))
        if close:
            raise ArgumentError(
                f"{self.label}.{name}",
                got=f"a new attribute {name!r}",
                expected="a parameter or state",
                fix=f"did you mean {close!r}?",
            )

    # States

    def _write_state(self, name: str, value: Any) -> None:
        old = self._buffers[name]
        assert old is not None
        try:
            # A plain number is in double precision, as torch would not have it.
            given = torch.as_tensor(value, dtype=torch.float64 if isinstance(value, float) else None)
        except (TypeError, ValueError, RuntimeError):
            raise ArgumentError(
                f"{self.label}.{name}", got=repr(value), expected="numbers", fix="give a number or a tensor"
            ) from None
        if given.is_complex():
            raise ArgumentError(
                f"{self.label}.{name}", got="complex numbers", expected="real ones", fix="take the real part"
            )
        if old.dtype == torch.bool and not ((given == 0) | (given == 1)).all():
            raise ParameterError(
                f"{self.label}.{name}",
                got="values other than 0 and 1",
                expected="spikes",
                fix="compare with a threshold first",
            )
        new = given.to(dtype=old.dtype, device=old.device)
        if new.ndim == 0 or new.shape == (1,):
            new = new.expand(old.shape).clone()
        if new.shape != old.shape:
            raise ShapeError(
                f"{self.label}.{name}",
                got=f"shape {tuple(new.shape)}",
                expected=f"a number or shape {tuple(old.shape)}",
                fix="reshape it, or call reset_state_variables(batch=...) first",
            )
        if not torch.isfinite(new).all():
            raise ParameterError(
                f"{self.label}.{name}",
                got="NaN or infinity",
                expected="finite numbers",
                fix="check how it was computed",
            )
        self._buffers[name] = new

    @property
    def device(self) -> torch.device:
        """Where the states live."""
        for buffer in self._buffers.values():
            if buffer is not None:
                return buffer.device
        return torch.device("cpu")

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
        ready = Ready(code.step, code.USES, constants, self.states, cpu, code.EXACT, deliver)
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
        ready = self._prepared()
        return {
            n: c.numpy().reshape(-1) if c.ndim else c.numpy() for n, c in zip(ready.names, ready.constants, strict=True)
        }

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
        # Printed functions are found again when needed; a copy or a pickle does not carry them.
        return {**self.__dict__, "_ready": {}}

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
def _similar(name: str, known: tuple[str, ...]) -> str:
    """The one of some names that was probably meant; empty when none is."""
    lower = {each.lower(): each for each in known}
    return next((lower[n] for n in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.65)), "")
