"""
The report's figure
===================

One of the report's nine experiments, by its name: two populations that inhibit each other. `cns report` makes all
of them into one page, `cns run connected` this one.
"""

from cnsproject.experiments import find

outcome = find("connected").run(rng=1)
outcome.figure()
