"""What all named experiments are: something that can be changed, run, printed and drawn."""

from __future__ import annotations

import dataclasses
import inspect
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from cnsproject.circumstances import circumstances
from cnsproject.errors import CnsError, ParameterError, UnknownNameError, nearest
from cnsproject.network.network import Network

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[int], object]
Cell = str | float | None

_ENTRY = re.compile(r"(\w+(?:, \w+)*) {2,}(\S.*)")
"""Of a docstring: a field, or some, and what it is."""


@dataclass(frozen=True)
class Table:
    """What was found, to print: names of the columns, and rows of texts and numbers; None is not defined."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def since_last(progress: Progress | None) -> Callable[[int, int], None]:
    """For `Network.run`, which says how many steps are made: tells `progress` how many since it was told last.

    Where `progress` has a method `building`, that is told of synapses, see `Network.run`.
    """
    return _SinceLast(progress)


class _SinceLast:
    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._made = progress, 0
        self.building: object = getattr(progress, "building", None)

    def __call__(self, made: int, _: int) -> None:
        if self._progress:
            self._progress(made - self._made)
        self._made = made


@dataclass(frozen=True, eq=False)
class Outcome(ABC):
    """What a run gave.

    provenance  what JSON can hold: circumstances (versions, machine, git ...), experiment, seed, dt (ms), executor,
                and all parameters; a run with these gives the same arrays
    """

    provenance: Mapping[str, Any] = field(default_factory=dict, kw_only=True, repr=False, compare=False)

    @abstractmethod
    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """All that was recorded, by name."""

    @abstractmethod
    def figure(self) -> Figure:
        """The experiment in one figure."""

    @abstractmethod
    def table(self) -> Table:
        """What was measured."""

    def sentences(self) -> list[str]:
        """What the numbers say, in words that are computed from them."""
        return []


@dataclass(frozen=True)
class Prepared:
    """The network of an experiment that is one run of it.

    inputs  of the run, as `Network.run` takes them
    time    of the run (ms)
    drawn   whether anything in it was drawn from a seed
    """

    net: Network
    inputs: Mapping[str, object] | None
    time: float
    drawn: bool


@dataclass(frozen=True)
class Experiment(ABC):
    """A named experiment: data that say what is run. `changed` gives another one, `run` an outcome."""

    name: str
    title: str
    question: str

    default_executor: ClassVar[str]
    """What runs it when no executor is named."""

    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Where parameters stand in the network of `prepared`: parameter: ("layer.attribute", ...)."""

    @property
    @abstractmethod
    def random(self) -> bool:
        """Whether a seed may be given."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps `run` makes."""

    @abstractmethod
    def changed(self, settings: Mapping[str, str]) -> Self:
        """A copy with the named parameters set from text; raises UnknownNameError or ParameterError."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Everything that defines the run but the seed, for a JSON file."""

    def ready(self) -> None:
        """Raises MissingExtraError where `run` needs a package that is not installed."""
        return None

    def meanings(self) -> Mapping[str, str]:
        """What the parameters are, by name, with their units."""
        return documented(type(self))

    def prepared(self, seed: int) -> Prepared | None:
        """The network before it runs, and what it runs with, where the experiment is one run of a network."""
        del seed
        return None

    @abstractmethod
    def restored(self, settings: Mapping[str, Any]) -> Self:
        """A copy with what `settings` gave; raises ParameterError for what it cannot have given."""

    @abstractmethod
    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> Outcome:
        """Simulate. rng is a seed, a numpy Generator or None; `progress` is called with the steps just made."""


def documented(kind: type) -> dict[str, str]:
    """What the docstring of a class, and of those that it inherits from, says of its fields: "name  what it is"."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        names: list[str] = []
        for line in inspect.cleandoc(one.__dict__.get("__doc__") or "").splitlines():
            entry = _ENTRY.match(line)
            if entry:
                names = entry[1].split(", ")
                found |= dict.fromkeys(names, entry[2])
            elif line.startswith("  "):
                found |= {name: f"{found[name]} {line.strip()}" for name in names}
            else:
                names = []
    return found


@dataclass(frozen=True)
class Adjustable(Experiment):
    """An experiment whose fields, other than name, title and question, are its parameters.

    dt  length of a step (ms)
    """

    dt: float = 1.0

    default_executor = "cpu"

    @property
    def random(self) -> bool:
        return True

    def changed(self, settings: Mapping[str, str]) -> Self:
        """A copy with the named parameters set from text; raises UnknownNameError or ParameterError."""
        hints, names = get_type_hints(type(self)), self.settings()
        given: dict[str, Any] = {}
        for name, text in settings.items():
            if name not in names:
                raise unknown_parameter(name, names)
            given[name] = read_text(name, text, hints[name])
        return dataclasses.replace(self, **given)

    def settings(self) -> dict[str, Any]:
        described = {field.name for field in dataclasses.fields(Experiment)}
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in described}

    def restored(self, settings: Mapping[str, Any]) -> Self:
        try:
            if settings.keys() != self.settings().keys():
                refuse_settings(self.name, settings, "other names")
            return self.changed({name: str(value) for name, value in settings.items()})
        except (AttributeError, TypeError, CnsError) as error:
            refuse_settings(self.name, settings, str(error))

    def account(self, rng: Any, executor: str | None) -> dict[str, Any]:
        """The provenance of an outcome."""
        chosen = executor or self.default_executor
        return account(self.name, self.settings(), rng=rng, executor=chosen, dt=self.dt)


def seed_of(rng: Any) -> Any:
    """What to draw from: a seed is drawn where nothing was given, so that the outcome can tell it."""
    return secrets.randbelow(2**31) if rng is None else rng


def account(
    experiment: str | None, settings: Mapping[str, Any], *, rng: Any, executor: str, dt: float
) -> dict[str, Any]:
    """The provenance of an outcome. Of a generator only the kind is told: nobody knows where it stood."""
    seed = int(rng) if isinstance(rng, int | np.integer) else None if rng is None else type(rng).__name__
    decides = {"experiment": experiment, "seed": seed, "dt": dt, "executor": executor, "parameters": dict(settings)}
    return decides | circumstances()


def refuse_settings(name: str, settings: object, why: str) -> NoReturn:
    """Raise for settings that an experiment did not give."""
    raise ParameterError(
        f"experiment {name}", got=f"the parameters {settings!r} ({why})", expected="those of this experiment",
        fix="use the version of cnsproject that wrote them",
    ) from None  # fmt: skip


E = TypeVar("E", bound=Experiment)


def choose(name: str, among: Mapping[str, E], expected: str) -> E:
    """The experiment of that name; raises UnknownNameError with the nearest one."""
    if name not in among:
        raise UnknownNameError("experiment", got=repr(name), expected=expected, fix=nearest(name, among))
    return among[name]


def unknown_parameter(name: str, known: Mapping[str, Any]) -> UnknownNameError:
    """The error for a parameter that an experiment does not have."""
    return UnknownNameError(
        "parameter", got=repr(name), expected="a parameter of the experiment", fix=nearest(name, known)
    )


def read_text(name: str, text: str, kind: Any) -> Any:
    """`text` as a value of the type `kind` of the parameter `name`; raises ParameterError."""
    choices = get_args(kind)
    try:
        if choices:
            value: Any = type(choices[0])(text)
            if value not in choices:
                raise ValueError
            return value
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        wanted = (
            " or ".join(map(str, choices))
            if choices
            else {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        )
        raise ParameterError(
            f"parameter {name}", got=repr(text), expected=wanted, fix=f"write --{name} VALUE"
        ) from None
