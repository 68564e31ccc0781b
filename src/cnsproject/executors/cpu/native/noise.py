"""Normal numbers, uniform ones and sines as compiled loops. This text is printed into the cache folder.

A number is a function of a key and its counter, such as (step, neuron), and of nothing else. With the functions of
`elementary` every operation below is rounded as IEEE 754 prescribes: the numbers are the same on every machine, in the
middle of a vector as at its end, and the compiler may work on several at a time.
"""

import math

import numpy as np
from numba import njit

from cnsproject.random import elementary

CACHE = "__file__" in globals()
OPTIONS = {"cache": CACHE, "error_model": "numpy", "nogil": True}
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
# The last word of the counter: "NOIS". Laws have their block there, which is small, and random wiring "WIRE".
STREAM = np.uint64(0x4E4F4953)
CHUNK = 256  # counters at a time: few enough to stay in the fastest memory
# They become part of what calls them, and are kept with it.
logarithm, sine_cosine = (njit(error_model="numpy")(f) for f in (elementary.logarithm, elementary.sine_cosine))


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


@njit(inline="always")  # a loop that calls it is not vectorised
def normal_pair(u, v):
    """Two numbers in (0, 1) as two independent standard normal numbers (Box & Muller 1958)."""
    r = math.sqrt(-2.0 * logarithm(u))
    s, c = sine_cosine(v)
    return r * c, r * s


@njit(**OPTIONS)
def pairs(radii, angles, one, other):
    """Two words as two independent standard normal numbers; the largest is 6.8."""
    for i in range(len(radii)):
        u, v = (np.float64(radii[i]) + 0.5) * 2.0**-32, (np.float64(angles[i]) + 0.5) * 2.0**-32
        one[i], other[i] = normal_pair(u, v)


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
def fraction(high, low):
    """Two words as a number in (0, 1) with 53 random bits."""
    return (np.float64(np.int64((high << np.uint64(21)) ^ (low >> np.uint64(11)))) + 0.5) * 2.0**-53


@njit(**OPTIONS)
def words_of(key0, key1, elements, stream, block, room):
    """Four words for each of up to CHUNK elements, as four arrays in a room of (4, CHUNK)."""
    size, low, high = len(elements), np.uint64(block) & LOW, np.uint64(block) >> SHIFT
    c0, c1, c2, c3 = room[0, :size], room[1, :size], room[2, :size], room[3, :size]
    for i in range(size):
        c0[i], c1[i], c2[i], c3[i] = np.uint64(elements[i]) & LOW, np.uint64(stream), low, high
    philox(key0, key1, c0, c1, c2, c3)
    return c0, c1, c2, c3


@njit(**OPTIONS)
def uniforms_of(key0, key1, elements, stream, block, out):
    """Two numbers in (0, 1) for every element, as `uniforms_of` in `random` gives them: out (2, elements)."""
    room = np.empty((4, CHUNK), np.uint64)
    for start in range(0, len(elements), CHUNK):
        c0, c1, c2, c3 = words_of(key0, key1, elements[start : start + CHUNK], stream, block, room)
        for i in range(len(c0)):
            out[0, start + i] = fraction(c0[i], c1[i])
            out[1, start + i] = fraction(c2[i], c3[i])


@njit(**OPTIONS)
def normals_of(key0, key1, elements, stream, block, out):
    """A standard normal number for every element, as `Draws` in `random` gives them."""
    room = np.empty((4, CHUNK), np.uint64)
    for start in range(0, len(elements), CHUNK):
        c0, c1, c2, c3 = words_of(key0, key1, elements[start : start + CHUNK], stream, block, room)
        for i in range(len(c0)):
            out[start + i] = normal_pair(fraction(c0[i], c1[i]), fraction(c2[i], c3[i]))[0]


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
