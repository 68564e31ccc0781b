"""A sweep in our package: `python -m benchmarks.sweeps_run KIND`; answers as peers do, seconds are those of a member.

--time is thousands of members, --threads how many run at once. A sweep of eight members goes before, which compiles.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numba
import numpy as np
import torch

import cnsproject as cns
from benchmarks.networks import DT, cuba, runs_of_cuba
from benchmarks.peers.protocol import answer, arguments
from cnsproject.experiments import REPORT3

STEPS = 1500


def pair(J: float) -> tuple[cns.Network, Any]:
    """The network of the report's experiment, with J from p1 to p2."""
    prepared = REPORT3["connected"].changed({"J1": str(J)}).prepared(0)
    assert prepared is not None
    return prepared.net, prepared.inputs


def one_cuba(seed: int) -> cns.Network:
    """CUBA, as in the benchmark of that name."""
    return cuba(seed, torch.float32).net


def one_neuron(k: int) -> cns.Network:
    """As little as there can be."""
    net = cns.Network(dt=1.0, seed=k)
    net.add_layer(cns.LIFPopulation(1), "cell")
    return net


def only_run(pool: Executor, workers: int) -> Callable[[int], None]:
    """What the machine has to give: compiled code alone, in as many processes, nothing made or collected."""

    def run(members: int) -> None:
        list(pool.map(runs_of_cuba, [members // workers] * workers))

    return run


def sweep_of(kind: str, workers: int) -> Callable[[int], Any]:
    """The sweep of so many members."""
    more: dict[str, Any] = {"workers": workers, "progress": False, "measure": "rate"}

    def values(members: int) -> Any:
        return np.linspace(0.0, 10.0, members)

    if kind == "experiment":
        return lambda members: cns.sweep("connected", {"J1": values(members)}, **more)
    if kind == "network":
        net, inputs = pair(2.0)
        return lambda members: cns.sweep(net, {"p1_to_p2.J": values(members)}, time=STEPS, inputs=inputs, **more)
    if kind == "function":
        return lambda members: cns.sweep(pair, {"J": values(members)}, time=STEPS, **more)
    if kind == "cuba":
        return lambda members: cns.sweep(one_cuba, {"seed": range(members)}, time=1000, **more)
    from loky import get_reusable_executor

    pool = get_reusable_executor(max_workers=workers, timeout=None)
    if kind == "cuba_runs":
        return only_run(pool, workers)
    if kind == "cuba_processes":
        return lambda members: cns.sweep(one_cuba, {"seed": range(members)}, time=1000, pool=pool, **more)
    return lambda members: cns.sweep(one_neuron, {"k": range(members)}, time=1, pool=pool, **more)


def main() -> None:
    """Warm up, sweep, and say how long a member took."""
    kind = sys.argv.pop(1)
    options = arguments()
    torch.set_num_threads(1)
    if options.threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one thread is one core, for building too
    members, sweep = max(4, round(1000 * options.time)), sweep_of(kind, options.threads)
    sweep(8)
    start = time.perf_counter()
    found = sweep(members)
    seconds = (time.perf_counter() - start) / members
    rate = None if found is None else float(found.rate.mean())
    answer(
        seconds=seconds, rate=rate, precision="float32", step=DT if "cuba" in kind else 1.0,
        versions={"cnsproject": cns.__version__, "torch": torch.__version__, "numba": numba.__version__},
    )  # fmt: skip


if __name__ == "__main__":
    main()
