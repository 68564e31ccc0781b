"""
Filters of early vision
=======================

On- and off-centre cells, and edges: the answers to a picture, and the answers as spikes. `cns run phase8`; see
:doc:`/encoding`.
"""

from cnsproject.experiments import find

outcome = find("phase8").run(rng=1)
outcome.figure()
