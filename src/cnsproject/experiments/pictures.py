"""Pictures to encode and to filter: grey levels 0 to 255, made by a formula, and one photograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from cnsproject.checks import whole
from cnsproject.errors import ParameterError, UnknownNameError, nearest

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

_LEAST, _MOST = 8, 256  # pixels
_FACE = slice(40, 296), slice(128, 384)  # rows and columns of the photograph


def picture(name: str, size: int) -> U8:
    """The picture of that name, (size, size) grey levels; raises UnknownNameError or ParameterError."""
    if name not in PICTURES:
        raise UnknownNameError("picture", got=repr(name), expected="a picture", fix=nearest(name, PICTURES))
    side = whole("parameter size", size, least=_LEAST)
    if side > _MOST:
        raise ParameterError(
            "parameter size", got=side, expected=f"at most {_MOST} pixels", fix="every pixel is a neuron: use fewer"
        )
    return np.rint(PICTURES[name](side)).clip(0, 255).astype(np.uint8)


def luma(colors: npt.ArrayLike) -> F64:
    """Grey levels (rows, columns) of colours (rows, columns, 3): luma of ITU-R BT.601."""
    return np.asarray(np.asarray(colors, np.float64) @ (0.299, 0.587, 0.114))


def _grid(size: int) -> tuple[F64, F64]:
    """x to the right and y upwards, from -1 to 1 at the edges, at the middles of the pixels."""
    at = (2.0 * np.arange(size) + 1.0) / size - 1.0
    return np.broadcast_to(at, (size, size)), np.repeat(-at[:, None], size, axis=1)


def _disc(size: int) -> F64:
    """A bright disc on a dark ground, its edge one pixel wide."""
    x, y = _grid(size)
    inside = ((0.6 - np.hypot(x, y)) * size / 2.0 + 0.5).clip(0.0, 1.0)
    return np.asarray(30.0 + 195.0 * inside)


def _grating(size: int) -> F64:
    """Four waves that run upwards to the right."""
    x, y = _grid(size)
    return np.asarray(127.5 + 127.5 * np.cos(2.0 * np.pi * np.sqrt(2.0) * (x + y)))


def _portrait(size: int) -> F64:
    """Rear Admiral Grace M. Hopper, a photograph of the U.S. Navy (public domain), which comes with matplotlib."""
    from matplotlib import cbook, image

    try:
        path = str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
        colors = np.asarray(image.imread(path), np.float64)
    except OSError:
        raise ParameterError(
            "picture 'portrait'", got="a matplotlib without its sample data", expected="its file grace_hopper.jpg",
            fix="run: pip install --force-reinstall matplotlib, or choose another picture",
        ) from None  # fmt: skip
    grey = luma(colors[_FACE])
    edges = np.linspace(0, len(grey), size + 1).round().astype(int)
    sums = np.add.reduceat(np.add.reduceat(grey, edges[:-1], axis=0), edges[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(edges), np.diff(edges)))


PICTURES: Mapping[str, Callable[[int], F64]] = {"disc": _disc, "grating": _grating, "portrait": _portrait}
