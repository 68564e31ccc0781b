"""
Spike-triggered average
=======================

What white noise looked like on the average before a spike: the current that a neuron waits for.
"""

import cnsproject as cns

lif = cns.LIFPopulation(1, tau=10, R=10, dt=0.5, name="LIF")
found = cns.spike_triggered_average(lif, sigma=4.0, mean=1.2, time=2000, window=60, neurons=100)
found.plot()
print(found)
