"""
Step response
=============

What a neuron does when a current is switched on, at several amplitudes, and which firing pattern that is.
"""

import cnsproject as cns

adex = cns.AELIFPopulation(1, tau=20, R=10, a=0.02, b=0.2, dt=0.1, name="AdEx")
found = cns.step_response(adex, [1, 2, 3])
found.plot()
print(found)
