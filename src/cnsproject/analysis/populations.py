"""What many neurons do together: rates over time and their spectrum, correlograms, correlations of counts.

Times are in ms. Spikes are counted in bins, so that memory grows with the spikes and the bins, never with their pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.analysis.events import bins_of, counted, finite_times, window
from cnsproject.analysis.population_rates import smoothed
from cnsproject.checks import positive, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, TimeGridError

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CELLS = 2**22  # numbers of a table of counts that are there at once


def population_rate(
    times: npt.ArrayLike,
    count: int,
    *,
    start: float,
    stop: float,
    bin: float,
    kernel: str | None = None,
    width: float | None = None,
) -> tuple[F64, F64]:
    """Beginnings of the bins (ms) and the rate of an average one of `count` neurons in them (Hz), both (bins,).

    The spikes are those in [start, stop) (ms); an incomplete last bin is left out. A kernel smooths the rates, with the
    width (ms) of `kernel_weights`.
    """
    begin, end = window("population_rate", start, stop)
    if (kernel is None) != (width is None):
        raise ArgumentError(
            "population_rate(width)", got=f"kernel={kernel!r}, width={width!r}", expected="both or none of them",
            fix="give both, such as kernel='gaussian', width=5",
        )  # fmt: skip
    n = whole("population_rate(count)", count, least=1)
    found, bins = _counts("population_rate", times, begin, end, bin)
    rates = found * (1e3 / (bin * n))
    if kernel is not None and width is not None:
        rates = smoothed(rates, kernel, width, bin)
    return np.asarray(begin + np.arange(bins) * bin), np.asarray(rates)


def power_spectrum(rates: npt.ArrayLike, *, bin: float, segment: float) -> tuple[F64, F64]:
    """Frequencies (Hz), from 0 up, and the one-sided power spectral density (Hz^2/Hz) of rates (bins,) (Hz).

    Welch's estimate: the mean of the periodograms of segments (ms) that overlap by half, under a Hann window and
    without their means. The resolution is 1/segment. A population of n independent Poisson neurons of rate r each, by
    its mean rate, has 2*r/n at all frequencies.

    bin  of the rates (ms). Raises ParameterError for a segment that is longer than all, or shorter than two bins.

    Welch 1967, IEEE Trans. Audio Electroacoust. 15:70; `scipy.signal.welch`.
    """
    from scipy.signal import welch

    values = np.asarray(rates, np.float64)
    if values.ndim != 1:
        raise ShapeError(
            "power_spectrum(rates)", got=f"shape {values.shape}", expected="(bins,)", fix="give one series"
        )
    if not np.isfinite(values).all():
        raise ParameterError("power_spectrum(rates)", got="NaN or infinity", expected="finite rates", fix="check them")
    length = positive("power_spectrum(bin)", bin, "ms")
    bins = round(positive("power_spectrum(segment)", segment, "ms") / length)
    if not 2 <= bins <= len(values):
        raise ParameterError(
            "power_spectrum(segment)", got=f"{segment:g} ms", expected=f"{2 * length:g} to {len(values) * length:g} ms",
            fix="use one that fits into the run several times",
        )  # fmt: skip
    frequencies, power = welch(values, fs=1e3 / length, nperseg=bins)
    return np.asarray(frequencies, np.float64), np.asarray(power, np.float64)


def cross_correlogram(
    one: npt.ArrayLike, other: npt.ArrayLike, *, start: float, stop: float, bin: float, reach: float
) -> tuple[F64, Ints]:
    """Lags (ms) from -reach to reach, and how many spikes of `other` come so much after one of `one`: both (lags,).

    The sum over bins k of n_one(k) * n_other(k + lag) for spikes in [start, stop) (ms). Each of the two is the times
    of a train, or of all neurons of a population. Both alike give the autocorrelogram, in which every spike also meets
    itself at lag 0. reach is a whole number of bins. Perkel, Gerstein & Moore 1967, Biophys. J. 7:419.
    """
    from scipy.signal import correlate

    what = "cross_correlogram"
    begin, end = window(what, start, stop)
    (here, bins), (there, _) = (_counts(what, times, begin, end, bin) for times in (one, other))
    most = _lags(what, bins, bin, reach)
    found = np.rint(correlate(there.astype(np.float64), here.astype(np.float64), method="fft")).astype(np.int64)
    return np.asarray(np.arange(-most, most + 1) * bin), found[bins - 1 - most : bins + most]


def rate_around(
    one: npt.ArrayLike,
    other: npt.ArrayLike | None,
    count: int,
    *,
    start: float,
    stop: float,
    bin: float,
    reach: float,
) -> tuple[F64, F64]:
    """Lags (ms) and the rate of an average one of `count` neurons (Hz) so much after a spike of `one`: both (lags,).

    The cross-correlogram over the number of spikes for which that time is within [start, stop), the bin and `count`;
    without correlation the mean rate of `other` at all lags. Without an `other` the rate is that of the same neurons,
    and no spike meets itself. NaN where there is no spike.
    """
    lags, found = cross_correlogram(one, one if other is None else other, start=start, stop=stop, bin=bin, reach=reach)
    n = whole("rate_around(count)", count, least=1)
    here, bins = _counts("rate_around", one, float(start), float(stop), bin)
    if other is None:
        found[len(lags) // 2] -= here.sum()
    before = np.concatenate([[0], np.cumsum(here)])  # spikes before each bin
    steps = np.rint(lags / bin).astype(np.int64)
    asked = np.where(steps < 0, before[bins] - before[np.maximum(-steps, 0)], before[np.minimum(bins - steps, bins)])
    rates = np.full(len(lags), np.nan)
    np.divide(1e3 * found, asked * (bin * n), out=rates, where=asked > 0)
    return lags, rates


def count_correlations(
    times: npt.ArrayLike, neurons: npt.ArrayLike, count: int, *, start: float, stop: float, bin: float
) -> F64:
    """Pearson's correlation coefficients of the spikes of all pairs of neurons in bins (ms): (count, count).

    The spikes are those in [start, stop) (ms); an incomplete last bin is left out. NaN for a neuron whose count is the
    same in all bins. Memory grows with count^2: of many neurons take some. For independent neurons the standard
    deviation of the coefficients is about 1/sqrt(bins). Cohen & Kohn 2011, Nature Neurosci. 14:811.
    """
    begin, end = window("count_correlations", start, stop)
    neuron, place, found, n, bins = counted("count_correlations", times, neurons, count, begin, end, bin)
    order = np.argsort(place, kind="stable")
    neuron, place, found = neuron[order], place[order], found[order]
    products, width = np.zeros((n, n)), max(1, _CELLS // n)
    for first in range(0, bins, width):
        a, b = np.searchsorted(place, [first, first + width])
        table = np.zeros((n, min(width, bins - first)))
        table[neuron[a:b], place[a:b] - first] = found[a:b]
        products += table @ table.T
    mean = np.bincount(neuron, found, minlength=n) / bins
    covariance = products / bins - np.outer(mean, mean)
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    deviation[deviation <= 1e-9 * mean] = np.nan  # what rounding leaves of a constant
    return np.asarray(np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0))


def _counts(what: str, times: npt.ArrayLike, begin: float, end: float, bin: float) -> tuple[Ints, int]:
    """Spikes in every bin, and the number of bins."""
    place, bins = bins_of(what, finite_times(what, times), begin, end, bin)
    return np.bincount(place[place >= 0], minlength=bins), bins


def _lags(what: str, bins: int, bin: float, reach: float) -> int:
    """The largest lag, in bins."""
    most = round(positive(f"{what}(reach)", reach, "ms") / bin)
    if abs(most * bin - reach) > 1e-6 * bin:
        raise TimeGridError(
            f"{what}(reach)", got=f"{reach:g} ms", expected=f"a whole number of bins of {bin:g} ms",
            fix=f"use {most * bin:g}",
        )  # fmt: skip
    if most >= bins:
        raise ParameterError(
            f"{what}(reach)", got=f"{reach:g} ms", expected=f"less than {bins * bin:g} ms, from start to stop",
            fix="use a shorter one, or a longer run",
        )  # fmt: skip
    return most
