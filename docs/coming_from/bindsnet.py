"""
Coming from BindsNET
====================

Five small tasks: BindsNET's code, what it prints, and the same here. Ours ran when this page was made; without
random numbers it prints what BindsNET prints, spike by spike.

BindsNET has no units and steps of 1 ms. Its membrane decays and then gets the weights of the spikes of the step
before. A synapse of that kind is `Delta` here, with a delay of one step; our membrane jumps before it decays, a
factor exp(dt/tau) on the weight.

A neuron under a current that steps
-----------------------------------

.. literalinclude:: /coming_from/theirs/bindsnet_lif.py

.. literalinclude:: /coming_from/theirs/bindsnet_lif.txt
   :language: none

Its input of 0.3 mV per step is what a current of 0.3/(1 - exp(-dt/tau)) nA adds to a membrane with R = 1 MOhm. It
gets there one step later, since it is the spike of another layer.
"""

from math import exp

import torch

import cnsproject as cns

dt, tau = 1.0, 100.0
per_step = 1 / (1 - exp(-dt / tau))  # nA for 1 mV in each step
jump = exp(dt / tau)
lif = dict(tau=tau, u_rest=-65, u=-65, threshold=-52, refractory=5, scheme="exact", dtype=torch.float64)

net = cns.Network(dt=dt, seed=1)
cell = net.add_layer(cns.LIFPopulation(1, **lif), "cell")
monitor = net.add_monitor(cns.Monitor(cell, ["s"]), "cell")
net.run(300, {"cell": cns.StepCurrent([51, 251], [0.3 * per_step, 0])})

print("spikes in steps", monitor.get("s").flatten().nonzero().flatten().tolist())

# %%
# Two populations
# ---------------
#
# .. literalinclude:: /coming_from/theirs/bindsnet_populations.py
#
# .. literalinclude:: /coming_from/theirs/bindsnet_populations.txt
#    :language: none
#
# There is no delay to choose in BindsNET: it is one step. Here it is any number of steps.

net = cns.Network(dt=dt, seed=1)
exc = net.add_layer(cns.LIFPopulation(4, **lif), "exc")
inh = net.add_layer(cns.LIFPopulation(2, is_inhibitory=True, **lif), "inh")
net.add_connection(cns.Connection(exc, inh, synapse=cns.Delta(), weight=6 * jump, delay=dt))
net.add_connection(cns.Connection(inh, exc, synapse=cns.Delta(), weight=2 * jump, delay=dt))
monitors = {layer.name: net.add_monitor(cns.Monitor(layer, ["s"]), layer.name) for layer in (exc, inh)}
drive = per_step * torch.tensor([0.3, 0.4, 0.5, 0.6]).expand(300, 4).clone()
drive[0] = 0  # the first spikes of the other layer arrive in step 1
net.run(300, {"exc": drive})

for name, monitor in monitors.items():
    print(name, "spikes", monitor.get("s").sum(0).tolist())

# %%
# STDP
# ----
#
# .. literalinclude:: /coming_from/theirs/bindsnet_stdp.py
#
# .. literalinclude:: /coming_from/theirs/bindsnet_stdp.txt
#    :language: none
#
# `PostPre` looks at the nearest spike before, and its `nu` are the amplitudes: of depression, then of potentiation.
# The teacher is not needed here: a `SpikeSource` fires when it is told to.

net = cns.Network(dt=dt, seed=1)
pre = net.add_layer(cns.SpikeSource(3, [10.0, 10.0, 30.0, 60.0], [0, 1, 2, 0]), "pre")
post = net.add_layer(cns.SpikeSource(1, [15.0, 40.0], [0, 0]), "post")
rule = cns.STDP(A_plus=0.01, A_minus=0.012, tau_plus=20, tau_minus=20, bounds="hard", w_max=1, pairing="nearest")
learns = cns.Connection(pre, post, synapse=cns.Delta(), weight=0.5, learning_rule=rule)
net.add_connection(learns)
net.run(100)

