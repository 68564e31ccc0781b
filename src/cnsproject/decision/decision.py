"""The decisions that a notebook hands to a population: `LIFPopulation(100, decision=WinnerTakeAll(k=1))`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from cnsproject.checks import named_arguments, number, one_of, whole
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.network.deciding import AbstractDecision
from cnsproject.plan import Competition

__all__ = ["AbstractDecision", "WinnerTakeAll", "WinnerTakeAllDecision"]

Among = Literal["all", "positions", "maps"]
Losers = Literal["reset", "keep"]


@dataclass(frozen=True)
class WinnerTakeAll(AbstractDecision):
    """Winner-take-all, and k-winners-take-all: in each group at most k neurons spike.

    Of the neurons of a group that reach their threshold in a step those with the highest membrane spike, before it is
    reset; of equal ones those of the lowest index. The others do not: s is False, no trace, nothing is delivered.

    k       how many neurons of a group may spike, in a step and within `hold` of each other
    among   the groups: "all" neurons; in a population of shape (f, h, w) "positions", the f maps at each place, or
            "maps", the h*w places of each map
    hold    ms for which a neuron that spiked counts as one of the k, beyond the step of its spike. Meanwhile it may
            spike again, which prolongs it, and of the others as many as the k leave room for. 0: every step is decided
            anew; math.inf: until reset_state_variables. It is kept as the state `hold_left`, in steps
    losers  "reset": set back as if they had fired, with their refractory period; "keep": they stay above threshold and
            may fire in the next step

    `WinnerTakeAllDecision` is another name. Maass 2000, Neural Comput. 12:2519; the competition between maps
    and places is that of Kheradpisheh et al. 2018, Neural Netw. 99:56, sec. 2.3.

    >>> import torch
    >>> import cnsproject as cns
    >>> reached = torch.tensor([False, True, True, True])
    >>> potentials = torch.tensor([-50.0, -54.0, -51.0, -53.0])  # mV
    >>> cns.WinnerTakeAll(k=2).compute(reached, potentials=potentials).tolist()
    [False, False, True, True]
    """

    k: int
    among: Among
    hold: float
    losers: Losers

    @named_arguments
    def __init__(self, k: int = 1, *, among: Among = "all", hold: float = 0.0, losers: Losers = "reset") -> None:
        endless = isinstance(hold, float) and hold == math.inf
        held = math.inf if endless else number("WinnerTakeAll.hold", hold, "ms")
        if held < 0:
            raise ParameterError(
                "WinnerTakeAll.hold", got=f"{held:g}", expected="a time >= 0 (ms)", fix="use 0 for none, or math.inf"
            )
        vars(self).update(
            k=whole("WinnerTakeAll.k", k, least=1),
            among=one_of("WinnerTakeAll.among", among, get_args(Among)),
            hold=held,
            losers=one_of("WinnerTakeAll.losers", losers, get_args(Losers)),
        )

    def competition(self, shape: tuple[int, ...]) -> Competition:
        """What is decided in a population of this shape; ShapeError where it has no such groups."""
        resets = self.losers == "reset"
        if self.among == "all":
            return Competition(self.k, 1, math.prod(shape), False, self.hold, resets)
        if len(shape) != 3:
            raise ShapeError(
                f"WinnerTakeAll(among={self.among!r})", got=f"shape {shape}", expected="(maps, rows, columns)",
                fix="give the population three axes, or choose among='all'",
            )  # fmt: skip
        return Competition(self.k, shape[0], shape[1] * shape[2], self.among == "positions", self.hold, resets)


WinnerTakeAllDecision = WinnerTakeAll
