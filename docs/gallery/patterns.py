"""
Patterns, learned by the times of spikes
========================================

Two neurons that learn, each for itself, which of two patterns they answer. `cns run phase6`; see :doc:`/learning`.
"""

from cnsproject.experiments import find

outcome = find("phase6").run(rng=1)
outcome.figure()
