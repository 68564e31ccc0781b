"""Our models beside the same equations in Brian2, spike by spike, in float64, under a current that changes its size."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import translations
from cases import Spikes, brian2_model

pytestmark = [pytest.mark.peers, pytest.mark.parametrize("executor", ["eager", "cpu"])]
NEURONS = 8

# Class, scheme here, method there, dt (ms), range of the currents (nA), settings.
MODELS: dict[str, tuple[type[cns.ModelPopulation], str, str, float, tuple[float, float], dict[str, Any]]] = {
    "ELIF": (cns.ELIFPopulation, "euler", "euler", 0.1, (5, 30), {}),
    "AELIF": (cns.AELIFPopulation, "euler", "euler", 0.1, (10, 40), {"a": 0.3, "u_reset": -60.0}),
    "QIF": (cns.QIFPopulation, "euler", "euler", 0.1, (0, 20), {"u_reset": -66.0}),
    "GIF": (cns.GIFPopulation, "euler", "euler", 0.1, (10, 40), {}),
    "GIF, exact": (cns.GIFPopulation, "exact", "exact", 0.1, (10, 40), {}),
    "Izhikevich": (cns.IzhikevichPopulation, "euler", "euler", 0.1, (0, 20), {}),
    "Izhikevich, chattering": (cns.IzhikevichPopulation, "euler", "euler", 0.1, (0, 20), {"c": -50.0, "d": 2.0}),
    "HodgkinHuxley": (cns.HHPopulation, "exponential euler", "exponential_euler", 0.05, (0, 30), {}),
    "HodgkinHuxley, euler": (cns.HHPopulation, "euler", "euler", 0.02, (0, 30), {}),
    "FitzHughNagumo": (cns.FitzHughNagumoPopulation, "euler", "euler", 0.05, (0, 1.2), {}),
}


def drive(dt: float, low: float, high: float, time: float) -> np.ndarray:
    """(steps, neurons): another current every 25 ms."""
    levels = np.random.default_rng(5).uniform(low, high, (round(time / 25), NEURONS))
    return levels.repeat(round(25 / dt), axis=0)


def ours(name: str, executor: str, current: np.ndarray, refractory: float) -> Spikes:
    kind, scheme, _, dt, _, settings = MODELS[name]
    held = {"refractory": translations.refractory(refractory, dt)} if refractory else {}
    population = kind(NEURONS, scheme=scheme, dtype=torch.float64, **settings, **held)
    net = cns.Network(dt=dt, seed=1)
    net.add_layer(population, "cells")
    monitor = net.add_monitor(cns.Monitor(population, ["s"]), "s")
    net.run(len(current) * dt, {"cells": torch.from_numpy(current)}, executor=executor)
    return [(k, i) for k, i in monitor.get("s").nonzero().tolist()]


def theirs(name: str, current: np.ndarray, refractory: float) -> Spikes:
    kind, _, method, dt, _, settings = MODELS[name]
    made = kind(1, dtype=torch.float64, **settings)
    return brian2_model(
        {
            "model": name.partition(",")[0],
            "method": method,
            "dt": dt,
            "time": len(current) * dt,
            "current": current.tolist(),
            "refractory": refractory,
            "parameters": {p: float(getattr(made, p)) for p in kind.dynamics.parameters},
            "start": {s: float(getattr(made, s)) for s in kind.dynamics.states},
        }
    )


@pytest.mark.parametrize("name", MODELS)
def test_spikes_are_those_of_brian2(executor: str, name: str) -> None:
    current = drive(MODELS[name][3], *MODELS[name][4], 400.0)
    found = ours(name, executor, current, 0.0)
    assert len(found) > 10 * NEURONS / 4
    assert found == theirs(name, current, 0.0)


@pytest.mark.parametrize("name", ["ELIF", "AELIF", "QIF", "GIF", "Izhikevich"])
def test_refractory_periods_are_those_of_brian2(executor: str, name: str) -> None:
    """Brian2's r is our r - dt; u is held, an adaptation current or a moving threshold goes on."""
    current = drive(MODELS[name][3], *MODELS[name][4], 400.0)
    found = ours(name, executor, current, 2.0)
    assert found == theirs(name, current, 2.0)
    assert found != ours(name, executor, current, 0.0)
