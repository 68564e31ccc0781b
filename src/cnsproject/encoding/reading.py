"""Reading what the user gives to be encoded or filtered."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import number
from cnsproject.errors import ArgumentError, ParameterError, ShapeError

Data = float | npt.ArrayLike | Tensor


def read_data(what: str, data: Data) -> Tensor:
    """`data` as a tensor of finite real numbers on its device: a number has shape (); lists and arrays become
    int64 or float64, tensors keep their type.

    Raises ArgumentError (no real numbers), ShapeError (no values), ParameterError (NaN, infinite).
    """
    tensor = data if isinstance(data, Tensor) else _from_numpy(what, data)
    if tensor.dtype == torch.bool or tensor.is_complex():
        raise ArgumentError(
            what, got=f"values of {tensor.dtype}", expected="real numbers", fix="convert them, as in 255 * data"
        )
    if tensor.numel() == 0:
        raise ShapeError(
            what, got=f"no values, shape {tuple(tensor.shape)}", expected="at least one value",
            fix="check where the data come from",
        )  # fmt: skip
    if not torch.isfinite(tensor).all():
        where = tuple(int(i) for i in (~torch.isfinite(tensor)).nonzero()[0])
        raise ParameterError(
            what, got=f"{tensor[where].item()}" + (f" at {where}" if where else ""), expected="finite numbers",
            fix="check how it was computed",
        )  # fmt: skip
    return tensor


def _from_numpy(what: str, data: Data) -> Tensor:
    try:
        array = np.array(data)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            what, got=f"a {type(data).__name__} that is no array ({error})", expected="numbers",
            fix="give an array of numbers, all rows equally long",
        ) from None  # fmt: skip
    if array.dtype.kind not in "iuf":
        raise ArgumentError(
            what, got=f"{type(data).__name__} of {array.dtype}", expected="real numbers", fix="give an array of numbers"
        )
    return torch.from_numpy(array.astype(np.float64 if array.dtype.kind == "f" else np.int64))


def read_range(what: str, given: Any) -> tuple[float, float]:
    """A pair low < high of finite numbers."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise ArgumentError(what, got=repr(given), expected="a pair (low, high)", fix="write range=(0, 1)")
    low, high = (number(what, bound) for bound in given)
    if not low < high:
        raise ParameterError(what, got=f"({low:g}, {high:g})", expected="low < high", fix="swap them")
    return low, high


def read_device(what: str, device: str | torch.device) -> torch.device:
    """A device by its name."""
    try:
        return torch.device(device)
    except (RuntimeError, TypeError):
        raise ArgumentError(
            what, got=repr(device), expected="a device that torch knows", fix='write "cpu" or "cuda"'
        ) from None


def read_spikes(what: str, spikes: Tensor | npt.ArrayLike, steps: int) -> Tensor:
    """Spikes (steps, *shape), booleans or 0/1, as booleans on the CPU."""
    tensor = torch.as_tensor(spikes).detach().cpu()
    if tensor.ndim < 2 or len(tensor) != steps or tensor.numel() == 0:
        raise ShapeError(
            what, got=f"shape {tuple(tensor.shape)}", expected=f"shape ({steps}, ...): one row per step",
            fix="give what the encoder made, or a monitor recorded over the same time",
        )  # fmt: skip
    if not ((tensor == 0) | (tensor == 1)).all():
        raise ParameterError(
            what, got="values other than 0 and 1", expected="spikes", fix="compare with a threshold first"
        )
    return tensor.bool()
