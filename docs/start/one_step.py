"""
A step in numbers
=================

What a step does is written down exactly in :doc:`/step`. Here it is seen: two neurons, one that is driven and
spikes, and one that hears it. Every number below was printed by the code above it when this page was made.

The neurons
-----------

Both obey

.. math:: \\tau \\frac{du}{dt} = u_{\\mathrm{rest}} - u + R\\,I

with :math:`\\tau` = 10 ms, R = 10 MOhm, a rest of -70 mV, a threshold of -55 mV and steps of 1 ms. After a spike
they are refractory for 2 ms. The connection has no delay: who steps later hears a spike in the same step.
"""

import cnsproject as cns

neurons = dict(tau=10, R=10, u_rest=-70, threshold=-55, refractory=2, tau_s=10, dt=1.0)
pre = cns.LIFPopulation(1, name="pre", **neurons)
post = cns.LIFPopulation(1, name="post", **neurons)
synapse = cns.DenseConnection(pre, post, J=2.0, tau_s=5.0)

# %%
# Twelve steps
# ------------
#
# The first neuron gets 4 nA, the second what the connection delivers. `u` is what the step left: after a spike the
# value of the reset.

I = 4.0
print(" k  pre: u (mV)  s  trace   post: I (nA)   u (mV)  s")
rows = []
for k in range(12):
    pre.forward(I)
    heard = synapse.compute()
    post.forward(heard)
    rows.append((float(pre.u), bool(pre.s), float(pre.traces), float(heard), float(post.u), bool(post.s)))
    u, s, trace, current, v, fired = rows[-1]
    print(f"{k:2d}  {u:11.4f}  {s:d}  {trace:5.3f}   {current:12.4f}  {v:7.3f}  {fired:d}")

# %%
# The same by pencil
# ------------------
#
# 1. **Integrate, compare, reset.** A step of Euler's method adds dt/tau\*(u_rest - u + R\*I). From -70 mV the first
#    step leads to -70 + 1/10\*(0 + 40) = -66 mV. A step whose u would be -55 mV or more is a spike, and leaves -70 mV.
# 2. **Refractory.** In the two steps after a spike u stays where the reset put it, whatever the current.
# 3. **Trace.** It decays by exp(-1/10) per step, and a spike adds 1.

from math import exp

u, left, trace = -70.0, 0, 0.0
for k in range(12):
    held, left = left > 0, max(0, left - 1)
    u = u if held else u + 1 / 10 * (-70 - u + 10 * 4)
    s = not held and u >= -55
    if s:
        u, left = -70.0, 2
    trace = trace * exp(-1 / 10) + s
    assert abs(u - rows[k][0]) < 1e-5 and s == rows[k][1] and abs(trace - rows[k][2]) < 1e-6
print("u, spikes and traces of the first neuron: the same")

# %%
# 4. **Deliver.** The current of the connection decays by exp(-1/5) per step, and a spike adds w = J/1 = 2 nA to it.
#    With delay 0 and the loop above, the second neuron feels it in the step of the spike.

x = 0.0
for k in range(12):
    x = x * exp(-1 / 5) + 2.0 * rows[k][1]
    assert abs(x - rows[k][3]) < 1e-6
print("the current at the second neuron: the same")

# %%
# With a delay
# ------------
#
# With a delay of 3 ms, three steps, the second neuron hears a spike of step k in step k + 3.

delayed = cns.DenseConnection(pre, post, J=2.0, tau_s=5.0, delay=3.0)
for each in (pre, post, delayed):
    each.reset_state_variables()
for k in range(9):
    pre.forward(I)
    heard = delayed.compute()
    post.forward(heard)
    print(f"step {k}: pre {'spikes' if pre.s else 'silent'}, post hears {float(heard):.4f} nA")

# %%
# In a network
# ------------
#
# :class:`cnsproject.Network` makes the same steps, bit by bit, without returning to Python.

net = cns.Network(dt=1.0, seed=1)
net.add_layer(pre, "pre")
net.add_layer(post, "post")
net.add_connection(synapse, name="synapse")
recorded = net.add_monitor(cns.Monitor(post, ["u"]), "post")
for each in (pre, post, synapse):
    each.reset_state_variables()
net.run(12, {"pre": I})
assert [float(u) for u in recorded.get("u")] == [row[4] for row in rows]
print("u of the second neuron in the network: the same, bit by bit")
