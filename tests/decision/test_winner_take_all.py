"""Competition between neurons: by hand, eagerly and natively as a plain loop in Python has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject.decision.decision import AbstractDecision, WinnerTakeAllDecision
from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError, TimeGridError, UnknownNameError

STEPS, TAU, THRESHOLD, REFRACTORY = 16, 4.0, 8.0, 2
STATES = ("s", "u", "traces", "refractory_left")


def groups(shape: tuple[int, ...], among: str) -> list[list[int]]:
    """Indices of the neurons of every group, from the coordinates of each."""
    found: dict[Any, list[int]] = {}
    for index, at in enumerate(np.ndindex(*shape)):
        key = {"all": 0, "positions": at[1:], "maps": at[0]}[among]
        found.setdefault(key, []).append(index)
    return list(found.values())


class Plain:
    """Leaky neurons with a decision, one after the other. All numbers are exact in float64, so that sums may differ."""

    def __init__(self, shape: tuple[int, ...], decision: cns.WinnerTakeAll) -> None:
        self.decision, self.groups = decision, groups(shape, decision.among)
        n = math.prod(shape)
        self.u, self.quiet, self.step = [0.0] * n, [0] * n, 0
        self.wins: dict[int, int] = {}

    def advance(self, current: np.ndarray[Any, Any]) -> set[int]:
        active = [q == 0 for q in self.quiet]
        self.quiet = [max(0, q - 1) for q in self.quiet]
        for i, given in enumerate(current):
            self.u[i] += (given - self.u[i]) / TAU if active[i] else 0.0
        reached = {i for i, u in enumerate(self.u) if active[i] and u >= THRESHOLD}
        fired: set[int] = set()
        for group in self.groups:
            incumbents = {i for i in group if i in self.wins and self.step - self.wins[i] <= self.decision.hold}
            fired |= reached & incumbents
            others = sorted(reached.intersection(group) - incumbents, key=lambda i: (-self.u[i], i))
            fired |= set(others[: max(0, self.decision.k - len(incumbents))])
        for i in reached if self.decision.losers == "reset" else fired:
            self.u[i], self.quiet[i] = 0.0, REFRACTORY
        for i in fired:
            self.wins[i] = self.step
        self.step += 1
        return fired


def population(shape: tuple[int, ...], decision: cns.WinnerTakeAll | None, **more: Any) -> cns.LIFPopulation:
    return cns.LIFPopulation(
        shape, tau=TAU, u_rest=0.0, threshold=THRESHOLD, refractory=REFRACTORY, dtype=torch.float64, decision=decision,
        **more,
    )  # fmt: skip


def recorded(layer: cns.LIFPopulation, current: np.ndarray[Any, Any], executor: str, threads: int) -> dict[str, Any]:
    net = cns.Network(dt=1.0)
    net.add_layer(layer, "cells")
    names = [*STATES, *["hold_left"] * ("hold_left" in layer.states)]
    monitor = net.add_monitor(cns.Monitor(layer, names), "cells")
    net.run(len(current), {"cells": current}, executor=executor, threads=threads)
    return {name: monitor.get(name).numpy() for name in names}


def by_hand(layer: cns.LIFPopulation, current: np.ndarray[Any, Any]) -> Iterator[dict[str, Any]]:
    layer.dt = 1.0
    for row in current:
        layer.forward(torch.as_tensor(row).reshape(layer.shape))
        yield {name: getattr(layer, name).numpy() for name in ("s", *layer.states)}


@drawn(
    shape=st.sampled_from([(150,), (3, 10, 5), (9, 4, 5)]),
    k=st.integers(1, 4),
    among=st.sampled_from(["all", "positions", "maps"]),
    hold=st.sampled_from([0.0, 2.0, math.inf]),
    losers=st.sampled_from(["reset", "keep"]),
    levels=st.integers(1, 60),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=10, deadline=None)
def test_every_way_to_run_is_the_plain_loop(
    shape: tuple[int, ...], k: int, among: Any, hold: float, losers: Any, levels: int, seed: int
) -> None:
    decision = cns.WinnerTakeAll(k, among=among if len(shape) == 3 else "all", hold=hold, losers=losers)
    # Few levels make many equal membranes.
    current = np.random.default_rng(seed).integers(0, levels + 1, (STEPS, math.prod(shape))) * (60.0 / levels)
    plain, hand = Plain(shape, decision), by_hand(population(shape, decision), current)
    eager = recorded(population(shape, decision), current, "eager", 1)
    native = [recorded(population(shape, decision), current, "cpu", threads) for threads in (1, 3)]
    for step, (row, mine) in enumerate(zip(current, hand, strict=True)):
        fired = plain.advance(row)
        assert set(np.flatnonzero(mine["s"])) == fired
        assert mine["u"].ravel().tolist() == plain.u
        for other in (eager, *native):
            for name, value in mine.items():
                assert np.array_equal(other[name][step].reshape(value.shape), value), (name, step)


@pytest.mark.parametrize(("shape", "among"), [((40,), "all"), ((4, 2, 5), "positions"), ((4, 2, 5), "maps")])
def test_the_compiled_step_by_hand_is_the_one_of_torch(shape: tuple[int, ...], among: Any) -> None:
    current = np.random.default_rng(3).integers(0, 60, (STEPS, 40)).astype(float)
    decision = cns.WinnerTakeAll(2, among=among, hold=2.0)
    torch_steps = recorded(population(shape, decision), current, "eager", 1)
    warmed = population(shape, decision, dt=1.0)
    warmed.warm()
    assert warmed._ready["after"].hand is not None
    for step, mine in enumerate(by_hand(warmed, current)):
        for name, value in mine.items():
            assert np.array_equal(value, torch_steps[name][step].reshape(shape)), (name, step)


@pytest.mark.parametrize("losers", ["reset", "keep"])
def test_where_all_may_win_nothing_changes(losers: Any) -> None:
    current = np.random.default_rng(1).uniform(0, 40, (60, 70))
    free = recorded(population((70,), None), current, "cpu", 1)
    for executor in ("eager", "cpu"):
        all_win = recorded(population((70,), cns.WinnerTakeAll(70, losers=losers)), current, executor, 2)
        assert free["s"].any() and all(np.array_equal(free[name], all_win[name]) for name in STATES)


def exponential() -> cns.ELIFPopulation:
    return cns.ELIFPopulation(70, u=cns.Uniform(-70, -50), rng=2, decision=cns.WinnerTakeAll(2, hold=3.0))


def without_reset() -> cns.FitzHughNagumoPopulation:
    start = cns.Uniform(-2, 0)
    return cns.FitzHughNagumoPopulation(70, u=start, spike_trace=False, rng=2, decision=cns.WinnerTakeAll(2))


@pytest.mark.parametrize("make", [exponential, without_reset])
def test_other_models_by_hand_and_natively(make: Any) -> None:
    """One whose last bits only native code gives, and one after whose decision nothing follows."""
    hand, steps = make(), 150
    hand.dt = 0.1
    net = cns.Network(dt=0.1)
    layer = net.add_layer(make(), "cells")
    monitor = net.add_monitor(cns.Monitor(layer, ["s", "u"]), "cells")
    net.run(steps * 0.1, {"cells": 30.0}, executor="cpu", threads=2)
    spikes = monitor.get("s")
    assert 0 < spikes.sum(1).max() <= 2
    for step in range(steps):
        hand.forward(30.0)
        assert torch.equal(hand.s, spikes[step]) and torch.equal(hand.u, monitor.get("u")[step])


def test_a_model_of_your_own_takes_one() -> None:
    cells = cns.Population(
        "dv/dt = (E - v + R*I)/tau : mV", shape=5, threshold="v > -50", reset="v = E", dt=1.0,
        parameters={"tau": "5 ms", "R": "2 MOhm", "E": "-60 mV"}, decision=cns.WinnerTakeAll(2),
    )  # fmt: skip
    for _ in range(3):
        cells.forward(torch.tensor([5.0, 30.0, 0.0, 50.0, 40.0]))
        if cells.s.any():
            break
    assert cells.s.tolist() == [False, False, False, True, True]


def test_compute_and_update_say_the_same_of_tensors() -> None:
    decision, hold_left = WinnerTakeAllDecision(2, hold=2.0), None
    cells = population((6,), decision, dt=1.0)
    for row in np.random.default_rng(0).integers(0, 60, (STEPS, 6)):
        free = population((6,), None, dt=1.0)
        free.u, free.refractory_left = cells.u, cells.refractory_left
        before = torch.where(free.refractory_left > 0, free.u, free.u + (torch.as_tensor(row) - free.u) / TAU)
        free.forward(torch.as_tensor(row))
        winners = decision.compute(free.s, before, hold_left)
        hold_left = decision.update(winners, hold_left, dt=1.0)
        cells.forward(torch.as_tensor(row))
        assert torch.equal(cells.s, winners) and torch.equal(cells.hold_left.float(), hold_left)
    assert isinstance(decision, AbstractDecision)
    maps = cns.WinnerTakeAll(among="maps").compute(torch.ones(2, 1, 3), torch.arange(6.0).reshape(2, 1, 3))
    assert maps.reshape(-1).nonzero().ravel().tolist() == [2, 5]


def test_rows_of_a_batch_compete_apart() -> None:
    current = torch.tensor(np.random.default_rng(4).integers(0, 60, (STEPS, 3, 8)), dtype=torch.float64)
    decision = cns.WinnerTakeAll(1, hold=4.0)
    batch = population((8,), decision, dt=1.0)
    batch.reset_state_variables(batch=3)
    rows = [population((8,), decision, dt=1.0) for _ in range(3)]
    for given_now in current:
        batch.forward(given_now)
        for row, one in zip(given_now, rows, strict=True):
            one.forward(row)
        assert torch.equal(batch.s, torch.stack([one.s for one in rows]))
        assert torch.equal(batch.hold_left, torch.stack([one.hold_left for one in rows]))


def test_the_first_winner_stays_until_the_reset() -> None:
    cells = cns.LIFPopulation(4, dt=1.0, decision=cns.WinnerTakeAll(hold=math.inf))
    net = cns.Network(dt=1.0)
    net.add_layer(cells, "cells")
    spikes = net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
    late = np.tile([20.0, 0.0, 22.0, 21.0], (100, 1))
    net.run(100, {"cells": late})
    late[:, 2] = 0.0  # it holds its place though it fires no more
    net.run(100, {"cells": late})
    assert spikes.get("s").any(0).tolist() == [False, False, True, False]
    net.reset_state_variables()
    assert cells.hold_left.tolist() == [0.0] * 4
    net.run(100, {"cells": late})
    assert cells.hold_left.tolist() == [0.0, 0.0, 0.0, math.inf]


def test_saved_and_resumed_in_the_middle(tmp_path: Path) -> None:
    current = np.random.default_rng(8).integers(0, 60, (2 * STEPS, 150)).astype(float)
    make = lambda: population((3, 10, 5), cns.WinnerTakeAll(2, among="maps", hold=5.0))  # noqa: E731
    whole = recorded(make(), current, "cpu", 1)
    net = cns.Network(dt=1.0)
    layer = net.add_layer(make(), "cells")
    net.run(STEPS, {"cells": current[:STEPS]})
    net.save(tmp_path / "net.cns")
    before = net.state()
    for other in (cns.Network.load(tmp_path / "net.cns"), net):
        cells: Any = other.layers["cells"]
        assert cells.decision == cns.WinnerTakeAll(2, among="maps", hold=5.0)
        monitor = other.add_monitor(cns.Monitor(cells, ["s", "hold_left"]), "later")
        other.run(STEPS, {"cells": current[STEPS:]})
        assert np.array_equal(monitor.get("s").numpy(), whole["s"][STEPS:])
        assert np.array_equal(monitor.get("hold_left").numpy(), whole["hold_left"][STEPS:])
    ended = layer.hold_left.clone()
    del net.monitors["later"]
    net.restore(before)
    assert not torch.equal(layer.hold_left, ended)


def test_it_is_told() -> None:
    net = cns.Network(dt=0.5)
    net.add_layer(cns.LIFPopulation((2, 3, 3), decision=cns.WinnerTakeAll(among="positions", hold=10)), "features")
    net.add_layer(cns.LIFPopulation(5, decision=cns.WinnerTakeAll(3, losers="keep", hold=math.inf)), "cells")
    plan = str(net.plan())
    assert "features.s <- step(features.input), at most 1 winner at each place for 10 ms, others reset\n" in plan
    assert "cells.s <- step(cells.input), at most 3 winners until the reset, others kept" in plan
    assert "at most 1 winner at each place for 10 ms" in " ".join(str(net.describe()).split())
    layers = net.provenance()["layers"]
    assert layers["features"]["decision"] == "WinnerTakeAll(k=1, among='positions', hold=10.0, losers='reset')"
    states = {item.owner: item.now for item in net.memory().items if item.what == "states"}
    assert states["layer cells"] == 5 * (1 + 3 * 4)  # s, and u, traces, hold_left


def test_replicas_do_not_compete() -> None:
    twin = cns.LIFPopulation((2, 2, 2), decision=cns.WinnerTakeAll(among="maps", hold=5)).replicas(3, dt=1.0)
    twin.forward(1000.0)
    assert twin.s.tolist() == [True] * 3 and "hold_left" not in twin.states


WRONG: list[tuple[Any, type[CnsError], str]] = [
    (lambda: cns.WinnerTakeAll(0), ParameterError, "whole number >= 1"),
    (lambda: cns.WinnerTakeAll(k=1.5), ParameterError, "whole number"),  # type: ignore[arg-type]
    (lambda: cns.WinnerTakeAll(among="map"), UnknownNameError, "did you mean 'maps'"),  # type: ignore[arg-type]
    (lambda: cns.WinnerTakeAll(losers="drop"), UnknownNameError, "reset, keep"),  # type: ignore[arg-type]
    (lambda: cns.WinnerTakeAll(hold=-1.0), ParameterError, "a time >= 0"),
    (lambda: cns.WinnerTakeAll(hold=math.nan), ParameterError, "finite"),
    (lambda: cns.WinnerTakeAll(winners=2), ArgumentError, "among"),  # type: ignore[call-arg]
    (lambda: cns.LIFPopulation(5, decision=cns.WinnerTakeAll(among="maps")), ShapeError, "three axes"),
    (lambda: cns.LIFPopulation(5, decision=2), ArgumentError, "decision=cns.WinnerTakeAll"),  # type: ignore[arg-type]
    (lambda: cns.InputPopulation(5, decision=cns.WinnerTakeAll()), ArgumentError, "decision"),  # type: ignore[call-arg]
    (
        lambda: cns.LIFPopulation(5, dt=1.0, decision=cns.WinnerTakeAll(hold=1.5)).forward(1.0),
        TimeGridError,
        "use 1 or 2 ms",
    ),
    (lambda: cns.Network(decision=cns.WinnerTakeAll()), ArgumentError, "give it to the population"),  # type: ignore[call-arg]
    (lambda: cns.WinnerTakeAll().compute(torch.ones(3), torch.ones(4)), ShapeError, "that of the spikes"),
    (
        lambda: cns.LIFPopulation(2, dt=1.0, decision=cns.WinnerTakeAll()).forward(torch.ones(2, requires_grad=True)),
        ArgumentError,
        "no gradient",
    ),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG)
def test_what_is_wrong_is_told(make: Any, kind: type[CnsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()
