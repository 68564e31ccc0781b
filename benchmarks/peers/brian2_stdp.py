"""10 000 LIF neurons in Brian2, of which the excitatory ones learn: 6.4 million synapses with soft-bound STDP."""

from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, ms, mV, run, second
from brian2_device import standalone, tell

options = standalone()
cells = NeuronGroup(
    10_000,
    "dv/dt = -v / (20*ms) : volt (unless refractory)",
    threshold="v > 20*mV",
    reset="v = 0*mV",
    refractory=2 * ms,
    method="exact",
    name="cells",
)
drive = PoissonInput(cells, "v", 1000, 20 * Hz, weight=0.1 * mV)
learning = Synapses(
    cells[:8000],
    cells[:8000],
    """w : volt
    dx/dt = -x / (20*ms) : 1 (event-driven)
    dy/dt = -y / (20*ms) : 1 (event-driven)""",
    on_pre="v_post += w; w = clip(w - 0.0202*w*y, 0*mV, 0.3*mV); x += 1",
    on_post="w = clip(w + 0.01*(0.3*mV - w)*x, 0*mV, 0.3*mV); y += 1",
    delay=1.5 * ms,
    name="learning",
)
excitatory = Synapses(cells[:8000], cells[8000:], on_pre="v += 0.1*mV", delay=1.5 * ms, name="excitatory")
inhibitory = Synapses(cells[8000:], cells, on_pre="v -= 0.5*mV", delay=1.5 * ms, name="inhibitory")
for synapses in (learning, excitatory, inhibitory):
    synapses.connect(p=0.1)
learning.w = 0.1 * mV
spikes = SpikeMonitor(cells, name="spikes")
run(options.time * second)
tell(options, spikes.num_spikes, 10_000)
