"""How much memory a network holds, object by object, and how much a run still needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.errors import MemoryExceededError
from cnsproject.network.base import Stepped
from cnsproject.network.building import (
    held_by_learning,
    held_by_wiring,
    listed_by_hand,
    moment_of_building,
    synapse_count,
    traces_of_learning,
    weight_bytes,
    weight_count,
)
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.events import STAGED
from cnsproject.network.monitors.series import BLOCK_NUMBERS, BLOCK_ROWS
from cnsproject.network.monitors.streaming import BYTES
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.room import room
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.tables import Document, Table
from cnsproject.network.terminals import Terminals
from cnsproject.network.views import parent_of

if TYPE_CHECKING:
    from cnsproject.network.network import Network

_SMALL = 2**24  # bytes that are not worth asking the system for: it takes longer than a short run
_BLOCK = 2**24  # bytes of recordings that a native run collects before it hands them over
_LISTED = 2**26  # spikes that a native run reserves room for, at most
_LONGEST = 2**16  # steps it does so for, at most
_SPIKE = 12  # bytes of a recorded spike: its step and its neuron


@dataclass(frozen=True)
class Item:
    """Memory of an object.

    now     bytes that are held
    then    bytes that are held when it is built, and after the run
    moment  bytes needed on top for a moment, while it is built or the run goes on
    away    whether it lies on another device than the CPU
    """

    owner: str
    what: str
    now: int
    then: int
    moment: int = 0
    away: bool = False


class Memory(Document):
    """What `Network.memory` tells, as a table.

    items   memory by object
    total   bytes held when all is built, and after the run
    now     bytes held at present
    needed  bytes that have to be allocated for it at most, at any moment, on the CPU
    """

    def __init__(self, items: Iterable[Item], time: float | None, notes: str) -> None:
        self.items = tuple(items)
        self.total = sum(item.then for item in self.items)
        self.now = sum(item.now for item in self.items)
        self.needed = _needed(self.items)
        then = "When built" if time is None else f"After {time:g} ms"
        rows = [(i.owner, i.what, amount(i.now), amount(i.then), amount(i.moment)) for i in self.items]
        limit = room()
        free = f", {amount(limit.free)} are free {limit.of}" if limit else ""
        super().__init__(
            [
                Table(
                    "Memory",
                    ("Object", "What", "Now", then, "For a moment"),
                    (*rows, ("total", "", amount(self.now), amount(self.total), "")),
                    frozenset({2, 3, 4}),
                    f"At most {amount(self.needed)} have still to be allocated at any moment{free}. {notes}".strip(),
                    sum=True,
                )
            ]
        )


def memory_of(network: Network, time: float | None, steps: int, rate: float) -> Memory:
    """The memory of a network that is run for so many steps, in which neurons fire at `rate` (Hz)."""
    items = [item for name, layer in network.layers.items() for item in _of_layer(f"layer {name}", layer)]
    items += _still_to_come(network, steps, rate, whole=True)
    drawn = {n: synapse_count(c) for n, c in network.connections.items()}
    means = [f"{n} {round(count)}" for n, count in drawn.items() if isinstance(count, float)]
    unknown = [n for n, count in drawn.items() if count is None]
    notes = [f"Synapses that are still to be drawn count with their expected number: {', '.join(means)}."] * bool(means)
    notes += [f"Not known before they are built: {', '.join(unknown)}."] * bool(unknown)
    if steps and any(monitor._stores_spikes for monitor in network.monitors.values()):
        notes.append(f"Recorded spikes take {_SPIKE} bytes each; {rate:g} spikes per neuron and second are assumed.")
    return Memory(items, time, " ".join(notes))


def refuse_without_room(network: Network, time: float, steps: int) -> None:
    """Raise MemoryExceededError when building the network and recording so many steps takes more than is free."""
    items = list(_still_to_come(network, steps, 0.0, whole=False))
    needed = _needed(items)
    neurons = sum(layer.n for layer in network.layers.values())
    listed = 4 * neurons + sum(t.pre.n * t.dtype.itemsize for t in _terminals(network))
    listed *= min(steps, _LONGEST, max(1, _LISTED // max(1, neurons)))
    if needed + listed < _SMALL:
        return
    limit = room()
    # Lists of spikes are reserved in full and touched as far as there are spikes.
    if limit is None or needed + limit.reserved * listed <= limit.free:
        return
    largest = max(items, key=lambda item: item.then - item.now + item.moment)
    took = amount(largest.then - largest.now + largest.moment)
    raise MemoryExceededError(
        f"Network.run({time:g} ms)",
        got=f"{amount(needed)} to allocate, of which {took} for {largest.owner} ({largest.what})",
        expected=f"at most {amount(limit.free)}, which are free {limit.of}",
        fix="record fewer variables, part of the population (Monitor(exc[:100], ...)), or the last steps only "
        "(set_time_steps)"
        if largest.owner.startswith("monitor")
        else "make fewer synapses, or use float32 and one weight for all of them",
    )


def amount(count: float) -> str:
    """Bytes as a person reads them."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            break
        count /= 1000
    return f"{count:.3g} {unit}" if count else "0"


