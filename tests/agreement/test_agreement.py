"""Hand loop, eager and native: the same spikes, the same states, bit by bit, however the steps are divided."""

from __future__ import annotations

import copy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject.dynamics import registry
from cnsproject.network import native as native_module

sys.path.insert(0, str(Path(__file__).parent))
from networks import (
    KIND,
    MODELS,
    Built,
    Case,
    assert_same,
    assert_same_states,
    build,
    by_hand,
    cases,
    covering_cases,
    inputs,
    kinds,
    part,
    states,
)

STEPS = 60


def run(built: Built, case: Case, first: int, last: int, way: str) -> None:
    """Some steps: by hand, eagerly, or natively with so many threads."""
    given = part(inputs(case, STEPS), first, last)
    if way == "hand":
        by_hand(built, given, last - first)
    else:
        executor, threads = ("eager", 1) if way == "eager" else ("cpu", int(way))
        built.net.run((last - first) * case.dt, given, executor=executor, threads=threads)


def one_run(case: Case, way: str) -> Built:
    built = build(case)
    run(built, case, 0, STEPS, way)
    return built


def check_ways(case: Case) -> Built:
    """By hand, eager, and one to three threads."""
    hand = one_run(case, "hand")
    for way in ("eager", "1", "2", "3"):
        assert_same(hand, one_run(case, way))
    return hand


def in_small_chunks(whole: Built, case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_module, "_FIRST_CHUNK", 7)
        patch.setattr(native_module, "_FIRST_NEURONS", 0)
        patch.setattr(native_module, "CHUNK_SECONDS", 0.0)
        assert_same(whole, one_run(case, "2"))


def in_pieces(whole: Built, case: Case, ways: tuple[str, ...] = ("2", "hand", "3", "eager", "1")) -> None:
    built, length = build(case), STEPS // len(ways)
    for k, way in enumerate(ways):
        run(built, case, k * length, STEPS if k == len(ways) - 1 else (k + 1) * length, way)
    assert_same(whole, built)


def from_a_checkpoint(whole: Built, case: Case, at: int = 23, ways: tuple[str, str] = ("2", "1")) -> None:
    first, again = build(case), build(case)
    run(first, case, 0, at, ways[0])
    again.net.load_state_dict(copy.deepcopy(first.net.state_dict()))
    run(again, case, at, STEPS, ways[1])
    assert_same_states(whole, again)


def from_a_file(whole: Built, case: Case, at: int = 23, ways: tuple[str, str, str] = ("2", "hand", "1")) -> None:
    """Saved after some steps, gone on with in another way, saved again, and gone on with in a third."""
    built = build(case)
    run(built, case, 0, at, ways[0])
    with tempfile.TemporaryDirectory() as folder:
        for first, last, way in ((at, at + 15, ways[1]), (at + 15, STEPS, ways[2])):
            built.net.save(Path(folder) / "net")
            net = cns.Network.load(Path(folder) / "net")
            assert str(net.describe()) == str(built.net.describe())
            built = Built(net, net.connections["tested"], built.seeds)
            run(built, case, first, last, way)
    assert_same(whole, built)


def back_and_again(whole: Built, case: Case) -> None:
    """A branch that is left again leaves no trace."""
    built = build(case)
    run(built, case, 0, 17, "1")
    state = built.net.state()
    for way in ("2", "hand"):
        run(built, case, 30, 50, way)
        built.net.restore(state)
    run(built, case, 17, STEPS, "2")
    assert_same(whole, built)


def as_a_copy(whole: Built, case: Case) -> None:
    first = build(case)
    run(first, case, 0, 20, "2")
    twin = copy.deepcopy(first)
    run(first, case, 20, 40, "1")
    run(twin, case, 20, STEPS, "2")
    assert_same(whole, twin)


def after_a_reset(whole: Built, case: Case) -> None:
    built = build(case)
    weights = built.tested.w.clone()
    run(built, case, 0, 31, "2")
    built.net.reset_state_variables()
    if built.tested.learner:
        built.tested.w[...] = weights  # what was learned is no state
    run(built, case, 0, STEPS, "1")
    assert_same(whole, built)


DETOURS: tuple[Callable[[Built, Case], None], ...] = (
    in_small_chunks,
    in_pieces,
    from_a_checkpoint,
    back_and_again,
    as_a_copy,
    after_a_reset,
)
QUICK = covering_cases()
PARTS = 16  # of the full matrix, for workers to share


