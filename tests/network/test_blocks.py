"""Blocks: every block is its rule, with weights and delays of its own; one connection is the sum of its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.random import key_of_part

KEY = (5, 9)
PARTS, ONTO = [40, 25, 60], [30, 50]
RULES: list[list[cns.Connectivity | None]] = [
    [cns.FixedTotalNumber(300), cns.FixedProbability(0.2)],
    [None, cns.FixedInDegree(3)],
    [cns.FixedOutDegree(2), cns.AllToAll()],
]


def test_every_block_is_its_rule() -> None:
    wiring = cns.Blocks(PARTS, RULES, onto=ONTO).build(125, 80, KEY, same=False)
    starts, ends = np.cumsum([0, *PARTS]), np.cumsum([0, *ONTO])
    for b, row in enumerate(RULES):
        for c, rule in enumerate(row):
            i, j = wiring.sources, wiring.targets
            here = (i >= starts[b]) & (i < starts[b + 1]) & (j >= ends[c]) & (j < ends[c + 1])
            if rule is None:
                assert not here.any()
                continue
            alone = rule.build(PARTS[b], ONTO[c], key_of_part(KEY, b, c), same=False)
            assert np.array_equal(i[here] - starts[b], alone.sources)
            assert np.array_equal(j[here] - ends[c], alone.targets)
    for i in range(125):
        assert (np.diff(wiring.targets[wiring.pointers[i] : wiring.pointers[i + 1]]) >= 0).all()


def test_expected_numbers() -> None:
    rules = [[cns.FixedTotalNumber(7), cns.AllToAll()], [None, cns.OneToOne()]]
    assert cns.Blocks([3, 2], rules).expected(5, 5, same=True) == 7 + 6 + 2
    drawn = cns.Blocks([3, 2], [[cns.FixedProbability(0.5)] * 2] * 2)
    assert drawn.expected(5, 5, same=True) == pytest.approx(12.5)


def test_autapses_are_those_of_a_part() -> None:
    rule = cns.FixedProbability(1.0, autapses=False)
    wiring = cns.Blocks([3, 2], [[rule, rule], [rule, rule]]).build(5, 5, KEY, same=True)
    pairs = set(zip(wiring.sources.tolist(), wiring.targets.tolist(), strict=True))
    assert pairs == {(i, j) for i in range(5) for j in range(5) if i != j}


def values(table: Any, delays: Any, **more: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    pre, post = cns.LIFPopulation(125, dt=0.5), cns.LIFPopulation(80, dt=0.5)
    rule = cns.Blocks(PARTS, RULES, onto=ONTO, weight=table, delay=delays)
    connection = cns.Connection(pre, post, connectivity=rule, rng=4, **more)
    part = lambda sizes, n: np.searchsorted(np.cumsum(sizes), n, side="right")  # noqa: E731
    i, j = (x.numpy() for x in connection.indices())
    return part(PARTS, i), part(ONTO, j), connection.w.numpy(), connection.delays.numpy()


def test_weights_and_delays_are_those_of_their_block() -> None:
    narrow = [[cns.Uniform(10 * b + c, 10 * b + c + 0.5) for c in range(2)] for b in range(3)]
    delays = [[0.5 * (2 * b + c) for c in range(2)] for b in range(3)]
    b, c, w, d = values(narrow, delays)
    assert ((w >= 10 * b + c) & (w < 10 * b + c + 0.5)).all()
    assert np.array_equal(d, 0.5 * (2 * b + c))
    assert len(np.unique(w)) > 0.9 * len(w)


def test_one_value_for_all_and_those_of_the_connection() -> None:
    _, _, w, d = values(2.0, cns.Uniform(0, 3))
    assert (w == 2).all()
    assert len(np.unique(d)) == 7
    _, _, w, d = values(None, None, weight=cns.Uniform(0, 1), delay=1.5)
    assert len(np.unique(w)) > 100
    assert (d == 1.5).all()


def parts_or_one(one: bool) -> cns.Network:
    """The same given synapses, as one connection and as four."""
    rng, net = np.random.default_rng(2), cns.Network(dt=0.5, seed=1)
    mask = torch.arange(100) >= 80
    cells = net.add_layer(cns.LIFPopulation(100, tau=10.0, is_inhibitory=mask, u=cns.Uniform(-70, -54)), "cells")
    sizes, views = [80, 20], [cells[:80], cells[80:]]
    # Weights whose sums are exact in single precision, so that their order does not matter.
    table = [[cns.FromArrays(rng.integers(n, size=900), rng.integers(m, size=900)) for m in sizes] for n in sizes]
    weights = [[1.0, 0.5], [4.0, 2.0]]
    delta = cns.Delta()
    if one:
        rule = cns.Blocks(sizes, table, weight=weights, delay=1.0)
        net.add_connection(cns.Connection(cells, cells, connectivity=rule, synapse=delta))
    else:
        for b, pre in enumerate(views):
            for c, post in enumerate(views):
                net.add_connection(
                    cns.Connection(pre, post, connectivity=table[b][c], weight=weights[b][c], delay=1.0, synapse=delta)
                )
    net.add_monitor(cns.Monitor(cells, ["s"]), "s")
    return net


@pytest.mark.parametrize("executor", ["cpu", "eager"])
def test_one_connection_is_the_sum_of_its_parts(executor: str) -> None:
    found = []
    for one in (True, False):
        net = parts_or_one(one)
        net.run(100, {"cells": 20.0}, executor=executor)
        found.append(net.monitors["s"].spikes())
    assert len(found[0][0]) > 200
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def held(net: cns.Network) -> int:
    return sum(item.then for item in net.memory().items if item.owner == "connection cells_to_cells")


def test_it_is_told_and_kept(tmp_path: Any) -> None:
    net = parts_or_one(True)
    assert "Blocks" in str(net.describe())
    before = held(net)
    net.run(5)
    assert held(net) == pytest.approx(before, rel=0.01)
    about = net.provenance()["connections"]["cells_to_cells"]
    assert about["synapses"] == 3600
    net.save(tmp_path / "net")
    again = cns.Network.load(tmp_path / "net")
    for n in (net, again):
        n.run(50, {"cells": 20.0})
    for ours, theirs in zip(net.monitors["s"].spikes(), again.monitors["s"].spikes(), strict=True):
        assert torch.equal(ours, theirs)


RULE = cns.FixedInDegree(1)
WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "other sizes": (lambda: cns.Blocks([3, 2], [[RULE] * 2] * 2).build(6, 5, KEY, same=False), errors.ShapeError, ["Blocks.parts", "5 neurons in 2 parts", "6 together"]),
    "other parts of one population": (lambda: cns.Blocks([3, 2], [[RULE] * 2] * 2, onto=[2, 3]).build(5, 5, KEY, same=True), errors.ParameterError, ["Blocks.onto", "leave onto out"]),
    "no table": (lambda: cns.Blocks([3, 2], RULE), errors.ShapeError, ["Blocks.rules", "2 rows"]),  # type: ignore[arg-type]
    "a short row": (lambda: cns.Blocks([3, 2], [[RULE, RULE], [RULE]]), errors.ShapeError, ["Blocks.rules", "[1, 2]"]),
    "no rule": (lambda: cns.Blocks([3], [[0.1]]), errors.ArgumentError, ["Blocks.rules[0][0]", "0.1", "cns.FixedInDegree"]),
    "no size": (lambda: cns.Blocks([0], [[RULE]]), errors.ParameterError, ["Blocks.parts"]),
    "a negative delay": (lambda: cns.Blocks([3], [[RULE]], delay=[[-1.0]]), errors.ParameterError, ["Blocks.delay[0][0]", "-1 ms"]),
    "a weight that is none": (lambda: cns.Blocks([3], [[RULE]], weight=[["a"]]), errors.ArgumentError, ["Blocks.weight[0][0]"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
