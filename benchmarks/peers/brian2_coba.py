"""COBA in Brian2: 4000 LIF neurons, p = 0.02, exponential conductances, Euler, constant drive of 20 mV."""

from brian2 import NeuronGroup, SpikeMonitor, Synapses, ms, run, second
from brian2_device import standalone, tell

EQUATIONS = """
dv/dt = (-(v + 60*mV) + ge*(0*mV - v) + gi*(-80*mV - v) + 20*mV) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : 1
dgi/dt = -gi / (10*ms) : 1
"""

options = standalone()
cells = NeuronGroup(
    4000, EQUATIONS, threshold="v > -50*mV", reset="v = -60*mV", refractory=5 * ms, method="euler", name="cells"
)
cells.v = "(-65 + 5*randn())*mV"
cells.ge = "4 + 1.5*randn()"
cells.gi = "20 + 12*randn()"
excitatory = Synapses(cells[:3200], cells, on_pre="ge += 0.6", name="excitatory")
inhibitory = Synapses(cells[3200:], cells, on_pre="gi += 6.7", name="inhibitory")
excitatory.connect(p=0.02)
inhibitory.connect(p=0.02)
spikes = SpikeMonitor(cells, name="spikes")
run(options.time * second)
tell(options, spikes.num_spikes, 4000)
