"""Recipes: a function that builds a network, a network, a named experiment."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cnsproject.errors import ArgumentError, CnsError
from cnsproject.executors.base import on_one_core
from cnsproject.experiments import Experiment, find
from cnsproject.experiments.base import Prepared
from cnsproject.experiments.two_populations import BY_HAND
from cnsproject.network.network import Network
from cnsproject.sweeps.measures import prepare
from cnsproject.sweeps.members import (
    Failure,
    Member,
    Outcome,
    Recipe,
    Task,
    Values,
    code_of,
    measured,
    of_batch,
    unknown,
)
from cnsproject.sweeps.tables import numbers_of

Inputs = Mapping[str, object]
_UNIT = re.compile(r"\((ms|mV|nA|MOhm|nF|uS|Hz)\)")


@dataclass(frozen=True)
class Built(Recipe):
    """A function of the parameters returns the network, or the network and its inputs."""

    build: Callable[..., Any]
    inputs: Inputs | None

    @property
    def name(self) -> str:
        return str(getattr(self.build, "__qualname__", repr(self.build)))

    def check(self, names: Sequence[str], task: Task) -> None:
        known = inspect.signature(self.build).parameters.values()
        taken = [p.name for p in known if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if not any(p.kind is p.VAR_KEYWORD for p in known):
            for name in names:
                if name not in taken:
                    raise unknown(name, taken, f"a parameter of {self.name}")
        for parameter in known:
            if parameter.name in taken and parameter.default is parameter.empty:
                self._refuse_missing(parameter.name, names)
        _need_time(task)

    def _refuse_missing(self, name: str, names: Sequence[str]) -> None:
        if name not in (*names, "seed"):
            raise ArgumentError(
                f"cns.sweep({self.name})", got=f"no value for {name!r}", expected="one, for what has no default",
                fix=f"add {name!r} to the grid, or give it a default",
            )  # fmt: skip

    def outcomes(self, members: Sequence[Member], task: Task, threads: int) -> Iterator[Outcome]:
        if threads < 2:
            yield from (self._one(task, member) for member in members)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(partial(self._one_beside, task), members)

    def _one_beside(self, task: Task, member: Member) -> Outcome:
        with on_one_core():
            return self._one(task, member)

    def _one(self, task: Task, member: Member) -> Outcome:
        assert task.time is not None and task.measure is not None
        try:
            net, inputs = self.made(member)
            prepare(net)
            net.run(task.time, inputs)
        except Exception as error:  # noqa: BLE001 - whatever it is that ends one member, the others go on
            return Failure.of(error)
        return measured(net, task)

    def made(self, member: Member) -> tuple[Network, Inputs | None]:
        """The network of a member and its inputs."""
        takes_seed = "seed" in inspect.signature(self.build).parameters and "seed" not in member.values
        found = self.build(**member.values, **({"seed": member.seed} if takes_seed else {}))
        net, inputs = found if isinstance(found, tuple) and len(found) == 2 else (found, self.inputs)
        if not isinstance(net, Network):
            raise ArgumentError(
                f"cns.sweep({self.name})", got=f"{type(net).__name__} from {self.name}",
                expected="a Network, or a Network and its inputs", fix="return the network",
            )  # fmt: skip
        return net, inputs

    def look(self, member: Member) -> None:
        if "seed" in (*member.values, *inspect.signature(self.build).parameters):
            return
        try:
            seeds = {self.made(member)[0].seed for _ in range(2)}
        except Exception:  # noqa: BLE001 - which is told as the failure of this member
            return
        if len(seeds) > 1:
            raise ArgumentError(
                f"cns.sweep({self.name})", got="a network whose seed is drawn", expected="one that is the same again",
                fix=f"give {self.name} a parameter `seed`, and write cns.Network(dt, seed=seed)",
            )  # fmt: skip

    @property
    def code(self) -> str | None:
        return code_of(self.build)

    def network_of(self, member: Member) -> tuple[Network, Inputs | None, float] | None:
        return *self.made(member), 0.0


@dataclass(frozen=True)
class Given(Recipe):
    """A network, whose parameters are called "layer.attribute" or "connection.attribute"."""

    net: Network
    inputs: Inputs | None

    @property
    def name(self) -> str:
        return "network"

    def check(self, names: Sequence[str], task: Task) -> None:
        _need_time(task)
        self.net.batch({name: [0.0] for name in names}, 0.0)  # raises for names that are none

    def outcomes(self, members: Sequence[Member], task: Task, threads: int) -> Iterator[Outcome]:
        return of_batch(self.net, [member.values for member in members], self.inputs, task, threads)

    def alike(self, task: Task) -> bool:
        del task
        return True

    def network_of(self, member: Member) -> tuple[Network, Inputs | None, float] | None:
        del member
        return self.net, self.inputs, 0.0


@dataclass(frozen=True)
class Named(Recipe):
    """A named experiment, whose own parameters are swept."""

    experiment: Experiment

    @property
    def name(self) -> str:
        return self.experiment.name

    @property
    def units(self) -> Mapping[str, str]:
        found = {name: _UNIT.search(text) for name, text in self.experiment.meanings().items()}
        return {name: match[1] for name, match in found.items() if match}

    def check(self, names: Sequence[str], task: Task) -> None:
        known = [*self.experiment.meanings(), "seed"]
        for name in names:
            if name not in known:
                raise unknown(name, known, f"a parameter of the experiment {self.name}")
        if task.time is not None:
            raise ArgumentError(
                "cns.sweep(time)", got=f"{task.time:g} ms for an experiment, which says itself how long it runs",
                expected="none", fix="leave time out, and look whether the experiment has a parameter for it",
            )  # fmt: skip
        if task.measure is not None and self.experiment.prepared(0) is None:
            raise ArgumentError(
                "cns.sweep(measure)", got=f"a measure for {self.name}, which is more than one run of a network",
                expected="none: the numbers of its table are taken", fix="leave measure out",
            )  # fmt: skip

    def outcomes(self, members: Sequence[Member], task: Task, threads: int) -> Iterator[Outcome]:
        left = list(members)
        while left:
            alike, prepared = self._alike(left) if task.measure is not None else (left[:1], None)
            left = left[len(alike) :]
            if isinstance(prepared, Failure):
                yield prepared
            elif prepared is None:
                yield self._whole(alike[0])
            else:
                values = [self._attributes(prepared.net, member.values) for member in alike]
                yield from of_batch(prepared.net, values, prepared.inputs, replace(task, time=prepared.time), threads)

    def _alike(self, members: Sequence[Member]) -> tuple[list[Member], Prepared | Failure | None]:
        """The first of some members, with those behind it that differ from it in attributes of its network only."""
        first, rest = members[0], self._rest(members[0].values)
        try:
            prepared = self._changed(rest).prepared(first.values.get("seed", first.seed))
        except CnsError as error:
            return [first], Failure.of(error)
        alike = [first]
        for member in members[1:]:
            if self._rest(member.values) != rest or (prepared and prepared.drawn and member.seed != first.seed):
                break
            alike.append(member)
        return alike, prepared

    def _rest(self, values: Values) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in self.experiment.attributes}

    def _attributes(self, net: Network, values: Values) -> dict[str, Any]:
        """The values as attributes of the network, where it has them: without connections no weight matters."""
        known = {*net.layers, *net.connections}
        places = [
            (place, value) for name, value in values.items() for place in self.experiment.attributes.get(name, ())
        ]
        return {place: float(value) for place, value in places if place.partition(".")[0] in known}

    def _changed(self, values: Values) -> Experiment:
        return self.experiment.changed({name: str(value) for name, value in values.items() if name != "seed"})

    def _whole(self, member: Member) -> Outcome:
        """The numbers of the experiment's own table."""
        try:
            experiment = self._changed(member.values)
            seed = member.values.get("seed", member.seed) if experiment.random else None
            executor = "cpu" if experiment.default_executor == BY_HAND else None  # the same spikes, without the wait
            return numbers_of(experiment.run(rng=seed, executor=executor).table())
        except Exception as error:  # noqa: BLE001 - whatever it is that ends one member, the others go on
            return Failure.of(error)

    def alike(self, task: Task) -> bool:
        return task.measure is not None

    def network_of(self, member: Member) -> tuple[Network, Inputs | None, float] | None:
        prepared = self._changed(member.values).prepared(member.values.get("seed", member.seed))
        return None if prepared is None else (prepared.net, prepared.inputs, prepared.time)


def recipe_of(given: object, inputs: Inputs | None) -> Recipe:
    """The recipe that a function, a network or the name of an experiment stands for."""
    if isinstance(given, Network):
        return Given(given, inputs)
    if isinstance(given, str | Experiment):
        if inputs is not None:
            raise ArgumentError(
                "cns.sweep(inputs)", got="inputs for an experiment, which has its own", expected="none",
                fix="leave inputs out",
            )  # fmt: skip
        return Named(find(given) if isinstance(given, str) else given)
    if not callable(given):
        raise ArgumentError(
            "cns.sweep(build)", got=f"{given!r:.60}", expected="a function that returns a network, a network, or the "
            "name of an experiment", fix="write def build(J, seed): ... return net",
        )  # fmt: skip
    return Built(given, inputs)


def _need_time(task: Task) -> None:
    if task.time is None:
        raise ArgumentError(
            "cns.sweep(time)", got="None", expected="how long a member runs (ms)", fix="write time=1000"
        )
