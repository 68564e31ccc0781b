"""`DistanceDependent`: distances by hand, probabilities by bin, closed space, own kernels, bounded memory."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import errors
from cnsproject.network.connectivity import DistanceDependent, ExponentialKernel, GaussianKernel, Wiring
from cnsproject.network.connectivity import distance as connectivity_distance

KEY = (5, 23)
Kernel = Callable[[np.ndarray], np.ndarray]
KERNELS: list[Kernel] = [GaussianKernel(0.15), GaussianKernel(0.3, p_max=0.4), ExponentialKernel(0.1, p_max=0.7)]


def pairs(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of neurons."""
    i, j = np.indices((math.prod(shape), math.prod(other)))
    return i.ravel(), j.ravel()


def build(rule: DistanceDependent, shape: tuple[int, ...], other: tuple[int, ...], **settings: Any) -> Wiring:
    settings = {"key": KEY, "same": False} | settings
    return rule.build(math.prod(shape), math.prod(other), shapes=(shape, other), **settings)


def connected(wiring: Wiring, targets: int) -> np.ndarray:
    """Which pairs are connected, as one array in the order of `pairs`."""
    mask = np.zeros((len(wiring.pointers) - 1, targets), bool)
    mask[wiring.sources, wiring.targets] = True
    assert mask.sum() == len(wiring.targets)
    return mask.ravel()


def misfit(mask: np.ndarray, distances: np.ndarray, p: np.ndarray) -> float:
    """Probability of a chi-square at least as large, of the counts in up to 25 bins of distance."""
    bins = np.digitize(distances, np.quantile(distances, np.linspace(0, 1, 26)[1:-1]))
    counts, expected, variance = (np.bincount(bins, weights) for weights in (mask, p, p * (1 - p)))
    some = expected >= 5
    squared = ((counts - expected) ** 2 / variance)[some].sum()
    half = torch.tensor([some.sum() / 2, squared / 2], dtype=torch.float64)
    return float(torch.special.gammaincc(half[0], half[1]))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.parametrize(("shape", "other"), [((1500,), (1200,)), ((40, 30), (25, 44)), ((10, 12, 9), (1, 30, 31))])
def test_pairs_are_connected_with_the_probability_of_their_distance(
    shape: tuple[int, ...], other: tuple[int, ...], kernel: Kernel, periodic: bool
) -> None:
    rule = DistanceDependent(kernel, periodic=periodic)
    mask = connected(build(rule, shape, other), math.prod(other))
    distances = rule.distance(*pairs(shape, other), (shape, other))
    assert misfit(mask, distances, kernel(distances)) > 1e-4
    assert misfit(mask, distances, kernel(1.1 * distances)) < 1e-4
    assert misfit(mask, distances, 0.9 * kernel(distances)) < 1e-4


def test_kernels_are_their_formula() -> None:
    d = np.array([0.0, 0.5, 2.0])
    assert GaussianKernel(0.5, p_max=0.8)(d) == pytest.approx([0.8, 0.8 * math.exp(-0.5), 0.8 * math.exp(-8)])
    assert ExponentialKernel(0.5, p_max=0.8)(d) == pytest.approx([0.8, 0.8 * math.exp(-1), 0.8 * math.exp(-4)])
    assert ExponentialKernel(2).p_max == GaussianKernel(2).p_max == 1.0


def test_pairs_are_independent() -> None:
    """Counts per pair, and of two pairs together, over 600 wirings."""
    rule = DistanceDependent(GaussianKernel(0.4, p_max=0.6))
    repeats = 600
    masks = np.array([connected(build(rule, (4, 3), (3, 3), key=(key, 1)), 9) for key in range(repeats)])
    p = rule.kernel(rule.distance(*pairs((4, 3), (3, 3)), ((4, 3), (3, 3))))
    z = (masks - p) / np.sqrt(p * (1 - p))
    covariance = z.T @ z / math.sqrt(repeats)
    off_diagonal = covariance[~np.eye(len(p), dtype=bool)]
    assert abs(off_diagonal.std() - 1) < 0.05
    assert np.abs(off_diagonal).max() < 6
    mean = z.sum(axis=0) / math.sqrt(repeats)
    assert abs((mean**2).sum() - len(p)) < 4 * math.sqrt(2 * len(p))


def test_a_grid_lies_in_the_middle_of_its_cells() -> None:
    """2 x 4 neurons in a space of 2 x 8: cells of 1 x 2. A single one onto them sits in the middle of space."""
    rule = DistanceDependent(GaussianKernel(1.0), extent=(2, 8))
    shapes = (2, 4), (1, 1)
    middle = rule.distance(np.arange(8), np.zeros(8, int), shapes)
    assert middle == pytest.approx([math.hypot(0.5, y) for y in (3, 1, 1, 3, 3, 1, 1, 3)])
    steps = rule.distance(np.array([0, 0, 0]), np.array([1, 4, 5]), ((2, 4), (2, 4)))
    assert steps == pytest.approx([2, 1, math.hypot(1, 2)])


