"""Poisson drives and Poisson neurons: their law, and the same draws in every way to run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import cnsproject as cns
from cnsproject import errors
from cnsproject.random import PoissonTable, derive_key, step_words

WAYS = (("hand", 1), ("eager", 1), ("cpu", 1), ("cpu", 2), ("cpu", 3))


def chi_square(counts: np.ndarray[Any, Any], mean: float) -> float:
    """The probability that counts of the Poisson law of this mean are at least as far from it."""
    low, high = (int(stats.poisson.ppf(q, mean)) for q in (1e-4, 1 - 1e-4))
    edges = np.arange(low, high + 2)
    seen = np.histogram(counts.clip(low, high), bins=[*edges - 0.5, high + 1.5])[0][: high - low + 1]
    law = stats.poisson.pmf(np.arange(low, high + 1), mean)
    law[0], law[-1] = stats.poisson.cdf(low, mean), stats.poisson.sf(high - 1, mean)
    expected = law * counts.size
    wide = expected > 5
    rest = seen[~wide].sum(), expected[~wide].sum()
    together = np.append(seen[wide], rest[0]), np.append(expected[wide], rest[1])
    keep = together[1] > 0
    return float(stats.chisquare(together[0][keep], together[1][keep] * together[0].sum() / together[1].sum()).pvalue)


def driven(mean: float, way: str, threads: int, *, neurons: int = 500, steps: int = 60, **more: Any) -> torch.Tensor:
    """How many spikes arrive at each neuron in each step."""
    net = cns.Network(dt=0.5, seed=3)
    cells = net.add_layer(cns.LIFPopulation(neurons, threshold=1e30), "cells")
    drive = cns.PoissonDrive(cells, n=10, rate=mean / (10 * 0.5e-3), **more)
    net.add_connection(drive, name="drive")
    monitor = net.add_monitor(cns.Monitor(drive, ["jump"]), "m")
    if way == "hand":
        for _ in range(steps):
            cells.forward(0.0, jump=drive.compute())
            monitor.record()
    else:
        net.run(steps * 0.5, executor=way, threads=threads)
    return monitor.get("jump")


MEANS = (0.003, 0.2, 2.0, 7.3, 29.0, 300.0)


@pytest.mark.parametrize("mean", MEANS)
def test_every_way_draws_the_same(mean: float) -> None:
    """Upper halves of words, lower halves where they are needed, and tables too long for a look at every word."""
    first, *others = (driven(mean, *way) for way in WAYS)
    assert first.any()
    assert all(torch.equal(first, other) for other in others)


@pytest.mark.parametrize("mean", MEANS)
def test_the_law_of_a_drive(mean: float) -> None:
    counts = driven(mean, "cpu", 1, neurons=2000, steps=200).numpy().astype(np.int64)
    assert chi_square(counts, mean) > 1e-3
    assert chi_square(counts, mean * 1.03 + 1e-4) < 1e-6 or mean < 0.1  # a law that is off by 3 % is noticed


def test_neurons_and_steps_are_independent() -> None:
    counts = driven(2.0, "cpu", 1, neurons=128, steps=4000).double().numpy()
    for rows in (counts.T, counts[:, ::8]):  # neurons, and neurons that share a counter
        off = np.corrcoef(rows) - np.eye(len(rows))
        assert np.abs(off).max() < 5 / math.sqrt(rows.shape[1])
    shifted = [np.corrcoef(counts[lag:].ravel(), counts[:-lag].ravel())[0, 1] for lag in (1, 2, 8)]
    assert np.abs(shifted).max() < 5 / math.sqrt(counts.size)


@given(mean=st.floats(1e-6, 500), words=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_a_table_is_the_inverse_of_the_law(mean: float, words: list[int]) -> None:
    """A count k comes from the words w with P(count < k) <= w / 2^32 < P(count <= k), up to rounding."""
    counts = PoissonTable.of(mean).counts(np.array(words, np.uint32))
    for word, count in zip(words, counts.tolist(), strict=True):
        assert stats.poisson.cdf(count - 1, mean) <= (word + 2) / 2**32
        assert stats.poisson.cdf(count, mean) >= (word - 1) / 2**32


def test_native_draws_are_those_of_the_table() -> None:
    """Word by word, for so many that the upper half alone fails to tell now and then, and for the rarest counts."""
    mean, steps, neurons = 2.0, 500, 2000
    drawn = driven(mean, "cpu", 1, neurons=neurons, steps=steps, rng=5).numpy().astype(np.int64)
    words = step_words(derive_key(5), 0, steps, neurons)
    table = PoissonTable.of(mean)
    assert np.array_equal(drawn, table.counts(words))
    halves = np.isin(words >> np.uint32(16), table.thresholds >> np.uint32(16))
    assert halves.sum() > 50
    assert drawn.max() >= 11


def test_a_step_is_a_function_of_its_number() -> None:
    """However the steps are divided between runs, and whatever was drawn before."""
    whole = step_words((1, 2), 0, 40, 100)
    for first, steps in ((0, 7), (7, 1), (13, 27)):
        assert np.array_equal(step_words((1, 2), first, steps, 100), whole[first : first + steps])
    assert np.array_equal(step_words((1, 2), 3, 5, 64), whole[3:8, :64])
    assert not np.array_equal(step_words((1, 3), 0, 40, 100), whole)
    late = step_words((1, 2), 2**33, 2, 100)
    assert not np.array_equal(late, whole[:2])


@pytest.mark.parametrize(("way", "threads"), WAYS[1:])
def test_a_drive_of_some_neurons_with_weights_of_their_own(way: str, threads: int) -> None:
    net = cns.Network(dt=0.5, seed=1)
    cells = net.add_layer(cns.LIFPopulation((2, 100)), "cells")
    weights = np.linspace(0.5, 1.5, 50)
    synapse = cns.ExponentialCurrent(tau=1e-3)  # gone after a step
    drive = net.add_connection(cns.PoissonDrive(cells[:, 25:50], n=4, rate=300.0, weight=weights, synapse=synapse))
    monitor = net.add_monitor(cns.Monitor(drive, ["current"]), "m")
    net.run(200, executor=way, threads=threads)
    found = monitor.get("current").reshape(-1, 200)
    inside = np.r_[25:50, 125:150]
    assert not found[:, np.setdiff1d(np.arange(200), inside)].any()
    counts = found[:, inside] / torch.as_tensor(weights, dtype=torch.float32)
    assert torch.allclose(counts, counts.round(), atol=1e-4)
    assert counts.mean().item() == pytest.approx(0.6, abs=0.03)


# Stretches that share a line of 64 neurons, the last of them three times, that are whole lines, and that end alone.
STRETCHES = (100, 7), (92, 0), (64, 3), (30, 900), (5, 1), (20, 7), (1, 12), (200, 2)


def parts_driven(way: str, threads: int, n: Any, *, weight: Any = 1.0, steps: int = 150) -> torch.Tensor:
    """What arrives at neurons that have numbers of processes of their own."""
    net = cns.Network(dt=0.5, seed=3)
    cells = net.add_layer(cns.LIFPopulation(512, threshold=1e30), "cells")
    drive = net.add_connection(cns.PoissonDrive(cells, n, rate=100.0, weight=weight), name="drive")
    monitor = net.add_monitor(cns.Monitor(drive, ["jump"]), "m")
    if way == "hand":
        for _ in range(steps):
            cells.forward(0.0, jump=drive.compute())
            monitor.record()
    else:
        net.run(steps * 0.5, executor=way, threads=threads)
    return monitor.get("jump")


@pytest.mark.parametrize("weight", [1.0, np.linspace(0.5, 1.5, 512)], ids=["one weight", "weights"])
def test_parts_with_numbers_of_their_own(weight: Any) -> None:
    """Every way draws the same, and what a neuron gets is what a drive of one number would give it."""
    sizes, numbers = zip(*STRETCHES, strict=True)
    n = np.repeat(numbers, sizes)
    first, *others = (parts_driven(*way, n, weight=weight) for way in WAYS)
    assert all(torch.equal(first, other) for other in others)
    for number in np.unique(numbers):
        alone = parts_driven("cpu", 2, int(number), weight=weight) if number else torch.zeros_like(first)
        assert torch.equal(first[:, n == number], alone[:, n == number])
    counts = (first / torch.as_tensor(weight, dtype=torch.float32)).double()
    for part, number in zip(counts.split(sizes, dim=1), numbers, strict=True):
        mean = number * 0.05
        assert part.mean().item() == pytest.approx(mean, abs=5 * math.sqrt(mean / part.numel()))


def test_numbers_of_a_part() -> None:
    """They are those of the neurons that are driven; the others get nothing."""
    found = []
    for way, threads in WAYS[1:]:
        net = cns.Network(dt=0.5, seed=1)
        cells = net.add_layer(cns.LIFPopulation((2, 100)), "cells")
        drive = net.add_connection(cns.PoissonDrive(cells[:, 25:30], [1, 2, 3, 0, 5] + [9] * 5, rate=100.0))
        monitor = net.add_monitor(cns.Monitor(drive, ["jump"]), "m")
        net.run(200, executor=way, threads=threads)
        found.append(monitor.get("jump").reshape(-1, 200))
    assert all(torch.equal(found[0], other) for other in found)
    driven = [25, 26, 27, 29, *range(125, 130)]
    assert np.flatnonzero(found[0].any(dim=0).numpy()).tolist() == driven
    assert drive.tables()[1][:2] == (25, 26)


def test_numbers_are_told_and_kept(tmp_path: Path) -> None:
    net = cns.Network(dt=0.5, seed=1)
    cells = net.add_layer(cns.LIFPopulation(100, threshold=1e30), "cells")
    drive = net.add_connection(cns.PoissonDrive(cells, [16] * 60 + [29] * 40, rate=100.0), name="drive")
    monitor = net.add_monitor(cns.Monitor(drive, ["jump"]), "m")
    assert "drive.w * 16 to 29 Poisson processes" in str(net.plan())
    assert "n = 21.2 ± 6.369 (16 ... 29), rate = 100 Hz" in str(net.describe())
    about = net.provenance()["connections"]["drive"]["n"]
    assert (about["minimum"], about["maximum"], about["mean"]) == (16, 29, 21.2)
    assert drive.mean == pytest.approx(21.2 * 0.05)
    assert net.memory().total > 0
    net.run(10)
    net.save(tmp_path / "net.cns")
    again = cns.Network.load(tmp_path / "net.cns")
    net.run(20, executor="eager")
    again.run(20, executor="cpu", threads=2)
    assert torch.equal(monitor.get("jump"), again.monitors["m"].get("jump"))


def test_a_rate_may_change_between_runs() -> None:
    net = cns.Network(dt=0.5, seed=1)
    cells = net.add_layer(cns.LIFPopulation(200, threshold=1e30), "cells")
    drive = net.add_connection(cns.PoissonDrive(cells, n=1, rate=100.0))
    monitor = net.add_monitor(cns.Monitor(drive, ["jump"]), "m")
    for rate in (100.0, 0.0, 400.0):
        drive.rate = rate
        net.run(100)
    first, none, last = monitor.get("jump").reshape(3, -1).mean(dim=1).tolist()
    assert first == pytest.approx(0.05, abs=0.005)
    assert none == 0
    assert last == pytest.approx(0.2, abs=0.01)


BAD_DRIVES = {
    "no process": (dict(n=0), errors.ParameterError, "PoissonDrive.n"),
    "a number too few": (dict(n=[1, 2]), errors.ShapeError, r"PoissonDrive.n: got shape \(2,\), expected a number or"),
    "a negative number": (dict(n=[1, -2, 3]), errors.ParameterError, "PoissonDrive.n: got -2, for 1 of 3 neurons"),
    "half a process": (dict(n=[1.5, 2.5, 3]), errors.ParameterError, "got 1.5, for 2 of 3 .*expected whole numbers >= 0"),
    "no number": (dict(n=["a", "b", "c"]), errors.ArgumentError, "PoissonDrive.n"),
    "too much for one": (dict(n=[0, 0, 1000], rate=1e9), errors.ParameterError, "got 5e.08 spikes per step"),
    "negative rate": (dict(rate=-1.0), errors.ParameterError, "a rate >= 0 Hz"),
    "rate in kHz by mistake": (dict(n=1000, rate=1e9), errors.ParameterError, "give the rate of one process in Hz"),
    "not finite": (dict(rate=math.nan), errors.ParameterError, "PoissonDrive.rate"),
    "negative conductance": (
        dict(weight=-1.0, synapse=cns.ExponentialConductance()), errors.ParameterError, "conductances >= 0",
    ),
    "no synapse": (dict(synapse=5), errors.ArgumentError, "a population and a Synapse"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_DRIVES)
def test_bad_drives(case: str) -> None:
    arguments, kind, message = BAD_DRIVES[case]
    with pytest.raises(kind, match=message):
        cns.PoissonDrive(cns.LIFPopulation(3, dt=0.5), **arguments).compute()


# Poisson neurons


def fired(way: str, threads: int, rate: Any, given: Any = None, *, steps: int = 100, shape: Any = 150) -> torch.Tensor:
    net = cns.Network(dt=0.5, seed=4)
    source = net.add_layer(cns.PoissonPopulation(shape, rate=rate), "source")
    monitor = net.add_monitor(cns.Monitor(source, ["s"]), "m")
    if way == "hand":
        rows = given if isinstance(given, torch.Tensor) else [given] * steps
        for row in rows:
            source.forward(row)
            monitor.record()
    else:
        net.run(steps * 0.5, {} if given is None else {"source": given}, executor=way, threads=threads)
    return monitor.get("s")


@pytest.mark.parametrize("kind", ["fixed", "per neuron", "given", "over time", "drawn"])
def test_poisson_neurons_fire_alike_in_every_way(kind: str) -> None:
    rates = torch.linspace(0, 2000, 150)
    rate: Any = {"per neuron": rates, "drawn": cns.Uniform(0.0, 500.0)}.get(kind, 300.0)
    over_time = torch.rand(100, 150, generator=torch.Generator().manual_seed(1)) * 1000
    given: Any = {"given": 700.0, "over time": over_time}.get(kind)
    first, *others = (fired(*way, rate, given) for way in WAYS)
    assert first.any()
    assert all(torch.equal(first, other) for other in others)


def test_the_law_of_poisson_neurons() -> None:
    """The number of spikes in n steps is binomial; intervals between spikes are geometric."""
    spikes = fired("cpu", 1, 200.0, steps=20_000, shape=100).numpy()
    p = 0.1
    per_neuron = spikes.sum(axis=0)
    z = (per_neuron - 20_000 * p) / math.sqrt(20_000 * p * (1 - p))
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert stats.kstest(z + 3, "norm").pvalue < 1e-6
    gaps = np.concatenate([np.diff(np.flatnonzero(column)) for column in spikes.T])
    seen = np.bincount(gaps.clip(max=60), minlength=61)[1:]
    law = p * (1 - p) ** np.arange(60)
    law[-1] = (1 - p) ** 59
    assert stats.chisquare(seen, law * seen.sum()).pvalue > 1e-3


def test_rates_at_their_limits() -> None:
    spikes = fired("cpu", 1, torch.tensor([0.0, 2000.0]), shape=2)
    assert not spikes[:, 0].any()
    assert spikes[:, 1].all()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_rates_from_a_generator(executor: str) -> None:
    """Any current generator gives rates (Hz) over time; what is no rate stops the run, at the end of a step."""
    net = cns.Network(dt=0.5, seed=4)
    source = net.add_layer(cns.PoissonPopulation(400), "source")
    monitor = net.add_monitor(cns.Monitor(source, ["s"]), "m")
    net.run(200, {"source": cns.StepCurrent([0.0, 100.0], [100.0, 1000.0])}, executor=executor)
    early, late = monitor.get("s").double().reshape(2, -1).mean(dim=1).tolist()
    assert early == pytest.approx(0.05, abs=0.005)
    assert late == pytest.approx(0.5, abs=0.01)
    with pytest.raises(errors.ParameterError, match="rates from -99"):
        net.run(100, {"source": cns.Ramp(100.0, -100.0, 200.0, 300.0)}, executor=executor)
    assert source.steps == len(monitor)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cns.PoissonPopulation(3, rate=-1.0), r"rate >= 0 \(Hz\)"),
        (lambda: cns.PoissonPopulation(3, rate=math.inf), "a finite number"),
        (lambda: cns.PoissonPopulation(3, rate=2001.0, dt=0.5).forward(), "one spike per step"),
        (lambda: cns.PoissonPopulation(3, dt=0.5).forward(torch.tensor([1.0, math.nan, 1.0])), "one spike per step"),
        (lambda: cns.PoissonPopulation(3, dt=0.5).forward(torch.ones(2)), "one rate per neuron"),
        (lambda: fired("cpu", 1, 5.0, 5000.0), "0 to 2000 Hz"),
    ],
)
def test_bad_rates(make: Any, message: str) -> None:
    with pytest.raises(errors.CnsError, match=message):
        make()
