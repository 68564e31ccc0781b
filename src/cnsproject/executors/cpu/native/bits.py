"""Lists of targets as rows of bits. This text is compiled from the cache folder."""

import numpy as np
from numba import njit

CACHE = "__file__" in globals()
OPTIONS = {"cache": CACHE, "error_model": "numpy", "nogil": True}


@njit(**OPTIONS)
def pack(pointers, targets, places, rows):
    """Ascending targets as bits: segment i into row places[i] of zeros; False when a target occurs twice in a row."""
    for segment in range(pointers.size - 1):
        for synapse in range(pointers[segment], pointers[segment + 1]):
            word, bit = targets[synapse] // 64, np.uint64(1) << np.uint64(targets[synapse] % 64)
            if rows[places[segment], word] & bit:
                return False
            rows[places[segment], word] |= bit
    return True
