"""`every`, `neurons`, `start`, `stop` and `window` record what slicing the full recording would give."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors

DT = 0.5
WAYS = st.tuples(st.sampled_from(["hand", "eager", "cpu", "two threads"]), st.integers(1, 60))


def network() -> tuple[cns.Network, cns.NeuralPopulation]:
    """Neurons that fire at random, 130 so that two threads share them."""
    net = cns.Network(dt=DT, seed=3)
    cells = cns.LIFPopulation((2, 65), tau=8, u=cns.Uniform(-70, -50), refractory=1.0)
    net.add_layer(cells, "cells")
    net.add_connection(
        cns.Connection(cells, cells, connectivity=cns.FixedProbability(0.1), weight=0.5, delay=1.0), name="rec"
    )
    return net, cells


def advance(net: cns.Network, way: str, steps: int) -> None:
    current = 18.0
    if way == "hand":
        cells, rec = net.layers["cells"], net.connections["rec"]
        for _ in range(steps):
            cells.forward(current + rec.compute())
            for monitor in net.monitors.values():
                monitor.record()
        return
    executor, threads = ("eager", 1) if way == "eager" else ("cpu", 2 if way == "two threads" else 1)
    net.run(DT * steps, {"cells": current}, executor=executor, threads=threads)


PARTS: dict[str, Any] = {
    "all": None,
    "slice": (1, slice(3, 40, 5)),
    "list": (0, [1, 2, 64]),
    "mask": torch.arange(130).reshape(2, 65) % 7 == 0,
}


@settings(deadline=None, max_examples=40)
@given(
    parts=st.lists(WAYS, min_size=1, max_size=4),
    every=st.none() | st.integers(1, 9),
    start=st.none() | st.integers(0, 40),
    length=st.none() | st.integers(1, 90),
    part=st.sampled_from(list(PARTS)),
    window=st.none() | st.integers(1, 6),
    reset=st.integers(0, 6),
)
def test_what_is_chosen_is_a_slice_of_all(
    parts: list[tuple[str, int]],
    every: int | None,
    start: int | None,
    length: int | None,
    part: str,
    window: int | None,
    reset: int,
) -> None:
    """By hand, eager, native on one and two threads, in pieces, with a reset of the network's objects in between."""
    net, cells = network()
    m, begin = every or 1, start or 0
    stop = None if length is None else begin + length
    chosen = cns.Monitor(
        cells, ["s", "u", "threshold"], neurons=PARTS[part],
        every=None if every is None else every * DT, start=None if start is None else start * DT,
        stop=None if stop is None else stop * DT, window=None if window is None else window * m * DT,
    )  # fmt: skip
    full = net.add_monitor(cns.Monitor(cells, ["s", "u"]), "full")
    net.add_monitor(chosen, "chosen")
    steps: list[int] = []
    for k, (way, count) in enumerate(parts):
        if k == reset:
            cells.reset_state_variables()
            net.connections["rec"].reset_state_variables()
        first = cells.steps
        advance(net, way, count)
        steps += range(first, first + count)
    step = np.array(steps)
    inside = (step >= begin) & (step < (stop if stop is not None else 2**40))
    due = np.flatnonzero(inside & ((step - begin) % m == 0))
    covered = np.flatnonzero(inside)
    if window is not None:
        due, covered = due[-window:], covered[-window * m :]
    index = np.arange(130).reshape(2, 65)
    place = (
        index if PARTS[part] is None else index[np.asarray(PARTS[part]) if part == "mask" else PARTS[part]]
    ).ravel()
    if not len(covered):
        with pytest.raises(errors.StateError, match=r"record\(\) before get"):
            chosen.get("s")
        return
    u, s = full.get("u").reshape(len(step), -1), full.get("s").reshape(len(step), -1)
    if len(due):
        assert torch.equal(chosen.get("u").reshape(len(due), -1), u[due][:, place])
        assert chosen.get("threshold").tolist() == [-55.0] * len(due)
        assert chosen.times("u").tolist() == (step[due] * DT).tolist()
    assert len(chosen) == len(due)
    assert torch.equal(chosen.get("s").reshape(len(covered), -1), s[covered][:, place])
    assert chosen.times("s").tolist() == (step[covered] * DT).tolist()
    row, neuron = s[covered][:, place].nonzero(as_tuple=True)
    times, which = chosen.spikes()
    assert (times.tolist(), which.tolist()) == ((step[covered] * DT)[row.numpy()].tolist(), neuron.tolist())
    assert chosen.neurons.tolist() == place.tolist()


