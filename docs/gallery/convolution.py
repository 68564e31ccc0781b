"""
Convolution and pooling
=======================

A picture through four kernels that it shares, and pooling of the answers. `cns run phase9`; see :doc:`/convolution`.
"""

from cnsproject.experiments import find

outcome = find("phase9").run(rng=1)
outcome.figure()
