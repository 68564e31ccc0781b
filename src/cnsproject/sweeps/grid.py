"""`Grid`: which members a sweep has, and along which axes they lie; samplers of parameter space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cnsproject.checks import number, whole
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.network.parameters import in_unit

MOST = 100_000  # members of a sweep that nobody has allowed more
MEMBER = "member"  # the axis of members that lie on no grid
_PLAIN = (bool, int, float, str)


@dataclass(frozen=True)
class Axis:
    """A swept parameter: its values in order, and their unit, "" where nobody told it."""

    name: str
    values: tuple[Any, ...]
    unit: str = ""

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Grid:
    """The members of a sweep, numbered along its axes, the last of which runs fastest.

    axes     parameters; the members are all combinations of their values
    columns  instead: parameters of members in a row, all of one length
    """

    axes: tuple[Axis, ...]
    columns: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Members along every dimension."""
        return (len(self.axes[0]),) if self.columns else tuple(map(len, self.axes))

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return (MEMBER,) if self.columns else tuple(axis.name for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape)

    def __getitem__(self, member: int) -> dict[str, Any]:
        """The parameters of a member."""
        if self.columns:
            return {axis.name: axis.values[member] for axis in self.axes}
        places = np.unravel_index(member, self.shape)
        return {axis.name: axis.values[place] for axis, place in zip(self.axes, places, strict=True)}


class Sampler(Protocol):
    """What draws members from parameter space."""

    def columns(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """The values of every parameter, one for each member."""


@dataclass(frozen=True)
class _Sampled:
    ranges: Mapping[str, tuple[float, float]]
    n: int
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        kind = type(self).__name__
        if not isinstance(self.ranges, Mapping) or not self.ranges:
            raise ArgumentError(
                f"{kind}(ranges)", got=repr(self.ranges), expected="a dict of ranges", fix="write {'J': (1, 10)}"
            )
        for name, given in self.ranges.items():
            what = f"{kind}(ranges)[{name!r}]"
            if not isinstance(given, Sequence) or len(given) != 2:
                raise ShapeError(what, got=repr(given), expected="(lowest, highest)", fix="write (1, 10)")
            low, high = (number(what, bound) for bound in given)
            if low >= high:
                raise ParameterError(what, got=f"{low:g} to {high:g}", expected="lowest < highest", fix="swap them")
        whole(f"{kind}(n)", self.n, least=1)
        whole(f"{kind}(seed)", self.seed)

    def _scaled(self, unit: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
        """Points of the unit cube (n, parameters) as values."""
        bounds = {name: (float(low), float(high)) for name, (low, high) in self.ranges.items()}
        return {name: low + (high - low) * unit[:, k] for k, (name, (low, high)) in enumerate(bounds.items())}


class LatinHypercube(_Sampled):
    """n members spread over the ranges (name: (lowest, highest)): every nth of each range has one member.

    McKay, Beckman & Conover 1979, Technometrics 21:239; drawn by scipy.

    >>> import cnsproject as cns
    >>> drawn = cns.LatinHypercube({"J": (0, 4)}, 4, seed=1).columns()["J"]
    >>> sorted(int(value) for value in drawn)
    [0, 1, 2, 3]
    """

    def columns(self) -> dict[str, npt.NDArray[np.float64]]:
        """The values of every parameter, one for each member."""
        from scipy.stats import qmc

        return self._scaled(qmc.LatinHypercube(len(self.ranges), rng=self.seed).random(self.n))


class Sobol(_Sampled):
    """n members, a power of two, as evenly over the ranges (name: (lowest, highest)) as Sobol's sequence lies.

    Scrambled by the seed (Owen 1998, ACM Trans. Model. Comput. Simul. 8:71); drawn by scipy.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n & (self.n - 1):
            above = 1 << self.n.bit_length()
            raise ParameterError(
                "Sobol(n)", got=f"{self.n}", expected="a power of two, which keeps the balance of the sequence",
                fix=f"use {above // 2} or {above}",
            )  # fmt: skip

    def columns(self) -> dict[str, npt.NDArray[np.float64]]:
        """The values of every parameter, one for each member."""
        from scipy.stats import qmc

        return self._scaled(qmc.Sobol(len(self.ranges), rng=self.seed).random(self.n))


def read_grid(given: object, units: Mapping[str, str], most: int) -> Grid:
    """A grid from what the user gave: dict, list of dicts, sampler or pandas frame; `units` of known parameters.

    Raises ArgumentError, ShapeError, UnitError for what is none, ParameterError for more than `most` members.
    """
    columns = True
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        found: Mapping[str, Any] = {str(name): list(column) for name, column in given.items()}  # type: ignore[attr-defined]
    elif callable(getattr(given, "columns", None)):
        found = given.columns()  # type: ignore[attr-defined]
    elif isinstance(given, Mapping):
        found, columns = given, False
    elif isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(m, Mapping) for m in given):
        found = _of_members(given)
    else:
        raise ArgumentError(
            "cns.sweep(grid)", got=f"{given!r:.60}", expected="a dict of values, a list of dicts, a sampler or a frame",
            fix="write {'J1': [1, 2, 5]}",
        )  # fmt: skip
    if not found:
        raise ArgumentError(
            "cns.sweep(grid)", got="no parameter", expected="at least one", fix="write {'J1': [1, 2, 5]}"
        )
    grid = Grid(tuple(_axis(name, values, units.get(name, "")) for name, values in found.items()), columns)
    if len(grid) > most:
        raise ParameterError(
            "cns.sweep(grid)", got=f"{len(grid):,} members", expected=f"at most {most:,}",
            fix=f"give fewer values, or allow it: most={len(grid)} (on the command line --yes)",
        )  # fmt: skip
    return grid


def _of_members(members: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = list(members[0]) if members else []
    for place, member in enumerate(members):
        if set(member) != set(names):
            raise ShapeError(
                f"cns.sweep(grid)[{place}]", got=", ".join(member) or "nothing", expected=", ".join(names),
                fix="give every member the same parameters",
            )  # fmt: skip
    return {name: [member[name] for member in members] for name in names}


def _axis(name: object, given: Any, unit: str) -> Axis:
    what = f"cns.sweep(grid)[{name!r}]"
    if not isinstance(name, str) or not name:
        raise ArgumentError(what, got=repr(name), expected="the name of a parameter", fix="write it in quotes")
    pair = isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], str) and np.ndim(given[0]) == 1
    if pair:  # (values, "ms")
        given, unit = (in_unit(what, given, unit), unit) if unit else given
    if np.ndim(given) != 1 or isinstance(given, str):
        raise ShapeError(what, got=f"{given!r:.60}", expected="a list of values", fix=f"write {{{name!r}: [...]}}")
    values = tuple(_value(what, value, unit) for value in (given.tolist() if hasattr(given, "tolist") else given))
    if not values:
        raise ShapeError(what, got="no value", expected="at least one", fix="give values, or leave it out")
    if len(set(map(type, values))) > 1 and not all(isinstance(value, int | float) for value in values):
        raise ArgumentError(what, got="numbers and texts", expected="values of one kind", fix="give one or the other")
    return Axis(name, values, unit)


def _value(what: str, value: Any, unit: str) -> Any:
    value = value.item() if isinstance(value, np.generic) else in_unit(what, value, unit) if unit else value
    if not isinstance(value, _PLAIN):
        raise ArgumentError(
            what, got=f"{value!r:.60}", expected="numbers, texts, True or False, which can name a member",
            fix="sweep a name or a number, and let build choose by it",
        )  # fmt: skip
    if isinstance(value, float):
        number(what, value)
    return value