def in_turns() -> list[object]:
    """All places; a quarter, odd ones and even ones, is what the quick version runs."""
    marks = [[pytest.mark.slow] if place % 8 not in (0, 5) else [] for place in range(len(QUICK))]
    return [pytest.param(k, id=str(case), marks=m) for k, (case, m) in enumerate(zip(QUICK, marks, strict=True))]


@pytest.mark.parametrize("place", in_turns())
def test_all_ways_agree(place: int) -> None:
    whole = check_ways(QUICK[place])
    if place % 2:
        from_a_file(whole, QUICK[place])
    else:
        DETOURS[place // 2 % len(DETOURS)](whole, QUICK[place])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_case_goes_on_from_a_file(part: int) -> None:
    for case in QUICK[part::PARTS]:
        from_a_file(one_run(case, "hand"), case)


@pytest.mark.slow
def test_the_cases_are_not_silent() -> None:
    """Equality of nothing would prove little: most targets fire, and most connections under test deliver."""
    fired: list[str] = []
    depleted: list[bool] = []
    delivered = 0
    for case in QUICK:
        built = one_run(case, "1")
        if "resources" in states(built.tested):
            depleted.append(bool((built.net.monitors["tested"].get("resources") < 0.8).any()))
        fired += [case.kind.population] * bool(built.net.monitors["target"].get("s").any())
        delivered += bool(built.net.monitors["tested"].get(built.tested.dynamics.output).any())
    assert len(fired) > 0.8 * len(QUICK)
    assert set(fired) == {*KIND["population"], *MODELS}
    assert delivered > 0.8 * len(QUICK)
    assert sum(depleted) > 0.8 * len(depleted) > 20


def test_every_kind_occurs_and_every_model_of_ours() -> None:
    assert {case.kind for case in QUICK} == set(kinds())
    registered = {model for model in registry.MODELS if model.states}
    assert {cns.LIFPopulation.dynamics, *(model.dynamics for model, _, _ in MODELS.values())} == registered


WAYS = st.sampled_from(["hand", "eager", "1", "2", "3"])


MIXED = (cases(), st.lists(WAYS, min_size=2, max_size=5), st.integers(1, STEPS - 1))


def check_mixture(case: Case, ways: list[str], at: int) -> None:
    whole = one_run(case, ways[0])
    in_pieces(whole, case, tuple(ways))
    from_a_checkpoint(whole, case, at, (ways[0], ways[1]))


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(*MIXED)
def test_any_case_in_any_mixture_of_ways(case: Case, ways: list[str], at: int) -> None:
    check_mixture(case, ways, at)


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(*MIXED)
def test_many_cases_in_any_mixture_of_ways(case: Case, ways: list[str], at: int) -> None:
    check_mixture(case, ways, at)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_triple_of_factors(part: int) -> None:
    """As above, with every combination of three factors, and every detour."""
    for case in covering_cases(strength=3)[part::PARTS]:
        whole = check_ways(case)
        for detour in DETOURS:
            detour(whole, case)


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


def sources_and_target(delay: object = 0.0, late: bool = False) -> tuple[cns.Network, cns.Connection, cns.Monitor]:
    """Two given sources onto two neurons; what arrives is gone after a step."""
    net = cns.Network(dt=1.0)
    layers = {"pre": cns.InputPopulation(2), "post": cns.LIFPopulation(2)}
    for name in ("post", "pre") if late else ("pre", "post"):
        net.add_layer(layers[name], name)
    synapse = cns.ExponentialCurrent(tau=1e-3)
    connection = cns.Connection(layers["pre"], layers["post"], synapse=synapse, delay=delay)
    net.add_connection(connection)
    return net, connection, net.add_monitor(cns.Monitor(connection, ["current"]), "m")


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_spikes_left_undelivered_by_hand_arrive(executor: str) -> None:
    """pre was stepped alone before: all its spikes arrive in the first step of the run."""
    net, _, monitor = sources_and_target()
    for _ in range(5):
        net.layers["pre"].forward(torch.tensor([1, 1]))
    net.run(6, executor=executor)
    assert monitor.get("current")[:, 0].tolist() == [10.0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize(("delay", "late"), [(0.0, True), (3.0, False), ([1.0, 2.0, 3.0, 0.0], True)])
def test_a_connection_that_was_reset_forgets_what_was_on_the_way(executor: str, delay: object, late: bool) -> None:
    net, connection, monitor = sources_and_target(delay, late)
    net.run(4, {"pre": torch.ones(4, 2)}, executor=executor)
    connection.reset_state_variables()
    net.run(4, {"pre": torch.zeros(4, 2)}, executor=executor)
    assert monitor.get("current")[:4].any()
    assert not monitor.get("current")[4:].any()


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_connection_made_late_delivers_nothing_from_before(executor: str) -> None:
    net, first, _ = sources_and_target(3.0)
    net.run(4, {"pre": torch.ones(4, 2)}, executor=executor)
    second = cns.Connection(first.pre, first.post, synapse=cns.ExponentialCurrent(tau=1e-3), delay=2.0)
    net.add_connection(second)
    monitor = net.add_monitor(cns.Monitor(second, ["current"]), "second")
    net.run(4, {"pre": torch.tensor([[0, 1], [0, 0], [0, 0], [0, 0]])}, executor=executor)
    assert monitor.get("current")[:, 0].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize("delay", [90.0, [90.0, 85.0, 0.0, 3.0]])
def test_a_checkpoint_keeps_spikes_with_a_long_way_to_go(executor: str, delay: object) -> None:
    first, again = sources_and_target(delay), sources_and_target(delay)
    spikes = torch.zeros(100, 2)
    spikes[0] = 1
    first[0].run(80, {"pre": spikes[:80]}, executor=executor)
    again[0].load_state_dict(first[0].state_dict())
    again[0].run(20, {"pre": spikes[80:]}, executor=executor)
    arrived = {k + 80: row.tolist() for k, row in enumerate(again[2].get("current")) if row.any()}
    assert arrived == ({90: [2.0, 2.0]} if delay == 90.0 else {85: [0.0, 1.0], 90: [1.0, 0.0]})


@pytest.mark.parametrize("threads", [1, 3])
def test_more_targets_than_fit_into_sixteen_bits(threads: int) -> None:
    net = cns.Network(dt=1.0)
    pre, post = net.add_layer(cns.InputPopulation(3), "pre"), net.add_layer(cns.LIFPopulation(70_000), "post")
    i, j = [0, 0, 2, 1], [69_999, 65_536, 65_535, 4464]
    connection = cns.Connection(pre, post, connectivity=cns.FromArrays(i, j, weight=[1.0, 2.0, 3.0, 4.0]))
    net.add_connection(connection)
    net.run(1, {"pre": torch.tensor([[1, 0, 1]])}, executor="cpu", threads=threads)
    found = connection.current.nonzero().flatten().tolist()
    assert dict(zip(found, connection.current[found].tolist(), strict=True)) == {65_535: 3.0, 65_536: 2.0, 69_999: 1.0}


def fading(dtype: torch.dtype) -> tuple[cns.Network, cns.Monitor]:
    """One volley, then silence: trace, currents and conductance fade until no normal number is left, u from 1e-30."""
    net = cns.Network(dt=1.0)
    pre = net.add_layer(cns.InputPopulation(3, tau_s=3.0, dtype=dtype), "pre")
    post = net.add_layer(cns.LIFPopulation(2, u_rest=0.0, threshold=9.0, u=1e-30, tau=4.0, dtype=dtype), "post")
    for k, synapse in enumerate((cns.ExponentialCurrent(3.0), cns.AlphaCurrent(2.0), cns.ExponentialConductance(3.0))):
        net.add_connection(cns.Connection(pre, post, synapse=synapse, weight=1e-3), name=f"c{k}")
    net.add_connection(cns.DenseConnection(pre, post, J=1e-3, tau_s=3.0), name="dense")
    return net, net.add_monitor(cns.Monitor(post, ["u"]), "m")


def test_what_has_all_but_faded_is_zero_in_all_ways(dtype: torch.dtype) -> None:
    """Else a silent network would be many times slower than a busy one, and never quite silent."""
    found, steps = [], 450 if dtype == torch.float32 else 3200
    for way in ("hand", "eager", "1", "2"):
        net, monitor = fading(dtype)
        pre, post = net.layers.values()
        first = torch.ones(1, 3)
        if way == "hand":
            for step in range(steps):
                pre.forward(torch.full((3,), step == 0))
                post.forward(sum(connection.compute() for connection in net.connections.values()))
                monitor.record()
        else:
            executor, threads = ("eager", 1) if way == "eager" else ("cpu", int(way))
            net.run(1, {"pre": first}, executor=executor, threads=threads)
            net.run(steps - 1, executor=executor, threads=threads)
        found.append([monitor.get("u"), pre.traces, *(c.current for c in net.connections.values())])
    for others in found[1:]:
        assert all(map(torch.equal, found[0], others))
    assert all(not values.any() for values in found[0][1:])
    recorded = found[0][0]
    assert not recorded[-1].any()
    assert recorded.abs()[recorded != 0].min() >= torch.finfo(dtype).tiny
