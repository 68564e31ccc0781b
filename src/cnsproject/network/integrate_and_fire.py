"""Integrate-and-fire neurons with a membrane time constant tau = R*C: LIF, ELIF, AELIF, QIF, GIF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.dynamics.neurons import AELIF, ELIF, GIF, LIF, QIF
from cnsproject.errors import ArgumentError
from cnsproject.network import spelling
from cnsproject.network.attributes import Rng
from cnsproject.network.deciding import AbstractDecision
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.parameters import Given, Value, read_value, value_of


class IntegrateAndFirePopulation(ModelPopulation):
    """Neurons with a membrane of tau = R*C and a reset (abstract; a subclass names model and defaults).

    Give tau, or R and C; tau and C together are an error, and so is C without R.
    """

    follows: ClassVar[Mapping[str, str]] = {"u_reset": "u_rest", "u": "u_rest"}
    aliases = spelling.LEAKY
    u: Tensor
    threshold: float | Tensor
    tau: float | Tensor
    R: float | Tensor

    def _make(self, given: Mapping[str, Any]) -> None:
        tau, R, C = given["tau"], given["R"], given["C"]
        kind = type(self).__name__
        if tau is not None and C is not None:
            raise ArgumentError(
                f"{kind}(tau=..., C=...)", got="both", expected="tau, or R and C", fix="leave one out: tau = R*C"
            )
        if C is not None and R is None:
            raise ArgumentError(
                f"{kind}(C=...)", got="C without R", expected="R and C together", fix="give R too, or tau instead"
            )
        super()._make({**given, "tau": 10.0 if tau is None else tau, "R": 1.0 if R is None else R})
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
        super()._derive(changed)

    def _become_like(self, neuron: int, shape: tuple[int, ...]) -> None:
        if self._capacitance is not None:
            self._capacitance = value_of(self._capacitance, neuron)
        super()._become_like(neuron, shape)


class LIFPopulation(IntegrateAndFirePopulation):
    """Leaky integrate-and-fire neurons.

    tau du/dt = u_rest - u + R*I;  spike and u = u_reset where u >= threshold.

    u          membrane potential (mV)          tau        membrane time constant (ms), default 10
    u_rest     resting potential (mV)           R          membrane resistance (MOhm), default 1
    u_reset    potential after a spike (mV),    C          membrane capacitance (nF): tau = R*C; needs R, excludes tau
               default u_rest                   threshold  spike threshold (mV)
    u=         start value (mV): number, array or distribution; default u_rest
    scheme     "euler" (default), "exponential euler", "heun", "rk4" or "exact"
    Parameters are numbers, arrays of the population's shape or distributions. The other arguments are those of
    ModelPopulation. Raises ParameterError unless threshold > u_reset. Other spellings: v, v_rest, v_reset, init_v.

    Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3.

    >>> import cnsproject as cns
    >>> cell = cns.LIFPopulation(1, tau=10, R=10, dt=1.0)
    >>> for _ in range(5):
    ...     cell.forward(4.0)
    ...     print(f"{float(cell.u):.2f} mV", bool(cell.s))
    -66.00 mV False
    -62.40 mV False
    -59.16 mV False
    -56.24 mV False
    -70.00 mV True
    """

    dynamics = LIF

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        R: Given | None = None, C: Given | None = None, threshold: Given = -55.0, dt: float | None = None, *,
        tau: Given | None = None, u_rest: Given = -70.0, u_reset: Given | None = None, refractory: float | str = 0.0,
        u: Given | None = None, scheme: str = "euler", dtype: torch.dtype = torch.float32, name: str | None = None,
        rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


class ELIFPopulation(IntegrateAndFirePopulation):
    """Exponential integrate-and-fire neurons.

    tau du/dt = u_rest - u + delta_t*exp((u - theta_rh)/delta_t) + R*I;  spike and u = u_reset where u >= threshold.

    The upswing is part of the model: without a spike u would pass theta_rh and reach infinity in finite time, so
    threshold only says where it is cut off. Under constant input neurons fire above the rheobase
    R*I = theta_rh - u_rest - delta_t.

    delta_t    sharpness of the upswing (mV), above 0, default 2
    theta_rh   where it begins (mV), default -55
    threshold  where it is cut off (mV), default -30
    scheme     "euler" (default), "heun" or "rk4": the equation is not linear
    The others are those of LIFPopulation. Other spellings: v, v_rest, v_reset, init_v; delta for delta_t, threshold_rh
    for theta_rh, theta_reset or threshold_r for threshold.

    Fourcaud-Trocmé et al. 2003, J. Neurosci. 23:11628; Gerstner et al. 2014, Neuronal Dynamics, ch. 5.2.
    """

    dynamics = ELIF
    aliases = spelling.EXPONENTIAL
    delta_t: float | Tensor
    theta_rh: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        R: Given | None = None, C: Given | None = None, threshold: Given = -30.0, dt: float | None = None, *,
        tau: Given | None = None, u_rest: Given = -70.0, u_reset: Given | None = None, delta_t: Given = 2.0,
        theta_rh: Given = -55.0, refractory: float | str = 0.0, u: Given | None = None, scheme: str = "euler",
        dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


class AELIFPopulation(IntegrateAndFirePopulation):
    """Adaptive exponential integrate-and-fire neurons (AdEx).

    tau du/dt = u_rest - u + delta_t*exp((u - theta_rh)/delta_t) - R*w + R*I
    tau_w dw/dt = a*(u - u_rest) - w;  spike, u = u_reset and w = w + b where u >= threshold.

    w          adaptation current (nA)
    a          adaptation that follows the membrane (nA/mV), of either sign, default 0.1
    b          what a spike adds to w (nA), default 1
    tau_w      time constant of the adaptation (ms), default 100
    w=         start value (nA), default 0
    The others are those of ELIFPopulation. In the refractory period u is held, w goes on. Other spellings: those of
    ELIFPopulation; omega or W for w, alpha for a, beta for b, w_tau for tau_w. (With spikes as pulses of area 1 the
    term beta*tau_w*spike of the course makes w jump by beta, which is b. Code that takes the spike as a 0/1 for one
    step of dt jumps by beta*dt: give that as b.)

    Brette & Gerstner 2005, J. Neurophysiol. 94:3637; Gerstner et al. 2014, Neuronal Dynamics, ch. 6.1.
    """

    dynamics = AELIF
    aliases = spelling.ADAPTIVE
    w: Tensor
    a: float | Tensor
    b: float | Tensor
    tau_w: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        R: Given | None = None, C: Given | None = None, threshold: Given = -30.0, dt: float | None = None, *,
        tau: Given | None = None, u_rest: Given = -70.0, u_reset: Given | None = None, delta_t: Given = 2.0,
        theta_rh: Given = -55.0, a: Given = 0.1, b: Given = 1.0, tau_w: Given = 100.0, refractory: float | str = 0.0,
        u: Given | None = None, w: Given = 0.0, scheme: str = "euler", dtype: torch.dtype = torch.float32,
        name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


class QIFPopulation(IntegrateAndFirePopulation):
    """Quadratic integrate-and-fire neurons.

    tau du/dt = a*(u - u_rest)*(u - u_c) + R*I;  spike and u = u_reset where u >= threshold.

    a          curvature (1/mV), above 0, default 1/15; near u_rest the membrane relaxes with tau/(a*(u_c - u_rest)),
               which is tau with the defaults
    u_c        critical potential (mV), above u_rest, default -55: from above it the neuron fires without input
    threshold  where the upswing is cut off (mV), default -30
    scheme     "euler" (default), "heun" or "rk4": the equation is not linear
    The others are those of LIFPopulation. Under constant input neurons fire above R*I = a*(u_c - u_rest)**2/4. Other
    spellings: v, v_rest, v_reset, init_v.

    Latham et al. 2000, J. Neurophysiol. 83:808; Gerstner et al. 2014, Neuronal Dynamics, ch. 5.3.
    """

    dynamics = QIF
    a: float | Tensor
    u_c: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        R: Given | None = None, C: Given | None = None, threshold: Given = -30.0, dt: float | None = None, *,
        tau: Given | None = None, u_rest: Given = -70.0, u_reset: Given | None = None, a: Given = 1 / 15,
        u_c: Given = -55.0, refractory: float | str = 0.0, u: Given | None = None, scheme: str = "euler",
        dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


class GIFPopulation(IntegrateAndFirePopulation):
    """Generalized integrate-and-fire neurons: a threshold that moves, and a current that spikes trigger.

    tau du/dt = u_rest - u - R*w + R*I,  tau_w dw/dt = -w,  tau_theta dtheta/dt = threshold - theta
    spike, u = u_reset, w = w + b and theta = theta + delta_theta where u >= theta.

    theta        moving threshold (mV)           threshold  where it rests (mV), default -55
    delta_theta  what a spike adds (mV), default 5          tau_theta  its time constant (ms), default 50
    w            spike-triggered current (nA)
    b            what a spike adds to it (nA), default 1    tau_w      its time constant (ms), default 100
    theta=, w=   start values, default threshold and 0
    The others are those of LIFPopulation, every scheme is possible. This is the model of Mensi et al. with one
    exponential for each of its two kernels, and without its escape noise: a spike is made exactly at the threshold.

    Mensi et al. 2012, J. Neurophysiol. 107:1756.
    """

    dynamics = GIF
    follows: ClassVar[Mapping[str, str]] = {**IntegrateAndFirePopulation.follows, "theta": "threshold"}
    theta: Tensor
    w: Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        R: Given | None = None, C: Given | None = None, threshold: Given = -55.0, dt: float | None = None, *,
        tau: Given | None = None, u_rest: Given = -70.0, u_reset: Given | None = None, b: Given = 1.0,
        tau_w: Given = 100.0, delta_theta: Given = 5.0, tau_theta: Given = 50.0, refractory: float | str = 0.0,
        u: Given | None = None, w: Given = 0.0, theta: Given | None = None, scheme: str = "euler",
        dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())
