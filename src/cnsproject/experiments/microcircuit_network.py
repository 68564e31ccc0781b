"""`microcircuit`: the layers 2/3 to 6 of cortex below 1 mm^2 as one population and one connection."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from cnsproject.checks import one_of, positive
from cnsproject.errors import ParameterError
from cnsproject.experiments import microcircuit_tables as tables
from cnsproject.network.connectivity import Blocks, FixedTotalNumber
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.inputs import Constant
from cnsproject.network.monitors import Monitor
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import LIFPopulation
from cnsproject.network.sparse import Connection
from cnsproject.network.synapses import ExponentialCurrent
from cnsproject.random import Normal, Truncated

DRIVES = ("dc", "poisson")


def microcircuit(
    scale: float = 1.0, drive: str = "dc", seed: int = 1, *, dt: float = 0.1, weight_dtype: str | None = None
) -> Network:
    """The network of Potjans & Diesmann 2014 (Cerebral Cortex 24:785), to be run, changed and recorded like any other.

    It has a layer "cells", a connection "synapses", and a monitor "spikes".

    scale  of the numbers of neurons and of synapses. In-degrees stay those of the full network, so probabilities of
           connection grow as 1/scale: neurons share more of their input, and correlations and synchrony grow
    drive  "poisson": a `PoissonDrive` "outside" is added. "dc": its mean current is given to the run, as
           `net.run(1000, {"cells": constant_drive(scale)})`
    seed   of all that is drawn
    dt     ms
    weight_dtype  of the synapses, see `Connection`

    The populations of `microcircuit_populations(scale)` are stretches of "cells". A delay of d in NEST, of which the
    published numbers are, is d + dt here: then the spikes of the same synapses are the same. At scale 1 there are
    77 169 neurons and 299 million synapses, which take 2 GB and are made before the first step.

    >>> net = microcircuit(0.01)
    >>> net.layers["cells"].n, net.memory().total > 0
    (771, True)
    """
    counts = _counted(scale)
    one_of("microcircuit(drive)", drive, DRIVES)
    inhibitory = np.repeat(tables.INHIBITORY, counts)
    mean, sd = (np.repeat(values, counts) for values in tables.START)
    net = Network(dt=dt, seed=seed)
    cells = LIFPopulation(
        int(counts.sum()), tau=10.0, R=40.0, u_rest=-65.0, u_reset=-65.0, threshold=-50.0, refractory=2.0,
        scheme="exact", spike_trace=False, is_inhibitory=torch.from_numpy(inhibitory), dt=dt,
        u=mean + sd * np.random.default_rng(seed).standard_normal(len(mean)),
    )  # fmt: skip
    net.add_layer(cells, "cells")
    synapse = ExponentialCurrent(tau=tables.TAU_SYNAPSE)
    blocks = _blocks(scale, dt)
    synapses = Connection(cells, cells, connectivity=blocks, synapse=synapse, weight_dtype=weight_dtype)
    net.add_connection(synapses, name="synapses")
    if drive == "poisson":
        n = np.repeat(tables.EXTERNAL, counts)
        outside = PoissonDrive(cells, n, tables.EXTERNAL_RATE, weight=tables.WEIGHT, synapse=synapse)
        net.add_connection(outside, name="outside")
    net.add_monitor(Monitor(cells, ["s"]), "spikes")
    return net


def constant_drive(scale: float = 1.0) -> Constant:
    """The mean current of what comes from outside (nA), for each neuron of `microcircuit(scale)`."""
    rates = 1e-3 * tables.EXTERNAL_RATE * np.array(tables.EXTERNAL)  # per ms
    return Constant(np.repeat(rates * tables.WEIGHT * tables.TAU_SYNAPSE, _counted(scale)))


def microcircuit_populations(scale: float = 1.0) -> dict[str, range]:
    """The neurons of "cells" that each population has, by its name: "L23E", "L23I", "L4E" ... "L6I"."""
    bounds = np.cumsum([0, *_counted(scale)]).tolist()
    return {name: range(bounds[k], bounds[k + 1]) for k, name in enumerate(tables.NAMES)}


def _counted(scale: float) -> tables.Ints:
    counts = tables.sizes(positive("microcircuit(scale)", scale))
    if not counts.all():
        raise ParameterError(
            "microcircuit(scale)", got=f"{scale:g}, which leaves no neuron in {tables.NAMES[int(np.argmin(counts))]}",
            expected="at least one neuron in every population", fix="use 0.01 or more",
        )  # fmt: skip
    return counts


def _blocks(scale: float, dt: float) -> Blocks:
    """The rule, the weights and the delays of every pair of populations, by source and target."""
    totals = tables.synapses(scale).T.tolist()
    rules = [[FixedTotalNumber(total) if total else None for total in row] for row in totals]
    weight = [[_around(w, tables.WEIGHT_SD * w, 0.0) for w in row] for row in tables.mean_weights().tolist()]
    delays = [tables.DELAYS[inhibitory] for inhibitory in tables.INHIBITORY]
    delay = [[_around(d + dt, tables.DELAY_SD * d, 1.5 * dt)] * len(delays) for d in delays]
    return Blocks(tables.sizes(scale).tolist(), rules, weight=weight, delay=delay)


def _around(mean: float, sd: float, low: float) -> Any:
    return Truncated(Normal(mean, sd), low=low)