def _needed(items: Iterable[Item]) -> int:
    """Bytes to allocate when one item is made after the other."""
    held = most = 0
    for item in items:
        if not item.away:
            held += item.then - item.now
            most = max(most, held + item.moment)
    return most


def _still_to_come(network: Network, steps: int, rate: float, *, whole: bool) -> Iterator[Item]:
    """What building and a run add, in their order; with `whole` also what is there already."""
    for name, connection in network.connections.items():
        if whole or (isinstance(connection, Connection) and connection._wires is None):
            yield from _of_synaptic(f"connection {name}", connection)
    dense = 0
    for name, monitor in network.monitors.items():
        for item in _of_monitor(f"monitor {name}", monitor, steps, rate):
            dense += item.then - item.now
            yield item
    if steps:
        objects = [*network.layers.values(), *network.connections.values(), *_terminals(network)]
        states = sum(_bytes(obj._buffers[state]) for obj in objects for state in obj.states)
        # A native run works on copies, keeps one to go back to, and collects recordings in blocks.
        yield Item("run", "copies of states, blocks of recordings", 0, 0, 4 * states + 2 * min(_BLOCK, dense))


def _of_layer(owner: str, layer: NeuralPopulation) -> Iterator[Item]:
    states = sum(_bytes(buffer) for buffer in layer._buffers.values())
    yield Item(owner, "states", states, states)
    yield from _parameters(owner, "parameters of every neuron", [*layer._values.values(), *layer._starts.values()])
    yield from _sent(owner, "spikes", layer, "s")


def _parameters(owner: str, what: str, values: Iterable[Any]) -> Iterator[Item]:
    held = sum(value.nbytes for value in values if isinstance(value, np.ndarray))
    if held:
        yield Item(owner, what, held, held)


def _sent(owner: str, what: str, stepped: Stepped, state: str) -> Iterator[Item]:
    """What is remembered of the last steps: a tensor like `state` for every step with a spike."""
    history = stepped._clock.history
    now = sum(_bytes(tensor) for tensor in history if tensor is not None)
    if history.maxlen:
        most = max(now, history.maxlen * _bytes(stepped._buffers[state]))
        yield Item(owner, f"{what} of {history.maxlen} steps, at most", now, most)


def _terminals(network: Network) -> list[Terminals]:
    """The states of short-term plasticity."""
    return [c._terminals for c in network.connections.values() if c._terminals]


