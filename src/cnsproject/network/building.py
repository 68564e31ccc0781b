"""How many synapses a connection has, and what memory it takes to make and to hold them, before they are made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from cnsproject.executors.base import cores
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.connectivity import Connectivity, DistanceDependent, PerBlock
from cnsproject.network.laying import SLAB
from cnsproject.network.sparse import Connection
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import PopulationView
from cnsproject.network.wires import BITS_OF_A_TARGET, SPARE_ROWS, tiles_of, words_of_a_row
from cnsproject.random import Law

_TARGET, _BY_HAND = 2, 4  # bytes of a target as it is kept, and as steps by hand read it
_PER_SYNAPSE = 2 * 4 + 3 * 8  # bytes of the lists of what learns
_SAMPLE = 4096  # delays that tell how many different ones there are


def synapse_count(synapses: Synaptic) -> int | float | None:
    """How many synapses there are: a whole number where it is certain, else the mean as a float.

    None where only building tells, or there is no list or matrix of synapses.
    """
    if not isinstance(synapses, Connection):
        return synapses.pre.n * synapses.post.n if isinstance(synapses, AbstractConnection) else None
    if synapses._wires is not None:
        return synapses._wires.count
    pre, post = synapses._parts
    rule: Connectivity = synapses.connectivity
    return rule.expected(pre.n, post.n, same=synapses._same(), shapes=(pre.shape, post.shape))


def weight_count(connection: Connection) -> int:
    """How many weights are kept: one where all synapses have the same."""
    if connection.weight_shape is not None:
        return math.prod(connection.weight_shape)
    if connection._wires is not None:
        return connection.weight.numel()
    single = connection.learner is None and not _is_per_synapse(given_of(connection, "weight"))
    return 1 if single else _count(connection)


def weight_bytes(connection: Connection) -> int:
    """Bytes of the weights that are kept."""
    count = weight_count(connection)
    return count * (2 if connection.weight_dtype and count > 1 else connection.dtype.itemsize)


def held_by_wiring(connection: Connection) -> tuple[int, int]:
    """Bytes of the list of synapses, now and when it is ready to run."""
    wires, more = connection._wires, _number_size(connection) * _count(connection) + _bits(connection)
    if wires is None:
        return 0, _pointers(connection) + _TARGET * _count(connection) + more
    held = wires.pointers.nbytes + wires.targets.nbytes + wires.steps.nbytes
    if "bits" in vars(wires):
        held, more = held + sum(part.nbytes for part in wires.bits or ()), more - _bits(connection)
    if "_numbered" in vars(connection):
        held, more = held + 4 * wires.count, more - 4 * wires.count
    return held, held + more


def listed_by_hand(connection: Connection) -> tuple[int, int]:
    """Bytes of the targets as steps by hand and on the eager executor read them, now and once there was one."""
    then = _BY_HAND * _count(connection)
    return then if "_by_hand" in vars(connection) else 0, then


def moment_of_building(connection: Connection) -> int:
    """Bytes that are held at the worst moment of building: of every phase what it holds per synapse."""
    weight, delay = given_of(connection, "weight"), given_of(connection, "delay")
    each = _is_per_synapse(weight) and connection.weight_shape is None
    count, rule = _count(connection), connection.connectivity
    # What is given, and the copy of it in our order.
    given = sum(8 for values in (weight, delay) if _is_per_synapse(values) and not _is_drawn(values))
    held = 2 + given + (0 if rule.by_rows else 4)
    weights = weight_bytes(connection) if each else 0
    phases = [((0 if rule.by_rows else rule.building) + given) * count]
    phases.append(held * count + weights + _moment_of_a_slab(connection))
    if connection.weight_shape is not None:  # source and target while the numbers of weights are found
        phases.append((held + 4 + 16) * count)
    rows = 8 * (connection._parts[0].n + 1)
    most: int = max(phases) + 2 * _pointers(connection) + rows
    return most


def _moment_of_a_slab(connection: Connection) -> int:
    """Bytes that are held while the synapses of some sources are put in their places, on every core."""
    weight, delay = given_of(connection, "weight"), given_of(connection, "delay")
    ends = 4 + _TARGET + (8 if isinstance(connection._parts[1], PopulationView) else 0)
    # Delays are drawn first, then steps; which of them a synapse has, and its place, stays while weights are drawn.
    steps, placed = (8, 8 * 2) if _is_per_synapse(delay) else (0, 0)
    moment = max(steps + _drawing(connection, delay), placed + _drawing(connection, weight))
    return (ends + moment) * min(_count(connection), cores() * SLAB)


def _drawing(connection: Connection, values: Any) -> int:
    """Bytes for a synapse while its weight or delay is drawn."""
    if callable(values):  # sources, two places, and the gaps between them
        return 32 + 16 * _dimensions(connection)
    # Its number, what is drawn for it, and what that becomes.
    return 8 * 4 if isinstance(values, Law | PerBlock) else 0


def _bits(connection: Connection) -> int:
    """Bytes of the targets as rows of bits, where a native run makes them."""
    impulses = bool(connection.dynamics.impulses) and weight_count(connection) == 1 and not connection.choice
    segments, rows = connection.pre.n * _delay_count(connection), connection._parts[0].n * _delay_count(connection)
    words = words_of_a_row(connection.post.n)
    dense = impulses and _count(connection) * BITS_OF_A_TARGET >= rows * words * 64
    return 8 * ((rows + SPARE_ROWS) * words + segments) if dense else 0


def held_by_learning(connection: AbstractConnection) -> tuple[int, int]:
    """Bytes of the lists of synapses by source and by target, now and at most."""
    assert connection.learner is not None
    now = connection.learner.__dict__["_lists"].nbytes if "_lists" in connection.learner.__dict__ else 0
    fixed = 8 * (connection.pre.n * _kinds(connection) + connection.post.n + 2)
    return now, max(now, _PER_SYNAPSE * round(synapse_count(connection) or 0) + fixed)


def traces_of_learning(connection: AbstractConnection) -> int:
    """Bytes of the traces of sources, one for every delay, and targets."""
    learner = connection.learner
    assert learner is not None
    sides = {"pre": connection.pre.n * _kinds(connection), "post": connection.post.n}
    numbers = sum(n * len(learner.plasticity.trace(side).states) for side, n in sides.items())
    return numbers * learner.dtype.itemsize


def _kinds(connection: AbstractConnection) -> int:
    return _delay_count(connection) if isinstance(connection, Connection) else 1


def _count(connection: Connection) -> int:
    return round(synapse_count(connection) or 0)


def _number_size(connection: Connection) -> int:
    """Bytes of what says which weight a synapse has, where they share some."""
    return 0 if connection.weight_shape is None else 4


def _pointers(connection: Connection) -> int:
    return 8 * (connection.pre.n * _delay_count(connection) * (len(tiles_of(connection.post.n)) - 1) + 1)


def given_of(connection: Connection, name: str) -> Any:
    """The weights or delays that a connection is built from."""
    own = getattr(connection.connectivity, name)
    if own is not None:
        return own
    return connection._given_weight if name == "weight" else connection.delay


def _is_drawn(given: Any) -> bool:
    return isinstance(given, Law | PerBlock) or callable(given)


def _is_per_synapse(given: Any) -> bool:
    return _is_drawn(given) or np.ndim(_plain(given)) > 0


def _delay_count(connection: Connection) -> int:
    """How many different delays there are, as far as a sample tells."""
    if connection._wires is not None:
        return max(1, len(connection._wires.steps))
    given, dt = given_of(connection, "delay"), connection.dt or 1.0
    if not _is_per_synapse(given):
        return 1
    pre, post = connection._parts
    if isinstance(given, PerBlock):
        delays = given.sample(_SAMPLE)
    elif isinstance(given, Law):
        delays = given.draw((0, 0), _SAMPLE)
    elif callable(given):
        pairs = np.random.default_rng(0).integers((pre.n, post.n), size=(_SAMPLE, 2)).T
        distances = connection.connectivity.distance(pairs[0], pairs[1], (pre.shape, post.shape))
        if isinstance(connection.connectivity, DistanceDependent):  # delays of pairs too far apart do not occur
            probabilities = connection.connectivity._probabilities(distances)
            distances = distances[probabilities * (pre.n * post.n) > 1]
        delays = np.asarray(given(distances))
    else:
        delays = np.asarray(_plain(given))
    return max(1, min(len(np.unique(np.round(delays / dt))), _count(connection)))


def _dimensions(connection: Connection) -> int:
    rule = connection.connectivity
    places = rule.pre_positions if isinstance(rule, DistanceDependent) else None
    return len(connection._parts[0].shape) if places is None else places.shape[1]


def _plain(given: Any) -> Any:
    return given.detach().cpu() if isinstance(given, Tensor) else given
