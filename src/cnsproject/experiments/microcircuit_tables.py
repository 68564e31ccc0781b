"""The published numbers of the microcircuit below 1 mm^2 of cortex.

Potjans & Diesmann 2014, Cerebral Cortex 24:785, tables 4 and 5, and the models that its authors keep beside it (NEST's
`microcircuit-PD14-model`): start potentials that shorten the transient, and rates of a run of 15 minutes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

NAMES = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
"""Layers from the top, excitatory before inhibitory; every table here is in this order."""

INHIBITORY = tuple(name.endswith("I") for name in NAMES)

SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
"""Neurons."""

PROBABILITIES = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)
"""That a neuron of the row's population receives at least one synapse from one of the column's."""

EXTERNAL = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)
"""Synapses of a neuron from outside."""

EXTERNAL_RATE = 8.0
"""Of the sources outside (Hz)."""

WEIGHT, DOUBLED, INHIBITION, WEIGHT_SD = 0.08781, 2.0, 4.0, 0.1
"""nA of an excitatory synapse, which jumps u by 0.15 mV; factors from L4E to L23E and of inhibition; SD over mean."""

DELAYS, DELAY_SD = (1.5, 0.75), 0.5
"""ms, of excitatory and inhibitory synapses; SD over mean."""

TAU_SYNAPSE = 0.5
"""ms."""

START = (
    (-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43),
    (5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48),
)
"""Mean and SD of the potentials to begin with (mV)."""

RATES = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)
"""Mean rate of a neuron (Hz)."""


def sizes(scale: float) -> Ints:
    """Neurons of the populations (8,)."""
    return np.asarray(np.round(scale * np.array(SIZES)), np.int64)


def synapses(scale: float) -> Ints:
    """Synapses of the populations of the rows from those of the columns (8, 8).

    With K synapses between pairs that are drawn with replacement a pair has at least one with the probability
    1 - (1 - 1/(N_post*N_pre))^K.
    """
    pairs = np.outer(SIZES, SIZES).astype(np.float64)
    whole = np.log1p(-np.array(PROBABILITIES)) / np.log1p(-1.0 / pairs)
    return np.asarray(np.round(scale * whole), np.int64)


def mean_weights() -> F64:
    """Mean weights without their sign (nA), from the populations of the rows onto those of the columns (8, 8)."""
    weights = np.full((len(NAMES), len(NAMES)), WEIGHT)
    weights[np.array(INHIBITORY)] *= INHIBITION
    weights[NAMES.index("L4E"), NAMES.index("L23E")] *= DOUBLED
    return weights
