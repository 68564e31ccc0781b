"""Two lists of spikes beside each other: times as whole numbers of steps, and the neuron of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def first_times(times: Ints, neurons: Ints, count: int) -> Ints:
    """The first spike of each of `count` neurons; -1 for one without spikes."""
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, neurons, times)
    return np.where(first == np.iinfo(np.int64).max, -1, first)


def matches(one: tuple[Ints, Ints], other: tuple[Ints, Ints], within: int) -> int:
    """How many pairs can be made of a spike in one list and a spike in the other, of the same neuron.

    The two of a pair are at most `within` steps apart, and no spike is in two pairs. Taken in the order of time, each
    with the first that is left, the pairs are as many as can be.
    """
    if not len(one[0]) or not len(other[0]):
        return 0
    # One line of time for all: neurons lie so far apart that none reaches the next.
    room = int(max(one[0].max(), other[0].max())) + within + 1
    a, b = (np.sort(times + room * neurons).tolist() for times, neurons in (one, other))
    found = i = j = 0
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= within:
            found, i, j = found + 1, i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return found
