"""Delays and weights of single synapses: each spike arrives where, when and as large as it should."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors


def impulse(connection: cns.Connection, source: int, executor: str, steps: int = 8) -> torch.Tensor:
    """What arrives at the targets in every step after one source of a new network fired in step 0."""
    net = cns.Network(dt=0.5)
    net.add_layer(connection.pre, "pre")
    net.add_layer(connection.post, "post")
    net.add_connection(connection)
    seen = net.add_monitor(cns.Monitor(connection, ["current"]), "m")
    spikes = torch.zeros(steps, connection.pre.n)
    spikes[0, source] = 1
    net.run(0.5 * steps, {"pre": spikes}, executor=executor, threads=2 if executor == "cpu" else 1)
    return seen.get("current")


def instant(pre: int, post: int, **settings: object) -> cns.Connection:
    """A connection whose current is gone after a step."""
    synapse = cns.ExponentialCurrent(tau=1e-3)
    return cns.Connection(cns.InputPopulation(pre), cns.LIFPopulation(post), synapse=synapse, dt=0.5, **settings)  # type: ignore[arg-type]


PAIRS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 50), st.integers(0, 6)), min_size=1, max_size=25
)


@given(PAIRS, st.integers(0, 2), st.sampled_from(["eager", "cpu"]), st.booleans())
def test_every_synapse_has_its_own_weight_and_delay(
    pairs: list[tuple[int, int, int, int]], source: int, executor: str, of_the_rule: bool
) -> None:
    """In any order, given to the rule or to the connection: the sum at (step, target) is that of a loop."""
    i, j, w, d = (list(column) for column in zip(*pairs, strict=True))
    weight, delay = np.array(w, float), 0.5 * np.array(d)
    if of_the_rule:
        connection = instant(3, 4, connectivity=cns.FromArrays(i, j, weight=weight, delay=delay))
    else:
        connection = instant(3, 4, connectivity=cns.FromArrays(i, j), weight=weight, delay=delay)
    expected = torch.zeros(8, 4)
    for pre, post, size, steps in pairs:
        if pre == source:
            expected[steps, post] += size
    assert torch.equal(impulse(connection, source, executor), expected)
    known = zip(*(x.tolist() for x in (*connection.indices(), connection.w, connection.delays)), strict=True)
    assert sorted(known) == sorted((a, b, float(c), 0.5 * e) for a, b, c, e in pairs)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_one_source_with_many_delays(executor: str) -> None:
    delays = 0.5 * np.arange(150)[::-1]
    connection = instant(1, 150, connectivity=cns.AllToAll(), delay=delays)
    arrived = impulse(connection, 0, executor, steps=160)
    assert torch.equal(arrived.nonzero(), torch.tensor([[k, 149 - k] for k in range(150)]))


def test_drawn_delays_are_rounded_to_steps() -> None:
    """Uniform on [0, 2) ms in steps of 0.5 ms: a half step falls to either side, so the ends get half as many."""
    connection = instant(100, 100, delay=cns.Uniform(0.0, 2.0), rng=3)
    counts = np.bincount((connection.delays / 0.5).round().long().numpy())
    assert (connection.delays % 0.5 == 0).all()
    for found, expected in zip(counts, (1250, 2500, 2500, 2500, 1250), strict=True):
        assert abs(found - expected) < 4 * math.sqrt(expected)


def test_a_function_gives_weights_and_delays_by_distance() -> None:
    everywhere = cns.DistanceDependent(np.ones_like, periodic=True)
    connection = instant(10, 10, connectivity=everywhere, weight=lambda d: 1.0 + d, delay=lambda d: 5.0 * d, rng=1)
    source, target = connection.indices()
    gap = (source - target).abs() / 10
    distance = torch.minimum(gap, 1 - gap).double()
    assert len(connection) == 100
    assert torch.allclose(connection.w.double(), 1 + distance)
    assert torch.equal(connection.delays, 0.5 * torch.round(distance * 5.0 / 0.5))


@pytest.mark.parametrize("rule", [cns.FixedProbability(0.0), cns.FixedInDegree(0), cns.FromArrays([], [])])
@pytest.mark.parametrize("part", [slice(None), slice(0, 2)])
def test_no_synapses_at_all(rule: cns.Connectivity, part: slice) -> None:
    net = cns.Network(dt=1.0)
    pre, post = net.add_layer(cns.InputPopulation(3), "pre"), net.add_layer(cns.LIFPopulation(2), "post")
    connection = cns.Connection(pre[part], post, connectivity=rule, delay=cns.Uniform(0, 3), weight=cns.Uniform(0, 1))
    net.add_connection(connection)
    for executor in ("eager", "cpu"):
        net.run(3, {"pre": torch.ones(3, 3)}, executor=executor)
    assert len(connection) == len(connection.delays) == 0
    assert connection.current.tolist() == [0.0, 0.0]


def own(**settings: object) -> cns.Connection:
    layer = cns.LIFPopulation(6, dt=1.0)
    return cns.Connection(layer, layer, **settings)  # type: ignore[arg-type]


def other_dt() -> None:
    connection = own(delay=[2.0] * 36)
    connection.compute()
    connection.pre.dt = connection.dt = 0.5
    connection.compute()


def out_of_order() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    assert own(connectivity=cns.FromArrays([1, 0], [1, 0]), weight=weight).w is None


def parts(autapses: bool, *slices: slice) -> cns.Connection:
    layer = cns.LIFPopulation(6, dt=1.0)
    rule = cns.AllToAll(autapses=autapses)
    return cns.Connection(layer[slices[0]], layer[slices[1]], connectivity=rule)


def inhibitory(synapse: cns.Synapse, weight: object) -> None:
    connection = own(synapse=synapse, weight=weight)
    connection.pre.is_inhibitory = torch.tensor([True] + 5 * [False])
    connection.compute()


CONDUCTANCE = cns.ExponentialConductance(tau=5.0)
CASES: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "negative conductance": (lambda: own(synapse=CONDUCTANCE, weight=-0.1).compute(), errors.ParameterError, [".w", "-0.1 uS", "conductances >= 0"]),
    "one negative conductance": (lambda: own(synapse=CONDUCTANCE, weight=[-0.1] + 35 * [1.0]).compute(), errors.ParameterError, ["-0.1 uS", "E - u"]),
    "negative out of an inhibitory neuron": (lambda: inhibitory(cns.Delta(), [-0.5] + 35 * [1.0]), errors.ParameterError, ["-0.5 out of an inhibitory neuron", "is_inhibitory"]),
    "negative conductance out of an inhibitory neuron": (lambda: inhibitory(CONDUCTANCE, -0.5), errors.ParameterError, ["uS", "E - u"]),
    "delays before dt": (lambda: cns.Connection(cns.LIFPopulation(1), cns.LIFPopulation(1), delay=[1.0]).delays, errors.StateError, ["before dt is known", "dt in ms", "network"]),
    "law of delays before dt": (lambda: cns.Connection(cns.LIFPopulation(1), cns.LIFPopulation(1), delay=cns.Uniform(0, 1)).w, errors.StateError, ["before dt is known"]),
    "a delay off the grid": (lambda: own(delay=[0.5] + 35 * [1.0]).compute(), errors.TimeGridError, [".delay", "0.5 ms", "0 or 1 ms"]),
    "a negative delay": (lambda: own(delay=[-1.0] + 35 * [1.0]).compute(), errors.ParameterError, [".delay", "-1 ms"]),
    "a law with negative delays": (lambda: own(delay=cns.Normal(0.0, 3.0)).compute(), errors.ParameterError, [".delay", "truncate"]),
    "delays of another number": (lambda: own(delay=[1.0, 2.0]).compute(), errors.ShapeError, ["Connection.delay", "(2,)", "(36,)"]),
    "dt changed after the wiring": (other_dt, errors.TimeGridError, ["0.5 ms", "1 ms", "new connection"]),
    "overlapping parts without autapses": (lambda: parts(False, slice(0, 4), slice(3, 6)).w, errors.ArgumentError, ["autapses=False", "overlap"]),
    "a part and the whole without autapses": (lambda: parts(False, slice(0, 4), slice(None)).w, errors.ArgumentError, ["autapses=False"]),
    "a parameter in another order": (out_of_order, errors.ArgumentError, ["Connection.weight", "indices()", "con.w"]),
    "a parameter of another size": (lambda: own(weight=torch.nn.Parameter(torch.ones(3))).w, errors.ShapeError, ["(3,)", "(36,)"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    call, kind, parts = CASES[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert issubclass(type(caught.value), kind)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_parts_without_autapses() -> None:
    """The same part on both sides leaves out the diagonal, parts that share nothing have none."""
    layer = cns.LIFPopulation(6, dt=1.0)
    same = cns.Connection(layer[2:5], layer[2:5], connectivity=cns.AllToAll(autapses=False))
    apart = parts(False, slice(0, 2), slice(2, 6))
    assert sorted(zip(*(x.tolist() for x in same.indices()), strict=True)) == [
        (a, b) for a in (2, 3, 4) for b in (2, 3, 4) if a != b
    ]
    assert len(apart) == 8


def test_a_part_of_a_part() -> None:
    layer = cns.LIFPopulation((3, 4), dt=1.0)
    part = layer[1:]
    assert part.indices.tolist() == list(range(4, 12))
    assert part[2:4].indices.tolist() == [6, 7]
    assert part[np.arange(8) % 2 == 0][-1].indices.tolist() == [10]
    with pytest.raises(errors.ArgumentError, match=r"\(8,\)"):
        part[8]
