"""`Clock` and `Ready`: how far an object is, and the printed step that takes it further."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from cnsproject.executors.cpu.by_hand import HandStep


class Clock:
    """How far an object is; apart from it, because setting an attribute of a torch module costs as much as an addition.

    steps      made since the last reset
    delivered  steps of pre whose spikes a connection has delivered, where they need no time
    served     steps of post that a connection has delivered for since it counts
    advanced_for  the step of post that a connection delivered for last
    version    how often the meaning of the object changed (parameters, dt, signs)
    stamp      versions for which a connection's constants hold
    silent     whether the last step had no spike for sure
    history    spikes of the last steps, newest last; None stands for a step without spikes
    watch      sum of the checks that were not looked at yet (away from the CPU)
    output     what a connection delivered last, where that is none of its states
    """

    __slots__ = (
        "advanced_for", "delivered", "history", "output", "served", "silent", "stamp", "steps", "version", "watch",
    )  # fmt: skip

    def __init__(self) -> None:
        self.steps = 0
        self.delivered = 0
        self.served = 0
        self.advanced_for = -1
        self.version = 0
        self.stamp: tuple[int, int, int] | None = None
        self.silent = False
        self.history: deque[Tensor | None] = deque(maxlen=0)
        self.watch: Tensor | None = None
        self.output: Tensor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


@dataclass(slots=True)
class Ready:
    """A printed step with its constants, for one dtype and device; and the compiled one, where there is one."""

    step: Callable[..., Any]
    names: tuple[str, ...]  # of the constants
    constants: tuple[Tensor, ...]
    states: tuple[str, ...]
    cpu: bool
    exact: bool  # whether torch and native code give the same bits
    deliver: Callable[..., Any] | None  # what a synapse delivers, where that is none of its states
    hand: HandStep | None = None
    look_at: int = 0  # step in which to look for compiled code, while there is none
