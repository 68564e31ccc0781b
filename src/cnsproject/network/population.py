"""`NeuralPopulation`: what every population is, whatever its model."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict, cast

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, whole
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.models import SET_TRACE, SPIKE_TRACE
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, NoAttributeError, ParameterError, ShapeError
from cnsproject.network.advancing import Advancing
from cnsproject.network.attributes import Rng
from cnsproject.network.normals import Noise
from cnsproject.network.parameters import Given, draw, in_unit, read_shape, read_value
from cnsproject.network.views import PopulationView
from cnsproject.plan import Builder
from cnsproject.plan.operations import Given as GivenSpikes
from cnsproject.random import Law

# A start value: number, array, what it is drawn from, or the name of the parameter that it equals.
Start = float | np.ndarray[Any, Any] | Law | str


class Common(TypedDict, total=False):
    """The arguments that every population has; NeuralPopulation says what they mean."""

    spike_trace: bool
    additive_spike_trace: bool
    tau_s: Given
    trace_scale: Given
    is_inhibitory: bool | Tensor
    learning: bool
    dt: float | None
    refractory: float | str
    dtype: torch.dtype
    name: str | None
    rng: Rng
    surrogate_width: float


def common(given: Mapping[str, Any]) -> Common:
    """Those of the arguments of a subclass, by name, that every population has."""
    found: Any = {name: given[name] for name in Common.__annotations__ if name in given}
    return cast(Common, found)


class NeuralPopulation(Advancing):
    """A population of neurons with its spikes `s` and their trace (abstract; subclasses say what a step is).

    After the integration of a step the trace follows its spikes:
    traces = traces*exp(-dt/tau_s) + trace_scale*s, or traces = 1 where s when not additive.

    shape                 int or tuple: the arrangement of the neurons
    spike_trace           whether a trace is kept
    additive_spike_trace  whether spikes add to the trace or set it to 1
    tau_s                 time constant of the trace (ms)
    trace_scale           what a spike adds to the trace
    is_inhibitory         bool or mask of the population's shape: weights of outgoing connections count negative
    learning              training mode of the module
    dt                    length of a step (ms), may be set later
    refractory            absolute refractory period (ms)
    dtype                 torch.float32 or torch.float64
    name                  how errors call the population
    rng                   seed, numpy Generator or None: where distributions are drawn from
    surrogate_width       width of the surrogate gradient of a spike, in the unit of the threshold

    States: `s` (bool; a float 0/1 while gradients are on) and `traces`, each of shape (*shape) or (batch, *shape).
    """

    declaration: ClassVar[Dynamics | None] = None  # of spikes that are made by code of their own
    fixed = frozenset({"shape", "n", "spike_trace", "additive_spike_trace", "refractory", "scheme"})
    s: Tensor
    traces: Tensor

    def __init__(
        self,
        shape: int | tuple[int, ...],
        *,
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        refractory: float | str = 0.0,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
        surrogate_width: float = 1.0,
    ) -> None:
        kind = type(self).__name__
        super().__init__(read_shape(f"{kind}.shape", shape), dt=dt, dtype=dtype, name=name, rng=rng)
        self.n = math.prod(self.shape)
        for argument, value in (("spike_trace", spike_trace), ("additive_spike_trace", additive_spike_trace)):
            if not isinstance(value, bool | np.bool_):
                raise ArgumentError(f"{kind}.{argument}", got=repr(value), expected="a bool", fix="use True or False")
        self.spike_trace, self.additive_spike_trace = bool(spike_trace), bool(additive_spike_trace)
        self.refractory = number(f"{kind}.refractory", in_unit(f"{kind}.refractory", refractory, "ms"), "ms")
        if self.refractory < 0:
            raise ParameterError(
                f"{kind}.refractory", got=f"{self.refractory:g}", expected="a number >= 0 (ms)", fix="use 0 for none"
            )
        self.surrogate_width = surrogate_width
        self.is_inhibitory = is_inhibitory
        self._trace = (SPIKE_TRACE if self.additive_spike_trace else SET_TRACE) if self.spike_trace else None
        given = {"tau_s": tau_s, "trace_scale": trace_scale}
        for parameter, unit in SPIKE_TRACE.parameters.items():
            # Checked even where the trace does not use it.
            read_value(f"{kind}.{parameter}", given[parameter], unit, self.shape, self._key)
        if self._trace:
            self.set_parameters({p: given[p] for p in self._trace.parameters}, self._trace.parameters)
        if self.dynamics:
            own = {"s", "external", "refractory_left", "hold_left"}
            own |= {*self._trace.states, *self._trace.parameters} if self._trace else set()
            self._refuse_taken([*self.dynamics.states, *self.dynamics.parameters], own)
        self._batch: int | None = None
        self._starts: dict[str, Start] = {}
        self.register_buffer("s", torch.zeros(self.shape, dtype=torch.bool))
        for state in self.states:
            self.register_buffer(state, torch.zeros(self.shape, dtype=dtype))
        self.learning = learning

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the float states, in the order of the printed step."""
        names = tuple(self.dynamics.states) if self.dynamics else ()
        return (
            names
            + (("refractory_left",) if self.refractory else ())
            + (tuple(self._trace.states) if self._trace else ())
        )

    @property
    def is_inhibitory(self) -> bool | Tensor:
        """Whether the weights of outgoing connections count negative, for all or per neuron."""
        return self._is_inhibitory

    @is_inhibitory.setter
    def is_inhibitory(self, value: bool | Tensor) -> None:
        what = f"{type(self).__name__}.is_inhibitory"
        if isinstance(value, Tensor | np.ndarray) and value.ndim > 0:
            mask = torch.as_tensor(value)
            if mask.dtype != torch.bool or tuple(mask.shape) != self.shape:
                raise ShapeError(
                    what,
                    got=f"{mask.dtype} of shape {tuple(mask.shape)}",
                    expected=f"a bool or a boolean mask of shape {self.shape}",
                    fix="give one boolean per neuron",
                )
            self._is_inhibitory: bool | Tensor = mask.clone()
        elif isinstance(value, bool | np.bool_):
            self._is_inhibitory = bool(value)
        else:
            raise ArgumentError(
                what,
                got=repr(value),
                expected=f"a bool or a boolean mask of shape {self.shape}",
                fix="use True or False",
            )
        self._changed()

    @property
    def learning(self) -> bool:
        """Training mode; `train()` and `eval()` set it."""
        return self.training

    @learning.setter
    def learning(self, value: bool) -> None:
        if not isinstance(value, bool | np.bool_):
            raise ArgumentError(
                f"{type(self).__name__}.learning", got=repr(value), expected="a bool", fix="use True or False"
            )
        self.train(bool(value))

    def __getitem__(self, index: Any) -> PopulationView:
        """A part of the population: `exc[:100]`, `exc[mask]`, `exc[[3, 5, 8]]`."""
        return PopulationView(self, index)

    def __len__(self) -> int:
        return self.n

    @abstractmethod
    def step(self) -> Step:
        """What a step of this population is made of."""

    def noise(self) -> tuple[Noise, ...]:
        """The noise in the equations, in the order of `dynamics.noises`."""
        names = self.dynamics.noises if self.dynamics else ()
        count = self._buffers["s"].numel()  # type: ignore[union-attr]
        return tuple(Noise(name, self._key, count, self._dtype) for name in names)

    def lower(self, builder: Builder, name: str) -> None:
        """Declare the population to a plan."""
        builder.layer(name, self.shape, self.step(), self.states, self.given)

    given: ClassVar[GivenSpikes] = ""  # in which form spikes come that the population does not make itself

    @abstractmethod
    def forward(self, *inputs: Any) -> None:
        """Advance by one step."""

    @named_arguments
    def reset_state_variables(self, batch: int | None = None) -> None:
        """Back to the start: no spikes, no trace, start values; with `batch` every state gets a leading dimension."""
        self._batch = whole(f"{self.label}.reset_state_variables(batch)", batch, least=1) if batch is not None else None
        shape = self.shape if self._batch is None else (self._batch, *self.shape)
        device = self.device
        self._buffers["s"] = torch.zeros(shape, dtype=torch.bool, device=device)
        for state in self.states:
            start = (
                torch.zeros(shape, dtype=self._dtype)
                if state not in self._starts
                else self._start(self._starts[state], state, shape)
            )
            self._buffers[state] = start.to(device)
        self._clock.steps = 0
        self._clock.history.clear()
        self._clock.silent = False
        self._clock.watch = None
        self._changed()

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw anew from `key` what was drawn at construction; nothing when `rng` was given there."""
        super().take_key(key)
        for state, given in self._starts.items():
            drawn = isinstance(given, Law) or (isinstance(given, str) and given in self._laws)
            if drawn and not self._has_own_key and not self.steps:
                shape = tuple(self._buffers["s"].shape)  # type: ignore[union-attr]
                self._buffers[state] = self._start(given, state, shape).to(self.device)

    def _start(self, given: Start, name: str, shape: tuple[int, ...]) -> Tensor:
        if isinstance(given, str):
            given = self._values[given]
        if isinstance(given, Law):
            rows = [draw(given, self._key, name, self.shape, block) for block in range(self._batch or 1)]
            return torch.as_tensor(np.stack(rows), dtype=self._dtype).reshape(shape).clone()
        return torch.as_tensor(np.broadcast_to(given, shape).copy(), dtype=self._dtype)

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` gave; the batch is that of the restored spikes."""
        super().set_extra_state(state)
        spikes = self._buffers["s"]
        assert spikes is not None
        self._batch = spikes.shape[0] if spikes.ndim > len(self.shape) else None

    def __getattr__(self, name: str) -> Any:
        if name == "s" and self._clock.silent:
            # Whoever holds `s` may write into it, so from now on it counts as spikes.
            self._clock.silent = False
            if self._clock.history:
                self._clock.history[-1] = self._buffers["s"]
        if name == "traces" and not self.spike_trace:
            raise NoAttributeError(
                f"{self.label}.traces",
                got="spike_trace=False",
                expected="a population that keeps a trace",
                fix="construct it with spike_trace=True",
            )
        return super().__getattr__(name)

    def _write_state(self, name: str, value: Any) -> None:
        super()._write_state(name, value)
        if name == "s":
            self._clock.silent = False
            if self._clock.history:
                self._clock.history[-1] = self._buffers["s"]
