"""Brunel's network in plain numba: one loop in float32, a ring of delayed input, Poisson counts by a table of 12 terms.

A refractory period of exactly 20 steps; connections drawn by skipping.
"""

from __future__ import annotations

import math
import time

import numba
import numpy as np
from protocol import answer, arguments
from sketch_wiring import bernoulli

N, EXCITATORY, DT, DELAY, TERMS = 12_500, 10_000, 0.1, 15, 12
compiled = numba.njit(fastmath=True, boundscheck=False, error_model="numpy")
f32, u32 = np.float32, np.uint32


@compiled
def draw(lanes, below, counts):
    """One Poisson number per neuron: a xorshift generator each, compared with the cumulative probabilities."""
    for i in range(lanes.size):
        x = lanes[i]
        x ^= x << u32(13)
        x ^= x >> u32(17)
        x ^= x << u32(5)
        lanes[i] = x
    for i in range(lanes.size):
        x, c = lanes[i], f32(0)
        for k in range(TERMS):
            c += f32(x > below[k])
        counts[i] = c


@compiled
def run(steps, u, held, ring, lanes, below, pointers, targets, leak, spike_i, spike_t):
    """All steps; returns the number of spikes. `held` counts refractory steps down."""
    flag = np.zeros((u.size + 7) // 8 * 8, np.uint8)
    words = flag.view(np.uint64)
    fired = np.empty(u.size, np.int32)
    counts = np.empty(u.size, f32)
    count = 0
    for t in range(steps):
        arriving = ring[t % len(ring)]
        draw(lanes, below, counts)
        for i in range(u.size):
            new = u[i] * leak + arriving[i] + f32(0.1) * counts[i]
            new = new if held[i] <= f32(0) else f32(10)
            arriving[i] = f32(0)
            u[i] = new
            held[i] -= f32(1)
            flag[i] = new > f32(20)
        n = 0
        for w in range(words.size):  # eight neurons at a look: spikes are rare
            if words[w] != 0:
                for i in range(w * 8, w * 8 + 8):
                    if flag[i]:
                        fired[n] = i
                        n += 1
                        u[i] = f32(10)
                        held[i] = f32(20)
        later = ring[(t + DELAY) % len(ring)]
        for s in range(n):
            i = fired[s]
            spike_i[count] = i
            spike_t[count] = t
            count += 1
            weight = f32(0.1) if i < EXCITATORY else f32(-0.5)
            for k in range(pointers[i], pointers[i + 1]):
                later[targets[k]] += weight
    return count


def thresholds(mean: float) -> np.ndarray:
    """Cumulative Poisson probabilities as 32-bit numbers."""
    terms = np.cumsum([math.exp(-mean) * mean**k / math.factorial(k) for k in range(TERMS)])
    return (np.minimum(terms, 1 - 1e-9) * 2**32).astype(u32)


def timed(seconds: float, seed: int, wiring: tuple[np.ndarray, np.ndarray]) -> tuple[float, int]:
    """Time of a run from a fresh start, and its number of spikes."""
    lanes = np.random.default_rng(seed).integers(1, 2**32 - 1, N, dtype=u32)
    state = np.zeros(N, f32), np.zeros(N, f32), np.zeros((DELAY + 1, N), f32)
    room = int(N * 100 * max(seconds, 0.1))
    kept = np.empty(room, np.int32), np.empty(room, np.int32)
    below = thresholds(1000 * 20.0 * DT / 1000)
    start = time.perf_counter()
    count = run(round(1000 * seconds / DT), *state, lanes, below, *wiring, f32(math.exp(-DT / 20)), *kept)
    return time.perf_counter() - start, count


options = arguments()
wiring = bernoulli(N, N, 0.1, options.seed)
timed(0.001, options.seed, wiring)  # compiles
seconds, count = timed(options.time, options.seed, wiring)
rate = count / N / options.time
answer(seconds=seconds, rate=rate, precision="float32", versions={"numba": numba.__version__})
