"""Our neurons, each declared once. Everything that computes, checks or typesets them is made from here."""

from __future__ import annotations

from cnsproject.dynamics.declaration import Dynamics

_SYMBOLS = {
    "u": "u", "I": "I", "tau": r"\tau_m", "R": "R", "u_rest": r"u_{\mathrm{rest}}", "u_reset": r"u_r",
    "threshold": r"\vartheta",
}  # fmt: skip
_MEANINGS = {
    "u": "membrane potential",
    "I": "input current",
    "tau": "membrane time constant, R*C",
    "R": "membrane resistance",
    "u_rest": "resting potential",
    "u_reset": "potential after a spike",
    "threshold": "where a spike is made",
}
_LEAKY = {"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_reset": "mV", "threshold": "mV"}

LIF = Dynamics(
    title="Leaky integrate-and-fire neuron",
    equations="du/dt = (u_rest - u + R*I) / tau : mV",
    inputs={"I": "nA"},
    parameters=_LEAKY,
    spike="u >= threshold",
    reset="u = u_reset",
    requires="threshold > u_reset",
    symbols=_SYMBOLS,
    meanings=_MEANINGS,
    source="Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3",
    verify=False,
)

_EXPONENTIAL_SYMBOLS = _SYMBOLS | {"delta_t": r"\Delta_T", "theta_rh": r"\vartheta_{\mathrm{rh}}"}
_EXPONENTIAL_MEANINGS = _MEANINGS | {
    "threshold": "where the upswing is cut off and counts as a spike",
    "delta_t": "sharpness of the upswing",
    "theta_rh": "where the upswing begins: the threshold of the rheobase",
}

ELIF = Dynamics(
    title="Exponential integrate-and-fire neuron",
    equations="du/dt = (u_rest - u + delta_t*exp((u - theta_rh)/delta_t) + R*I) / tau : mV",
    inputs={"I": "nA"},
    parameters=_LEAKY | {"delta_t": "mV", "theta_rh": "mV"},
    spike="u >= threshold",
    reset="u = u_reset",
    requires="threshold > u_reset; delta_t > 0",
    symbols=_EXPONENTIAL_SYMBOLS,
    meanings=_EXPONENTIAL_MEANINGS,
    source="Fourcaud-Trocmé et al. 2003, J. Neurosci. 23:11628; Gerstner et al. 2014, Neuronal Dynamics, ch. 5.2",
    verify=False,
)

AELIF = Dynamics(
    title="Adaptive exponential integrate-and-fire neuron (AdEx)",
    equations="""
        du/dt = (u_rest - u + delta_t*exp((u - theta_rh)/delta_t) - R*w + R*I) / tau : mV
        dw/dt = (a*(u - u_rest) - w) / tau_w : nA
    """,
    inputs={"I": "nA"},
    # In nA/mV, which is uS: unlike a conductance, a may be negative.
    parameters=_LEAKY | {"delta_t": "mV", "theta_rh": "mV", "a": "nA/mV", "b": "nA", "tau_w": "ms"},
    spike="u >= threshold",
    reset="u = u_reset; w = w + b",
    requires="threshold > u_reset; delta_t > 0",
    symbols=_EXPONENTIAL_SYMBOLS | {"w": "w", "a": "a", "b": "b", "tau_w": r"\tau_w"},
    meanings=_EXPONENTIAL_MEANINGS
    | {
        "w": "adaptation current",
        "a": "adaptation that follows the membrane",
        "b": "what a spike adds to the adaptation current",
        "tau_w": "time constant of the adaptation",
    },
    source="Brette & Gerstner 2005, J. Neurophysiol. 94:3637; Gerstner et al. 2014, Neuronal Dynamics, ch. 6.1",
    verify=False,
)

QIF = Dynamics(
    title="Quadratic integrate-and-fire neuron",
    equations="du/dt = (a*(u - u_rest)*(u - u_c) + R*I) / tau : mV",
    inputs={"I": "nA"},
    parameters=_LEAKY | {"a": "1/mV", "u_c": "mV"},
    spike="u >= threshold",
    reset="u = u_reset",
    requires="threshold > u_reset; a > 0; u_c > u_rest",
    symbols=_SYMBOLS | {"a": "a_0", "u_c": "u_c"},
    meanings=_MEANINGS
    | {
        "tau": "time constant, R*C",
        "R": "resistance",
        "threshold": "where the upswing is cut off and counts as a spike",
        "a": "curvature; near u_rest the membrane relaxes with tau/(a*(u_c - u_rest))",
        "u_c": "critical potential: from above it, without input, the neuron fires",
    },
    source="Latham et al. 2000, J. Neurophysiol. 83:808; Gerstner et al. 2014, Neuronal Dynamics, ch. 5.3",
    verify=False,
)

