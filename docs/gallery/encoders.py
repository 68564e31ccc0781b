"""
Images in five codes
====================

Three pictures, the spikes of one of their rows in five codes, and what is decoded from them. `cns run phase5`; see
:doc:`/encoding`.
"""

from cnsproject.experiments import find

outcome = find("phase5").run(rng=1)
outcome.figure()
