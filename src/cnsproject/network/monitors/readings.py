"""What a monitor reads of an object: the value of a name, its unit, and what errors call the object."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnsproject.errors import ArgumentError, UnknownNameError, nearest
from cnsproject.network.base import Stepped
from cnsproject.network.synaptic import Synaptic
from cnsproject.network.views import parent_of


def label_of(obj: Any) -> str:
    """How errors call it."""
    return str(getattr(obj, "label", type(obj).__name__))


def own_name(obj: Any, name: str) -> str:
    """What the object itself calls what may be another spelling (`v` of `u`)."""
    return str(getattr(obj, "aliases", {}).get(name, name))


def value_of(obj: Any, name: str) -> Tensor:
    """The present value of an attribute. Raises ArgumentError where it is no number and no tensor."""
    value = getattr(obj, name)
    if isinstance(value, Tensor):
        return value
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise ArgumentError(
            f"Monitor of {label_of(obj)}",
            got=f"{name} = {value!r}",
            expected="a number or a tensor",
            fix="record something else",
        ) from None


def check_name(obj: Any, name: object) -> str:
    """The object's own name for something it has and that can be recorded; UnknownNameError for anything else."""
    known = getattr(obj, "recordable", ())
    if not isinstance(name, str) or not hasattr(obj, name):
        raise UnknownNameError(
            f"Monitor of {label_of(obj)}",
            got=repr(name),
            expected="one of " + ", ".join(known),
            fix=nearest(str(name), known),
        )
    if getattr(obj, name) is not None:  # dt may not be known yet
        value_of(obj, name)
    return own_name(obj, name)


def unit_of(obj: Any, name: str) -> str:
    """The unit of what is recorded, as declarations write it; "1" for what has none."""
    owner = parent_of(obj)
    if name == "dt":
        return "ms"
    if not isinstance(owner, Stepped):
        return "1"
    if isinstance(owner, Synaptic) and name in ("w", "weight"):
        return owner.arrival_unit
    terminals = getattr(owner, "_terminals", None)
    for holder in (owner, *([terminals] if terminals is not None else [])):
        dynamics = getattr(holder, "dynamics", None)
        if dynamics is not None and name in dynamics.states:
            return str(dynamics.states[name])
        if name in holder._units:
            return str(holder._units[name])
    if isinstance(owner, Synaptic) and name == owner.dynamics.output:
        return owner.dynamics.output_unit
    return "1"
