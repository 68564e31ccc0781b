"""A case from standard input in Brian2; its spikes, as pairs of step and neuron, to standard output."""

import json
import sys

import numpy as np
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, defaultclock, ms, prefs

UNIT = {"current": "x{n}", "conductance": "x{n}*({E} - u)", "delta": "0"}

case = json.load(sys.stdin)
prefs.codegen.target = "numpy"
defaultclock.dt = case["dt"] * ms
inputs = [UNIT[s["kind"]].format(n=n, E=s["E"]) for n, s in enumerate(case["synapses"])]
flag = " (unless refractory)" if case["refractory"] else ""
equations = [
    f"du/dt = ({case['u_rest']} - u + {' + '.join(['I', *inputs])}) / ({case['tau']}*ms) : 1{flag}",
    "I : 1 (constant)",
    *(f"dx{n}/dt = -x{n} / ({s['tau']}*ms) : 1" for n, s in enumerate(case["synapses"]) if s["kind"] != "delta"),
]
cells = NeuronGroup(
    len(case["I"]),
    "\n".join(equations),
    threshold=f"u >= {case['threshold']}",
    reset=f"u = {case['u_reset']}",
    refractory=case["refractory"] * ms,
    method=case["method"],
)
cells.u, cells.I = case["u"], case["I"]
connections = []
for n, s in enumerate(case["synapses"]):
    target = "u_post" if s["kind"] == "delta" else f"x{n}_post"
    connection = Synapses(cells, cells, "w : 1", on_pre=f"{target} += w", delay=s["delay"] * ms)
    connection.connect(i=s["i"], j=s["j"])
    connection.w = s["w"]
    connections.append(connection)
monitor = SpikeMonitor(cells)
Network(cells, connections, monitor).run(case["time"] * ms)
steps = np.round(monitor.t / (case["dt"] * ms)).astype(int)
json.dump([[int(k), int(i)] for k, i in zip(steps, monitor.i, strict=True)], sys.stdout)
