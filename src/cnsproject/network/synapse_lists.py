"""`SynapseLists`: which synapses leave a neuron, and which end at one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnsproject.network.wires import Wires


@dataclass(frozen=True)
class SynapseLists:
    """Synapses in the order of the weights; flat indices of neurons.

    sources, targets, groups  of every synapse; `groups` is the number of its delay
    firsts                    where those of source i with delay g begin: firsts[i*G + g], and the end
    onto, onto_firsts         the synapses by their target, ascending, and where those of each target begin
    """

    sources: Tensor
    targets: Tensor
    groups: Tensor
    firsts: Tensor
    onto: Tensor
    onto_firsts: Tensor
    delays: int

    @classmethod
    def of_wires(cls, wires: Wires) -> SynapseLists:
        """Those of a list of synapses."""
        sources, groups = torch.from_numpy(wires.sources), torch.from_numpy(wires.groups)
        targets = torch.from_numpy(wires.targets.astype("int64"))
        firsts = torch.from_numpy(wires.pointers)
        return cls._with_targets(sources, targets, groups, firsts, max(1, len(wires.steps)), wires.post)

    @classmethod
    def of_matrix(cls, pre: int, post: int) -> SynapseLists:
        """Those of a weight for every pair, rows of sources."""
        sources = torch.arange(pre).repeat_interleave(post)
        targets = torch.arange(post).repeat(pre)
        return cls._with_targets(sources, targets, torch.zeros_like(sources), post * torch.arange(pre + 1), 1, post)

    @classmethod
    def _with_targets(
        cls, sources: Tensor, targets: Tensor, groups: Tensor, firsts: Tensor, delays: int, post: int
    ) -> SynapseLists:
        counts = torch.bincount(targets, minlength=post)
        onto_firsts = torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])
        return cls(sources, targets, groups, firsts, torch.argsort(targets, stable=True), onto_firsts, delays)

    def leaving(self, neurons: Tensor, delay: int) -> Tensor:
        """The synapses of some sources with one of the delays."""
        places = neurons * self.delays + delay
        return _ranges(self.firsts[places], self.firsts[places + 1])

    def ending(self, neurons: Tensor) -> Tensor:
        """The synapses onto some targets."""
        return self.onto[_ranges(self.onto_firsts[neurons], self.onto_firsts[neurons + 1])]


def _ranges(firsts: Tensor, lasts: Tensor) -> Tensor:
    """first, ..., last-1 of each pair, one after the other."""
    count = lasts - firsts
    start = torch.repeat_interleave(firsts - torch.cumsum(count, 0) + count, count)
    return start + torch.arange(len(start))
