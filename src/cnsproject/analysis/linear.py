"""Responses to small and to noisy inputs, and what is known from a linearisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import whole
from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]
C128 = npt.NDArray[np.complex128]
Ints = npt.NDArray[np.int64]

_STILL = 1e-9  # relative size below which a number counts as 0
_UNCLEAR = 1e10  # condition of a fit that says nothing
_AT_A_TIME = 2**20  # numbers of windows that are gathered at once


def amplitudes(values: npt.ArrayLike, times: npt.ArrayLike, frequencies: npt.ArrayLike) -> C128:
    """Complex amplitude z of each column of `values` (steps, n) at its frequency f (n,) (Hz), at `times` (ms).

    The least squares fit of mean + Im(z*exp(2*pi*i*f*t)): the modulus of z is the amplitude, its argument the phase
    against sin(2*pi*f*t). The window need not be a whole number of periods.

    Raises ShapeError for arrays that do not fit together, ParameterError for numbers that are not finite and for a
    frequency that these times do not resolve: 0, or one of which they see one phase only.
    """
    columns, t, f = (np.asarray(x, np.float64) for x in (values, times, frequencies))
    if columns.ndim != 2 or columns.shape != (*t.shape, *f.shape):
        raise ShapeError(
            "amplitudes(values, times, frequencies)", got=f"shapes {columns.shape}, {t.shape} and {f.shape}",
            expected="(steps, n), (steps,) and (n,)", fix="give one column per frequency, one row per time",
        )  # fmt: skip
    if not all(np.isfinite(given).all() for given in (columns, t, f)):
        raise ParameterError(
            "amplitudes(values, times, frequencies)", got="NaN or infinity", expected="finite numbers",
            fix="check how they were computed",
        )  # fmt: skip
    angle = 2e-3 * math.pi * t[:, None] * f
    basis = np.stack([np.ones_like(angle), np.sin(angle), np.cos(angle)])  # (3, steps, n)
    centred = columns - columns.mean(axis=0)
    normal, right = np.einsum("isn,jsn->nij", basis, basis), np.einsum("isn,sn->ni", basis, centred)
    unclear = np.linalg.cond(normal) > _UNCLEAR
    if unclear.any():
        raise ParameterError(
            "amplitudes(frequencies)", got=f"{f[unclear][0]:g} Hz at {len(t)} times",
            expected="a frequency of which these times see all phases", fix="measure for longer, or more often",
        )  # fmt: skip
    _, in_phase, ahead = np.linalg.solve(normal, right[:, :, None])[:, :, 0].T
    return np.asarray(in_phase + 1j * ahead)


def triggered_average(
    stimulus: npt.ArrayLike, steps: npt.ArrayLike, neurons: npt.ArrayLike, window: int
) -> tuple[F64, F64]:
    """Mean of `stimulus` (steps, n) in the `window` steps up to and with each spike, and its standard error: (window,).

    A spike in step k of neuron i sees stimulus[k - window + 1 ... k, i]; the last number belongs to the step of the
    spike. Every step of `steps` must be at least window - 1. The error of a single spike is NaN. Raises ParameterError
    without a spike, ShapeError for arrays that do not fit together.
    """
    given, k, i = np.asarray(stimulus), np.asarray(steps, np.int64), np.asarray(neurons, np.int64)
    _check_spikes(given, k, i, whole("triggered_average(window)", window, least=1))
    windows = np.lib.stride_tricks.sliding_window_view(given, window, axis=0)  # (steps - window + 1, n, window)
    total, square = np.zeros(window), np.zeros(window)
    centre = given.mean(dtype=np.float64)
    some = max(1, _AT_A_TIME // window)
    for first in range(0, k.size, some):
        part = windows[k[first : first + some] - window + 1, i[first : first + some]].astype(np.float64) - centre
        total += part.sum(axis=0)
        square += (part**2).sum(axis=0)
    mean = total / k.size
    variance = np.maximum(square / k.size - mean**2, 0.0)
    return centre + mean, np.sqrt(variance / (k.size - 1)) if k.size > 1 else np.full(window, np.nan)


def _check_spikes(stimulus: npt.NDArray[Any], steps: Ints, neurons: Ints, window: int) -> None:
    if stimulus.ndim != 2 or steps.ndim != 1 or steps.shape != neurons.shape:
        raise ShapeError(
            "triggered_average(stimulus, steps, neurons)",
            got=f"shapes {stimulus.shape}, {steps.shape} and {neurons.shape}",
            expected="(steps, n), (spikes,) and (spikes,)", fix="give one column per neuron, one neuron per spike",
        )  # fmt: skip
    last, n = stimulus.shape[0] - 1, stimulus.shape[1]
    if not steps.size or steps.min() < window - 1 or steps.max() > last:
        got = f"spikes in steps {steps.min()} to {steps.max()}" if steps.size else "no spike"
        raise ParameterError(
            "triggered_average(steps)", got=got,
            expected=f"spikes from step {window - 1} to step {last}",
            fix="leave out spikes that have no full window before them, and raise the input when none is left",
        )  # fmt: skip
    if not 0 <= neurons.min() <= neurons.max() < n:
        raise ParameterError(
            "triggered_average(neurons)", got=f"neurons {neurons.min()} to {neurons.max()}",
            expected=f"0 to {n - 1}, the columns of the stimulus", fix="give one column per neuron",
        )  # fmt: skip


def kind_of_fixed_point(eigenvalues: npt.ArrayLike) -> str:
    """What the two eigenvalues of the linearisation at a fixed point of a plane say about it.

    saddle            real, of opposite signs
    stable node       real, both negative                  unstable node     real, both positive
    stable focus      complex, with negative real parts    unstable focus    complex, with positive real parts
    center            complex, with real parts of 0: the linearisation does not decide
    degenerate        one or both are 0: the linearisation does not decide

    Strogatz 1994, Nonlinear Dynamics and Chaos, ch. 5.2; Gerstner et al. 2014, Neuronal Dynamics, ch. 4.3.
    """
    both = np.asarray(eigenvalues, np.complex128)
    if both.shape != (2,) or not np.isfinite(both).all():
        raise ParameterError(
            "kind_of_fixed_point(eigenvalues)", got=str(eigenvalues), expected="two finite numbers",
            fix="give the eigenvalues of a 2 x 2 matrix",
        )  # fmt: skip
    a, b = (complex(value) for value in both)
    small = _STILL * max(abs(a), abs(b))
    if abs(a.imag) > small:
        if abs(a.real) <= small:
            return "center"
        return "stable focus" if a.real < 0 else "unstable focus"
    if min(abs(a), abs(b)) <= small:
        return "degenerate"
    if (a.real < 0) != (b.real < 0):
        return "saddle"
    return "stable node" if a.real < 0 else "unstable node"
