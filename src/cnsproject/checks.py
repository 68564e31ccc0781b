"""What is asked of the user's values before anything is computed with them."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import ParamSpec, TypeVar

from cnsproject.errors import ArgumentError, MissingExtraError, ParameterError, TimeGridError, UnknownNameError, nearest

P = ParamSpec("P")
R = TypeVar("R")


def named_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an unknown keyword into an `ArgumentError` that names the nearest one.

    Python's own TypeError names the keyword but not the one that was meant, and cannot be told from a bug
    inside the call. A method also takes the other spellings that its class lists in `aliases` (alias: name), and says
    of what its class lists in `elsewhere` (argument: what to write) where it belongs.
    """
    arguments = inspect.signature(function).parameters
    names = [n for n in arguments if n not in ("self", "cls")]
    known, is_method = frozenset(names), "self" in arguments
    owner = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if known.issuperset(kwargs):
            return function(*args, **kwargs)
        aliases = getattr(args[0], "aliases", {}) if is_method else {}
        for keyword, fix in (getattr(args[0], "elsewhere", {}) if is_method else {}).items():
            if keyword in kwargs and keyword not in known:
                raise ArgumentError(
                    f"{owner}({keyword}=...)", got=f"the argument {keyword!r}", expected="one of " + ", ".join(names),
                    fix=fix,
                )  # fmt: skip
        given = _by_name(owner, names, aliases, names[: len(args) - 1] if is_method else [], kwargs)
        return function(*args, **given)  # type: ignore[arg-type]

    return wrapper


def _by_name(
    owner: str, names: list[str], aliases: Mapping[str, str], taken: list[str], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Keywords under the names of the signature; those of `taken` were given by their place."""
    aliases = {alias: name for alias, name in aliases.items() if name in names}
    given: dict[str, object] = {}
    for keyword, value in sorted(kwargs.items(), key=lambda item: item[0] in aliases):
        name, what = aliases.get(keyword, keyword), f"{owner}({keyword}=...)"
        if name not in names:
            raise ArgumentError(
                what,
                got=f"the unknown argument {keyword!r}",
                expected="one of " + ", ".join(names),
                fix=nearest(keyword, [*names, *aliases]),
            )
        if name in given or name in taken:
            raise ArgumentError(
                what,
                got=f"{name!r} twice",
                expected=f"one spelling of {name!r}",
                fix=f"leave {keyword!r} out, which means the same",
            )
        given[name] = value
    return given


def extra(package: str, group: str) -> ModuleType:
    """An optional package of one of our groups of extras."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise MissingExtraError(
            package,
            got="a package that is not installed",
            expected=f"the extra [{group}]",
            fix=f"run: pip install 'cnsproject[{group}]'",
        ) from None


def number(what: str, value: object, unit: str = "") -> float:
    """`value` as a finite float; `what` names it in the error. Strings and booleans are refused."""
    if type(value) is float:  # most are, and the question after an abstract class is a slow one
        result = value
    elif isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            result = float(value)
        except OverflowError:
            result = math.inf
    elif getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return number(what, value.item(), unit)
    else:
        raise ArgumentError(
            what,
            got=f"{value!r} ({type(value).__name__})",
            expected="a number" + (f" in {unit}" if unit else ""),
            fix="give a plain number",
        )
    if not math.isfinite(result):
        raise ParameterError(what, got=result, expected="a finite number", fix="check how the value was computed")
    return result


def positive(what: str, value: object, unit: str = "") -> float:
    """`value` as a finite float above zero."""
    result = number(what, value, unit)
    if result <= 0:
        raise ParameterError(
            what, got=f"{result:g}", expected="a number > 0" + (f" ({unit})" if unit else ""), fix="give a positive one"
        )
    return result


def whole(what: str, value: object, least: int = 0) -> int:
    """`value` as an int that is at least `least`; floats are taken only when they are whole."""
    # A float cannot hold every seed, so an int stays one.
    result = value if isinstance(value, int) and not isinstance(value, bool) else number(what, value)
    if result != round(result) or result < least:
        raise ParameterError(
            what, got=f"{result:g}", expected=f"a whole number >= {least}", fix="round it the way you mean it"
        )
    return int(result)


def one_of(what: str, value: object, known: Sequence[str]) -> str:
    """`value`, which must be one of these names; an `UnknownNameError` tells the nearest."""
    if value not in known:
        raise UnknownNameError(
            what, got=repr(value), expected="one of " + ", ".join(known), fix=nearest(str(value), known)
        )
    return str(value)


def steps_on_grid(what: str, time: float, dt: float) -> int:
    """How many steps of `dt` make `time` (both ms); a `TimeGridError` when it is no whole number.

    The tolerance of 1e-6 steps forgives the rounding of decimal fractions (0.3/0.1), nothing else.
    """
    steps = round(time / dt)
    if abs(time / dt - steps) > 1e-6:
        below, above = math.floor(time / dt) * dt, math.ceil(time / dt) * dt
        raise TimeGridError(
            what,
            got=f"{time:g} ms",
            expected=f"a whole number of steps of dt={dt:g} ms",
            fix=f"use {below:.10g} or {above:.10g} ms",
        )
    return steps
