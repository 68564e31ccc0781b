from brian2 import SpikeGeneratorGroup, Synapses, defaultclock, ms, prefs, run

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms

pre = SpikeGeneratorGroup(3, [0, 1, 2, 0], [10, 10, 30, 60] * ms)
post = SpikeGeneratorGroup(1, [0, 0], [15, 40] * ms)
equations = """
w : 1
dx/dt = -x / (20*ms) : 1 (event-driven)
dy/dt = -y / (20*ms) : 1 (event-driven)
"""
arrives = "x += 0.01; w = clip(w + y, 0, 1)"
fires = "y -= 0.012; w = clip(w + x, 0, 1)"
learns = Synapses(pre, post, equations, on_pre=arrives, on_post=fires)
learns.connect()
learns.w = 0.5
run(100 * ms)

print([round(float(w), 5) for w in learns.w])
