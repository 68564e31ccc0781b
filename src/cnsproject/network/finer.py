"""Copies of a network before its first step, with the same step or a shorter one."""

from __future__ import annotations

import copy

from cnsproject.network.network import Network
from cnsproject.network.sparse import Connection


def fresh(network: Network) -> Network:
    """A copy before its first step, without monitors: the same parameters, weights, wiring and random numbers."""
    # What monitors have recorded may be large, and nobody looks at it.
    twin = copy.deepcopy(network, {id(network.monitors): {}})
    for connection in twin.connections.values():
        if isinstance(connection, Connection):
            len(connection)  # the delays of single synapses are counted in steps of the network that draws them
    twin.reset_state_variables()
    return twin


def finer(network: Network, factor: int = 2) -> Network:
    """A copy before its first step whose steps are so many times shorter, with the same delays in ms."""
    twin = fresh(network)
    for obj in (*twin.layers.values(), *twin.connections.values()):
        obj.shorten_steps(factor)
    twin.dt /= factor
    twin.reset_state_variables()
    return twin
