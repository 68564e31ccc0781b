"""
Phase plane
===========

Where a neuron with two states goes from anywhere: nullclines, fixed points and a trajectory, here of an adaptive
exponential neuron under 1 nA.
"""

import cnsproject as cns

adex = cns.AELIFPopulation(1, tau=20, R=10, a=0.02, b=0.2, dt=0.1, name="AdEx")
plane = cns.phase_plane(adex, {"u": (-80, -40), "w": (-1, 2)}, current=1.0)
plane.plot()
print(plane)

# %%
# FitzHugh and Nagumo's model: beyond a current its fixed point loses its stability, and a limit cycle is left.

fhn = cns.FitzHughNagumoPopulation(1, dt=0.05, name="FitzHugh-Nagumo")
cns.phase_plane(fhn, {"v": (-2.5, 2.5), "w": (-1, 2)}, current=0.5).plot()
