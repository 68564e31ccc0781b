"""Targets are numbers of 16 bits within a tile; synapses that are drawn and laid in slabs are those of one piece."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.executors.base import shares
from cnsproject.network import laying
from cnsproject.network.wires import TILE, Wires, tiles_of
from cnsproject.random import Draws

N = 140_001  # three tiles, and the last is no multiple of a cache line


def network(**given: Any) -> tuple[cns.Network, cns.Connection]:
    net = cns.Network(dt=1.0, seed=3)
    pre = net.add_layer(cns.InputPopulation(40, is_inhibitory=torch.arange(40) > 30), "pre")
    post = net.add_layer(cns.LIFPopulation(N, tau=5.0, threshold=-69.0), "post")
    connection = cns.Connection(pre, post, synapse=cns.ExponentialCurrent(tau=3.0), **given)
    net.add_connection(connection)
    net.add_monitor(cns.Monitor(post, ["s"]), "s")
    return net, connection


INPUT = {"pre": torch.rand(12, 40, generator=torch.Generator().manual_seed(1)) < 0.3}
CASES: dict[str, dict[str, Any]] = {
    "one delay": {"weight": cns.Uniform(0.1, 1.0)},
    "one weight": {"weight": 0.4, "delay": 2.0},
    "many delays": {"weight": cns.Uniform(0.1, 1.0), "delay": cns.Uniform(0, 5)},
}


@pytest.mark.parametrize("neurons", [1, 63, 64, TILE, TILE + 1, N, 10 * TILE])
def test_tiles_cover_a_population(neurons: int) -> None:
    bounds = tiles_of(neurons)
    assert (bounds[0], bounds[-1]) == (0, neurons)
    assert (np.diff(bounds) > 0).all()
    assert np.diff(bounds).max() <= TILE
    assert (bounds[:-1] % 64 == 0).all()


@pytest.mark.parametrize("case", CASES)
def test_all_ways_agree(case: str) -> None:
    found = []
    for executor, threads in (("cpu", 1), ("cpu", 2), ("cpu", 3), ("cpu", 7), ("eager", 1)):
        net, connection = network(connectivity=cns.FixedOutDegree(900), **CASES[case])
        net.run(12, INPUT, executor=executor, threads=threads)
        found.append((net.monitors["s"].spikes()[1], net.layers["post"].u, connection.current))
    assert len(found[0][0]) > 100
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("post", [70, 1000, N])
@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_threads_share_the_synapses_onto_what_they_own(post: int, threads: int) -> None:
    generator = np.random.default_rng(post)
    rows = [np.sort(generator.integers(0, post, count)) for count in generator.integers(0, 60, 20)]
    tiles, ends = tiles_of(post), np.concatenate(rows)
    kept = np.searchsorted(tiles, ends, side="right") - 1
    counts = [np.histogram(row, tiles)[0] for row in rows]
    pointers = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    wires = Wires(pointers, (ends - tiles[kept]).astype(np.uint16), np.arange(1, 6)[::-1], post)
    split, bounds = wires.shared_by(threads)
    parts = len(bounds) - 1
    assert set(tiles) <= set(bounds) and set(shares(post, threads)) <= set(bounds)
    assert len(split) == parts * len(rows) + 1
    for place, (begin, end) in enumerate(pairwise(split.tolist())):
        row, part = divmod(place, parts)
        inside = (rows[row] >= bounds[part]) & (rows[row] < bounds[part + 1])
        assert np.array_equal(ends[begin:end], rows[row][inside])
    assert wires.shared_by(threads)[0] is split  # the next run finds them


@pytest.mark.parametrize("by", ["rate", "first_spike"])
def test_pooling_to_many(by: str) -> None:
    found = []
    for executor, threads in (("cpu", 1), ("cpu", 3), ("eager", 1)):
        net = cns.Network(dt=1.0, seed=3)
        pre, post = cns.InputPopulation((1, 540, 540)), cns.LIFPopulation((1, 270, 270), tau=5.0, threshold=-69.5)
        net.add_layer(pre, "pre")
        net.add_layer(post, "post")
        net.add_connection(cns.PoolingConnection(pre, post, kernel_size=2, mode="max", by=by))
        given = {"pre": torch.rand(8, 1, 540, 540, generator=torch.Generator().manual_seed(1)) < 0.2}
        net.run(8, given, executor=executor, threads=threads)
        found.append((post.u, post.s))
    assert found[0][1].any()
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_sources_and_targets_are_those_of_the_rule() -> None:
    rule = cns.FixedProbability(0.01)
    _, connection = network(connectivity=rule, delay=cns.Uniform(0, 5))
    i, j = connection.indices()
    wiring = rule.build(40, N, connection._key, same=False)
    order = np.lexsort((j.numpy(), i.numpy()))
    assert np.array_equal(i.numpy()[order], wiring.sources)
    assert np.array_equal(j.numpy()[order], wiring.targets)
    assert (np.diff(connection.delays.numpy())[np.diff(i.numpy()) == 0] <= 0).all()  # the longest first


Rule = Callable[[], cns.Connectivity]


@pytest.mark.parametrize(
    "rule",
    [lambda: cns.FixedProbability(0.02), lambda: cns.FixedTotalNumber(9000), lambda: cns.FixedInDegree(5)],
    ids=["probability", "total", "in-degree"],
)
@pytest.mark.parametrize("size", [1, 77, 1000])
def test_the_size_of_slabs_does_not_matter(monkeypatch: pytest.MonkeyPatch, rule: Rule, size: int) -> None:
    def made() -> list[torch.Tensor]:
        pre, post = cns.LIFPopulation(300, dt=0.5), cns.LIFPopulation(200, dt=0.5)
        weight, delay = cns.Truncated(cns.Normal(1.0, 1.0), low=0.0), cns.Uniform(0, 9)
        connection = cns.Connection(pre, post, connectivity=rule(), weight=weight, delay=delay, rng=5)
        return [*connection.indices(), connection.w, connection.delays]

    whole = made()
    monkeypatch.setattr(laying, "SLAB", size)
    assert all(torch.equal(a, b) for a, b in zip(whole, made(), strict=True))
    assert len(whole[0]) > 900


def test_an_error_in_a_slab_is_told() -> None:
    pre = cns.LIFPopulation(300, dt=0.5)
    connection = cns.Connection(pre, pre, connectivity=cns.FixedProbability(0.5), delay=cns.Normal(1.0, 1.0))
    with pytest.raises(cns.errors.ParameterError, match="delays >= 0 ms"):
        connection.indices()


@pytest.mark.parametrize("numbers", ["uniforms", "normals"])
def test_native_draws_are_those_of_the_laws(numbers: str) -> None:
    elements = np.concatenate([np.array([0, 1, 17, 2**31, 2**32 + 5]), np.arange(100, 1400)])
    for key, stream, block in (((1, 2), 0, 0), ((2**32 - 1, 7), 2**31 + 3, 2**40 + 9)):
        ours = getattr(laying.NATIVE, numbers)(key, elements, stream, block)
        assert np.array_equal(ours, getattr(Draws(), numbers)(key, elements, stream, block))
