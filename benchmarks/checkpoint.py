"""A checkpoint of 10^7 synapses: written, and read again.

10 000 neurons with 1000 inputs each, one weight or weights that were drawn. The machine's caches take the file; what a
disk would add is not measured.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import cnsproject as cns
from benchmarks.contest import entries

NAME, TITLE = "checkpoint", "checkpoint"
NEURONS, INPUTS = 10_000, 1000


def network(weight: float | cns.Law, scale: float) -> cns.Network:
    """Excitatory neurons with random connections, built."""
    net = cns.Network(dt=0.1, seed=1)
    cells = net.add_layer(cns.LIFPopulation(round(NEURONS * scale)), "cells")
    rule = cns.FixedInDegree(round(INPUTS * scale))
    net.add_connection(cns.Connection(cells, cells, connectivity=rule, weight=weight, delay=1.5))
    net.run(0.1)
    return net


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Each in turn."""
    times: dict[str, list[float]] = {}
    kinds = {"one weight": 0.1, "drawn weights": cns.Normal(0.1, 0.01)}
    networks = {name: network(weight, scale) for name, weight in kinds.items()}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(1 + rounds):
            for name, net in networks.items():
                path = Path(folder) / name
                start = time.perf_counter()
                net.save(path)
                middle = time.perf_counter()
                cns.Network.load(path)
                end = time.perf_counter()
                times.setdefault(f"written, {name}", []).append(middle - start)
                times.setdefault(f"read, {name}", []).append(end - middle)
    synapses = round(NEURONS * scale) * round(INPUTS * scale)
    # The first round finds the file system cold.
    return {"title": f"{TITLE}, {synapses:.0e} synapses", "contestants": entries({n: t[1:] for n, t in times.items()})}
