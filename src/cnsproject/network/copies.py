"""`Copy`: a tensor that is computed from what is kept, so that writing into it would change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.errors import StateError


class Copy(Tensor):
    """Values that are computed anew whenever they are asked for. Writing into them or a view of them is an error.

    What is computed from them is a tensor like any other; numpy cannot write into them either.
    """

    _what: str
    _instead: str

    @staticmethod
    def of(values: Tensor, what: str, instead: str) -> Copy:
        """The values as a copy of `what`; `instead` is what to do for those who write into them."""
        copy = values.as_subclass(Copy)
        copy._what, copy._instead = what, instead
        return copy

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            named = dict(kwargs or {})
            copies = {id(one): one for one in (*args, *named.values()) if isinstance(one, Copy)}
            plain = {key: one.as_subclass(Tensor) for key, one in copies.items()}
            before = {key: one._version for key, one in plain.items()}
            found = func(
                *(plain.get(id(one), one) for one in args),
                **{name: plain.get(id(one), one) for name, one in named.items()},
            )
            for key, one in copies.items():
                if plain[key]._version != before[key] or plain[key].requires_grad:
                    raise StateError(
                        f"{one._what}[...]", got="a write into a copy", expected="an assignment", fix=one._instead
                    )
            return _guarded(found, list(copies.values()))


def _guarded(found: Any, copies: list[Copy]) -> Any:
    """What was found, in a form that cannot be written into where it shares memory with one of the copies."""
    if type(found) in (tuple, list):
        return type(found)(_guarded(one, copies) for one in found)
    for one in copies:
        if isinstance(found, np.ndarray) and found.ctypes.data == one.data_ptr():
            found.flags.writeable = False
        elif isinstance(found, Tensor) and found.untyped_storage().data_ptr() == one.untyped_storage().data_ptr():
            return Copy.of(found, one._what, one._instead)
    return found
