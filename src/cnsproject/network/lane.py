"""`Lane`: a native run that is made again and again, every time with other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnsproject.network.connection import AbstractConnection
from cnsproject.network.inputs import Input
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.native import NativeRun
from cnsproject.plan import Record

if TYPE_CHECKING:
    from cnsproject.network.network import Network

Numbers = Mapping[str, Mapping[str, npt.NDArray[np.generic]]]  # object: name: number


class Lane(NativeRun):
    """The steps of a network, all in one piece, assembled once; nothing of it is shared with the network.

    A run takes the numbers of `numbers_of`, and gives the network what it found when `hand_over` is called.
    """

    def __init__(self, net: Network, inputs: Mapping[str, Input], steps: int) -> None:
        super().__init__(net.plan(), net.layers, net.connections, net.monitors, inputs, None, (0, steps), 1)
        self.in_one_piece = min(self.rows, self.program.chunk) >= steps
        self._filled = False
        self._inputs, self._begun = inputs, self.program.begin(0)
        self._taken = {name: self._made_before(name) for name in self.monitors}

    def _is_in_place(self, record: Record) -> bool:
        return record.source.rpartition(".")[2] == "s"

    def _external(self, given: Input) -> npt.NDArray[np.generic]:
        rows = super()._external(given)
        return rows if given.streams else rows.copy()

    def go(self, numbers: Numbers, inputs: Mapping[str, Input]) -> bool:
        """Make all steps; whether they are made, which they are not where a state becomes infinite."""
        if not self._filled:
            self._fill_streams(self.first, self.last)
            self._filled = True
        self.program.restore(self._begun)
        for owner, values in numbers.items():
            for name, value in values.items():
                own = self.arrays[f"{owner}.w"] if name == "w" else self.program.given.constants[owner][name]
                own[...] = value
        if inputs is not self._inputs:
            for layer, given in inputs.items():
                self.arrays[f"{layer}.external"][...] = given.rows.numpy()
            self._inputs = inputs
        return self.program.run(self.first, self.last) == self.last

    def hand_over(self, *, states: bool) -> None:
        """The recordings go to the monitors, and the states to their objects, where they are asked for."""
        self._handed = 0
        self._hand_recordings(self.first, self.last)
        if states:
            self._hand_back(self.last - self.first, self.last)
        else:
            for layer in self.layers.values():
                layer._clock.steps += self.last - self.first


def numbers_of(obj: ModelPopulation | AbstractConnection) -> dict[str, npt.NDArray[np.generic]]:
    """The constants of a step, and the one weight of all synapses."""
    found = obj.constants()
    if isinstance(obj, AbstractConnection) and not obj.weight.ndim:
        found["w"] = obj.weight.detach().numpy().copy()
    return found
