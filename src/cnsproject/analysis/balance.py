"""How excitatory and inhibitory input go together, and how strong a matrix of weights is. Arrays in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number, positive
from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]

_DENSE = 300  # rows up to which all eigenvalues are computed
_OUTERMOST = 3  # eigenvalues that are looked for otherwise: at the edge of a disc many are equally far out
_SEARCHED = 40  # directions that are searched at once


@dataclass(frozen=True, eq=False)
class Balance:
    """Excitatory and inhibitory input of neurons, compared.

    excitation, inhibition  means; inhibition is negative
    ratio        of their sizes, excitation over inhibition: 1 where they cancel; infinite without inhibition
    lags         (2*k + 1,) ms
    correlation  (2*k + 1,) of excitation and the size of inhibition that follows it after a lag, the mean over the
                 neurons; NaN where nothing varies
    """

    excitation: float
    inhibition: float
    ratio: float
    lags: F64
    correlation: F64

    @property
    def peak(self) -> float:
        """The largest correlation."""
        return float(np.nanmax(self.correlation)) if np.isfinite(self.correlation).any() else math.nan

    @property
    def lag(self) -> float:
        """Where it is (ms): above 0 where inhibition follows."""
        return float(self.lags[np.nanargmax(self.correlation)]) if np.isfinite(self.correlation).any() else math.nan


def balance(excitation: npt.ArrayLike, inhibition: npt.ArrayLike, *, dt: float, max_lag: float = 20.0) -> Balance:
    """Compare the excitatory and the inhibitory input (steps, neurons), or (steps,), of the same neurons.

    The correlation at a lag is Pearson's, of E(t) and -I(t + lag) of each neuron over the times that both have, with
    the means and variances of the whole recording.

    dt       length of a step (ms)
    max_lag  up to which lags are looked at (ms)

    Raises ShapeError for inputs of different shapes or too few steps, ParameterError for NaN.

    Okun & Lampl 2008, Nat. Neurosci. 11:535.
    """
    e, i = (np.asarray(values, np.float64) for values in (excitation, inhibition))
    e, i = (values[:, None] if values.ndim == 1 else values for values in (e, i))
    reach = int(number("balance(max_lag)", max_lag, "ms") / positive("balance(dt)", dt, "ms") + 1e-9)
    if e.ndim != 2 or e.shape != i.shape or len(e) <= reach + 1 or not e.shape[1]:
        raise ShapeError(
            "balance(excitation, inhibition)", got=f"shapes {e.shape} and {i.shape}",
            expected=f"(steps, neurons) of both, with more than {reach + 1} steps for max_lag={max_lag:g} ms",
            fix="record both over the same time, longer than max_lag",
        )  # fmt: skip
    if not (np.isfinite(e).all() and np.isfinite(i).all()):
        raise ParameterError(
            "balance", got="NaN or infinity", expected="finite inputs", fix="check how they were recorded"
        )
    mean_e, mean_i = float(e.mean()), float(i.mean())
    size = 1 << (len(e) + reach).bit_length()
    spectrum = np.conj(np.fft.rfft(e - e.mean(0), size, axis=0)) * np.fft.rfft(i.mean(0) - i, size, axis=0)
    products = np.fft.irfft(spectrum, size, axis=0)
    steps = np.arange(-reach, reach + 1)
    spread = e.std(axis=0) * i.std(axis=0)
    varied = spread > 1e-12 * max(abs(mean_e * mean_i), 1e-300)
    correlation = np.full(len(steps), np.nan)
    if varied.any():
        shared = (len(e) - np.abs(steps))[:, None]
        correlation = (products[steps][:, varied] / (shared * spread[varied])).mean(axis=1)
    ratio = abs(mean_e / mean_i) if mean_i else math.inf
    return Balance(mean_e, mean_i, ratio, np.asarray(steps * float(dt), np.float64), correlation)


def outermost_eigenvalues(matrix: object) -> npt.NDArray[np.complex128]:
    """Eigenvalues of a square matrix, the largest in size first: all of a small one, else a few, to 1 %.

    matrix  an array, or one of `scipy.sparse`; only products with it are made where it is large

    Raises ShapeError for a matrix that is not square. Lehoucq, Sorensen & Yang 1998, ARPACK, by scipy.
    """
    import scipy.sparse
    import scipy.sparse.linalg

    sparse = scipy.sparse.issparse(matrix)
    array: Any = scipy.sparse.csr_array(matrix) if sparse else np.asarray(matrix, np.float64)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.shape[0]:
        raise ShapeError(
            "spectral_radius(matrix)", got=f"shape {array.shape}", expected="(n, n)",
            fix="give the weights of a population, or of all, with themselves",
        )  # fmt: skip
    n = array.shape[0]
    if n <= _DENSE:
        values = np.linalg.eigvals(array.toarray() if sparse else array)
    elif not abs(array).sum():
        values = np.zeros(1)
    else:
        # A start of its own would be drawn at random.
        values = scipy.sparse.linalg.eigs(
            array.astype(np.float64), k=_OUTERMOST, ncv=min(_SEARCHED, n - 1), tol=1e-2, v0=np.cos(np.arange(n)),
            maxiter=100 * n, return_eigenvectors=False,
        )  # fmt: skip
    return np.asarray(values[np.argsort(-np.abs(values))], np.complex128)


def spectral_radius(matrix: object) -> float:
    """The size of the largest eigenvalue of a square matrix, see `outermost_eigenvalues`."""
    return float(np.abs(outermost_eigenvalues(matrix)[0]))


def predicted_radius(sizes: npt.ArrayLike, means: npt.ArrayLike, variances: npt.ArrayLike) -> tuple[float, float]:
    """Where the eigenvalues of a random matrix lie: radius of the disc of nearly all, size of the largest beside it.

    Entries are drawn independently, those from population b to a with means[a, b] and variances[a, b]; there are
    sizes[b] neurons. The disc has the radius sqrt(largest eigenvalue of variances[a, b]*sizes[b]); where variances
    depend on b only that is sqrt(sum of sizes*variances) (Rajan & Abbott 2006). Eigenvalues of means[a, b]*sizes[b]
    stand apart where they are larger than it; 0 where there are none. Of a weight J with probability p the variance
    is p*(1 - p)*J^2.

    sizes  (n,)      means, variances  (n, n)

    Raises ShapeError for arrays that do not fit.

    Rajan & Abbott 2006, Phys. Rev. Lett. 97:188104; several populations: Aljadeff, Stern & Sharpee 2015, Phys. Rev.
    Lett. 114:088101; outliers: Tao 2013, Probab. Theory Relat. Fields 155:231.
    """
    n, m, v = (np.asarray(values, np.float64) for values in (sizes, means, variances))
    if n.ndim != 1 or m.shape != (len(n), len(n)) or v.shape != m.shape:
        raise ShapeError(
            "predicted_radius", got=f"shapes {n.shape}, {m.shape} and {v.shape}", expected="(n,), (n, n) and (n, n)",
            fix="give a size for each population, and a row for each that receives",
        )  # fmt: skip
    radius = math.sqrt(max(0.0, float(np.linalg.eigvals(v * n).real.max())))
    apart = float(np.abs(np.linalg.eigvals(m * n)).max())
    return radius, apart if apart > radius else 0.0


def strongest_frequency(rates: npt.ArrayLike, *, dt: float, lowest: float = 5.0) -> tuple[float, float]:
    """The frequency (Hz) with the most power in a rate (bins,), and the share of all power within 20 % around it.

    A rate that only fluctuates has a small share, one that oscillates a large one. The power is averaged over windows
    that overlap by half (Welch 1967, IEEE Trans. Audio Electroacoust. 15:70), as long as resolve `lowest`.

    dt      length of a bin (ms)
    lowest  frequency that is looked at (Hz)

    Raises ShapeError for a rate that is too short. A rate that is constant has no frequency: (NaN, 0).
    """
    from scipy.signal import welch

    series = np.asarray(rates, np.float64)
    step, low = positive("strongest_frequency(dt)", dt, "ms"), positive("strongest_frequency(lowest)", lowest, "Hz")
    window = int(2e3 / (low * step))
    if series.ndim != 1 or len(series) * step * low < 1e3:
        raise ShapeError(
            "strongest_frequency(rates)", got=f"shape {series.shape}, {series.size * step:g} ms",
            expected=f"(bins,), at least {1e3 / low:g} ms", fix="run for longer, or raise lowest",
        )  # fmt: skip
    if not np.ptp(series):
        return math.nan, 0.0
    f, power = welch(series, 1e3 / step, nperseg=min(window, len(series)))
    power = np.where(f >= low, power, 0.0)
    peak = f[power.argmax()]
    near = np.abs(f - peak) <= np.maximum(0.2 * peak, f[1])
    return float(peak), float(power[near].sum() / power.sum())
