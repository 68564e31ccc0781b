"""One of the tasks in our package: `python -m benchmarks.ours cuba --time 10`; called and answering as the peers do.

A network is built and run for a moment, so that everything is compiled. Then it is built afresh and run for one step,
which draws its connections: that is building, which the peers do not count either. Timed is the run that follows, with
everything that `run` does: checking, planning, running, handing the spikes to the monitor.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numba
import numpy as np
import torch

import cnsproject as cns
from benchmarks import diehl_cook
from benchmarks.networks import DT, NETWORKS
from benchmarks.peers.protocol import answer, arguments
from cnsproject.experiments import two_populations

VERSIONS = {"cnsproject": cns.__version__, "torch": torch.__version__, "numba": numba.__version__}
REPEATS = 30  # of what takes milliseconds


def network(name: str, options: argparse.Namespace) -> None:
    """CUBA, COBA or Brunel's."""
    precision = options.precision or "float32"
    dtype = getattr(torch, precision)
    NETWORKS[name](options.seed, dtype).run(0.01, options.threads)
    start = time.perf_counter()
    built = NETWORKS[name](options.seed, dtype)
    built.run(DT / 1000, options.threads)
    middle = time.perf_counter()
    built.run(options.time, options.threads)
    end = time.perf_counter()
    times, _ = built.spikes.spikes()
    answer(
        seconds=end - middle,
        rate=len(times) / built.neurons / options.time,
        precision=precision,
        versions=VERSIONS,
        build_seconds=middle - start,
    )


def report(executor: str | None, options: argparse.Namespace) -> None:
    """The report's experiment, whole: populations made, run with s and u recorded, arrays handed out."""
    parameters = two_populations.Parameters(time=round(1000 * options.time))
    seconds = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        recording = two_populations.run(parameters, executor=executor)
        seconds.append(time.perf_counter() - start)
    spikes = int(recording.s1.sum() + recording.s2.sum())
    rate = spikes / parameters.neurons / options.time
    # The first repetition compiles.
    answer(seconds=statistics.median(seconds[1:]), rate=rate, precision="float32", versions=VERSIONS)


def fi_curve(options: argparse.Namespace) -> None:
    """The rates of AELIF neurons under 1000 constant currents, whole: copies made, run, rates told."""
    precision = options.precision or "float32"
    population = cns.AELIFPopulation(1, dt=DT, dtype=getattr(torch, precision))
    currents, seconds = np.linspace(0.0, 50.0, 1000), []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        curve = cns.fi_curve(population, currents, 1000 * options.time, settle=0.0, threads=options.threads)
        seconds.append(time.perf_counter() - start)
    answer(
        seconds=statistics.median(seconds[1:]), rate=float(curve.rates.mean()), precision=precision, versions=VERSIONS
    )


def digits(neurons: int, options: argparse.Namespace) -> None:
    """Training with handwritten digits, by the picture."""
    seconds, rate = diehl_cook.measured(neurons, options.time, options.threads, options.seed)
    answer(seconds=seconds, rate=rate, precision="float32", versions=VERSIONS)


def main() -> None:
    """The name is the first argument, the rest is the peers' protocol."""
    name = sys.argv.pop(1)
    size = int(sys.argv.pop(1)) if name == "digits" else 0
    options = arguments()
    torch.set_num_threads(options.threads)
    if name in NETWORKS:
        network(name, options)
    elif name == "fi_curve":
        fi_curve(options)
    elif name == "digits":
        digits(size, options)
    else:
        with torch.no_grad():
            report({"report": "cpu", "report_by_hand": None}[name], options)


if __name__ == "__main__":
    main()
