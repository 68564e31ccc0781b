"""What is kept of a training with two patterns, and what is measured in it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject import plotting
from cnsproject.experiments.base import Cell
from cnsproject.experiments.two_patterns import F64, OUTPUTS, PATTERNS, Ints, TwoPatterns

_CHOSEN = 0.5
"""Selectivity from which on a neuron has chosen: three times as many spikes to one pattern."""

_FEW = 0.5
"""Spikes in a show of each pattern below which a neuron has learned nothing."""


@dataclass(frozen=True, eq=False)
class Training:
    """What one rule did.

    order    pattern of every show: 0 or 1
    weights  (records, inputs, 2) nA
    times    (records,) ms
    counts   (shows, 2) spikes of each neuron while a pattern was shown
    told     (steps, 2) reward and dopamine (1/ms), or (0, 2)
    """

    order: Ints
    weights: F64
    times: F64
    counts: Ints
    told: F64

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that was recorded, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def picture(self) -> plotting.LearnedPatterns:
        """For a figure."""
        return plotting.LearnedPatterns(self.times, self.weights, self.answers())

    def means(self) -> F64:
        """Of the last weights by neuron and pattern (2, 2) (nA)."""
        last = self.weights[-1]
        half = len(last) // 2
        return np.stack([last[:half].mean(axis=0), last[half:].mean(axis=0)], axis=1)

    def answers(self) -> F64:
        """Spikes per show by neuron and pattern (2, 2), in the second half of the training."""
        late = slice(len(self.order) // 2, None)
        order, counts = self.order[late], self.counts[late]
        return np.stack(
            [counts[order == k].mean(axis=0) if (order == k).any() else np.full(OUTPUTS, np.nan) for k in (0, 1)],
            axis=1,
        )

    def selectivity(self) -> F64:
        """(a - b)/(a + b) of each neuron's answers a to A and b to B: 1 for A only, -1 for B only; NaN for silence."""
        answers = self.answers()
        total = answers.sum(axis=1)
        return np.asarray((answers[:, 0] - answers[:, 1]) / np.where(total > 0, total, np.nan))


def count_by_show(times: F64, neurons: Ints, experiment: TwoPatterns) -> Ints:
    """Spikes (shows, 2) of each neuron while a pattern was shown."""
    length = experiment.show + experiment.pause
    number = ((times + 0.5 * experiment.dt) / length).astype(np.int64)
    inside = times - number * length < experiment.show - 0.5 * experiment.dt
    counts = np.zeros((experiment.shows, OUTPUTS), np.int64)
    np.add.at(counts, (number[inside], neurons[inside]), 1)
    return counts


def rows_of(title: str, training: Training) -> list[tuple[Cell, ...]]:
    """Rows of a table, one for each neuron."""
    found = zip(training.means(), training.answers(), training.selectivity(), strict=True)
    return [
        (f"{title}, neuron {k + 1}", *map(_cell, weights), *map(_cell, answers), _cell(selectivity))
        for k, (weights, answers, selectivity) in enumerate(found)
    ]


def sentence_on(title: str, training: Training) -> str:
    """What both neurons have become."""
    found = zip(training.selectivity(), training.answers().sum(axis=1), strict=True)
    choices = [_choice(selectivity, spikes) for selectivity, spikes in found]
    told = " and ".join(f"neuron {k + 1} {said}" for k, (said, _) in enumerate(choices))
    chosen = {pattern for _, pattern in choices if pattern}
    outcome = "each has a pattern of its own" if len(chosen) == OUTPUTS else "the patterns are not shared out"
    return f"{title}: {told}; {outcome}."


def _choice(selectivity: float, spikes: float) -> tuple[str, str | None]:
    """In words, and the pattern that a neuron has chosen."""
    if not spikes >= _FEW:
        return "hardly fires" if spikes > 0 else "is silent", None
    favourite = PATTERNS[int(selectivity < 0)]
    if abs(selectivity) < _CHOSEN:
        return f"answers to both (selectivity {selectivity:.2f})", None
    return f"answers to {favourite} (selectivity {selectivity:.2f})", favourite


def _cell(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
