"""A user's model is one declaration and one thin class, and runs on every executor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns


def population(
    dynamics: cns.Dynamics, values: dict[str, float], starts: dict[str, float], **settings: Any
) -> cns.ModelPopulation:
    """A thin class around a declaration."""

    class Own(cns.ModelPopulation):
        def __init__(self) -> None:
            super().__init__(
                3, parameters=values, starts=starts, spike_trace=False, dt=0.5, dtype=torch.float64, **settings
            )

    Own.dynamics = dynamics
    return Own()


IZHIKEVICH = cns.Dynamics(
    equations="""
        dv/dt = k*(v - v_r)*(v - v_t)/C - u/C + I/C : mV
        du/dt = a*(b*(v - v_r) - u) : nA
    """,
    inputs={"I": "nA"},
    parameters={
        "k": "nA/mV**2",
        "C": "nF",
        "v_r": "mV",
        "v_t": "mV",
        "a": "1/ms",
        "b": "nA/mV",
        "c": "mV",
        "d": "nA",
        "v_peak": "mV",
    },
    spike="v >= v_peak",
    reset="v = c; u += d",
    source="Izhikevich 2007, Dynamical Systems in Neuroscience, eq. 8.5",
)
REGULAR = {
    "k": 0.7e-3,
    "C": 0.1,
    "v_r": -60.0,
    "v_t": -40.0,
    "a": 0.03,
    "b": -2e-3,
    "c": -50.0,
    "d": 0.1,
    "v_peak": 35.0,
}

EXPONENTIAL = cns.Dynamics(
    equations="du/dt = (u_rest - u + delta*exp((u - u_t)/delta) + R*I)/tau : mV",
    inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_t": "mV", "delta": "mV", "u_reset": "mV", "peak": "mV"},
    spike="u > peak",
    reset="u = u_reset",
    source="Fourcaud-Trocme et al. 2003, J. Neurosci. 23",
)
EIF = {"tau": 10.0, "R": 1.0, "u_rest": -65.0, "u_t": -50.0, "delta": 2.0, "u_reset": -65.0, "peak": -30.0}


def spikes(
    layer: cns.ModelPopulation, current: list[float], steps: int, executor: str | None
) -> tuple[cns.Network, np.ndarray]:
    net = cns.Network(dt=0.5)
    net.add_layer(layer, "own")
    monitor = net.add_monitor(cns.Monitor(layer, ["s"]), "m")
    net.run(0.5 * steps, {"own": cns.Constant(current)}, executor=executor)
    return net, monitor.get("s").numpy()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_izhikevich_against_a_loop_written_out(executor: str) -> None:
    p = REGULAR
    currents = [0.0, 0.07, 0.1]
    expected = np.zeros((2000, 3), bool)
    for neuron, current in enumerate(currents):
        v, u = -60.0, 0.0
        for step in range(2000):
            dv = (p["k"] * (v - p["v_r"]) * (v - p["v_t"]) - u + current) / p["C"]
            du = p["a"] * (p["b"] * (v - p["v_r"]) - u)
            v, u = v + 0.5 * dv, u + 0.5 * du
            if v >= p["v_peak"]:
                v, u, expected[step, neuron] = p["c"], u + p["d"], True
    net, found = spikes(population(IZHIKEVICH, p, {"v": -60.0, "u": 0.0}), currents, 2000, executor)
    assert expected[:, 1:].sum(axis=0).min() > 5
    assert np.array_equal(found, expected)
    assert net.executor.name == executor


def test_a_model_of_plain_arithmetic_is_run_natively_by_itself() -> None:
    net, _ = spikes(population(IZHIKEVICH, REGULAR, {"v": -60.0, "u": 0.0}), [0.0] * 3, 5, None)
    assert net.executor.name == "cpu"


def test_a_model_with_exp_is_run_natively_when_asked_for() -> None:
    """Bit equality is not to be had, so it is not the choice; asked for, spikes are those of a loop written out."""
    p = EIF
    expected = np.zeros((800, 3), bool)
    currents = [10.0, 20.0, 30.0]
    for neuron, current in enumerate(currents):
        u = -65.0
        for step in range(800):
            slope = p["u_rest"] - u + p["delta"] * math.exp((u - p["u_t"]) / p["delta"]) + p["R"] * current
            u += 0.5 * slope / p["tau"]
            if u > p["peak"]:
                u, expected[step, neuron] = p["u_reset"], True
    for executor, taken in ((None, "eager"), ("eager", "eager"), ("cpu", "cpu")):
        net, found = spikes(population(EXPONENTIAL, p, {"u": -65.0}), currents, 800, executor)
        assert np.array_equal(found, expected)
        assert net.executor.name == taken
    assert "exp" in spikes(population(EXPONENTIAL, p, {"u": -65.0}), currents, 1, None)[0].executor.reason
    assert expected[:, 1:].sum(axis=0).min() > 3
