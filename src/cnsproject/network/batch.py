"""`Batch`: one network run many times with other values, several runs at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from cnsproject.errors import ArgumentError, CnsError, ShapeError, UnknownNameError, nearest
from cnsproject.network.base import Stepped
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.inputs import Input, read_input
from cnsproject.network.lane import Lane, numbers_of
from cnsproject.network.memory import refuse_without_room
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.running import choose, is_late

if TYPE_CHECKING:
    from cnsproject.network.network import Network

Inputs = Mapping[str, object]
Member = Mapping[str, object]  # "object.attribute": value

_SMALL = 10**5  # steps times neurons below which Python takes longer than native code: other threads would only wait
_AHEAD = 2  # members per thread that are on their way
_DERIVED = ("C", "J", "w")  # what is a number of a step and no parameter


class Batch:
    """The members of a batch in their order: iterate, and look at the network while it is as after each one's run.

    A member starts where the network stands, with its own values, and finds what a run of its own finds, bit by bit.
    Monitors have what this run recorded. Afterwards the network is as it was before.
    """

    def __init__(
        self, net: Network, members: Sequence[Member], steps: int, inputs: Sequence[Inputs], threads: int
    ) -> None:
        self.net, self.members, self.inputs, self.steps, self.threads = net, members, inputs, steps, threads
        self._objects: dict[str, Stepped] = {**net.layers, **net.connections}
        self._inputs: dict[int, dict[str, Input]] = {}

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Network]:
        for outcome in self.outcomes():
            if isinstance(outcome, CnsError):
                raise outcome
            yield outcome

    def outcomes(self, *, states: bool = True) -> Iterator[Network | CnsError]:
        """Of every member the network after its run, or the error that ended it.

        states  False where only what monitors have recorded is looked at, which takes less time
        """
        lane = self._lane() if self._is_plain() else None
        return self._at_once(lane, states) if lane else self._in_turn(range(len(self)))

    def _place(self, name: str) -> tuple[Stepped, str]:
        owner, _, attribute = name.partition(".")
        return self._objects[owner], attribute

    def _apply(self, member: Member) -> None:
        for name, value in member.items():
            obj, attribute = self._place(name)
            setattr(obj, attribute, value)

    @cached_property
    def _touched(self) -> dict[str, Stepped]:
        """The objects of the values, and the connections whose step is made of the numbers of such a population."""
        owners = {name.partition(".")[0]: self._place(name)[0] for name in self.members[0]}
        felt = (name for name, c in self.net.connections.items() if c.step().felt_by and c.post in owners.values())
        return {**owners, **{name: self._objects[name] for name in felt}}

    # One after the other: anything may differ

    def _in_turn(self, numbers: Sequence[int]) -> Iterator[Network | CnsError]:
        net, before = self.net, self.net.state()
        for number in numbers:
            outcome: Network | CnsError = net
            try:
                self._apply(self.members[number])
                net.run(self.steps * net.dt, self.inputs[number], threads=self.threads)
            except CnsError as error:
                outcome = error
            try:
                yield outcome
            finally:
                net.restore(before)

    # Several at once: numbers differ, and a run is all in one piece

    def _is_plain(self) -> bool:
        net = self.net
        return (
            choose(net, None, 1).name == "cpu"
            and net.reward is None
            and not any(monitor.has_recorded for monitor in net.monitors.values())
            and all(c.in_phase(is_late(net, c)) and not c._terminals for c in net.connections.values())
            and not any(getattr(c, "learner", None) for c in net.connections.values())
            and all(self._is_number(name, member[name]) for member in self.members for name in member)
        )

    def _is_number(self, name: str, value: object) -> bool:
        """Whether a value is a number of a step, one for all neurons, and the present one is so too."""
        obj, attribute = self._place(name)
        if not isinstance(obj, ModelPopulation | AbstractConnection) or not isinstance(value, int | float | np.number):
            return False
        if getattr(obj, "decision", None) is not None:
            return False
        if attribute in ("J", "w"):
            return not obj.weight.ndim
        return (attribute in obj._values or attribute in _DERIVED) and not np.ndim(getattr(obj, attribute))

    def _lane(self) -> Lane | None:
        """A run that serves all members; None where there is none."""
        try:
            read = [self._read(number) for number in range(len(self))]
        except CnsError:  # which is told in its turn
            return None
        shapes = {tuple((name, given.streams, given.rows.shape) for name, given in each.items()) for each in read}
        if len(shapes) > 1 or (len(self._inputs) > 1 and any(given.streams for given in read[0].values())):
            return None
        lane = Lane(self.net, read[0], self.steps)
        return lane if lane.in_one_piece else None

    def _read(self, number: int) -> dict[str, Input]:
        """The inputs of a member; those of several are read once."""
        given, net = self.inputs[number], self.net
        if id(given) not in self._inputs:
            self._inputs[id(given)] = {
                name: read_input(layer, given.get(name), self.steps, first_step=layer.steps, dt=net.dt, key=layer._key)
                for name, layer in net.layers.items()
            }
        return self._inputs[id(given)]

    def _at_once(self, lane: Lane, states: bool) -> Iterator[Network | CnsError]:
        small = self.steps * sum(layer.n for layer in self.net.layers.values()) < _SMALL
        pool = None if small else ThreadPoolExecutor(self.threads)
        depth = min(len(self), 1 if small else _AHEAD * self.threads)
        refuse_without_room(self.net, depth * self.steps * self.net.dt, depth * self.steps)
        lanes = [lane, *(Lane(self.net, self._read(0), self.steps) for _ in range(depth - 1))]
        self.net.executor = choose(self.net, None, 1)
        present = _Present(self.net)
        waiting: deque[_Waiting] = deque()
        try:
            for number in range(len(self) + depth):
                if number >= depth:
                    yield from self._ended(waiting.popleft(), present, states)
                if number < len(self):
                    waiting.append(_Waiting(number, lanes[number % depth]))
                    self._start(waiting[-1], pool)
        finally:
            present.bring_back()
            if pool:
                pool.shutdown(cancel_futures=True)
            for each in lanes:
                each.program.close()

    def _start(self, member: _Waiting, pool: ThreadPoolExecutor | None) -> None:
        """Have a lane run with the values of a member, which are checked as always."""
        touched = self._touched
        before = [_Kept(obj) for obj in touched.values()]
        try:
            self._apply(self.members[member.number])
            numbers = {name: numbers_of(obj) for name, obj in touched.items()}  # type: ignore[arg-type]
            member.kept = [_Kept(obj) for obj in touched.values()]
            go = partial(member.lane.go, numbers, self._read(member.number))
            member.made = pool.submit(go).result if pool else partial(bool, go())
        except CnsError as error:
            member.error = error
        for kept in before:
            kept.put()

    def _ended(self, member: _Waiting, present: _Present, states: bool) -> Iterator[Network | CnsError]:
        if member.error is not None:
            yield member.error
            return
        assert member.made is not None
        if not member.made():  # a state became infinite: a run of its own says which
            yield from self._in_turn([member.number])
            return
        for kept in member.kept:
            kept.put()
        member.lane.hand_over(states=states)
        yield self.net
        present.bring_back()


def read_members(net: Network, values: object, inputs: object) -> tuple[list[Member], list[Inputs]]:
    """Values and inputs of every member, from lists of values by name; see `Network.batch`."""
    what = "Network.batch(values)"
    if not isinstance(values, Mapping):
        raise ArgumentError(
            what, got=type(values).__name__, expected="a dict of lists", fix="write {'exc.tau': [10, 20]}"
        )
    several = isinstance(inputs, Sequence) and not isinstance(inputs, str)
    lengths = {f"{name!r}": _length(net, name, given) for name, given in values.items()}
    lengths |= {"inputs": len(inputs)} if several else {}  # type: ignore[arg-type]
    if len(set(lengths.values())) != 1:
        raise ShapeError(
            what, got=", ".join(f"{count} for {name}" for name, count in lengths.items()) or "no values",
            expected="as many for every name, one for each member", fix="give lists of one length",
        )  # fmt: skip
    (count,) = set(lengths.values())
    given: Any = inputs if several else [inputs or {}] * count
    return [{name: values[name][number] for name in values} for number in range(count)], list(given)


def _length(net: Network, name: object, given: object) -> int:
    """How many values there are; raises where they are not for an attribute of an object of the network."""
    objects: dict[str, Stepped] = {**net.layers, **net.connections}
    owner, _, attribute = str(name).partition(".")
    if owner not in objects:
        raise UnknownNameError(
            "Network.batch(values)", got=repr(name), expected="'layer.attribute' or 'connection.attribute'",
            fix=nearest(owner, objects),
        )  # fmt: skip
    obj = objects[owner]
    known = [*obj._values, *obj._buffers, *obj.aliases]
    known += [n for n in dir(type(obj)) if getattr(getattr(type(obj), n, None), "fset", None) and n[0] != "_"]
    if attribute not in known:
        raise UnknownNameError(
            "Network.batch(values)", got=repr(name), expected=f"a parameter or state of {obj.label}",
            fix=nearest(attribute, known),
        )  # fmt: skip
    if not isinstance(given, Sequence | np.ndarray | Tensor) or isinstance(given, str) or not len(given):
        raise ArgumentError(
            f"Network.batch(values)[{name!r}]", got=repr(given), expected="a list, one value for each member",
            fix="write [value, value]",
        )  # fmt: skip
    return len(given)


class _Kept:
    """The values and states of an object, to be put back: those at hand, or those that a member has."""

    def __init__(self, obj: Stepped) -> None:
        self.obj, self.own = obj, _copied(vars(obj))

    def put(self) -> None:
        own = vars(self.obj)
        own.clear()
        own.update(_copied(self.own))


class _Present:
    """Where the network stands."""

    def __init__(self, net: Network) -> None:
        self.net = net
        objects: list[Stepped] = [*net.layers.values(), *net.connections.values()]
        self.kept = [_Kept(obj) for obj in objects]
        self.before = [(obj, obj.before_step()) for obj in objects]

    def bring_back(self) -> None:
        """Everything as it was; the monitors empty."""
        for kept in self.kept:
            kept.put()
        for obj, before in self.before:
            obj.undo(before)
        for monitor in self.net.monitors.values():
            monitor.reset_state_variables()


@dataclass
class _Waiting:
    """A member that is on its way."""

    number: int
    lane: Lane
    kept: Sequence[_Kept] = ()
    made: Callable[[], bool] | None = None
    error: CnsError | None = None


def _copied(own: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, and copies of what they are kept in."""
    return {name: dict(value) if type(value) is dict else value for name, value in own.items()}
