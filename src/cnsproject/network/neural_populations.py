"""The populations a notebook steps by hand: one declaration and one thin class each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Unpack

import numpy as np
import torch
from torch import Tensor, is_grad_enabled

from cnsproject.checks import named_arguments, number
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.models import LIF
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.network.base import Ready, Rng
from cnsproject.network.compiled import look_for_compiled
from cnsproject.network.parameters import Given, Value, in_unit, read_value
from cnsproject.network.population import Common, NeuralPopulation
from cnsproject.random import Law

__all__ = ["InputPopulation", "LIFPopulation", "ModelPopulation", "NeuralPopulation"]


class ModelPopulation(NeuralPopulation):
    """A population whose neurons follow declared `dynamics` (abstract; a subclass names them and their parameters).

    parameters  values of the parameters of `dynamics`
    starts      start values of its states: number, array or distribution
    scheme      how the equations are integrated: "euler", "exponential euler", "heun", "rk4" or, where they are
                linear, "exact"
    The other arguments are those of NeuralPopulation.
    """

    dynamics: ClassVar[Dynamics]

    def __init__(
        self,
        shape: int | tuple[int, ...],
        *,
        parameters: Mapping[str, object],
        starts: Mapping[str, object],
        scheme: str = "euler",
        **common: Unpack[Common],
    ) -> None:
        super().__init__(shape, **common)
        if not self.dynamics.spike:
            raise ArgumentError(
                f"{type(self).__name__}.dynamics", got="equations without a spike", expected="a condition for spikes",
                fix="declare spike=..., one that is never met for a membrane that only integrates",
            )  # fmt: skip
        if len(self.dynamics.inputs) > 1:
            raise ArgumentError(
                f"{type(self).__name__}.dynamics", got=f"the inputs {', '.join(self.dynamics.inputs)}",
                expected="one input at most", fix="give their sum, or make some of them parameters",
            )  # fmt: skip
        self.scheme = scheme
        self.set_parameters(parameters, self.dynamics.parameters)
        for state, given in starts.items():
            what, unit = f"{type(self).__name__}.{state}", self.dynamics.states[state]
            plain = in_unit(what, given, unit)
            self._starts[state] = (
                plain if isinstance(plain, Law) else read_value(what, plain, unit, self.shape, self._key)
            )
        self.reset_state_variables()

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
            self._advance(ready, inputs, gradients=True)
            return
        hand = ready.hand
        if hand is None and self._clock.steps >= ready.look_at:
            hand = self._look_for_compiled(variant, ready)
        if hand is None:
            self._advance(ready, inputs, gradients=False)
            return
        for given in inputs:
            if given.shape != self._full or not given.is_contiguous():
                inputs = hand.flat(*inputs)
                break
        self._advance_compiled(ready, hand, inputs)

    def _look_for_compiled(self, variant: str, ready: Ready, *, wait: bool = False) -> HandStep | None:
        like = self._buffers[ready.states[0]]
        if self._batch is not None or like is None:
            return None
        return look_for_compiled(ready, self.step(variant), like, self._clock.steps, wait=wait)

    def warm(self) -> None:
        """Compile the step now, if it is not yet, so that `forward` costs less from the start.

        `cns warm` does it once for all models of ours whose parameters are numbers.
        """
        for variant in ("", "jump"):
            self._look_for_compiled(variant, self._prepared(variant), wait=True)

    def step(self, variant: str = "") -> Step:
        """What a step is made of, with or without a jump."""
        return Step(self.dynamics, self.scheme, self.refractory > 0, jump=variant == "jump", trace=self._trace)

    def _prepared(self, variant: str = "") -> Ready:
        if variant in self._ready:
            return self._ready[variant]
        shape = self._buffers["s"].shape  # type: ignore[union-attr]
        self._full, self._accepted = shape, {torch.Size(()), torch.Size((1,)), torch.Size(self.shape), shape}
        self._noise = self.noise()
        self._plain = bool(self.dynamics.inputs) and not self._noise
        extra = {"refractory_steps": float(round(self.refractory / self.dt))} if self.refractory and self.dt else {}
        return self._prepare(variant, self.step(variant), extra)

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


class LIFPopulation(ModelPopulation):
    """Leaky integrate-and-fire neurons.

    tau du/dt = u_rest - u + R*I;  spike and u = u_reset where u >= threshold.

    u          membrane potential (mV)          tau        membrane time constant (ms), default 10
    u_rest     resting potential (mV)           R          membrane resistance (MOhm), default 1
    u_reset    potential after a spike (mV),    C          membrane capacitance (nF): tau = R*C; needs R, excludes tau
               default u_rest                   threshold  spike threshold (mV)
    u=         start value (mV): number, array or distribution; default u_rest
    scheme     "euler" (default), "exponential euler", "heun", "rk4", or "exact"
    Parameters are numbers or arrays of the population's shape. The other arguments are those of NeuralPopulation.

    Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3.
    """

    dynamics = LIF
    u: Tensor
    threshold: float | Tensor
    tau: float | Tensor
    R: float | Tensor

    @named_arguments
    def __init__(
        self,
        shape: int | tuple[int, ...],
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        R: Given | None = None,
        C: Given | None = None,
        threshold: Given = -55.0,
        dt: float | None = None,
        *,
        tau: Given | None = None,
        u_rest: Given = -70.0,
        u_reset: Given | None = None,
        refractory: float | str = 0.0,
        u: Given | None = None,
        scheme: str = "euler",
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
        surrogate_width: float = 1.0,
    ) -> None:
        self._membrane_arguments(tau, R, C)
        reset = u_rest if u_reset is None else u_reset
        super().__init__(
            shape,
            parameters={
                "tau": 10.0 if tau is None else tau,
                "R": 1.0 if R is None else R,
                "u_rest": u_rest,
                "u_reset": reset,
                "threshold": threshold,
            },
            starts={"u": u_rest if u is None else u},
            scheme=scheme,
            spike_trace=spike_trace,
            additive_spike_trace=additive_spike_trace,
            tau_s=tau_s,
            trace_scale=trace_scale,
            is_inhibitory=is_inhibitory,
            learning=learning,
            dt=dt,
            refractory=refractory,
            dtype=dtype,
            name=name,
            rng=rng,
            surrogate_width=surrogate_width,
        )
        self._capacitance: Value | None = None
        if C is not None:
            self.C = C

    @property
    def C(self) -> float | Tensor:
        """Membrane capacitance tau/R (nF). Once set, a new R changes tau; a new tau forgets it."""
        return self.tau / self.R

    @C.setter
    def C(self, value: Given) -> None:
        self._capacitance = read_value(f"{type(self).__name__}.C", value, "nF", self.shape, self._key)
        self._derive("R")
        self._changed()

    def _derive(self, changed: str) -> None:
        capacitance = self.__dict__.get("_capacitance")
        if changed == "R" and capacitance is not None:
            self._values["tau"] = self._values["R"] * capacitance
        if changed == "tau":
            self._capacitance = None
        if changed in ("", "threshold", "u_reset"):
            self._check_threshold()

    def _membrane_arguments(self, tau: object, R: object, C: object) -> None:
        kind = type(self).__name__
        if tau is not None and C is not None:
            raise ArgumentError(
                f"{kind}(tau=..., C=...)", got="both", expected="tau, or R and C", fix="leave one out: tau = R*C"
            )
        if C is not None and R is None:
            raise ArgumentError(
                f"{kind}(C=...)", got="C without R", expected="R and C together", fix="give R too, or tau instead"
            )

    def _check_threshold(self) -> None:
        if "threshold" not in self._values:
            return  # the trace's parameters are set first
        reset, threshold = np.asarray(self._values["u_reset"]), np.asarray(self._values["threshold"])
        if (reset >= threshold).any():
            raise ParameterError(
                f"{type(self).__name__}.threshold",
                got=f"threshold {threshold.min():g} mV, u_reset {reset.max():g} mV",
                expected="a threshold above u_reset",
                fix="raise threshold or lower u_reset",
            )


class InputPopulation(NeuralPopulation):
    """Neurons whose spikes are given: `forward(spikes)` makes them the spikes of this step.

    The arguments are those of NeuralPopulation.
    """

    given = "spikes"

    @named_arguments
    def __init__(
        self,
        shape: int | tuple[int, ...],
        spike_trace: bool = True,
        additive_spike_trace: bool = True,
        tau_s: Given = 10.0,
        trace_scale: Given = 1.0,
        is_inhibitory: bool | Tensor = False,
        learning: bool = True,
        dt: float | None = None,
        *,
        dtype: torch.dtype = torch.float32,
        name: str | None = None,
        rng: Rng = None,
    ) -> None:
        super().__init__(
            shape,
            spike_trace=spike_trace,
            additive_spike_trace=additive_spike_trace,
            tau_s=tau_s,
            trace_scale=trace_scale,
            is_inhibitory=is_inhibitory,
            learning=learning,
            dt=dt,
            refractory=0.0,
            dtype=dtype,
            name=name,
            rng=rng,
            surrogate_width=1.0,
        )

    def forward(self, spikes: Tensor) -> None:
        """Make `spikes` the spikes of this step: booleans or 0/1, of the population's shape or (batch, *shape)."""
        ready = self._prepared()
        given = self._spikes(spikes)
        self._advance(ready, (given,), gradients=torch.is_grad_enabled() and given.requires_grad)

    def step(self) -> Step:
        """What a step is made of: the trace of the given spikes."""
        return Step(None, trace=self._trace)

    def _prepared(self) -> Ready:
        return self._ready.get("") or self._prepare("", self.step(), {})

    def _spikes(self, spikes: object) -> Tensor:
        what, shape = f"{self.label}.forward(spikes)", self._buffers["s"].shape  # type: ignore[union-attr]
        if not isinstance(spikes, Tensor | np.ndarray):
            raise ArgumentError(
                what, got=type(spikes).__name__, expected="a tensor of spikes", fix="give booleans, one per neuron"
            )
        given = torch.as_tensor(spikes).to(self.device)
        if given.shape != shape and tuple(given.shape) != self.shape:
            raise ShapeError(
                what,
                got=f"shape {tuple(given.shape)}",
                expected=f"shape {tuple(shape)}",
                fix="give one value per neuron",
            )
        if given.dtype != torch.bool:
            if not ((given == 0) | (given == 1)).all():
                raise ParameterError(
                    what, got="values other than 0 and 1", expected="spikes", fix="compare with a threshold first"
                )
            given = given.to(self._dtype) if given.requires_grad else given.bool()
        return given.expand(shape).clone()
