"""NEST's kernel: resolution, threads, seed, and the answer afterwards."""

from __future__ import annotations

import argparse
import time

import nest
from protocol import answer, arguments


def kernel() -> argparse.Namespace:
    """A fresh kernel as the arguments say."""
    options = arguments()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.resolution = 0.1
    nest.local_num_threads = options.threads
    nest.rng_seed = options.seed
    return options


def simulate(options: argparse.Namespace, cells: nest.NodeCollection) -> None:
    """Record all spikes, simulate, tell; building is not timed."""
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    start = time.perf_counter()
    nest.Simulate(1000 * options.time)
    seconds = time.perf_counter() - start
    rate = recorder.n_events / len(cells) / options.time
    answer(seconds=seconds, rate=rate, precision="float64", versions={"nest": nest.__version__})
