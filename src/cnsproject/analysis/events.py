"""Spikes as events, checked and put in the order that the other modules count in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number, positive, whole
from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDING = 1e-9
"""Of a bin: a time that lies so little before an edge is on it."""


def window(what: str, start: float, stop: float) -> tuple[float, float]:
    """Beginning and end (ms), in this order."""
    begin, end = number(f"{what}(start)", start, "ms"), number(f"{what}(stop)", stop, "ms")
    if end <= begin:
        raise ParameterError(
            f"{what}(stop)", got=f"{end:g} ms", expected=f"a time after start = {begin:g} ms", fix="swap them"
        )
    return begin, end


def finite_times(what: str, times: npt.ArrayLike) -> F64:
    """Times (ms) that are numbers, (spikes,)."""
    t = np.asarray(times, np.float64)
    if t.ndim != 1:
        raise ShapeError(f"{what}(times)", got=f"shape {t.shape}", expected="(spikes,)", fix="give one list of times")
    if not np.isfinite(t).all():
        raise ParameterError(
            f"{what}(times)", got="NaN or infinity", expected="finite times (ms)", fix="check how they were computed"
        )
    return t


def checked(what: str, times: npt.ArrayLike, neurons: npt.ArrayLike, count: int) -> tuple[F64, Ints, int]:
    """Times, neurons and the number of neurons, as they were given."""
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
    return finite_times(what, t), i, all_of_them


def ordered(
    what: str,
    times: npt.ArrayLike,
    neurons: npt.ArrayLike,
    count: int,
    begin: float = -np.inf,
    end: float = np.inf,
) -> tuple[F64, Ints, int]:
    """Spikes in [begin, end) by neuron, each neuron's in the order of their times; and the number of neurons."""
    t, i, n = checked(what, times, neurons, count)
    inside = (t >= begin) & (t < end)
    t, i = t[inside], i[inside]
    order = _by_neuron(t, i)
    return t[order], i[order], n


def _by_neuron(t: F64, i: Ints) -> Ints:
    """The order by neuron, then time. As a rule spikes come in the order of time; 16 bits are sorted by counting."""
    if (np.diff(t) < 0.0).any():
        return np.asarray(np.lexsort((t, i)), np.int64)
    order = np.argsort((i & 0xFFFF).astype(np.uint16), kind="stable")
    if len(i) and i.max() > 0xFFFF:
        order = order[np.argsort((i >> 16)[order], kind="stable")]
    return np.asarray(order, np.int64)


def gaps(what: str, t: F64, i: Ints) -> tuple[F64, Ints]:
    """Intervals between successive spikes of a neuron, and which neuron that is, from ordered spikes."""
    same = i[1:] == i[:-1]
    found, owner = np.diff(t)[same], i[1:][same]
    if not found.all():
        twice = t[1:][same][found == 0.0][0]
        raise ParameterError(
            f"{what}(times)", got=f"two spikes of neuron {owner[found == 0.0][0]} at {twice:g} ms",
            expected="one spike at a time", fix="give the spikes of one run only",
        )  # fmt: skip
    return found, owner


def bins_of(what: str, t: F64, begin: float, end: float, bin: float) -> tuple[Ints, int]:
    """The bin of every time, and how many whole ones there are; the rest at the end, and what is outside, has -1."""
    width = positive(f"{what}(bin)", bin, "ms")
    bins = int((end - begin) / width + ROUNDING)
    if bins < 1:
        raise ParameterError(
            f"{what}(bin)", got=f"{width:g} ms", expected=f"at most {end - begin:g} ms, from start to stop",
            fix="use shorter bins",
        )  # fmt: skip
    place = np.floor((t - begin) / width + ROUNDING)
    return np.where((place >= 0) & (place < bins), place, -1).astype(np.int64), bins


def counted(
    what: str, times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, begin: float, end: float, bin: float
) -> tuple[Ints, Ints, Ints, int, int]:
    """Neuron, bin and number of spikes wherever there is one; the number of neurons, and of bins."""
    t, i, n = checked(what, times, neurons, count)
    place, bins = bins_of(what, t, begin, end, bin)
    inside = place >= 0
    cells, number_of = np.unique(i[inside] * bins + place[inside], return_counts=True)
    return cells // bins, cells % bins, number_of.astype(np.int64), n, bins


def moments(neuron: Ints, found: Ints, n: int, bins: int) -> tuple[F64, F64]:
    """Mean and variance over all bins of the spikes of each neuron, from what `counted` gave."""
    mean = np.bincount(neuron, found, minlength=n) / bins
    return mean, np.bincount(neuron, found**2, minlength=n) / bins - mean**2
