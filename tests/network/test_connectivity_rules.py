"""Rules that draw pairs: the switches hold, degrees and sets follow their laws, rows do not depend on each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from cnsproject import errors
from cnsproject.network.connectivity import (
    AllToAll,
    Connectivity,
    DistanceDependent,
    ExponentialKernel,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    FromArrays,
    GaussianKernel,
    OneToOne,
    Wiring,
    rules,
)
from cnsproject.network.connectivity.base import Made

KEY = (17, 4)
Pmf = Callable[[int], float]


def matrix(wiring: Wiring, sources: int, targets: int) -> np.ndarray:
    """How many synapses every pair has."""
    counts = np.zeros((sources, targets), int)
    np.add.at(counts, (wiring.sources, wiring.targets), 1)
    return counts


def chance(observed: np.ndarray, expected: np.ndarray) -> float:
    """Probability of a chi-square at least as large, for counts of which the sum is fixed."""
    squared = float(((observed - expected) ** 2 / expected).sum())
    half = torch.tensor([(len(observed) - 1) / 2, squared / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


def chance_of_degrees(degrees: np.ndarray, pmf: Pmf) -> float:
    """Chi-square test of degrees against a law on 0, 1, ...; neighbouring values are merged to at least 10 expected."""
    law = np.array([pmf(k) for k in range(int(degrees.max()) + 100)]) * len(degrees)
    counts = np.bincount(degrees, minlength=len(law))
    edges, held = [0], 0.0
    for k, expected in enumerate(law):
        held += expected
        if held >= 10 and law[k + 1 :].sum() >= 10:
            edges.append(k + 1)
            held = 0.0
    bins = [slice(a, b) for a, b in pairwise([*edges, len(law)])]
    assert len(bins) >= 5
    observed, expected = (np.array([values[b].sum() for b in bins]) for values in (counts, law))
    expected[-1] += len(degrees) - expected.sum()
    return chance(observed, expected)


def log_comb(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def binomial(n: int, p: float) -> Pmf:
    return lambda k: math.exp(log_comb(n, k) + k * math.log(p) + (n - k) * math.log1p(-p)) if k <= n else 0.0


def hypergeometric(population: int, marked: int, drawn: int) -> Pmf:
    others = population - marked
    return lambda k: math.exp(log_comb(marked, k) + log_comb(others, drawn - k) - log_comb(population, drawn))


# Rule, out-degree and in-degree for 3000 neurons onto 2000 others; where both are the same 2000: autapses=False.
LAWS: dict[str, tuple[Connectivity, bool, Pmf | None, Pmf | None]] = {
    "probability": (FixedProbability(0.01), False, binomial(2000, 0.01), binomial(3000, 0.01)),
    "probability, no autapses": (FixedProbability(0.01, autapses=False), True, binomial(1999, 0.01), binomial(1999, 0.01)),
    "in-degree": (FixedInDegree(30), False, binomial(60_000, 1 / 3000), None),
    "in-degree, one each": (FixedInDegree(600, multapses=False), False, binomial(2000, 0.2), None),
    "in-degree, neither": (FixedInDegree(600, multapses=False, autapses=False), True, binomial(1999, 600 / 1999), None),
    "out-degree": (FixedOutDegree(20), False, None, binomial(60_000, 1 / 2000)),
    "out-degree, one each": (FixedOutDegree(600, multapses=False), False, None, binomial(3000, 0.3)),
    "total": (FixedTotalNumber(60_000), False, binomial(60_000, 1 / 3000), binomial(60_000, 1 / 2000)),
    "total, no autapses": (FixedTotalNumber(60_000, autapses=False), True, binomial(60_000, 1 / 2000), binomial(60_000, 1 / 2000)),
    "total, one each": (
        FixedTotalNumber(60_000, multapses=False), False,
        hypergeometric(6_000_000, 2000, 60_000), hypergeometric(6_000_000, 3000, 60_000),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_degrees_follow_their_law(name: str) -> None:
    rule, same, *laws = LAWS[name]
    sources, targets = (2000, 2000) if same else (3000, 2000)
    wiring = rule.build(sources, targets, KEY, same=same)
    degrees = np.diff(wiring.pointers), np.bincount(wiring.targets, minlength=targets)
    for counts, law in zip(degrees, laws, strict=True):
        if law is None:
            assert (counts == rule.k).all()  # type: ignore[attr-defined]
        else:
            assert chance_of_degrees(counts, law) > 1e-3
            if counts.mean() < 100:
                assert chance_of_degrees(counts, binomial(60_000, 1.05 * counts.mean() / 60_000)) < 1e-3


@pytest.mark.parametrize("rule", [FixedInDegree(20), FixedOutDegree(20), FixedTotalNumber(301)], ids=repr)
def test_every_pair_is_drawn_equally_often(rule: Connectivity) -> None:
    total = sum(matrix(rule.build(16, 16, (key, 8), same=True), 16, 16) for key in range(400))
    assert chance(total.ravel(), np.full(256, total.sum() / 256)) > 1e-3


@pytest.mark.parametrize("n", [1000, 7200, 60_000, 119_000])
def test_different_pairs_are_spread_evenly(n: int) -> None:
    """Over 200 wirings every source, every target, every stretch of rows and every pair is chosen equally often."""
    total, q = np.zeros((300, 400), int), n / 120_000
    for key in range(200):
        counts = matrix(FixedTotalNumber(n, multapses=False).build(300, 400, (key, 10), same=False), 300, 400)
        assert counts.max() == 1
        assert counts.sum() == n
        total += counts
    for sums in (total.sum(axis=1), total.sum(axis=0), total.reshape(10, -1).sum(axis=1)):
        even = np.full(len(sums), sums.mean())
        # Without replacement counts scatter less than those of a chi-square, by the share that is left out.
        assert 1e-4 < chance(even + (sums - even) / math.sqrt(1 - q), even) < 1 - 1e-4
    variance = 200 * q * (1 - q)
    squared = (total - 200 * q) ** 2 / variance
    assert abs(squared.mean() - 1) < 4 * math.sqrt((2 + 1 / variance) / total.size)


@pytest.mark.parametrize(
    ("sources", "targets", "n", "autapses"), [(2, 3, 2, True), (2, 3, 5, True), (3, 2, 3, True), (3, 3, 3, False)]
)
def test_every_set_of_pairs_is_equally_likely(sources: int, targets: int, n: int, autapses: bool) -> None:
    rule = FixedTotalNumber(n, autapses=autapses, multapses=False)
    seen: Counter[bytes] = Counter()
    for key in range(4000):
        seen[matrix(rule.build(sources, targets, (key, 2), same=not autapses), sources, targets).tobytes()] += 1
    sets = math.comb(sources * targets - (0 if autapses else sources), n)
    assert len(seen) == sets
    assert chance(np.array(list(seen.values())), np.full(sets, 4000 / sets)) > 1e-3


@given(
    sources=st.integers(1, 30),
    targets=st.integers(1, 30),
    same=st.booleans(),
    autapses=st.booleans(),
    multapses=st.booleans(),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_switches_hold(
    sources: int, targets: int, same: bool, autapses: bool, multapses: bool, share: float, seed: int
) -> None:
    targets = sources if same else targets
    loops = not autapses and same
    switches = {"autapses": autapses, "multapses": multapses}
    pairs = sources * targets - loops * sources
    rules: list[tuple[Connectivity, int | None]] = [
        (AllToAll(autapses=autapses), pairs),
        (FixedProbability(share, autapses=autapses), None),
        (FixedInDegree(round(share * (sources - loops)), **switches), targets * round(share * (sources - loops))),
        (FixedOutDegree(round(share * (targets - loops)), **switches), sources * round(share * (targets - loops))),
        (FixedTotalNumber(round(share * pairs), **switches), round(share * pairs)),
        (DistanceDependent(GaussianKernel(0.3), autapses=autapses), None),
        (DistanceDependent(ExponentialKernel(0.3), autapses=autapses, periodic=True), None),
        (DistanceDependent(lambda d: np.exp(-d), autapses=autapses), None),
    ]
    for rule, count in rules:
        wiring = rule.build(sources, targets, (seed, 3), same=same)
        counts = matrix(wiring, sources, targets)
        assert wiring.pointers.dtype == np.int64
        assert wiring.targets.dtype == np.int32
        assert wiring.pointers[0] == 0
        assert wiring.pointers[-1] == len(wiring.targets) == counts.sum()
        assert count is None or counts.sum() == count
        assert not loops or np.trace(counts) == 0
        assert counts.max(initial=0) <= 1 or (
            multapses and isinstance(rule, FixedInDegree | FixedOutDegree | FixedTotalNumber)
        )
        for i in range(sources):
            assert (np.diff(wiring.targets[wiring.pointers[i] : wiring.pointers[i + 1]]) >= 0).all()
        again = rule.build(sources, targets, (seed, 3), same=same)
        assert np.array_equal(again.targets, wiring.targets)


def test_a_pair_may_be_drawn_twice_and_a_neuron_meet_itself() -> None:
    """The switches forbid something that happens where they are on."""
    for rule in (FixedInDegree(20), FixedOutDegree(20), FixedTotalNumber(600)):
        counts = matrix(rule.build(30, 30, KEY, same=True), 30, 30)
        assert counts.max() > 1
        assert np.trace(counts) > 0


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_neurons_do_not_depend_on_how_many_others_there_are(part: int, others: int, multapses: bool) -> None:
    """Rows of a fixed out-degree and columns of a fixed in-degree are drawn one by one."""
    k = others // 2
    whole, some = (FixedOutDegree(k, multapses=multapses).build(n, others, KEY, same=False) for n in (40, part))
    assert np.array_equal(some.targets, whole.targets[: part * k])
    whole, some = (FixedInDegree(k, multapses=multapses).build(others, n, KEY, same=False) for n in (40, part))
    assert np.array_equal(matrix(some, others, part), matrix(whole, others, 40)[:, :part])


def test_another_key_gives_another_wiring() -> None:
    for rule in (FixedProbability(0.3), FixedInDegree(5), FixedOutDegree(5), FixedTotalNumber(99), FixedTotalNumber(99, multapses=False)):  # fmt: skip
        wirings = {rule.build(20, 20, key, same=False).targets.tobytes() for key in ((1, 2), (2, 2), (1, 3))}
        assert len(wirings) == 3


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "more than all pairs": (lambda: FixedTotalNumber(13, multapses=False).build(3, 4, KEY, same=False), errors.ParameterError, ["FixedTotalNumber.n", "13", "at most 12", "allow multapses"]),
    "more than all pairs but autapses": (lambda: FixedTotalNumber(7, multapses=False, autapses=False).build(3, 3, KEY, same=True), errors.ParameterError, ["7", "at most 6"]),
    "a single neuron without autapses": (lambda: FixedTotalNumber(1, autapses=False).build(1, 1, KEY, same=True), errors.ParameterError, ["at most 0", "allow autapses"]),
    "a single neuron, fixed degree": (lambda: FixedInDegree(1, autapses=False).build(1, 1, KEY, same=True), errors.ParameterError, ["FixedInDegree.k", "at most 0", "allow autapses"]),
    "half a synapse": (lambda: FixedTotalNumber(0.5), errors.ParameterError, ["FixedTotalNumber.n", "whole"]),  # type: ignore[arg-type]
    "autapses as text": (lambda: FixedProbability(0.1, autapses="no"), errors.ArgumentError, ["FixedProbability.autapses", "'no'", "True or False"]),  # type: ignore[arg-type]
    "multapses as a number": (lambda: FixedOutDegree(1, multapses=0), errors.ArgumentError, ["FixedOutDegree.multapses", "0"]),  # type: ignore[arg-type]
    "misspelt switch": (lambda: FixedTotalNumber(1, multapse=False), errors.ArgumentError, ["'multapses'"]),  # type: ignore[call-arg]
    "probability below 0": (lambda: FixedProbability(-0.1), errors.ParameterError, ["FixedProbability.p", "-0.1", "probability"]),
    "distance without places": (lambda: OneToOne().distance(np.arange(2), np.arange(2), ((2,), (2,))), errors.ArgumentError, ["OneToOne.distance", "without positions", "DistanceDependent"]),
    "distance of given pairs": (lambda: FromArrays([0], [0]).distance(np.arange(1), np.arange(1), ((1,), (1,))), errors.ArgumentError, ["FromArrays.distance"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "got", "expected", "Fix: "]), str(caught.value)


@pytest.mark.parametrize(("limit", "room"), [(2**22, None), (0, None), (2**22, 3)])
def test_pairs_do_not_depend_on_what_is_kept_while_they_are_counted(
    limit: int, room: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept, drawn a second time, or found to be more than there was room for."""
    sources, targets, p = 9001, 40, 0.07
    expected = FixedProbability(p, autapses=False).build(sources, targets, KEY, same=True)
    monkeypatch.setattr(rules, "_KEPT", limit)
    if room is not None:
        monkeypatch.setattr(FixedProbability, "_room", lambda *_: room)
    found = FixedProbability(p, autapses=False).rows(sources, targets, KEY, same=True)
    assert isinstance(found, Made) == (limit > 0 and room is None)
    assert np.array_equal(found.pointers, expected.pointers)
    for first, last in ((0, sources), (0, 1), (4095, 4097), (8200, 9001), (77, 77)):
        part = expected.targets[expected.pointers[first] : expected.pointers[last]]
        assert found.fill(first, last).tobytes() == part.tobytes()
    counts = np.diff(expected.pointers)
    assert abs(counts.sum() - p * sources * targets) < 6 * math.sqrt(p * sources * targets)


def test_room_for_pairs_is_enough() -> None:
    """That it is not is rarer than one in 10^8, also where few pairs are expected (Poisson)."""
    for mean in (1e-3, 0.1, 1.0, 10.0, 1e3, 1e5):
        p = mean / 1e6
        assert poisson.sf(FixedProbability(p)._room(10**6, 10**6), mean) < 1e-8
