"""The operations of a step. Each says which buffers it sets, adds to, reads and updates.

In one step a buffer is at most set once, then added to, then read, then updated once; `Plan` checks it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from cnsproject.dynamics.step import Step

Weights = Literal["shared", "matrix", "synapses"]


@dataclass(frozen=True)
class Operation(ABC):
    """One thing that happens in every step; `owner` is the name of the object it belongs to."""

    owner: str

    @property
    def sets(self) -> tuple[str, ...]:
        """Buffers whose content is new, whatever was in them."""
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Buffers that are read and left as they are."""
        return ()

    @property
    def updates(self) -> tuple[str, ...]:
        """Buffers whose new content depends on the old one."""
        return ()

    @abstractmethod
    def __str__(self) -> str:
        """The line of this operation in the listing of a plan."""


@dataclass(frozen=True)
class Deliver(Operation):
    """Advance a connection: what arrives at its post neurons, and the current that follows from it.

    late     whether post steps before pre (or is pre): spikes of the same step then arrive in the next one
    weights  "shared": one for all pairs, "matrix": one per pair, "synapses": a list of synapses per source
    """

    step: Step
    spikes: str
    weight: str
    current: str
    delay: int
    late: bool
    weights: Weights

    @property
    def reads(self) -> tuple[str, ...]:
        wiring = (f"{self.owner}.pointers", f"{self.owner}.targets") if self.weights == "synapses" else ()
        return self.spikes, self.weight, *wiring

    @property
    def updates(self) -> tuple[str, ...]:
        return (self.current,)

    @property
    def lag(self) -> int:
        """How many steps before the present one the spikes were made that arrive now."""
        return self.delay or int(self.late)

    def __str__(self) -> str:
        when = f"[{self.lag} step{'s' * (self.lag > 1)} ago]" if self.lag else ""
        return f"{self.current} <- decay, + {self.weight} * {self.spikes}{when}"


@dataclass(frozen=True)
class Gather(Operation):
    """The input of a layer: its external input and the currents of its connections, summed in this order."""

    target: str
    external: str
    currents: tuple[str, ...]

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.external, *self.currents)

    def __str__(self) -> str:
        return f"{self.target} = " + " + ".join([f"{self.external}[step]", *self.currents])


@dataclass(frozen=True)
class Advance(Operation):
    """One step of a layer: integrate, spike, reset, trace."""

    step: Step
    input: str
    states: tuple[str, ...]
    spikes: str

    @property
    def state_names(self) -> tuple[str, ...]:
        """The states as the declaration calls them."""
        return tuple(name.removeprefix(f"{self.owner}.") for name in self.states)

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.spikes,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def updates(self) -> tuple[str, ...]:
        return self.states

    def __str__(self) -> str:
        return f"{', '.join(self.states)}; {self.spikes} <- step({self.input})"


@dataclass(frozen=True)
class Record(Operation):
    """Copy a buffer into the recording of this step."""

    source: str
    target: str

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    def __str__(self) -> str:
        return f"{self.target}[step] = {self.source}"
