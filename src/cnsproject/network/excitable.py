"""Neurons that make their own upswing: Izhikevich, Hodgkin-Huxley, FitzHugh-Nagumo."""

from __future__ import annotations

import torch
from torch import Tensor

from cnsproject.checks import named_arguments
from cnsproject.dynamics.neurons import FITZHUGH_NAGUMO, HODGKIN_HUXLEY, IZHIKEVICH
from cnsproject.network import spelling
from cnsproject.network.attributes import Rng
from cnsproject.network.deciding import AbstractDecision
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.parameters import Given


class IzhikevichPopulation(ModelPopulation):
    """Izhikevich neurons; the defaults are those of a regular spiking cell.

    du/dt = k2*u**2 + k1*u + k0 - w + I/C,  dw/dt = a*(b*u - w);  spike, u = c and w = w + d where u >= threshold.

    u          membrane potential (mV): v in the paper
    w          recovery variable (mV/ms): u in the paper
    a, b       rate of the recovery and how it follows the membrane (1/ms), default 0.02 and 0.2; of either sign
    c          potential after a spike (mV), default -65
    d          what a spike adds to w (mV/ms), default 8
    threshold  peak of the spike (mV), above c, default 30
    k2, k1, k0 0.04 /(mV ms), 5 /ms and 140 mV/ms as in the paper
    C          capacitance (nF), default 1, so that the current in nA is the I of the paper
    u=, w=     start values, default -65 and -13 (which is 0.2*u)
    Parameters are numbers, arrays of the population's shape or distributions. The other arguments are those of
    ModelPopulation. Other spellings: v and init_v for u.

    Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569, eq. 1-3. The code of the paper takes two half steps of u in steps
    of 1 ms; here a step is one Euler step, so use a dt of 0.25 ms or less.
    """

    dynamics = IZHIKEVICH
    aliases = spelling.MEMBRANE
    u: Tensor
    w: Tensor
    threshold: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        dt: float | None = None, *, a: Given = 0.02, b: Given = 0.2, c: Given = -65.0, d: Given = 8.0,
        threshold: Given = 30.0, k2: Given = 0.04, k1: Given = 5.0, k0: Given = 140.0, C: Given = 1.0,
        refractory: float | str = 0.0, u: Given = -65.0, w: Given = -13.0, scheme: str = "euler",
        dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


class HodgkinHuxleyPopulation(ModelPopulation):
    """Hodgkin-Huxley neurons: the squid axon at 6.3 degrees, at rest near -65 mV.

    C du/dt = g_Na*m**3*h*(E_Na - u) + g_K*n**4*(E_K - u) + g_L*(E_L - u) + I
    dx/dt = alpha_x(u)*(1 - x) - beta_x(u)*x for the gates x = m, h, n (as attributes m, h and n_K)

    alpha_m = 0.1*(u + 40)/(1 - exp(-(u + 40)/10))      beta_m = 4*exp(-(u + 65)/18)
    alpha_h = 0.07*exp(-(u + 65)/20)                    beta_h = 1/(1 + exp(-(u + 35)/10))
    alpha_n = 0.01*(u + 55)/(1 - exp(-(u + 55)/10))     beta_n = 0.125*exp(-(u + 65)/80)    (all per ms)

    Nothing is reset and nobody is refractory but by the equations: a spike is where u exceeds the threshold and did
    not a step before.

    C              capacitance (nF), default 1
    g_Na, g_K, g_L conductances (uS), default 120, 36 and 0.3; 0 blocks a channel
    E_Na, E_K, E_L reversal potentials (mV), default 50, -77 and -54.387
    threshold      what an action potential exceeds (mV), default -20
    u=, m=, h=, n_K= start values, default -65, 0.0529, 0.5961, 0.3177: at rest
    The densities of the paper (1 uF/cm2, 120, 36 and 0.3 mS/cm2) are taken on 0.001 cm2 (0.1 mm2) of membrane, so that
    all of its numbers stay, and 1 nA is its 1 uA/cm2.

    scheme  "exponential euler" (default): exact in each variable while the others are held for the step, and stable
            at any dt. "euler" is as accurate where it is stable, which is up to dt = 0.05 ms. The period at 10 nA is
            2.5 % too long at dt = 0.05 ms, and 0.7 % at 0.0125 ms.
    Parameters are numbers, arrays of the population's shape or distributions. The other arguments are those of
    ModelPopulation, without refractory. Other spellings: v and init_v for u.

    Hodgkin & Huxley 1952, J. Physiol. 117:500; with potentials as in Dayan & Abbott 2001, Theoretical Neuroscience,
    ch. 5.6.
    """

    dynamics = HODGKIN_HUXLEY
    aliases = spelling.MEMBRANE
    u: Tensor
    threshold: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        dt: float | None = None, *, C: Given = 1.0, g_Na: Given = 120.0, g_K: Given = 36.0, g_L: Given = 0.3,
        E_Na: Given = 50.0, E_K: Given = -77.0, E_L: Given = -54.387, threshold: Given = -20.0, u: Given = -65.0,
        m: Given = 0.0529, h: Given = 0.5961, n_K: Given = 0.3177, scheme: str = "exponential euler",
        dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None, surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())


HHPopulation = HodgkinHuxleyPopulation


class FitzHughNagumoPopulation(ModelPopulation):
    """FitzHugh-Nagumo neurons: the least equations with a threshold, a spike and a recovery.

    tau du/dt = u - u**3/(3*scale**2) - w + R*I,  tau_w dw/dt = u + a - b*w

    Nothing is reset: a spike is where u exceeds the threshold and did not a step before.

    u          membrane potential, from its middle (mV)     w       recovery variable (mV)
    tau        time constant of the membrane (ms), default 1   R    resistance (MOhm), default 1
    a          0.7 mV as in the paper                       b       0.8 as in the paper
    tau_w      time constant of the recovery (ms), default 12.5
    scale      what is 1 in the paper, which has no units (mV), default 1: then R*I in mV is its I
    threshold  what a spike exceeds (mV), default 1
    u=, w=     start values, default -1.1994 and -0.6243: at rest
    Parameters are numbers, arrays of the population's shape or distributions. The other arguments are those of
    ModelPopulation, without refractory. Other spellings: v and init_v for u.

    FitzHugh 1961, Biophys. J. 1:445; Nagumo et al. 1962, Proc. IRE 50:2061; the form is that of Izhikevich & FitzHugh
    2006, Scholarpedia 1(9):1349.
    """

    dynamics = FITZHUGH_NAGUMO
    aliases = spelling.MEMBRANE
    u: Tensor
    w: Tensor
    threshold: float | Tensor

    @named_arguments
    def __init__(
        self, shape: int | tuple[int, ...], spike_trace: bool = True, additive_spike_trace: bool = True,
        tau_s: Given = 10.0, trace_scale: Given = 1.0, is_inhibitory: bool | Tensor = False, learning: bool = True,
        dt: float | None = None, *, tau: Given = 1.0, R: Given = 1.0, a: Given = 0.7, b: Given = 0.8,
        tau_w: Given = 12.5, scale: Given = 1.0, threshold: Given = 1.0, u: Given = -1.1994, w: Given = -0.6243,
        scheme: str = "euler", dtype: torch.dtype = torch.float32, name: str | None = None, rng: Rng = None,
        surrogate_width: float = 1.0,
        decision: AbstractDecision | None = None,
    ) -> None:  # fmt: skip
        self._make(locals())
