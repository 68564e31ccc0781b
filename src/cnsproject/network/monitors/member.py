"""`Member`: what knows the network that it was added to, by its `Parts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnsproject.network.monitors.monitor import Monitor
    from cnsproject.network.population import NeuralPopulation
    from cnsproject.network.running import Choice
    from cnsproject.network.synaptic import Synaptic


@dataclass(frozen=True, eq=False)
class Parts:
    """What a network is made of. It refers to monitors weakly and not to the network: no cycle keeps them alive."""

    seed: int
    dt: float
    executor: Choice
    layers: Mapping[str, NeuralPopulation]
    connections: Mapping[str, Synaptic]
    monitors: Mapping[str, Monitor]


class Member:
    """A part of a network, which is copied, pickled and saved without it: the network tells its parts anew."""

    _network: Parts | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_network"}
