"""`Competition`: of the neurons of a layer that reach their threshold in a step, only some spike."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Competition:
    """Who spikes of those that reach their threshold: in each group the neurons with the highest membrane.

    A layer is `maps` times `places` neurons, neuron = map*places + place.

    most     neurons of a group that may spike within `hold` of each other
    across   whether a group is one place in all maps; else it is one map with all its places
    hold     ms for which a neuron that spiked counts as one of these, beyond its step
    resets   whether those that do not spike are reset all the same
    """

    most: int
    maps: int
    places: int
    across: bool
    hold: float
    resets: bool

    @property
    def groups(self) -> int:
        """Number of groups."""
        return self.places if self.across else self.maps

    @property
    def members(self) -> int:
        """Neurons of a group."""
        return self.maps if self.across else self.places

    def __str__(self) -> str:
        where = "" if self.groups == 1 else " at each place" if self.across else " in each map"
        losers = "reset" if self.resets else "kept"
        forever = "until the reset" if math.isinf(self.hold) else f"for {self.hold:g} ms"
        winners = f"{self.most} winner{'s' * (self.most > 1)}"
        return f"at most {winners}{where}{f' {forever}' * (self.hold > 0)}, others {losers}"
