"""When a step by hand runs compiled code."""

from __future__ import annotations

from torch import Tensor

from cnsproject.dynamics.step import Step
from cnsproject.executors.cpu.by_hand import HandStep, compiler_is_loaded, hand_step
from cnsproject.network.clock import Ready

_PATIENCE = 1000  # steps between two looks; a loop that went on for so long is worth an import


def look_for_compiled(
    ready: Ready, step: Step, like: Tensor, steps: int, *, single: frozenset[str] = frozenset(), wait: bool = False
) -> HandStep | None:
    """The compiled step of an object that has made `steps`, for states such as `like`; None where torch is to run.

    Where torch and native code give the same bits nobody waits for a compiler, except for `wait`. Where they do not,
    native code is what every executor runs.
    """
    ready.look_at = steps + _PATIENCE
    wait = wait or not ready.exact
    if ready.cpu and (wait or steps >= _PATIENCE or compiler_is_loaded()):
        ready.hand = hand_step(step, ready.names, ready.constants, like, single, wait=wait)
    return ready.hand