print([round(float(w), 4) for w in learns.w])

# %%
# Poisson input
# -------------
#
# .. literalinclude:: /coming_from/theirs/bindsnet_poisson.py
#
# .. literalinclude:: /coming_from/theirs/bindsnet_poisson.txt
#    :language: none

net = cns.Network(dt=dt, seed=1)
inputs = net.add_layer(cns.PoissonPopulation(100, rate=20.0), "inputs")
cells = net.add_layer(cns.LIFPopulation(50, **lif), "cells")
net.add_connection(cns.Connection(inputs, cells, synapse=cns.Delta(), weight=0.2 * jump, delay=dt))
of_inputs, of_cells = (net.add_monitor(cns.Monitor(layer, ["s"]), layer.name) for layer in (inputs, cells))
net.run(4000)

print(f"inputs {of_inputs.get('s').sum() / 100 / 4:.1f} Hz, cells {of_cells.get('s').sum() / 50 / 4:.1f} Hz")

# %%
# Two digits
# ----------
#
# Four neurons that learn by STDP and inhibit each other, after Diehl & Cook 2015. Without the thresholds that rise
# there with every spike, one of them wins both digits in the end; :doc:`/made/gallery/digits` has such thresholds.
#
# .. literalinclude:: /coming_from/theirs/bindsnet_digits.py
#
# .. literalinclude:: /coming_from/theirs/bindsnet_digits.txt
#    :language: none
#
# Here the cells feel a spike in the step in which it is fired, not in the next, so all of their spikes are a step
# earlier, and with them the pairs of spikes that the rule sees: a factor exp(1/20) on its amplitudes, one way and
# the other. Pictures start with states at rest and keep the weights.

ONE, SEVEN = torch.zeros(8, 8), torch.zeros(8, 8)
ONE[1:7, 4] = 1
SEVEN[1, 1:7] = 1
SEVEN[range(2, 7), range(6, 1, -1)] = 1
start = 0.2 + 0.15 * (1.1 * torch.arange(64 * 4)).sin().reshape(64, 4)

jump = exp(dt / 20)
A_plus, A_minus = 0.01 * exp(-dt / 20), 0.002 * exp(dt / 20)
rule = cns.STDP(A_plus * jump, A_minus * jump, tau_plus=20, tau_minus=20, w_max=0.6 * jump, pairing="nearest")

net = cns.Network(dt=dt, seed=1)
pixels = net.add_layer(cns.InputPopulation(64), "pixels")
lif = dict(tau=20, u_rest=-65, u=-65, threshold=-60, refractory=5, scheme="exact", dtype=torch.float64)
cells = net.add_layer(cns.LIFPopulation(4, **lif), "cells")
learns = cns.Connection(pixels, cells, synapse=cns.Delta(), weight=jump * start.flatten(), learning_rule=rule)
net.add_connection(learns)
others = cns.AllToAll(autapses=False)
net.add_connection(cns.Connection(cells, cells, connectivity=others, synapse=cns.Delta(), weight=-12 * jump, delay=dt))

every_third = torch.arange(100) % 3 == 0
every_third[99] = False
for shown in range(4):
    for name, digit in (("one", ONE), ("seven", SEVEN)):
        monitor = cns.Monitor(cells, ["s"])
        net.add_monitor(monitor, f"{name} {shown}")
        net.run(100, {"pixels": every_third[:, None] & digit.flatten().bool()})
        if shown in (0, 3):
            print(f"{name:5s} shown {shown + 1} times: spikes {monitor.get('s').sum(0).tolist()}")
        for each in (*net.layers.values(), *net.connections.values()):
            each.reset_state_variables()
shared = learns.w.reshape(64, 4)[12] / jump
print("weights of the pixels that both share:", [round(float(w), 3) for w in shared])
