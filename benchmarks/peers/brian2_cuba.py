"""CUBA in Brian2: 4000 LIF neurons, p = 0.02, exponential currents, exact integration."""

from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms, run, second
from brian2_device import standalone, tell

EQUATIONS = """
dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
"""

options = standalone()
cells = NeuronGroup(
    4000, EQUATIONS, threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact", name="cells"
)
cells.v = "(-60 + 10*rand())*mV"
excitatory = Synapses(cells[:3200], cells, on_pre="ge += 1.62*mV", name="excitatory")
inhibitory = Synapses(cells[3200:], cells, on_pre="gi -= 9*mV", name="inhibitory")
excitatory.connect(p=0.02)
inhibitory.connect(p=0.02)
spikes = SpikeMonitor(cells, name="spikes")
run(options.time * second)
tell(options, spikes.num_spikes, 4000)
