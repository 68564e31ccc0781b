"""Synapses made by a rule: the wiring follows its law, and what is delivered is the sum over it."""

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
from cnsproject.executors.base import hand_written
from cnsproject.network.connectivity import Connectivity, Wiring
from cnsproject.random import philox

KEY = (17, 4)


def matrix(wiring: Wiring, sources: int, targets: int) -> np.ndarray:
    """How many synapses every pair has."""
    counts = np.zeros((sources, targets), int)
    np.add.at(counts, (wiring.sources, wiring.targets), 1)
    return counts


RULES: list[tuple[Connectivity, Callable[[np.ndarray], bool]]] = [
    (cns.AllToAll(), lambda m: bool((m == 1).all())),
    (cns.AllToAll(autapses=False), lambda m: bool((m + np.eye(len(m)) == 1).all())),
    (cns.OneToOne(), lambda m: bool((m == np.eye(len(m))).all())),
    (cns.FixedProbability(0.0), lambda m: m.sum() == 0),
    (cns.FixedProbability(1.0), lambda m: bool((m == 1).all())),
    (cns.FixedProbability(0.4, autapses=False), lambda m: bool(m.max() == 1 and np.trace(m) == 0)),
    (cns.FixedInDegree(7), lambda m: bool((m.sum(axis=0) == 7).all())),
    (cns.FixedInDegree(7, multapses=False), lambda m: bool((m.sum(axis=0) == 7).all() and m.max() == 1)),
    (cns.FixedOutDegree(5), lambda m: bool((m.sum(axis=1) == 5).all())),
    (
        cns.FixedOutDegree(29, autapses=False, multapses=False),
        lambda m: bool((m.sum(axis=1) == 29).all() and np.trace(m) == 0 and m.max() == 1),
    ),
    (cns.FixedTotalNumber(123), lambda m: m.sum() == 123),
    (cns.FixedTotalNumber(123, autapses=False), lambda m: bool(m.sum() == 123 and np.trace(m) == 0)),
    (cns.FromArrays([3, 0, 3], [1, 2, 1]), lambda m: bool(m[3, 1] == 2 and m[0, 2] == 1 and m.sum() == 3)),
]


@pytest.mark.parametrize(
    ("rule", "holds"), RULES, ids=lambda value: repr(value) if isinstance(value, Connectivity) else ""
)
def test_rules(rule: Connectivity, holds: Callable[[np.ndarray], bool]) -> None:
    wiring = rule.build(30, 30, KEY, same=True)
    assert holds(matrix(wiring, 30, 30))
    assert wiring.pointers[0] == 0
    assert wiring.pointers[-1] == len(wiring.targets)
    for i in range(30):
        row = wiring.targets[wiring.pointers[i] : wiring.pointers[i + 1]]
        assert (np.diff(row) >= 0).all()


def chi_square(counts: np.ndarray, expected: np.ndarray) -> float:
    """Distance in standard deviations of its law (normal for many degrees of freedom)."""
    degrees = counts.size - 1
    return float((((counts - expected) ** 2 / expected).sum() - degrees) / math.sqrt(2 * degrees))


def test_pairs_of_a_fixed_probability_are_independent() -> None:
    """Counts per pair over 400 wirings are binomial; degrees too; a probability that is off is noticed."""
    p, repeats = 0.2, 400
    total = sum(matrix(cns.FixedProbability(p).build(12, 15, (key, 1), same=False), 12, 15) for key in range(repeats))
    z = (total - repeats * p) / math.sqrt(repeats * p * (1 - p))
    assert abs((z**2).sum() - 180) / math.sqrt(360) < 3.5
    off = (total - repeats * 0.22) / math.sqrt(repeats * 0.22 * 0.78)
    assert abs((off**2).sum() - 180) / math.sqrt(360) > 3.5
    degrees = np.diff(cns.FixedProbability(0.1).build(20_000, 50, KEY, same=False).pointers)
    law = np.array([math.comb(50, k) * 0.1**k * 0.9 ** (50 - k) for k in range(13)])
    law = np.append(law, 1 - law.sum())
    counts = np.bincount(np.minimum(degrees, 13), minlength=14)
    assert chi_square(counts, 20_000 * law) < 3.5


@pytest.mark.parametrize("rule", [cns.FixedInDegree(40), cns.FixedOutDegree(40), cns.FixedTotalNumber(8000)])
def test_partners_are_uniform(rule: Connectivity) -> None:
    counts = matrix(rule.build(200, 200, KEY, same=False), 200, 200)
    for side in (0, 1):
        partners = counts.sum(axis=side)
        if (partners == 40).all():
            continue
        assert chi_square(partners, np.full(200, 40.0)) < 3.5
    assert abs(np.diagonal(counts).sum() - 40) < 4 * math.sqrt(40)


def test_the_compiled_generator_is_philox() -> None:
    for row, index in ((0, 0), (5, 17), (2**31, 2**32 - 1)):
        counter = np.array([index, row, 0, 0x57495245], dtype=np.uint32)
        assert tuple(hand_written("wiring").words(*KEY, row, index)) == tuple(philox(counter, KEY))


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 0.9))
def test_a_row_does_not_depend_on_the_others(rows: int, columns: int, p: float) -> None:
    """Whoever builds a part gets the same part: that is what makes the wiring independent of threads."""
    whole = cns.FixedProbability(p).build(40, columns, KEY, same=False)
    part = cns.FixedProbability(p).build(rows, columns, KEY, same=False)
    assert np.array_equal(part.targets, whole.targets[: whole.pointers[rows]])


