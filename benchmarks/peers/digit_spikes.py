"""What all contestants of `digits` are shown: handwritten digits of 8 x 8 pixels as Poisson spikes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

STEPS = 350  # of 1 ms for each picture
RATE = 128.0  # of a white pixel (Hz)
# Of DiehlAndCook2015v2 in BindsNET, which has them for 784 pixels.
INHIBITION, NORM, W_FIRST = 60.0, 16.0, 0.5


def samples(seconds: float) -> int:
    """How many pictures are shown in so many biological seconds."""
    return max(1, round(1000 * seconds / STEPS))


def spikes(count: int, seed: int) -> npt.NDArray[np.bool_]:
    """Spikes (pictures, steps, 64)."""
    pictures = load_digits().data[:count] / 16
    generator = np.random.default_rng(seed)
    return generator.random((len(pictures), STEPS, 64)) < (pictures * RATE / 1000)[:, None]
