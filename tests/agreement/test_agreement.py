"""Hand loop, eager and native: the same spikes, the same states, bit by bit, however the steps are divided."""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent))
from networks import Case, assert_same, build, by_hand, cases, inputs, part

STEPS = 90
quick = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(cases())
def test_hand_eager_and_native_agree(case: Case) -> None:
    hand, eager, native = build(case), build(case), build(case)
    by_hand(hand, inputs(case, STEPS), STEPS)
    eager.net.run(STEPS * case.dt, inputs(case, STEPS), executor="eager")
    native.net.run(STEPS * case.dt, inputs(case, STEPS), executor="cpu")
    assert_same(hand, eager)
    assert_same(hand, native)


@quick
@given(cases(), st.lists(st.sampled_from(["hand", "eager", "cpu"]), min_size=2, max_size=5), st.integers(1, 40))
def test_any_mixture_of_ways_agrees(case: Case, ways: list[str], length: int) -> None:
    whole, mixed = build(case), build(case)
    total = length * len(ways)
    everything = inputs(case, total)
    whole.net.run(total * case.dt, everything, executor="cpu")
    for k, way in enumerate(ways):
        rows = part(everything, k * length, (k + 1) * length)
        if way == "hand":
            by_hand(mixed, rows, length)
        else:
            mixed.net.run(length * case.dt, rows, executor=way)
    assert_same(whole, mixed)


@quick
@given(cases(), st.integers(1, STEPS - 1))
def test_a_checkpoint_continues(case: Case, at: int) -> None:
    whole, first = build(case), build(case)
    everything = inputs(case, STEPS)
    whole.net.run(STEPS * case.dt, everything)
    first.net.run(at * case.dt, part(everything, 0, at))
    again = build(case)
    again.net.load_state_dict(first.net.state_dict())
    again.net.run((STEPS - at) * case.dt, part(everything, at, STEPS))
    for a, b in zip(whole.layers, again.layers, strict=True):
        assert torch.equal(a.u, b.u)
        assert torch.equal(a.traces, b.traces)


def report(executor: str | None) -> list[cns.Monitor]:
    """The report's loop advances con2 after the last layer: a run must take over in that phase."""
    net = cns.Network(dt=1.0)
    common = {"R": 10, "C": 10, "threshold": -55, "is_inhibitory": True}
    p1, p2 = (net.add_layer(cns.LIFPopulation(n, **common), name) for n, name in ((16, "p1"), (4, "p2")))
    con1 = net.add_connection(cns.DenseConnection(p1, p2, J=5, tau_s=10))
    con2 = net.add_connection(cns.DenseConnection(p2, p1, J=2, tau_s=10))
    monitors = [net.add_monitor(cns.Monitor(p, ["s", "u"]), name) for p, name in ((p1, "m1"), (p2, "m2"))]
    current = cns.step_function(1500, 3, 100)
    back = torch.tensor(0.0)
    for step in range(1500 if executor is None else 700):
        p1.forward(current[step] + back)
        p2.forward(current[step] + con1.compute())
        back = con2.compute()
        for monitor in monitors:
            monitor.record()
    if executor:
        net.run(800, {"p1": current[700:], "p2": current[700:]}, executor=executor)
    return monitors


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_run_takes_over_from_the_reports_loop(executor: str) -> None:
    for one, other in zip(report(None), report(executor), strict=True):
        assert torch.equal(one.get("s"), other.get("s"))
        assert torch.equal(one.get("u"), other.get("u"))


def test_spikes_left_undelivered_by_hand_arrive() -> None:
    """pre was stepped alone before: all its spikes arrive in the first step of the run."""
    nets = []
    for executor in ("eager", "cpu"):
        net = cns.Network(dt=1.0)
        pre, post = cns.InputPopulation(2), cns.LIFPopulation(2)
        net.add_layer(pre, "pre")
        net.add_layer(post, "post")
        connection = net.add_connection(cns.DenseConnection(pre, post, J=1.0))
        for _ in range(5):
            pre.forward(torch.tensor([1, 1]))
        monitor = net.add_monitor(cns.Monitor(connection, ["current"]), "m")
        net.run(6, {"pre": torch.zeros(6, 2)}, executor=executor)
        nets.append(monitor.get("current"))
    assert nets[0][0].tolist() == [5.0, 5.0]
    assert torch.equal(*nets)


def test_copies_run_on_their_own() -> None:
    links = ((0, 1, 2, "matrix"), (1, 0, 0, "shared"))
    case = Case(torch.float32, 1.0, (5, 3), (0.0, 2.0), (True, True), ("no", "yes"), "euler", links, "number", 1)
    built = build(case)
    built.net.run(20, inputs(case, 20))
    twin = copy.deepcopy(built)
    built.net.run(20, inputs(case, 20))
    twin.net.run(20, inputs(case, 20), executor="eager")
    assert_same(built, twin)
