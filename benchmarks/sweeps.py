"""Sweeps, by the member: the report's experiment in many variants, CUBA with many seeds, and what a process costs.

Variants of the report's experiment (N = 20, 1500 steps; J from p1 to p2 varies, the rates are measured): as a named
experiment, as one network by its attribute, as a function that builds a network for each; in Brian2 the recipe of its
documentation, one C++ program that is called with other values by as many processes. Seconds are those of one member,
the whole sweep divided by its members; of Brian2 without code generation and compiler. What two cores are worth at that
time is told by CUBA that was made before and only runs, in one process and in two.
"""

from __future__ import annotations

from typing import Any

from benchmarks.contest import Contestant, compete, peer

NAME, TITLE = "sweeps", "variants of the report's experiment, one of them"
MEMBERS, NETWORKS = 1.0, 0.1  # thousands


def _ours(name: str, kind: str, members: float, threads: int) -> Contestant:
    return Contestant(name, ("-m", "benchmarks.sweeps_run", kind), time=members, threads=threads)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """The contestants in turn."""
    members, networks = MEMBERS * scale, NETWORKS * scale
    variants = [
        _ours("cnsproject, experiment", "experiment", members, 2),
        _ours("cnsproject, experiment", "experiment", members, 1),
        _ours("cnsproject, network", "network", members, 2),
        _ours("cnsproject, function", "function", members, 2),
        peer("Brian2, C++, processes", "brian2_sweep", members / 10, threads=2),
    ]
    cuba = [_ours("cnsproject, CUBA of 1 s, threads", "cuba", networks, threads) for threads in (1, 2)]
    cuba.append(_ours("cnsproject, CUBA of 1 s, processes", "cuba_processes", networks, 2))
    cuba += [_ours("CUBA of 1 s, made before, only run", "cuba_runs", networks, threads) for threads in (1, 2)]
    empty = [_ours("cnsproject, next to nothing in processes", "processes", members, 2)]
    # Cores of a machine that others use as well are not always two: more rounds, and compiled code alone beside.
    found = [*compete(variants, rounds), *compete(cuba, 3 * rounds), *compete(empty, rounds)]
    return {"title": TITLE, "members": round(1000 * members), "contestants": found}
