"""The report's experiment in Brian2 on its numpy target: N = 20, two populations that inhibit each other, s and u kept.

The state is stored and the run repeated, so that the second run, which is told, finds everything prepared.
"""

import time

import brian2
import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, StateMonitor, Synapses, TimedArray, defaultclock, ms, prefs
from protocol import answer, arguments

EQUATIONS = """
du/dt = (-(u + 70) + 10*(I(t) - x)) / (100*ms) : 1
dx/dt = -x / (10*ms) : 1
"""

options = arguments()
steps = round(1000 * options.time)
prefs.codegen.target = "numpy"
defaultclock.dt = 1 * ms
I = TimedArray(np.r_[np.zeros(500), np.full(max(steps - 500, 1), 3.0)], dt=1 * ms)  # noqa: E741
model = dict(model=EQUATIONS, threshold="u >= -55", reset="u = -70", method="euler")
p1, p2 = NeuronGroup(16, name="p1", **model), NeuronGroup(4, name="p2", **model)
p1.u = p2.u = -70
forth = Synapses(p1, p2, on_pre="x += 2.0/16", name="forth")
back = Synapses(p2, p1, on_pre="x += 2.0/4", name="back")
forth.connect()
back.connect()
spikes = [SpikeMonitor(p, name=f"spikes_{p.name}") for p in (p1, p2)]
potentials = [StateMonitor(p, "u", record=True, name=f"u_{p.name}") for p in (p1, p2)]
net = brian2.Network(p1, p2, forth, back, spikes, potentials)
net.store()
for _ in range(2):
    net.restore()
    start = time.perf_counter()
    net.run(steps * ms)
    seconds = time.perf_counter() - start
total = sum(monitor.num_spikes for monitor in spikes)
answer(
    seconds=seconds,
    rate=total / 20 / options.time,
    precision="float64",
    versions={"brian2": brian2.__version__, "numpy": np.__version__},
)
