"""
Is the step short enough?
=========================

What steps of half the length would change in a network, before a long run is trusted.
"""

import cnsproject as cns

net = cns.Network(dt=0.5, seed=1)
cells = net.add_layer(cns.LIFPopulation(100, tau=20, R=10, u=cns.Uniform(-70, -55)), "cells")
rule = cns.FixedProbability(0.1)
net.add_connection(cns.Connection(cells, cells, connectivity=rule, weight=0.05, delay=1.0))
found = cns.check_dt(net, 500, {"cells": 2.0})
found.plot()
print(found)