def _of_synaptic(owner: str, synapses: Synaptic) -> Iterator[Item]:
    tensors = {**synapses._buffers, **synapses._parameters}
    states = sum(_bytes(tensor) for name, tensor in tensors.items() if name != "weight")
    yield Item(owner, "states", states, states)
    if synapses._terminals:
        states = sum(_bytes(state) for state in synapses._terminals._buffers.values())
        yield Item(owner, "states of its sources", states, states)
        yield from _parameters(owner, "parameters of every source", synapses._terminals._values.values())
        yield from _sent(owner, "releases", synapses._terminals, "release")
    if isinstance(synapses, AbstractConnection) and synapses.learner:
        yield from _of_learner(owner, synapses)
    if not isinstance(synapses, Connection):
        weights = _bytes(tensors.get("weight"))
        yield Item(owner, "weights", weights, weights)
        return
    now, then = held_by_wiring(synapses)
    built = synapses._wires is not None
    listed, lists = listed_by_hand(synapses)
    moment = 0 if built else max(0, moment_of_building(synapses) - then)
    yield Item(owner, "wiring", now, then, max(moment, lists - listed))
    if listed:
        yield Item(owner, "targets, for steps by hand", listed, listed)
    before = _bytes(tensors.get("weight"))
    yield Item(owner, "weights", before, before if built else weight_bytes(synapses))


def _of_learner(owner: str, connection: AbstractConnection) -> Iterator[Item]:
    """Traces, and the lists by which the synapses of a source and of a target are found."""
    learner = connection.learner
    assert learner is not None
    yield Item(owner, "traces", sum(_bytes(t) for t in learner._buffers.values()), traces_of_learning(connection))
    yield Item(owner, "lists of synapses that learn", *held_by_learning(connection))


def _of_monitor(owner: str, monitor: Monitor, steps: int, rate: float) -> Iterator[Item]:
    monitor.span()
    series, made = monitor._series, monitor.rows_in(steps)
    if series is not None and monitor._store is not None:  # which takes them before they are many
        made = min(made, 1 + BYTES // max(1, sum(_width(monitor.obj, name) for name in series.names)))
    for name in monitor.state_variables:
        if monitor._is_spikes(name):
            yield _of_events(owner, monitor, steps, rate)
        elif series is not None and name in series.names:
            grows = series.room_for(made) > series.room
            rows = series.room_for(made) if made else series.room
            data = series.data.get(name)
            now = _bytes(data)
            width = _bytes(data[0]) if data is not None and len(data) else _width(monitor.obj, name)
            # What grows is copied, so that old and new are held together.
            moment = now if grows and steps else 0
            yield Item(owner, f"recording of {name}", now, rows * width, moment, away=monitor.device.type != "cpu")
    if monitor._fires and not monitor._stores_spikes:
        yield replace(_of_events(owner, monitor, steps, 0.0), what="spikes on the way to what is computed of them")
    if monitor._staging is not None:
        staging, size = monitor._staging, parent_of(monitor.obj).dtype.itemsize
        now = sum(_bytes(data) for data in staging.data.values())
        widths = [_width(monitor.obj, name) for name in staging.names]
        rows = max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // max(1, max(widths) // size)))
        then = max(now, rows * sum(widths)) if made else now
        yield Item(owner, "rows on the way to what is computed of them", now, then)


def _of_events(owner: str, monitor: Monitor, steps: int, rate: float) -> Item:
    events, spikes = monitor._events, parent_of(monitor.obj)._buffers["s"]
    width = _bytes(spikes) // parent_of(monitor.obj).n * monitor.obj.n
    now = 0 if events is None else events.nbytes
    first, last = monitor.span().within(monitor.steps_made, monitor.steps_made + steps)
    waiting = STAGED * width if last > first and not (events and events.staged) else 0  # with steps by hand
    kept = min(last - first, monitor._steps.window or steps)
    made = int(_SPIKE * rate * 1e-3 * kept * (monitor.obj.dt or 0.0) * width)
    made = made if monitor._store is None else min(made, BYTES)
    return Item(owner, "recording of s", now, now + waiting + made)


def _width(obj: Any, name: str) -> int:
    """Bytes of a recorded row, without building what is not built."""
    owner = parent_of(obj)
    if isinstance(owner, Connection) and name == "w":
        return weight_count(owner) * owner.dtype.itemsize
    if isinstance(owner, Synaptic) and name == owner.dynamics.output:
        return _bytes(owner._buffers[owner.states[0]])
    value = getattr(obj, name)
    tensor = value if isinstance(value, Tensor) else torch.as_tensor(value)
    return tensor.numel() * tensor.element_size()


def _bytes(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.numel() * tensor.element_size()
