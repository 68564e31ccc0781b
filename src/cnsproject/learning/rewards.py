"""The rewards a notebook hands to a network: `Network(reward=cns.Dopamine())`."""

from __future__ import annotations

import math

from cnsproject.checks import named_arguments, number, positive
from cnsproject.errors import ParameterError
from cnsproject.network.rewarding import AbstractReward

__all__ = ["AbstractReward", "Dopamine", "FlatReward", "RewardPredictionError"]


class FlatReward(AbstractReward):
    """Dopamine is the reward itself, in the step in which it is given, and 0 in all others.

    scale  dopamine (1/ms) for a reward of 1
    """

    @named_arguments
    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = number("FlatReward.scale", scale)

    def update(self, reward: float | None) -> None:
        """Make a step in which this reward is given, or none."""
        self.dopamine = self.scale * (reward or 0.0)


class Dopamine(AbstractReward):
    """A reward releases dopamine, which is taken up again: dd/dt = -d/tau_d, d += scale*reward.

    tau_d    time constant of the uptake (ms)
    scale    dopamine (1/ms) that a reward of 1 releases
    tonic    dopamine (1/ms) that is always there

    Izhikevich 2007, Cereb. Cortex 17, eq. 3: a reward of 0.5 uM, tau_d = 200 ms, tonic 0.002 uM.
    """

    @named_arguments
    def __init__(self, tau_d: float = 200.0, scale: float = 1.0, tonic: float = 0.0) -> None:
        super().__init__()
        self.tau_d = positive("Dopamine.tau_d", tau_d, "ms")
        self.scale, self.tonic = number("Dopamine.scale", scale), number("Dopamine.tonic", tonic)
        self._phasic = 0.0
        self.dopamine = self.tonic

    def update(self, reward: float | None) -> None:
        """Make a step in which this reward is given, or none."""
        self._release(self.scale * (reward or 0.0))

    def _release(self, amount: float) -> None:
        self._phasic = self._phasic * math.exp(-self.dt / self.tau_d) + amount
        self.dopamine = self.tonic + self._phasic

    def reset_state_variables(self) -> None:
        """Back to tonic dopamine."""
        self._phasic, self.dopamine = 0.0, self.tonic


class RewardPredictionError(Dopamine):
    """What releases dopamine is how much better a reward is than expected: reward - expected.

    With every reward that is given, also one of 0, expected += rate*(reward - expected). Released is
    scale*(reward - expected), taken up with tau_d as in `Dopamine`; negative where it is worse than expected.

    rate      from 0 to 1      expected  in the beginning

    Rescorla & Wagner 1972; Schultz, Dayan & Montague 1997, Science 275.
    """

    @named_arguments
    def __init__(
        self, rate: float = 0.1, tau_d: float = 200.0, scale: float = 1.0, tonic: float = 0.0, *, expected: float = 0.0
    ) -> None:
        super().__init__(tau_d, scale, tonic)
        self.rate = number("RewardPredictionError.rate", rate)
        if not 0 <= self.rate <= 1:
            raise ParameterError(
                "RewardPredictionError.rate", got=f"{rate:g}", expected="a number from 0 to 1", fix="use 0.1"
            )
        self._first = self.expected = number("RewardPredictionError.expected", expected)

    def update(self, reward: float | None) -> None:
        """Make a step in which this reward is given, or none."""
        error = 0.0 if reward is None else reward - self.expected
        self.expected += self.rate * error
        self._release(self.scale * error)

    def reset_state_variables(self) -> None:
        """Back to tonic dopamine, and to what was expected in the beginning."""
        super().reset_state_variables()
        self.expected = self._first
