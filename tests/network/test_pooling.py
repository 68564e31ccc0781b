"""PoolingConnection against torch's avg_pool2d and max_pool2d, and against a loop over windows, in all ways to run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import avg_pool2d, max_pool2d

import cnsproject as cns
from cnsproject import errors

sys.path.insert(0, str(Path(__file__).parent))
from maps import advance, check_ways, network, spikes

Pool = cns.PoolingConnection
F64 = torch.float64


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int, int], dict[str, Any]]:
    """A shape and windows that fit it, as torch allows them."""
    kernel = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    sizes = tuple(draw(st.integers(max(1, k - 2 * p), 9)) for k, p in zip(kernel, padding, strict=True))
    return (draw(st.integers(1, 3)), *sizes), dict(kernel_size=kernel, stride=stride, padding=padding)


def pooled(shape: tuple[int, ...], given: dict[str, Any], **more: Any) -> Any:
    pre, post = (
        cns.InputPopulation(shape, dt=1.0, dtype=F64),
        cns.LIFPopulation(Pool.output_shape(shape, **given), dt=1.0, dtype=F64),
    )
    return Pool(pre, post, **given, **{"synapse": cns.Delta(), **more})


@settings(max_examples=12)
@given(windows(), st.integers(0, 1000))
def test_average(case: tuple[Any, ...], seed: int) -> None:
    shape, given = case
    con = pooled(shape, given, mode="average", weight=3.0)
    fired = spikes(shape, 0.5, 1, seed)[0]
    con.pre.forward(fired)
    torch.testing.assert_close(con.compute(), 3 * avg_pool2d(fired.to(F64)[None], **given)[0], rtol=0, atol=1e-12)


@settings(max_examples=12)
@given(windows(), st.integers(0, 1000), st.sampled_from([0.05, 0.3]))
def test_maximum_by_rate(case: tuple[Any, ...], seed: int, p: float) -> None:
    """In every step the spikes of the places that torch's max_pool2d of the counts names."""
    shape, given = case
    con, counts = pooled(shape, given, by="rate", weight=2.0), torch.zeros(shape, dtype=F64)
    for fired in spikes(shape, p, 12, seed):
        counts += fired
        con.pre.forward(fired)
        most, place = max_pool2d(counts[None], **given, return_indices=True)
        heard = fired.to(F64).flatten(1).gather(1, place[0].flatten(1)).reshape(con.post.shape)
        assert torch.equal(con.compute(), 2 * heard)
        con.post.forward(0.0)
        assert torch.equal(con.counts, counts.long())
        flat = place[0] + torch.arange(shape[0])[:, None, None] * shape[1] * shape[2]
        assert torch.equal(con.chosen, torch.where(most[0] > 0, flat, -1))


@settings(max_examples=12)
@given(windows(), st.integers(0, 1000))
def test_maximum_by_first_spike(case: tuple[Any, ...], seed: int) -> None:
    """A first spike that comes earlier is larger: torch's max_pool2d of what decreases with its time."""
    shape, given = case
    con = pooled(shape, given)
    early = torch.zeros(shape, dtype=F64)  # a number that is the larger, the earlier
    for step, fired in enumerate(spikes(shape, 0.1, 15, seed)):
        early = torch.where((early == 0) & fired, 100.0 - step, early)
        con.pre.forward(fired)
        most, place = max_pool2d(early[None], **given, return_indices=True)
        heard = fired.to(F64).flatten(1).gather(1, place[0].flatten(1)).reshape(con.post.shape)
        assert torch.equal(con.compute(), heard)
        con.post.forward(0.0)
        assert torch.equal(con.chosen >= 0, most[0] > 0)


WAYS: dict[str, dict[str, Any]] = {
    "first spike": {"weight": 3.0},
    "first spike, delta": {"weight": 9.0, "synapse": cns.Delta(), "delay": 2.0},
    "rate": {"by": "rate", "weight": 3.0, "delay": 1.0},
    "rate, delta": {"by": "rate", "weight": 9.0, "synapse": cns.Delta()},
    "average": {"mode": "average", "weight": 20.0},
    "average, conductance": {"mode": "average", "weight": 1.0, "synapse": cns.ExponentialConductance(tau=3.0, E=0.0)},
}


QUICK = "rate", "average"


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in WAYS])
def test_all_ways_agree(name: str, tmp_path: Path) -> None:
    def make() -> cns.Network:
        return network(
            lambda a, b: Pool(a, b, kernel_size=3, stride=2, padding=1, **WAYS[name]),
            (4, 9, 10),
            (4, 5, 5),
            inhibitory=name != "average, conductance",
        )

    hand = check_ways(make, tmp_path)
    assert hand.layers["b"].u.std() > 0.05


def test_more_than_65536_targets() -> None:
    def make() -> cns.Network:
        return network(
            lambda a, b: Pool(a, b, kernel_size=2, stride=1, by="rate", weight=3.0), (1, 260, 260), (1, 259, 259)
        )

    given = spikes((1, 260, 260), 0.05, 4)
    assert torch.equal(advance(make(), given, "eager"), advance(make(), given, "cpu 2"))


