"""
Start in five minutes
=====================

You need Python 3.11 or later.

.. code-block:: console

    $ pip install cnsproject

Until there is a release, take the sources: in their folder ``pip install -c constraints.txt .`` installs the versions
that are tested. A compiler is not needed; the models are compiled when they are first used, once, or all at once by
``cns warm``.

By hand
-------

A population is stepped with the current of the step, in nA. Here 16 excitatory neurons and 4 inhibitory ones under a
current that steps up and down again; each population feels the spikes of the other.
"""

import cnsproject as cns

exc = cns.LIFPopulation(16, R=10, C=10, threshold=-55, dt=1.0, name="exc")
inh = cns.LIFPopulation(4, R=10, C=10, threshold=-55, dt=1.0, is_inhibitory=True, name="inh")
drive = cns.DenseConnection(exc, inh, J=2, tau_s=10)
brake = cns.DenseConnection(inh, exc, J=2, tau_s=10)
monitor = cns.Monitor(exc, ["s", "u"])

current = cns.step_function(time=1500, I_value=3, scale=100)
for I in current:
    exc.forward(I + brake.current)
    inh.forward(I + drive.compute())
    brake.compute()
    monitor.record()

print(exc)
print(int(monitor.get("s").sum()), "spikes in", exc.steps, "steps of", exc.dt, "ms")

# %%
# What was recorded has a row per step.

spikes, potential = monitor.get("s"), monitor.get("u")
print(tuple(spikes.shape), tuple(potential.shape))

# %%
# By Network.run
# --------------
#
# The same objects in a network: the same steps as native code, from where the loop stopped.

net = cns.Network(dt=1.0, seed=1)
for layer in (exc, inh):
    net.add_layer(layer, layer.name)
for connection in (drive, brake):
    net.add_connection(connection)
again = net.add_monitor(cns.Monitor(exc, ["s", "u"]), "again")

exc.reset_state_variables()
inh.reset_state_variables()
drive.reset_state_variables()
brake.reset_state_variables()
net.run(1500, {"exc": current, "inh": current})

print("run by", net.executor.name, "-", net.executor.reason)
print("the same spikes:", again.get("s").equal(spikes))
print("the same potentials, bit by bit:", again.get("u").equal(potential))

# %%
# A figure
# --------
#
# Pictures take arrays, so anything can be drawn, and every axis has its unit.

from cnsproject import plotting

figure = plotting.population_activity([("exc", spikes.T, current)], dt=1.0, window=5)
