"""
Models under the same input
===========================

The same noise to several models, so that what differs is the model.
"""

import cnsproject as cns

same = dict(tau=20, R=10, dt=0.1)
models = {
    "LIF": cns.LIFPopulation(1, **same),
    "ELIF": cns.ELIFPopulation(1, **same),
    "AdEx": cns.AELIFPopulation(1, a=0.02, b=0.2, **same),
}
found = cns.compare(models, cns.OrnsteinUhlenbeck(2.0, 0.8, 20.0), 500)
found.plot()
print(found)
