"""The rate of a population from the number of spikes in bins, smoothed by a kernel where wanted."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cnsproject.checks import positive
from cnsproject.errors import ParameterError, ShapeError, UnknownNameError, nearest

F64 = npt.NDArray[np.float64]

KERNELS = ("gaussian", "exponential", "box")
_REACH = {"gaussian": 8.5, "exponential": 37.0, "box": 0.5}  # widths beyond which a kernel is below rounding


def kernel_weights(kernel: str, width: float, bin: float) -> tuple[F64, int]:
    """What a bin gets of the spikes of bins around it: weights with sum 1, and the place of its own among them.

    A weight is the integral of the kernel over a bin, the spikes standing in the middle of theirs; for the exponential
    one, which only looks back, at its beginning (Dayan & Abbott 2001, Theoretical Neuroscience, ch. 1.2).

    gaussian     exp(-t^2/(2 width^2)) / (width sqrt(2 pi))
    exponential  exp(-t/width)/width for t >= 0, so that a rate depends on no later spike
    box          1/width for |t| < width/2
    bin, width   in ms
    """
    if kernel not in KERNELS:
        raise UnknownNameError(
            "rate(kernel)", got=repr(kernel), expected="one of " + ", ".join(KERNELS), fix=nearest(str(kernel), KERNELS)
        )
    w, b = positive("rate(width)", width, "ms"), positive("rate(bin)", bin, "ms")
    reach = math.ceil(_REACH[kernel] * w / b) + 1
    if kernel == "exponential":
        edges = np.arange(reach + 1) * b
        return _normed(-np.diff(np.exp(-edges / w))), 0
    edges = (np.arange(-reach, reach + 2) - 0.5) * b
    if kernel == "box":
        return _normed(np.diff(np.clip(edges / w + 0.5, 0.0, 1.0))), reach
    return _normed(np.diff([math.erf(x / (w * math.sqrt(2.0))) for x in edges])), reach


def _normed(weights: F64) -> F64:
    return np.asarray(weights / weights.sum())


def smoothed(rates: npt.ArrayLike, kernel: str, width: float, bin: float) -> F64:
    """Rates in bins under a kernel; at the ends the part of the kernel that has bins counts as all of it.

    So a constant rate stays what it is. Shapes (bins,) to (bins,); units stay.
    """
    values = np.asarray(rates, np.float64)
    if values.ndim != 1:
        raise ShapeError("smoothed(rates)", got=f"shape {values.shape}", expected="(bins,)", fix="give one series")
    weights, own = kernel_weights(kernel, width, bin)
    if not len(values):
        return values
    inside = slice(own, own + len(values))
    share = np.convolve(np.ones(len(values)), weights)[inside]
    return np.asarray(np.convolve(values, weights)[inside] / share)


def correlation(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Pearson's correlation coefficient of two series of one length. Raises ParameterError where one is constant."""
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise ShapeError(
            "correlation", got=f"shapes {a.shape} and {b.shape}", expected="two series of one length, at least 2",
            fix="record both over the same time, and use shorter bins if there are too few",
        )  # fmt: skip
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        raise ParameterError(
            "correlation", got="a rate that is constant", expected="two that vary", fix="use other bins or a longer run"
        )
    a, b = a - a.mean(), b - b.mean()
    return max(-1.0, min(1.0, float(a @ b) / math.sqrt(float(a @ a) * float(b @ b))))
