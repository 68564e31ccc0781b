"""Two photographs that come with scikit-learn, and patches of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra
from cnsproject.errors import ParameterError
from cnsproject.experiments.pictures import luma

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def photographs() -> F64:
    """Grey levels (2, 427, 640) of a temple in China and of a flower; MissingExtraError without scikit-learn.

    By danielbuechele and vultilion (Flickr), Creative Commons Attribution 2.0.
    """
    return np.stack([luma(colors) for colors in extra("sklearn.datasets", "course").load_sample_images().images])


@dataclass(frozen=True, eq=False)
class Patches:
    """Squares of photographs (n, rows, columns) that have some contrast.

    side    rows and columns (pixels)
    places  photograph, row and column of each (n, 3)
    """

    photographs: F64
    side: int
    places: Ints

    @classmethod
    def of(cls, photographs: F64, side: int, contrast: float) -> Patches:
        """All squares whose grey levels have at least this standard deviation; ParameterError without any."""
        rows, columns = photographs.shape[1:]
        if side > min(rows, columns):
            raise ParameterError(
                "parameter size", got=f"patches of {side} x {side} pixels", expected=f"at most {min(rows, columns)}",
                fix="lower size or dog",
            )  # fmt: skip
        mean, square = (_means(values, side) for values in (photographs, photographs**2))
        spread = np.sqrt(np.maximum(square - mean**2, 0.0))
        places = np.argwhere(spread >= contrast)
        if not len(places):
            raise ParameterError(
                "parameter contrast", got=f"{contrast:g}", expected=f"at most {spread.max():.3g}, the most there is",
                fix="lower contrast",
            )  # fmt: skip
        return cls(photographs, side, places)

    def drawn(self, count: int, rng: np.random.Generator) -> F64:
        """So many of them (count, side, side), each as likely as any other."""
        which, row, column = self.places[rng.integers(len(self.places), size=count)].T[..., None, None]
        across = np.arange(self.side)
        return np.asarray(self.photographs[which, row + across[:, None], column + across])


def shuffled(patches: F64, rng: np.random.Generator) -> F64:
    """The same grey levels in each, at other places."""
    return np.asarray(rng.permuted(patches.reshape(len(patches), -1), axis=1).reshape(patches.shape))


def _means(images: F64, side: int) -> F64:
    """Mean of each square (n, rows - side + 1, columns - side + 1)."""
    sums = np.pad(images, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1).cumsum(axis=2)
    whole = sums[:, side:, side:] - sums[:, :-side, side:] - sums[:, side:, :-side] + sums[:, :-side, :-side]
    return np.asarray(whole / side**2)
