"""Short-term plasticity against formulas written down apart from it: per spike, stationary, at its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns

STATES = ("facilitation", "resources", "release")


def observed(
    short_term: cns.TsodyksMarkram, spikes: np.ndarray, dt: float, executor: str = "cpu", **settings: object
) -> dict[str, np.ndarray]:
    """States of the sources of a connection step by step, and what arrives at its only target; weight 2, float64."""
    net = cns.Network(dt=dt)
    pre = net.add_layer(cns.InputPopulation(spikes.shape[1], dtype=torch.float64), "pre")
    post = net.add_layer(cns.LIFPopulation(1, dtype=torch.float64), "post")
    connection = cns.Connection(
        pre, post, synapse=cns.Delta(), weight=2.0, short_term=short_term, dt=dt, **settings  # type: ignore[arg-type]
    )  # fmt: skip
    net.add_connection(connection, name="c")
    names = [*short_term.dynamics.states, "jump"]
    seen = net.add_monitor(cns.Monitor(connection, names), "m")
    net.run(len(spikes) * dt, {"pre": torch.from_numpy(spikes)}, executor=executor)
    return {name: seen.get(name).numpy() for name in names}


def per_spike(times: list[float], U: float, tau_rec: float, tau_facil: float) -> list[tuple[float, float, float]]:
    """u, release and x of every spike, from one spike to the next (Tsodyks, Pawelzik & Markram 1998)."""
    u, x, last, found = 0.0, 1.0, -math.inf, []
    for t in times:
        u = U + (1 - U) * u * (math.exp(-(t - last) / tau_facil) if tau_facil else 0.0)
        x = 1 - (1 - x) * math.exp(-(t - last) / tau_rec)
        found.append((u, u * x, x * (1 - u)))
        x, last = x * (1 - u), t
    return found


@given(
    train=st.lists(st.booleans(), min_size=1, max_size=60),
    U=st.floats(0.01, 1.0),
    tau_rec=st.floats(0.5, 2000),
    tau_facil=st.just(0.0) | st.floats(0.5, 2000),
    dt=st.sampled_from([0.1, 1.0]),
    executor=st.sampled_from(["eager", "cpu"]),
)
def test_any_train_of_spikes(
    train: list[bool], U: float, tau_rec: float, tau_facil: float, dt: float, executor: str
) -> None:
    model = cns.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil)
    found = observed(model, np.array(train)[:, None], dt, executor)
    steps = np.flatnonzero(train)
    expected = np.array(per_spike([step * dt for step in steps], U, tau_rec, tau_facil)).reshape(-1, 3)
    close = {"rtol": 1e-12, "atol": 1e-13}
    np.testing.assert_allclose(found["release"][steps, 0], expected[:, 1], **close)
    np.testing.assert_allclose(found["resources"][steps, 0], expected[:, 2], **close)
    if tau_facil:
        np.testing.assert_allclose(found["facilitation"][steps, 0], expected[:, 0], **close)
    assert ("facilitation" in found) == bool(tau_facil)
    assert not found["release"][~np.array(train)].any()
    np.testing.assert_allclose(found["jump"], 2.0 * found["release"], rtol=1e-15)


def test_between_spikes_both_relax() -> None:
    train = np.arange(300)[:, None] == 0
    found = observed(cns.TsodyksMarkram(U=0.6, tau_rec=70, tau_facil=30), train, 0.5)
    t = 0.5 * np.arange(300)
    np.testing.assert_allclose(found["facilitation"][:, 0], 0.6 * np.exp(-t / 30), rtol=1e-12)
    np.testing.assert_allclose(found["resources"][:, 0], 1 - 0.6 * np.exp(-t / 70), rtol=1e-12)


@pytest.mark.parametrize("rate", [5.0, 20.0, 100.0])
@pytest.mark.parametrize(("U", "tau_rec", "tau_facil"), [(0.5, 800.0, 0.0), (0.05, 100.0, 1000.0), (0.3, 200.0, 300.0)])
def test_the_stationary_release_at_a_fixed_rate(rate: float, U: float, tau_rec: float, tau_facil: float) -> None:
    """u = U / (1 - (1-U) exp(-T/tau_facil)) and x = (1 - exp(-T/tau_rec)) / (1 - (1-u) exp(-T/tau_rec)), T = 1/rate.

    Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10, sec. 2.
    """
    period = 1000 / rate
    train = np.arange(12_000) % round(period) == 0
    found = observed(cns.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil), train[:, None], 1.0)
    u = U / (1 - (1 - U) * math.exp(-period / tau_facil)) if tau_facil else U
    x = (1 - math.exp(-period / tau_rec)) / (1 - (1 - u) * math.exp(-period / tau_rec))
    assert found["release"][train][-1, 0] == pytest.approx(u * x, rel=1e-4)


def test_facilitation_first_and_depression_later() -> None:
    """A small U and a slow facilitation: the releases of a burst grow, then shrink for want of resources."""
    train = np.arange(600)[:, None] % 10 == 0
    releases = observed(cns.TsodyksMarkram(U=0.05, tau_rec=300, tau_facil=600), train, 1.0)["release"][train]
    peak = releases.argmax()
    assert 2 < peak < 30
    assert (np.diff(releases[: peak + 1]) > 0).all()
    assert (np.diff(releases[peak:]) < 0).all()


def test_depression_leaves_next_to_nothing() -> None:
    """Spikes in every step: resources stay at what one step brings back, and never leave [0, 1], in float32 too."""
    k = 1 - math.exp(-1 / 800)
    found = observed(cns.TsodyksMarkram(U=0.5, tau_rec=800), np.ones((200, 1), bool), 1.0)
    assert found["resources"][-1, 0] == pytest.approx(0.5 * k / (1 - 0.5 * (1 - k)), rel=1e-9)
    pre, post = cns.InputPopulation(50, dt=0.1), cns.LIFPopulation(1, dt=0.1)
    U = np.linspace(0.02, 1.0, 50)
    connection = cns.Connection(pre, post, short_term=cns.TsodyksMarkram(U=U, tau_rec=800, tau_facil=500))
    for step in range(300):
        pre.forward(torch.ones(50) if step < 200 else torch.zeros(50))
        connection.compute()
        for name in STATES:
            value = getattr(connection, name)
            assert value.min() >= 0
            assert value.max() <= 1
    assert connection.resources[-1] < 0.02


def test_everything_is_released_at_once_when_U_is_one() -> None:
    found = observed(cns.TsodyksMarkram(U=1.0, tau_rec=100), np.array([[1], [1], [0]], bool), 1.0)
    assert found["release"][:, 0].tolist() == [1.0, pytest.approx(1 - math.exp(-0.01), rel=1e-12), 0.0]
    assert found["resources"][1, 0] == 0.0


def test_depression_is_the_limit_of_a_short_facilitation() -> None:
    train = np.random.default_rng(1).random((400, 3)) < 0.2
    alone = observed(cns.TsodyksMarkram(U=0.3, tau_rec=60), train, 1.0)
    limit = observed(cns.TsodyksMarkram(U=0.3, tau_rec=60, tau_facil=1e-4), train, 1.0)
    assert alone["release"].any()
    assert np.array_equal(alone["release"], limit["release"])


@pytest.mark.parametrize("executor", ["eager", "cpu"])
def test_a_spike_carries_what_was_released_when_it_set_out(executor: str) -> None:
    """With a delay of 7 steps the resources on arrival are others than at emission."""
    train = np.arange(60)[:, None] % 6 == 0
    model = cns.TsodyksMarkram(U=0.4, tau_rec=40, tau_facil=20)
    found = observed(model, train, 1.0, executor, delay=7.0)
    assert np.array_equal(found["jump"][7:], 2.0 * found["release"][:-7])
    assert found["jump"].any()


def test_parameters_of_every_source_and_drawn_ones() -> None:
    """Each source is as it would be alone with its own parameters."""
    train = np.random.default_rng(2).random((200, 4)) < 0.1
    U, tau = np.array([0.1, 0.4, 0.7, 1.0]), np.array([20.0, 50.0, 90.0, 300.0])
    together = observed(cns.TsodyksMarkram(U=U, tau_rec=tau, tau_facil=tau[::-1].copy()), train, 1.0)
    for k in range(4):
        alone = observed(cns.TsodyksMarkram(U=U[k], tau_rec=tau[k], tau_facil=tau[3 - k]), train[:, k : k + 1], 1.0)
        assert np.array_equal(together["release"][:, k], alone["release"][:, 0])