def test_distances_go_round_a_closed_space() -> None:
    """Opposite corners of a torus are diagonal neighbours, and no way is longer than half of it."""
    shape = (5, 10)
    corner = np.array([0]), np.array([49])
    closed, open_ = (
        DistanceDependent(GaussianKernel(1), periodic=periodic, extent=(5, 20)) for periodic in (True, False)
    )
    assert closed.distance(*corner, (shape, shape)) == pytest.approx([math.hypot(1, 2)])
    assert open_.distance(*corner, (shape, shape)) == pytest.approx([math.hypot(4, 18)])
    every = closed.distance(*pairs(shape, shape), (shape, shape)).reshape(50, 50)
    assert every.max() == pytest.approx(math.hypot(2, 10))
    assert all(sorted(np.round(row, 9)) == sorted(np.round(every[0], 9)) for row in every)


def test_a_ring_of_neighbours() -> None:
    """An own kernel that is a step connects exactly those within it."""
    n = 12
    ring = connected(
        build(DistanceDependent(lambda d: d < 1.5 / n, periodic=True, autapses=False), (n,), (n,), same=True), n
    )
    line = connected(build(DistanceDependent(lambda d: (d < 1.5 / n) * 1), (n,), (n,), same=True), n)
    step = np.abs(np.subtract.outer(np.arange(n), np.arange(n))).ravel()
    assert np.array_equal(ring, (step == 1) | (step == n - 1))
    assert np.array_equal(line, step <= 1)


