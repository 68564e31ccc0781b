"""Logarithm, sine and cosine as sums and products: of arrays here, of one number at a time where they are compiled.

Numpy's own differ in their last bits from one processor to another. Here every operation is rounded as IEEE 754
prescribes, so what is drawn with a key is the same on every machine. Choices are products with 0 or 1: compiled loops
with them are vectorised.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_ROOT_HALF = np.int64(0x3FE6A09E << 32)  # the first bits of sqrt(1/2)
_TO_ONE = np.int64((0x3FF00000 - 0x3FE6A09E) << 32)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def logarithm(x: F64) -> F64:
    """ln x of positive normal numbers: x = 2^k * m, ln m by the series of fdlibm (Sun Microsystems 1993, e_log.c)."""
    bits = np.float64(x).view(np.int64) + _TO_ONE
    k: Any = np.float64((bits >> 52) - 1023)
    m = np.int64((bits & _MANTISSA) + _ROOT_HALF).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860510658591e-01))
    )
    half = 0.5 * f * f
    found: F64 = k * _LN2_HIGH - ((half - (s * (half + (even + odd)) + k * _LN2_LOW)) - f)
    return found


def sine_cosine(turns: F64) -> tuple[F64, F64]:
    """sin and cos of 2*pi*turns, by the polynomials of Cephes (Moshier 1989, sin.c) on an eighth of a turn."""
    quarters = np.floor(4.0 * turns + 0.5)
    x = (turns - 0.25 * quarters) * (2.0 * math.pi)
    z = x * x
    s = 1.58962301576546568060e-10 * z - 2.50507477628578072866e-8
    s = ((s * z + 2.75573136213857245213e-6) * z - 1.98412698295895385996e-4) * z + 8.33333333332211858878e-3
    s = x + x * z * (s * z - 1.66666666666666307295e-1)
    c = -1.13585365213876817300e-11 * z + 2.08757008419747316778e-9
    c = ((c * z - 2.75573141792967388112e-7) * z + 2.48015872888517045348e-5) * z - 1.38888888888730564116e-3
    c = 1.0 - 0.5 * z + z * z * (c * z + 4.16666666666665929218e-2)
    # Each further quarter: (sin, cos) becomes (cos, -sin).
    half = 0.5 * quarters
    odd = np.float64(half != np.floor(half))
    half = 0.5 * np.floor(half)
    sign, even = 1.0 - 2.0 * np.float64(half != np.floor(half)), 1.0 - odd
    return sign * (even * s + odd * c), sign * (even * c - odd * s)
