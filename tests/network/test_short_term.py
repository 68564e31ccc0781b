"""Connections whose spikes release more or less than their weight: in loops, runs, copies, batches, and in what is said."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.network import memory, native

MODEL = cns.TsodyksMarkram(U=0.4, tau_rec=30, tau_facil=50)
RNG = np.random.default_rng(5)
TRAIN = torch.from_numpy(RNG.random((60, 6)) < 0.3)


def given(
    short_term: cns.ShortTermPlasticity | None = MODEL, sources: int = 6, late: bool = False, **settings: object
) -> tuple[cns.Network, cns.Connection, cns.Monitor]:
    """Given sources onto three neurons; what arrives is gone after a step."""
    net = cns.Network(dt=1.0, seed=1)
    layers = {"pre": cns.InputPopulation(sources), "post": cns.LIFPopulation(3)}
    for name in ("post", "pre") if late else ("pre", "post"):
        net.add_layer(layers[name], name)
    settings.setdefault("synapse", cns.ExponentialCurrent(tau=1e-3))
    connection = cns.Connection(layers["pre"], layers["post"], short_term=short_term, **settings)  # type: ignore[arg-type]
    net.add_connection(connection, name="c")
    return (
        net,
        connection,
        net.add_monitor(
            cns.Monitor(connection, [connection.dynamics.output, *["release"] * (short_term is not None)]), "m"
        ),
    )


def releases(train: torch.Tensor, model: cns.ShortTermPlasticity = MODEL) -> torch.Tensor:
    """What a train releases, step by step."""
    net, _, monitor = given(model, sources=train.shape[1])
    net.run(len(train), {"pre": train}, executor="eager")
    return monitor.get("release")


# Delivery


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("delay", [0.0, 1.0, 2.0, 3.0, 70.0])
def test_every_thread_waits_for_what_the_others_released(delay: float, late: bool, threads: int) -> None:
    """Many sources in every thread's range, all onto the same neurons; against the sum over the release of each."""
    train = torch.from_numpy(np.random.default_rng(3).random((100, 1000)) < 0.3)
    net, _, monitor = given(sources=1000, late=late, delay=delay)
    net.run(100, {"pre": train}, executor="cpu", threads=threads)
    lag = int(delay or late)
    expected = torch.zeros(100)
    for step, row in enumerate(releases(train)[: 100 - lag]):
        for release in row[row > 0]:
            expected[step + lag] += release
    assert torch.equal(monitor.get("current"), expected[:, None].expand(100, 3))


@pytest.mark.parametrize("weight", [0.7, cns.Uniform(0.1, 1.0)], ids=["number", "law"])
@pytest.mark.parametrize("synapse", [cns.Delta(), cns.ExponentialCurrent(tau=3.0)])
def test_sums_are_rounded_alike(synapse: cns.Synapse, weight: object) -> None:
    """One weight for all synapses is no longer one weight times a number of spikes."""
    train, found = torch.from_numpy(np.random.default_rng(4).random((40, 100)) < 0.5), []
    for way in ("hand", "eager", "cpu"):
        net, connection, monitor = given(sources=100, synapse=synapse, weight=weight)
        if way == "hand":
            for row in train:
                net.layers["pre"].forward(row)
                arrived = connection.compute()
                net.layers["post"].forward(0.0)
                monitor.record()
                assert torch.equal(arrived, getattr(connection, connection.dynamics.output))
        else:
            net.run(40, {"pre": train}, executor=way)
        found.append(monitor.get(connection.dynamics.output))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@pytest.mark.parametrize("late", [False, True])
