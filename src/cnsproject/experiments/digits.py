"""Handwritten digits, learned without labels by spike-timing-dependent plasticity and competition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnsproject import analysis
from cnsproject.checks import whole
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Progress, seed_of, since_last
from cnsproject.experiments.digit_network import F64, DigitNetwork
from cnsproject.experiments.digits_outcome import DigitsOutcome, Learned
from cnsproject.experiments.handwritten import CLASSES, Ints, handwritten
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network

_AT_ONCE = 100
"""Pictures that are shown in one run."""


@dataclass(frozen=True)
class Digits(DigitNetwork):
    """Learning the pictures of a training set, and recognising others.

    Labels are used when nothing is learned any more: each neuron is assigned to the digit of the training set at which
    it fires most, and for a picture that was held out the digit is told whose neurons fire most.

    seeds   how often everything is done anew: which pictures are held out, weights to start from, spikes, order
    epochs  how often all pictures of the training set are shown
    train   pictures of the training set
    test    pictures that are held out
    """

    seeds: int = 5
    epochs: int = 3
    train: int = 1437
    test: int = 360

    @property
    def steps(self) -> int:
        shown = self.epochs * self.train + (self.epochs + 1) * (self.train + self.test)
        return self.seeds * shown * self.steps_of_one

    def check(self, pictures: int) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run with so many pictures."""
        self.check_network()
        for name in ("seeds", "epochs", "train", "test"):
            whole(f"parameter {name}", getattr(self, name), least=1)
        if self.train + self.test > pictures:
            raise ParameterError(
                "parameters train and test", got=f"{self.train} and {self.test} pictures",
                expected=f"at most {pictures} together", fix="lower one of them",
            )  # fmt: skip

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> DigitsOutcome:
        """One training for each seed; see `Experiment.run`."""
        pictures, digits = handwritten()
        self.check(len(pictures))
        rng = seed_of(rng)
        seeds = np.random.default_rng(rng).integers(2**31, size=self.seeds)
        found = []
        for seed in seeds.tolist():
            training = _Training(self, seed, executor or self.default_executor, progress)
            found.append(training.learn(pictures, digits))
        return DigitsOutcome(tuple(found), provenance=self.account(rng, executor))


class _Training:
    """One seed."""

    def __init__(self, experiment: Digits, seed: int, executor: str, progress: Progress | None) -> None:
        self.experiment, self.executor, self.progress = experiment, executor, progress
        self.rng = np.random.default_rng(seed)
        self.encoder = experiment.encoder(self.rng)
        self.net = experiment.learning(seed)

    def learn(self, pictures: F64, digits: Ints) -> Learned:
        """Show a training set; before and after every epoch see how much of the others is recognised."""
        e, accuracies = self.experiment, []
        order = self.rng.permutation(len(pictures))
        train, test = order[: e.train], order[e.train : e.train + e.test]
        for epoch in range(e.epochs + 1):
            if epoch:
                self._show(self.net, pictures[self.rng.permutation(train)])
            counts = self._answers(pictures[np.concatenate([train, test])])
            # The labels of the training set assign the neurons; those of the others only count what was right.
            owners = analysis.assigned(counts[: e.train], digits[train], CLASSES)
            told = analysis.voted(counts[e.train :], owners, CLASSES)
            accuracies.append(float((told == digits[test]).mean()))
        weights = self.net.connections["learning"].w.detach().numpy().reshape(-1, e.neurons).T
        fired = counts[: e.train].sum(axis=0)
        return Learned(weights, owners, fired, digits[test], told, np.array(accuracies))

    def _show(self, net: Network, pictures: F64) -> None:
        """Pictures one after the other, many in a run."""
        e = self.experiment
        for first in range(0, len(pictures), _AT_ONCE):
            spikes = e.shown(pictures[first : first + _AT_ONCE], self.encoder)
            net.run(
                e.dt * len(spikes), {"pixels": spikes}, executor=self.executor, progress=since_last(self.progress)
            )  # fmt: skip

    def _answers(self, pictures: F64) -> Ints:
        """Spikes of each neuron at each picture (pictures, neurons), while nothing is learned."""
        e = self.experiment
        net = e.frozen(self.net)
        fired = net.add_monitor(Monitor(net.layers["neurons"], ["s"]), "neurons")
        self._show(net, pictures)
        times, neurons = (values.numpy() for values in fired.spikes())
        counts = np.zeros((len(pictures), e.neurons), np.int64)
        np.add.at(counts, (np.rint(times / e.dt).astype(np.int64) // e.steps_of_one, neurons), 1)
        return counts


DIGITS = Digits(
    "digits",
    "Handwritten digits without a teacher",
    "How many handwritten digits does a layer recognise that learned by the times of spikes, without labels?",
)
