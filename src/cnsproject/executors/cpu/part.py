"""`Part`: what all that assembles one thread's calls has in common."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from cnsproject.executors.cpu.printer import Layer
from cnsproject.executors.cpu.words import Calls, Word, address, compiled, let_others_run, library

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Program

Array = npt.NDArray[Any]


class Part:
    """One of several threads of a program, and its calls as far as they are assembled.

    shared   counters that all threads see
    fresh    layers and releases of this step that not every thread may have listed
    meeting  words of the kernel that waits for other threads
    """

    def __init__(self, program: Program, rank: int, threads: int, shared: Array) -> None:
        self.program, self.rank, self.threads = program, rank, threads
        self.calls = Calls(program.plan.dtype)
        self.fresh: set[str] = set()
        self.meeting = program.stagger.alone(4)
        self.meeting[:] = address(shared), threads, 0, let_others_run()

    def range(self, layer: str) -> tuple[int, int]:
        """First neuron of a layer that this thread owns, and the one behind the last."""
        bounds = self.program.logs[layer].bounds
        return bounds[self.rank], bounds[self.rank + 1]

    def wait(self) -> None:
        """Wait for the other threads, where there are any."""
        if self.threads > 1:
            self.calls.append(library("kernels.py", self.calls.precision).meet.address, address(self.meeting))

    def fade(self, owner: str, states: tuple[str, ...], due: int, first: int, last: int) -> None:
        """What has all but faded is 0, once in a while."""
        program = self.program
        arrays: list[Word] = [program.ahead.get(name, program.arrays[name])[first:] for name in states]
        if arrays and last > first:
            self.calls.add("fade", last - first, program.given.since[owner], due, len(arrays), *arrays)

    def loop(
        self, printed: Layer, values: dict[str, Array], first: int, last: int, streamed: dict[str, Array]
    ) -> tuple[ModuleType, int]:
        """A printed loop over some neurons, with values and rows of steps for what it names; the module, the words."""
        module = compiled(printed, self.calls.precision)
        words: list[Word] = [last - first]
        for name in module.ARGUMENTS:
            if name in streamed:
                rows = streamed[name]
                words += [rows, len(rows), 0 if len(rows) == 1 else rows.strides[0]]
            else:
                value = values[name]
                words.append(value if value.size == 1 else value[first:])
        row = self.calls.row(*words)
        self.calls.append(module.advance.address, row)
        return module, row


def single(values: dict[str, Array]) -> frozenset[str]:
    """Names of what is one number for all neurons."""
    return frozenset(name for name, value in values.items() if value.ndim == 0)
