"""
F-I curve
=========

How fast a neuron fires under constant currents, beside the closed form where there is one. All currents run at once.
"""

import cnsproject as cns

lif = cns.LIFPopulation(1, tau=20, R=10, refractory=2, dt=0.1, name="LIF")
adex = cns.AELIFPopulation(1, tau=20, R=10, a=0.02, b=0.2, dt=0.1, name="AdEx")
currents = [0.25 * k for k in range(25)]

ax = cns.fi_curve(lif, currents).plot()
cns.fi_curve(adex, currents).plot(ax, first=True)
cns.plotting.legend(ax)

# %%
# Where it begins: the least current that makes a neuron fire within a second, and the largest that does not.

print(cns.rheobase(lif, (0, 10)))
print(cns.rheobase(adex, (0, 10)))
