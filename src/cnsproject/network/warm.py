"""Print and compile our models in all their variants, so that nobody waits for it later."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product

import torch

from cnsproject.network import neural_populations
from cnsproject.network.connections import Connection, ConvolutionalConnection, DenseConnection, PoolingConnection
from cnsproject.network.connectivity import Blocks, FixedInDegree, FixedProbability, FixedTotalNumber
from cnsproject.network.integrate_and_fire import LIFPopulation
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.network import Network
from cnsproject.network.short_term import TsodyksMarkram

PRECISIONS = torch.float32, torch.float64
Job = tuple[str, Callable[[], None]]


def jobs() -> list[Job]:
    """What there is to do, each with a name: every variant of our models, on every executor and by hand."""
    found: list[Job] = [("two populations that excite each other", _report)]
    found += [(f"short-term plasticity, {_spelled(dtype)}", partial(_short_term, dtype)) for dtype in PRECISIONS]
    found += [(f"convolution and pooling, {_spelled(dtype)}", partial(_maps, dtype)) for dtype in PRECISIONS]
    for dtype, scheme, refractory, additive in product(
        PRECISIONS, ("euler", "exponential euler"), (0.0, 1.0), (True, False)
    ):
        name = f"LIF, {scheme}, refractory {refractory:g} ms, {_spelled(dtype)}"
        found.append((name, partial(_leaky, dtype, scheme, refractory, additive)))
    kinds = dict.fromkeys(getattr(neural_populations, name) for name in neural_populations.__all__)
    for kind, dtype in product(kinds, PRECISIONS):
        if issubclass(kind, ModelPopulation) and kind not in (ModelPopulation, LIFPopulation):
            found.append((f"{kind.__name__}, {_spelled(dtype)}", partial(_model, kind, dtype)))
    return found


def _short_term(dtype: torch.dtype) -> None:
    """A population whose synapses depress, and facilitate."""
    net = Network(dt=1.0)
    layer = net.add_layer(LIFPopulation(2, dtype=dtype), "layer")
    for tau_facil in (0.0, 500.0):
        net.add_connection(Connection(layer, layer, short_term=TsodyksMarkram(tau_facil=tau_facil))).warm()
    net.run(2, executor="cpu")


def _maps(dtype: torch.dtype) -> None:
    """Maps that are convolved, and pooled."""
    net = Network(dt=1.0)
    image, maps, pooled = (
        net.add_layer(LIFPopulation(shape, dtype=dtype), str(shape)) for shape in ((1, 4, 4), (2, 2, 2), (2, 1, 1))
    )
    net.add_connection(ConvolutionalConnection(image, maps, kernel_size=3))
    net.add_connection(PoolingConnection(maps, pooled, kernel_size=2))
    net.run(1, executor="cpu")


def _report() -> None:
    """Two populations, each driven and connected with the other: the network of the report."""
    net = Network(dt=1.0)
    for name in ("a", "b"):
        net.add_layer(LIFPopulation(2), name)
    for pre, post in (("a", "b"), ("b", "a")):
        net.add_connection(DenseConnection(net.layers[pre], net.layers[post]))
    net.run(1, executor="cpu")


def _leaky(dtype: torch.dtype, scheme: str, refractory: float, additive: bool) -> None:
    """LIF neurons with connections of all kinds; one step on every executor, and what a loop by hand calls."""
    net = Network(dt=1.0)
    for name, trace in (("traced", True), ("plain", False)):
        layer = LIFPopulation(
            2, scheme=scheme, refractory=refractory, additive_spike_trace=additive, spike_trace=trace, dtype=dtype
        )
        net.add_layer(layer, name)
    for pre, post in (("traced", "plain"), ("plain", "traced")):
        weight = torch.ones(2, 2, dtype=dtype) if pre == "plain" else 1.0
        net.add_connection(DenseConnection(net.layers[pre], net.layers[post], w=weight))
    for rule in (
        FixedProbability(0.5),
        FixedInDegree(1),
        FixedTotalNumber(2),
        Blocks([1, 1], [[FixedTotalNumber(1)] * 2] * 2),
    ):
        net.add_connection(Connection(net.layers["plain"], net.layers["traced"], connectivity=rule))
    for executor in ("eager", "cpu"):
        net.run(1, executor=executor)
    for stepped in (*net.layers.values(), *net.connections.values()):
        stepped.warm()


def _model(kind: Callable[..., ModelPopulation], dtype: torch.dtype) -> None:
    """Another model: what a loop by hand calls, and in single precision a native run on its own."""
    layer = kind(2, dt=1.0, dtype=dtype)
    layer.warm()
    if layer.dynamics.reset:
        kind(2, dt=1.0, dtype=dtype, refractory=1.0).warm()
    if dtype == torch.float32:
        net = Network(dt=1.0)
        net.add_layer(layer, "cells")
        net.run(1, executor="cpu")


def _spelled(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
