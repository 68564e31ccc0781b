"""`SynapseLists`: which synapses leave a neuron, and which end at one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.network.wires import Wires

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SynapseLists:
    """Synapses in the order of the weights; flat indices of neurons. What follows from others is made when needed.

    firsts   where those of source i with delay number g begin: firsts[i*delays + g], and the end
    targets  the target of every synapse, ascending within each of these
    post     number of targets
    """

    firsts: npt.NDArray[np.int64]
    targets: Ints
    delays: int
    post: int

    @classmethod
    def of_wires(cls, wires: Wires) -> SynapseLists:
        """Those of a list of synapses."""
        firsts = np.ascontiguousarray(wires.segments)
        return cls(firsts, wires.ends, max(1, len(wires.steps)), wires.post)

    @classmethod
    def of_matrix(cls, pre: int, post: int) -> SynapseLists:
        """Those of a weight for every pair, rows of sources."""
        return cls(post * np.arange(pre + 1), np.tile(np.arange(post, dtype=np.int32), pre), 1, post)

    @cached_property
    def places(self) -> Tensor:
        """Source and delay of every synapse: source * delays + number of the delay."""
        counts = torch.from_numpy(np.diff(self.firsts))
        return torch.repeat_interleave(torch.arange(len(counts)), counts)

    @cached_property
    def ends(self) -> Tensor:
        """The target of every synapse."""
        return torch.from_numpy(self.targets).long()

    @cached_property
    def onto(self) -> Tensor:
        """The synapses by their target, ascending."""
        return torch.argsort(self.ends, stable=True)

    @cached_property
    def onto_firsts(self) -> Tensor:
        """Where those of each target begin in `onto`, and the end."""
        counts = torch.bincount(self.ends, minlength=self.post)
        return torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])

    @cached_property
    def by_target(self) -> dict[str, npt.NDArray[Any]]:
        """`onto` and `onto_firsts` as native code takes them, with the place of each of these synapses."""
        places = self.places[self.onto].numpy().astype(np.int32)
        return {"onto": self.onto.numpy(), "onto_firsts": self.onto_firsts.numpy(), "places": places}

    @property
    def nbytes(self) -> int:
        """What has been made."""
        made = [*vars(self).values(), *vars(self).get("by_target", {}).values()]
        return sum(part.nbytes for part in made if isinstance(part, np.ndarray | Tensor))

    def leaving(self, neurons: Tensor, delay: int) -> Tensor:
        """The synapses of some sources with one of the delays."""
        firsts, places = torch.from_numpy(self.firsts), neurons * self.delays + delay
        return _ranges(firsts[places], firsts[places + 1])

    def ending(self, neurons: Tensor) -> Tensor:
        """The synapses onto some targets."""
        return self.onto[_ranges(self.onto_firsts[neurons], self.onto_firsts[neurons + 1])]


def _ranges(firsts: Tensor, lasts: Tensor) -> Tensor:
    """first, ..., last-1 of each pair, one after the other."""
    count = lasts - firsts
    start = torch.repeat_interleave(firsts - torch.cumsum(count, 0) + count, count)
    return start + torch.arange(len(start))
