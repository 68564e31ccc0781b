"""What constants are made with and numpy has not, in double precision. Imported by printed modules that need it."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

F64 = npt.NDArray[np.float64]


def exprel(x: npt.ArrayLike) -> Any:
    """(exp(x) - 1)/x, which is 1 at 0."""
    x = np.asarray(x, np.float64)
    return np.expm1(x) / np.where(x == 0, 1.0, x) + (x == 0)


def matrix_exponential(*entries: npt.ArrayLike) -> F64:
    """exp of the square matrix that has these entries, row by row; of one for every neuron where entries are arrays.

    Al-Mohy & Higham 2009, SIAM J. Matrix Anal. Appl. 31, by scipy.
    """
    size = isqrt(len(entries))
    stacked = np.stack(np.broadcast_arrays(*(np.asarray(entry, np.float64) for entry in entries)), axis=-1)
    return np.asarray(expm(stacked.reshape(*stacked.shape[:-1], size, size)))


def entry(matrix: F64, row: int, column: int) -> Any:
    """An entry of a matrix as a number, or of every matrix as an array."""
    return matrix[..., row, column][()]
