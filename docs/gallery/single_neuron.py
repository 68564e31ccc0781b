"""
Single neurons
==============

Six sets of parameters of one model side by side: spikes, potential, current, and the F-I curve beside the theory.
`cns run lif-step`.
"""

from cnsproject.experiments import find

outcome = find("lif-step").run(rng=1)
outcome.figure()
