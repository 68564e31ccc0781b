"""`Description`: objects as plain data. What an object is made of is what `__getstate__` gives, as for a copy of it."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from cnsproject.errors import CheckpointError, StateError
from cnsproject.network.attributes import Attributes
from cnsproject.network.checkpoints.dropped import DroppedArray, DroppedFunction
from cnsproject.network.checkpoints.kinds import KINDS, name_of
from cnsproject.network.running import Run

# Of what torch keeps in every module this is ours; the rest is hooks.
_OF_MODULES = ("training", "_parameters", "_buffers", "_modules")
HOOKS = frozenset(vars(torch.nn.Module())) - {*_OF_MODULES}
_DTYPES = {
    torch.bool, torch.float16, torch.float32, torch.float64,
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
}  # fmt: skip


@dataclass
class Description:
    """Objects, each as its class and attributes; they refer to each other, to arrays and to what is kept by number.

    Plain values stand for themselves, lists are lists, and all else is a dict of one entry that says what it is:
    {"object": 3}, {"tensor": "7"}, {"tuple": [...]}.
    """

    objects: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, Any] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)


class Writer:
    """Describes what it is given, every object once.

    in_memory  whether arrays are copied, classes stand for themselves, and what cannot be described is kept as it is;
               else all must be able to go into a file, and what is no longer needed stays out of it
    """

    def __init__(self, *, in_memory: bool) -> None:
        self.description, self.in_memory = Description(), in_memory
        self._known: dict[int, tuple[dict[str, Any], object]] = {}  # by id, with the object so that it stays its id
        self._outgrown = False  # whether what is being described is no longer needed
        self._ways: tuple[tuple[Any, Callable[[Any, str], Any]], ...] = (
            (float, lambda value, _: _number(value)),
            (np.generic, lambda value, what: self.write(value.item(), what)),
            (Tensor, self._tensor),
            (np.ndarray, self._array),
            (torch.Size, lambda value, _: {"size": list(value)}),
            (list, self._list),
            (deque, lambda value, what: {"deque": [value.maxlen, self._list(list(value), what)]}),
            (tuple, self._tuple),
            (Mapping, self._mapping),
            (torch.dtype, lambda value, _: {"dtype": str(value).removeprefix("torch.")}),
            (torch.device, lambda value, _: {"device": str(value)}),
            (KINDS, self._object),
        )

    def write(self, value: Any, what: str) -> Any:
        """`value` as plain data; `what` names it in errors. Raises CheckpointError for what cannot be described."""
        if value is None or type(value) in (bool, int, str):
            return value
        if id(value) in self._known:
            return self._known[id(value)][0]
        if self._outgrown and self.in_memory:
            return self._keep(value)
        for kind, way in self._ways:
            if isinstance(value, kind):
                return way(value, what)
        if self._outgrown and callable(value):
            return self._object(DroppedFunction(getattr(value, "__name__", type(value).__name__)), what)
        return self._keep(value) if self.in_memory else self._refuse(value, what)

    def _remember(self, value: object, form: dict[str, Any]) -> dict[str, Any]:
        self._known[id(value)] = form, value
        return form

    def _keep(self, value: object) -> dict[str, Any]:
        self.description.kept.append(value)
        return self._remember(value, {"kept": len(self.description.kept) - 1})

    def _refuse(self, value: object, what: str) -> NoReturn:
        name = getattr(value, "__qualname__", None)
        raise CheckpointError(
            what, got=f"the function {name}" if name and callable(value) else f"an object of {type(value).__name__}",
            expected="numbers, texts, tensors, and objects of cnsproject or of classes derived from them",
            fix="make it a method of the class, or delete the attribute before saving",
        )  # fmt: skip

    # Arrays

    def _tensor(self, value: Tensor, what: str) -> dict[str, Any]:
        if self._outgrown:
            return self._object(DroppedArray(len(value) if value.ndim else 1), what)
        if value.requires_grad and not value.is_leaf:
            raise StateError(
                what, got="a state in the middle of a computation with gradients", expected="plain numbers",
                fix="run under torch.no_grad(), or detach it: obj.name = obj.name.detach()",
            )  # fmt: skip
        if value.dtype not in _DTYPES or value.layout != torch.strided:
            self._refuse(value, what)
        own = value.detach()
        name = self._place(own.clone() if self.in_memory else own.cpu().contiguous().numpy())
        if isinstance(value, torch.nn.Parameter):
            return self._remember(value, {"parameter": [name, value.requires_grad]})
        return self._remember(value, {"leaf" if value.requires_grad else "tensor": name})

    def _array(self, value: np.ndarray[Any, Any], what: str) -> dict[str, Any]:
        if self._outgrown:
            return self._object(DroppedArray(len(value) if value.ndim else 1), what)
        if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
            self._refuse(value, what)
        return self._remember(value, {"array": self._place(value.copy() if self.in_memory else value)})

    def _place(self, array: object) -> str:
        arrays = self.description.arrays
        name = str(len(arrays))
        arrays[name] = array
        return name

    # Containers and objects

    def _list(self, value: list[Any], what: str) -> list[Any] | dict[str, Any]:
        if self._outgrown and value:
            return self._object(DroppedArray(len(value)), what)
        return [self.write(item, f"{what}[{k}]") for k, item in enumerate(value)]

    def _tuple(self, value: tuple[Any, ...], what: str) -> dict[str, Any]:
        if type(value) is not tuple:
            self._refuse(value, what)
        return {"tuple": [self.write(item, f"{what}[{k}]") for k, item in enumerate(value)]}

    def _mapping(self, value: Mapping[Any, Any], what: str) -> dict[str, Any]:
        if not all(isinstance(name, str) for name in value):
            self._refuse(value, what)
        return {"dict": {name: self.write(item, f"{what}[{name!r}]") for name, item in value.items()}}

    def _object(self, value: object, what: str) -> dict[str, Any]:
        label = value.label if isinstance(value, Attributes | Run) else what
        attributes: dict[str, Any] = {}
        kind = type(value) if self.in_memory else name_of(type(value), label)
        objects = self.description.objects
        form = self._remember(value, {"object": len(objects)})
        objects.append({"class": kind, "attributes": attributes})
        outgrown, here = getattr(type(value), "_outgrown", ()), self._outgrown
        for name, item in self._state(value, label).items():
            self._outgrown = here or name in outgrown
            attributes[name] = self.write(item, f"{label}.{name}")
        self._outgrown = here
        return form

    def _state(self, value: object, label: str) -> dict[str, Any]:
        """What an object is made of."""
        if dataclasses.is_dataclass(value) and type(value).__getstate__ is object.__getstate__:
            # Without what it has computed from its fields.
            return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        state: dict[str, Any] = dict(value.__getstate__() or {})  # type: ignore[call-overload]
        if isinstance(value, torch.nn.Module):
            hooks = {name: state.pop(name) for name in HOOKS & state.keys()}
            if not self.in_memory:
                for name, hook in hooks.items():
                    if hook and name.endswith("_hooks"):
                        self._refuse(next(iter(hook.values())), f"{label}.{name}")
            # First, as in an object that was read, so that it is written as the same bytes.
            state = {name: state.pop(name) for name in _OF_MODULES} | state
        return state


def _number(value: float) -> float | dict[str, str]:
    return float(value) if math.isfinite(value) else {"float": repr(float(value))}
