"""What an encoder gives is fed to a population: by hand, in a network of either executor, and as given times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns

IMAGE = np.linspace(0, 255, 24).reshape(4, 6).astype(np.uint8)
ENCODERS: dict[str, Any] = {
    "poisson": lambda: cns.PoissonEncoder(40, 0.5, rate=300, rng=1),
    "latency": lambda: cns.Time2FirstSpikeEncoder(40, 0.5),
    "membrane": lambda: cns.LatencyEncoder(40, 0.5, law="exponential"),
    "ranks": lambda: cns.RankOrderEncoder(40, 0.5),
    "position": lambda: cns.PositionEncoder(40, 0.5, fields=5),
    "phase": lambda: cns.PhaseEncoder(40, 0.5),
}


def made(layer: Any) -> tuple[cns.Network, cns.Monitor, cns.Monitor]:
    """A network in which the layer drives three neurons."""
    net = cns.Network(dt=0.5, seed=3)
    net.add_layer(layer, "image")
    net.add_layer(cns.LIFPopulation(3, tau=10.0, R=10.0), "cells")
    weights = np.random.default_rng(0).random((*layer.shape, 3)) * 2.0
    wiring = cns.DenseConnection(layer, net.layers["cells"], tau_s=5.0)
    wiring.w = torch.from_numpy(weights).to(torch.float32)
    net.add_connection(wiring)
    return (
        net,
        net.add_monitor(cns.Monitor(layer, ["s"]), "image"),
        net.add_monitor(cns.Monitor(net.layers["cells"], ["s"]), "cells"),
    )


@pytest.mark.parametrize("name", ENCODERS)
def test_the_same_spikes_by_hand_natively_and_as_times(name: str) -> None:
    encoder = ENCODERS[name]()
    spikes = encoder(IMAGE)
    shape, n = tuple(spikes.shape[1:]), spikes[0].numel()
    net, image, cells = made(cns.InputPopulation(shape))
    (wiring,) = net.connections.values()
    for k in range(encoder.steps):
        net.layers["image"].forward(spikes[k])
        net.layers["cells"].forward(wiring.compute())
        for monitor in (image, cells):
            monitor.record()
    assert torch.equal(image.get("s"), spikes)
    fired = cells.get("s")
    assert 0 < fired.sum() < fired.numel()
    for executor in ("eager", "cpu"):
        net, image, cells = made(cns.InputPopulation(shape))
        net.run(40, {"image": spikes}, executor=executor)
        assert torch.equal(image.get("s"), spikes)
        assert torch.equal(cells.get("s"), fired)
        assert encoder.decode(image.get("s")).equal(encoder.decode(spikes))
        net, image, cells = made(cns.SpikeSource(n, *encoder.times(spikes)))
        net.run(40, executor=executor)
        assert torch.equal(image.get("s").reshape(spikes.shape), spikes)
        net, image, _ = made(cns.InputPopulation(n))
        net.run(40, {"image": spikes.flatten(1)}, executor=executor)
        assert torch.equal(image.get("s").reshape(spikes.shape), spikes)


def test_a_batch_is_fed_by_hand() -> None:
    images = np.stack([IMAGE, 255 - IMAGE])
    spikes = cns.Time2FirstSpikeEncoder(20)(images)
    layer = cns.InputPopulation((4, 6), dt=1.0)
    layer.reset_state_variables(batch=2)
    for row in spikes:
        layer.forward(row)
        assert torch.equal(layer.s, row)


def test_a_number_is_a_neuron() -> None:
    layer = cns.InputPopulation(1, dt=1.0)
    for row in cns.PoissonEncoder(20, range=(0, 1), rng=1)(0.5):
        layer.forward(row)
