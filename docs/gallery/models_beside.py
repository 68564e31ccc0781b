"""
Three models
============

The same inputs to three models, row by row. `cns run phase2`.
"""

from cnsproject.experiments import find

outcome = find("phase2").run(rng=1)
outcome.figure()
