"""Turning what callers pass into numpy arrays that are safe to draw, or into an error that says what to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnsproject.errors import ArgumentError, ParameterError, ShapeError

Floats: TypeAlias = NDArray[np.floating[Any]]
Scalar: TypeAlias = SupportsFloat | SupportsIndex


def to_array(data: object, what: str) -> NDArray[Any]:
    """`data` as a numpy array of finite numbers, any shape; torch tensors are detached and copied to the CPU."""
    array = _convert(data, what)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(
            what, got=f"values of type {array.dtype}", expected="real numbers", fix="pass an array of numbers or bools"
        )
    if array.size == 0:
        raise ShapeError(
            what, got=f"no values, shape {array.shape}", expected="at least one value", fix="record at least one step"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(np.count_nonzero(~np.isfinite(array)))
        raise ParameterError(
            what,
            got=f"{bad} NaN or infinite of {array.size} values",
            expected="finite values",
            fix="find the step at which the simulation diverged, or cut the array before it",
        )
    return array


def _convert(data: object, what: str) -> NDArray[Any]:
    try:
        if hasattr(data, "detach"):
            return np.asarray(data.detach().cpu())
        if isinstance(data, list | tuple) and any(hasattr(item, "detach") for item in data):
            return np.asarray([_convert(item, what) for item in data])
        return np.asarray(data)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            what,
            got=f"a {type(data).__name__} that numpy cannot read ({error})",
            expected="an array, a tensor or a list of numbers",
            fix="convert it first, for instance with torch.Tensor.float() or numpy.asarray",
        ) from error


def spike_matrix(spikes: object, what: str) -> NDArray[np.bool_]:
    """`spikes` as bool (neurons, steps)."""
    array = to_array(spikes, what)
    if array.ndim != 2:
        raise ShapeError(
            what,
            got=f"shape {array.shape}",
            expected="shape (neurons, steps)",
            fix="flatten the population to one row per neuron and transpose if steps come first",
        )
    if array.dtype != np.bool_ and not ((array == 0) | (array == 1)).all():
        raise ParameterError(
            what,
            got=f"values from {array.min()} to {array.max()}",
            expected="only 0 and 1 (or bool)",
            fix="pass the recorded spikes, one 0 or 1 per neuron and step",
        )
    return array.astype(np.bool_, copy=False)


def columns(values: object, what: str, *, steps: int | None = None) -> Floats:
    """`values` (steps,) or (steps, n) as float (steps, n); `steps` is the number of rows that must be there."""
    array = to_array(values, what)
    if array.ndim not in (1, 2):
        raise ShapeError(
            what,
            got=f"shape {array.shape}",
            expected="shape (steps,) or (steps, n)",
            fix="flatten all axes after the first",
        )
    if steps is not None and array.shape[0] != steps:
        transposed = array.ndim == 2 and array.shape[1] == steps
        raise ShapeError(
            what,
            got=f"{array.shape[0]} steps, shape {array.shape}",
            expected=f"{steps} steps",
            fix="transpose it, steps come first" if transposed else "record it over the same steps as the rest",
        )
    return array.reshape(array.shape[0], -1).astype(np.float64)


def spike_steps(spikes: object, steps: int, what: str) -> NDArray[np.int64]:
    """`spikes`, the steps (counted from 0) at which one neuron fired; none at all is allowed."""
    if _convert(spikes, what).size == 0:
        return np.zeros(0, dtype=np.int64)
    array = to_array(spikes, what)
    if array.dtype.kind == "b" or array.ndim != 1 or not (array == np.round(array)).all():
        raise ShapeError(
            what,
            got=f"{array.dtype} of shape {array.shape}",
            expected="whole step numbers of shape (spikes,)",
            fix="pass s[0].nonzero(as_tuple=True)[0] for the spikes s (neurons, steps)",
        )
    if array.min() < 0 or array.max() >= steps:
        raise ParameterError(
            what,
            got=f"steps {array.min()} to {array.max()}",
            expected=f"step numbers from 0 to {steps - 1}",
            fix="pass step numbers, not times, of the same run",
        )
    return array.astype(np.int64)


def scalar(value: Scalar, what: str) -> float:
    """`value` as one finite float; a tensor or array of one element counts."""
    array = to_array(value, what)
    if array.size != 1:
        raise ShapeError(what, got=f"shape {array.shape}", expected="one number", fix="pass a single number")
    return float(array.reshape(()))


def positive(value: Scalar, what: str, unit: str) -> float:
    """`value` as one finite float above zero."""
    number = scalar(value, what)
    if number <= 0:
        raise ParameterError(what, got=number, expected="a number above 0", fix=f"give it in {unit}")
    return number


def whole(value: int, what: str, *, least: int) -> int:
    """`value` as an int not below `least`."""
    number = scalar(value, what)
    if number != int(number) or number < least:
        raise ParameterError(what, got=value, expected=f"a whole number from {least} on", fix="count rows or steps")
    return int(number)


@dataclass(frozen=True)
class TimeScale:
    """How step numbers become positions on a time axis."""

    per_step: float
    """Axis units per step."""
    label: str
    """Text below the axis, with the unit."""


def time_scale(dt: Scalar | None, steps_per_unit: Scalar | None, where: str) -> TimeScale:
    """The time axis in ms (`dt` given), in units of `steps_per_unit` steps, or in steps (neither given)."""
    if dt is not None and steps_per_unit is not None:
        raise ParameterError(
            f"{where}.dt",
            got="dt and a second unit of time together",
            expected="one of them",
            fix="drop dt to keep your own unit, or drop the other one for ms",
        )
    if dt is not None:
        return TimeScale(positive(dt, f"{where}.dt", "ms"), "time (ms)")
    size = 1.0 if steps_per_unit is None else positive(steps_per_unit, f"{where}.steps_per_unit", "steps")
    return TimeScale(1.0 / size, "time (steps)" if size == 1.0 else f"time ({size:g} steps)")