def test_copies_and_pickles_go_on() -> None:
    net, _ = network()
    net.add_monitor(cns.Monitor(net.layers["cells"], ["s", "u", cns.Mean("u")], every=2.0, start=3.0), "m")
    advance(net, "cpu", 33)
    twins = [copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
    advance(net, "cpu", 41)
    for twin in twins:
        advance(twin, "hand", 41)
        for name in ("u", "s", "mean(u)"):
            assert torch.equal(twin.monitors["m"].get(name), net.monitors["m"].get(name))
        assert torch.equal(twin.monitors["m"].times("u"), net.monitors["m"].times("u"))


@pytest.mark.parametrize("way", ["eager", "cpu", "two threads"])
def test_of_a_connection(way: str) -> None:
    """Weights do not change in a run, the current does; both are taken at the same times."""
    net, _ = network()
    rec = net.connections["rec"]
    full = net.add_monitor(cns.Monitor(rec, ["current"]), "full")
    some = net.add_monitor(cns.Monitor(rec, ["w", "current"], every=2.5, start=5.0, stop=40.0), "some")
    advance(net, way, 30)
    advance(net, "hand", 7)
    advance(net, way, 60)
    rows = slice(10, 80, 5)
    assert torch.equal(some.get("current"), full.get("current")[rows])
    assert some.get("w").tolist() == [0.5] * 14
    assert some.times("w").tolist() == (np.arange(97)[rows] * DT).tolist()
    assert (some.unit("w"), some.unit("current")) == ("nA", "nA")


def test_only_what_is_asked_for_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A native run has room for the rows that are due, and reads no spikes from outside of start ... stop."""
    net, cells = network()
    net.add_monitor(cns.Monitor(cells, ["s", "u"], every=50.0, start=100.0, stop=200.0), "m")
    from cnsproject.network.native import NativeRun

    seen: list[tuple[int, int]] = []
    rooms: list[int] = []
    events, room = NativeRun._events, NativeRun._make_room

    def spied(self: Any, layer: str, obj: Any, first: int, last: int, origin: int) -> Any:
        seen.append((first, last))
        return events(self, layer, obj, first, last, origin)

    def measured(self: Any, plan: Any, steps: int) -> int:
        found = room(self, plan, steps)
        rooms.append(len(self.arrays["m[cells.u]"]))
        return found

    monkeypatch.setattr(NativeRun, "_events", spied)
    monkeypatch.setattr(NativeRun, "_make_room", measured)
    net.run(500.0, {"cells": 18.0}, executor="cpu")
    assert rooms == [2]
    assert {step for first, last in seen for step in range(first, last)} == set(range(200, 400))
    assert "m[cells.u][(step - 200) / 100] = cells.u from step 200 until step 400" in str(net.plan())


def test_before_the_first_step() -> None:
    """What is recorded before it has the time -dt; with a start it is left out."""
    population = cns.LIFPopulation(1, dt=DT)
    one, other = cns.Monitor(population, ["u"]), cns.Monitor(population, ["u"], start=0.0)
    for monitor in (one, other):
        monitor.record()
    population.forward(0.0)
    for monitor in (one, other):
        monitor.record()
    assert one.times("u").tolist() == [-DT, 0.0]
    assert other.times("u").tolist() == [0.0]


def test_dt_may_come_later() -> None:
    population = cns.LIFPopulation(2)
    monitor = cns.Monitor(population, ["u"], every=1.0)
    assert len(monitor) == 0
    population.dt = DT
    for _ in range(5):
        population.forward(0.0)
        monitor.record()
    assert monitor.times("u").tolist() == [0.0, 1.0, 2.0]


def lif(dt: float | None = DT) -> cns.LIFPopulation:
    return cns.LIFPopulation(4, dt=dt, name="exc")


def late_dt() -> Any:
    population = lif(None)
    cns.Monitor(population, ["u"], every=1.0).record()


def other_dt() -> Any:
    population = lif()
    monitor = cns.Monitor(population, ["u"], every=1.0)
    population.forward(0.0)
    monitor.record()
    population.dt = 0.1
    monitor.record()


class Plain:
    x = 1.0


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "every off the grid": (lambda: cns.Monitor(lif(), ["u"], every=0.7), errors.TimeGridError, ["exc", "every", "0.7 ms", "dt=0.5", "use 0.5 or 1 ms"]),
    "every below a step": (lambda: cns.Monitor(lif(), ["u"], every=1e-9), errors.TimeGridError, ["every", "at least one step"]),
    "every zero": (lambda: cns.Monitor(lif(), ["u"], every=0), errors.ParameterError, ["exc", "every", "0"]),
    "every text": (lambda: cns.Monitor(lif(), ["u"], every="1"), errors.ArgumentError, ["every", "'1'"]),  # type: ignore[arg-type]
    "every nan": (lambda: cns.Monitor(lif(), ["u"], every=float("nan")), errors.ParameterError, ["every", "nan"]),
    "start negative": (lambda: cns.Monitor(lif(), ["u"], start=-1), errors.ParameterError, ["start", "-1 ms"]),
    "start off the grid": (lambda: cns.Monitor(lif(), ["u"], start=0.3), errors.TimeGridError, ["start", "0.3 ms"]),
    "stop before start": (lambda: cns.Monitor(lif(), ["u"], start=5, stop=5), errors.ParameterError, ["stop", "5 ms", "start = 5 ms"]),
    "stop zero": (lambda: cns.Monitor(lif(), ["u"], stop=0), errors.ParameterError, ["stop", "0 ms"]),
    "window no multiple": (lambda: cns.Monitor(lif(), ["u"], every=2, window=5), errors.TimeGridError, ["window", "5 ms", "every = 2 ms", "use 6 ms"]),
    "window zero": (lambda: cns.Monitor(lif(), ["u"], window=0), errors.ParameterError, ["window", "0"]),
    "neurons out of range": (lambda: cns.Monitor(lif(), ["u"], neurons=[9]), errors.ArgumentError, ["exc", "neurons", "(4,)"]),
    "neurons twice": (lambda: cns.Monitor(lif(), ["u"], neurons=[1, 1]), errors.ParameterError, ["neurons", "ascend"]),
    "no neurons": (lambda: cns.Monitor(lif(), ["u"], neurons=slice(0, 0)), errors.ParameterError, ["neurons", "at least one"]),
    "neurons of a connection": (lambda: cns.Monitor(cns.DenseConnection(lif(), lif()), ["w"], neurons=[0]), errors.ArgumentError, ["neurons", "no population"]),
    "every of a plain object": (lambda: cns.Monitor(Plain(), ["x"], every=1.0), errors.ArgumentError, ["Plain", "without time steps"]),
    "times of a plain object": (lambda: cns.Monitor(Plain(), ["x"]).times("x"), errors.StateError, ["Plain", "without time steps"]),
    "unknown keyword": (lambda: cns.Monitor(lif(), ["u"], evry=1), errors.ArgumentError, ["'every'"]),  # type: ignore[call-arg]
    "dt not known": (late_dt, errors.StateError, ["exc", "dt"]),
    "dt changed": (other_dt, errors.StateError, ["exc", "dt = 0.1", "0.5 ms", "reset_state_variables"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_memory_counts_what_is_chosen(executor: str) -> None:
    """What is said before a run is what is held after it."""
    net, cells = network()
    monitor = net.add_monitor(cns.Monitor(cells, ["u"], every=2.0, start=10.0, stop=2500.0), "m")
    windowed = net.add_monitor(cns.Monitor(cells, ["u"], every=2.0, window=20.0), "w")

    def said(time: float | None) -> dict[str, int]:
        return {item.owner: item.then for item in net.memory(time).items if item.what == "recording of u"}

    assert said(100.0) == {"monitor m": 256 * 130 * 4, "monitor w": 10 * 130 * 4}  # the least that is made at once
    expected = said(3000.0)
    assert expected == {"monitor m": 1245 * 130 * 4, "monitor w": 10 * 130 * 4}
    net.run(3000.0, executor=executor)
    held = {"monitor m": monitor, "monitor w": windowed}
    assert said(None) == expected
    for name, each in held.items():
        assert each._series is not None
        assert each._series.data["u"].numpy().nbytes == expected[name]
    assert len(monitor) == 1245


def test_a_table_says_what_is_chosen() -> None:
    net, cells = network()
    net.add_monitor(cns.Monitor(cells, ["u"], every=2.0, start=10.0, stop=2500.0, window=100.0), "m")
    text = " ".join(str(net.describe()).split())
    assert "every 2 ms from 10 ms until 2500 ms" in text and "the last 200 steps kept" in text
