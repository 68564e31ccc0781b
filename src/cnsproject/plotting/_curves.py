"""Where the arrows of a diagram run: points in the unit of the axes, angles in degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_POINTS = 60
_LOOP = 26.0  # half the angle at which a loop leaves and enters
_APART = 75.0  # directions that need no more room
_REACH = 2.6  # how far the control points of a loop are, in radii


def towards(degrees: float) -> F64:
    """The unit vector in a direction."""
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)])


def direction(start: F64, end: F64) -> float:
    """Of `end` seen from `start`."""
    x, y = end - start
    return float(np.degrees(np.arctan2(y, x)))


def bow(start: F64, end: F64, radii: tuple[float, float], bend: float) -> F64:
    """A curve (points, 2) between the rims of two discs, bent to its left by `bend` times its length."""
    along = end - start
    control = (start + end) / 2.0 + 2.0 * bend * np.array([-along[1], along[0]])
    t = np.linspace(0.0, 1.0, 4 * _POINTS)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    outside = np.hypot(*(curve - start).T) > radii[0]
    outside &= np.hypot(*(curve - end).T) > radii[1]
    return np.asarray(curve[outside])


def loop(centre: F64, radius: float, degrees: float, gap: float) -> F64:
    """A curve (points, 2) from a disc's rim back to it, which leaves `gap` to the rim where it ends."""
    rim = [centre + reach * towards(degrees + side) for reach, side in ((radius, _LOOP), (radius + gap, -_LOOP))]
    far = [centre + _REACH * radius * towards(degrees + side * 1.5) for side in (_LOOP, -_LOOP)]
    t = np.linspace(0.0, 1.0, _POINTS)[:, None]
    a, b, c, d = rim[0], far[0], far[1], rim[1]
    curve = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return np.asarray(curve)


def freest(taken: list[float], preferred: float) -> float:
    """Of 24 directions that which is farthest from all that are taken; of equal ones the nearest to `preferred`."""
    candidates = preferred + 15.0 * np.arange(24)
    apart = np.array([min((_between(one, other) for other in taken), default=180.0) for one in candidates])
    near = np.array([_between(one, preferred) for one in candidates])
    return float(candidates[np.lexsort((near, -np.round(np.minimum(apart, _APART), 6)))[0]])


def _between(one: float, other: float) -> float:
    return float(abs((one - other + 180.0) % 360.0 - 180.0))
