"""`Reader`: objects from their description. Nothing of the network that is read is touched before all is understood."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from cnsproject.errors import CheckpointError, CnsError
from cnsproject.network.base import Stepped
from cnsproject.network.checkpoints.writing import HOOKS, Description

_ODD = (TypeError, ValueError, LookupError, AttributeError, RuntimeError, ArithmeticError, MemoryError)


class Reader:
    """Makes the objects of a description.

    what      names the file or state in errors
    find      gives the class that the description means
    existing  objects that take the place of some of the described ones, by number
    """

    def __init__(
        self, what: str, description: Description, find: Callable[[Any], type], existing: Mapping[int, object]
    ) -> None:
        self.what, self.description, self.find, self.existing = what, description, find, existing
        self._tensors: dict[str, torch.Tensor] = {}
        self._arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._ways: dict[str, Callable[[Any], Any]] = {
            "object": lambda place: self._objects[place],
            "kept": lambda place: self.description.kept[place],
            "tensor": self._tensor,
            "leaf": lambda name: self._tensor(name, leaf=True),
            "parameter": self._parameter,
            "array": self._array,
            "float": float,
            "size": torch.Size,
            "tuple": lambda items: tuple(self._read(item) for item in items),
            "deque": lambda parts: deque(self._read(parts[1]), maxlen=parts[0]),
            "dict": lambda items: {name: self._read(item) for name, item in items.items()},
            "dtype": lambda name: _DTYPES[name],
            "device": torch.device,
        }

    def objects(self) -> list[Any]:
        """All objects, ready to use. Raises CheckpointError when the description is none of a network."""
        try:
            return self._read_all()
        except CnsError:
            raise
        except _ODD as error:
            raise CheckpointError(
                self.what, got=f"a description that cannot be followed ({type(error).__name__}: {error})",
                expected="one that cnsproject has written", fix="use another copy of the file",
            ) from None  # fmt: skip

    def _read_all(self) -> list[Any]:
        described = self.description.objects
        self._objects = [
            self.existing[place] if place in self.existing else _shell(self.find(record["class"]))
            for place, record in enumerate(described)
        ]
        states = [{name: self._read(item) for name, item in record["attributes"].items()} for record in described]
        # From here on nothing can fail that was described by us.
        versions = {obj: obj._clock.version for obj in self.existing.values() if isinstance(obj, Stepped)}
        for place, (obj, state) in enumerate(zip(self._objects, states, strict=True)):
            _fill(obj, state, exists=place in self.existing)
        for obj, version in versions.items():
            # What others have computed from the old values must not be taken for computed from these.
            obj._clock.version = 1 + max(version, obj._clock.version)
        return self._objects

    def _read(self, form: Any) -> Any:
        if isinstance(form, list):
            return [self._read(item) for item in form]
        if not isinstance(form, dict):
            return form
        ((kind, content),) = form.items()
        return self._ways[kind](content)

    def _tensor(self, name: str, *, leaf: bool = False) -> torch.Tensor:
        if name not in self._tensors:
            array = self.description.arrays[name]
            copied = torch.from_numpy(array.copy()) if isinstance(array, np.ndarray) else array.clone()
            self._tensors[name] = copied.requires_grad_(leaf)
        return self._tensors[name]

    def _parameter(self, parts: list[Any]) -> torch.Tensor:
        name, wanted = parts
        tensor = self._tensor(name)
        if not isinstance(tensor, torch.nn.Parameter):
            tensor = self._tensors[name] = torch.nn.Parameter(tensor, requires_grad=wanted)
        return tensor

    def _array(self, name: str) -> np.ndarray[Any, Any]:
        if name not in self._arrays:
            self._arrays[name] = self.description.arrays[name].copy()
        return self._arrays[name]


_DTYPES = {
    str(dtype).removeprefix("torch."): dtype for dtype in (torch.float32, torch.float64, torch.bool, torch.int64)
}


def _shell(kind: type) -> Any:
    """An object without attributes."""
    obj: Any = object.__new__(kind)
    if isinstance(obj, torch.nn.Module):
        torch.nn.Module.__init__(obj)
    return obj


def _fill(obj: Any, state: dict[str, Any], *, exists: bool) -> None:
    """Give an object its attributes; one that exists loses those that it had."""
    own: dict[str, Any] | None = getattr(obj, "__dict__", None)
    before = dict(own or {})
    if exists and own is not None:
        own.clear()
        own.update({name: before[name] for name in HOOKS & before.keys()})
        # An optimizer may hold the parameters themselves.
        for name, parameter in (before.get("_parameters") or {}).items():
            new = state["_parameters"].get(name)
            if parameter is not None and new is not None and new.shape == parameter.shape:
                with torch.no_grad():
                    state["_parameters"][name] = parameter.copy_(new)
    if isinstance(obj, torch.nn.Module) or not hasattr(obj, "__setstate__"):
        vars(obj).update(state)
    else:
        obj.__setstate__(state)
