"""
Is the step short enough?
=========================

What steps of half the length would change in a network, before a long run is trusted.
"""

import cnsproject as cns

net = cns.Network(dt=0.5, seed=1)
start = cns.Uniform(-70, -55)
layers = {
    "LIF": cns.LIFPopulation(100, tau=20, R=10, u=start),
    "ELIF": cns.ELIFPopulation(100, tau=20, R=10, u=start),
    "AdEx": cns.AELIFPopulation(100, tau=20, R=10, a=0.02, b=0.2, u=start),
}
for name, layer in layers.items():
    net.add_layer(layer, name)
    rule = cns.FixedProbability(0.1)
    net.add_connection(cns.Connection(layer, layer, connectivity=rule, weight=0.05, delay=1.0))
found = cns.check_dt(net, 500, dict.fromkeys(layers, 2.5))
found.plot()
print(found)
