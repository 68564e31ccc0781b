"""How oriented a receptive field is: by its spectrum, and by the Gabor function that comes nearest.

As in `GaborFilter`, x runs to the right and y upwards from the middle of a field, in pixels; angles are in radians,
anticlockwise from the right, and tell where a wave runs: its bars stand across.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.errors import ParameterError, ShapeError

F64 = npt.NDArray[np.float64]

_FINER = 4
"""Into so many parts each step between the frequencies of a field is divided."""


def orientation(fields: npt.ArrayLike) -> tuple[F64, F64]:
    """How oriented fields (..., rows, columns) are, from 0 to 1, and the angles (...) of their waves, from 0 to pi.

    |z| and arg(z)/2 of z = sum of P*exp(2i*phi) / sum of P, with the power P at all frequencies and their directions
    phi: one minus the circular variance of the power over directions. A grating has nearly 1, what is round 0, the
    derivative of a round Gaussian 1/2. The mean of a field is taken out, beyond its edges there is nothing. What is
    even all over has 0, and NaN for an angle.

    After Ringach, Shapley & Hawken 2002, J. Neurosci. 22:5639, who take the circular variance of responses.
    """
    given = _finite("orientation", fields, 2)
    spread = given - given.mean(axis=(-2, -1), keepdims=True)
    # What is left of rounding has no orientation.
    spread[np.abs(spread).max(axis=(-2, -1)) <= 1e-9 * np.abs(given).max(axis=(-2, -1))] = 0.0
    rows, columns = (_FINER * n // 2 * 2 + 1 for n in given.shape[-2:])  # odd: each frequency has its negative
    power = np.abs(np.fft.fft2(spread, s=(rows, columns))) ** 2
    directions = np.arctan2(-np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns))  # rows run downwards
    total = power.sum(axis=(-2, -1))
    z = (power * np.exp(2j * directions)).sum(axis=(-2, -1)) / np.where(total > 0.0, total, 1.0)
    return np.abs(z), np.where(total > 0.0, np.angle(z) / 2.0 % math.pi, np.nan)


@dataclass(frozen=True)
class Gabor:
    """A Gabor function: amplitude * exp(-(x'^2 + gamma^2*y'^2)/(2*sigma^2)) * cos(2*pi*x'/wavelength + psi).

    x' and y' are along and across the wave, from (x, y) and turned by theta, as in `GaborFilter`.

    x, y               its middle (pixels)
    wavelength, sigma  of the wave, and of the Gaussian along it (pixels)
    theta, psi         where the wave runs, and its phase in the middle (radians)
    explained          share of the sum of squares of the field that it accounts for, 1 where it is a Gabor function
    """

    x: float
    y: float
    theta: float
    wavelength: float
    sigma: float
    gamma: float
    psi: float
    amplitude: float
    explained: float

    def values(self, rows: int, columns: int) -> F64:
        """The function on a field of this size."""
        even, odd = _pair(_grid(rows, columns), self.x, self.y, self.theta, self.wavelength, self.sigma, self.gamma)
        return np.asarray(self.amplitude * (math.cos(self.psi) * even - math.sin(self.psi) * odd))


def fit_gabor(field: npt.ArrayLike) -> Gabor:
    """The Gabor function that is nearest to a field (rows, columns), by least squares.

    The wave is from 2 pixels to twice the field long, the Gaussian from half a pixel to the field wide, in both
    directions, and its middle within the field. Of several starts the best end counts. Jones & Palmer 1987,
    J. Neurophysiol. 58:1233, fit simple cells of the cat so. ParameterError for a field that is 0 all over.
    """
    from scipy.optimize import least_squares

    given = _finite("fit_gabor", field, 2)
    if given.ndim != 2:
        raise ShapeError("fit_gabor", got=f"shape {given.shape}", expected="(rows, columns)", fix="fit one by one")
    size, square = max(given.shape), float((given**2).sum())
    if not square:
        raise ParameterError("fit_gabor", got="a field of zeros", expected="one that is not", fix="leave it out")
    grid, unit = _grid(*given.shape), given / math.sqrt(square)
    y, x = (0.5 * (n - 1) for n in given.shape)
    # The angle wraps round, so its bounds are wider than a half turn.
    low, high = (-x, -y, -math.pi, 2.0, 0.5, 0.5), (x, y, 2.0 * math.pi, 2.0 * size, size, size)
    ends = [
        least_squares(
            lambda p: _left(unit, grid, p)[0].ravel(), start, bounds=(low, high), x_scale=(1, 1, 0.3, 1, 1, 1)
        )
        for start in _starts(given, grid)
    ]
    best = min(ends, key=lambda end: float(end.cost)).x
    left, (even, odd) = _left(unit, grid, best)
    amplitude = math.sqrt(square) * math.hypot(even, odd)
    middle_x, middle_y, theta, wavelength, along, across = best.tolist()
    psi = math.atan2(-odd, even)
    turned = theta % (2.0 * math.pi) >= math.pi  # a wave that runs the other way is one of the opposite phase
    return Gabor(
        middle_x, middle_y, theta % math.pi, wavelength, along, along / across, -psi if turned else psi, amplitude,
        1.0 - float((left**2).sum()),
    )  # fmt: skip


def _starts(field: F64, grid: tuple[F64, F64]) -> list[tuple[float, ...]]:
    """Where the search begins: in the middle of the squares, with a short and a long wave along the orientation."""
    weights = field**2 / (field**2).sum()
    x, y = (float((weights * axis).sum()) for axis in grid)
    angle, size = float(orientation(field)[1]), max(field.shape)
    width = max(size / 6.0, 0.6)
    waves = (max(wave, 2.5) for wave in (size / 3.0, size / 1.5))
    return [(x, y, 0.0 if math.isnan(angle) else angle, wave, width, width) for wave in waves]


def _left(field: F64, grid: tuple[F64, F64], p: F64) -> tuple[F64, F64]:
    """What is left of a field without the two waves that fit best, and the amplitudes of these."""
    x, y, theta, wavelength, along, across = p
    pair = np.stack([one.ravel() for one in _pair(grid, x, y, theta, wavelength, along, along / across)], axis=1)
    amplitudes = np.asarray(np.linalg.lstsq(pair, field.ravel(), rcond=1e-9)[0], np.float64)
    return field - (pair @ amplitudes).reshape(field.shape), amplitudes


def _pair(
    grid: tuple[F64, F64], x: float, y: float, theta: float, wavelength: float, sigma: float, gamma: float
) -> tuple[F64, F64]:
    """The cosine and the sine under their Gaussian."""
    right, up = grid[0] - x, grid[1] - y
    along = right * math.cos(theta) + up * math.sin(theta)
    across = up * math.cos(theta) - right * math.sin(theta)
    window = np.exp(-(along**2 + (gamma * across) ** 2) / (2.0 * sigma**2))
    phase = 2.0 * math.pi * along / wavelength
    return window * np.cos(phase), window * np.sin(phase)


def _grid(rows: int, columns: int) -> tuple[F64, F64]:
    """x and y of all pixels."""
    up, right = 0.5 * (rows - 1) - np.arange(rows), np.arange(columns) - 0.5 * (columns - 1)
    return np.broadcast_to(right, (rows, columns)), np.broadcast_to(up[:, None], (rows, columns))


def _finite(what: str, given: npt.ArrayLike, least: int) -> F64:
    values = np.asarray(given, np.float64)
    if values.ndim < least or 0 in values.shape:
        raise ShapeError(
            what, got=f"shape {values.shape}", expected="(..., rows, columns)", fix="give planes, not empty ones"
        )
    if not np.isfinite(values).all():
        raise ParameterError(what, got="NaN or infinite values", expected="finite ones", fix="leave such fields out")
    return values
