"""The tables of a `Summary`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnsproject.network.connection import AbstractConnection
from cnsproject.network.diagrams import around, weights_of
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.memory import amount
from cnsproject.network.network import Network
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.tables import Table
from cnsproject.network.telling import delays_of, number_of, rule_of, synapse_of
from cnsproject.network.values import counted, stated

if TYPE_CHECKING:
    from cnsproject.studies.summary import Summary

Row = tuple[str, ...]
_NONE = "–"


def tables_of(network: Network, found: Summary, missing: str) -> list[Table]:
    """The network, its layers with what was measured of them, its connections."""
    head = "Layer", "Model", "Neurons", "Spikes", "Rate (Hz)", "Silent (%)", "CV", "Synchrony"
    spans = sorted({(one.start, one.stop) for one in found.activity.values()})
    when = ", ".join(f"{start:g} to {stop:g} ms" for start, stop in spans)
    notes = [f"Measured from {when}. Rate: mean ± standard deviation over neurons."] * bool(spans)
    layers = [row for name in network.layers for row in _layer(name, network, found)]
    return [
        Table("Network", (), tuple(_whole(network, found))),
        Table("Layers", head, tuple(layers), frozenset(range(2, 8)), " ".join([*notes, missing]).strip()),
        Table(
            "Connections", ("Connection", "Rule", "Synapse", "Weight", "Delay (ms)", "Changes", "Synapses"),
            tuple(_connection(name, c) for name, c in network.connections.items()), frozenset({6}),
        ),
    ]  # fmt: skip


def _whole(network: Network, found: Summary) -> list[Row]:
    memory, choice = network.memory(), network.executor
    kinds = [
        f"{counted(found.neurons, 'neuron')} in {counted(len(network.layers), 'layer')}",
        f"{counted(found.synapses, 'synapse')} in {counted(len(network.connections), 'connection')}",
    ]
    return [
        ("Made of", ", ".join(kinds)),
        ("Simulated", f"{found.time:g} ms in steps of {network.dt:g} ms, seed {network.seed}"),
        ("Executor", f"{choice.name}: {choice.reason}"),
        ("Memory", f"{amount(memory.now)}, {amount(memory.total)} when all is built"),
    ]


def _layer(name: str, network: Network, found: Summary) -> list[Row]:
    """A layer, with what was measured of it, or of a part of it that then has a row of its own."""
    layer = network.layers[name]
    kind = type(layer).__name__
    measured = [(label, one) for label, one in found.activity.items() if one.layer == name]
    if not measured:
        return [(name, kind, str(layer.n), *([_NONE] * 5))]
    return [
        (
            label, kind, str(one.neurons), str(one.spikes), f"{one.rate:.3g} ± {one.rate_sd:.2g}",
            f"{100 * one.silent:.3g}", _number(one.cv), _number(one.synchrony),
        )
        for label, one in measured
    ]  # fmt: skip


def _connection(name: str, synapses: Synaptic) -> Row:
    values, unit = weights_of(synapses), synapses.arrival_unit
    weight = "by distance" if values is None else around(values, unit)
    if isinstance(synapses, AbstractConnection):
        plastic = synapses.learning_rule, getattr(synapses, "short_term", None)
        changes = ", ".join(type(rule).__name__ for rule in plastic if rule is not None)
        rule, delay, number = rule_of(synapses), stated(delays_of(synapses)), number_of(synapses)
    else:
        rule = (
            f"{synapses.counted} × {synapses.rate:g} Hz"
            if isinstance(synapses, PoissonDrive)
            else type(synapses).__name__
        )
        delay, number, changes = _NONE, _NONE, ""
    return name, rule, synapse_of(synapses), weight, delay, changes or _NONE, number


def _number(value: float) -> str:
    return _NONE if math.isnan(value) else f"{value:.2f}"
