"""A member of a sweep, what is done with it, and what comes of it."""

from __future__ import annotations

import hashlib
import inspect
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnsproject.errors import CnsError, UnknownNameError, nearest
from cnsproject.network.network import Network
from cnsproject.sweeps.measures import Found, found_in, prepare

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """One of the runs of a sweep: its number, parameters, and seed."""

    number: int
    values: Values
    seed: int


@dataclass(frozen=True)
class Task:
    """What is done with every member: run for `time` ms and measure, from `start` ms on."""

    time: float | None
    start: float
    measure: tuple[str, ...] | Callable[[Network], Any] | None


@dataclass(frozen=True)
class Failure:
    """What ended a member: the error in words, and where in the code it was raised."""

    error: str
    where: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an error is."""
        kind, text = type(error).__name__, str(error)
        return cls(f"{kind}: {text}" if text else kind, "".join(traceback.format_tb(error.__traceback__)[-3:]))


Outcome = Found | Failure


class Recipe(ABC):
    """How a member comes to its result."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What is swept, in a word."""

    @property
    def units(self) -> Mapping[str, str]:
        """The units of parameters, as far as they are known."""
        return {}

    @abstractmethod
    def check(self, names: Sequence[str], task: Task) -> None:
        """Raises where members cannot have these parameters, or the task is none of this recipe."""

    def look(self, member: Member) -> None:
        """Raises where a member would not be the same again."""
        del member

    def alike(self, task: Task) -> bool:
        """Whether members share one network, so that threads serve them best."""
        del task
        return False

    @property
    def code(self) -> str | None:
        """A hash of the code that builds members; None where it is ours."""
        return None

    @abstractmethod
    def outcomes(self, members: Sequence[Member], task: Task, threads: int) -> Iterator[Outcome]:
        """The result of every member, in order; several at once on so many threads."""

    @abstractmethod
    def network_of(self, member: Member) -> tuple[Network, Mapping[str, object] | None, float] | None:
        """The network of a member, its inputs, and the time that it runs for (ms); None where it is no such run."""


def seed_of(seed: int, member: int) -> int:
    """The seed of a member: it depends on nothing but these two numbers (SPEC 7; numpy's `SeedSequence.spawn`)."""
    child = np.random.SeedSequence(seed, spawn_key=(member,))
    return int(child.generate_state(1, np.uint64)[0] >> np.uint64(1))


def code_of(function: object) -> str | None:
    """A hash of the code of a function of the user's; None where it is not to be had."""
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()  # type: ignore[arg-type]
    except (OSError, TypeError):  # of a prompt, or of a callable object
        return None


def of_batch(net: Network, values: Sequence[Values], inputs: Any, task: Task, threads: int) -> Iterator[Outcome]:
    """What is measured in the members of a batch."""
    assert task.time is not None and task.measure is not None
    added = prepare(net)
    columns = {name: [each[name] for each in values] for name in values[0]}
    same = [inputs or {}] * len(values)
    batch = net.batch(columns, task.time, same, threads=threads)
    try:
        for member in batch.outcomes(states=callable(task.measure)):  # measures by name look at spikes only
            yield Failure.of(member) if isinstance(member, CnsError) else measured(member, task)
    finally:
        for name in added:
            del net.monitors[name]


def measured(net: Network, task: Task) -> Outcome:
    """What is measured in a network that has run."""
    assert task.time is not None and task.measure is not None
    try:
        return found_in(net, task.measure, task.time, task.start)
    except Exception as error:  # noqa: BLE001 - of a function of the user's
        return Failure.of(error)


def unknown(name: str, known: Sequence[str], what: str) -> UnknownNameError:
    """The error for a parameter that members do not have."""
    return UnknownNameError("cns.sweep(grid)", got=repr(name), expected=what, fix=nearest(name, known))
