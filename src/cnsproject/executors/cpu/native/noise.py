"""Normal numbers and sines as compiled loops. This text is printed into the cache folder and compiled from there.

A normal number is a function of (key, step, neuron) and of nothing else. Logarithm, sine and cosine are polynomials of
ours: every operation below is rounded as IEEE 754 prescribes, so the numbers are the same on every machine, in the
middle of a vector as at its end, and the compiler may work on several neurons at a time.
"""

import math

import numpy as np
from numba import njit

CACHE = "__file__" in globals()
OPTIONS = {"cache": CACHE, "error_model": "numpy", "nogil": True}
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
# The last word of the counter: "NOIS". Laws have their block there, which is small, and random wiring "WIRE".
STREAM = np.uint64(0x4E4F4953)
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
ROOT_HALF = np.int64(0x3FE6A09E << 32)  # the first bits of sqrt(1/2)
TO_ONE = np.int64((0x3FF00000 - 0x3FE6A09E) << 32)
CHUNK = 256  # counters at a time: few enough to stay in the fastest memory
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


@njit(**OPTIONS)
def philox(key0, key1, c0, c1, c2, c3):
    """Philox4x32-10 of counters, in place: four arrays of 32-bit words in 64 bits."""
    k0, k1 = np.uint64(key0), np.uint64(key1)
    for _ in range(10):
        for i in range(len(c0)):
            p0 = (c0[i] & LOW) * np.uint64(0xD2511F53)
            p1 = (c2[i] & LOW) * np.uint64(0xCD9E8D57)
            c0[i] = (p1 >> SHIFT) ^ c1[i] ^ k0
            c1[i] = p1 & LOW
            c2[i] = (p0 >> SHIFT) ^ c3[i] ^ k1
            c3[i] = p0 & LOW
        k0 = (k0 + np.uint64(0x9E3779B9)) & LOW
        k1 = (k1 + np.uint64(0xBB67AE85)) & LOW


@njit(**OPTIONS)
def logarithm(x):
    """ln x of a positive normal number: x = 2^k * m, ln m by the series of fdlibm (Sun Microsystems 1993, e_log.c)."""
    bits = np.float64(x).view(np.int64) + TO_ONE
    k = np.float64((bits >> 52) - 1023)
    m = np.int64((bits & MANTISSA) + ROOT_HALF).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    return k * LN2_HIGH - ((half - (s * (half + (even + odd)) + k * LN2_LOW)) - f)


@njit(**OPTIONS)
def sine_cosine(turns):
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
    odd = half != np.floor(half)
    s, c = (c, -s) if odd else (s, c)
    half = 0.5 * np.floor(half)
    flip = half != np.floor(half)
    return (-s, -c) if flip else (s, c)


@njit(**OPTIONS)
def pairs(radii, angles, one, other):
    """Two words as two independent standard normal numbers (Box & Muller 1958); the largest is 6.8."""
    for i in range(len(radii)):
        r = math.sqrt(-2.0 * logarithm((np.float64(radii[i]) + 0.5) * 2.0**-32))
        s, c = sine_cosine((np.float64(angles[i]) + 0.5) * 2.0**-32)
        one[i] = r * c
        other[i] = r * s


@njit(**OPTIONS)
def count_up(first, start, per_step, c0, c1, c2, c3):
    """Counters number start ... of a block with `per_step` of them in every step: (group of four neurons, step)."""
    step, group = first + start // per_step, start % per_step
    for i in range(len(c0)):
        c0[i], c1[i], c2[i], c3[i] = group, np.uint64(step) >> SHIFT, np.uint64(step) & LOW, STREAM
        group += 1
        if group == per_step:
            step, group = step + 1, 0


@njit(**OPTIONS)
def normals(key0, key1, first, out):
    """Standard normal numbers of the steps from `first` on: out (steps, neurons)."""
    neurons = out.shape[1]
    per_step = (neurons + 3) // 4
    total = out.shape[0] * per_step
    words, found = np.empty((4, CHUNK), np.uint64), np.empty((4, CHUNK))
    row, neuron = 0, 0
    for start in range(0, total, CHUNK):
        size = min(CHUNK, total - start)
        c0, c1, c2, c3 = words[0, :size], words[1, :size], words[2, :size], words[3, :size]
        count_up(first, start, per_step, c0, c1, c2, c3)
        philox(key0, key1, c0, c1, c2, c3)
        pairs(c0, c1, found[0], found[1])
        pairs(c2, c3, found[2], found[3])
        for i in range(size):
            for j in range(min(4, neurons - neuron)):
                out[row, neuron + j] = found[j, i]
            neuron += 4
            if neuron >= neurons:
                row, neuron = row + 1, 0


@njit(**OPTIONS)
def relax(first, decay, spread, state, out):
    """x <- decay*x + spread*N for every step from `first` on; x = N in step 0. `out` holds N and then x."""
    for i in range(len(out)):
        for j in range(len(state)):
            x = state[j] * decay + spread * out[i, j] if first + i > 0 else out[i, j]
            state[j] = x
            out[i, j] = x


@njit(**OPTIONS)
def sines(turns):
    """sin of 2*pi*turns, in place."""
    for i in range(len(turns)):
        turns[i] = sine_cosine(turns[i])[0]
