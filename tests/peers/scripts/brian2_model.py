"""A neuron model from standard input in Brian2; its spikes, as pairs of step and neuron, to standard output.

The equations are written down here a second time, in Brian2's language: states and parameters as plain numbers in mV,
nA, MOhm, nF, uS and ms.
"""

import json
import sys

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, TimedArray, defaultclock, ms, prefs, run

HELD = " (unless refractory)"
LEAK, RISE = "u_rest - u + R*I", "delta_t*exp((u - theta_rh)/delta_t)"
GATES = """
    alpha_m = 1/exprel(-(u + 40)/10) : 1
    beta_m = 4*exp(-(u + 65)/18) : 1
    alpha_h = 0.07*exp(-(u + 65)/20) : 1
    beta_h = 1/(1 + exp(-(u + 35)/10)) : 1
    alpha_n = 0.1/exprel(-(u + 55)/10) : 1
    beta_n = 0.125*exp(-(u + 65)/80) : 1
    dm/dt = (alpha_m*(1 - m) - beta_m*m)/ms : 1
    dh/dt = (alpha_h*(1 - h) - beta_h*h)/ms : 1
    dn_K/dt = (alpha_n*(1 - n_K) - beta_n*n_K)/ms : 1
"""
MODELS = {
    "ELIF": (f"du/dt = ({LEAK} + {RISE})/(tau*ms) : 1{HELD}", "u >= threshold", "u = u_reset"),
    "AELIF": (
        f"""du/dt = ({LEAK} + {RISE} - R*w)/(tau*ms) : 1{HELD}
            dw/dt = (a*(u - u_rest) - w)/(tau_w*ms) : 1""",
        "u >= threshold",
        "u = u_reset; w += b",
    ),
    "QIF": (f"du/dt = (a*(u - u_rest)*(u - u_c) + R*I)/(tau*ms) : 1{HELD}", "u >= threshold", "u = u_reset"),
    "GIF": (
        f"""du/dt = ({LEAK} - R*w)/(tau*ms) : 1{HELD}
            dw/dt = -w/(tau_w*ms) : 1
            dtheta/dt = (threshold - theta)/(tau_theta*ms) : 1""",
        "u >= theta",
        "u = u_reset; w += b; theta += delta_theta",
    ),
    "Izhikevich": (
        f"""du/dt = (k2*u**2 + k1*u + k0 - w + I/C)/ms : 1{HELD}
            dw/dt = a*(b*u - w)/ms : 1""",
        "u >= threshold",
        "u = c; w += d",
    ),
    "HodgkinHuxley": (
        f"du/dt = (g_Na*m**3*h*(E_Na - u) + g_K*n_K**4*(E_K - u) + g_L*(E_L - u) + I)/(C*ms) : 1\n{GATES}",
        "u >= threshold",
        "",
    ),
    "FitzHughNagumo": (
        """du/dt = (u - u**3/(3*scale**2) - w + R*I)/(tau*ms) : 1
           dw/dt = (u + a - b*w)/(tau_w*ms) : 1""",
        "u >= threshold",
        "",
    ),
}

case = json.load(sys.stdin)
prefs.codegen.target = "numpy"
defaultclock.dt = case["dt"] * ms
equations, threshold, reset = MODELS[case["model"]]
drive = TimedArray(np.array(case["current"]), dt=defaultclock.dt)
constants = "\n".join(f"{name} : 1 (constant)" for name in case["parameters"])
cells = NeuronGroup(
    len(case["current"][0]),
    f"{equations}\nI = drive(t, i) : 1\n{constants}",
    threshold=threshold,
    reset=reset or None,
    # Without a reset: a neuron that has fired is refractory for as long as it is beyond the threshold.
    refractory=case["refractory"] * ms if reset else threshold,
    method=case["method"],
)
for name, value in {**case["parameters"], **case["start"]}.items():
    setattr(cells, name, value)
monitor = SpikeMonitor(cells)
run(case["time"] * ms)
steps = np.round(monitor.t / defaultclock.dt).astype(int)
json.dump([[int(k), int(i)] for k, i in zip(steps, monitor.i, strict=True)], sys.stdout)
