"""The balanced random network in our package: `python -m benchmarks.scaling_run SYNAPSES`; answers as peers do."""

from __future__ import annotations

import resource
import sys
import time

import numba
import torch

import cnsproject as cns
from benchmarks.networks import DT
from benchmarks.peers import balanced
from benchmarks.peers.protocol import answer, arguments
from benchmarks.translations import delay, refractory_with_jumps, reset_with_jumps

SMALL = 1000  # synapses, at which everything is compiled


def network(synapses: int, seed: int) -> cns.Network:
    """Built, but for the synapses, which are drawn when they are needed first."""
    neurons, each = balanced.size(synapses)
    net, mean = cns.Network(dt=DT, seed=seed), balanced.weight(each)
    excitatory = neurons * 4 // 5
    cells = cns.LIFPopulation(
        neurons, is_inhibitory=torch.arange(neurons) >= excitatory, spike_trace=False, tau=balanced.TAU, u_rest=0.0,
        u_reset=reset_with_jumps(balanced.RESET, balanced.DRIVE, balanced.TAU, DT), threshold=balanced.THRESHOLD,
        refractory=refractory_with_jumps(balanced.REFRACTORY, DT), u=cns.Uniform(0.0, balanced.THRESHOLD),
        scheme="exponential euler",
    )  # fmt: skip
    net.add_layer(cells, "cells")
    for name, pre, count, weight in (
        ("excitatory", cells[:excitatory], each * 4 // 5, mean),
        ("inhibitory", cells[excitatory:], each // 5, balanced.INHIBITION * mean),
    ):
        connection = cns.Connection(
            pre, cells, connectivity=cns.FixedInDegree(count), synapse=cns.Delta(), delay=delay(balanced.DELAY, DT),
            weight=cns.Normal(weight, balanced.WEIGHT_SD * weight),
        )  # fmt: skip
        net.add_connection(connection, name=name)
    net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
    return net


def main() -> None:
    """Build, settle, run."""
    synapses = int(float(sys.argv.pop(1)))
    options = arguments()
    torch.set_num_threads(options.threads)

    def run(net: cns.Network, ms: float) -> float:
        start = time.perf_counter()
        net.run(ms, {"cells": balanced.DRIVE}, executor="cpu", threads=options.threads)
        return time.perf_counter() - start

    run(network(SMALL, 1), 10.0)
    start = time.perf_counter()
    net = network(synapses, options.seed)
    run(net, DT)
    built = time.perf_counter() - start
    run(net, 1000 * balanced.SETTLED)
    before = len(net.monitors["spikes"].spikes()[0])
    seconds = run(net, 1000 * options.time)
    spikes = len(net.monitors["spikes"].spikes()[0]) - before
    neurons, each = balanced.size(synapses)
    answer(
        seconds=seconds, rate=spikes / neurons / options.time, precision="float32", synapses=neurons * each,
        versions={"cnsproject": cns.__version__, "torch": torch.__version__, "numba": numba.__version__},
        **{"built in": built, "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6},
    )  # fmt: skip


if __name__ == "__main__":
    main()
