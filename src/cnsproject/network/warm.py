"""Print and compile our models in all their variants, so that nobody waits for it later."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch

from cnsproject.network.connections import Connection, DenseConnection
from cnsproject.network.connectivity import FixedInDegree, FixedProbability, FixedTotalNumber
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import LIFPopulation
from cnsproject.network.short_term import TsodyksMarkram


def warm() -> Iterator[str]:
    """Run every variant of our models for one step on every executor, and compile what a loop by hand calls.

    Yields what was done.
    """
    _report()
    yield "two populations that excite each other"
    for dtype in (torch.float32, torch.float64):
        _short_term(dtype)
    yield "short-term plasticity"
    variants = product((torch.float32, torch.float64), ("euler", "exponential euler"), (0.0, 1.0), (True, False))
    for dtype, scheme, refractory, additive in variants:
        net = Network(dt=1.0)
        for name, trace in (("traced", True), ("plain", False)):
            layer = LIFPopulation(
                2, scheme=scheme, refractory=refractory, additive_spike_trace=additive, spike_trace=trace, dtype=dtype
            )
            net.add_layer(layer, name)
        for pre, post in (("traced", "plain"), ("plain", "traced")):
            weight = torch.ones(2, 2, dtype=dtype) if pre == "plain" else 1.0
            net.add_connection(DenseConnection(net.layers[pre], net.layers[post], w=weight))
        for rule in (FixedProbability(0.5), FixedInDegree(1), FixedTotalNumber(2)):
            net.add_connection(Connection(net.layers["plain"], net.layers["traced"], connectivity=rule))
        for executor in ("eager", "cpu"):
            net.run(1, executor=executor)
        for stepped in (*net.layers.values(), *net.connections.values()):
            stepped.warm()
        yield f"LIF, {scheme}, refractory {refractory:g} ms, {str(dtype).removeprefix('torch.')}"


def _short_term(dtype: torch.dtype) -> None:
    """A population whose synapses depress, and facilitate."""
    net = Network(dt=1.0)
    layer = net.add_layer(LIFPopulation(2, dtype=dtype), "layer")
    for tau_facil in (0.0, 500.0):
        net.add_connection(Connection(layer, layer, short_term=TsodyksMarkram(tau_facil=tau_facil))).warm()
    net.run(2, executor="cpu")


def _report() -> None:
    """Two populations, each driven and connected with the other: the network of the report."""
    net = Network(dt=1.0)
    for name in ("a", "b"):
        net.add_layer(LIFPopulation(2), name)
    for pre, post in (("a", "b"), ("b", "a")):
        net.add_connection(DenseConnection(net.layers[pre], net.layers[post]))
    net.run(1, executor="cpu")
