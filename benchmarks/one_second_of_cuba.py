"""What a user would type: CUBA for one second, from an empty file. `start_up.py` times it as a whole."""

import torch

import cnsproject as cns

net = cns.Network(dt=0.1, seed=1)
cells = cns.LIFPopulation(
    4000, spike_trace=False, tau=20, u_rest=-49, u_reset=-60, threshold=-50, refractory=5,
    u=cns.Uniform(-60, -50), is_inhibitory=torch.arange(4000) >= 3200,
)  # fmt: skip
net.add_layer(cells, "cells")
for pre, weight, tau in ((cells[:3200], 1.62, 5), (cells[3200:], 9.0, 10)):
    synapse, rule = cns.ExponentialCurrent(tau=tau), cns.FixedProbability(0.02)
    net.add_connection(cns.Connection(pre, cells, connectivity=rule, synapse=synapse, weight=weight, delay=0.1))
spikes = net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
net.run(1000)
t, i = spikes.spikes()
print(f"{len(t) / 4000:.2f} Hz")
