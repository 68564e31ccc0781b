"""Neurons that are assigned to classes, and vote."""

from __future__ import annotations

import numpy as np

from cnsproject import analysis


def test_neurons_belong_to_the_class_at_which_they_fire_most_on_average() -> None:
    """Not in all: class 0 has three times as many samples."""
    labels = [0, 0, 0, 1]
    counts = [[2, 0, 1, 0], [2, 0, 1, 0], [2, 0, 1, 0], [1, 3, 2, 0]]
    assert analysis.assigned(counts, labels, 2).tolist() == [0, 1, 1, -1]
    assert analysis.assigned(counts, labels, 3).tolist() == [0, 1, 1, -1]  # a class without samples gets none


def test_the_class_whose_neurons_fire_most_on_average_is_told() -> None:
    """Three neurons that fire once are no stronger than one that does."""
    owners = [0, 0, 0, 1, -1]
    counts = [[1, 1, 1, 2, 0], [1, 1, 1, 0, 9], [0, 0, 2, 1, 0], [0, 0, 0, 0, 5]]
    assert analysis.voted(counts, owners, 2).tolist() == [1, 0, 1, -1]


def test_confusion_counts_pairs() -> None:
    rng = np.random.default_rng(1)
    truth, told = rng.integers(0, 4, 200), rng.integers(-1, 4, 200)
    found = analysis.confusion(truth, told, 4)
    for row in range(4):
        for column in range(4):
            assert found[row, column] == ((truth == row) & (told == column)).sum()
    assert found.sum() == (told >= 0).sum()
