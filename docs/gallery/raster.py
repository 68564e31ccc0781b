"""
Raster and activity
===================

Spikes, activity and input current of two populations that excite and inhibit each other, over one time axis.
"""

import cnsproject as cns

net = cns.Network(dt=0.1, seed=1)
lif = dict(tau=20, R=10, refractory=2, u=cns.Uniform(-70, -55))
exc = net.add_layer(cns.LIFPopulation(400, **lif), "exc")
inh = net.add_layer(cns.LIFPopulation(100, is_inhibitory=True, **lif), "inh")
for pre, weight, tau in ((exc, 0.02, 5), (inh, 0.1, 10)):
    for post in (exc, inh):
        rule, synapse = cns.FixedProbability(0.1), cns.ExponentialCurrent(tau=tau)
        net.add_connection(cns.Connection(pre, post, connectivity=rule, synapse=synapse, weight=weight, delay=1.5))
spikes = {name: net.add_monitor(cns.Monitor(layer, ["s"]), name) for name, layer in net.layers.items()}

current = (cns.ConstantCurrent(1.4) + cns.StepCurrent([200], [0.6])).values(400, 0.1, (1,))
drives = {n: current + cns.WhiteNoise(0, 2).values(400, 0.1, layer.n, rng=1) for n, layer in net.layers.items()}
net.run(400, drives)

populations = [(name, monitor.get("s").T, current) for name, monitor in spikes.items()]
figure = cns.plotting.population_activity(populations, dt=0.1, window=20)

# %%
# Each panel can be drawn alone, or into an axes of yours.

ax = cns.plotting.activity(spikes["exc"].get("s").T, dt=0.1, window=50, label="exc")
cns.plotting.activity(spikes["inh"].get("s").T, dt=0.1, window=50, label="inh", ax=ax)
cns.plotting.legend(ax)
