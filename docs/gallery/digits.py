"""
Handwritten digits
==================

A network that learns to tell digits apart without being told which is which.
"""

from cnsproject.experiments import find

outcome = find("digits").changed({"seeds": "1", "epochs": "1", "train": "400", "test": "100"}).run(rng=1)
outcome.figure()
