"""Phase 7 of the course: two neurons that learn two patterns from rewards and punishments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject import plotting
from cnsproject.checks import positive
from cnsproject.experiments.base import Cell, Progress, Table
from cnsproject.experiments.pattern_learning import PatternLearning, PatternOutcome, Variant
from cnsproject.experiments.training import Training
from cnsproject.experiments.two_patterns import EVERY, PATTERNS, Ints, SeenReward
from cnsproject.learning.learning_rules import RSTDP, FlatRSTDP
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.network import Network

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Teacher(SeenReward):
    """Rewards a spike of neuron 1 in pattern A and of neuron 2 in pattern B, punishes the others; dopamine follows.

    order       pattern of every show: 0 or 1
    period      steps from one pattern to the next
    shown       steps for which one is shown; what fires in the pause is neither rewarded nor punished
    punishment  for a spike of the wrong neuron; a reward is 1
    """

    def __init__(self, order: Ints, period: int, shown: int, punishment: float, *, tau_d: float, scale: float) -> None:
        super().__init__(tau_d, scale)
        self.order, self.period, self.shown, self.punishment = order.tolist(), period, shown, punishment

    def compute(self, network: Network) -> float | None:
        """For the spikes of the last step."""
        outputs = network.layers["outputs"]
        show, place = divmod(outputs.steps - 1, self.period)
        if outputs.steps == 0 or place >= self.shown:
            return None
        fired = outputs.s.tolist()
        right = self.order[show]
        return float(fired[right]) - self.punishment * float(fired[1 - right]) if any(fired) else None


@dataclass(frozen=True)
class RewardedLearning(PatternLearning):
    """Learning with a teacher, who wants neuron 1 to fire in pattern A and neuron 2 in pattern B.

    punishment  for a spike of the wrong neuron; a reward is 1
    tau_c       time constant of the eligibility traces (ms)
    tau_d       time constant of dopamine (ms)
    release     dopamine that a reward of 1 releases (1/ms)
    """

    time: float = 10_000.0
    punishment: float = 1.0
    tau_c: float = 20.0
    tau_d: float = 50.0
    release: float = 0.01

    @property
    def variants(self) -> Mapping[str, Variant]:
        return VARIANTS

    def check(self) -> None:
        super().check()
        positive("parameter punishment", 1.0 + self.punishment)

    def reward(self, order: Ints) -> Teacher:
        return Teacher(
            order, self.steps_of_one, round(self.show / self.dt), self.punishment, tau_d=self.tau_d, scale=self.release
        )

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> RewardOutcome:
        """Every variant, with the same input and the same weights to start from; see `Experiment.run`."""
        found = super().run(rng=rng, executor=executor, progress=progress)
        return RewardOutcome(self, found.trainings, provenance=found.provenance)


def _rstdp(e: RewardedLearning) -> LearningRule:
    return RSTDP(e.A_plus, e.A_minus, e.tau_plus, e.tau_minus, e.tau_c, w_max=e.w_max)


def _flat(e: RewardedLearning) -> LearningRule:
    return FlatRSTDP(e.A_plus, e.A_minus_flat, e.window_plus, e.window_minus, e.tau_c, w_max=e.w_max)


VARIANTS: Mapping[str, Variant] = {
    "R-STDP": Variant(_rstdp),
    "Flat-R-STDP": Variant(_flat),
    "R-STDP, no punishment": Variant(_rstdp, {"punishment": 0.0}),
    "R-STDP, tau_c × 10": Variant(_rstdp, {"tau_c": 10.0}),
}


def _sums(training: Training) -> tuple[float, float]:
    """Of all rewards, and of all punishments, in the last quarter of the training, per show."""
    late = training.told[-len(training.told) // 4 :, 0]
    shows = len(training.order) / 4
    return float(late[late > 0].sum() / shows), float(abs(late[late < 0].sum()) / shows)


@dataclass(frozen=True, eq=False)
class RewardOutcome(PatternOutcome):
    """What every variant did, with rewards and dopamine."""

    experiment: RewardedLearning

    def figure(self) -> Figure:
        """A column for each variant: weights of both neurons, rewards so far, dopamine, and what the neurons answer."""
        every = round(EVERY / self.experiment.dt)
        columns = {}
        for title, training in self.trainings.items():
            reward, dopamine = training.told.T
            whole = len(reward) // every * every
            columns[title] = plotting.RewardedPatterns(
                training.picture(),
                np.maximum(reward, 0.0).cumsum()[every - 1 :: every],
                np.maximum(-reward, 0.0).cumsum()[every - 1 :: every],
                dopamine[:whole].reshape(-1, every).mean(axis=1),
                EVERY,
            )
        return plotting.rewarded_patterns(columns, patterns=PATTERNS, most=self.experiment.w_max)

    def table(self) -> Table:
        """As without a teacher, and rewards and punishments in the last quarter of the training."""
        plain = super().table()
        rows: list[tuple[Cell, ...]] = []
        for row, training in zip(plain.rows, np.repeat(list(self.trainings.values()), 2), strict=True):
            rows.append((*row, *_sums(training)))
        return Table((*plain.head, "rewards per show", "punishments per show"), tuple(rows))

    def sentences(self) -> list[str]:
        """What the neurons have become, and what the teacher says to it."""
        found = super().sentences()
        for title, training in self.trainings.items():
            rewards, punishments = _sums(training)
            obeyed = (training.answers().argmax(axis=0) == np.arange(len(PATTERNS))).all()
            found.append(
                f"{title}: in the last quarter {rewards:.3g} rewards and {punishments:.3g} punishments for each show; "
                f"the neurons {'do' if obeyed else 'do not do'} what the teacher wants."
            )
        return found


PHASE7 = RewardedLearning(
    "phase7",
    "Learning from rewards",
    "Can a teacher who only rewards and punishes decide which of two neurons learns which pattern?",
)
