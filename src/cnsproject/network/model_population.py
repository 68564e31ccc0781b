"""`ModelPopulation`: neurons that follow declared dynamics, and step by hand on compiled code."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Self, Unpack

import numpy as np
import torch
from torch import Tensor, is_grad_enabled

from cnsproject.checks import named_arguments, number, whole
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.step import Part, Step
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.network.clock import Clock, Ready
from cnsproject.network.competing import Competing
from cnsproject.network.compiled import look_for_compiled
from cnsproject.network.deciding import AbstractDecision
from cnsproject.network.parameters import Value, check_conditions, draw, in_unit, read_value, value_of
from cnsproject.network.population import Common, Start, common
from cnsproject.random import Law


class ModelPopulation(Competing):
    """A population whose neurons follow declared `dynamics` (abstract; a subclass names them and their parameters).

    parameters  values of the parameters of `dynamics`
    starts      start values of its states: number, array or distribution
    scheme      how the equations are integrated: "euler", "exponential euler", "heun", "rk4" or, where they are
                linear, "exact"
    decision    who of the neurons that reach their threshold in a step spikes, such as WinnerTakeAll(k=1); None: all
    A class lists in `follows` which parameter another one, or a start value, equals while it is None, and in `aliases`
    other spellings of its names.
    The other arguments are those of NeuralPopulation.
    """

    dynamics: ClassVar[Dynamics]
    follows: ClassVar[Mapping[str, str]] = {}
    _passing = frozenset({"_full", "_accepted", "_noise", "_plain"})

    def __init__(
        self,
        shape: int | tuple[int, ...],
        *,
        parameters: Mapping[str, object],
        starts: Mapping[str, object],
        scheme: str = "euler",
        decision: AbstractDecision | None = None,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(shape, decision=decision, **common)
        self._check_spike()
        self.scheme = scheme
        given = {name: value for name, value in parameters.items() if value is not None or name not in self.follows}
        self._following = {name: self.follows[name] for name in parameters if name not in given}
        self.set_parameters(given, self.dynamics.parameters)
        for state, start in starts.items():
            self._starts[state] = self._read_start(state, start)
        self.reset_state_variables()

    def _make(self, given: Mapping[str, Any]) -> None:
        """Construct from the arguments of a subclass's `__init__` by name; its declaration tells what they are."""
        parameters = {name: given[name] for name in self.dynamics.parameters}
        starts = {name: given[name] for name in self.dynamics.states}
        ModelPopulation.__init__(
            self, given["shape"], parameters=parameters, starts=starts, scheme=given["scheme"],
            decision=given.get("decision"), **common(given),
        )  # fmt: skip

    def _check_spike(self) -> None:
        if not self.dynamics.spike:
            raise ArgumentError(
                f"{type(self).__name__}.dynamics", got="equations without a spike", expected="a condition for spikes",
                fix="declare spike=..., one that is never met for a membrane that only integrates",
            )  # fmt: skip
        if self.refractory and not self.dynamics.reset:
            raise ArgumentError(
                f"{type(self).__name__}.refractory", got=f"{self.refractory:g} ms for a model without a reset",
                expected="0: there is no value at which the membrane could be held", fix="leave it out",
            )  # fmt: skip
        if len(self.dynamics.inputs) > 1:
            raise ArgumentError(
                f"{type(self).__name__}.dynamics", got=f"the inputs {', '.join(self.dynamics.inputs)}",
                expected="one input at most", fix="give their sum, or make some of them parameters",
            )  # fmt: skip

    def _read_start(self, state: str, given: object) -> Start:
        if given is None and state in self.follows:
            return self.follows[state]
        what, unit = f"{type(self).__name__}.{state}", self.dynamics.states[state]
        plain = in_unit(what, given, unit)
        return plain if isinstance(plain, Law) else read_value(what, plain, unit, self.shape, self._key)

    def _derive(self, changed: str) -> None:
        following: dict[str, str] = self.__dict__.setdefault("_following", {})
        following.pop(changed, None)
        for name, other in following.items():
            self._units[name], self._values[name] = self.dynamics.parameters[name], self._values[other]
        if self._values.keys() >= self.dynamics.parameters.keys():  # those of the trace are set first
            check_conditions(type(self).__name__, self.dynamics, self._values)

    def forward(self, I: float | Tensor = 0.0, jump: float | Tensor | None = None) -> None:  # noqa: E741
        """Advance by one step: integrate the input, decide the spikes, reset, follow them with the trace.

        I     current (nA): a number, (1,), the population's shape, or (batch, *shape) after
              `reset_state_variables(batch=...)`
        jump  mV added to the membrane before the integration, dropped while refractory; shapes as for I

        Afterwards `u`, `s`, `traces` are new tensors: a reference that was kept is a snapshot.
        Raises ShapeError or ArgumentError for anything else, ParameterError for an input that is not finite,
        NumericalError when a state becomes NaN or infinite (the population is then left as it was).
        """
        variant = "" if jump is None else "jump"
        ready = self._ready.get(variant) or self._prepared(variant)
        if (
            type(I) is not Tensor
            or I.dtype is not self._dtype
            or (I.shape != self._full and I.shape not in self._accepted)
            or I.is_cpu is not ready.cpu
        ):
            I = self._input("forward(I)", I)  # noqa: E741
        inputs: tuple[Tensor, ...] = (I,) if jump is None else (I, self._input("forward(jump)", jump))
        if not self._plain:
            inputs = self._completed(inputs)
        if is_grad_enabled() and self._asks_for_gradients(ready, inputs):
            if self.decision is not None:
                self._refuse_gradients()
            self._advance(ready, inputs, gradients=True)
            return
        hand = ready.hand
        if hand is None and self._clock.steps >= ready.look_at:
            hand = self._look_for_compiled(variant, ready)
        if hand is None:
            if self.decision is None:
                self._advance(ready, inputs, gradients=False)
            else:
                self._compete(ready, None, inputs)
            return
        for given in inputs:
            if given.shape != self._full or not given.is_contiguous():
                inputs = hand.flat(*inputs)
                break
        if self.decision is None:
            self._advance_compiled(ready, hand, inputs)
        else:
            self._compete(ready, hand, inputs)

    def _look_for_compiled(self, variant: str, ready: Ready, *, wait: bool = False) -> HandStep | None:
        like = self._buffers[self.states[0]]
        if self._batch is not None or like is None:
            return None
        return look_for_compiled(ready, self.step(variant), like, self._clock.steps, wait=wait)

    def _refuse_gradients(self) -> NoReturn:
        raise ArgumentError(
            f"{self.label}.forward", got="a tensor that asks for gradients, in a population with a decision",
            expected="none: who wins has no gradient", fix="step under torch.no_grad(), or leave the decision out",
        )  # fmt: skip

    def warm(self) -> None:
        """Compile the step now, if it is not yet, so that `forward` costs less from the start.

        `cns warm` does it once for all models of ours whose parameters are numbers.
        """
        variants = ["", "jump", *["after"] * (self.decision is not None and not self.step("after").is_empty)]
        for variant in variants:
            self._look_for_compiled(variant, self._prepared(variant), wait=True)

    @named_arguments
    def replicas(self, count: int, *, neuron: int | None = None, dt: float | None = None) -> Self:
        """A new population of `count` neurons that are all like one of this, none of which competes with another.

        Parameters, scheme, refractory period, precision and trace are the same, what was drawn is what it was drawn
        as. The new neurons are at their start values, on the CPU, whatever this population did before; the noise they
        get is drawn from the seed of their network.

        neuron  its place in the flattened population; may be left out where all neurons are alike
        dt      length of a step (ms), when not that of this population

        Raises ParameterError when the neurons differ and none is chosen.
        """
        what = f"{self.label}.replicas"
        size = whole(f"{what}(count)", count, least=1)
        index = self._chosen(what, neuron)
        twin = copy.copy(self)
        own = twin.__dict__
        own |= {name: copy.copy(value) for name, value in own.items() if isinstance(value, dict)}
        own |= {"name": None, "decision": None, "_clock": Clock(), "_ready": {}, "_has_own_key": False}
        twin._become_like(index, (size,))
        if dt is not None:
            twin.dt = dt
        return twin

    def _chosen(self, what: str, neuron: int | None) -> int:
        """The index of a neuron that was chosen, or of the first where all are alike."""
        if neuron is not None:
            index = whole(f"{what}(neuron)", neuron)
            if index >= self.n:
                raise ParameterError(
                    f"{what}(neuron)", got=index, expected=f"an index below {self.n}", fix="count from 0"
                )
            return index
        values = self._values | {name: self._start_values(name) for name in self._starts}
        for name, value in values.items():
            if np.ptp(value) > 0:
                raise ParameterError(
                    what, got=f"neurons that differ in {name}", expected="a choice of one of them",
                    fix="say which: replicas(count, neuron=0), or population[0] for a study",
                )  # fmt: skip
        return 0

    def _start_values(self, state: str) -> Value:
        start = self._starts[state]
        if isinstance(start, Law):
            return draw(start, self._key, state, self.shape)
        return self._values[start] if isinstance(start, str) else start

    def _become_like(self, neuron: int, shape: tuple[int, ...]) -> None:
        """Take `shape`, all neurons like one that there is now, and go to the start."""
        for state, start in self._starts.items():
            # A start value that follows a parameter goes on following it.
            self._starts[state] = start if isinstance(start, str) else value_of(self._start_values(state), neuron)
        self._values = {name: value_of(value, neuron) for name, value in self._values.items()}
        self._laws = {}
        inhibitory = self.is_inhibitory
        self.__dict__["shape"], self.__dict__["n"] = shape, shape[0]
        self._buffers = {name: torch.zeros(shape) for name in ("s", *self.states)}  # on the CPU, until the next line
        self.reset_state_variables()
        self.is_inhibitory = bool(inhibitory if isinstance(inhibitory, bool) else inhibitory.reshape(-1)[neuron])

    def step(self, variant: str = "") -> Step:
        """What a step is made of, with or without a jump; with a decision, before it or "after" it."""
        step = Step(self.dynamics, self.scheme, self.refractory > 0, jump=variant == "jump", trace=self._trace)
        competition = self.competition
        if competition is None:
            return step
        part: Part = "after" if variant == "after" else "before"
        return replace(step, part=part, resets_losers=competition.resets, holds=competition.hold > 0)

    def _prepared(self, variant: str = "") -> Ready:
        if variant in self._ready:
            return self._ready[variant]
        shape = self._buffers["s"].shape  # type: ignore[union-attr]
        self._full, self._accepted = shape, {torch.Size(()), torch.Size((1,)), torch.Size(self.shape), shape}
        self._noise = self.noise()
        self._plain = bool(self.dynamics.inputs) and not self._noise
        extra = {"refractory_steps": float(round(self.refractory / self.dt))} if self.refractory and self.dt else {}
        return self._prepare(variant, self.step(variant), extra | self._prepare_decision())

    def _completed(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The inputs of a model that has none, or has noise."""
        if not self.dynamics.inputs:
            if inputs[0].any():
                raise ArgumentError(
                    f"{self.label}.forward(I)", got="a current for equations without an input", expected="none, or 0",
                    fix="add it to an equation, such as R*I, and declare it",
                )  # fmt: skip
            inputs = inputs[1:]
        return inputs + tuple(xi.at(self._clock.steps).reshape(self._full).to(self.device) for xi in self._noise)

    def _input(self, which: str, given: object) -> Tensor:
        """An input as a tensor of our dtype, on our device, of a shape that fits."""
        what = f"{self.label}.{which}"
        if isinstance(given, Tensor | np.ndarray) and given.ndim > 0:
            if isinstance(given, np.ndarray) and given.dtype.kind not in "biuf":
                raise ArgumentError(
                    what, got=f"an array of {given.dtype}", expected="real numbers", fix="convert it first"
                )
            tensor = torch.as_tensor(np.ascontiguousarray(given) if isinstance(given, np.ndarray) else given)
            if tensor.dtype in (torch.bool, torch.complex64, torch.complex128):
                raise ArgumentError(
                    what, got=f"a tensor of {tensor.dtype}", expected="real numbers", fix="convert it with .float()"
                )
            if tensor.shape not in self._accepted:
                sizes = " or ".join(str(tuple(s)) for s in sorted(self._accepted, key=len) if s)
                raise ShapeError(
                    what,
                    got=f"shape {tuple(tensor.shape)}",
                    expected=f"a number or shape {sizes}",
                    fix=self._shape_fix(tensor),
                )
            if isinstance(given, Tensor) and tensor.device != self.device:
                raise ArgumentError(
                    what,
                    got=f"a tensor on {tensor.device}",
                    expected=f"one on {self.device}",
                    fix=f"move it with .to({str(self.device)!r})",
                )
            return tensor.to(self._dtype)
        if isinstance(given, Tensor) and given.requires_grad:
            return given.to(self._dtype)
        return torch.tensor(number(what, given), dtype=self._dtype, device=self.device)

    def _shape_fix(self, given: Tensor) -> str:
        if given.ndim == len(self.shape) + 1 and tuple(given.shape[1:]) == self.shape:
            return f"call reset_state_variables(batch={given.shape[0]}) first, or pass one row at a time"
        return "pass one number for all neurons or one per neuron"
