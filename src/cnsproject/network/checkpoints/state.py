"""`State`: a network as it was, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnsproject.errors import CheckpointError
from cnsproject.network.checkpoints.reading import Reader
from cnsproject.network.checkpoints.writing import Description, Writer
from cnsproject.network.views import parent_of

if TYPE_CHECKING:
    from cnsproject.network.network import Network

_PARTS = ("layers", "connections", "monitors")


@dataclass(frozen=True)
class State:
    """What `Network.state()` gives and `Network.restore(state)` takes, as often as you like.

    time      when it was taken: ms since the last reset of the first layer
    outline   kind, name and form of everything in the network
    """

    time: float
    outline: tuple[str, ...]
    description: Description

    def __repr__(self) -> str:
        return f"State(at {self.time:g} ms, {len(self.outline)} objects)"


def take(network: Network) -> State:
    """The present state of a network, as a copy."""
    writer = Writer(in_memory=True)
    writer.write(network, "Network")
    steps = next((layer.steps for layer in network.layers.values()), 0)
    return State(steps * network.dt, tuple(_outline(network)), writer.description)


def restore(network: Network, state: State) -> None:
    """Bring back a state. Raises CheckpointError, and changes nothing, when it is none of this network."""
    if not isinstance(state, State):
        raise CheckpointError(
            "Network.restore(state)", got=type(state).__name__, expected="what net.state() gave",
            fix="use cns.Network.load(path) for a file",
        )  # fmt: skip
    own = tuple(_outline(network))
    if own != state.outline:
        raise CheckpointError(
            "Network.restore(state)", got=f"a state with {_difference(state.outline, own)}",
            expected=f"a state of this network, with {_difference(own, state.outline)}",
            fix="restore it into the network that it was taken from, with the same layers, connections and monitors",
        )  # fmt: skip
    existing = _counterparts(network, state.description.objects)
    Reader("Network.restore(state)", state.description, lambda kind: kind, existing).objects()
    network._tell_monitors()


def _outline(network: Network) -> Iterable[str]:
    """Everything in a network, with what must be the same for a state to fit."""
    names = {id(layer): name for name, layer in network.layers.items()}
    names |= {id(connection): name for name, connection in network.connections.items()}
    for name, layer in network.layers.items():
        yield f"the layer {name!r}: {type(layer).__qualname__} of shape {tuple(layer.shape)}"
    for name, connection in network.connections.items():
        ends = " -> ".join(names[id(getattr(connection, s))] for s in ("pre", "post") if hasattr(connection, s))
        yield f"the connection {name!r}: {type(connection).__qualname__} {ends}"
    if network.reward is not None:
        yield f"the reward {type(network.reward).__qualname__}"
    for name, monitor in network.monitors.items():
        yield f"the monitor {name!r} of {names[id(parent_of(monitor.obj))]}"


def _difference(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """The first that only one has; or what both have in another order."""
    only = [part for part in one if part not in other]
    return only[0] if only else "no more than that" if len(one) < len(other) else "these in another order"


def _counterparts(network: Network, objects: list[dict[str, Any]]) -> Mapping[int, object]:
    """The objects of a network by the numbers that a description gives them."""
    found: dict[int, object] = {0: network}
    for part in _PARTS:
        for name, form in objects[0]["attributes"][part]["dict"].items():
            found[form["object"]] = getattr(network, part)[name]
    if isinstance(form := objects[0]["attributes"].get("reward"), dict) and network.reward is not None:
        found[form["object"]] = network.reward
    for attribute in ("_terminals", "learner", "_clock"):
        for place, obj in list(found.items()):
            form = objects[place]["attributes"].get(attribute)
            if isinstance(form, dict) and hasattr(obj, attribute) and obj not in network.monitors.values():
                found[form["object"]] = getattr(obj, attribute)
    return found
