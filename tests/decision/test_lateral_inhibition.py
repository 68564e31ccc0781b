"""Lateral inhibition: who is connected with whom, and what it does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError, UnknownNameError


def neighbours(shape: tuple[int, ...], rule: cns.LateralInhibition) -> list[tuple[int, int, float]]:
    """Source, target and distance of every synapse, pair by pair."""
    places = list(np.ndindex(*shape))
    found = []
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            (map_a, on_a), (map_b, on_b) = ((x[0], x[1:]) if len(shape) == 3 else (0, x) for x in (a, b))
            apart = [abs(p - q) for p, q in zip(on_a, on_b, strict=True)]
            distance = float(max(apart)) if rule.metric == "chebyshev" else math.hypot(*apart)
            wanted = rule.maps == "all" or (rule.maps == "within") == (map_a == map_b)
            if i != j and distance <= rule.radius and wanted:
                found.append((i, j, distance))
    return found


@pytest.mark.parametrize("shape", [(7,), (4, 5), (3, 4, 5), (2, 1, 4)])
@pytest.mark.parametrize("radius", [0, 1, 1.5, 2, math.inf])
@pytest.mark.parametrize("maps", ["all", "within", "between"])
@pytest.mark.parametrize("distance", ["chebyshev", "euclidean"])
def test_who_is_connected(shape: tuple[int, ...], radius: float, maps: Any, distance: Any) -> None:
    rule = cns.LateralInhibition(radius, distance=distance, maps=maps)
    cells = cns.LIFPopulation(shape)
    wanted = neighbours(shape, rule)
    assert rule.expected(cells.n, cells.n, same=True, shapes=(shape, shape)) == len(wanted)
    connection = cns.Connection(cells, cells, connectivity=rule, synapse=cns.Delta(), weight=lambda d: -5.0 - d)
    if not wanted:
        with pytest.raises(ParameterError, match="a neighbour for somebody"):
            len(connection)
        return
    i, j = connection.indices()
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [pair[:2] for pair in wanted]
    np.testing.assert_allclose(connection.w, [-5.0 - pair[2] for pair in wanted], rtol=1e-6)


def test_many_blocks_are_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    rule, shapes = cns.LateralInhibition(2), ((3, 6, 7), (3, 6, 7))
    whole = rule.build(126, 126, (0, 0), same=True, shapes=shapes)
    monkeypatch.setattr("cnsproject.network.connectivity.lateral._BLOCK", 100)
    pieces = rule.build(126, 126, (0, 0), same=True, shapes=shapes)
    assert np.array_equal(whole.targets, pieces.targets) and np.array_equal(whole.pointers, pieces.pointers)


@pytest.mark.parametrize(("inhibitory", "weight"), [(False, -20.0), (True, 20.0)])
@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_the_neighbours_of_a_spike_are_pushed_down(inhibitory: bool, weight: float, executor: str) -> None:
    cells = cns.LIFPopulation((5, 5), is_inhibitory=inhibitory, tau=10, u_rest=-70)
    net = cns.Network(dt=1.0)
    net.add_layer(cells, "sheet")
    rule = cns.LateralInhibition(radius=1)
    net.add_connection(cns.Connection(cells, cells, connectivity=rule, synapse=cns.Delta(), weight=weight))
    current = np.zeros((2, 25))
    current[0, 12] = 200.0  # the middle fires in the first step; a jump arrives in the next one
    net.run(2, {"sheet": current}, executor=executor)
    expected = torch.full((5, 5), -70.0)
    expected[1:4, 1:4] = -70.0 - 20.0 * 0.9
    expected[2, 2] = -70.0
    torch.testing.assert_close(cells.u, expected)


def test_saved_with_its_synapses(tmp_path: Path) -> None:
    cells = cns.LIFPopulation((2, 4, 4), decision=cns.WinnerTakeAll(among="positions"))
    net = cns.Network(dt=1.0)
    net.add_layer(cells, "maps")
    rule = cns.LateralInhibition(1.5, distance="euclidean", maps="between")
    net.add_connection(cns.Connection(cells, cells, connectivity=rule, weight=-1.0), name="lateral")
    about = net.provenance()["connections"]["lateral"]
    assert about["rule"] == "LateralInhibition(1.5, distance='euclidean', maps='between')"
    current = np.random.default_rng(0).uniform(0, 60, (40, 32))
    net.run(20, {"maps": current[:20]})
    net.save(tmp_path / "net.cns")
    other = cns.Network.load(tmp_path / "net.cns")
    for one in (net, other):
        one.run(20, {"maps": current[20:]})
    assert torch.equal(other.layers["maps"].u, cells.u)  # type: ignore[attr-defined]
    assert torch.equal(other.layers["maps"].traces, cells.traces) and cells.traces.any()


def connect(rule: cns.LateralInhibition, shape: Any = (4, 4), other: Any = None) -> None:
    cells = cns.LIFPopulation(shape)
    len(cns.Connection(cells, other or cells, connectivity=rule))


WRONG: list[tuple[Any, type[CnsError], str]] = [
    (lambda: cns.LateralInhibition(-1), ParameterError, "a number >= 0"),
    (lambda: cns.LateralInhibition(math.nan), ParameterError, "finite"),
    (lambda: cns.LateralInhibition(1, distance="manhattan"), UnknownNameError, "chebyshev, euclidean"),  # type: ignore[arg-type]
    (lambda: cns.LateralInhibition(1, maps="betwen"), UnknownNameError, "did you mean 'between'"),  # type: ignore[arg-type]
    (lambda: connect(cns.LateralInhibition(0.5)), ParameterError, "radius of 1 or more"),
    (lambda: connect(cns.LateralInhibition(1), other=cns.LIFPopulation((4, 4))), ArgumentError, "pop, pop"),
    (lambda: connect(cns.LateralInhibition(1), (2, 2, 2, 2)), ShapeError, "at most three axes"),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG)
def test_what_is_wrong_is_told(make: Any, kind: type[CnsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


def learning_layer(executor: str, threads: int) -> tuple[torch.Tensor, ...]:
    """Poisson input onto maps that compete at each place and between neighbours, and whose weights learn."""
    net = cns.Network(dt=1.0, seed=4)
    source = net.add_layer(cns.PoissonPopulation(200, 50.0), "input")
    decision = cns.WinnerTakeAll(among="positions", hold=3.0)
    maps = net.add_layer(cns.LIFPopulation((4, 6, 6), R=10, decision=decision), "maps")
    into = net.add_connection(
        cns.DenseConnection(source, maps, w=torch.rand(200, 4, 6, 6, generator=torch.Generator().manual_seed(1)) * 0.1,
                            learning_rule=cns.STDP(A_plus=0.02)),
        name="into",
    )  # fmt: skip
    rule = cns.LateralInhibition(1, maps="all")
    net.add_connection(cns.Connection(maps, maps, connectivity=rule, synapse=cns.Delta(), weight=-1.0), name="lateral")
    monitor = net.add_monitor(cns.Monitor(maps, ["s"]), "maps")
    net.run(60, executor=executor, threads=threads)
    return monitor.get("s"), maps.u, maps.hold_left, into.w


@pytest.mark.slow
def test_together_with_weights_that_learn() -> None:
    eager = learning_layer("eager", 1)
    assert eager[0].any() and eager[0].sum(1).max() <= 1  # of the maps at a place
    for threads in (1, 3):
        assert all(torch.equal(a, b) for a, b in zip(eager, learning_layer("cpu", threads), strict=True))
