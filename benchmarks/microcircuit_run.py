"""The microcircuit in our package: `python -m benchmarks.microcircuit_run SCALE DRIVE KIND`; answers as peers do."""

from __future__ import annotations

import resource
import sys
import time

import numba
import numpy as np
import torch

import cnsproject as cns
from benchmarks.peers.protocol import answer, arguments
from cnsproject.experiments import constant_drive, microcircuit, microcircuit_populations

SMALL, SETTLED = 0.01, 500.0  # a scale at which everything is compiled, and ms that do not count


def main() -> None:
    """Build, settle, run."""
    scale, drive, kind = float(sys.argv.pop(1)), sys.argv.pop(1), sys.argv.pop(1)
    options = arguments()
    torch.set_num_threads(options.threads)
    weight_dtype = "int16" if kind == "int16" else None

    def run(net: cns.Network, scale: float, ms: float) -> float:
        inputs = {"cells": constant_drive(scale)} if drive == "dc" else {}
        start = time.perf_counter()
        net.run(ms, inputs, executor="cpu", threads=options.threads)
        return time.perf_counter() - start

    run(microcircuit(SMALL, drive, 1, weight_dtype=weight_dtype), SMALL, 10.0)
    start = time.perf_counter()
    net = microcircuit(scale, drive, options.seed, weight_dtype=weight_dtype)
    synapses = net.connections["synapses"]
    assert isinstance(synapses, cns.Connection)
    count = len(synapses)
    built = time.perf_counter() - start
    run(net, scale, SETTLED)
    seconds = run(net, scale, 1000.0 * options.time)
    times, neurons = (values.numpy() for values in net.monitors["spikes"].spikes())
    if options.spikes:
        np.savez(options.spikes, times=times, neurons=neurons)
    neurons = neurons[times >= SETTLED]
    rates = {
        name: float(((neurons >= cells.start) & (neurons < cells.stop)).sum() / len(cells) / options.time)
        for name, cells in microcircuit_populations(scale).items()
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    answer(
        seconds=seconds, rate=len(neurons) / net.layers["cells"].n / options.time, precision="float32",
        versions={"cnsproject": cns.__version__, "torch": torch.__version__, "numba": numba.__version__},
        **{"built in": built, "peak GB": peak, "rates of populations": rates, "synapses": count},
    )  # fmt: skip


if __name__ == "__main__":
    main()
