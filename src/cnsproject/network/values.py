"""Values as a table states them: numbers short, arrays by their range, distributions and rules by how they are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnsproject.network.connectivity import PerBlock
from cnsproject.random import Law

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LONG = re.compile(r"(?<![\w.])-?\d+\.\d*(?:e[+-]?\d+)?")
_ENOUGH = 160  # characters of a repr
_PIECE = 2**20  # numbers that are looked at in double precision at a time


@dataclass(frozen=True)
class Spread:
    """Of numbers: how many there are, the smallest, the largest, mean, standard deviation, and mean of their sizes."""

    count: int
    low: float
    high: float
    mean: float
    sd: float
    size: float


def pieces(count: int) -> Iterator[slice]:
    """Places of so many numbers, some at a time: a copy of all may be larger than what else there is."""
    yield from (slice(first, first + _PIECE) for first in range(0, count, _PIECE))


def spread_of(values: Any, scale: float = 1.0) -> Spread:
    """How numbers, or arrays of them in units of `scale`, are spread."""
    flat = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values).reshape(-1)
    if not flat.size:
        return Spread(0, *[np.nan] * 5)
    parts = list(pieces(flat.size))
    mean = sum(float(flat[part].sum(dtype=np.float64)) for part in parts) / flat.size
    size = sum(float(np.abs(flat[part].astype(np.float64)).sum()) for part in parts) / flat.size
    variance = sum(float(np.square(flat[part].astype(np.float64) - mean).sum()) for part in parts) / flat.size
    of_all = (float(flat.min()), float(flat.max()), mean, np.sqrt(variance), size)
    return Spread(flat.size, *(scale * float(number) for number in of_all))


def spread_counted(values: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> Spread:
    """How numbers are spread of which each occurs so often."""
    values, counts = values[counts > 0], counts[counts > 0]
    if not counts.size:
        return spread_of(values)
    mean, size = np.average(values, weights=counts), np.average(np.abs(values), weights=counts)
    sd = np.sqrt(np.average(np.square(values - mean), weights=counts))
    return Spread(int(counts.sum()), *map(float, (values.min(), values.max(), mean, sd, size)))


def stated(value: Any, unit: str = "") -> str:
    """A number, an array (or its spread) as mean and range, a law, or a function, with its unit; a name as it is."""
    behind = f" {unit}" if unit and unit != "1" else ""
    if isinstance(value, str):
        return value
    if isinstance(value, Law | PerBlock):
        return spelled(value) + behind
    if callable(value) and not isinstance(value, Tensor):
        return f"{getattr(value, '__name__', 'function').strip('<>')}(distance)" + behind
    found = value if isinstance(value, Spread) else spread_of(value)
    if not found.count:
        return "none"
    if found.low == found.high:
        return f"{found.low:g}{behind}"
    return f"{found.mean:.4g} ± {found.sd:.4g}{behind} ({found.low:g} ... {found.high:g})"


def spelled(obj: object) -> str:
    """The repr of an object on one line, with short numbers and without addresses; cut where it goes on too long."""
    text = _LONG.sub(lambda found: f"{float(found[0]):g}", exact(obj))
    return text if len(text) <= _ENOUGH else f"{text[:_ENOUGH]}..."


def exact(obj: object) -> str:
    """The repr of an object on one line, in full, without addresses; of a function its name."""
    name = getattr(obj, "__name__", None)
    return _ADDRESS.sub("", " ".join(repr(obj).split())) if name is None else f"{name}(...)"


def counted(count: int, what: str) -> str:
    """So many things."""
    return f"{count} {what}{'' if count == 1 else 's'}"
