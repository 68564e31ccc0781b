"""Learning from rewards: eligibility, dopamine and its ways into a run, the same bits by hand, eager and native."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors

STEPS = 120


class Rate(cns.AbstractReward):
    """Of the user's own: rewards spikes of the target."""

    def compute(self, network: cns.Network) -> float | None:
        """One for a spike."""
        return float(network.layers["post"].s.sum()) or None

    def update(self, reward: float | None) -> None:
        """Half of it is there in the next step."""
        self.dopamine = 0.5 * self.dopamine + 0.01 * (reward or 0.0)


def made(rule: cns.LearningRule, reward: cns.AbstractReward, n: int = 5) -> cns.Network:
    net = cns.Network(dt=0.5, seed=3, reward=reward)
    for name in ("pre", "post"):
        net.add_layer(cns.PoissonPopulation(n, rate=40.0), name)
    pre, post = net.layers.values()
    net.add_connection(
        cns.Connection(pre, post, weight=0.5, delay=cns.Uniform(0, 3), learning_rule=rule), name="sparse"
    )
    net.add_connection(cns.DenseConnection(pre, post, w=0.5, delay=1.0, learning_rule=rule), name="dense")
    return net


def by_hand(net: cns.Network, rewards: Callable[[int], float | None]) -> None:
    """What a network does, written out."""
    assert net.reward is not None
    net.reward.dt = net.dt
    for step in range(STEPS):
        net.reward.update(rewards(step))
        for layer in net.layers.values():
            for connection in net.connections.values():
                if connection.post is layer:
                    connection.compute()
            layer.forward()  # type: ignore[call-arg]
        for connection in net.connections.values():
            connection.update(dopamine=net.reward.dopamine)  # type: ignore[attr-defined]


def values(net: cns.Network) -> list[torch.Tensor]:
    assert net.reward is not None
    learners = [c.learner for c in net.connections.values() if isinstance(c, cns.AbstractConnection) and c.learner]
    traces = [learner._buffers[name] for learner in learners for name in learner.states]
    weights = [learner.connection.w for learner in learners]
    return [*weights, *traces, torch.tensor(net.reward.dopamine, dtype=torch.float64)]  # type: ignore[list-item]


RULES = [cns.RSTDP(A_plus=0.05, tau_c=80.0), cns.FlatRSTDP(A_plus=0.05, window_minus=7.0, bounds="none")]
GIVEN = {10.0: 1.0, 35.5: -0.6, 36.0: 0.0}


@pytest.mark.parametrize("rule", RULES, ids=["exponential", "flat"])
@pytest.mark.parametrize("reward", [cns.FlatReward, cns.Dopamine, cns.RewardPredictionError])
def test_every_way_to_run_learns_the_same_bits(rule: cns.LearningRule, reward: type[cns.AbstractReward]) -> None:
    hand = made(rule, reward())
    by_hand(hand, lambda step: GIVEN.get(step * 0.5))
    array = np.full(STEPS, np.nan)
    array[[20, 71, 72]] = [1.0, -0.6, 0.0]
    ways: list[dict[str, Any]] = [{"executor": "eager"}, {"threads": 1}, {"threads": 2}, {"threads": 3}]
    for way, given in zip(ways, (GIVEN, GIVEN, array, lambda n: GIVEN.get(n.layers["pre"].steps * 0.5)), strict=True):
        net = made(rule, reward())
        net.run(STEPS * 0.5, reward=given, **way)
        assert net.executor.name == way.get("executor", "cpu")
        for one, other in zip(values(hand), values(net), strict=True):
            assert torch.equal(one, other)
    weight = hand.connections["dense"].w  # type: ignore[union-attr]
    assert not torch.equal(weight, torch.full_like(weight, 0.5))


def test_a_reward_that_watches_the_network() -> None:
    nets = [made(RULES[0], Rate()) for _ in range(3)]
    nets[0].run(60.0, executor="eager")
    nets[1].run(60.0)
    nets[2].run(21.5, executor="eager")
    nets[2].run(38.5, threads=2)
    for parts in zip(*map(values, nets), strict=True):
        assert torch.equal(parts[0], parts[1]) and torch.equal(parts[0], parts[2])


@pytest.mark.parametrize("way", ["saved", "restored"])
def test_it_goes_on_bit_by_bit(way: str, tmp_path: Path) -> None:
    whole, parts = (made(RULES[0], cns.RewardPredictionError(0.3)) for _ in range(2))
    whole.run(30.0, reward={10.0: 1.0})
    whole.run(30.0, reward={5.0: 1.0})
    parts.run(30.0, reward={10.0: 1.0})
    if way == "saved":
        parts.save(tmp_path / "net")
        parts = cns.Network.load(tmp_path / "net")
    else:
        state = parts.state()
        parts.run(20.0, reward=1.0)
        parts.restore(state)
    parts.run(30.0, reward={5.0: 1.0}, executor="eager")
    assert all(torch.equal(*pair) for pair in zip(values(whole), values(parts), strict=True))


def test_eligibility_and_dopamine_in_closed_form() -> None:
    """One pair, a reward later: the weight gains the integral of c times d, as sums of geometric series."""
    pre, post = cns.SpikeSource(1, [1.0], [0], dt=1.0), cns.SpikeSource(1, [6.0], [0], dt=1.0)
    net = cns.Network(dt=1.0, reward=cns.Dopamine(tau_d=50.0, scale=0.2))
    net.add_layer(pre, "pre")
    net.add_layer(post, "post")
    rule = cns.RSTDP(A_plus=0.1, tau_plus=10.0, tau_c=100.0, bounds="none")
    con = net.add_connection(cns.DenseConnection(pre, post, w=0.5, learning_rule=rule))
    net.run(400.0, reward={30.0: 1.0})
    at_reward = 0.1 * math.exp(-5 / 10) * math.exp(-24 / 100)
    decay = math.exp(-1 / 100 - 1 / 50)
    gained = 0.2 * at_reward * (1 - decay ** (400 - 30)) / (1 - decay)
    assert float(con.w[0, 0]) == pytest.approx(0.5 + gained, rel=1e-5)


