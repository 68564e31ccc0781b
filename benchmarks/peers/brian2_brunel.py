"""Brunel's network in Brian2: 12 500 LIF neurons, delta synapses, delay 1.5 ms, 1000 Poisson sources of 20 Hz each."""

from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, ms, mV, run, second
from brian2_device import standalone, tell

options = standalone()
cells = NeuronGroup(
    12_500,
    "dv/dt = -v / (20*ms) : volt (unless refractory)",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    method="exact",
    name="cells",
)
drive = PoissonInput(cells, "v", 1000, 20 * Hz, weight=0.1 * mV)
excitatory = Synapses(cells[:10_000], cells, on_pre="v += 0.1*mV", delay=1.5 * ms, name="excitatory")
inhibitory = Synapses(cells[10_000:], cells, on_pre="v -= 0.5*mV", delay=1.5 * ms, name="inhibitory")
excitatory.connect(p=0.1)
inhibitory.connect(p=0.1)
spikes = SpikeMonitor(cells, name="spikes")
run(options.time * second)
tell(options, spikes.num_spikes, 12_500)
