"""Phase 6 of the course: two neurons that learn two patterns by spike-timing-dependent plasticity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments.base import Outcome, Progress, Table, seed_of, since_last
from cnsproject.experiments.training import Training, count_by_show, rows_of, sentence_on
from cnsproject.experiments.two_patterns import EVERY, PATTERNS, TwoPatterns
from cnsproject.learning.learning_rules import STDP
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.monitors import Monitor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PatternLearning(TwoPatterns):
    """Learning without a teacher.

    A_plus     amplitude of potentiation (nA)
    A_minus    amplitude of depression (nA)
    tau_plus   time constant of potentiation (ms)
    tau_minus  time constant of depression (ms)
    w_max      largest weight (nA)
    """

    A_plus: float = 0.05
    A_minus: float = 0.0325
    tau_plus: float = 20.0
    tau_minus: float = 40.0
    w_max: float = 1.0

    @property
    def steps(self) -> int:
        return len(VARIANTS) * self.shows * self.steps_of_one

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> PatternOutcome:
        """Every variant, with the same input and the same weights to start from; see `Experiment.run`."""
        self.check()
        rng = seed_of(rng)
        seed = int(np.random.default_rng(rng).integers(2**31))
        trainings = {title: self._train(title, seed, executor, progress) for title in VARIANTS}
        return PatternOutcome(self, trainings, provenance=self.account(rng, executor))

    def _train(self, title: str, seed: int, executor: str | None, progress: Progress | None) -> Training:
        """One variant."""
        rule, factors = VARIANTS[title]
        e = self.scaled(factors)
        order, spikes, weights = e.draw(np.random.default_rng(seed))
        net, learning = e.network(RULES[rule](e), weights)
        learned = net.add_monitor(Monitor(learning, ["w"], every=EVERY), "weights")
        fired = net.add_monitor(Monitor(net.layers["outputs"], ["s"]), "outputs")
        chosen = executor or self.default_executor
        net.run(e.dt * len(spikes), {"inputs": spikes}, executor=chosen, progress=since_last(progress))
        times, neurons = (values.numpy() for values in fired.spikes())
        counts = count_by_show(times, neurons, e)
        return Training(order, learned.get("w").numpy(), learned.times("w").numpy(), counts)


def _stdp(e: PatternLearning) -> LearningRule:
    return STDP(e.A_plus, e.A_minus, e.tau_plus, e.tau_minus, w_max=e.w_max)


RULES: Mapping[str, Callable[[PatternLearning], LearningRule]] = {"STDP": _stdp}
"""The rules by name."""

VARIANTS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "STDP": ("STDP", {}),
    "STDP, A_minus × 0.8": ("STDP", {"A_minus": 0.8}),
    "STDP, no inhibition": ("STDP", {"inhibition": 0.0}),
}
"""What is run: a rule, and what parameters are multiplied by."""


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
