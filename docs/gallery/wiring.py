"""
Ways of wiring
==============

One network, wired in three ways. `cns run phase3`.
"""

from cnsproject.experiments import find

outcome = find("phase3").run(rng=1)
outcome.figure()