def test_a_rule_of_a_users_waits_for_rewards_too() -> None:
    """R-STDP as text, with the values of ours."""
    own = cns.Rule(
        pre="dx/dt = -x/tau : 1", post="dy/dt = -y/tau : 1", synapse="dc/dt = -c/tau_c : 1",
        on_pre="c -= A*y; x += 1", on_post="c += A*x; y += 1", each_step="w = clip(w + c*dopamine*dt, 0, 1)",
        parameters={"tau": "20 ms", "tau_c": "80 ms", "A": 0.05},
    )  # fmt: skip
    ours = cns.RSTDP(A_plus=0.05, A_minus=0.05, tau_c=80.0)
    nets = [made(rule, cns.Dopamine()) for rule in (own, ours)]
    for net in nets:
        net.run(60.0, reward=GIVEN)
    for name in ("sparse", "dense"):
        one, other = (net.connections[name].w for net in nets)  # type: ignore[union-attr]
        torch.testing.assert_close(one, other)


def test_expectations_follow_rewards() -> None:
    """After so many equal rewards what is left to surprise is (1 - rate)^n of it."""
    reward = cns.RewardPredictionError(rate=0.2, tau_d=1e-3, scale=2.0)
    for _ in range(5):
        reward.update(1.5)
        reward.update(None)
    assert reward.expected == pytest.approx(1.5 * (1 - 0.8**5))
    reward.update(1.5)
    assert reward.dopamine == pytest.approx(2.0 * 1.5 * 0.8**5)
    reward.reset_state_variables()
    assert (reward.expected, reward.dopamine) == (0.0, 0.0)


def test_a_window_is_flat() -> None:
    gaps = np.array([-20.5, -8.0, -7.5, -0.5, 0.0, 0.5, 19.5, 20.0])
    rule = cns.FlatSTDP(A_plus=0.1, A_minus=0.05, window_minus=8.0, bounds="none")
    found = cns.stdp_window(rule, gaps, dt=0.5).changes
    np.testing.assert_allclose(found, [0, 0, -0.05, -0.05, 0.1, 0.1, 0.1, 0], atol=1e-7)


@pytest.mark.slow
def test_oja_forgets_in_proportion_to_the_rate() -> None:
    """Source and target fire together every 5 ms: the weight goes to the mean of x over that of y, before the spike."""
    pre, post = (cns.SpikeSource(1, np.arange(0.0, 5000.0, 5.0), np.zeros(1000, int), dt=1.0) for _ in range(2))
    con = cns.DenseConnection(pre, post, w=0.5, learning_rule=cns.Oja(eta=0.05, w_max=9.0))
    net = cns.Network(dt=1.0)
    net.add_layer(pre, "pre")
    net.add_layer(post, "post")
    net.add_connection(con)
    net.run(5000.0)
    before = 1 / (math.exp(5 / 20) - 1)  # x just before a spike; with the spike that arrives it is one more
    assert float(con.w[0, 0]) == pytest.approx((before + 1) / before, rel=1e-4)


def unrewarded() -> None:
    pre, post = cns.InputPopulation(2, dt=1.0), cns.InputPopulation(2, dt=1.0)
    con = cns.DenseConnection(pre, post, learning_rule=cns.RSTDP())
    post.forward(torch.ones(2, dtype=torch.bool))
    con.update()


def ran(reward: Any, given: Any) -> Callable[[], object]:
    return lambda: made(RULES[0], reward).run(10.0, reward=given)


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "no dopamine by hand": (unrewarded, errors.ArgumentError, ["update(dopamine)", "RSTDP", "reward.dopamine"]),
    "no reward": (ran(None, None), errors.ArgumentError, ["dopamine", "cns.Dopamine()"]),
    "a reward for nobody": (ran(None, {1.0: 1.0}), errors.ArgumentError, ["Network.run(reward)", "Network(reward="]),
    "what is no reward": (lambda: cns.Network(reward=0.5), errors.ArgumentError, ["0.5", "cns.Dopamine()"]),  # type: ignore[arg-type]
    "a time off the grid": (ran(cns.Dopamine(), {1.3: 1.0}), errors.TimeGridError, ["1.3"]),
    "a time after the run": (ran(cns.Dopamine(), {10.0: 1.0}), errors.ParameterError, ["10 ms", "before 10"]),
    "rewards of another length": (ran(cns.Dopamine(), np.zeros(7)), errors.ShapeError, ["(7,)", "(20,)"]),
    "an infinite reward": (ran(cns.Dopamine(), np.full(20, np.inf)), errors.ShapeError, ["infinite"]),
    "a word": (ran(cns.Dopamine(), "much"), errors.ArgumentError, ["str", "{100.0: 1.0}"]),
    "a function that gives words": (ran(cns.Dopamine(), lambda net: "much"), errors.CnsError, ["what the function gave"]),
    "a rate above 1": (lambda: cns.RewardPredictionError(1.5), errors.ParameterError, ["rate", "1.5"]),
    "soft bounds": (lambda: cns.RSTDP(bounds="soft"), errors.UnknownNameError, ["RSTDP.bounds", "'soft'"]),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, words = WRONG[case]
    with pytest.raises(kind) as caught:
        call()
    assert all(word in str(caught.value) for word in words), caught.value
