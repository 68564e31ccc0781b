"""What spike times tell, neuron by neuron.

Times are in ms, `neurons` says who fired, both of shape (spikes,) as `Monitor.spikes()` gives them; a result has one
value per neuron. What is not defined for a train at hand is NaN.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number, positive, whole
from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def rates(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float) -> F64:
    """Firing rate (Hz) of each of `count` neurons from its spikes in [start, stop) (ms).

    1/T, where T is the mean interval between its spikes. A neuron that fired less than twice, or that fell silent (its
    last spike is more than two of its longest intervals before stop), has spikes/(stop - start) instead.
    """
    begin, end = _window("rates", start, stop)
    t, i, n = _ordered("rates", times, neurons, count, begin, end)
    spikes = np.bincount(i, minlength=n)
    gaps, owner = _intervals("rates", t, i)
    last, longest = np.full(n, begin), np.zeros(n)
    last[i] = t  # of several spikes the last one stays
    np.maximum.at(longest, owner, gaps)
    goes_on = (spikes > 1) & (end - last <= 2.0 * longest)
    total = np.where(goes_on, np.bincount(owner, gaps, minlength=n), end - begin)
    return np.asarray(1e3 * (spikes - goes_on) / total)


def first_rates(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> F64:
    """1/(first interval) of each of `count` neurons (Hz); 0 for one that fired less than twice."""
    t, i, n = _ordered("first_rates", times, neurons, count)
    gaps, owner = _intervals("first_rates", t, i)
    result = np.zeros(n)
    which, place = np.unique(owner, return_index=True)
    result[which] = 1e3 / gaps[place]
    return result


def variation(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, least: int = 2) -> F64:
    """Coefficient of variation of the intervals of each of `count` neurons; NaN with less than `least` intervals.

    Of few intervals it is too small on average: long ones do not fit into a short time. 0 for a clock, 1 for a Poisson
    process (Gerstner et al. 2014, Neuronal Dynamics, ch. 7.3).
    """
    t, i, n = _ordered("variation", times, neurons, count)
    gaps, owner = _intervals("variation", t, i)
    number_of = np.bincount(owner, minlength=n).astype(np.float64)
    number_of[number_of < whole("variation(least)", least, least=2)] = np.nan
    mean = np.bincount(owner, gaps, minlength=n) / number_of
    square = np.bincount(owner, (gaps - mean[owner]) ** 2, minlength=n) / number_of
    return np.asarray(np.sqrt(square) / mean)


def synchrony(
    times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float, bin: float = 5.0
) -> float:
    """How much `count` neurons fire together, from the spikes in [start, stop) (ms), counted in bins of `bin` ms.

    chi = sqrt(variance of the mean count over time / mean variance of the counts of single neurons): 1 for neurons
    that do the same, 1/sqrt(count) for neurons that know nothing of each other; NaN where no count varies.
    Golomb 2007, Scholarpedia 2(1):1347, with counts in place of potentials.
    """
    begin, end = _window("synchrony", start, stop)
    t, i, n = _ordered("synchrony", times, neurons, count, begin, end)
    bins = int((end - begin) / positive("synchrony(bin)", bin, "ms") + 1e-9)
    place = ((t - begin) / bin + 1e-9).astype(np.int64)
    whole_bins = place < bins  # the rest at the end is no whole bin
    counts = np.zeros((n, bins))
    np.add.at(counts, (i[whole_bins], place[whole_bins]), 1.0)
    single = counts.var(axis=1).mean() if bins else 0.0
    return float(np.sqrt(counts.mean(axis=0).var() / single)) if single else float("nan")


def split_by_neuron(times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> tuple[F64, ...]:
    """The spike times of each of `count` neurons, ascending."""
    t, i, n = _ordered("split_by_neuron", times, neurons, count)
    return tuple(np.split(t, np.searchsorted(i, np.arange(1, n))))


def _window(what: str, start: float, stop: float) -> tuple[float, float]:
    begin, end = number(f"{what}(start)", start, "ms"), number(f"{what}(stop)", stop, "ms")
    if end <= begin:
        raise ParameterError(
            f"{what}(stop)", got=f"{end:g} ms", expected=f"a time after start = {begin:g} ms", fix="swap them"
        )
    return begin, end


def _ordered(
    what: str,
    times: npt.ArrayLike,
    neurons: npt.ArrayLike,
    count: int,
    begin: float = -np.inf,
    end: float = np.inf,
) -> tuple[F64, Ints, int]:
    """Spikes in [begin, end) by neuron, each neuron's in the order of their times; and the number of neurons."""
    t, i = np.asarray(times, np.float64), np.asarray(neurons, np.int64)
    if t.ndim != 1 or t.shape != i.shape:
        raise ShapeError(
            f"{what}(times, neurons)", got=f"shapes {t.shape} and {i.shape}", expected="one neuron for every time",
            fix="give both that Monitor.spikes() returns",
        )  # fmt: skip
    all_of_them = whole(f"{what}(count)", count, least=1)
    if i.size and not 0 <= i.min() <= i.max() < all_of_them:
        raise ParameterError(
            f"{what}(neurons)", got=f"neurons {i.min()} to {i.max()}", expected=f"0 to {all_of_them - 1}",
            fix="give the number of all neurons as count",
        )  # fmt: skip
    if not np.isfinite(t).all():
        raise ParameterError(
            f"{what}(times)", got="NaN or infinity", expected="finite times (ms)", fix="check how they were computed"
        )
    inside = (t >= begin) & (t < end)
    t, i = t[inside], i[inside]
    order = np.lexsort((t, i))
    return t[order], i[order], all_of_them


def _intervals(what: str, t: F64, i: Ints) -> tuple[F64, Ints]:
    """Intervals between successive spikes of a neuron, and which neuron that is, from ordered spikes."""
    same = i[1:] == i[:-1]
    gaps, owner = np.diff(t)[same], i[1:][same]
    if not gaps.all():
        twice = t[1:][same][gaps == 0.0][0]
        raise ParameterError(
            f"{what}(times)", got=f"two spikes of neuron {owner[gaps == 0.0][0]} at {twice:g} ms",
            expected="one spike at a time", fix="give the spikes of one run only",
        )  # fmt: skip
    return gaps, owner
