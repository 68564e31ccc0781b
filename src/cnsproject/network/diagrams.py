"""A network as nodes and arrows, told from what it is made of: nothing is built for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from cnsproject.network import telling
from cnsproject.network.building import given_of, synapse_count
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connectivity import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    OneToOne,
    PerBlock,
)
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.pictured import inhibits, is_inhibitory
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.telling import Names, delays_of, is_built
from cnsproject.network.values import Spread, spread_of
from cnsproject.network.views import parent_of
from cnsproject.plotting import Arrow, Node
from cnsproject.random import Law

if TYPE_CHECKING:
    from cnsproject.network.assembling import Assembly

_SAMPLE = 4096  # values that tell mean and spread of a distribution


def nodes_of(network: Assembly) -> list[Node]:
    """The populations, in their order."""
    return [
        Node(name, layer.n, is_inhibitory(layer), given=layer.dynamics is None)
        for name, layer in network.layers.items()
    ]


def arrows_of(network: Assembly) -> list[Arrow]:
    """The connections and drives, in their order."""
    names = Names(network)
    return [_arrow(synapses, names) for synapses in network.connections.values()]


def _arrow(synapses: Synaptic, names: Names) -> Arrow:
    values, unit = weights_of(synapses), synapses.arrival_unit
    effect, number = inhibits(synapses), _onto_a_neuron(synapses)
    strength = None if values is None or number is None else number * values.size
    if values is not None and values.mean < 0 and effect is not None:
        effect = not effect
    ends = names.ends_of(synapses)
    source = names.of(parent_of(synapses.pre)) if isinstance(synapses, AbstractConnection) else None
    parts = [" → ".join(ends.values())] * any("[" in end for end in ends.values())
    label = "\n".join([*parts, *_lines_of(synapses, values)])
    return Arrow(source, names.of(synapses.post), strength, unit, effect, label)


def _lines_of(synapses: Synaptic, values: Spread | None) -> Iterator[str]:
    """Which neurons, weight, delay, and what changes the weights."""
    unit = synapses.arrival_unit
    if isinstance(synapses, PoissonDrive):
        yield f"{synapses.counted} × {synapses.rate:g} Hz"
    elif isinstance(synapses, AbstractConnection):
        yield _rule(synapses)
    yield "weight by distance" if values is None else around(values, unit)
    if isinstance(synapses, AbstractConnection):
        delays = _spread(delays_of(synapses))
        yield "delay by distance" if delays is None else around(delays, "ms")
        plastic = synapses.learning_rule, getattr(synapses, "short_term", None)
        yield from (type(rule).__name__ for rule in plastic if rule is not None)


def _rule(connection: AbstractConnection) -> str:
    rule = connection.connectivity if isinstance(connection, Connection) else AllToAll()
    if isinstance(rule, FixedProbability):
        return f"p = {rule.p:g}"
    if isinstance(rule, FixedInDegree | FixedOutDegree):
        return f"{'in' if isinstance(rule, FixedInDegree) else 'out'}-degree {rule.k}"
    if isinstance(rule, AllToAll | OneToOne):
        return "all to all" if isinstance(rule, AllToAll) else "one to one"
    number = _onto_a_neuron(connection)
    return type(rule).__name__ if number is None else f"in-degree {number:.3g}"


def _onto_a_neuron(synapses: Synaptic) -> float | None:
    """Mean number of synapses, or of the processes of a drive, of a target neuron."""
    if isinstance(synapses, PoissonDrive):
        return float(np.mean(synapses.n))
    count = synapse_count(synapses)
    target = synapses._parts[1] if isinstance(synapses, Connection) else synapses.post
    return None if count is None else count / target.n


def weights_of(synapses: Synaptic) -> Spread | None:
    """The weights, or some of the distribution they will be drawn from; None for a function, before they are made."""
    if isinstance(synapses, Connection) and not is_built(synapses):
        return _spread(given_of(synapses, "weight"))
    return _spread(telling.weights_of(synapses))


def _spread(given: Any) -> Spread | None:
    if isinstance(given, Law | PerBlock):
        return spread_of(given.draw((0, 0), _SAMPLE) if isinstance(given, Law) else given.sample(_SAMPLE))
    if callable(given) and not isinstance(given, Tensor):
        return None
    found = given if isinstance(given, Spread) else spread_of(given)
    return found if found.count else spread_of(0.0)


def around(values: Spread, unit: str) -> str:
    """A number, or mean and standard deviation, with the unit."""
    unit = unit.replace("uS", "µS")
    if values.low == values.high:
        return f"{values.low:.4g} {unit}"
    spread = float(f"{values.sd:.2g}")
    places = min(9, max(0, 1 - math.floor(math.log10(spread))))  # two digits of the spread
    return f"{values.mean:.{places}f} ± {spread:.{places}f} {unit}"
