"""Handwritten digits: 1797 pictures of 8 x 8 pixels, which come with scikit-learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLASSES = 10
SIDE = 8
"""Pixels."""


def handwritten() -> tuple[F64, Ints]:
    """Pictures (1797, 64) of Euclidean length 1, and their digits (1797,); MissingExtraError without scikit-learn.

    Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits (its test set), UCI Machine Learning Repository.
    """
    found = extra("sklearn.datasets", "course").load_digits()
    pixels = np.asarray(found.data, np.float64)
    return pixels / np.linalg.norm(pixels, axis=1, keepdims=True), np.asarray(found.target, np.int64)