def test_what_is_remembered_after_a_run_is_what_a_loop_remembers(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many steps as a loop that lags behind may ask for, also where the run stops at the start of a chunk."""
    monkeypatch.setattr(native, "_FIRST_CHUNK", 7)
    monkeypatch.setattr(native, "CHUNK_SECONDS", 0.0)
    train, found = torch.from_numpy(np.random.default_rng(6).random((200, 6)) < 0.3), []
    current = torch.zeros(200, 3)
    current[150] = 3e38
    for executor in ("eager", "cpu"):
        net, connection, _ = given(late=late, delay=3.0)
        net.layers["post"].R = 100.0
        with pytest.raises(errors.NumericalError, match="step 150"):
            net.run(200, {"pre": train, "post": current}, executor=executor)
        assert connection._terminals is not None
        found.append([torch.zeros(6) if r is None else r for r in connection._terminals.releases])
        assert connection._terminals.steps == 150 - late
    assert len(found[0]) == len(found[1]) == 67
    assert torch.equal(torch.stack(found[0]), torch.stack(found[1]))
    assert torch.equal(torch.stack(found[0]), releases(train)[150 - 67 - late : 150 - late])


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_spikes_left_undelivered_by_hand_arrive_with_their_releases(executor: str) -> None:
    net, connection, monitor = given()
    for row in TRAIN[:5]:
        net.layers["pre"].forward(row)
    assert connection.resources.tolist() == [1.0] * 6  # nobody has asked yet
    net.run(10, {"pre": TRAIN[5:15]}, executor=executor)
    sent = releases(TRAIN[:15])
    assert monitor.get("current")[0, 0] == pytest.approx(sent[:6].sum().item(), rel=1e-6)
    assert torch.equal(monitor.get("release"), sent[5:])


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize(("delay", "late"), [(0.0, False), (0.0, True), (3.0, False), (3.0, True)])
def test_a_connection_that_was_reset_starts_anew(executor: str, delay: float, late: bool) -> None:
    net, connection, monitor = given(delay=delay, late=late)
    net.run(20, {"pre": TRAIN[:20]}, executor=executor)
    assert connection.resources.min() < 0.9
    connection.reset_state_variables()
    assert connection.resources.tolist() == [1.0] * 6
    assert not connection.release.any()
    net.run(20, {"pre": TRAIN[20:40]}, executor=executor)
    lag = int(delay or late)
    expected = releases(TRAIN[20:40]).sum(dim=1)
    assert not monitor.get("current")[20 : 20 + lag].any()
    assert torch.allclose(monitor.get("current")[20 + lag :, 0], expected[: 20 - lag])


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_connection_made_late_knows_nothing_from_before(executor: str) -> None:
    net, first, _ = given(delay=3.0)
    net.run(30, {"pre": TRAIN[:30]}, executor=executor)
    second = cns.Connection(
        first.pre, first.post, synapse=cns.ExponentialCurrent(tau=1e-3), delay=2.0, short_term=MODEL
    )
    net.add_connection(second, name="second")
    monitor = net.add_monitor(cns.Monitor(second, ["current"]), "second")
    net.run(20, {"pre": TRAIN[30:50]}, executor=executor)
    assert torch.allclose(monitor.get("current")[2:, 0], releases(TRAIN[30:50])[:18].sum(dim=1))


@pytest.mark.parametrize("delay", [90.0, [90.0, 85.0, 0.0, 3.0, 90.0, 90.0] * 3])
def test_a_checkpoint_keeps_releases_with_a_long_way_to_go(delay: object) -> None:
    train = torch.zeros(100, 6, dtype=torch.bool)
    train[:8] = TRAIN[:8]
    whole, first, again = (given(delay=delay) for _ in range(3))
    whole[0].run(100, {"pre": train})
    first[0].run(80, {"pre": train[:80]}, executor="cpu", threads=2)
    again[0].load_state_dict(first[0].state_dict())
    again[0].run(20, {"pre": train[80:]}, executor="cpu")
    assert torch.equal(again[2].get("current"), whole[2].get("current")[80:])
    assert again[2].get("current").any()


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_a_copy_goes_on_by_itself(way: Callable[[object], object]) -> None:
    pre, post = cns.InputPopulation(6, dt=1.0), cns.LIFPopulation(3, dt=1.0)
    connection = cns.Connection(pre, post, delay=2.0, short_term=MODEL)
    connection.warm()

    def steps(con: cns.Connection, rows: torch.Tensor) -> list[list[float]]:
        found = []
        for row in rows:
            con.pre.forward(row)
            found.append(con.compute().tolist())
            con.post.forward(0.0)
        return found

    steps(connection, TRAIN[:10])
    twin = way(connection)
    assert isinstance(twin, cns.Connection)
    assert steps(connection, TRAIN[10:30]) == steps(twin, TRAIN[10:30])
    assert twin.pre is not connection.pre
    steps(twin, TRAIN[30:40])
    assert not torch.equal(twin.resources, connection.resources)


def test_an_error_in_a_step_leaves_resources_before_it() -> None:
    net, connection, _ = given(delay=1.0)
    net.layers["post"].R = 100.0
    net.run(5, {"pre": TRAIN[:5]}, executor="eager")
    before = {name: getattr(connection, name).clone() for name in ("facilitation", "resources", "release")}
    with pytest.raises(errors.NumericalError, match="post"):
        net.run(1, {"pre": TRAIN[5:6], "post": torch.full((1, 3), 3e38)}, executor="eager")
    assert all(torch.equal(getattr(connection, name), value) for name, value in before.items())
    net.run(10, {"pre": TRAIN[5:15]}, executor="cpu")
    assert torch.equal(connection.release, releases(TRAIN[:15])[-1])


@pytest.mark.parametrize("delay", [2.0, 3.0])
@pytest.mark.parametrize("late", [False, True])
def test_spikes_that_were_taken_back_are_delivered_all_the_same(late: bool, delay: float) -> None:
    """What is on its way is on its way: by hand and natively, when somebody writes into the spikes of the last step."""
    found = []
    for executor in ("eager", "cpu"):
        net, _, monitor = given(late=late, delay=delay)
        net.run(10, {"pre": TRAIN[:10]}, executor=executor)
        net.layers["pre"].s = False
        net.run(10, {"pre": TRAIN[10:20]}, executor=executor)
        found.append(monitor.get("current"))
    assert TRAIN[9].any()
    assert torch.equal(*found)


def test_compiled_steps_are_those_of_torch(dtype: torch.dtype) -> None:
    found = []
    for compiled in (True, False):
        pre, post = cns.InputPopulation((2, 3), dt=1.0, dtype=dtype), cns.LIFPopulation(3, dt=1.0, dtype=dtype)
        connection = cns.Connection(pre, post, short_term=MODEL, dtype=dtype)
        if compiled:
            connection.warm()
        else:
            connection._terminals._look_for_compiled = lambda *_, **__: None  # type: ignore[union-attr,method-assign]
        for row in TRAIN:
            pre.forward(row.reshape(2, 3))
            connection.compute()
            found.append(torch.stack([connection.facilitation, connection.resources, connection.release]))
        assert (connection._terminals._ready[""].hand is not None) == compiled  # type: ignore[union-attr]
    assert all(map(torch.equal, found[:60], found[60:]))


# Batches and gradients


def test_every_row_of_a_batch_is_as_if_alone() -> None:
    pre, post = cns.InputPopulation(6, dt=1.0), cns.LIFPopulation(3, dt=1.0)
    connection = cns.Connection(pre, post, connectivity=cns.FixedProbability(0.6), short_term=MODEL, rng=1)

    def steps(rows: torch.Tensor) -> torch.Tensor:
        found = []
        for row in rows:
            pre.forward(row)
            found.append(connection.compute())
            post.forward(0.0)
        return torch.stack(found)

    alone = [steps(TRAIN[:20])]
    pre.reset_state_variables()
    post.reset_state_variables()
    connection.reset_state_variables()
    alone.append(steps(TRAIN[20:40]))
    for population in (pre, post):
        population.reset_state_variables(batch=2)
    with pytest.raises(errors.StateError, match="same batch"):
        connection.compute()
    connection.reset_state_variables()
    together = steps(torch.stack([TRAIN[:20], TRAIN[20:40]], 1))
    assert connection.resources.shape == (2, 6)
    assert torch.equal(together, torch.stack(alone, 1))
    assert together.any()
    # A batch that is there before the first step needs no reset.
    pre, post = cns.InputPopulation(6, dt=1.0), cns.LIFPopulation(3, dt=1.0)
    connection = cns.Connection(pre, post, connectivity=cns.FixedProbability(0.6), short_term=MODEL, rng=1)
    for population in (pre, post):
        population.reset_state_variables(batch=2)
    steps(torch.zeros(1, 2, 6, dtype=torch.bool))
    assert connection.resources.shape == (2, 6)
    assert torch.equal(steps(torch.stack([TRAIN[:20], TRAIN[20:40]], 1)), together)


def test_gradients_go_through_weights_and_through_what_is_released() -> None:
    """A current that ends at once: its derivative by the weight is the release, and more input before means less now."""
    pre = cns.LIFPopulation(1, R=1.0, tau=10.0, dt=1.0, surrogate_width=5.0)
    post = cns.LIFPopulation(1, dt=1.0)
    weight = torch.nn.Parameter(torch.tensor(2.0))
    connection = cns.Connection(
        pre, post, synapse=cns.ExponentialCurrent(tau=1e-3), short_term=cns.TsodyksMarkram(U=0.5, tau_rec=20)
    )
    connection.w = weight
    first = torch.tensor(200.0, requires_grad=True)
    pre.forward(first)
    connection.compute()
    pre.forward(200.0)
    arrived = connection.compute().sum()
    arrived.backward()
    assert weight.grad is not None
    assert connection.release.item() == pytest.approx(0.5 * (1 - 0.5 * np.exp(-1 / 20)), rel=1e-6)
    assert weight.grad.item() == pytest.approx(connection.release.item(), rel=1e-6)
    assert first.grad is not None
    assert first.grad.item() < 0


# Values


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_states_and_parameters_may_be_set_at_any_time(executor: str) -> None:
    net, connection, monitor = given(cns.TsodyksMarkram(U=0.5, tau_rec=1e6))
    everyone = torch.ones(1, 6, dtype=torch.bool)
    net.run(1, {"pre": everyone}, executor=executor)
    connection.U = np.linspace(0.1, 0.6, 6)
    connection.resources = torch.tensor([1.0, 0.5, 1.0, 1.0, 1.0, 0.0])
    net.run(1, {"pre": everyone}, executor=executor)
    assert torch.allclose(monitor.get("release")[1], torch.tensor([0.1, 0.1, 0.3, 0.4, 0.5, 0.0]), atol=1e-6)
    connection.resources[2] = 0.25
    connection.tau_rec = 1e-3
    net.run(1, {"pre": everyone}, executor=executor)
    assert torch.allclose(monitor.get("release")[2], connection.U, atol=1e-6)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_release_that_is_set_is_what_arrives(executor: str, in_place: bool) -> None:
    net, connection, monitor = given(delay=3.0, connectivity=cns.FixedProbability(1.0))
    net.run(10, {"pre": torch.ones(10, 6)}, executor=executor)
    if in_place:
        connection.release[:5], connection.release[5] = 0.0, 0.125
    else:
        connection.release = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.125])
    net.run(4, executor=executor)
    assert monitor.get("current")[12].tolist() == [0.125] * 3
    assert not monitor.get("current")[13].any()


def test_another_dt_is_followed() -> None:
    net, connection, _ = given(cns.TsodyksMarkram(U=0.5, tau_rec=10))
    pre = net.layers["pre"]
    pre.forward(torch.ones(6))
    connection.compute()
    for obj in (pre, connection.post, connection):
        obj.dt = 0.25
    pre.forward(torch.zeros(6))
    connection.compute()
    assert connection.resources.tolist() == pytest.approx([1 - 0.5 * np.exp(-0.25 / 10)] * 6, rel=1e-6)


def test_what_can_be_recorded() -> None:
    _, both, _ = given()
    _, depression, _ = given(cns.TsodyksMarkram(U=0.2, tau_rec=100))
    assert both.recordable[-6:] == ("facilitation", "resources", "release", "U", "tau_rec", "tau_facil")
    assert depression.recordable[-4:] == ("resources", "release", "U", "tau_rec")
    assert depression.short_term is not None
    assert both.short_term is MODEL
    assert given(None)[1].short_term is None
    with pytest.raises(errors.UnknownNameError, match="facilitation"):
        cns.Monitor(depression, ["facilitation"])


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_recordings_are_the_states_after_each_step(executor: str) -> None:
    net, connection, _ = given(delay=2.0)
    monitor = net.add_monitor(cns.Monitor(connection, ["facilitation", "resources", "U"]), "states")
    net.run(20, {"pre": TRAIN[:20]}, executor=executor)
    assert monitor.get("resources").shape == (20, 6)
    assert torch.equal(monitor.get("resources")[-1], connection.resources)
    assert torch.equal(monitor.get("facilitation")[-1], connection.facilitation)
    assert monitor.get("U").tolist() == pytest.approx([0.4] * 20)


def test_drawn_parameters_follow_the_networks_seed_and_the_name() -> None:
    def drawn(seed: int, name: str, **settings: object) -> torch.Tensor:
        net = cns.Network(dt=1.0, seed=seed)
        layer = net.add_layer(cns.LIFPopulation(50), "p")
        model = cns.TsodyksMarkram(U=cns.Uniform(0.2, 0.8), tau_rec=cns.Uniform(100, 900), tau_facil=cns.Uniform(1, 2))
        connection = net.add_connection(cns.Connection(layer, layer, short_term=model, **settings), name=name)  # type: ignore[arg-type]
        return torch.stack([connection.U, connection.tau_rec, connection.tau_facil])

    assert torch.equal(drawn(1, "a"), drawn(1, "a"))
    assert not torch.equal(drawn(1, "a"), drawn(1, "b"))
    assert not torch.equal(drawn(1, "a"), drawn(2, "a"))
    assert torch.equal(drawn(1, "a", rng=7), drawn(2, "b", rng=7))
    found = drawn(1, "a")
    assert 0.2 <= found[0].min() < 0.3
    assert 0.7 < found[0].max() < 0.8
    assert abs(np.corrcoef(found[0], (found[1] - 100) / 800)[0, 1]) < 0.5


class Sigmoid(cns.ShortTermPlasticity):
    """A plasticity of a user: what is released depends on calcium by a function whose last bit torch rounds its own way."""

    dynamics = cns.Dynamics(
        equations="dcalcium/dt = -calcium / tau_ca : 1",
        parameters={"tau_ca": "ms", "p": "1"},
        arrivals={"s": "1"},
        impulses={"release": "1"},
        on_arrival="calcium = calcium + s; release = release + s/(1 + exp(p - calcium))",
    )
    starts = {"calcium": 0.3}  # noqa: RUF012

    def parameters(self) -> dict[str, object]:
        return {"tau_ca": 20.0, "p": 2.5}


def test_a_plasticity_of_a_user_is_the_same_by_hand_and_natively() -> None:
    found = []
    for executor in ("eager", "cpu"):
        net, connection, monitor = given(Sigmoid())
        net.run(60, {"pre": TRAIN}, executor=executor)
        found.append([monitor.get("release"), monitor.get("current")])
        assert not hasattr(connection, "resources")
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)
    calcium, expected = 0.3, []
    for fires in TRAIN[:, 0].tolist():
        calcium = calcium * np.exp(-1 / 20) + fires
        expected.append(fires / (1 + np.exp(2.5 - calcium)))
    assert found[0][0][:, 0].tolist() == pytest.approx(expected, rel=1e-5)


# What is said


def pair(**settings: object) -> cns.Connection:
    layer = cns.LIFPopulation((2, 3), dt=1.0)
    return cns.Connection(layer, layer, **settings)  # type: ignore[arg-type]


class NoArrival(Sigmoid):
    dynamics = cns.Dynamics(equations="dx/dt = -x/tau_ca : 1", parameters={"tau_ca": "ms"})


class Taken(cns.Synapse):
    dynamics = cns.Dynamics(
        equations="dresources/dt = -resources/U : nA", parameters={"U": "ms"}, arrivals={"a": "nA"},
        on_arrival="resources = resources + a", output="resources",
    )  # fmt: skip

    def parameters(self) -> dict[str, object]:
        return {"U": 5.0}


def called(name: str) -> cns.ShortTermPlasticity:
    class Own(cns.ShortTermPlasticity):
        dynamics = cns.Dynamics(
            equations=f"d{name}/dt = -{name}/tau : 1", parameters={"tau": "ms"}, arrivals={"s": "1"},
            impulses={"release": "1"}, on_arrival=f"{name} = {name} + s; release = release + s",
        )  # fmt: skip

        def parameters(self) -> dict[str, object]:
            return {"tau": 5.0}

    return Own()


def set_later(name: str, value: object) -> Callable[[], object]:
    return lambda: setattr(pair(short_term=MODEL), name, value)


def without_a_look() -> None:
    connection = pair(short_term=MODEL, delay=2.0)
    for _ in range(200):
        connection.pre.forward(0.0)
    connection.compute()


def reset_alone() -> None:
    connection = pair(short_term=MODEL, delay=2.0)
    for _ in range(3):
        connection.compute()
        connection.pre.forward(0.0)
    connection.compute()
    connection.pre.reset_state_variables()
    connection.compute()


TM = cns.TsodyksMarkram
REFUSED: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "no plasticity": (lambda: pair(short_term=0.5), errors.ArgumentError, ["Connection.short_term", "0.5", "a ShortTermPlasticity", "cns.TsodyksMarkram"]),
    "U too large": (lambda: pair(short_term=TM(U=1.5)), errors.ParameterError, ["TsodyksMarkram.U", "1.5", "above 0, at most 1"]),
    "U of zero": (lambda: pair(short_term=TM(U=0)), errors.ParameterError, ["TsodyksMarkram.U", "got 0,", "above 0, at most 1"]),
    "one U too large": (lambda: pair(short_term=TM(U=[[0.5, 0.5, 0.5], [0.5, 2.0, 0.5]])), errors.ParameterError, ["TsodyksMarkram.U", "got 2,"]),
    "drawn U": (lambda: pair(short_term=TM(U=cns.Normal(0.5, 5.0))), errors.ParameterError, ["TsodyksMarkram.U"]),
    "U set later": (set_later("U", -0.1), errors.ParameterError, ["TsodyksMarkram.U", "-0.1"]),
    "text": (lambda: pair(short_term=TM(U="much")), errors.UnitError, ["TsodyksMarkram.U", "'much'"]),
    "negative recovery": (lambda: pair(short_term=TM(tau_rec=-1)), errors.ParameterError, ["TsodyksMarkram.tau_rec", "-1", "> 0"]),
    "no recovery": (lambda: pair(short_term=TM(tau_rec=0)), errors.ParameterError, ["TsodyksMarkram.tau_rec", "> 0"]),
    "negative facilitation": (lambda: TM(tau_facil=-3), errors.ParameterError, ["TsodyksMarkram.tau_facil", "-3 ms", ">= 0", "depression alone"]),
    "some facilitate": (lambda: pair(short_term=TM(tau_facil=[[0, 1, 1], [1, 1, 1]])), errors.ParameterError, ["TsodyksMarkram.tau_facil", "> 0"]),
    "a bool": (lambda: pair(short_term=TM(tau_facil=False)), errors.ArgumentError, ["TsodyksMarkram.tau_facil", "False"]),
    "NaN": (lambda: pair(short_term=TM(tau_facil=float("nan"))), errors.ParameterError, ["TsodyksMarkram.tau_facil", "finite"]),
    "another shape": (lambda: pair(short_term=TM(tau_rec=[100.0] * 6)), errors.ShapeError, ["TsodyksMarkram.tau_rec", "(6,)", "(2, 3)"]),
    "unknown argument": (lambda: TM(tau_fac=3), errors.ArgumentError, ["TsodyksMarkram(tau_fac=...)", "'tau_facil'"]),
    "a new plasticity": (set_later("short_term", None), errors.ArgumentError, ["short_term", "at construction"]),
    "a wrong state": (set_later("resources", [1.0, 2.0]), errors.ShapeError, ["TsodyksMarkram of LIFPopulation", "resources", "(2, 3)"]),
    "a declaration without a release": (lambda: pair(short_term=NoArrival()), errors.ArgumentError, ["NoArrival.dynamics", "arrivals={'s': '1'}"]),
    "a name of its own": (lambda: pair(short_term=called("follow")), errors.ArgumentError, ["Own.dynamics", "'follow'", "follow_0"]),
    "a name of the connection": (lambda: pair(short_term=called("delays")), errors.ArgumentError, ["'delays'"]),
    "the name of the weights": (lambda: pair(short_term=called("w")), errors.ArgumentError, ["'w'"]),
    "names of the synapse": (lambda: pair(short_term=MODEL, synapse=Taken()), errors.ArgumentError, ["'resources'"]),
    "steps that nobody took": (without_a_look, errors.StateError, ["200 steps of pre", "at most 66"]),
    "a reset of pre alone": (reset_alone, errors.StateError, ["reset_state_variables() of the connection"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_message(case: str) -> None:
    call, kind, parts = REFUSED[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_it_is_described() -> None:
    net, _, _ = given(cns.TsodyksMarkram(U=0.3, tau_rec=cns.Uniform(100, 200)))
    net.add_connection(cns.Connection(net.layers["pre"], net.layers["post"], short_term=MODEL), name="d")
    tables = {table.title: dict(row[:2] for row in table.rows) for table in net.describe().tables if table.rows}
    assert tables["A  Model summary"]["Plasticity"] == (
        "TsodyksMarkram(U=0.3, tau_rec=Uniform(low=100, high=200), tau_facil=0), "
        "TsodyksMarkram(U=0.4, tau_rec=30, tau_facil=50)"
    )
    depression = tables["E2  Short-term plasticity: TsodyksMarkram"]
    assert depression["Connections"] == "c"
    assert depression["Equations"] == "dresources/dt = (1 - resources) / tau_rec"
    assert depression["At a spike s"] == "release = release + U*resources*s\nresources = resources - U*resources*s"
    assert depression["Parameters"] == "U = 0.3, tau_rec = Uniform(low=100, high=200) ms"
    assert depression["Start"] == "resources = 1"
    both = tables["E3  Short-term plasticity: TsodyksMarkram"]
    assert both["Connections"] == "d"
    assert both["Parameters"] == "U = 0.4, tau_rec = 30 ms, tau_facil = 50 ms"
    assert "Tsodyks" in both["Reference"]
    assert "E  Synapse model: ExponentialCurrent" not in tables


def test_its_memory_is_counted(dtype: torch.dtype) -> None:
    size = torch.empty(0, dtype=dtype).element_size()

    def held(short_term: cns.ShortTermPlasticity | None) -> tuple[int, memory.Memory]:
        net = cns.Network(dt=1.0, seed=1)
        layer = net.add_layer(cns.LIFPopulation(600, dtype=dtype), "p")
        net.add_connection(
            cns.Connection(layer, layer, connectivity=cns.FixedInDegree(3), delay=6.0, short_term=short_term)
        )
        before = net.memory()
        for executor in ("cpu", "eager"):
            net.run(100, {"p": 1000.0}, executor=executor)  # a spike in every step
            items = [item for item in net.memory().items if item.what != "targets, for steps by hand"]
            assert sum(item.then for item in items) == before.total
        now = sum(item.now for item in items)
        assert now == before.total
        return now, before

    (without, _), (with_it, before) = held(None), held(cns.TsodyksMarkram(U=np.full(600, 0.5), tau_rec=100))
    items = {item.what: item.then for item in before.items if item.owner == "connection p_to_p"}
    assert items["states of its sources"] == 2 * 600 * size
    assert items["parameters of every source"] == 8 * 600
    assert items["releases of 70 steps, at most"] == 70 * 600 * size
    assert with_it > without + 2 * 600 * size + 8 * 600
