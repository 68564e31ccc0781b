"""From a Step to functions that run it on torch tensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from cnsproject.dynamics.plasticity import Event
from cnsproject.dynamics.step import Step
from cnsproject.executors.base import printed_module
from cnsproject.executors.eager.printer import print_module

Value = float | np.ndarray[Any, np.dtype[np.float64]]


class PrintedStep(Protocol):
    """The module printed for a Step."""

    USES: tuple[str, ...]
    PARAMETERS: tuple[str, ...]
    STATES: tuple[str, ...]
    EXACT: bool

    def constants(self, xp: Any, *parameters: Any) -> tuple[Any, ...]:
        """Values of USES from values of PARAMETERS."""
        ...

    def step(self, k: Any, norm: Any, silent: Any, surrogate: Any, *values: Any) -> tuple[Any, Any, Any, bool]:
        """One step: new states, spikes, checks, whether anything fired."""
        ...

    def deliver(self, k: Any, *values: Any) -> Any:
        """What a synapse delivers, from its inputs and states."""
        ...


@cache
def _printed(text: str, step: Step | Event) -> PrintedStep:
    return cast(PrintedStep, printed_module("eager", text, lambda: print_module(text, step.update())))


def printed(step: Step | Event) -> PrintedStep:
    """The functions of a step or of what happens at a spike, from the cache or printed now."""
    return _printed(step.text, step)


def constants(
    code: PrintedStep, values: Mapping[str, Value], dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, ...]:
    """The constants of a step: computed in double precision and rounded once to `dtype`."""
    given = [np.float64(v) if isinstance(v, float) else v for v in (values[name] for name in code.PARAMETERS)]
    results = code.constants(np, *given)
    if all(np.ndim(r) == 0 for r in results):
        return torch.tensor(results, dtype=torch.float64).to(dtype=dtype, device=device).unbind() if results else ()
    return tuple(torch.as_tensor(np.asarray(r, dtype=np.float64), dtype=dtype).to(device) for r in results)