GIF = Dynamics(
    title="Generalized integrate-and-fire neuron (moving threshold, spike-triggered current)",
    equations="""
        du/dt = (u_rest - u - R*w + R*I) / tau : mV
        dw/dt = -w / tau_w : nA
        dtheta/dt = (threshold - theta) / tau_theta : mV
    """,
    inputs={"I": "nA"},
    parameters=_LEAKY | {"b": "nA", "tau_w": "ms", "delta_theta": "mV", "tau_theta": "ms"},
    spike="u >= theta",
    reset="u = u_reset; w = w + b; theta = theta + delta_theta",
    requires="threshold > u_reset",
    symbols=_SYMBOLS
    | {
        "threshold": r"\vartheta_0", "w": "w", "theta": r"\vartheta", "b": "b", "tau_w": r"\tau_w",
        "delta_theta": r"\Delta_{\vartheta}", "tau_theta": r"\tau_{\vartheta}",
    },
    meanings=_MEANINGS
    | {
        "w": "spike-triggered current",
        "theta": "moving threshold",
        "threshold": "where the threshold rests",
        "b": "what a spike adds to the current",
        "tau_w": "time constant of the current",
        "delta_theta": "what a spike adds to the threshold",
        "tau_theta": "time constant of the threshold",
    },
    source="Mensi et al. 2012, J. Neurophysiol. 107:1756: one exponential for each kernel, and the limit of a sharp"
    " threshold (no escape noise)",
    verify=False,
)  # fmt: skip

IZHIKEVICH = Dynamics(
    title="Izhikevich neuron",
    equations="""
        du/dt = k2*u**2 + k1*u + k0 - w + I/C : mV
        dw/dt = a*(b*u - w) : mV/ms
    """,
    inputs={"I": "nA"},
    parameters={
        "a": "1/ms", "b": "1/ms", "c": "mV", "d": "mV/ms", "threshold": "mV",
        "k2": "1/(mV*ms)", "k1": "1/ms", "k0": "mV/ms", "C": "nF",
    },
    spike="u >= threshold",
    reset="u = c; w = w + d",
    requires="threshold > c; k2 > 0",
    symbols={name: name for name in ("u", "w", "I", "a", "b", "c", "d", "C")}
    | {"threshold": r"\vartheta", "k2": "k_2", "k1": "k_1", "k0": "k_0"},
    meanings={
        "u": "membrane potential (v in the paper)",
        "w": "recovery variable (u in the paper)",
        "I": "input current",
        "a": "rate of the recovery",
        "b": "how the recovery follows the membrane",
        "c": "potential after a spike",
        "d": "what a spike adds to the recovery variable",
        "threshold": "peak of the spike",
        "k2": "0.04 in the paper",
        "k1": "5 in the paper",
        "k0": "140 in the paper",
        "C": "capacitance; at 1 nF the current in nA is the I of the paper",
    },
    source="Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569, eq. 1-3",
    verify=False,
)  # fmt: skip