@given(
    kernel=st.sampled_from(KERNELS),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    periodic=st.booleans(),
    autapses=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_compiled_kernels_draw_what_the_formula_draws(
    kernel: Kernel, shape: list[int], periodic: bool, autapses: bool, seed: int
) -> None:
    settings: dict[str, Any] = {"periodic": periodic, "autapses": autapses}
    one, other = (
        build(DistanceDependent(k, **settings), tuple(shape), tuple(shape), key=(seed, 1), same=True)
        for k in (kernel, kernel.__call__)
    )
    assert np.array_equal(one.pointers, other.pointers)
    assert np.array_equal(one.targets, other.targets)


@pytest.mark.parametrize("kernel", [KERNELS[0], lambda d: np.exp(-3 * d)], ids=["compiled", "own"])
def test_rows_do_not_depend_on_each_other(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on how the work is divided, nor on how many there are."""
    places = np.random.default_rng(1).uniform(size=(50, 2))
    both: dict[str, Any] = {"pre_positions": places, "post_positions": places}
    whole = build(DistanceDependent(kernel, **both), (50,), (50,))
    some = build(DistanceDependent(kernel, **(both | {"pre_positions": places[:20]})), (20,), (50,))
    assert np.array_equal(some.targets, whole.targets[: whole.pointers[20]])
    for block in (1, 70, 149):
        monkeypatch.setattr(connectivity_distance, "BLOCK", block)
        divided = build(DistanceDependent(kernel, **both), (50,), (50,))
        assert np.array_equal(divided.pointers, whole.pointers)
        assert np.array_equal(divided.targets, whole.targets)


def test_given_positions_stand_for_the_grid() -> None:
    grid = np.array([[(x + 0.5) / 4, (y + 0.5) / 6] for x, y in itertools.product(range(4), range(6))])
    own = DistanceDependent(
        GaussianKernel(0.3), periodic=True, pre_positions=torch.tensor(grid), post_positions=grid.tolist()
    )
    for shape in ((4, 6), (24,)):
        assert np.array_equal(
            build(own, shape, shape).targets,
            build(DistanceDependent(GaussianKernel(0.3), periodic=True), (4, 6), (4, 6)).targets,
        )
    shifted = DistanceDependent(GaussianKernel(0.3), periodic=True, pre_positions=grid - 0.5, post_positions=grid - 0.5)
    assert shifted.distance(*pairs((24,), (24,)), ((24,), (24,))) == pytest.approx(
        own.distance(*pairs((24,), (24,)), ((24,), (24,)))
    )
    line = DistanceDependent(GaussianKernel(1), pre_positions=[0.0, 3.0], post_positions=[[1.0]])
    assert line.distance(np.array([0, 1]), np.array([0, 0]), ((2,), (1,))).tolist() == [1.0, 2.0]


def test_without_shapes_neurons_stand_in_a_line() -> None:
    rule = DistanceDependent(ExponentialKernel(0.1))
    assert np.array_equal(rule.build(30, 20, KEY, same=False).targets, build(rule, (30,), (20,)).targets)


def test_the_certain_and_the_impossible() -> None:
    for kernel in (np.ones_like, GaussianKernel(1e9)):
        assert connected(build(DistanceDependent(kernel), (7,), (8,)), 8).all()
    for kernel in (np.zeros_like, GaussianKernel(1, p_max=0), ExponentialKernel(1e-9)):
        assert len(build(DistanceDependent(kernel), (7,), (8,)).targets) == 0


@pytest.mark.parametrize("kernel", [GaussianKernel(0.001), lambda d: np.exp(-1000 * d)], ids=["compiled", "own"])
def test_memory_is_that_of_the_result(kernel: Kernel) -> None:
    """10^8 pairs: one byte for each of them would be more."""
    tracemalloc.start()
    wiring = DistanceDependent(kernel).build(10_000, 10_000, KEY, same=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 100_000 < len(wiring.targets) < 1_000_000
    assert peak < 80e6


def rule(**settings: Any) -> DistanceDependent:
    return DistanceDependent(**({"kernel": GaussianKernel(0.2)} | settings))


def built(shape: tuple[int, ...] = (4,), other: tuple[int, ...] = (4,), same: bool = False, **settings: Any) -> Wiring:
    return build(rule(**settings), shape, other, same=same)


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "kernel as a number": (lambda: rule(kernel=0.1), errors.ArgumentError, ["DistanceDependent.kernel", "0.1", "GaussianKernel(0.1)"]),
    "kernel as a class": (lambda: rule(kernel=GaussianKernel), errors.ArgumentError, ["kernel", "GaussianKernel"]),
    "no width": (lambda: GaussianKernel(0), errors.ParameterError, ["GaussianKernel.sigma", "> 0"]),
    "negative scale": (lambda: ExponentialKernel(-1), errors.ParameterError, ["ExponentialKernel.scale", "-1"]),
    "p_max above 1": (lambda: GaussianKernel(1, p_max=2), errors.ParameterError, ["GaussianKernel.p_max", "2", "probability"]),
    "p_max below 0": (lambda: ExponentialKernel(1, p_max=-2), errors.ParameterError, ["ExponentialKernel.p_max", "-2"]),
    "unknown keyword": (lambda: rule(period=True), errors.ArgumentError, ["'periodic'"]),
    "periodic as text": (lambda: rule(periodic="yes"), errors.ArgumentError, ["DistanceDependent.periodic", "'yes'"]),
    "autapses as a number": (lambda: rule(autapses=1), errors.ArgumentError, ["DistanceDependent.autapses", "1"]),
    "no extent": (lambda: rule(extent=0), errors.ParameterError, ["DistanceDependent.extent", "> 0"]),
    "extent of other dimensions": (lambda: built((2, 2), (2, 2), extent=(1, 1, 1)), errors.ShapeError, ["extent", "3 lengths", "1 or 2"]),
    "shapes of other dimensions": (lambda: built((4,), (2, 2)), errors.ShapeError, ["pre in 1 and post in 2 dimensions"]),
    "positions as text": (lambda: rule(pre_positions=[["a", "b"]]), errors.ArgumentError, ["pre_positions", "<U1"]),
    "ragged positions": (lambda: rule(pre_positions=[[0.1], [0.1, 0.2]]), errors.ArgumentError, ["pre_positions", "numbers"]),
    "a number as position": (lambda: rule(post_positions=0.5), errors.ShapeError, ["post_positions", "(neurons, dimensions)"]),
    "NaN position": (lambda: rule(post_positions=[[0.5, np.nan]]), errors.ParameterError, ["post_positions", "nan at (0, 1)"]),
    "too few positions": (lambda: built(pre_positions=np.ones((3, 1))), errors.ShapeError, ["pre_positions", "3 positions", "4 neurons"]),
    "positions for one side only": (lambda: built(same=True, pre_positions=np.ones((4, 1))), errors.ArgumentError, ["one side", "post_positions"]),
    "positions beyond a closed space": (lambda: built(periodic=True, pre_positions=[0.0, 1.0, 2.0, 3.0]), errors.ParameterError, ["extent", "(1.0,)", "[3.0]"]),
    "kernel above 1": (lambda: built(kernel=lambda d: d + 1.0), errors.ParameterError, ["DistanceDependent.kernel", "1.25 at distance 0.25", "numpy.clip"]),
    "kernel below 0": (lambda: built(kernel=lambda d: d - 0.5), errors.ParameterError, ["-0.5 at distance 0"]),
    "kernel of NaN": (lambda: built(kernel=lambda d: d * np.nan), errors.ParameterError, ["nan at distance 0"]),
    "kernel of another shape": (lambda: built(kernel=lambda d: 0.1), errors.ShapeError, ["shape ()", "(4, 4)", "whole array"]),
    "kernel of complex numbers": (lambda: built(kernel=lambda d: d * 1j), errors.ShapeError, ["complex128"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "got", "expected", "Fix: "]), str(caught.value)
