"""What the dimensions of recorded values are called, and what they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnsproject.network.connection import AbstractConnection
from cnsproject.network.monitors.readings import unit_of
from cnsproject.network.monitors.reducers import Histogram, Reducer
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.storage import Labelled


def of_values(obj: Any, name: str, shape: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and sizes of the dimensions; those of a population's shape are made one, as neurons are counted."""
    if name == "w" and shape == getattr(parent_of(obj), "weight_shape", None):
        return ("map", "channel", "kernel row", "kernel column"), shape
    dim, own = _place(obj, name)
    if isinstance(dim, tuple) and shape == own:  # a weight for every pair
        pre = parent_of(obj).pre
        return dim, (pre.n, int(np.prod(shape)) // pre.n)
    if shape == own or (own and shape[1:] == own):
        batch = ("batch",) * (len(shape) > len(own))
        return (*batch, str(dim)), (*shape[: len(batch)], int(np.prod(own)))
    return tuple(f"axis {k}" for k in range(len(shape))), shape


def _place(obj: Any, name: str) -> tuple[str | tuple[str, str], tuple[int, ...]]:
    """What there is one value of `name` for, and the shape of those."""
    owner = parent_of(obj)
    if isinstance(owner, NeuralPopulation):
        return "neuron", tuple(obj.shape)
    if not isinstance(owner, Synaptic):
        return "", ()
    if name == "w" and isinstance(owner, Connection):
        return "synapse", (len(owner),)
    if name == "w" and isinstance(owner, AbstractConnection):
        return ("pre", "post"), (*owner.pre.shape, *owner.post.shape)
    if isinstance(owner, AbstractConnection) and owner._terminals and name in owner._terminals.recordable:
        return "pre", owner.pre.shape
    return "post", owner.post.shape


def coordinates(obj: Any, reducers: Mapping[str, Reducer]) -> dict[str, Labelled]:
    """Neurons, the ends of synapses, the edges of bins."""
    owner, found = parent_of(obj), dict[str, Labelled]()
    if isinstance(owner, NeuralPopulation):
        part = obj.indices.copy() if isinstance(obj, PopulationView) else np.arange(obj.n)
        found["neuron"] = Labelled(("neuron",), part, "1")
    if isinstance(owner, Connection) and owner.weight_shape is None:
        for side, ends in zip(("pre", "post"), owner.indices(), strict=True):
            found[f"{side} of synapse"] = Labelled(("synapse",), ends.numpy(), "1")
    for label, reducer in reducers.items():
        if isinstance(reducer, Histogram):
            dims, unit = (f"bin of {label}",), unit_of(obj, reducer.variable)
            found[dims[0]] = Labelled(dims, reducer.edges[:-1], unit)
            found[f"upper edge of {label}"] = Labelled(dims, reducer.edges[1:], unit)
    return found


def parameters(obj: Any) -> dict[str, Labelled]:
    """Those that differ from neuron to neuron, of a whole population."""
    owner = parent_of(obj)
    values: dict[str, Any] = getattr(owner, "_values", {})
    return {
        f"parameter.{name}": Labelled(
            ("neuron of the population",), np.broadcast_to(value, owner.shape).flatten(), owner._units[name]
        )
        for name, value in values.items()
        if isinstance(value, np.ndarray)
    }
