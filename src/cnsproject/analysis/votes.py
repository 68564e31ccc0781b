"""What a layer that learned without labels is worth: its neurons are assigned to classes, and vote."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NONE = -1
"""No class: of a neuron that was silent, of a sample at which all were."""


def assigned(counts: npt.ArrayLike, labels: npt.ArrayLike, classes: int) -> Ints:
    """The class (neurons,) to which each neuron fired most on average; `NONE` where it never fired.

    counts  spikes of each neuron at each sample (samples, neurons)
    labels  class of each sample (samples,), from 0 to classes - 1

    Of equal classes the first. Diehl & Cook 2015, Front. Comput. Neurosci. 9:99, sec. 2.7.
    """
    fired, truth = np.asarray(counts, np.float64), np.asarray(labels)
    means = np.stack([fired[truth == k].sum(axis=0) / max(1, (truth == k).sum()) for k in range(classes)])
    return np.where(means.any(axis=0), means.argmax(axis=0), NONE).astype(np.int64)


def voted(counts: npt.ArrayLike, owners: npt.ArrayLike, classes: int) -> Ints:
    """The class (samples,) whose neurons fired most at each sample, on average over them; `NONE` where all are silent.

    counts  spikes of each neuron at each sample (samples, neurons)
    owners  class of each neuron (neurons,), as `assigned` tells it

    Of equal classes the first.
    """
    fired, owner = np.asarray(counts, np.float64), np.asarray(owners)
    means = np.stack([fired[:, owner == k].sum(axis=1) / max(1, (owner == k).sum()) for k in range(classes)], axis=1)
    return np.where(means.any(axis=1), means.argmax(axis=1), NONE).astype(np.int64)


def confusion(truth: npt.ArrayLike, told: npt.ArrayLike, classes: int) -> Ints:
    """How many samples of each class (row) were told to be of each (column); those told to be `NONE` are left out."""
    rows, columns = np.asarray(truth), np.asarray(told)
    found = np.zeros((classes, classes), np.int64)
    np.add.at(found, (rows[columns != NONE], columns[columns != NONE]), 1)
    return found
