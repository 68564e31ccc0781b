"""Learning rules: pairing protocols in closed form, by hand and in a network, whatever the connection."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors
from cnsproject.dynamics import learning_rules as declared
from cnsproject.network.inputs import read_input

GAPS = [-40.0, -10.0, -0.5, 0.0, 0.5, 10.0, 40.0]


def closed_form(gap: float, plus: float = 0.01, minus: float = 0.012) -> float:
    return plus * math.exp(-gap / 20) if gap >= 0 else -minus * math.exp(gap / 20)


@pytest.mark.parametrize("delay", [0.0, 3.5])
@pytest.mark.parametrize("bounds", ["none", "hard", "soft"])
def test_a_pair(bounds: Any, delay: float) -> None:
    rule = cns.STDP(bounds=bounds, w_min=0.1, w_max=0.8)
    found = cns.stdp_window(rule, GAPS, weight=0.5, delay=delay, dt=0.5)
    plus, minus = (0.01 * 0.3, 0.012 * 0.4) if bounds == "soft" else (0.01, 0.012)
    np.testing.assert_allclose(found.changes, [closed_form(gap, plus, minus) for gap in GAPS], atol=1e-6)


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize("kind", [cns.Connection, cns.DenseConnection])
@pytest.mark.parametrize("gap", [-1.0, 3.0, 6.0])
def test_a_dendritic_delay(executor: str, kind: Any, gap: float) -> None:
    """Of 6 ms 2 are dendritic: the synapse sees the source's spike 4 ms after it, and the target's 2 ms after it."""
    net = cns.Network(dt=1.0)
    pre = net.add_layer(cns.SpikeSource(1, [5.0], [0]), "pre")
    post = net.add_layer(cns.SpikeSource(1, [5.0 + 4 - 2 + gap], [0]), "post")
    rule = cns.STDP(bounds="none")
    given: dict[str, Any] = {"w": 0.5} if kind is cns.DenseConnection else {"weight": 0.5}
    con = net.add_connection(kind(pre, post, delay=6.0, dendritic=2.0, learning_rule=rule, **given))
    net.run(40.0, executor=executor)
    assert float(con.w) == pytest.approx(0.5 + closed_form(gap), abs=1e-6)


def test_weights_are_normalised_after_every_run() -> None:
    net = cns.Network(dt=1.0, seed=2)
    pre = net.add_layer(cns.PoissonPopulation((2, 4, 4), rate=80.0), "pre")
    post = net.add_layer(cns.PoissonPopulation((3, 3, 3), rate=80.0), "post")
    rule, given = cns.STDP(w_max=5.0), {"norm": 2.5, "learning_rule": cns.STDP(w_max=5.0)}
    dense = net.add_connection(cns.DenseConnection(pre, post, w=0.1, norm=2.5, learning_rule=rule), name="dense")
    some = cns.Connection(pre, post, connectivity=cns.FixedInDegree(4), weight=cns.Uniform(0, 1), **given)  # type: ignore[arg-type]
    net.add_connection(some, name="some")
    conv = cns.ConvolutionalConnection(pre, post, kernel_size=2, weight=cns.Uniform(0, 1), **given)  # type: ignore[arg-type]
    net.add_connection(conv, name="conv")
    for _ in range(2):
        net.run(50.0)
        onto = torch.zeros(27).index_add_(0, some.indices()[1], some.w)
        for total in (dense.w.sum((0, 1, 2)).reshape(-1), onto, conv.w.sum((1, 2, 3))):
            torch.testing.assert_close(total, torch.full_like(total, 2.5))
    assert dense.w.std() > 1e-3


def test_pairs_of_a_train_meet_all_spikes_or_the_nearest() -> None:
    """Two pairs 30 ms apart: each spike of the second meets one or both of the first."""
    rules = {pairing: cns.STDP(pairing=pairing, bounds="none") for pairing in ("all", "nearest")}
    found = {name: cns.stdp_window(rule, [10.0], pairs=2, every=30.0, dt=0.5) for name, rule in rules.items()}
    both = 2 * closed_form(10.0) + closed_form(-20.0)
    assert found["nearest"].changes[0] == pytest.approx(both, abs=1e-7)
    assert found["all"].changes[0] == pytest.approx(both + closed_form(40.0), abs=1e-7)


def test_triplets() -> None:
    """Post-pre-post and pre-post-pre, against the sums of Pfister & Gerstner 2006, eq. 3 and 4."""
    rule = cns.TripletSTDP(A_plus=1e-3, bounds="none")
    found = cns.stdp_window(rule, [10.0], pairs=2, every=30.0, dt=0.5).changes[0]
    pair = lambda a, t, tau: a * math.exp(-t / tau)  # noqa: E731
    first = pair(1e-3, 10, 16.8)
    arrival = -(7e-3 + pair(2.3e-4, 30, 101.0)) * math.exp(-20 / 33.7)
    second = (1e-3 + pair(6.2e-3, 30, 125.0)) * (math.exp(-10 / 16.8) + math.exp(-40 / 16.8))
    assert found == pytest.approx(first + arrival + second, abs=1e-6)


def test_vogels() -> None:
    found = cns.stdp_window(cns.VogelsSTDP(eta=0.01, tau=20.0, rate=5.0), GAPS, weight=0.5, dt=0.5)
    alpha = 2 * 5e-3 * 20
    expected = [0.01 * (math.exp(-abs(gap) / 20) - alpha) for gap in GAPS]
    np.testing.assert_allclose(found.changes, expected, atol=1e-6)


@pytest.mark.slow
def test_vogels_brings_the_target_to_its_rate() -> None:
    """Poisson excitation and inhibition of one neuron: inhibition grows until it fires at the rate that is wanted."""
    net = cns.Network(dt=1.0, seed=3)
    cell = net.add_layer(cns.LIFPopulation(30, tau=20, refractory=2.0), "cell")
    source = net.add_layer(cns.PoissonPopulation(40, rate=20.0, is_inhibitory=True), "source")
    rule = cns.VogelsSTDP(eta=0.3, rate=10.0, w_max=50.0)
    net.add_connection(cns.DenseConnection(source, cell, w=0.0, tau_s=5.0, learning_rule=rule))
    spikes = net.add_monitor(cns.Monitor(cell, ["s"]), "spikes")
    drive = cns.ConstantCurrent(18.0) + cns.WhiteNoise(0.0, 6.0)
    net.run(6000.0, {"cell": drive})
    rate = spikes.rate(200.0)[1]
    assert rate[0] > 20 and float(rate[-10:].mean()) == pytest.approx(10.0, abs=1.5)


SPIKES = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 2)), max_size=40)


def raster(events: list[tuple[int, int]]) -> torch.Tensor:
    spikes = torch.zeros(60, 3, dtype=torch.bool)
    for step, neuron in events:
        spikes[step, neuron] = True
    return spikes


@settings(max_examples=10)
@given(SPIKES, SPIKES, st.sampled_from([0, 1, 3]), st.sampled_from(["hard", "soft", "none"]))
def test_any_trains_against_a_loop_over_pairs(
    pre_events: list[tuple[int, int]], post_events: list[tuple[int, int]], lag: int, bounds: Any
) -> None:
    """Dense and sparse connections, by hand and in a network, against plain Python in double precision."""
    rule = cns.STDP(A_plus=0.1, A_minus=0.09, tau_plus=10, tau_minus=15, bounds=bounds, w_max=0.6)
    sent, fired = raster(pre_events), raster(post_events)
    w = np.full((3, 3), 0.5)
    x, y = np.zeros(3), np.zeros(3)
    for step in range(60):
        x, y = x * math.exp(-1 / 10), y * math.exp(-1 / 15)
        arriving = sent[step - lag].numpy() if step >= lag else np.zeros(3, bool)
        down = 0.09 * y * (w if bounds == "soft" else 1)
        w = np.where(arriving[:, None], w - down, w)
        w = w if bounds == "none" else w.clip(0, 0.6)
        x = x + arriving
        up = 0.1 * x[:, None] * (0.6 - w if bounds == "soft" else 1)
        w = np.where(fired[step].numpy(), w + up, w)
        w = w if bounds == "none" else w.clip(0, 0.6)
        y = y + fired[step].numpy()
    for sparse in (False, True):
        found = [trained(rule, sent, fired, lag, sparse, way) for way in ("hand", "eager", "cpu")]
        np.testing.assert_allclose(found[0], w, atol=2e-5)
        assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


def trained(
    rule: cns.STDP, sent: torch.Tensor, fired: torch.Tensor, lag: int, sparse: bool, way: str
) -> np.ndarray[Any, Any]:
    pre, post = cns.InputPopulation(3, dt=1.0), cns.InputPopulation(3, dt=1.0)
    if sparse:
        con: Any = cns.Connection(pre, post, weight=0.5, delay=float(lag), learning_rule=rule)
    else:
        con = cns.DenseConnection(pre, post, w=0.5, delay=float(lag), learning_rule=rule)
    if way == "hand":
        for one, other in zip(sent, fired, strict=True):
            pre.forward(one)
            con.compute()
            post.forward(other)
            con.update()
    else:
        net = cns.Network(dt=1.0)
        net.add_layer(pre, "pre")
        net.add_layer(post, "post")
        net.add_connection(con)
        net.run(25.0, {"pre": sent[:25], "post": fired[:25]}, executor=way)
        net.run(35.0, {"pre": sent[25:], "post": fired[25:]}, executor=way, threads=2 if way == "cpu" else 1)
    return np.asarray(con.w.reshape(3, 3))


def learning(seed: int = 1) -> cns.Network:
    net = cns.Network(dt=0.5, seed=seed)
    exc = net.add_layer(cns.LIFPopulation(150, u=cns.Uniform(-70, -55)), "exc")
    net.add_layer(cns.PoissonPopulation(80, rate=60.0), "noise")
    for rule in (cns.STDP(bounds="none", A_plus=1e-4, A_minus=1e-4), cns.VogelsSTDP(w_max=0.2)):
        net.add_connection(cns.DenseConnection(net.layers["noise"], exc, w=0.01, learning_rule=rule, delay=1.0))
    for pre, rule, delay in (
        ("noise", cns.STDP(w_max=4.0), 0.0),
        ("exc", cns.TripletSTDP(bounds="soft"), cns.Uniform(0, 3)),
    ):
        connection = cns.Connection(
            net.layers[pre], exc, connectivity=cns.FixedProbability(0.1), weight=cns.Uniform(0.2, 0.8), delay=delay,
            learning_rule=rule, weight_decay=1e-4 if pre == "noise" else 0.0,
        )  # fmt: skip
        net.add_connection(connection)
        net.add_monitor(cns.Monitor(connection, ["w"], every=1.0), f"w{pre}")
    return net


DRIVE = {"exc": cns.ConstantCurrent(17.0) + cns.WhiteNoise(0.0, 3.0)}


def assert_same(one: cns.Network, other: cns.Network) -> None:
    for name, connection in one.connections.items():
        assert isinstance(connection, cns.AbstractConnection) and connection.learner
        twin = other.connections[name].learner  # type: ignore[union-attr]
        assert twin and torch.equal(connection.w, twin.connection.w), name
        assert connection.learner.steps == twin.steps
        for trace in connection.learner.states:
            assert torch.equal(connection.learner._buffers[trace], twin._buffers[trace]), trace  # type: ignore[arg-type]


@pytest.mark.slow
def test_every_way_to_run_learns_the_same_bits() -> None:
    whole = learning()
    whole.run(60.0, DRIVE, executor="eager")
    before = whole.monitors["wexc"].get("w")
    assert not torch.equal(before[0], before[-1])
    for threads in (1, 2, 3):
        other = learning()
        other.run(60.0, DRIVE, threads=threads)
        assert other.executor.name == "cpu"
        assert_same(whole, other)
    mixed = learning()
    for way, time in (("cpu", 7.5), ("eager", 4.0), ("hand", 3.0), ("cpu", 45.5)):
        if way == "hand":
            by_hand(mixed, round(time / 0.5))
        else:
            mixed.run(time, DRIVE, executor=way)
    assert_same(whole, mixed)


@pytest.mark.slow
def test_sources_that_are_silent_for_long_miss_nothing() -> None:
    """Targets fire far more often than their history is long, and for longer than synapses are left alone."""
    generator = np.random.default_rng(7)
    fired = torch.from_numpy(generator.random((4700, 3)) < [0.02, 0.3, 0.9])
    sent = torch.zeros(4700, 3, dtype=torch.bool)
    sent[[0, 30, 2100, 2101, 4600], [0, 0, 1, 0, 1]] = True

    def after(executor: str, threads: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
        net = cns.Network(dt=1.0)
        net.add_layer(cns.InputPopulation(3), "pre")
        net.add_layer(cns.InputPopulation(3), "post")
        rule = cns.TripletSTDP(A_plus=0.004, A3_plus=0.001, bounds="soft", tau_plus=400.0, tau_y=30.0)
        con = cns.Connection(net.layers["pre"], net.layers["post"], weight=0.4, delay=3.0, learning_rule=rule)
        net.add_connection(con)
        net.run(4700.0, {"pre": sent, "post": fired}, executor=executor, threads=threads)
        assert con.learner
        return con.w, con.learner.x

    for one, *others in zip(after("eager"), after("cpu"), after("cpu", 2), strict=True):
        assert all(torch.equal(one, other) for other in others)


def by_hand(net: cns.Network, steps: int) -> None:
    """What a network does, written out."""
    exc, noise = net.layers["exc"], net.layers["noise"]
    assert isinstance(exc, cns.LIFPopulation) and isinstance(noise, cns.PoissonPopulation)
    drive = read_input(exc, DRIVE["exc"], 1000, first_step=0, dt=net.dt, key=exc._key)
    for _ in range(steps):
        total = drive.at(exc.steps)
        for connection in net.connections.values():
            total = total + connection.compute()
        exc.forward(total)
        noise.forward()
        for connection in net.connections.values():
            connection.update()  # type: ignore[attr-defined]
        for monitor in net.monitors.values():
            monitor.record()


@pytest.mark.parametrize("way", ["saved", pytest.param("restored", marks=pytest.mark.slow)])
def test_learning_goes_on_bit_by_bit(way: str, tmp_path: Path) -> None:
    whole, parts = learning(), learning()
    whole.run(60.0, DRIVE)
    parts.run(23.5, DRIVE)
    if way == "saved":
        parts.save(tmp_path / "net")
        parts = cns.Network.load(tmp_path / "net")
    else:
        state = parts.state()
        parts.run(9.0, DRIVE)
        parts.restore(state)
    parts.run(36.5, DRIVE)
    for name, monitor in whole.monitors.items():
        assert torch.equal(monitor.get("w"), parts.monitors[name].get("w"))
        assert not torch.equal(monitor.get("w")[0], monitor.get("w")[-1])


OWN: dict[str, Any] = {
    "pre": "dx/dt = -x/tau : 1",
    "post": "dy/dt = -y/tau : 1",
    "on_pre": "w = clip(w - A*y, 0, 1); x += 1",
    "on_post": "w = clip(w + 2*A*x, 0, 1); y += 1",
    "parameters": {"tau": "0.02 s", "A": 0.01},
}


def test_a_rule_of_a_users_is_text() -> None:
    """The same as one of ours, in a network and in a file, though it is no class of any module."""
    own, ours = cns.Rule(**OWN), cns.STDP(A_plus=0.02, A_minus=0.01)
    found = [cns.stdp_window(rule, GAPS, pairs=3, every=20.0, dt=0.5).changes for rule in (own, ours)]
    np.testing.assert_allclose(*found, rtol=0, atol=1e-7)


@pytest.mark.slow
def test_a_rule_of_a_users_is_saved(tmp_path: Path) -> None:
    def made() -> cns.Network:
        net = cns.Network(dt=1.0, seed=4)
        for name in ("a", "b"):
            net.add_layer(cns.PoissonPopulation(20, rate=50.0), name)
        net.add_connection(cns.DenseConnection(net.layers["a"], net.layers["b"], w=0.5, learning_rule=cns.Rule(**OWN)))
        return net

    whole, parts = made(), made()
    whole.run(200.0)
    parts.run(90.0)
    parts.save(tmp_path / "net")
    parts = cns.Network.load(tmp_path / "net")
    parts.run(110.0, executor="eager")
    assert_same(whole, parts)
    assert not torch.equal(parts.connections["a_to_b"].w, made().connections["a_to_b"].w)  # type: ignore[union-attr]


def test_weights_can_be_held_and_masked() -> None:
    pre, post = (cns.SpikeSource(2, [1.0, 5.0, 6.0], [0, 1, 0], dt=1.0) for _ in range(2))
    con = cns.DenseConnection(pre, post, w=0.5, learning_rule=cns.STDP, lr=(0.1, 0.2))
    assert con.learning_rule.A_plus == 0.1 and con.learning_rule.A_minus == 0.2  # type: ignore[union-attr]
    mask = torch.tensor([[True, False], [False, True]])
    for step in range(10):
        pre.forward()
        con.compute()
        post.forward()
        con.update(learning=step > 5, mask=mask)
    assert torch.equal(con.w[mask], torch.zeros(2))
    assert con.w[0, 1] == pytest.approx(0.5 - 0.2 * math.exp(-1 / 20), abs=1e-6)
    assert con.w[1, 0] == pytest.approx(0.5 + 0.1 * math.exp(-1 / 20), abs=1e-6)
    assert con.learner
    assert con.learner.x[0, 0] == pytest.approx((1 + math.exp(-5 / 20)) * math.exp(-3 / 20))  # held or not


def test_our_rules_are_sound() -> None:
    rules = [declared.pair(bounds, nearest) for bounds in ("none", "hard", "soft") for nearest in (True, False)]
    rules += [make(bounds) for make in (declared.triplet, declared.flat) for bounds in ("none", "hard", "soft")]
    rules += [declared.rewarded(bounds, flat) for bounds in ("none", "hard") for flat in (True, False)]
    for rule in (*rules, declared.VOGELS, declared.OJA):
        rule.check()
        assert rule.source


def pair() -> tuple[cns.InputPopulation, cns.InputPopulation]:
    return cns.InputPopulation(2, dt=1.0, name="a"), cns.InputPopulation(2, dt=1.0, name="b")


def behind() -> None:
    pre, post = pair()
    con = cns.DenseConnection(pre, post, learning_rule=cns.STDP())
    for _ in range(100):
        post.forward(torch.ones(2, dtype=torch.bool))
    con.update()


def batch() -> None:
    pre, post = pair()
    for population in (pre, post):
        population.reset_state_variables(batch=3)
    con = cns.DenseConnection(pre, post, learning_rule=cns.STDP())
    post.forward(torch.ones(3, 2, dtype=torch.bool))
    con.update()


def diverging() -> None:
    pre, post = pair()
    con = cns.DenseConnection(pre, post, w=1e38, learning_rule=cns.STDP(A_plus=3e38, bounds="none"))
    for _ in range(3):
        pre.forward(torch.ones(2, dtype=torch.bool))
        con.compute()
        post.forward(torch.ones(2, dtype=torch.bool))
        con.update()


WRONG: dict[str, tuple[Any, type[errors.CnsError], list[str]]] = {
    "unknown bounds": (lambda: cns.STDP(bounds="sotf"), errors.UnknownNameError, ["bounds", "'sotf'", "'soft'"]),
    "unknown pairing": (lambda: cns.STDP(pairing="some"), errors.UnknownNameError, ["pairing", "nearest"]),
    "bounds turned round": (lambda: cns.STDP(w_max=-1.0), errors.ParameterError, ["w_max", "-1"]),
    "no time constant": (lambda: cns.STDP(tau_plus=0.0), errors.ParameterError, ["tau_plus", "> 0"]),
    "unknown keyword": (lambda: cns.STDP(A_pluss=1.0), errors.ArgumentError, ["A_pluss", "'A_plus'"]),
    "no rule": (lambda: cns.DenseConnection(*pair(), learning_rule="STDP"), errors.ArgumentError, ["learning_rule", "cns.STDP()"]),
    "lr without a rule": (lambda: cns.DenseConnection(*pair(), lr=0.1), errors.ArgumentError, ["lr", "without a learning rule"]),
    "decay without a rule": (lambda: cns.Connection(*pair(), weight_decay=0.1), errors.ArgumentError, ["weight_decay", "without"]),
    "three rates": (lambda: cns.Connection(*pair(), learning_rule=cns.STDP, lr=(1, 2, 3)), errors.ArgumentError, ["lr", "pair"]),
    "decay of more than all": (lambda: cns.Connection(*pair(), learning_rule=cns.STDP, weight_decay=1.5), errors.ParameterError, ["weight_decay", "1.5"]),
    "more dendrite than delay": (lambda: cns.DenseConnection(*pair(), delay=2.0, dendritic=3.0, learning_rule=cns.STDP).update(), errors.ParameterError, ["dendritic", "3 ms", "2 ms"]),
    "a dendrite off the grid": (lambda: cns.DenseConnection(*pair(), delay=2.0, dendritic=0.3, learning_rule=cns.STDP).update(), errors.TimeGridError, ["dendritic", "0.3"]),
    "a norm without a rule": (lambda: cns.DenseConnection(*pair(), norm=1.0), errors.ArgumentError, ["norm", "without a learning rule"]),
    "a norm of nothing": (lambda: cns.DenseConnection(*pair(), norm=0.0, learning_rule=cns.STDP), errors.ParameterError, ["norm", "> 0"]),
    "a mask of another shape": (lambda: cns.DenseConnection(*pair()).update(mask=torch.ones(2, dtype=torch.bool)), errors.ArgumentError, ["mask", "(2, 2)"]),
    "an update that comes late": (behind, errors.StateError, ["update()", "100 steps", "once per step"]),
    "a batch": (batch, errors.StateError, ["update()", "a batch"]),
    "weights that diverge": (diverging, errors.NumericalError, ["STDP of", "not finite", "bounds"]),
    "own: an unknown name": (lambda: cns.Rule(**{**OWN, "on_pre": "w = w - A*z"}), errors.EquationError, ["'z'", "^"]),
    "own: a unit that does not fit": (lambda: cns.Rule(**{**OWN, "parameters": {"tau": "20 mV", "A": 1.0}}), errors.UnitError, ["^"]),
    "own: an assignment to a parameter": (lambda: cns.Rule(**{**OWN, "on_pre": "A = 2"}), errors.EquationError, ["'A'", "trace"]),
    "own: no text": (lambda: cns.Rule(**{**OWN, "on_pre": 3}), errors.ArgumentError, ["Rule.on_pre", "3"]),
    "own: lr": (lambda: cns.Connection(*pair(), learning_rule=cns.Rule(**OWN), lr=0.1), errors.ArgumentError, ["lr", "parameters"]),
    "window: no rule": (lambda: cns.stdp_window("STDP"), errors.ArgumentError, ["stdp_window(rule)", "cns.STDP()"]),
    "window: off the grid": (lambda: cns.stdp_window(cns.STDP(), [0.25], dt=0.1), errors.TimeGridError, ["gaps", "0.25"]),
    "window: a matrix": (lambda: cns.stdp_window(cns.STDP(), [[1.0]]), errors.ShapeError, ["gaps", "(1, 1)"]),
    "window: a negative delay": (lambda: cns.stdp_window(cns.STDP(), [1.0], delay=-1.0), errors.ParameterError, ["delay", "-1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
