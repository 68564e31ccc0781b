"""`Recordings`: the calls of one thread that write what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.cpu.histories import Histories
from cnsproject.executors.cpu.part import Part
from cnsproject.plan import Record

if TYPE_CHECKING:
    from cnsproject.executors.cpu.executor import Group

Array = npt.NDArray[Any]


class Recordings:
    """Adds the calls of a part of a program; `histories` are those of its weights that learn when spikes arrive."""

    def __init__(self, part: Part, histories: Mapping[str, Histories]) -> None:
        self.part, self.histories = part, histories

    def of_group(self, group: Group) -> None:
        """What is recorded when all layers have advanced. (Spikes need no copy, they are listed anyway.)"""
        program = self.part.program
        sources = {state for synapses in group.synapses for state in (*synapses.states, synapses.output)}
        sources |= set(group.advance.states) if group.advance else set()
        for record in program.records:
            if record.source in sources - set(program.ahead):
                self.add(record, program.arrays[record.source], *self.part.range(group.layer))
            for release in group.releases:
                if record.source in release.states:
                    layer = release.spikes.removesuffix(".s")
                    self.add(record, program.arrays[record.source], *self.part.range(layer))

    def of_weights(self) -> None:
        """Weights that learn: one thread copies those of all, which wait for it."""
        learning = {learn.weight: self.histories.get(learn.owner) for learn in self.part.program.learns}
        for record in self.part.program.records:
            if record.source in learning:
                histories, due = learning[record.source], self._due(record)
                if histories:
                    histories.show(due)
                self.part.wait()
                if self.part.rank == 0:
                    weight = self.part.program.arrays[record.source]
                    self.add(record, weight, 0, weight.size)
                self.part.wait()
                if histories:
                    histories.go_on(due)

    def add(self, record: Record, source: Array, first: int, last: int) -> None:
        """Copy this thread's part of a row."""
        target, row = self.part.program.arrays[record.target], self._due(record)
        if record.indices:
            indices = self.part.program.arrays[record.indices]
            a, b = np.searchsorted(indices, [first, last])
            if b > a and indices[b - 1] - indices[a] == b - a - 1:  # a piece
                self.part.calls.add("record", (b - a) * source.itemsize, source[indices[a] :], target[:, a:], *row)
            elif b > a:
                self.part.calls.add("record_part", b - a, source, indices[a:b], target[:, a:], *row)
        elif last > first:
            self.part.calls.add("record", (last - first) * source.itemsize, source[first:], target[:, first:], *row)

    def _due(self, record: Record) -> list[int]:
        """In which steps something is recorded, and where: words of `due`."""
        target, given = self.part.program.arrays[record.target], self.part.program.given
        since, (begin, end), (every, phase) = given.recorded[record.target], record.between, record.every
        zero = since - phase - every * given.begins.get(record.target, 0)
        return [len(target), target.strides[0], begin - since, end - since, every, zero]
