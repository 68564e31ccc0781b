"""
Impedance
=========

How a membrane below its threshold answers oscillating currents. A leaky neuron is a low-pass filter; one whose
adaptation follows the membrane prefers a frequency.
"""

import numpy as np

import cnsproject as cns

frequencies = np.geomspace(1, 200, 25)
lif = cns.LIFPopulation(1, tau=20, R=10, dt=0.1, name="LIF")
resonant = cns.AELIFPopulation(1, tau=20, R=10, a=0.3, b=0.0, tau_w=30, dt=0.1, name="AdEx, a = 0.3 nA/mV")

cns.impedance(lif, frequencies, amplitude=0.05).plot()

# %%
# Adaptation makes a resonance of about 12 Hz.

cns.impedance(resonant, frequencies, amplitude=0.05).plot()
