"""Noise in equations: the same numbers by hand, eagerly and natively, for any threads, chunks, pieces and sizes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

import cnsproject as cns
from cnsproject.network import native as native_module

STEPS = 90
NOISY = cns.Dynamics(
    equations="""
        dv/dt = (v_r - v + R*(I - w))/tau + sigma*sqrt(2/tau)*xi : mV
        dw/dt = -w/tau + k*w*xi_w + k*xi*c : nA
    """,
    inputs={"I": "nA"},
    parameters={"tau": "ms", "R": "MOhm", "v_r": "mV", "v_t": "mV", "sigma": "mV", "k": "1/sqrt(ms)", "c": "nA"},
    spike="v > v_t", reset="v = v_r; w += 0.5",
)  # fmt: skip
VALUES = {"tau": 10.0, "R": 2.0, "v_r": -70.0, "v_t": -62.0, "sigma": 3.0, "k": 0.1, "c": 0.2}


class Own(cns.ModelPopulation):
    dynamics = NOISY

    def __init__(self, shape: Any = 150, **common: Any) -> None:
        super().__init__(shape, parameters=VALUES, starts={"v": -70.0, "w": 1.0}, **common)


def network(
    dtype: torch.dtype = torch.float32, refractory: float = 1.0, shape: Any = 150, seed: int = 4
) -> cns.Network:
    net = cns.Network(dt=0.5, seed=seed)
    cells = net.add_layer(Own(shape, dtype=dtype, refractory=refractory), "cells")
    rule = cns.FixedInDegree(4)
    net.add_connection(cns.Connection(cells, cells, connectivity=rule, synapse=cns.Delta(), weight=0.5), name="jump")
    net.add_monitor(cns.Monitor(cells, ["s", "v", "w"]), "m")
    return net


def run(net: cns.Network, steps: int, way: str) -> None:
    cells = net.layers["cells"]
    if way == "hand":
        for _ in range(steps):
            cells.forward(2.0, jump=net.connections["jump"].compute())
            net.monitors["m"].record()
    else:
        executor, threads = ("eager", 1) if way == "eager" else ("cpu", int(way))
        net.run(steps * 0.5, {"cells": 2.0}, executor=executor, threads=threads)


def recorded(net: cns.Network) -> list[torch.Tensor]:
    return [net.monitors["m"].get(name) for name in ("s", "v", "w")]


def whole(way: str = "hand", **settings: Any) -> list[torch.Tensor]:
    net = network(**settings)
    run(net, STEPS, way)
    return recorded(net)


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(map(torch.equal, one, other))


@pytest.mark.parametrize("refractory", [0.0, 1.0])
def test_all_ways_agree(dtype: torch.dtype, refractory: float) -> None:
    by_hand = whole(dtype=dtype, refractory=refractory)
    assert by_hand[0].sum() > 50
    for way in ("eager", "1", "2", "3"):
        assert same(by_hand, whole(way, dtype=dtype, refractory=refractory)), way


def test_in_pieces_copies_and_after_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = whole()
    net = network()
    for way, steps in (("2", 17), ("hand", 23), ("eager", 11), ("1", STEPS - 51)):
        run(net, steps, way)
    assert same(expected, recorded(net))
    first = network()
    run(first, 40, "1")
    twin = copy.deepcopy(first)
    run(twin, STEPS - 40, "hand")
    assert same(expected, recorded(twin))
    first.reset_state_variables()
    run(first, STEPS, "eager")
    assert same(expected, recorded(first))
    monkeypatch.setattr(native_module, "_FIRST_CHUNK", 7)
    monkeypatch.setattr(native_module, "_FIRST_NEURONS", 0)
    monkeypatch.setattr(native_module, "CHUNK_SECONDS", 0.0)
    monkeypatch.setattr(native_module, "_STREAM_NUMBERS", 5 * 150)
    assert same(expected, whole("2"))


def test_the_seed_decides() -> None:
    assert not same(whole(seed=4), whole(seed=5))


def test_rows_of_a_batch_have_noise_of_their_own() -> None:
    """The first row is what an unbatched population gets."""
    alone, batched = Own((3, 5), dt=0.5, rng=2), Own((3, 5), dt=0.5, rng=2)
    batched.reset_state_variables(batch=4)
    for _ in range(40):
        alone.forward(3.0)
        batched.forward(3.0)
    assert torch.allclose(batched.v[0], alone.v, atol=1e-4)
    rows = batched.v.reshape(4, -1)
    assert all(not torch.equal(rows[i], rows[j]) for i in range(4) for j in range(i))


def test_a_neuron_has_the_same_noise_in_a_larger_population() -> None:
    small, large = Own(37, dt=0.5, rng=2), Own(90, dt=0.5, rng=2)
    for _ in range(40):
        small.forward(3.0)
        large.forward(3.0)
    assert torch.equal(small.v, large.v[:37])


def test_gradients_see_the_same_noise() -> None:
    plain, learning = Own(37, dt=0.5, rng=2), Own(37, dt=0.5, rng=2)
    scale = torch.tensor(1.0, requires_grad=True)
    for _ in range(20):
        plain.forward(torch.full((37,), 3.0))
        learning.forward(torch.full((37,), 3.0) * scale)
    assert torch.allclose(plain.v, learning.v.detach(), atol=1e-4)
    learning.v.sum().backward()
    assert scale.grad is not None
