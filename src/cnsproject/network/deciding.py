"""`AbstractDecision`: what a population is told about who of its neurons may spike."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive, steps_on_grid
from cnsproject.errors import ShapeError
from cnsproject.executors.eager import kernels
from cnsproject.plan import Competition


class AbstractDecision(ABC):
    """Decides who spikes of the neurons that reach their threshold in a step (abstract).

    A population that was given one asks it in every step; `compute` and `update` say the same of tensors. A decision
    of your own is a subclass with `competition`, which tells all executors what to do.
    """

    @abstractmethod
    def competition(self, shape: tuple[int, ...]) -> Competition:
        """What is decided in a population of this shape; ShapeError where it has no such groups."""

    @named_arguments
    def compute(self, spikes: Tensor, potentials: Tensor, hold_left: Tensor | None = None) -> Tensor:
        """Who spikes: bool, of the neurons where `spikes` says that they reached their threshold.

        spikes      bool or 0/1 (*shape)
        potentials  the membrane before the reset (*shape)
        hold_left   steps for which a neuron still counts as a winner (*shape), as `update` gives it
        """
        what = f"{type(self).__name__}.compute"
        for name, given in (("potentials", potentials), ("hold_left", hold_left)):
            if given is not None and given.shape != spikes.shape:
                raise ShapeError(
                    f"{what}({name})", got=f"shape {tuple(given.shape)}",
                    expected=f"that of the spikes, {tuple(spikes.shape)}", fix="give one number per neuron",
                )  # fmt: skip
        return kernels.winners(self.competition(tuple(spikes.shape)), spikes != 0, potentials, hold_left)

    @named_arguments
    def update(self, winners: Tensor, hold_left: Tensor | None = None, *, dt: float = 1.0) -> Tensor:
        """Steps of `dt` (ms) for which every neuron counts as a winner after this step, for the next `compute`."""
        steps = hold_steps(self.competition(tuple(winners.shape)), positive(f"{type(self).__name__}.update(dt)", dt))
        left = torch.zeros(winners.shape) if hold_left is None else (hold_left - 1).clamp(min=0)
        return torch.where(winners != 0, steps, left)


def hold_steps(competition: Competition, dt: float) -> float:
    """The hold in steps, which may be infinite. TimeGridError for one off the grid."""
    if competition.hold == float("inf"):
        return competition.hold
    return float(steps_on_grid("decision.hold", competition.hold, dt))
