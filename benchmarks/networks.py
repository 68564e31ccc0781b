"""The named networks in our package, step for step what Brian2 makes of them (`translations.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

import cnsproject as cns
from benchmarks.translations import (
    decaying_within_step,
    delay,
    euler_decay,
    refractory,
    refractory_with_jumps,
    reset_with_jumps,
)

DT = 0.1


@dataclass(frozen=True)
class Built:
    """A network ready to run."""

    net: cns.Network
    spikes: cns.Monitor
    neurons: int
    drive: float = 0.0

    def run(self, seconds: float, threads: int) -> None:
        """Run it: what is timed."""
        self.net.run(1000 * seconds, inputs={"cells": self.drive}, executor="cpu", threads=threads)


def _cells(net: cns.Network, neurons: int, excitatory: int, **parameters: Any) -> cns.LIFPopulation:
    """One population; all neurons after the excitatory ones are inhibitory."""
    mask = torch.arange(neurons) >= excitatory
    cells = cns.LIFPopulation(neurons, is_inhibitory=mask, spike_trace=False, tau=20, **parameters)
    net.add_layer(cells, "cells")
    return cells


def _built(net: cns.Network, cells: cns.LIFPopulation, drive: float = 0.0) -> Built:
    return Built(net, net.add_monitor(cns.Monitor(cells, ["s"]), "spikes"), cells.n, drive)


def cuba(seed: int, dtype: torch.dtype) -> Built:
    """CUBA: 4000 LIF neurons, p = 0.02, exponential currents (Vogels & Abbott 2005; Brette et al. 2007)."""
    net = cns.Network(dt=DT, seed=seed)
    cells = _cells(
        net, 4000, 3200, u_rest=-49, u_reset=-60, threshold=-50, refractory=refractory(5, DT),
        u=cns.Uniform(-60, -50), scheme="exponential euler", dtype=dtype,
    )  # fmt: skip
    for pre, weight, tau in ((cells[:3200], 1.62, 5), (cells[3200:], 9.0, 10)):
        connection = cns.Connection(
            pre, cells, connectivity=cns.FixedProbability(0.02), synapse=cns.ExponentialCurrent(tau=tau),
            weight=weight * decaying_within_step(tau, 20, DT), delay=delay(0, DT),
        )  # fmt: skip
        net.add_connection(connection)
    return _built(net, cells)


@cache
def _running_cuba() -> cns.Network:
    built = cuba(0, torch.float32)
    built.net.run(1000)
    return built.net


def runs_of_cuba(times: int) -> None:
    """A CUBA of this process, compiled and wired when it is first asked for, runs for a second so many times."""
    for _ in range(times):
        _running_cuba().run(1000)


def coba(seed: int, dtype: torch.dtype) -> Built:
    """COBA: 4000 LIF neurons, p = 0.02, exponential conductances, Euler, drive of 20 mV (Brette et al. 2007).

    With R = 1 MOhm a conductance in uS is the number by which the leak is multiplied.
    """
    net = cns.Network(dt=DT, seed=seed)
    cells = _cells(
        net, 4000, 3200, u_rest=-60, u_reset=-60, threshold=-50, refractory=refractory(5, DT),
        u=cns.Normal(-65, 5), dtype=dtype,
    )  # fmt: skip
    generator = np.random.default_rng(seed)
    excitatory, inhibitory = (cells[:3200], 0.6, 5, 0, (4, 1.5)), (cells[3200:], 6.7, 10, -80, (20, 12))
    for pre, weight, tau, reversal, (mean, sd) in (excitatory, inhibitory):
        connection = cns.Connection(
            pre, cells, connectivity=cns.FixedProbability(0.02),
            synapse=cns.ExponentialConductance(tau=euler_decay(tau, DT), E=reversal), weight=weight, delay=delay(0, DT),
        )  # fmt: skip
        net.add_connection(connection)
        # Ours are never negative; Brian2 starts a few of them below 0, for the first milliseconds.
        connection.g = torch.as_tensor(generator.normal(mean, sd, cells.n).clip(0), dtype=dtype)
    return _built(net, cells, drive=20.0)


def brunel(seed: int, dtype: torch.dtype) -> Built:
    """Brunel's network: 12 500 LIF neurons, p = 0.1, delta synapses, J = 0.1 mV, g = 5, eta = 2 (Brunel 2000)."""
    net = cns.Network(dt=DT, seed=seed)
    cells = _cells(
        net, 12_500, 10_000, u_rest=0, u_reset=reset_with_jumps(10, 0, 20, DT), threshold=20,
        refractory=refractory_with_jumps(2, DT), u=0.0, scheme="exponential euler", dtype=dtype,
    )  # fmt: skip
    for pre, weight in ((cells[:10_000], 0.1), (cells[10_000:], 0.5)):
        connection = cns.Connection(
            pre, cells, connectivity=cns.FixedProbability(0.1), synapse=cns.Delta(), weight=weight,
            delay=delay(1.5, DT),
        )  # fmt: skip
        net.add_connection(connection)
    net.add_connection(cns.PoissonDrive(cells, n=1000, rate=20.0, weight=0.1, synapse=cns.Delta()))
    return _built(net, cells)


def stdp(seed: int, dtype: torch.dtype) -> Built:
    """10 000 LIF neurons, p = 0.1, 6.4 million synapses with soft-bound STDP (van Rossum et al. 2000; Brunel 2000)."""
    net = cns.Network(dt=DT, seed=seed)
    cells = _cells(
        net, 10_000, 8000, u_rest=0, u_reset=reset_with_jumps(0, 0, 20, DT), threshold=20,
        refractory=refractory_with_jumps(2, DT), u=0.0, scheme="exponential euler", dtype=dtype,
    )  # fmt: skip
    excitatory, inhibitory = cells[:8000], cells[8000:]
    rule = cns.STDP(A_plus=0.01, A_minus=0.0202, bounds="soft", w_max=0.3)
    for pre, post, weight, learns in (
        (excitatory, excitatory, 0.1, rule), (excitatory, inhibitory, 0.1, None), (inhibitory, cells, 0.5, None)
    ):  # fmt: skip
        connection = cns.Connection(
            pre, post, connectivity=cns.FixedProbability(0.1), synapse=cns.Delta(), weight=weight,
            delay=delay(1.5, DT), learning_rule=learns,
        )  # fmt: skip
        net.add_connection(connection)
    net.add_connection(cns.PoissonDrive(cells, n=1000, rate=20.0, weight=0.1, synapse=cns.Delta()))
    return _built(net, cells)


NETWORKS: dict[str, Callable[[int, torch.dtype], Built]] = {"cuba": cuba, "coba": coba, "brunel": brunel, "stdp": stdp}
