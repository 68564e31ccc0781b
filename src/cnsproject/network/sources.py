"""Populations without dynamics: Poisson neurons, and neurons that fire at given times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.neurons import POISSON
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, StateError
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.parameters import Given, check_conditions, read_array
from cnsproject.network.population import NeuralPopulation, common
from cnsproject.random import StepWords

Ints = npt.NDArray[np.int64]


class _Source(NeuralPopulation):
    """Neurons whose spikes come from elsewhere."""

    def step(self) -> Step:
        """What a step is made of: the trace of the spikes."""
        return Step(None, trace=self._trace)

    def _prepared(self) -> Ready:
        return self._ready.get("") or self._prepare("", self.step(), {})

    def _emit(self, spikes: npt.NDArray[np.bool_]) -> None:
        ready = self._prepared()
        shape = self._buffers["s"].shape  # type: ignore[union-attr]
        self._advance(ready, (torch.from_numpy(spikes.reshape(shape)).to(self.device),), gradients=False)


class PoissonPopulation(_Source):
    """Neurons that fire at random, independently of each other and of their past.

    In each step a neuron fires with probability rate*dt (Gerstner et al. 2014, Neuronal Dynamics, ch. 7.2).

    rate  Hz: a number, an array of the population's shape, or a distribution; `forward(rate)` and
          `Network.run(inputs={name: rate})` take other rates, also over time
    The other arguments are those of NeuralPopulation. Raises ParameterError where rate*dt exceeds 1. The spikes are a
    function of key, neuron and step.
    """

    given = "rates"
    declaration: ClassVar[Dynamics] = POISSON
    rate: float | Tensor
    _words: StepWords | None = None
    _passing = frozenset({"_words"})

    @named_arguments
    def __init__(
        self,
        shape: int | tuple[int, ...],
        rate: Given = 10.0,
        *,
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(shape, **common(locals()))
        self.set_parameters({"rate": rate}, {"rate": "Hz"})

    def forward(self, rate: float | Tensor | None = None) -> None:
        """Advance by one step with these rates (Hz), or with the population's own."""
        self._prepared()
        given = self.rate if rate is None else rate
        rates = torch.as_tensor(given, dtype=self._dtype).detach().cpu().numpy().astype(np.float64)
        self.check_rates(f"{self.label}.forward(rate)", rates)
        count = self._buffers["s"].numel()  # type: ignore[union-attr]
        if self._words is None or (self._words.key, self._words.count) != (self._key, count):
            self._words = StepWords(self._key, count)
        drawn = (self._words.at(self.steps).astype(np.float64) + 0.5) * 2.0**-32
        shape = tuple(self._buffers["s"].shape)  # type: ignore[union-attr]
        if rates.size > 1 and rates.shape not in (shape, self.shape):
            raise ShapeError(
                f"{self.label}.forward(rate)",
                got=f"shape {rates.shape}",
                expected=f"a number or shape {self.shape}",
                fix="give one rate per neuron",
            )
        self._emit(drawn.reshape(shape) < rates * self.seconds)

    @property
    def seconds(self) -> float:
        """A step in s."""
        return float(self.dt or 0.0) * 1e-3

    def check_rates(self, what: str, rates: npt.NDArray[Any]) -> None:
        """Raise where a rate is no rate, or more than a spike per step."""
        if not np.isfinite(rates).all() or (rates < 0).any() or (rates * self.seconds > 1).any():
            raise ParameterError(
                what,
                got=f"rates from {np.min(rates):g} to {np.max(rates):g} Hz",
                expected=f"rates from 0 to {1 / self.seconds:g} Hz, one spike per step",
                fix="use a smaller dt, or lower the rate",
            )

    def _derive(self, changed: str) -> None:
        del changed
        if "rate" in self._values:  # the parameters of the trace are set first
            check_conditions(type(self).__name__, self.declaration, self._values)