HODGKIN_HUXLEY = Dynamics(
    title="Hodgkin-Huxley neuron",
    # exprel(x) = (exp(x) - 1)/x is what the rates are written with: x/(1 - exp(-x)), 0/0 at 0, is 1/exprel(-x).
    equations="""
        mV = 1 : mV
        ms = 1 : ms
        alpha_m = 1/(exprel(-(u + 40*mV) / (10*mV)) * ms) : 1/ms
        beta_m = 4*exp(-(u + 65*mV) / (18*mV)) / ms : 1/ms
        alpha_h = 0.07*exp(-(u + 65*mV) / (20*mV)) / ms : 1/ms
        beta_h = 1 / ((1 + exp(-(u + 35*mV) / (10*mV))) * ms) : 1/ms
        alpha_n = 0.1/(exprel(-(u + 55*mV) / (10*mV)) * ms) : 1/ms
        beta_n = 0.125*exp(-(u + 65*mV) / (80*mV)) / ms : 1/ms
        du/dt = (g_Na*m**3*h*(E_Na - u) + g_K*n_K**4*(E_K - u) + g_L*(E_L - u) + I) / C : mV
        dm/dt = alpha_m*(1 - m) - beta_m*m : 1
        dh/dt = alpha_h*(1 - h) - beta_h*h : 1
        dn_K/dt = alpha_n*(1 - n_K) - beta_n*n_K : 1
    """,
    inputs={"I": "nA"},
    parameters={
        "C": "nF", "g_Na": "uS", "g_K": "uS", "g_L": "uS", "E_Na": "mV", "E_K": "mV", "E_L": "mV", "threshold": "mV",
    },
    spike="u >= threshold",
    symbols={
        "u": "u", "m": "m", "h": "h", "n_K": "n", "I": "I", "C": "C", "threshold": r"\vartheta",
        "g_Na": r"g_{\mathrm{Na}}", "g_K": r"g_{\mathrm{K}}", "g_L": "g_L",
        "E_Na": r"E_{\mathrm{Na}}", "E_K": r"E_{\mathrm{K}}", "E_L": "E_L",
        "mV": r"\mathrm{mV}", "ms": r"\mathrm{ms}",
        **{f"{rate}_{gate}": rf"\{rate}_{gate}" for rate in ("alpha", "beta") for gate in "mhn"},
    },
    meanings={
        "u": "membrane potential",
        "m": "activation of sodium",
        "h": "inactivation of sodium",
        "n_K": "activation of potassium (n alone is the number of neurons)",
        "I": "input current; 1 nA is 1 uA/cm2 of the paper",
        "C": "capacitance: 1 uF/cm2 on 0.001 cm2 of membrane",
        "g_Na": "conductance of sodium: 120 mS/cm2",
        "g_K": "conductance of potassium: 36 mS/cm2",
        "g_L": "conductance of the leak: 0.3 mS/cm2",
        "E_Na": "reversal potential of sodium",
        "E_K": "reversal potential of potassium",
        "E_L": "reversal potential of the leak",
        "threshold": "what an action potential exceeds",
    },
    source="Hodgkin & Huxley 1952, J. Physiol. 117:500, squid axon at 6.3 C; potentials as in Dayan & Abbott 2001,"
    " Theoretical Neuroscience, ch. 5.6",
    verify=False,
)  # fmt: skip

FITZHUGH_NAGUMO = Dynamics(
    title="FitzHugh-Nagumo neuron",
    equations="""
        du/dt = (u - u**3/(3*scale**2) - w + R*I) / tau : mV
        dw/dt = (u + a - b*w) / tau_w : mV
    """,
    inputs={"I": "nA"},
    parameters={
        "tau": "ms", "R": "MOhm", "a": "mV", "b": "1", "tau_w": "ms", "scale": "mV", "threshold": "mV",
    },
    spike="u >= threshold",
    requires="scale > 0",
    symbols=_SYMBOLS | {"w": "w", "a": "a", "b": "b", "tau_w": r"\tau_w", "scale": "s"},
    meanings={
        "u": "membrane potential, from its middle",
        "w": "recovery variable",
        "I": "input current",
        "tau": "time constant of the membrane",
        "R": "resistance",
        "a": "0.7 in the paper",
        "b": "0.8 in the paper",
        "tau_w": "time constant of the recovery: 12.5 times tau in the paper (1/0.08)",
        "scale": "what 1 is in the paper, which knows no units",
        "threshold": "what a spike exceeds",
    },
    source="FitzHugh 1961, Biophys. J. 1:445; Nagumo et al. 1962, Proc. IRE 50:2061; in this form Izhikevich & FitzHugh"
    " 2006, Scholarpedia 1(9):1349",
    verify=False,
)  # fmt: skip

POISSON = Dynamics(
    title="Poisson neuron",
    equations="""
        per = 1000 : Hz*ms
        p = rate*dt/per : 1
    """,
    inputs={"chance": "1"},
    parameters={"rate": "Hz"},
    spike="chance < p",
    requires="rate >= 0",
    symbols={"per": r"10^3\mathrm{Hz}\cdot\mathrm{ms}", "p": "p", "rate": r"\nu", "chance": r"\xi"},
    meanings={
        "rate": "firing rate; rate*dt may not exceed one spike per step",
        "chance": "a number from 0 to 1, drawn anew for every neuron in every step",
    },
    source="Gerstner et al. 2014, Neuronal Dynamics, ch. 7.2",
    verify=False,
)