def test_who_is_heard_is_forgotten_at_a_reset() -> None:
    con = pooled((1, 2, 2), dict(kernel_size=2), by="rate")

    def hears(*neurons: int) -> float:
        con.pre.forward(torch.tensor([k in neurons for k in range(4)]).reshape(1, 2, 2))
        heard = con.compute().item()
        con.post.forward(0.0)
        return heard

    assert [hears(3), hears(1), hears(1), hears(3), hears(3), hears(0, 2)] == [1, 1, 1, 0, 1, 0]
    assert con.chosen.item() == 3 and con.counts.tolist() == [[[1, 2], [1, 3]]]
    for one in (con.pre, con.post, con):
        one.reset_state_variables()
    assert con.chosen.item() == -1 and not con.counts.any()
    assert hears(2) == 1


def test_rows_of_a_batch_choose_by_themselves() -> None:
    con = pooled((2, 4, 4), dict(kernel_size=2), by="rate")
    for population in (con.pre, con.post):
        population.reset_state_variables(batch=3)
    con.reset_state_variables()
    fired = spikes((8, 3, 2, 4, 4), 0.3, 1)[0]
    for step in fired:
        con.pre.forward(step)
        together = con.compute()
        con.post.forward(0.0)
    for row in range(3):
        alone = pooled((2, 4, 4), dict(kernel_size=2), by="rate")
        for step in fired[:, row]:
            alone.pre.forward(step)
            last = alone.compute()
            alone.post.forward(0.0)
        assert torch.equal(together[row], last)
        assert torch.equal(con.chosen[row], alone.chosen)


def test_gradients_reach_the_neuron_that_is_heard() -> None:
    pre = cns.LIFPopulation((1, 2, 4), dt=1.0, dtype=F64, surrogate_width=1.0)
    con = Pool(pre, cns.LIFPopulation((1, 1, 2), dt=1.0, dtype=F64), kernel_size=2, synapse=cns.Delta(), weight=5.0)
    current = torch.tensor([[[0.0, 300.0, 300.0, 0.0], [0.0, 300.0, 0.0, 0.0]]], dtype=F64, requires_grad=True)
    pre.forward(current)
    out = con.compute()
    assert out.tolist() == [[[5.0, 5.0]]]
    out.sum().backward()
    assert current.grad is not None
    assert torch.equal(current.grad != 0, torch.tensor([[[False, True, True, False], [False] * 4]]))


def test_a_state_dict_and_what_is_told() -> None:
    one, other = (pooled((2, 4, 4), dict(kernel_size=2), by="rate") for _ in range(2))
    one.pre.forward(spikes((2, 4, 4), 0.5, 1)[0])
    one.compute()
    other.load_state_dict(one.state_dict())
    assert torch.equal(other.counts, one.counts) and torch.equal(other.chosen, one.chosen)
    assert "chosen" not in one.recordable
    net = network(lambda a, b: Pool(a, b, kernel_size=2, by="rate"), (2, 4, 4), (2, 2, 2))
    assert "Windows(2," in str(net.describe()) and "by rate" in str(net.describe())
    assert "a.s[c.chosen]" in str(net.plan())
    assert net.provenance()["connections"]["c"]["synapses"] == 32
    assert {(i.owner, i.what): i.then for i in net.memory(1).items}["connection c", "states"] == 8 * (4 + 8) + 32 * 8


def populations(pre: Any, post: Any) -> tuple[Any, Any]:
    return cns.InputPopulation(pre, dt=1.0), cns.LIFPopulation(post, dt=1.0)


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "post": (lambda: Pool(*populations((3, 8, 8), (3, 8, 8)), kernel_size=2), errors.ShapeError, ["PoolingConnection.post", "(3, 8, 8)", "(3, 4, 4)"]),
    "other channels": (lambda: Pool(*populations((3, 8, 8), (6, 4, 4)), kernel_size=2), errors.ShapeError, ["(6, 4, 4)", "(3, 4, 4)"]),
    "a plane": (lambda: Pool(*populations((8, 8), (4, 3)), kernel_size=2), errors.ShapeError, ["(4, 3)", "(4, 4)"]),
    "mode": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, mode="mean"), errors.ParameterError, ["mode", "'average'"]),
    "by": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, by="count"), errors.ParameterError, ["by", "'rate'"]),
    "average by": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, mode="average", by="rate"), errors.ArgumentError, ["by"]),
    "weights": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, weight=cns.Normal(0, 1)), errors.ArgumentError, ["weight", "a number"]),
    "w later": (lambda: setattr(Pool(*populations((8, 8), (4, 4)), kernel_size=2), "w", torch.ones(64)), errors.ArgumentError, ["weight", "a number"]),
    "delays": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, delay=cns.Uniform(0, 3)), errors.ArgumentError, ["delay", "a number"]),
    "learning": (lambda: Pool(*populations((8, 8), (4, 4)), kernel_size=2, learning_rule=cns.STDP()), errors.ArgumentError, ["learning_rule"]),
    "mode later": (lambda: setattr(Pool(*populations((8, 8), (4, 4)), kernel_size=2), "mode", "average"), errors.ArgumentError, ["at construction"]),
    "chosen": (lambda: setattr(Pool(*populations((8, 8), (4, 4)), kernel_size=2), "chosen", 3), errors.ArgumentError, ["chosen"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