class SpikeSource(_Source):
    """Neurons that fire at given times (ms since the population's step 0).

    times    one sequence per neuron, or with `neurons` one array of times for all of them
    neurons  the neuron of each time

    Times may come in any order. A time belongs to the step that contains it: t to step floor(t/dt), where what lies
    within 1e-6 steps of the next step is taken for rounding and belongs to that. Raises ParameterError for times below
    0 and for two spikes of a neuron in one step. The other arguments are those of NeuralPopulation.
    """

    given = "times"
    fixed = NeuralPopulation.fixed | {"times", "neurons"}
    _passing = frozenset({"_events"})

    @named_arguments
    def __init__(
        self,
        shape: int | tuple[int, ...],
        times: Sequence[Any] | npt.ArrayLike,
        neurons: npt.ArrayLike | None = None,
        *,
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(shape, **common(locals()))
        self.__dict__["times"], self.__dict__["neurons"] = self._read_times(times, neurons)

    def _read_times(self, times: Any, neurons: Any) -> tuple[npt.NDArray[np.float64], Ints]:
        what = "SpikeSource.times"
        if neurons is None:
            if not isinstance(times, Sequence | np.ndarray) or len(times) != self.n:
                raise ShapeError(
                    what,
                    got=f"{len(times) if hasattr(times, '__len__') else type(times).__name__}",
                    expected=f"{self.n} sequences, one per neuron",
                    fix="or give neurons= with one array of times",
                )
            each = [read_array(what, row, row.shape) for row in map(np.ravel, times)]
            neurons = np.repeat(np.arange(self.n), [len(t) for t in each])
            times = np.concatenate([np.empty(0), *each])
        in_a_row = np.ravel(times)  # of tensors too, which np.size does not count
        found = read_array(what, in_a_row, in_a_row.shape)
        index = np.ravel(np.asarray(neurons))
        if index.shape != found.shape or (index.size and index.dtype.kind not in "iu"):
            raise ArgumentError(
                "SpikeSource.neurons",
                got=f"{index.dtype} of shape {index.shape}",
                expected=f"{len(found)} whole numbers",
                fix="give the neuron of every time",
            )
        if index.size and not (index.min() >= 0 and index.max() < self.n):
            raise ParameterError(
                "SpikeSource.neurons",
                got=f"{index.min()} to {index.max()}",
                expected=f"neurons from 0 to {self.n - 1}",
                fix="count from 0",
            )
        if found.size and found.min() < 0:
            raise ParameterError(what, got=f"{found.min():g} ms", expected="times >= 0 ms", fix="shift them")
        return found, index.astype(np.int64)

    def events(self) -> tuple[Ints, Ints]:
        """Step and neuron of every spike, in ascending order of both."""
        if self.dt is None:
            raise StateError(self.label, got="a step before dt is known", expected="dt in ms", fix="set .dt = 1.0")
        steps = np.floor(self.times / self.dt + 1e-6).astype(np.int64)
        order = np.lexsort((self.neurons, steps))
        steps, neurons = steps[order], self.neurons[order]
        twice = (np.diff(steps) == 0) & (np.diff(neurons) == 0)
        if twice.any():
            raise ParameterError(
                f"{self.label}.times",
                got=f"two spikes of neuron {neurons[1:][twice][0]} in step {steps[1:][twice][0]}",
                expected="at most one per neuron and step",
                fix="use a smaller dt, or drop one of them",
            )
        return steps, neurons

    def forward(self) -> None:
        """Advance by one step: the spikes of this step."""
        self._prepared()
        steps, neurons = self._known_events()
        first, last = np.searchsorted(steps, [self.steps, self.steps + 1])
        shape = tuple(self._buffers["s"].shape)  # type: ignore[union-attr]
        spikes = np.zeros((self._batch or 1, self.n), bool)
        spikes[:, neurons[first:last]] = True
        self._emit(spikes.reshape(shape))

    def _known_events(self) -> tuple[Ints, Ints]:
        known = self.__dict__.get("_events")
        if known is None or known[0] != self.dt:
            known = self.__dict__["_events"] = self.dt, self.events()
        events: tuple[Ints, Ints] = known[1]
        return events
