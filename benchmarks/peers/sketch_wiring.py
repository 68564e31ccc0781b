"""Random connections of the sketches."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit
def bernoulli(sources, targets, p, seed):
    """Every pair with probability p: pointers per source, and targets in 16 bits; jumps from hit to hit."""
    np.random.seed(seed)
    pointers = np.zeros(sources + 1, np.int64)
    found = np.empty(int(sources * targets * p * 1.1) + 100, np.uint16)
    log_miss, n = np.log(1 - p), 0
    for i in range(sources):
        j = int(np.log(1 - np.random.random()) / log_miss)
        while j < targets:
            found[n] = j
            n += 1
            j += 1 + int(np.log(1 - np.random.random()) / log_miss)
        pointers[i + 1] = n
    return pointers, found[:n].copy()
