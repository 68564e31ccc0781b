"""CUBA in plain numba: one fused loop in float32, no objects, nothing general; what the machine can do.

Exact integration as in `brian2_cuba.py`; a refractory period of exactly 50 steps, connections drawn by skipping.
"""

from __future__ import annotations

import math
import time

import numba
import numpy as np
from protocol import answer, arguments
from sketch_wiring import bernoulli

N, EXCITATORY, DT = 4000, 3200, 0.1
compiled = numba.njit(fastmath=True, boundscheck=False, error_model="numpy")
f32 = np.float32


@compiled
def run(steps, u, ge, gi, held, pointers, targets, factors, spike_i, spike_t):
    """All steps; returns the number of spikes. `held` counts refractory steps down."""
    leak, from_e, from_i, decay_e, decay_i = factors
    flag = np.zeros(u.size, np.uint8)
    words = flag.view(np.uint64)
    fired = np.empty(u.size, np.int32)
    count = 0
    for t in range(steps):
        for i in range(u.size):
            new = f32(-49) + (u[i] + f32(49)) * leak + ge[i] * from_e + gi[i] * from_i
            new = new if held[i] <= f32(0) else f32(-60)
            ge[i] *= decay_e
            gi[i] *= decay_i
            u[i] = new
            held[i] -= f32(1)
            flag[i] = new > f32(-50)
        n = 0
        for w in range(words.size):  # eight neurons at a look: spikes are rare
            if words[w] != 0:
                for i in range(w * 8, w * 8 + 8):
                    if flag[i]:
                        fired[n] = i
                        n += 1
                        u[i] = f32(-60)
                        held[i] = f32(50)
        for s in range(n):
            i = fired[s]
            spike_i[count] = i
            spike_t[count] = t
            count += 1
            current, weight = (ge, f32(1.62)) if i < EXCITATORY else (gi, f32(-9))
            for k in range(pointers[i], pointers[i + 1]):
                current[targets[k]] += weight
    return count


def share(tau: float) -> float:
    """What a current of 1 mV that decays with tau adds to u in one step."""
    return tau / (20 - tau) * (math.exp(-DT / 20) - math.exp(-DT / tau))


def timed(seconds: float, seed: int, wiring: tuple[np.ndarray, np.ndarray]) -> tuple[float, int]:
    """Time of a run from a fresh start, and its number of spikes."""
    u = np.random.default_rng(seed).uniform(-60, -50, N).astype(f32)
    factors = tuple(map(f32, (math.exp(-DT / 20), share(5), share(10), math.exp(-DT / 5), math.exp(-DT / 10))))
    zeros = [np.zeros(N, f32) for _ in range(3)]
    room = int(N * 50 * max(seconds, 0.1))
    kept = np.empty(room, np.int32), np.empty(room, np.int32)
    start = time.perf_counter()
    count = run(round(1000 * seconds / DT), u, *zeros, *wiring, factors, *kept)
    return time.perf_counter() - start, count


options = arguments()
wiring = bernoulli(N, N, 0.02, options.seed)
timed(0.01, options.seed, wiring)  # compiles
seconds, count = timed(options.time, options.seed, wiring)
rate = count / N / options.time
answer(seconds=seconds, rate=rate, precision="float32", versions={"numba": numba.__version__})
