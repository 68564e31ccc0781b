"""
A decision
==========

Two excitatory populations compete through a third, inhibitory one. When the current of the second rises, it wins.
`cns run phase4`; see :doc:`/decision`.
"""

from cnsproject.experiments import find

outcome = find("phase4").run(rng=1)
outcome.figure()
