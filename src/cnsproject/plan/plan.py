"""`Plan`: buffers and operations in the order of a step; printable, comparable, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnsproject.plan.operations import Operation


@dataclass(frozen=True)
class Buffer:
    """An array that operations work on. `shape` is that of one step."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}{list(self.shape)}"


@dataclass(frozen=True)
class Plan:
    """One step of a network. Two plans are equal when they compute the same; `str(plan)` can be read and diffed."""

    dt: float
    dtype: str
    buffers: tuple[Buffer, ...]
    operations: tuple[Operation, ...]

    def __post_init__(self) -> None:
        names = [buffer.name for buffer in self.buffers]
        assert len(names) == len(set(names)), "a buffer was declared twice"
        fresh: set[str] = set()
        updated: set[str] = set()
        for operation in self.operations:
            unknown = {*operation.sets, *operation.reads, *operation.updates} - set(names)
            assert not unknown, f"{operation} uses undeclared {unknown}"
            assert not fresh & set(operation.sets), f"{operation} sets a buffer twice in a step"
            assert not updated & set(operation.updates), f"{operation} updates a buffer twice in a step"
            fresh |= set(operation.sets)
            updated |= set(operation.updates)

    def __str__(self) -> str:
        width = max((len(operation.owner) for operation in self.operations), default=0)
        lines = [f"step of {self.dt:g} ms, {self.dtype}", "buffers"]
        lines += [f"    {buffer}" for buffer in self.buffers]
        lines += ["every step"]
        lines += [f"    {operation.owner:<{width}}  {operation}" for operation in self.operations]
        return "\n".join(lines)
