"""Every scheme gives the same bits by hand, eagerly and natively; with jumps, currents, refractory steps, an input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent))
from networks import ADAPTING, EXPONENTIALS

STEPS = 80
VALUES = {"tau": 12.0, "R": 4.0, "v_r": -70.0, "v_t": -55.0, "a": 0.02, "tau_w": 30.0, "b": 0.2}


def network(dynamics: cns.Dynamics, values: dict[str, Any], scheme: str, dtype: torch.dtype, refractory: float) -> Any:
    """Neurons of a model with themselves as partners, through a jump and a current."""

    class Own(cns.ModelPopulation):
        pass

    Own.dynamics = dynamics
    start = np.linspace(-70, -56, 37)
    cells = Own(37, parameters=values, starts={"v": start}, scheme=scheme, dtype=dtype, refractory=refractory, rng=1)
    net = cns.Network(dt=0.5, seed=1)
    net.add_layer(cells, "cells")
    for name, synapse, weight in (("jump", cns.Delta(), 0.4), ("current", cns.AlphaCurrent(2.0), 0.6)):
        rule = cns.FixedInDegree(5)
        net.add_connection(cns.Connection(cells, cells, connectivity=rule, synapse=synapse, weight=weight), name=name)
    net.add_monitor(cns.Monitor(cells, ["s", *cells.states]), "m")
    return net


def found(net: cns.Network, way: str) -> dict[str, torch.Tensor]:
    rows = torch.linspace(2, 9, 37).to(net.layers["cells"].dtype).expand(STEPS, 37)
    cells, connections = net.layers["cells"], net.connections
    if way == "hand":
        for row in rows:
            jump, current = connections["jump"].compute(), connections["current"].compute()
            cells.forward(row + current, jump=jump)
            net.monitors["m"].record()
    else:
        executor, threads = ("eager", 1) if way == "eager" else ("cpu", int(way))
        net.run(STEPS * 0.5, {"cells": rows}, executor=executor, threads=threads)
    return {name: net.monitors["m"].get(name) for name in net.monitors["m"].state_variables}


CASES = [*(("linear", scheme) for scheme in ("exponential euler", "heun", "rk4", "exact")), ("exponential", "euler")]
OTHERS = [("exponential", "heun"), ("exponential", "rk4")]
# Each in one of the precisions; the other one is the long version.
IN_TURNS = [
    pytest.param(*case, dtype, marks=[pytest.mark.slow] * (case in OTHERS or (k + p) % 2 == 1))
    for k, case in enumerate([*CASES, *OTHERS])
    for p, dtype in enumerate((torch.float32, torch.float64))
]


@pytest.mark.parametrize("refractory", [0.0, pytest.param(2.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("model", "scheme", "dtype"), IN_TURNS)
def test_all_ways_agree(model: str, scheme: str, dtype: torch.dtype, refractory: float) -> None:
    dynamics, values = (ADAPTING, VALUES) if model == "linear" else (EXPONENTIALS, {**VALUES, "d": 2.0, "slope": 20.0})
    whole = found(network(dynamics, values, scheme, dtype, refractory), "hand")
    assert whole["s"].sum() > 30
    for way in ("eager", "1", "3"):
        other = found(network(dynamics, values, scheme, dtype, refractory), way)
        for name, values_by_hand in whole.items():
            assert torch.equal(values_by_hand, other[name]), (way, name)
