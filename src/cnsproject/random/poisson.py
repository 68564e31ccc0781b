"""Poisson counts from one random word each, by a table of thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class PoissonTable:
    """A word counts as `least` plus the number of thresholds below it.

    The probability of a count is that of the Poisson law rounded to a multiple of 2^-32; larger counts than that can
    tell do not come.
    """

    least: int
    thresholds: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, mean: float) -> PoissonTable:
        """The table of a mean."""
        if mean == 0:
            return cls(0, np.empty(0, np.uint32))
        low = max(0, math.floor(mean - 12 * math.sqrt(mean) - 12))
        high = math.ceil(mean + 12 * math.sqrt(mean) + 40)
        ks = np.arange(low, high + 1)
        logs = np.array([k * math.log(mean) - mean - math.lgamma(k + 1) for k in ks.tolist()])
        # P(count > k), summed from the small end so that small probabilities keep their digits.
        above = np.concatenate([np.cumsum(np.exp(logs)[::-1])[::-1][1:], [0.0]])
        thresholds = 2**32 - 1 - np.round(above * 2.0**32)
        least = low + int((thresholds < 0).sum())
        thresholds = thresholds[(thresholds >= 0) & (thresholds < 2**32 - 1)]
        return cls(least, thresholds.astype(np.uint32))

    def counts(self, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
        """The counts of some words."""
        return np.asarray(self.least + np.searchsorted(self.thresholds, words, side="left"), dtype=np.int64)
