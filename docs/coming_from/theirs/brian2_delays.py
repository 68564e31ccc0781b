from brian2 import NeuronGroup, SpikeMonitor, Synapses, defaultclock, ms, mV, prefs, run

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms

equations = """
dv/dt = (-70*mV - v + drive + x) / (20*ms) : volt (unless refractory)
dx/dt = -x / (5*ms) : volt
drive : volt
"""
options = dict(threshold="v >= -50*mV", reset="v = -65*mV", refractory=2 * ms, method="exact")
exc, inh = NeuronGroup(8, equations, **options), NeuronGroup(2, equations, **options)
exc.v, inh.v = -70 * mV, -70 * mV
exc.drive = "(22 + i)*mV"
excites = Synapses(exc, inh, on_pre="x += 16*mV", delay=1.5 * ms)
inhibits = Synapses(inh, exc, on_pre="x -= 4*mV", delay=0.8 * ms)
excites.connect()
inhibits.connect()
of_exc, of_inh = SpikeMonitor(exc), SpikeMonitor(inh)
run(300 * ms)

print("exc:", of_exc.count[:].tolist(), "spikes; inh:", of_inh.count[:].tolist())
print("inh first at", [round(float(t / ms), 1) for t in of_inh.t[::2][:3]], "ms")
