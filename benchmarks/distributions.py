"""Distributions over the neurons of a population, and how far apart those of several runs are.

The distance is that of Kolmogorov and Smirnov, D = max |F1(x) - F2(x)|. Its p takes all values for independent.
Neurons of one network are not, and pairs of neurons less: two seeds of one simulator are often further apart than p
allows. So the distances between simulators are held beside those between seeds of each, and whether they are larger is
decided by exchanging which runs belong to whom: all ways to do so are equally likely where the simulators are the same.
"""

from __future__ import annotations

from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import ks_2samp

from cnsproject.analysis import count_correlations, variation

F64 = npt.NDArray[np.float64]
PAIRED, BIN = 200, 2.0  # neurons whose pairs are correlated, in bins of so many ms
PERCENT = (1, 5, 25, 50, 75, 95, 99)
MEASURES = {"rate": "rate (Hz)", "cv": "CV of the intervals", "correlation": "correlation"}


def samples(
    times: F64, neurons: npt.NDArray[np.int64], count: int, span: tuple[float, float], seed: int
) -> dict[str, F64]:
    """Of one population in one run: a rate (Hz) per neuron, a CV per neuron with 3 spikes, a coefficient per pair.

    The pairs are those of 200 neurons, drawn among those that fired, as van Albada et al. 2018 (Front. Neuroinform.
    12:291) did, in bins of 2 ms.
    """
    start, stop = span
    late = (times >= start - 1e-9) & (times < stop - 1e-9)
    times, neurons = times[late], neurons[late]
    fired = np.unique(neurons)
    some = np.sort(np.random.default_rng(seed).permutation(fired)[:PAIRED])
    own = np.isin(neurons, some)
    places = np.searchsorted(some, neurons[own])
    table = count_correlations(times[own], places, len(some), start=start, stop=stop, bin=BIN)
    found = {
        "rate": np.bincount(neurons, minlength=count) / (1e-3 * (stop - start)),
        "cv": variation(times, neurons, count),
        "correlation": table[np.triu_indices(len(some), 1)],
    }
    return {name: values[np.isfinite(values)] for name, values in found.items()}


def summary(runs: list[F64]) -> dict[str, Any]:
    """Number, mean and some percentiles of the values of all runs, and the mean of each."""
    values = np.concatenate(runs)
    levels = np.percentile(values, PERCENT)
    kept = {f"{percent} %": float(level) for percent, level in zip(PERCENT, levels, strict=True)}
    return {"values": len(values), "mean": float(values.mean()), **kept, "means": [float(run.mean()) for run in runs]}


def within(runs: list[F64]) -> list[float]:
    """Distances of all pairs of runs."""
    return [float(ks_2samp(one, other).statistic) for one, other in combinations(runs, 2)]


def between(ours: list[F64], others: list[F64]) -> dict[str, Any]:
    """Distances of our runs to others, the p of each pair, and the p of exchanging runs (see the top of this file)."""
    tests = [ks_2samp(one, other) for one in ours for other in others]
    distances = [float(test.statistic) for test in tests]
    return {"distances": distances, "ks p": [float(test.pvalue) for test in tests], "p": exchanged(ours, others)}


def exchanged(ours: list[F64], others: list[F64]) -> float:
    """Share of all ways to divide the runs in which the two parts are at least as far apart as ours and the others.

    How far: the mean distance of runs from different parts minus the mean distance of runs of the same part.
    """
    runs = [*ours, *others]
    table = np.zeros((len(runs), len(runs)))
    for i, j in combinations(range(len(runs)), 2):
        table[i, j] = table[j, i] = ks_2samp(runs[i], runs[j]).statistic
    # The first run stays where it is: exchanging the names of the parts is no other way.
    equal = len(ours) == len(others)
    ways = [set(way) for way in combinations(range(len(runs)), len(ours)) if 0 in way or not equal]
    apart = [_apart(table, way) for way in ways]
    own = _apart(table, set(range(len(ours))))
    return mean(float(one >= own - 1e-12) for one in apart)


def _apart(table: F64, part: set[int]) -> float:
    pairs = list(combinations(range(len(table)), 2))
    across = [table[i, j] for i, j in pairs if (i in part) != (j in part)]
    inside = [table[i, j] for i, j in pairs if (i in part) == (j in part)]
    return float(mean(across) - mean(inside))
