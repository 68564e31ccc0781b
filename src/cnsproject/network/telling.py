"""How a network is told: the names of its objects, and what its synapses are made of, in short texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from cnsproject.network.building import given_of, synapse_count
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.values import Spread, counted, spelled, spread_counted, spread_of, stated
from cnsproject.network.views import PopulationView, parent_of
from cnsproject.random import Law

if TYPE_CHECKING:
    from cnsproject.network.assembling import Assembly
    from cnsproject.network.monitors.member import Parts

_ALLOWED = re.compile(r"(?:, )?(?:autapses|multapses)=True")  # the rule, which is said once


class Names:
    """How the network calls its objects, and parts of them."""

    def __init__(self, network: Assembly | Parts) -> None:
        self.known = {id(obj): name for name, obj in (*network.layers.items(), *network.connections.items())}

    def of(self, obj: Any) -> str:
        """The name; a part is shown as it could be typed."""
        name = self.known[id(parent_of(obj))]
        if not isinstance(obj, PopulationView):
            return name
        first, last, gaps = obj.indices[0], obj.indices[-1], np.unique(np.diff(obj.indices))
        if len(gaps) > 1 or len(parent_of(obj).shape) > 1:
            return f"{name}[{counted(obj.n, 'neuron')}]"
        gap = f":{gaps[0]}" if len(gaps) and gaps[0] > 1 else ""
        return f"{name}[{first}:{last + 1}{gap}]"

    def ends_of(self, synapses: Synaptic) -> dict[str, str]:
        """Source and target by "pre" and "post"; a drive has a target only."""
        if isinstance(synapses, Connection):
            return {side: self.of(part) for side, part in zip(("pre", "post"), synapses._parts, strict=True)}
        if isinstance(synapses, PoissonDrive):
            return {"post": self.of(synapses._part)}
        return {side: self.of(getattr(synapses, side)) for side in ("pre", "post") if hasattr(synapses, side)}


def rule_of(connection: AbstractConnection) -> str:
    """The rule that says which neurons are connected."""
    if not isinstance(connection, Connection):
        return "AllToAll()"
    rule = _ALLOWED.sub("", spelled(connection.connectivity))
    return f"{rule}, {connection.remark}" if connection.remark else rule


def synapse_of(synapses: Synaptic) -> str:
    """What kind of synapses they are."""
    return type(getattr(synapses, "synapse", synapses)).__name__


def is_built(synapses: Synaptic) -> bool:
    """Whether there is nothing left to draw."""
    return not isinstance(synapses, Connection) or synapses._wires is not None


def weights_of(synapses: Synaptic) -> Spread:
    """How the weights are spread that there are."""
    return spread_of(synapses.weight, synapses.weight_scale)


def weight_of(synapses: Synaptic) -> str:
    """The weights, and what they were made from."""
    if not isinstance(synapses, Connection):
        return stated(weights_of(synapses), synapses.arrival_unit)
    given = given_of(synapses, "weight")
    if not is_built(synapses):
        return stated(given, synapses.arrival_unit)
    found = stated(weights_of(synapses), synapses.arrival_unit)
    # What was drawn may have been set anew, so that both are told.
    return f"{found}, made from {stated(given)}" if isinstance(given, Law) or callable(given) else found


def delays_of(connection: AbstractConnection) -> Any:
    """The delays (ms): a number, how those of all synapses are spread, or what they are drawn from."""
    if not isinstance(connection, Connection):
        return getattr(connection, "delay", 0.0)
    given = given_of(connection, "delay")
    if is_built(connection) and not isinstance(given, float | Law) and not callable(given):
        return spread_counted(*connection.delays_with_counts())
    return given


def number_of(connection: AbstractConnection) -> str:
    """How many synapses there are."""
    count = synapse_count(connection)
    return "unknown" if count is None else f"{count}" if isinstance(count, int) else f"about {round(count)}"
