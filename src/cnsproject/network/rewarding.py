"""`AbstractReward`: what becomes of rewards; `Rewards`: those of one run, step by step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import number, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, ShapeError

if TYPE_CHECKING:
    from cnsproject.network.network import Network


class AbstractReward(ABC):
    """Turns rewards into the dopamine that learning rules such as cns.RSTDP read (abstract).

    A network calls, before every step, `compute` for the reward of this step, unless `run(reward=...)` says what it is,
    and then `update`. By hand: `reward.update(1.0)`, and `connection.update(dopamine=reward.dopamine)`.

    dopamine  its concentration in this step (1/ms: the share of an eligibility trace that becomes weight per ms)
    dt        length of a step (ms), that of the network
    """

    def __init__(self) -> None:
        self.dopamine, self.dt = 0.0, 1.0

    def compute(self, network: Network) -> float | None:  # noqa: ARG002
        """The reward in the next step, from what the network has done; None for none. Override it; by default none."""
        return None

    @abstractmethod
    def update(self, reward: float | None) -> None:
        """Make a step in which this reward is given, or none: changes `dopamine`."""

    def reset_state_variables(self) -> None:
        """Back to no dopamine."""
        self.dopamine = 0.0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in vars(self).items() if n[0] != '_')})"


class Rewards:
    """The rewards of a run: given as `Network.run` takes them, and handed to the network's reward step by step.

    asks  whether a reward depends on what the network has done, so that nobody can know it before
    """

    def __init__(self, net: Network, reward: AbstractReward, given: object) -> None:
        self.net, self.reward, self.given = net, reward, given
        self.reward.dt = net.dt
        self.schedule = given if isinstance(given, np.ndarray) else None
        own = type(self.reward).compute is not AbstractReward.compute
        self.asks = callable(given) or (given is None and own)
        self._begun: tuple[int, dict[str, Any], list[float | None]] = 0, {}, []

    def make(self, step: int) -> float | None:
        """Make one step of the run; the reward that was given."""
        value = self._of(step)
        self.reward.update(value)
        return value

    def _of(self, step: int) -> float | None:
        if self.schedule is not None:
            value = float(self.schedule[step]) if step < len(self.schedule) else math.nan
            return None if math.isnan(value) else value
        answer = self.given(self.net) if callable(self.given) else self.reward.compute(self.net)
        return None if answer is None else number("Network.run(reward), what the function gave", answer)

    def block(self, first: int, count: int) -> Tensor:
        """Dopamine in some steps, which are made now: (count, 1)."""
        before, given, levels = dict(vars(self.reward)), [], []
        for step in range(first, first + count):
            given.append(self.make(step))
            levels.append(self.reward.dopamine)
        self._begun = first, before, given
        return torch.tensor(levels, dtype=torch.float64).reshape(-1, 1)

    def back_to(self, step: int) -> None:
        """Undo the steps from this one on, of those that the last block made."""
        first, before, given = self._begun
        vars(self.reward).clear()
        vars(self.reward).update(before)
        for value in given[: step - first]:
            self.reward.update(value)


def check_reward(given: object) -> AbstractReward | None:
    """The reward of a network: one that was made, its class, or none."""
    made = given() if isinstance(given, type) and issubclass(given, AbstractReward) else given
    if made is not None and not isinstance(made, AbstractReward):
        raise ArgumentError(
            "Network(reward)", got=repr(given), expected="a reward", fix="make one: cns.Dopamine(), or your own "
            "class derived from cns.AbstractReward",
        )  # fmt: skip
    return made


def rewards_of(net: Network, given: object) -> Rewards | None:
    """What a run gives; None where the network has no reward."""
    if net.reward is None:
        if given is not None:
            raise ArgumentError(
                "Network.run(reward)", got=type(given).__name__, expected="None for a network without a reward",
                fix="say what becomes of it: Network(reward=cns.Dopamine())",
            )  # fmt: skip
        for connection in net.connections.values():
            rule = getattr(connection, "learning_rule", None)
            if rule is not None and rule.plasticity.modulators:
                raise ArgumentError(
                    f"{type(rule).__name__} of {connection.label}", got="a network without a reward",
                    expected="one that tells how much dopamine there is", fix="write Network(reward=cns.Dopamine())",
                )  # fmt: skip
        return None
    return Rewards(net, net.reward, given)


def read_reward(given: object, steps: int, dt: float) -> object:
    """None, a function, or one number per step, NaN where nothing is given."""
    what = "Network.run(reward)"
    if given is None or callable(given):
        return given
    if isinstance(given, Mapping):
        schedule = np.full(steps, np.nan)
        for time, value in given.items():
            step = steps_on_grid(f"{what}, time {time!r}", number(f"{what}, time", time, "ms"), dt)
            if not 0 <= step < steps:
                raise ParameterError(
                    what, got=f"a reward at {time:g} ms", expected=f"times from 0 to before {steps * dt:g} ms",
                    fix="count from the start of this run",
                )  # fmt: skip
            schedule[step] = number(f"{what} at {time:g} ms", value)
        return schedule
    if isinstance(given, int | float):
        return np.full(steps, number(what, given))
    if not isinstance(given, np.ndarray | Tensor | list | tuple):
        raise ArgumentError(
            what, got=type(given).__name__, expected="a dict {time: reward}, an array (steps,), a number or a function",
            fix="write {100.0: 1.0}",
        )  # fmt: skip
    schedule = np.asarray(given, np.float64)
    if schedule.shape != (steps,) or np.isinf(schedule).any():
        raise ShapeError(
            what, got=f"shape {schedule.shape}" + " with infinite numbers" * bool(np.isinf(schedule).any()),
            expected=f"({steps},), one finite number per step, NaN for no reward", fix="or give {time: reward}",
        )  # fmt: skip
    return schedule


RewardGiven = Mapping[float, float] | float | np.ndarray[Any, Any] | Tensor | Callable[..., float | None]
