"""Networks that tests of sweeps are made of, importable by worker processes."""

from __future__ import annotations

import os
import time

import torch

import cnsproject as cns

CURRENT = torch.cat([torch.zeros(20), torch.full((180,), 3.0)])


def pair(J: float = 2.0, tau: float = 10.0) -> tuple[cns.Network, dict[str, torch.Tensor]]:
    """The report's two populations, and their inputs."""
    net = cns.Network(dt=1.0, seed=1)
    common = {"R": 10.0, "C": 10.0, "is_inhibitory": True}
    p1, p2 = (net.add_layer(cns.LIFPopulation(n, **common), name) for n, name in ((16, "p1"), (4, "p2")))
    net.add_connection(cns.DenseConnection(p1, p2, J=J, tau_s=tau))
    net.add_connection(cns.DenseConnection(p2, p1, J=2.0))
    return net, {"p1": CURRENT, "p2": CURRENT}


def check(drive: float) -> None:
    if drive == 13.0:
        raise ValueError("13 Hz brings bad luck")


def noisy(drive: float, seed: int, n: int = 20) -> cns.Network:
    """Neurons under random spikes, randomly connected; a drive of 13 Hz is refused."""
    check(drive)
    net = cns.Network(dt=0.5, seed=seed)
    cells = net.add_layer(cns.LIFPopulation(n, tau=20, R=10), "cells")
    rule, synapse = cns.FixedProbability(0.3), cns.ExponentialCurrent(tau=5)
    net.add_connection(cns.Connection(cells, cells, connectivity=rule, synapse=synapse, weight=0.1, delay=1.0))
    net.add_connection(cns.PoissonDrive(cells, rate=drive, n=50, weight=0.4, synapse=cns.ExponentialCurrent(tau=5)))
    return net


def slow(k: int, seed: int) -> cns.Network:
    """As `noisy`; takes its time, so that there is some for a kill."""
    time.sleep(0.02)
    return noisy(20.0 + k, seed, 10)


def deadly(k: int, seed: int) -> cns.Network:
    """The first time, the process that makes member 3 dies."""
    mark = os.environ["CNS_TEST_MARK"]
    if k == 3 and not os.path.exists(mark):  # noqa: PTH110
        with open(mark, "w"):  # noqa: PTH123
            os._exit(1)
    return slow(k, seed)
