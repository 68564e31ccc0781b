"""
Features of photographs
=======================

Edges and bars that neurons learn from pieces of photographs, by the order of spikes. Here for a short time; `cns
run phase10` takes longer. See :doc:`/features`.
"""

from cnsproject.experiments import find

outcome = find("phase10").changed({"patches": "2000"}).run(rng=1)
outcome.figure()
