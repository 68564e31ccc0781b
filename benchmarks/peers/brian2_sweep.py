"""Many variants of the report's experiment in Brian2: one C++ program, called with other values by several processes.

The recipe of Brian2's documentation, "Multiprocessing with standalone simulations": `device.run(run_args=...)` in a
pool of processes. --time is thousands of members, --threads how many processes; seconds are those of one member.
"""

import multiprocessing
import time

import brian2
import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, TimedArray, defaultclock, ms
from brian2_device import standalone
from protocol import answer

STEPS = 1500
EQUATIONS = """
du/dt = (-(u + 70) + 10*(I(t) - x)) / (100*ms) : 1
dx/dt = -x / (10*ms) : 1
J : 1 (constant, shared)
"""

options = standalone()
brian2.prefs.devices.cpp_standalone.openmp_threads = 0
defaultclock.dt = 1 * ms
I = TimedArray(np.r_[np.zeros(500), np.full(STEPS - 500, 3.0)], dt=1 * ms)  # noqa: E741
model = dict(model=EQUATIONS, threshold="u >= -55", reset="u = -70", method="euler")
p1, p2 = NeuronGroup(16, name="p1", **model), NeuronGroup(4, name="p2", **model)
p1.u = p2.u = -70
forth = Synapses(p1, p2, on_pre="x_post += J_post/16", name="forth")
back = Synapses(p2, p1, on_pre="x_post += 2.0/4", name="back")
forth.connect()
back.connect()
spikes = [SpikeMonitor(p, name=f"spikes_{p.name}") for p in (p1, p2)]
net = brian2.Network(p1, p2, forth, back, spikes)
net.run(STEPS * ms)


def member(pair: tuple[int, float]) -> float:
    """Spikes per neuron and second of one variant."""
    number, J = pair
    brian2.device.run(results_directory=f"results_{number}", run_args={p2.J: J})
    return sum(monitor.num_spikes for monitor in spikes) / 20 / (STEPS / 1000)


members = max(4, round(1000 * options.time))
with multiprocessing.get_context("fork").Pool(options.threads) as pool:
    pool.map(member, enumerate([0.0, 10.0]))
    start = time.perf_counter()
    rates = pool.map(member, enumerate(np.linspace(0.0, 10.0, members)))
    seconds = (time.perf_counter() - start) / members
answer(
    seconds=seconds,
    rate=float(np.mean(rates)),
    precision="float64",
    versions={"brian2": brian2.__version__, "numpy": np.__version__},
)
