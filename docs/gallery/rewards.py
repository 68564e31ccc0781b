"""
Patterns, learned from rewards
==============================

The same, with dopamine that says what was right. `cns run phase7`; see :doc:`/learning`.
"""

from cnsproject.experiments import find

outcome = find("phase7").changed({"time": "5000"}).run(rng=1)
outcome.figure()
