"""The benchmarks' own arithmetic, and what documents tell of results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks import microcircuit_rates, record, scaling, tell
from benchmarks.contest import Contestant
from benchmarks.distributions import between, exchanged, samples, summary, within
from benchmarks.environments import CannotRunError
from benchmarks.peers import balanced
from benchmarks.record import kept
from benchmarks.stamps import SEGMENTS, SYNAPSES, stamped
from benchmarks.told import rates, statistics, times


def runs(count: int, seed: int, shift: float = 0.0) -> list[Any]:
    """Values of some runs that differ in their mean more than chance has neurons differ, as networks do."""
    rng = np.random.default_rng(seed)
    return [rng.normal(shift + rng.normal(0.0, 0.3), 1.0, 200) for _ in range(count)]


def test_exchanging_runs_knows_a_difference_from_chance() -> None:
    assert exchanged(runs(5, 1), runs(5, 2, shift=1.0)) == pytest.approx(1 / 126)  # one of all ways is as far apart
    found = [exchanged(runs(4, seed), runs(4, 100 + seed)) for seed in range(30)]
    assert 0.35 < np.mean(found) < 0.65  # uniform where both are the same
    # The usual p, which takes neurons for independent, finds a difference that is none.
    assert np.mean(np.array(between(runs(4, 1), runs(4, 101))["ks p"]) < 0.05) > 0.5
    assert exchanged(runs(2, 1), runs(3, 2)) >= 1 / 10


def test_distances_and_percentiles() -> None:
    apart = [np.arange(10.0), np.arange(10.0) + 5.0]
    assert within(apart) == [0.5]
    assert summary(apart)["50 %"] == 7.0 and summary(apart)["means"] == [4.5, 9.5]


def test_samples_of_a_population() -> None:
    # Neuron 0 fires every 10 ms, 1 with it, 2 once, 3 never; what is before 100 ms does not count.
    clock = np.arange(50.0, 1100.0, 10.0)
    times = np.concatenate([clock, clock, [500.0]])
    neurons = np.repeat([0, 1, 2], [len(clock), len(clock), 1])
    order = np.argsort(times, kind="stable")
    found = samples(times[order], neurons[order], 4, (100.0, 1100.0), seed=1)
    assert found["rate"].tolist() == [100.0, 100.0, 1.0, 0.0]
    assert found["cv"] == pytest.approx([0.0, 0.0])
    assert len(found["correlation"]) == 3 and found["correlation"].max() == pytest.approx(1.0)


@pytest.mark.slow  # kernels of its own are compiled
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("weight_dtype", [None, "int16"])
def test_stamps_change_no_spike(threads: int, weight_dtype: str | None) -> None:
    """And count every segment and synapse that a spike meets, and no more time than there was."""

    def ran() -> cns.Network:
        net = cns.Network(dt=0.1, seed=1)
        cells = cns.LIFPopulation(200, u_rest=0.0, threshold=10.0, u=cns.Uniform(0.0, 10.0), spike_trace=False)
        net.add_layer(cells, "cells")
        delays = cns.Uniform(0.2, 2.0)
        synapse = cns.ExponentialCurrent(tau=2.0)
        wired = cns.Connection(
            cells, cells, connectivity=cns.FixedOutDegree(50), weight=cns.Uniform(0.0, 0.2), delay=delays,
            synapse=synapse, weight_dtype=weight_dtype,
        )  # fmt: skip
        net.add_connection(wired, name="synapses")
        net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
        net.run(30.0, {"cells": 12.0}, executor="cpu", threads=threads)
        return net

    plain = ran().monitors["spikes"].spikes()
    with stamped() as stamps:
        net = ran()
    times, neurons = net.monitors["spikes"].spikes()
    assert len(times) > 100 and times.equal(plain[0]) and neurons.equal(plain[1])
    early, all_of_them = 50 * int((times < 27.9).sum()), 50 * len(times)
    assert early <= stamps.total(SYNAPSES) <= all_of_them
    assert stamps.total(SYNAPSES) / 50 < stamps.total(SEGMENTS) < stamps.total(SYNAPSES)
    parts = stamps.seconds()
    assert parts["update"] > 0.0 and parts["adding segments"] > 0.0 and (parts["waiting"] > 0.0) == (threads > 1)


@pytest.mark.parametrize("synapses", scaling.SIZES)
def test_balanced_networks_have_the_size_that_is_asked_for(synapses: int) -> None:
    neurons, each = balanced.size(synapses)
    assert neurons % 10 == 0 and each % 5 == 0 and each <= neurons
    assert neurons * each == pytest.approx(synapses, rel=0.1)


def test_points_run_for_whole_steps() -> None:
    steps = [10_000 * (case.contestant.time or 0.0) for case in scaling.cases()]
    assert steps == pytest.approx(np.rint(steps), abs=1e-6) and min(steps) >= 2500


def test_points_go_on_where_they_stopped_and_end_at_the_budget(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def once(told: Contestant, *_: object, patience: float) -> dict[str, Any]:
        """NEST is absent; a second takes a nanosecond for each synapse, building 7 us."""
        if told.name == "NEST":
            raise CannotRunError("no wheel")
        if len(asked) == 3:
            raise KeyboardInterrupt
        synapses = int(told.program[2]) if "scaling_run" in told.program[1] else int(told.program[1])
        asked.append(synapses)
        seconds = 1e-9 * synapses * (told.time or 0.0)
        return {"seconds": seconds, "rate": 1.0, "synapses": synapses, "built in": 7e-6 * synapses, "peak GB": 0.1}

    unfinished = tmp_path / "out" / "scaling.json"
    monkeypatch.setattr(scaling, "once", once)
    monkeypatch.setattr("benchmarks.unfinished.ROOT", tmp_path)
    monkeypatch.setattr(scaling, "SCALES", ())
    with pytest.raises(KeyboardInterrupt):
        scaling.measure(3, 1.0)
    assert len(json.loads(unfinished.read_text())) == 3
    asked += [0]  # no further interruption
    points = scaling.measure(3, 1.0)["points"]
    assert not unfinished.exists() and len(points) == len(list(scaling.cases()))
    assert asked[:6] == [1000, 3000, 10_000, 0, 30_000, 100_000]
    ours = [point for point in points if point["curve"] == "balanced: cnsproject, threads: 1"]
    assert [point["synapses asked for"] for point in ours if point["why_not"]] == [100_000_000, 300_000_000]
    assert "more than 240" in ours[-1]["why_not"]
    assert {point["why_not"] for point in points if point["who"] == "NEST"} == {"no wheel"}
    assert ours[0]["events per second"] == pytest.approx(1e9)


def test_rates_go_on_where_they_stopped_and_do_without_nest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def once(told: Contestant, _: Path, seed: int, *__: object) -> dict[str, Any]:
        if told.name == "NEST":
            raise CannotRunError("no wheel")
        if len(asked) == 2:
            asked.append((told.name, 0))
            raise KeyboardInterrupt
        asked.append((told.name, seed))
        return {"rates of populations": dict.fromkeys(microcircuit_rates.NAMES, float(seed)), "versions": {}}

    monkeypatch.setattr(microcircuit_rates, "once", once)
    monkeypatch.setattr("benchmarks.unfinished.ROOT", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        microcircuit_rates.measure(3, 1.0)
    found = microcircuit_rates.measure(3, 1.0)
    assert [seed for _, seed in asked] == [1, 2, 0, 3, 4, 5, 1, 2, 3, 4, 5]
    assert found["populations"]["L5E, dc"]["rates"] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert len(found["populations"]) == 16 and found["why_not"] == {"NEST": "no wheel"}
    assert not list((tmp_path / "out").iterdir())


def test_cores_at_work_are_those_of_the_moment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu 900 0 90 5000 10 0 0 0 7 0\ncpu0 1 2 3\n")
    monkeypatch.setattr(record, "STAT", stat)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    # Of 100 ticks 20 by users, 3 by the system, 2 taken by other machines; 70 idle, 5 waiting for a disk.
    monkeypatch.setattr("time.sleep", lambda _: stat.write_text("cpu 920 0 93 5070 15 0 0 2 7 0\n"))
    assert record.busy_cores() == 1.0
    stat.unlink()
    assert record.busy_cores() is None


@pytest.mark.parametrize("page", tell.pages(), ids=lambda page: page.name)
def test_pages_tell_what_was_measured(page: Path) -> None:
    """`python -m benchmarks.tell` makes them anew."""
    text = page.read_text(encoding="utf-8")
    assert tell.filled(text) == text


def test_rates_are_told_for_every_drive_that_was_measured() -> None:
    (record,) = kept([rates.NAME])
    found = {key: one for key, one in record["populations"].items() if key.endswith(", dc")}
    table = rates.whole(record | {"populations": found}).splitlines()
    means = [float(cell) for cell in table[2].split("|")[2:-1]]
    assert means == pytest.approx([one["mean"] for one in found.values()], abs=0.005)
    found |= {key.replace("dc", "poisson"): one | {"rates": [7.0, 9.0]} for key, one in found.items()}
    (line, ends) = rates.whole(record | {"populations": found}).splitlines()[4:6]
    assert line == f"| Poisson processes (Hz) {'| 8.00 ' * 8}|" and ends.count("7.00 – 9.00") == 8


def test_times_are_told_for_all_who_ran() -> None:
    one = {"threads": 2, "biological seconds": 2.0, "why_not": "", "seconds": [4.0, 2.0, 3.0], "ratio": 1.0}
    ours = one | {"name": "microcircuit, whole, 2 s: ours", "built in": [9.0, 7.0, 8.0], "peak GB": [1.0, 1.0, 2.0]}
    nest = one | {"name": "microcircuit, a quarter, 2 s: NEST", "built in": [5.0], "peak GB": [], "ratio": 80.2}
    machine = {"cores": 2, "processor": "some", "load": 0.0}
    absent = nest | {"why_not": "no wheel", "seconds": [], "ratio": None}
    told = times.table({"machine": machine, "contestants": [ours, nest, absent]})
    assert "| whole: ours | 2 | 1.50 | 1.00 – 2.00 | 8.0 | 1.0 |" in told
    assert "| a quarter: NEST | 2 | 1.50 | 1.00 – 2.00 | 5.0 | – |" in told
    assert "could not run: no wheel" in told and "NEST takes 80 times as long" in told


def test_what_is_told_without_a_peer() -> None:
    """It is left out, and said so."""
    (record,) = kept([statistics.NAME])
    for measures in record["distributions"].values():
        for one in measures.values():
            del one["NEST"]
    record["why_not"] = {"NEST": "no wheel"}
    assert "NEST could not run: no wheel" in statistics.distances(record)
    assert "NEST" not in statistics.rates(record)
    assert len(statistics.figure(record).axes) == 6
    plt.close("all")
