"""`Learners`: the calls of one thread by which weights learn."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from cnsproject.dynamics.step import Step
from cnsproject.executors.cpu.histories import Histories
from cnsproject.executors.cpu.learning import Learns, in_one_thread
from cnsproject.executors.cpu.part import Part, single
from cnsproject.executors.cpu.printer import Layer, local
from cnsproject.executors.cpu.rules import SIDES
from cnsproject.plan import Learn, Synapses

Array = npt.NDArray[Any]


class Learners:
    """Adds the calls of a part of a program.

    histories  those of connections whose weights learn when spikes arrive
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.histories: dict[str, Histories] = {}

    def remember(self, synapses: Synapses, first: int, last: int) -> None:
        """Have weights learn when spikes arrive, where nobody sees the difference."""
        learn = self.part.program.on_arrival.get(synapses.owner)
        if learn is None or last == first:
            return
        program, pre, post = self.part.program, learn.spikes.removesuffix(".s"), learn.fired.removesuffix(".s")
        given, traces = program.given.learning[learn.owner], program.traces[self.part.rank][learn.owner]
        self._decay(learn, "post")
        logs = program.logs[pre], program.logs[post]
        self.histories[learn.owner] = Histories(
            self.part.calls, program.plan.dtype, learn, given, traces, logs, first, last, self.part.rank
        )

    def add(self, learn: Learn) -> None:
        """Traces a step later, and what spikes do to the synapses of this thread's targets."""
        program = self.part.program
        pre, post = learn.spikes.removesuffix(".s"), learn.fired.removesuffix(".s")
        first, last = self.part.range(post)
        if learn.owner in program.on_arrival:
            if last > first:
                self.histories[learn.owner].fire()
            return
        alone = in_one_thread(learn)
        if alone or (0 in learn.lags and pre in self.part.fresh):
            self.part.wait()
            self.part.fresh.clear()
        if alone:
            first, last = (0, program.logs[post].bounds[-1]) if self.part.rank == 0 else (0, 0)
        if last > first:
            for side in (*SIDES, "synapse"):
                self._decay(learn, side)
            given, traces = program.given.learning[learn.owner], program.traces[self.part.rank][learn.owner]
            logs, parts = (program.logs[pre], program.logs[post]), slice(self.part.rank, self.part.rank + 1)
            Learns(self.part.calls, program.plan.dtype).add(
                learn, given, program.arrays, traces, logs, first, last, slice(None) if alone else parts
            )
        if alone:
            self.part.wait()

    def _decay(self, learn: Learn, side: str) -> None:
        """The traces of one side a step later."""
        program, names = self.part.program, learn.plasticity.trace(side).states
        given, traces = program.given.learning[learn.owner], program.traces[self.part.rank][learn.owner]
        own = [traces[name] for name in names]
        size = len(own[0]) if own else 0
        if size:
            self.part.calls.add("fade", size, given.since, 0, len(own), *own)
            step = Step(learn.plasticity.trace(side), "exponential euler")
            values = {local(name): traces[name] for name in names}
            values |= {local(name): value for name, value in given.numbers[f"trace {side}"].items()}
            self.part.loop(Layer(step, (), (), (), "", single(values)), values, 0, size, {})
