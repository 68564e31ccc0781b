from brian2 import NeuronGroup, SpikeMonitor, TimedArray, defaultclock, ms, mV, nA, prefs, run

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms

step = TimedArray([0, 2, 2, 0] * nA, dt=50 * ms)
equations = "dv/dt = (-70*mV - v + 10*Mohm*step(t)) / (10*ms) : volt (unless refractory)"
cell = NeuronGroup(1, equations, threshold="v >= -55*mV", reset="v = -70*mV", refractory=2 * ms, method="exact")
cell.v = -70 * mV
spikes = SpikeMonitor(cell)
run(200 * ms)

print(spikes.num_spikes, "spikes, the first at", [round(float(t / ms), 1) for t in spikes.t[:3]], "ms")
