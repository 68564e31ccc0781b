"""A balanced random network of any size, after Brunel 2000 (J. Comput. Neurosci. 8:183): numbers that all share.

Of N leaky neurons 4/5 are excitatory. Each receives K synapses, K = N/10 up to 1000, of which 4/5 are excitatory; their
weights are J = 0.2 mV sqrt(1000/K) and inhibitory ones 5 times as large, each drawn with a deviation of a tenth. A
constant current alone would bring u to 24 mV, 4 mV above the threshold; inhibition holds it there.
"""

from __future__ import annotations

import math

TAU, RESET, THRESHOLD, REFRACTORY, DRIVE = 20.0, 10.0, 20.0, 2.0, 24.0  # ms, mV; u_rest is 0
DELAY, INHIBITION, WEIGHT_SD, SETTLED = 1.5, 5.0, 0.1, 0.1  # ms, factor, share of the mean, s
MOST = 1000  # synapses of a neuron


def size(synapses: int) -> tuple[int, int]:
    """Neurons, a multiple of 10, and synapses of each, a multiple of 5."""
    neurons = max(math.sqrt(10 * synapses), synapses / MOST)
    each = min(MOST, 5 * max(1, round(neurons / 50)))
    return 10 * max(1, round(synapses / each / 10)), each


def weight(each: int) -> float:
    """J (mV)."""
    return 0.2 * math.sqrt(MOST / each)
