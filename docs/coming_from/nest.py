"""
Coming from NEST
================

Five small tasks: NEST's code, what it prints, and the same here. What has to be written differently, and why,
stands in :doc:`/other-simulators`. Ours ran when this page was made; without random numbers it prints what NEST
prints, spike by spike.

Currents are in nA here and in pA there, capacitances in nF and pF. NEST stamps a spike with the end of its step, we
with the beginning: `k*dt`. There is no kernel: a network is an object, and there may be many. A loop over parameters
with `ResetKernel` in it is one call: :doc:`/sweeps`.

A neuron under a current that steps
-----------------------------------

.. literalinclude:: /coming_from/theirs/nest_lif.py

.. literalinclude:: /coming_from/theirs/nest_lif.txt
   :language: none

A generator of NEST reaches the neuron after a delay of 1 ms, here the input of a step is felt in it.
"""

import torch

import cnsproject as cns

dt = 0.1
net = cns.Network(dt=dt, seed=1)
same = dict(scheme="exact", dtype=torch.float64)
cell = net.add_layer(cns.LIFPopulation(1, tau=10, R=10, refractory=2, **same), "cell")
spikes = net.add_monitor(cns.Monitor(cell, ["s"]), "spikes")
net.run(202, {"cell": cns.StepCurrent([51, 151], [2, 0])})

times, _ = spikes.spikes()
print(len(times), "spikes, the first at", [round(float(t) + dt, 1) for t in times[:3]], "ms")

# %%
# Two populations with delays
# ---------------------------
#
# .. literalinclude:: /coming_from/theirs/nest_delays.py
#
# .. literalinclude:: /coming_from/theirs/nest_delays.txt
#    :language: none
#
# The current of a synapse is felt one step after its delay: `d + dt` here. The sign of a weight is that of the
# population it comes from.

import numpy as np

net = cns.Network(dt=dt, seed=1)
lif = dict(tau=20, u=-70, u_reset=-65, threshold=-50, refractory=2, **same)
exc = net.add_layer(cns.LIFPopulation(8, **lif), "exc")
inh = net.add_layer(cns.LIFPopulation(2, is_inhibitory=True, **lif), "inh")
synapse = cns.ExponentialCurrent(tau=5)
net.add_connection(cns.Connection(exc, inh, synapse=synapse, weight=16, delay=1.5 + dt))
net.add_connection(cns.Connection(inh, exc, synapse=synapse, weight=4, delay=0.8 + dt))
of_exc = net.add_monitor(cns.Monitor(exc, ["s"]), "exc")
of_inh = net.add_monitor(cns.Monitor(inh, ["s"]), "inh")
net.run(300, {"exc": cns.Constant(22.0 + np.arange(8))})

counts = [m.get("s").sum(0).tolist() for m in (of_exc, of_inh)]
print("exc:", counts[0], "spikes; inh:", counts[1])
times, _ = of_inh.spikes()
print("inh first at", [round(float(t) + dt, 1) for t in times[::2][:3]], "ms")

# %%
# Excitation and inhibition: CUBA
# -------------------------------
#
# 4000 neurons, each connected with 2 % of the others (Vogels & Abbott 2005; Brette et al. 2007).
#
# .. literalinclude:: /coming_from/theirs/nest_cuba.py
#
# .. literalinclude:: /coming_from/theirs/nest_cuba.txt
#    :language: none
#
# Who is connected is random in both, so the rates agree and the spikes do not.

net = cns.Network(dt=dt, seed=1)
lif = dict(tau=20, u_rest=-49, u_reset=-60, threshold=-50, refractory=5, scheme="exact", u=cns.Uniform(-60, -50))
cells = net.add_layer(cns.LIFPopulation(4000, is_inhibitory=np.arange(4000) >= 3200, **lif), "cells")
for pre, weight, tau in ((cells[:3200], 1.62, 5), (cells[3200:], 9, 10)):
    rule, synapse = cns.FixedProbability(0.02), cns.ExponentialCurrent(tau=tau)
    net.add_connection(cns.Connection(pre, cells, connectivity=rule, synapse=synapse, weight=weight, delay=0.1 + dt))
spikes = net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
net.run(1000)

print(f"{len(spikes.spikes()[0]) / 4000:.1f} Hz")

# %%
# STDP
# ----
#
# .. literalinclude:: /coming_from/theirs/nest_stdp.py
#
# .. literalinclude:: /coming_from/theirs/nest_stdp.txt
#    :language: none
#
# All of a delay is dendritic in NEST: the synapse sees a spike of the source at once, and one of the target after
# the delay. Here `dendritic=` says which part of it is. Weights can be read at any time; NEST computes them when
# the source spikes again.

net = cns.Network(dt=dt, seed=1)
pre = net.add_layer(cns.SpikeSource(3, [10.0, 10.0, 30.0, 60.0], [0, 1, 2, 0]), "pre")
post = net.add_layer(cns.SpikeSource(1, [15.0, 40.0], [0, 0]), "post")
rule = cns.STDP(A_plus=0.01, A_minus=0.012, tau_plus=20, tau_minus=20, bounds="hard", w_max=1)
learns = cns.Connection(pre, post, synapse=cns.Delta(), weight=0.5, delay=1.0, dendritic=1.0, learning_rule=rule)
net.add_connection(learns)
net.run(100)

print([round(float(w), 4) for w in learns.w])

# %%
# Poisson input
# -------------
#
# .. literalinclude:: /coming_from/theirs/nest_poisson.py
#
# .. literalinclude:: /coming_from/theirs/nest_poisson.txt
#    :language: none
#
# NEST's membrane jumps after the integration of a step, ours before: a factor exp(dt/tau) on the weight. Random
# numbers differ, the rates agree.

from math import exp

net = cns.Network(dt=dt, seed=1)
inputs = net.add_layer(cns.PoissonPopulation(200, rate=20.0), "inputs")
cells = net.add_layer(cns.LIFPopulation(100, tau=10, scheme="exact"), "cells")
rule, weight = cns.FixedProbability(0.3), exp(dt / 10)
net.add_connection(cns.Connection(inputs, cells, connectivity=rule, synapse=cns.Delta(), weight=weight, delay=dt))
of_inputs, of_cells = (net.add_monitor(cns.Monitor(layer, ["s"]), layer.name) for layer in (inputs, cells))
net.run(2000)

print(f"inputs {len(of_inputs.spikes()[0]) / 200 / 2:.1f} Hz, cells {len(of_cells.spikes()[0]) / 100 / 2:.1f} Hz")
