"""Phase 6 of the course: two neurons that learn two patterns by spike-timing-dependent plasticity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments.base import Outcome, Progress, Table, seed_of, since_last
from cnsproject.experiments.training import Training, count_by_show, rows_of, sentence_on
from cnsproject.experiments.two_patterns import EVERY, PATTERNS, Ints, SeenReward, TwoPatterns
from cnsproject.learning.learning_rules import STDP, FlatSTDP
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.monitors import Monitor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PatternLearning(TwoPatterns):
    """Learning without a teacher.

    A_plus        amplitude of potentiation (nA)
    A_minus       amplitude of depression (nA)
    tau_plus      time constant of potentiation (ms)
    tau_minus     time constant of depression (ms)
    A_minus_flat  amplitude of depression by the flat rule (nA)
    window_plus   of the flat rule (ms)
    window_minus  of the flat rule (ms)
    w_max         largest weight (nA)
    """

    A_plus: float = 0.05
    A_minus: float = 0.0325
    tau_plus: float = 20.0
    tau_minus: float = 40.0
    A_minus_flat: float = 0.0425
    window_plus: float = 10.0
    window_minus: float = 40.0
    w_max: float = 1.0

    @property
    def variants(self) -> Mapping[str, Variant]:
        """What is run, by name."""
        return VARIANTS

    @property
    def steps(self) -> int:
        return len(self.variants) * self.shows * self.steps_of_one

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> PatternOutcome:
        """Every variant, with the same input and the same weights to start from; see `Experiment.run`."""
        self.check()
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        trainings = {title: self.train(title, seed, executor, progress) for title in self.variants}
        return PatternOutcome(self, trainings, provenance=self.account(rng, executor))

    def train(self, title: str, seed: int, executor: str | None, progress: Progress | None) -> Training:
        """One variant."""
        variant = self.variants[title]
        e = self.scaled(variant.factors)
        order, spikes, weights = e.draw(np.random.default_rng(seed))
        reward = e.reward(order)
        net, learning = e.network(variant.rule(e), weights, reward)
        learned = net.add_monitor(Monitor(learning, ["w"], every=EVERY), "weights")
        fired = net.add_monitor(Monitor(net.layers["outputs"], ["s"]), "outputs")
        chosen = executor or self.default_executor
        net.run(e.dt * len(spikes), {"inputs": spikes}, executor=chosen, progress=since_last(progress))
        times, neurons = (values.numpy() for values in fired.spikes())
        counts = count_by_show(times, neurons, e)
        told = np.array(reward.told) if reward else np.empty((0, 2))
        return Training(order, learned.get("w").numpy(), learned.times("w").numpy(), counts, told)

    def reward(self, order: Ints) -> SeenReward | None:  # noqa: ARG002 - for those who have a teacher
        """What rewards the outputs; here nothing does."""
        return None


@dataclass(frozen=True)
class Variant:
    """What is run: a rule, and what parameters are multiplied by."""

    rule: Callable[[Any], LearningRule]
    factors: Mapping[str, float] = field(default_factory=dict)


def _stdp(e: PatternLearning) -> LearningRule:
    return STDP(e.A_plus, e.A_minus, e.tau_plus, e.tau_minus, w_max=e.w_max)


def _flat(e: PatternLearning) -> LearningRule:
    return FlatSTDP(e.A_plus, e.A_minus_flat, e.window_plus, e.window_minus, w_max=e.w_max)


VARIANTS: Mapping[str, Variant] = {
    "STDP": Variant(_stdp),
    "Flat-STDP": Variant(_flat),
    "STDP, A_minus × 0.8": Variant(_stdp, {"A_minus": 0.8}),
    "Flat-STDP, A_minus × 0.8": Variant(_flat, {"A_minus_flat": 0.8}),
    "STDP, no inhibition": Variant(_stdp, {"inhibition": 0.0}),
}


@dataclass(frozen=True, eq=False)
class PatternOutcome(Outcome):
    """What every variant did."""

    experiment: PatternLearning
    trainings: Mapping[str, Training]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """By the place of the variant in the figure: order0, weights0, times0, counts0, order1, ..."""
        return {
            f"{name}{place}": array
            for place, training in enumerate(self.trainings.values())
            for name, array in training.arrays().items()
        }

    def figure(self) -> Figure:
        """A column for each variant: weights of both neurons over time, their last weights, and what they answer."""
        columns = {title: training.picture() for title, training in self.trainings.items()}
        return plotting.learned_patterns(columns, patterns=PATTERNS, most=self.experiment.w_max)

    def table(self) -> Table:
        """For each variant and neuron mean weights from the inputs of both patterns, answers to both, selectivity."""
        rows = [row for title, training in self.trainings.items() for row in rows_of(title, training)]
        head = *(f"w, inputs of {k} (nA)" for k in PATTERNS), *(f"spikes at {k}" for k in PATTERNS), "selectivity"
        return Table(("", *head), tuple(rows))

    def sentences(self) -> list[str]:
        """What the neurons of every variant have become."""
        return [sentence_on(title, training) for title, training in self.trainings.items()]


PHASE6 = PatternLearning(
    "phase6",
    "Learning by the times of spikes",
    "Do two neurons that compete learn two patterns, one each, from nothing but the times of spikes?",
)
