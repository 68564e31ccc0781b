"""Values as a table states them: numbers short, arrays by their range, distributions and rules by how they are made."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from torch import Tensor

from cnsproject.network.connectivity import PerBlock
from cnsproject.random import Law

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_LONG = re.compile(r"(?<![\w.])-?\d+\.\d*(?:e[+-]?\d+)?")
_ENOUGH = 160  # characters of a repr


def stated(value: Any, unit: str = "") -> str:
    """A number, an array as mean and range, a distribution, or a function, with its unit; a name as it is."""
    behind = f" {unit}" if unit and unit != "1" else ""
    if isinstance(value, str):
        return value
    if isinstance(value, Law | PerBlock):
        return spelled(value) + behind
    if callable(value) and not isinstance(value, Tensor):
        return f"{getattr(value, '__name__', 'function').strip('<>')}(distance)" + behind
    numbers = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value, dtype=np.float64)
    if not numbers.size:
        return "none"
    low, high = numbers.min(), numbers.max()
    if low == high:
        return f"{low:g}{behind}"
    return f"{numbers.mean():.4g} ± {numbers.std():.4g}{behind} ({low:g} ... {high:g})"


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
