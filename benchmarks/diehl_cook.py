"""Training with handwritten digits in our package: the network of `peers/bindsnet_digits.py`, neuron by neuron.

Neurons with adaptive thresholds inhibit each other, one of them spikes in a step, pixels learn with pairs of nearest
spikes, weights are normalised after every picture, and all states but the thresholds start anew.
"""

from __future__ import annotations

import time

import torch

import cnsproject as cns
from benchmarks.peers.digit_spikes import INHIBITION, NORM, STEPS, W_FIRST, samples, spikes

THETA_PLUS = 0.05

EQUATIONS = """
dv/dt = (v_rest - v)/tau : mV
dtheta/dt = -theta/tau_theta : mV
"""


def network(neurons: int, seed: int) -> cns.Network:
    """Pixels and neurons."""
    net = cns.Network(dt=1.0, seed=seed)
    pixels = cns.InputPopulation(64, spike_trace=False)
    cells = cns.Population(
        EQUATIONS, shape=neurons, threshold="v >= v_threshold + theta", reset="v = v_reset; theta += theta_plus",
        refractory=5, scheme="exponential euler", spike_trace=False, decision=cns.WinnerTakeAll(), start={"v": -65.0},
        parameters={
            "v_rest": "-65 mV", "v_reset": "-60 mV", "v_threshold": "-52 mV", "tau": "100 ms", "tau_theta": "1e7 ms",
            "theta_plus": f"{THETA_PLUS} mV",
        },
    )  # fmt: skip
    net.add_layer(pixels, "pixels")
    net.add_layer(cells, "cells")
    rule = cns.STDP(A_plus=1e-2, A_minus=1e-4, pairing="nearest")
    net.add_connection(
        cns.Connection(
            pixels, cells, connectivity=cns.AllToAll(), synapse=cns.Delta(), weight=cns.Uniform(0.0, W_FIRST),
            learning_rule=rule,
        ),
        name="learning",
    )  # fmt: skip
    net.add_connection(
        cns.Connection(
            cells, cells, connectivity=cns.AllToAll(autapses=False), synapse=cns.Delta(), weight=-INHIBITION
        ),
        name="inhibition",
    )  # fmt: skip
    return net


def train(net: cns.Network, picture: torch.Tensor, threads: int) -> None:
    """One picture."""
    net.run(STEPS, {"pixels": picture}, executor="cpu", threads=threads)
    weights = net.connections["learning"].w.view(64, -1)
    weights *= NORM / weights.sum(0)
    cells = net.layers["cells"]
    theta = cells.theta
    net.reset_state_variables()
    cells.theta = theta


def measured(neurons: int, seconds: float, threads: int, seed: int) -> tuple[float, float]:
    """Seconds for each picture of a training, and the rate of the cells (Hz)."""
    count = samples(seconds)
    shown = torch.from_numpy(spikes(count, seed))
    train(network(neurons, seed), shown[0], threads)
    net = network(neurons, seed)
    start = time.perf_counter()
    for picture in shown:
        train(net, picture, threads)
    taken = time.perf_counter() - start
    fired = float(net.layers["cells"].theta.sum()) / THETA_PLUS
    return taken / count, fired / neurons / (count * STEPS / 1000)
