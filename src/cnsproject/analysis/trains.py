"""What spike times tell, neuron by neuron.

Times are in ms, `neurons` says who fired, both of shape (spikes,) as `Monitor.spikes()` gives them; a result has one
value per neuron. What is not defined for a train at hand is NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cnsproject.analysis.events import ROUNDING, counted, moments, ordered, window
from cnsproject.analysis.events import gaps as gaps_of
from cnsproject.checks import positive

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rates(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float) -> F64:
    """Firing rate (Hz) of each of `count` neurons from its spikes in [start, stop) (ms).

    1/T, where T is the mean interval between its spikes. A neuron that fired less than twice, or that fell silent (its
    last spike is more than two of its longest intervals before stop), has spikes/(stop - start) instead.
    """
    begin, end = window("rates", start, stop)
    t, i, n = ordered("rates", times, neurons, count, begin, end)
    spikes = np.bincount(i, minlength=n)
    gaps, owner = gaps_of("rates", t, i)
    last, longest = np.full(n, begin), np.zeros(n)
    last[i] = t  # of several spikes the last one stays
    np.maximum.at(longest, owner, gaps)
    goes_on = (spikes > 1) & (end - last <= 2.0 * longest)
    total = np.where(goes_on, np.bincount(owner, gaps, minlength=n), end - begin)
    return np.asarray(1e3 * (spikes - goes_on) / total)


def first_rates(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> F64:
    """1/(first interval) of each of `count` neurons (Hz); 0 for one that fired less than twice."""
    t, i, n = ordered("first_rates", times, neurons, count)
    gaps, owner = gaps_of("first_rates", t, i)
    result = np.zeros(n)
    which, place = np.unique(owner, return_index=True)
    result[which] = 1e3 / gaps[place]
    return result


def variation(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> F64:
    """Coefficient of variation of the intervals of each of `count` neurons; NaN with less than two intervals.

    0 for a clock, 1 for a Poisson process (Gerstner et al. 2014, Neuronal Dynamics, ch. 7.3).
    """
    t, i, n = ordered("variation", times, neurons, count)
    gaps, owner = gaps_of("variation", t, i)
    number_of = np.bincount(owner, minlength=n).astype(np.float64)
    number_of[number_of < 2] = np.nan
    mean = np.bincount(owner, gaps, minlength=n) / number_of
    square = np.bincount(owner, (gaps - mean[owner]) ** 2, minlength=n) / number_of
    return np.asarray(np.sqrt(square) / mean)


def interspike_intervals(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> tuple[F64, Ints]:
    """All intervals between successive spikes of a neuron (ms), and the neuron of each: both (intervals,).

    The intervals of neuron 0 come first, each neuron's in the order of time.
    """
    t, i, _ = ordered("interspike_intervals", times, neurons, count)
    return gaps_of("interspike_intervals", t, i)


def interval_histogram(
    times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, bin: float, longest: float
) -> tuple[F64, F64]:
    """Edges (ms), (bins + 1,), and density of the intervals of all neurons (1/ms), (bins,).

    Bins of `bin` ms follow each other from 0 until `longest` (ms) is reached. Longer intervals are in no bin, but they
    count: the densities times the bin are shares of all intervals. NaN where there is no interval.
    """
    found, _ = interspike_intervals(times, neurons, count)
    width, end = positive("interval_histogram(bin)", bin, "ms"), positive("interval_histogram(longest)", longest, "ms")
    bins = max(1, int(np.ceil(end / width - ROUNDING)))
    # An interval is the difference of two rounded times.
    place = (found / width + 1e-6).astype(np.int64)
    inside = np.bincount(place[place < bins], minlength=bins).astype(np.float64)
    density = inside / (len(found) * width) if len(found) else np.full(bins, np.nan)
    return np.asarray(np.arange(bins + 1) * width), np.asarray(density)


def local_variation(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> F64:
    """LV of each of `count` neurons: the mean over neighbouring intervals I, J of 3*((I - J)/(I + J))^2.

    1 for a Poisson process, 0 for a clock, and hardly changed where a rate drifts; NaN with less than two intervals.
    Shinomoto, Shima & Tanji 2003, Neural Computation 15:2823.
    """
    return _neighbours("local_variation", times, neurons, count, lambda change: 3.0 * change**2)


def cv2(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> F64:
    """CV2 of each of `count` neurons: the mean over neighbouring intervals I, J of 2*|I - J|/(I + J).

    As `local_variation`, which weighs large differences more. Holt et al. 1996, J. Neurophysiol. 75:1806.
    """
    return _neighbours("cv2", times, neurons, count, lambda change: 2.0 * np.abs(change))


def _neighbours(
    what: str, times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, weigh: Callable[[F64], F64]
) -> F64:
    """Mean over the pairs of neighbouring intervals of each neuron; NaN without one."""
    t, i, n = ordered(what, times, neurons, count)
    gaps, owner = gaps_of(what, t, i)
    same = owner[1:] == owner[:-1]
    change = (np.diff(gaps) / (gaps[1:] + gaps[:-1]))[same]
    pairs = np.bincount(owner[1:][same], minlength=n).astype(np.float64)
    pairs[pairs == 0.0] = np.nan
    return np.asarray(np.bincount(owner[1:][same], weigh(change), minlength=n) / pairs)


def fano_factor(
    times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float, bin: float
) -> F64:
    """Variance over mean of the spikes of each of `count` neurons in the bins (ms) of [start, stop).

    1 for a Poisson process, whatever the bin; NaN for a neuron without a spike. An incomplete last bin is left out.
    Gerstner et al. 2014, Neuronal Dynamics, ch. 7.3.
    """
    begin, end = window("fano_factor", start, stop)
    neuron, _, found, n, bins = counted("fano_factor", times, neurons, count, begin, end, bin)
    mean, variance = moments(neuron, found, n, bins)
    mean[mean == 0.0] = np.nan
    return np.asarray(variance / mean)


def synchrony(
    times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float, bin: float = 5.0
) -> float:
    """How much `count` neurons fire together, from the spikes in [start, stop) (ms), counted in bins of `bin` ms.

    chi = sqrt(variance of the mean count over time / mean variance of the counts of single neurons): 1 for neurons
    that do the same, 1/sqrt(count) for neurons that know nothing of each other; NaN where no count varies.
    Golomb 2007, Scholarpedia 2(1):1347, with counts in place of potentials.
    """
    begin, end = window("synchrony", start, stop)
    neuron, place, found, n, bins = counted("synchrony", times, neurons, count, begin, end, bin)
    _, single = moments(neuron, found, n, bins)
    together = np.bincount(place, found, minlength=bins) / n
    mean = float(single.mean())
    return float(np.sqrt(together.var() / mean)) if mean else float("nan")


def split_by_neuron(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> tuple[F64, ...]:
    """The spike times of each of `count` neurons, ascending."""
    t, i, n = ordered("split_by_neuron", times, neurons, count)
    return tuple(np.split(t, np.searchsorted(i, np.arange(1, n))))
