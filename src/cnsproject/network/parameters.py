"""Reading what the user gives for a parameter or a start value."""

from __future__ import annotations

import operator
import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.checks import number, positive, whole
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import Line
from cnsproject.dynamics.quantities import quantity, ratio
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.random import Law, Scaled

F64 = npt.NDArray[np.float64]
Value = float | F64
# What a user may give: a number, an array of the object's shape, or a law to draw from; "10 ms", or one of them with a
# unit: (values, "ms").
Given = float | npt.ArrayLike | Tensor | Law

# Times, resistances and capacitances have a meaning only above zero, conductances (a blocked channel) from zero on.
POSITIVE = {"ms", "MOhm", "nF"}
NOT_NEGATIVE = {"uS"}
_MEETS: dict[str, Callable[..., Any]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def read_shape(what: str, shape: object) -> tuple[int, ...]:
    """A shape as a tuple; an int n means (n,)."""
    sizes = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if not sizes:
        raise ShapeError(what, got="()", expected="at least one dimension", fix="use (1,) for a single neuron")
    return tuple(whole(what, size, least=1) for size in sizes)


def in_unit(what: str, given: Any, unit: str) -> Any:
    """What carries a unit, "10 ms" or (values, "ms"), as plain numbers of `unit`; anything else as it is.

    Raises UnitError where the unit is of another kind.
    """
    if isinstance(given, str) and unit:
        number, own = quantity(what, given)
        return float(number * ratio(what, own, unit))
    if is_pair(given) and unit:
        values, text = given
        return _times(values, ratio(what, Line(text, what, text, 0), unit))
    return given


def is_pair(given: object) -> bool:
    """Whether this is (values, unit)."""
    return isinstance(given, tuple | list) and len(given) == 2 and isinstance(given[1], str)


def _times(values: Any, factor: Fraction) -> Any:
    """Values in another unit; what is no number is left to whoever refuses it."""
    if isinstance(values, Law):
        return values if factor == 1 else Scaled(values, float(factor))
    plain = np.asarray(_plain(values)) if not isinstance(values, str) else np.empty(0, "U")
    if factor == 1 or plain.dtype.kind not in "iuf":
        return values
    scaled = plain * float(factor.numerator) / float(factor.denominator)
    return scaled if scaled.ndim else float(scaled)


def read_value(what: str, given: object, unit: str, shape: tuple[int, ...], key: tuple[int, int]) -> Value:
    """A parameter as a float or a float64 array of `shape`; positive, or not negative, where its unit asks for it.

    It may carry a unit: "10 ms", or (values, "ms").
    """
    value: Value
    given = in_unit(what, given, unit)
    if isinstance(given, Law):
        value = draw(given, key, what.rpartition(".")[2], shape)
    elif isinstance(given, list | tuple) or (isinstance(given, Tensor | np.ndarray) and given.ndim > 0):
        value = read_array(what, given, shape)
    elif unit in POSITIVE:
        return positive(what, given, unit)
    else:
        value = number(what, given, unit)
    least = value if isinstance(value, float) else np.min(value)
    if (unit in POSITIVE and least <= 0) or (unit in NOT_NEGATIVE and least < 0):
        above = ">" if unit in POSITIVE else ">="
        raise ParameterError(what, got=f"{least:g}", expected=f"numbers {above} 0 ({unit})", fix="give positive ones")
    return value


def check_conditions(kind: str, dynamics: Dynamics, values: Mapping[str, Value]) -> None:
    """Raise where parameters do not fit each other, or their model, as its declaration says."""
    for condition in dynamics.conditions:
        pair = [values[n] if n in values else float(n) for n in (condition.left, condition.right)]
        met = _MEETS[condition.sign](*pair)
        if met is not True and not np.all(met):
            met = np.asarray(met)
            first = tuple(np.argwhere(~met)[0])
            left, right = (float(np.broadcast_to(value, met.shape)[first]) for value in pair)
            other = f", {condition.right} = {right:g}" if condition.right in values else ""
            raise ParameterError(
                f"{kind}.{condition.left}",
                got=f"{condition.left} = {left:g}{other}",
                expected=f"{condition} ({dynamics.parameters[condition.left]})",
                fix=f"{'raise' if '>' in condition.sign else 'lower'} {condition.left}",
            )


def read_array(what: str, given: object, shape: tuple[int, ...]) -> F64:
    """A finite float64 array of `shape`; one of shape (1,) is spread over it."""
    try:
        raw = np.asarray(_plain(given))
    except (ValueError, TypeError):
        raise ArgumentError(what, got=repr(given), expected="numbers", fix="give an array of numbers") from None
    if raw.dtype.kind not in "iuf":
        raise ArgumentError(
            what, got=f"an array of {raw.dtype}", expected="real numbers", fix="give an array of numbers"
        )
    array = np.array(raw, dtype=np.float64)
    if array.shape == (1,):
        array = np.full(shape, array[0])
    if array.shape != shape:
        raise ShapeError(
            what, got=f"shape {array.shape}", expected=f"a number or shape {shape}", fix=f"give {shape} values"
        )
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ParameterError(
            what, got=f"{array[where]} at {where}", expected="finite numbers", fix="check how it was computed"
        )
    return array


def value_of(value: Value, neuron: int) -> float:
    """The value of one neuron of the flattened population."""
    return value if isinstance(value, float) else float(value.reshape(-1)[neuron])


def draw(law: Law, key: tuple[int, int], name: str, shape: tuple[int, ...], block: int = 0) -> F64:
    """Values of `shape` from `law`; the same for the same key, name and block whatever else is drawn."""
    return law.draw(key, int(np.prod(shape)), stream=stream_of(name), block=block).reshape(shape)


def stream_of(name: str) -> int:
    """The stream in which the values of a name are drawn."""
    return zlib.crc32(name.encode())


def _plain(given: Any) -> Any:
    return given.detach().cpu().numpy() if isinstance(given, Tensor) else given
