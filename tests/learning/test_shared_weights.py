"""Kernels learn: what all synapses of a weight ask for is summed up; against a loop over synapses, in all ways to run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors

sys.path.insert(0, str(Path(__file__).parents[1] / "network"))
from maps import advance, assert_same, check_ways, network, spikes

Conv, Local = cns.ConvolutionalConnection, cns.LocalConnection
SHAPES = (2, 7, 8), (3, 4, 6)
WINDOWS: dict[str, Any] = {"kernel_size": (3, 3), "stride": (2, 1), "padding": (1, 0)}
STDP = cns.STDP(0.05, 0.04, tau_plus=5.0, tau_minus=7.0)
FREE = cns.STDP(0.02, 0.03, bounds="none")
OWN = cns.Rule(
    pre="dx/dt = -x/tau : 1", post="dy/dt = -y/tau : 1",
    on_pre="w = w - A*y + B; x = 1", on_post="w = w + 3*A*x*w; y += 1",
    parameters={"tau": "6 ms", "A": 0.02, "B": 0.001, "w_max": 1.5},
)  # fmt: skip


def connect(kind: Any = Conv, **given: Any) -> Callable[..., Any]:
    return lambda a, b: kind(a, b, **{**WINDOWS, "weight": cns.Uniform(0.3, 0.9), "learning_rule": STDP, **given})


def by_the_synapse(net: cns.Network, given: torch.Tensor, fired: torch.Tensor, delay: int = 0) -> np.ndarray:
    """Pair STDP with hard bounds in double precision, synapse after synapse, from the definition."""
    con = net.connections["c"]
    sources, targets = (ends.numpy() for ends in con.indices())
    weight, where = con.w.numpy().astype(float).copy(), np.zeros((len(sources), 4), int)
    (rows, columns), (out_rows, out_columns) = SHAPES[0][1:], SHAPES[1][1:]
    for n, (i, j) in enumerate(zip(sources, targets, strict=True)):
        channel, y, x = i // (rows * columns), i // columns % rows, i % columns
        one, v, u = j // (out_rows * out_columns), j // out_columns % out_rows, j % out_columns
        where[n] = one, channel, y + 1 - 2 * v, x - u
    x, y = np.zeros(np.prod(SHAPES[0])), np.zeros(np.prod(SHAPES[1]))
    nobody = np.zeros(len(x), bool)
    for step in range(len(given)):
        x, y = x * np.exp(-1 / 5), y * np.exp(-1 / 7)
        arrives = given[step - delay].numpy().ravel() if step >= delay else nobody
        for side, who, ends in (("pre", arrives, sources), ("post", fired[step].numpy().ravel(), targets)):
            change = np.zeros_like(weight)
            for n in np.flatnonzero(who[ends]):
                w = weight[tuple(where[n])]
                new = w - 0.04 * y[targets[n]] if side == "pre" else w + 0.05 * x[sources[n]]
                change[tuple(where[n])] += min(max(new, 0), 1) - w
            weight = np.clip(weight + change, 0, 1)
            if side == "pre":
                x[who] += 1
            else:
                y[who] += 1
    return weight


@pytest.mark.parametrize("delay", [0, 2])
@pytest.mark.parametrize("way", ["eager", pytest.param("cpu 2", marks=pytest.mark.slow)])
def test_changes_of_all_synapses_are_summed(delay: int, way: str) -> None:
    net = network(connect(delay=float(delay)), *SHAPES, dtype=torch.float64)
    monitor = net.add_monitor(cns.Monitor(net.layers["b"], ["s"]), "s")
    given = spikes(SHAPES[0], 0.25, 30)
    before = net.connections["c"].w.clone()
    executor, _, threads = way.partition(" ")
    start = network(connect(delay=float(delay)), *SHAPES, dtype=torch.float64)
    net.run(30, {"a": given}, executor=executor, threads=int(threads or 1))
    fired = monitor.get("s")
    assert fired.sum() > 30
    expected = by_the_synapse(start, given, fired, delay)
    np.testing.assert_allclose(net.connections["c"].w.numpy(), expected, rtol=0, atol=1e-12)
    assert (net.connections["c"].w - before).abs().max() > 0.05
    assert ((expected == 0) | (expected == 1)).any()  # bounds have been felt


QUICK = ("delays and decay",)
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "pairs": (Conv, {}),
    "delays and decay": (Conv, {"delay": cns.Uniform(0, 4), "weight_decay": 0.001}),
    "triplets, soft": (
        Conv,
        {"learning_rule": cns.TripletSTDP(A_plus=0.01, A3_plus=0.05, bounds="soft"), "delay": 1.0},
    ),
    "without bounds": (Conv, {"learning_rule": FREE, "synapse": cns.Delta(), "weight": cns.Normal(2.0, 1.0)}),
    "own": (Conv, {"learning_rule": OWN}),
    "local": (Local, {"delay": cns.Uniform(0, 4)}),
    "local, decay": (Local, {"weight_decay": 0.01}),
}


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CASES])
def test_all_ways_agree(name: str, tmp_path: Path) -> None:
    kind, more = CASES[name]

    def make() -> cns.Network:
        return network(connect(kind, **more), *SHAPES)

    net, start = check_ways(make, tmp_path, 0.25), make()
    change = (net.connections["c"].w - start.connections["c"].w).abs()
    assert (change > 0.01).float().mean() > 0.3
    if name == "own":
        assert net.connections["c"].w.max() == 1.5


@pytest.mark.slow
def test_a_local_connection_learns_like_any_other() -> None:
    """The same synapses, given one by one."""
    local = network(connect(Local, weight=0.5), *SHAPES)
    sources, targets = local.connections["c"].indices()
    other = network(
        lambda a, b: cns.Connection(
            a, b, connectivity=cns.FromArrays(sources, targets), weight=0.5, learning_rule=STDP
        ),
        *SHAPES,
    )
    given = spikes(SHAPES[0], 0.25, 25)
    for net, way in ((local, "eager"), (other, "cpu 2")):
        advance(net, given, way)
    assert torch.equal(local.connections["c"].w, other.connections["c"].w)
    assert (local.connections["c"].w != 0.5).any()


def test_a_monitor_sees_the_kernels_grow() -> None:
    seen = []
    for way in ("eager", "cpu 1", "cpu 3"):
        net = network(connect(), *SHAPES)
        monitor = net.add_monitor(cns.Monitor(net.connections["c"], ["w"]), "w")
        executor, _, threads = way.partition(" ")
        net.run(20, {"a": spikes(SHAPES[0], 0.25, 20)}, executor=executor, threads=int(threads or 1))
        seen.append(monitor.get("w"))
        assert torch.equal(seen[0], seen[-1])
        assert torch.equal(seen[-1][-1], net.connections["c"].w)
    assert len({tuple(w.ravel().tolist()) for w in seen[0]}) > 10


def test_by_hand_without_learning_and_with_a_mask() -> None:
    net = network(connect(), *SHAPES)
    a, b, con = net.layers["a"], net.layers["b"], net.connections["c"]
    before = con.w.clone()
    for step, now in enumerate(spikes(SHAPES[0], 0.25, 20)):
        a.forward(now)
        b.forward(con.compute())
        con.update(learning=step > 9)
        if step == 9:
            assert torch.equal(con.w, before)
    assert not torch.equal(con.w, before)
    con.update(mask=con.w < con.w.mean())
    assert 0.2 < (con.w == 0).float().mean() < 0.8


def test_weights_that_run_away_are_refused() -> None:
    wild = cns.Rule(on_pre="w = w*1e30", on_post="w = w")
    for way in ("eager", "cpu 1"):
        net = network(connect(learning_rule=wild), *SHAPES)
        with pytest.raises(errors.CnsError):
            advance(net, spikes(SHAPES[0], 0.25, 20), way)


def test_what_is_told() -> None:
    net = network(connect(weight_decay=0.1), *SHAPES)
    assert ", summed by c.numbers" in str(net.plan())
    assert "STDP" in str(net.describe())
    parts = {(i.owner, i.what): i.then for i in net.memory(10).items}
    assert parts["connection c", "weights"] == 3 * 2 * 9 * 4
    assert_same(net, net)
