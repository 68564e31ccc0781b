"""Networks of maps, and the ways to run them that must agree bit by bit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import cnsproject as cns

Connect = Callable[[cns.NeuralPopulation, cns.NeuralPopulation], cns.Connection]
WAYS = "hand", "eager", "cpu 1", "cpu 2", "cpu 3"
STEPS = 40


def spikes(shape: tuple[int, ...], p: float = 0.15, steps: int = STEPS, seed: int = 0) -> Tensor:
    return torch.rand(steps, *shape, generator=torch.Generator().manual_seed(seed)) < p


def network(
    connect: Connect, pre: tuple[int, ...], post: tuple[int, ...], *, dtype: torch.dtype = torch.float32,
    inhibitory: bool = False,
) -> cns.Network:  # fmt: skip
    net = cns.Network(dt=1.0, seed=5)
    sign = torch.arange(cns.InputPopulation(pre).n).reshape(pre) % 3 == 0 if inhibitory else False
    a = net.add_layer(cns.InputPopulation(pre, dtype=dtype, is_inhibitory=sign), "a")
    b = net.add_layer(cns.LIFPopulation(post, tau=8.0, R=4.0, dtype=dtype), "b")
    net.add_connection(connect(a, b), name="c")
    return net


def advance(net: cns.Network, given: Tensor, way: str) -> Tensor:
    """The membrane after every step."""
    a, b, c = net.layers["a"], net.layers["b"], net.connections["c"]
    if way != "hand":
        net.monitors.clear()
        monitor = net.add_monitor(cns.Monitor(b, ["u", "s"]), "m")
        executor, _, threads = way.partition(" ")
        net.run(len(given) * net.dt, {"a": given}, executor=executor, threads=int(threads or 1))
        return monitor.get("u")
    found = []
    for now in given:
        a.forward(now)
        delivered = c.compute()
        b.forward(0.0, jump=delivered) if c.jumps else b.forward(delivered)
        c.update()
        found.append(b.u)
    return torch.stack(found)


def all_states(net: cns.Network) -> dict[str, Tensor]:
    c = net.connections["c"]
    found = {name: value for name, value in c.state_dict().items() if isinstance(value, Tensor)}
    return {**found, "u": net.layers["b"].u, "s": net.layers["b"].s}


def assert_same(one: cns.Network, other: cns.Network) -> None:
    a, b = all_states(one), all_states(other)
    assert a.keys() == b.keys()
    for name, value in a.items():
        assert value.dtype == b[name].dtype
        assert torch.equal(value, b[name]), name


def check_ways(make: Callable[[], cns.Network], tmp_path: Path, p: float = 0.15) -> cns.Network:
    """All ways at once; in pieces; through a copy, a file, and back to a state in memory."""
    hand = make()
    given = spikes(hand.layers["a"].shape, p)
    potentials = advance(hand, given, "hand")
    for way in WAYS[1:]:
        net = make()
        assert torch.equal(advance(net, given, way), potentials), way
        assert_same(hand, net)
    pieces = make()
    for k, way in enumerate(WAYS):
        pieces = copy.deepcopy(pieces) if k == 1 else pieces
        if k == 2:
            pieces.monitors.clear()
            pieces.save(tmp_path / "net")
            pieces = cns.Network.load(tmp_path / "net")
        if k == 3:
            pieces.monitors.clear()
            state = pieces.state()
            advance(pieces, ~given[:7], "cpu 2")
            pieces.monitors.clear()
            pieces.restore(state)
        advance(pieces, given[k * len(given) // 5 : (k + 1) * len(given) // 5], way)
    assert_same(hand, pieces)
    return hand
