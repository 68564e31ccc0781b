"""An F-I curve in Brian2: 1000 AdEx neurons, each under a constant current of its own, Euler, all spikes recorded."""

from brian2 import NeuronGroup, SpikeMonitor, run, second
from brian2_device import standalone, tell

EQUATIONS = """
du/dt = (-70 - u + 2*exp((u + 55)/2) - w + current) / (10*ms) : 1
dw/dt = (0.1*(u + 70) - w) / (100*ms) : 1
current = 50.0*i/(N - 1) : 1 (constant over dt)
"""

options = standalone()
cells = NeuronGroup(1000, EQUATIONS, threshold="u >= -30", reset="u = -70; w += 1", method="euler", name="cells")
cells.u = -70
spikes = SpikeMonitor(cells, name="spikes")
run(options.time * second)
tell(options, spikes.num_spikes, 1000)
