"""What a network is made of, as the tables of a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.network.base import Stepped
from cnsproject.network.competing import Competing
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.learner import Learner
from cnsproject.network.monitors import Monitor
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.tables import Document, Formula, Settings, Table
from cnsproject.network.telling import Names, delays_of, number_of, rule_of, synapse_of, weight_of
from cnsproject.network.terminals import Terminals
from cnsproject.network.values import spelled, stated

if TYPE_CHECKING:
    from cnsproject.network.network import Network

Row = tuple[str, ...]
_GIVEN = {"": "current", "spikes": "spikes", "rates": "rates", "times": "spike times"}


class Description(Document):
    """What `Network.describe` tells: tables A to G.

    After Nordlie, Gewaltig & Plesser 2009, PLoS Comput. Biol. 5:e1000456.
    """

    def __init__(self, network: Network) -> None:
        names = Names(network)
        projections = {n: c for n, c in network.connections.items() if isinstance(c, AbstractConnection)}
        drives = {n: c for n, c in network.connections.items() if not isinstance(c, AbstractConnection)}
        neurons = list(_neuron_models(network.layers))
        synapses = [
            *_synapse_models(network.connections),
            *_plasticity_models(projections),
            *_learning_models(projections),
        ]
        head = "Name", "Source", "Target", "Rule", "Synapse", "Weight", "Delay (ms)", "Synapses"
        rows = tuple(_projection(name, c, names) for name, c in projections.items())
        super().__init__(
            [
                Table("A  Model summary", (), tuple(_summary(network, drives))),
                Table(
                    "B  Populations", ("Name", "Model", "Neurons", "Shape", "Outgoing"),
                    tuple(_population(name, layer) for name, layer in network.layers.items()), frozenset({2}),
                ),
                Table("C  Projections", head, rows, frozenset({7}), _remarks(rows)),
                *(Table(f"D{_nth(neurons, k)}  Neuron model: {n}", (), r) for k, (n, r) in enumerate(neurons)),
                *(Table(f"E{_nth(synapses, k)}  {n}", (), r) for k, (n, r) in enumerate(synapses)),
                Table("F  Input", ("Target", "Kind", "Values"), tuple(_inputs(network.layers, drives, names))),
                Table(
                    "G  Measurements", ("Name", "Of", "Variables", "When"),
                    tuple(_measurement(name, m, names) for name, m in network.monitors.items()),
                ),
            ]
        )  # fmt: skip


# A, B and C


def _summary(network: Network, drives: Mapping[str, Synaptic]) -> Iterator[Row]:
    layers, connections = network.layers.values(), network.connections.values()
    projections = [c for c in connections if isinstance(c, AbstractConnection)]
    yield "Populations", _listed(f"{name} ({layer.n})" for name, layer in network.layers.items())
    yield "Connectivity", _kinds(rule_of(c).partition("(")[0] for c in projections)
    yield "Neuron model", _kinds(type(layer).__name__ for layer in layers)
    yield "Synapse model", _kinds(synapse_of(c) for c in connections)
    plastic = [getattr(c, name, None) for name in ("learning_rule", "short_term") for c in projections]
    yield "Plasticity", _kinds(spelled(rule) for rule in plastic if rule)
    given = dict.fromkeys(f"{_GIVEN[layer.given]} given to run" for layer in layers)
    yield "Input", _listed([*dict.fromkeys(type(drive).__name__ for drive in drives.values()), *given])
    yield "Measurements", _kinds(v for monitor in network.monitors.values() for v in monitor.state_variables)
    types = dict.fromkeys(str(obj.dtype).removeprefix("torch.") for obj in (*layers, *connections))
    yield "Simulation", _listed([f"time step {network.dt:g} ms", *types, f"seed {network.seed}"])


def _population(name: str, layer: NeuralPopulation) -> Row:
    inhibitory = layer.is_inhibitory
    if isinstance(inhibitory, torch.Tensor):
        outgoing = f"{int(inhibitory.sum())} inhibitory, {int((~inhibitory).sum())} excitatory"
    else:
        outgoing = "inhibitory" if inhibitory else "excitatory"
    return name, type(layer).__name__, str(layer.n), " x ".join(map(str, layer.shape)), outgoing


def _projection(name: str, connection: AbstractConnection, names: Names) -> Row:
    made_of = rule_of(connection), synapse_of(connection), weight_of(connection), stated(delays_of(connection))
    return name, *names.ends_of(connection).values(), *made_of, number_of(connection)


def _remarks(rows: tuple[Row, ...]) -> str:
    drawn = any(row[-1].startswith("about") for row in rows)
    notes = ["Autapses, and multapses where partners are drawn, are allowed unless the rule excludes them."] * bool(
        rows
    )
    return " ".join([*notes, *["Of synapses that are still to be drawn the expected number is given."] * drawn])


# D and E


def _neuron_models(layers: Mapping[str, NeuralPopulation]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    groups: dict[tuple[str, Dynamics | None, str], dict[str, NeuralPopulation]] = {}
    for name, layer in layers.items():
        key = type(layer).__name__, layer.dynamics, getattr(layer, "scheme", "")
        groups.setdefault(key, {})[name] = layer
    for (model, dynamics, scheme), group in groups.items():
        rows: list[Row] = [("Populations", ", ".join(group))]
        declared = dynamics or next(iter(group.values())).declaration
        rows += _mathematics(declared) if declared else [("Spikes", "those that are given")]
        rows += [("Integration", f"{scheme} method")] * bool(scheme)
        rows += _by_group("Parameters", group, _parameters)
        rows += _by_group("Refractory", group, _refractory)
        rows += _by_group("Decision", group, _decision)
        rows += _by_group("Start", group, _starts)
        rows += _by_group("Spike trace", group, _trace, Formula)
        rows += _by_group("Trace values", group, _trace_parameters)
        rows += [("Reference", declared.source)] if declared and declared.source else []
        yield model, tuple(rows)


def _synapse_models(connections: Mapping[str, Synaptic]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    groups: dict[tuple[str, Dynamics, bool], dict[str, Synaptic]] = {}
    for name, connection in connections.items():
        key = synapse_of(connection), connection.dynamics, connection.step().felt_by is not None
        groups.setdefault(key, {})[name] = connection
    for (model, dynamics, within), group in groups.items():
        rows: list[Row] = [("Connections", ", ".join(group)), *_mathematics(dynamics)]
        rows += [("Within a step", "the constant current that has the effect of the decaying one")] * within
        rows += _by_group("Parameters", group, _synaptic_parameters)
        rows += [("Reference", dynamics.source)] if dynamics.source else []
        yield f"Synapse model: {model}", tuple(rows)


def _plasticity_models(projections: Mapping[str, AbstractConnection]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    groups: dict[tuple[str, Dynamics], dict[str, Terminals]] = {}
    for name, connection in projections.items():
        if terminals := connection._terminals:
            groups.setdefault((type(terminals.model).__name__, terminals.dynamics), {})[name] = terminals
    for (model, dynamics), group in groups.items():
        rows: list[Row] = [("Connections", ", ".join(group)), ("Equations", Formula(_equations(dynamics)))]
        rows += [("States", f"{_with_units(dynamics.states)}: one of each per source neuron")]
        rows += [("At a spike s", Formula(_lines(dynamics.on_arrival or "")))]
        rows += [("A spike carries", "its weight times release, which is 0 when a step begins")]
        rows += _by_group("Parameters", group, lambda t: _values(t, t.dynamics.parameters))
        rows += _by_group("Start", group, lambda t: ", ".join(f"{n} = {x:g}" for n, x in t.model.starts.items()))
        rows += [("Reference", dynamics.source)] if dynamics.source else []
        yield f"Short-term plasticity: {model}", tuple(rows)


def _learning_models(projections: Mapping[str, AbstractConnection]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    groups: dict[tuple[str, Plasticity], dict[str, Learner]] = {}
    for name, connection in projections.items():
        if learner := connection.learner:
            groups.setdefault((type(learner.rule).__name__, learner.plasticity), {})[name] = learner
    for (model, plasticity), group in groups.items():
        rows: list[Row] = [("Connections", ", ".join(group))]
        for side, who, when in (("pre", "source", "a spike arrives"), ("post", "target", "the target fires")):
            equations = _equations(plasticity.trace(side))
            rows += [(f"Traces of the {who}", Formula(equations))] * bool(equations)
            rows += [(f"When {when}", Formula(_lines(getattr(plasticity, f"on_{side}"))))]
        rows += _by_group("Parameters", group, lambda learner: _values(learner, learner.plasticity.parameters))
        rows += _by_group("Lost in every step", group, lambda one: f"{one.weight_decay:g} of every weight")
        rows += _by_group("Weights onto a target sum up to", group, lambda one: f"{one.norm:g}" if one.norm else "")
        rows += _by_group("Dendritic delay", group, lambda one: f"{one.dendritic:g} ms" if one.dendritic else "")
        rows += [("Reference", plasticity.source)] if plasticity.source else []
        yield f"Learning rule: {model}", tuple(rows)


def _mathematics(dynamics: Dynamics) -> Iterator[Row]:
    if dynamics.lines:
        yield "Equations", Formula(_equations(dynamics))
    if dynamics.states:
        yield "States", _with_units(dynamics.states)
    if dynamics.inputs:
        yield "Input", _with_units(dynamics.inputs)
    if dynamics.spike:
        yield "Spike", Formula(dynamics.spike)
    if dynamics.reset:
        yield "Reset", Formula(_lines(dynamics.reset))
    elif dynamics.spike and dynamics.states:
        yield "Reset", "none: a spike is where the condition becomes true"
    if dynamics.on_arrival:
        arriving = _with_units(dynamics.arrivals)
        yield "On arrival", Formula(_lines(dynamics.on_arrival))
        yield "What arrives", f"{arriving}: the weights of all spikes that arrive in a step"
    if dynamics.impulses:
        yield "For one step", f"{_with_units(dynamics.impulses)}: 0 when a step begins"
    if dynamics.output:
        way = "raises the membrane" if dynamics.output_unit == "mV" else "is added to the input"
        yield "Delivers", f"{dynamics.output} ({dynamics.output_unit}), which {way}"


def _by_group(
    title: str, group: Mapping[str, Any], tell: Callable[[Any], str], kind: type[str] = Settings
) -> list[Row]:
    """One row for all objects of which the same is told."""
    told: dict[str, list[str]] = {}
    for name, obj in group.items():
        told.setdefault(tell(obj), []).append(name)
    one = len(told) == 1
    return [(title if one else f"{title} of {', '.join(names)}", kind(text)) for text, names in told.items() if text]


def _values(obj: Stepped, names: Iterable[str]) -> str:
    parts = (f"{n} = {stated(obj._laws.get(n, obj._values[n]), obj._units[n])}" for n in names if n in obj._values)
    return ", ".join(parts)


def _parameters(layer: NeuralPopulation) -> str:
    declared = layer.dynamics or layer.declaration
    return _values(layer, declared.parameters if declared else ())


def _synaptic_parameters(synapses: Synaptic) -> str:
    return _values(synapses, synapses.dynamics.parameters)


def _refractory(layer: NeuralPopulation) -> str:
    if not layer.dynamics:
        return ""
    return f"{layer.refractory:g} ms after the step of the spike; input is ignored" if layer.refractory else "none"


def _decision(layer: NeuralPopulation) -> str:
    competition = layer.competition if isinstance(layer, Competing) else None
    if competition is None:
        return ""
    return f"{spelled(layer.decision)}: {competition}"


def _starts(layer: NeuralPopulation) -> str:
    units = layer.dynamics.states if layer.dynamics else {}
    return ", ".join(f"{state} = {stated(value, units.get(state, ''))}" for state, value in layer._starts.items())


def _trace(layer: NeuralPopulation) -> str:
    return "\n".join([_equations(layer._trace), _lines(layer._trace.on_arrival or "")]) if layer._trace else ""


def _trace_parameters(layer: NeuralPopulation) -> str:
    return _values(layer, layer._trace.parameters) if layer._trace else ""


# F and G


def _inputs(layers: Mapping[str, NeuralPopulation], drives: Mapping[str, Synaptic], names: Names) -> Iterator[Row]:
    for name, layer in layers.items():
        unit = ", ".join(f"{n} ({unit})" for n, unit in layer.dynamics.inputs.items()) if layer.dynamics else ""
        yield name, f"{_GIVEN[layer.given]} {unit}".strip(), "given to run"
    for name, drive in drives.items():
        of_synapse = drive.dynamics.parameters
        told = [f"weight = {weight_of(drive)}", _values(drive, (n for n in drive._values if n not in of_synapse))]
        told += [f"{n} = {stated(v)}" for n, v in vars(drive).items() if _is_told(n, v)]
        if isinstance(drive, PoissonDrive):
            told += [] if isinstance(drive.n, int) else [f"n = {stated(drive.n)}"]
            told += [f"rate = {drive.rate:g} Hz"]
        yield (
            names.of(drive.post),
            f"{name}: {type(drive).__name__}",
            Settings(", ".join(part for part in told if part)),
        )


def _is_told(name: str, value: object) -> bool:
    return not name.startswith("_") and isinstance(value, int | float) and name not in ("training", "dt", "lr")


def _measurement(name: str, monitor: Monitor, names: Names) -> Row:
    kept = monitor._window or monitor.span().window
    unit = "" if monitor._selection.every is None else " steps"
    when = f"{monitor._selection}{'' if kept is None else f', the last {kept}{unit} kept'}"
    return name, names.of(monitor.obj), ", ".join(monitor.state_variables), when


# Texts


def _nth(tables: list[Any], place: int) -> str:
    return str(place + 1) if len(tables) > 1 else ""


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts) or "none"


def _kinds(parts: Iterable[str]) -> str:
    return _listed(dict.fromkeys(parts))


def _with_units(names: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({unit})" if unit != "1" else name for name, unit in names.items())


def _equations(dynamics: Dynamics) -> str:
    return "\n".join(line.text.rpartition(":")[0].strip() for line in dynamics.lines)


def _lines(assignments: str) -> str:
    return "\n".join(part.strip() for part in assignments.replace(";", "\n").splitlines() if part.strip())
