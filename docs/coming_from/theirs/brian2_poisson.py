from brian2 import Hz, NeuronGroup, PoissonGroup, SpikeMonitor, Synapses, defaultclock, ms, mV, prefs, run, seed

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms
seed(1)

inputs = PoissonGroup(200, rates=20 * Hz)
cells = NeuronGroup(
    100, "dv/dt = (-70*mV - v) / (10*ms) : volt", threshold="v >= -55*mV", reset="v = -70*mV", method="exact"
)
cells.v = -70 * mV
feed = Synapses(inputs, cells, on_pre="v += 1*mV")
feed.connect(p=0.3)
of_inputs, of_cells = SpikeMonitor(inputs), SpikeMonitor(cells)
run(2000 * ms)

print(f"inputs {of_inputs.num_spikes / 200 / 2:.1f} Hz, cells {of_cells.num_spikes / 100 / 2:.1f} Hz")
