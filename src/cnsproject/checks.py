"""What is asked of the user's values before anything is computed with them."""

from __future__ import annotations

import functools
import importlib
import inspect
import math
import numbers
from collections.abc import Callable
from types import ModuleType
from typing import ParamSpec, TypeVar

from cnsproject.errors import ArgumentError, MissingExtraError, ParameterError, TimeGridError, nearest

P = ParamSpec("P")
R = TypeVar("R")


def named_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an unknown keyword into an `ArgumentError` that names the nearest one.

    Python's own TypeError names the keyword but not the one that was meant, and cannot be told from a bug
    inside the call.
    """
    names = [n for n in inspect.signature(function).parameters if n != "self"]
    known = frozenset(names)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                owner = function.__qualname__.removesuffix(".__init__")
                raise ArgumentError(
                    f"{owner}({name}=...)",
                    got=f"the unknown argument {name!r}",
                    expected="one of " + ", ".join(names),
                    fix=nearest(name, names),
                )
        return function(*args, **kwargs)

    return wrapper


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
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
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
