"""
Weights over time
=================

Half of the inputs fire together, the other half each for itself. With STDP the former win.
"""

import torch

import cnsproject as cns

generator = torch.Generator().manual_seed(1)
together = (torch.rand(20_000, 1, generator=generator) < 0.01).expand(-1, 50)
apart = torch.rand(20_000, 50, generator=generator) < 0.01
spikes = torch.cat([together, apart], dim=1)

net = cns.Network(dt=1.0, seed=1)
inputs = net.add_layer(cns.InputPopulation(100), "inputs")
cell = net.add_layer(cns.LIFPopulation(1, tau=10), "cell")
rule = cns.STDP(A_plus=0.005, A_minus=0.00525, w_max=1.0)
learns = cns.Connection(inputs, cell, synapse=cns.Delta(), weight=0.5, learning_rule=rule)
net.add_connection(learns)
recorded = net.add_monitor(cns.Monitor(learns, ["w"], every=100.0), "weights")
net.run(20_000, {"inputs": spikes})

times, w = recorded.times("w"), recorded.get("w")
ax = cns.plotting.weights_over_time(times, w[:, :50], label="fire together")
cns.plotting.weights_over_time(times, w[:, 50:], label="fire apart", ax=ax)
cns.plotting.name_axes(ax, "time (s)", "weight (mV)")
cns.plotting.legend(ax)
