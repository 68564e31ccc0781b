from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock, ms, prefs, run, seed

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms
seed(1)

equations = """
dv/dt = (ge + gi - (v + 49*mV)) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
"""
cells = NeuronGroup(4000, equations, threshold="v >= -50*mV", reset="v = -60*mV", refractory=5 * ms, method="exact")
cells.v = "-60*mV + 10*mV*rand()"
excites = Synapses(cells[:3200], cells, on_pre="ge += 1.62*mV")
inhibits = Synapses(cells[3200:], cells, on_pre="gi -= 9*mV")
excites.connect(p=0.02)
inhibits.connect(p=0.02)
spikes = SpikeMonitor(cells)
run(1000 * ms)

print(f"{spikes.num_spikes / 4000:.1f} Hz")
