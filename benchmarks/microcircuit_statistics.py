"""The microcircuit beside NEST: rates, irregularity and correlations, as distributions over neurons.

A tenth of the network, constant drive, several seeds in ours and in NEST, each with synapses and start potentials of
its own. What is measured of a run, and how runs are compared, is in `distributions.py`. As a control the same is done
with our network under Poisson drive in the place of NEST's: that difference is real, and has to be found.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import Contestant, once, peer
from benchmarks.distributions import F64, MEASURES, between, samples, summary, within
from benchmarks.environments import CannotRunError
from benchmarks.microcircuit import ours
from benchmarks.microcircuit_run import SETTLED
from cnsproject.experiments import microcircuit_populations

NAME, TITLE, SIZE, TIME, SEEDS = "microcircuit_statistics", "statistics, microcircuit", 0.1, 3.0, (1, 2, 3, 4, 5)
OURS, NEST, CONTROL = "cnsproject", "NEST", "cnsproject, poisson"

Run = dict[str, dict[str, F64]]  # population, measure: values


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every seed once; `rounds` does not matter here, and a quick look takes two seeds."""
    del rounds
    time, seeds = TIME * scale, SEEDS if scale == 1 else SEEDS[:2]
    listed = {
        OURS: ours(SIZE, "dc", "float32", time),
        NEST: peer(NEST, "nest_microcircuit", time, f"{SIZE:g}", threads=2),
        CONTROL: ours(SIZE, "poisson", "float32", time),
    }
    runs: dict[str, list[Run]] = {}
    why_not, versions = dict[str, str](), dict[str, str]()
    for name, contestant in listed.items():
        try:
            runs[name] = [_run(contestant, seed, time, versions) for seed in seeds]
        except CannotRunError as why:
            why_not[name] = str(why)
    found = {
        population: {measured: _compared(runs, population, measured) for measured in MEASURES}
        for population in microcircuit_populations(SIZE)
        if runs
    }
    return {
        "title": f"{TITLE}, scale {SIZE:g}, {time:g} s", "scale": SIZE, "biological seconds": time,
        "settled": SETTLED, "seeds": seeds, "versions": versions, "why_not": why_not, "distributions": found,
        "lines": _lines(found, why_not),
    }  # fmt: skip


def _run(contestant: Contestant, seed: int, time: float, versions: dict[str, str]) -> Run:
    """The values of one run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spikes.npz"
        told = replace(contestant, program=(*contestant.program, "--spikes", str(file)))
        # What is random here is another's for every seed and contestant: equal seeds mean nothing between simulators.
        versions.update(once(told, Path(folder), seed)["versions"])
        with np.load(file) as kept:
            times, neurons = kept["times"], kept["neurons"]
    span = SETTLED, SETTLED + 1000 * time
    found: Run = {}
    for name, places in microcircuit_populations(SIZE).items():
        own = (neurons >= places.start) & (neurons < places.stop)
        found[name] = samples(times[own], neurons[own] - places.start, len(places), span, seed)
    return found


def _compared(runs: dict[str, list[Run]], population: str, measured: str) -> dict[str, Any]:
    """One measure of one population: what each simulator has, and the distances."""
    values = {name: [run[population][measured] for run in each] for name, each in runs.items()}
    found: dict[str, Any] = {name: summary(each) for name, each in values.items()}
    for name, each in values.items():
        found[name]["between seeds"] = within(each)
        if OURS in values and name != OURS:
            found[name]["from ours"] = between(values[OURS], each)
    return found


def _lines(found: dict[str, Any], why_not: dict[str, str]) -> list[tuple[str, str]]:
    """For the table: how far NEST is, and how far seeds are."""
    lines = [(name, f"cannot run: {why}") for name, why in why_not.items()]
    for population, measures in found.items():
        if NEST not in why_not and OURS not in why_not:
            parts = [
                f"{measured} {np.mean(one[NEST]['from ours']['distances']):.3f} "
                f"({np.mean(one[OURS]['between seeds']):.3f}; p {one[NEST]['from ours']['p']:.2f})"
                for measured, one in measures.items()
            ]
            lines.append((population, "KS distance to NEST (to a seed of ours): " + ", ".join(parts)))
    return lines