def connected(rule: Connectivity, **settings: object) -> cns.Connection:
    pre, post = cns.InputPopulation(6, dt=1.0), cns.LIFPopulation(5, dt=1.0)
    return cns.Connection(pre, post, connectivity=rule, rng=1, **settings)  # type: ignore[arg-type]


@given(st.lists(st.booleans(), min_size=6, max_size=6), st.booleans())
def test_what_arrives_is_the_sum_over_the_synapses(fired: list[bool], per_synapse: bool) -> None:
    weight = cns.Uniform(0.1, 5.0) if per_synapse else 0.7
    connection = connected(cns.FixedTotalNumber(20), weight=weight, synapse=cns.ExponentialCurrent(tau=3.0))
    connection.pre.is_inhibitory = torch.tensor([True, False] * 3)
    expected = torch.zeros(5)
    source, target = connection.indices()
    w = connection.w.expand(20)
    for n in range(20):
        if fired[source[n]]:
            expected[target[n]] += (-1.0 if source[n] % 2 == 0 else 1.0) * w[n]
    connection.pre.forward(torch.tensor(fired))
    assert torch.equal(connection.compute(), expected)


def test_weights_given_with_their_pairs_follow_them() -> None:
    connection = connected(cns.FromArrays([4, 1, 1], [0, 3, 2]), weight=[4.0, 13.0, 12.0])
    source, target = connection.indices()
    assert list(zip(source.tolist(), target.tolist(), connection.w.tolist(), strict=True)) == [
        (1, 2, 12.0),
        (1, 3, 13.0),
        (4, 0, 4.0),
    ]
    assert len(connection) == 3


def test_the_seed_decides_the_wiring() -> None:
    def wiring(seed: int, name: str) -> list[int]:
        net = cns.Network(dt=1.0, seed=seed)
        a, b = net.add_layer(cns.LIFPopulation(20), "a"), net.add_layer(cns.LIFPopulation(20), "b")
        connection = cns.Connection(a, b, connectivity=cns.FixedProbability(0.3))
        net.add_connection(connection, name=name)
        return connection.indices()[1].tolist()

    assert wiring(1, "x") == wiring(1, "x") != wiring(2, "x")
    assert wiring(1, "x") != wiring(1, "y")


def test_a_checkpoint_brings_the_weights() -> None:
    one = connected(cns.FixedProbability(0.5), weight=cns.Uniform(0, 1))
    other = connected(cns.FixedProbability(0.2), weight=cns.Uniform(2, 3))
    other.load_state_dict(one.state_dict())
    assert torch.equal(other.w, one.w)
    assert all(torch.equal(a, b) for a, b in zip(other.indices(), one.indices(), strict=True))


def test_gradients_reach_the_weights() -> None:
    connection = connected(cns.FixedProbability(0.5), weight=1.0)
    connection.w = torch.nn.Parameter(torch.full((len(connection),), 2.0))
    connection.pre.forward(torch.ones(6))
    connection.compute().sum().backward()
    assert connection.weight.grad is not None
    assert (connection.weight.grad == 1.0).all()


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "probability above 1": (lambda: cns.FixedProbability(1.5), errors.ParameterError, ["FixedProbability.p", "1.5"]),
    "half a synapse": (lambda: cns.FixedInDegree(2.5), errors.ParameterError, ["FixedInDegree.k", "whole"]),
    "too many partners": (lambda: connected(cns.FixedInDegree(7, multapses=False)).w, errors.ParameterError, ["7", "at most 6", "multapses"]),
    "one to one of other sizes": (lambda: connected(cns.OneToOne()).w, errors.ShapeError, ["6 sources and 5 targets"]),
    "unequal arrays": (lambda: cns.FromArrays([1, 2], [1]), errors.ShapeError, ["2 and 1"]),
    "negative index": (lambda: cns.FromArrays([-1], [1]), errors.ParameterError, ["FromArrays.i", "-1"]),
    "fractional index": (lambda: cns.FromArrays([0.5], [1]), errors.ArgumentError, ["FromArrays.i", "whole"]),
    "index out of range": (lambda: connected(cns.FromArrays([0], [5])).w, errors.ParameterError, ["FromArrays.j", "index 5", "below 5"]),
    "weights of another number": (lambda: connected(cns.OneToOne.__new__(cns.OneToOne), weight=[1.0]).w, errors.ShapeError, ["6 sources"]),
    "rule as a number": (lambda: connected(0.1), errors.ArgumentError, ["Connection.connectivity", "FixedProbability"]),  # type: ignore[arg-type]
    "synapse as a number": (lambda: connected(cns.AllToAll(), synapse=5.0), errors.ArgumentError, ["Connection.synapse"]),
    "weights of the wrong number": (lambda: connected(cns.AllToAll(), weight=[1.0, 2.0]).w, errors.ShapeError, ["Connection.weight", "(2,)", "(30,)"]),
    "tau of zero": (lambda: connected(cns.AllToAll(), synapse=cns.ExponentialCurrent(0)), errors.ParameterError, ["Connection.tau_s"]),
    "unknown keyword": (lambda: connected(cns.AllToAll(), weights=1.0), errors.ArgumentError, ["'weight'"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_negative_weights_out_of_inhibitory_neurons() -> None:
    connection = connected(cns.AllToAll(), weight=cns.Normal(0.0, 1.0))
    connection.pre.is_inhibitory = True
    with pytest.raises(errors.ParameterError, match="inhibitory"):
        connection.compute()
