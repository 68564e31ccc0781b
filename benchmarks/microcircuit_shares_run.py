"""Where the microcircuit's time goes: `python -m benchmarks.microcircuit_shares_run SCALE KIND`, KIND that of weights.

The network is built once; then, for one thread and for two, it is run as it is and with stamps (`stamps.py`), in turn.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import torch

import cnsproject as cns
from benchmarks.bandwidth import in_order, in_segments
from benchmarks.environments import CannotRunError
from benchmarks.microcircuit_run import SETTLED, SMALL
from benchmarks.peers.protocol import answer, arguments
from benchmarks.stamps import SEGMENTS, SYNAPSES, Stamps, clock, stamped
from cnsproject.experiments import constant_drive, microcircuit, microcircuit_populations

THREADS, ROUNDS = (1, 2), 3


def main() -> None:
    """Build, settle, run, read memory."""
    scale, kind = float(sys.argv.pop(1)), sys.argv.pop(1)
    options = arguments()
    try:
        clock()
    except CannotRunError as why:
        sys.exit(str(why))
    torch.set_num_threads(1)
    weight_dtype = "int16" if kind == "int16" else None
    small = microcircuit(SMALL, "dc", 1, weight_dtype=weight_dtype)  # at which everything is compiled
    for threads in THREADS:
        _run(small, SMALL, 10.0, threads)
        with stamped():
            _run(small, SMALL, 10.0, threads)
    net = microcircuit(scale, "dc", options.seed, weight_dtype=weight_dtype)
    _run(net, scale, SETTLED, max(THREADS))
    synapses = len(net.connections["synapses"])  # type: ignore[arg-type]
    taken = [_measured(net, scale, options.time, threads) for threads in THREADS]
    del net
    for found in taken:
        _add_floor(found, synapses, kind == "int16")
    spikes = sum(found["spikes"] for found in taken) / len(taken)
    answer(
        seconds=taken[0]["seconds"], rate=spikes / sum(map(len, microcircuit_populations(scale).values())),
        precision="float32", versions={"cnsproject": cns.__version__}, synapses=synapses, threads=taken,
    )  # fmt: skip


def _run(net: cns.Network, scale: float, ms: float, threads: int) -> float:
    start = time.perf_counter()
    net.run(ms, {"cells": constant_drive(scale)}, executor="cpu", threads=threads)
    return time.perf_counter() - start


def _measured(net: cns.Network, scale: float, seconds: float, threads: int) -> dict[str, Any]:
    """Of a biological second: the fastest plain time, the fastest stamped one, and the parts of this."""
    plain, with_stamps, parts = [], [], list[dict[str, float]]()
    counts = {SEGMENTS: 0, SYNAPSES: 0}
    before = len(net.monitors["spikes"].spikes()[0])
    for _ in range(ROUNDS):
        plain.append(_run(net, scale, 1000 * seconds, threads) / seconds)
        with stamped() as stamps:
            with_stamps.append(_run(net, scale, 1000 * seconds, threads) / seconds)
        parts.append(_parts(stamps, seconds, with_stamps[-1]))
        for what in counts:
            counts[what] += stamps.total(what)
    made = ROUNDS * seconds
    fastest = min(range(ROUNDS), key=with_stamps.__getitem__)
    return {
        "threads": threads, "seconds": min(plain), "all seconds": plain, "stamped": with_stamps[fastest],
        "all stamped": with_stamps, "parts": parts[fastest],
        "segments": counts[SEGMENTS] / made, "synapses": counts[SYNAPSES] / made,
        "spikes": (len(net.monitors["spikes"].spikes()[0]) - before) / (2 * made),
    }  # fmt: skip


def _parts(stamps: Stamps, seconds: float, wall: float) -> dict[str, float]:
    found = {part: taken / seconds for part, taken in stamps.seconds().items()}
    found["recording"] = stamps.recording / seconds
    return found | {"rest": wall - sum(found.values())}


def _add_floor(found: dict[str, Any], synapses: int, whole: bool) -> None:
    """The seconds in which memory hands over what a biological second delivers, at both bandwidths."""
    size = 4 if whole else 6
    length = max(1, round(found["synapses"] / max(1, found["segments"])))
    sequential = in_order(synapses * size // 8 * 8, found["threads"])
    random = in_segments(synapses, length, whole, found["threads"])
    moved = size * found["synapses"]
    found |= {
        "bytes a synapse": size, "mean segment": length, "bytes": moved,
        "bandwidth in order": sequential, "bandwidth of segments": random,
        "floor in order": moved / sequential, "floor of segments": moved / random,
    }  # fmt: skip


if __name__ == "__main__":
    main()
