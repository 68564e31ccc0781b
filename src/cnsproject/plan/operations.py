"""The operations of a step. Each says which buffers it sets, adds to, reads and updates.

In one step a buffer is at most set once, then added to, then read, then updated once; `Plan` checks it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Literal

from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.dynamics.step import Step
from cnsproject.plan.competition import Competition

Weights = Literal["shared", "matrix", "uniform", "synapses", "scaled", "kernel"]
Given = Literal["", "spikes", "rates", "times"]
ENDLESS = 2**62  # steps that no run makes


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
class Release(Operation):
    """Short-term plasticity of a connection: what the spikes of its sources in their last step release.

    states   kept per source neuron
    release  one of them: what the weight of a spike is multiplied with, zero without a spike
    spikes   of the sources
    late     whether the last step is that before the present one: post steps before pre, or is pre
    """

    step: Step
    states: tuple[str, ...]
    release: str
    spikes: str
    late: bool

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.spikes,)

    @property
    def updates(self) -> tuple[str, ...]:
        return self.states

    def __str__(self) -> str:
        return f"{', '.join(self.states)} <- step({self.spikes}{'[1 step ago]' * self.late})"


@dataclass(frozen=True)
class Synapses(Operation):
    """Advance the synapses of a connection: what arrives at its post neurons, and what they feel of it.

    states    kept per post neuron
    output    what is delivered: one of the states, or computed from them
    unit      of the output: "nA", a current, or "mV", a jump of the membrane
    membrane  the membrane of the post neurons where the output depends on it, else empty
    """

    step: Step
    weight: str
    states: tuple[str, ...]
    output: str
    unit: str
    membrane: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.weight, *([self.membrane] if self.membrane else []))

    @property
    def sets(self) -> tuple[str, ...]:
        return () if self.output in self.states else (self.output,)

    @property
    def updates(self) -> tuple[str, ...]:
        return self.states

    def _line(self, arriving: str) -> str:
        instant = self.step.dynamics is not None and not self.step.dynamics.lines
        states = ", ".join(self.states)
        felt = f"; {self.output} of it{f' and {self.membrane}' if self.membrane else ''}" if self.sets else ""
        return f"{states} = {arriving}" if instant else f"{states} <- decay, + {arriving}{felt}"


@dataclass(frozen=True)
class Deliver(Synapses):
    """Synapses that carry the spikes of a layer.

    delays   in steps, each different, longest first
    late     whether post steps before pre (or is pre): spikes of the same step then arrive in the next one
    weights  "shared": one for all pairs, "matrix": one per pair; a list of synapses per source with one weight for all
             of them is "uniform", with one each "synapses", with one each as a whole number "scaled", with the number
             of one each "kernel"
    release  what the spikes of the last step released, where that is not the same for all spikes, else empty
    choice   where a target hears only one of its sources: which, or -1 for none yet; then, if the one with the most
             spikes is heard and not the first to fire, how many spikes of every source have arrived
    """

    spikes: str
    delays: tuple[int, ...]
    late: bool
    weights: Weights
    release: str = ""
    choice: tuple[str, ...] = ()

    @property
    def updates(self) -> tuple[str, ...]:
        return (*super().updates, *self.choice)

    @property
    def reads(self) -> tuple[str, ...]:
        listed = {"kernel": ("pointers", "targets", "numbers"), "shared": (), "matrix": ()}
        wiring = (f"{self.owner}.{part}" for part in listed.get(self.weights, ("pointers", "targets")))
        return (self.spikes, *([self.release] if self.release else []), *super().reads, *wiring)

    @property
    def lags(self) -> tuple[int, ...]:
        """How many steps before the present one the spikes were made that arrive now."""
        return tuple(delay or int(self.late) for delay in self.delays)

    @property
    def ages(self) -> tuple[int, ...]:
        """How many steps before the present one that was made which arrives now: spikes, or what they released."""
        return tuple(lag - int(self.late) for lag in self.lags) if self.release else self.lags

    def __str__(self) -> str:
        lags = self.lags
        ago = f"{lags[-1]} to {lags[0]}" if len(lags) > 1 else f"{lags[0]}" if lags else "0"
        when = f"[{ago} step{'s' * (ago != '1')} ago]" if ago != "0" else ""
        spikes = f"{self.spikes}[{self.choice[0]}]" if self.choice else self.spikes
        released = f" * {self.release} of {spikes}" if self.release else f" * {spikes}"
        return self._line(f"{self.weight}{released}{when}")


@dataclass(frozen=True)
class Drive(Synapses):
    """Synapses that carry the spikes of independent Poisson processes, `sources` of them per neuron: "7", "7 to 9"."""

    sources: str

    def __str__(self) -> str:
        return self._line(f"{self.weight} * {self.sources} Poisson processes")


@dataclass(frozen=True)
class Gather(Operation):
    """The input of a layer: its external input, where it has one, and what connections deliver, in this order."""

    target: str
    external: str
    delivered: tuple[str, ...]

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (*([self.external] if self.external else []), *self.delivered)

    def __str__(self) -> str:
        external = [f"{self.external}[step]"] if self.external else []
        return f"{self.target} = " + " + ".join([*external, *self.delivered])


@dataclass(frozen=True)
class Emit(Operation):
    """The spikes of a layer that has no dynamics: `given` as they are, as `rates`, or as `times`."""

    spikes: str
    source: str
    given: Given

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.spikes,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source,)

    def __str__(self) -> str:
        verb = {"spikes": "=", "rates": "<- Poisson of", "times": "<- those due of"}[self.given]
        return f"{self.spikes} {verb} {self.source}[step]"


@dataclass(frozen=True)
class Advance(Operation):
    """One step of a layer: integrate, spike, reset, trace; only the trace where the spikes are given.

    competition  of those that reach their threshold only some spike, where there is one; `step` is then what comes
                 before that is decided
    """

    step: Step
    inputs: tuple[str, ...]
    states: tuple[str, ...]
    spikes: str
    competition: Competition | None = None

    @property
    def after(self) -> Step:
        """What comes after it was decided who spikes."""
        return replace(self.step, part="after")

    @property
    def state_names(self) -> tuple[str, ...]:
        """The states as the declaration calls them."""
        return tuple(name.removeprefix(f"{self.owner}.") for name in self.states)

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.spikes,) if self.step.dynamics else ()

    @property
    def reads(self) -> tuple[str, ...]:
        return self.inputs if self.step.dynamics else (self.spikes,)

    @property
    def updates(self) -> tuple[str, ...]:
        return self.states

    def __str__(self) -> str:
        if self.step.dynamics is None:
            return f"{', '.join(self.states)} <- step({self.spikes})"
        who = f", {self.competition}" if self.competition else ""
        return f"{', '.join(self.states)}; {self.spikes} <- step({', '.join(self.inputs)}){who}"


@dataclass(frozen=True)
class Learn(Operation):
    """Change the weights of a connection when all layers have advanced: spikes arrive, then the targets fire.

    plasticity    the rule
    weight        one per synapse
    traces        of the sources, one per delay, of the targets, and of the synapses
    spikes        of the sources; `lags` steps ago, longest first, those were made that arrive now
    fired         spikes of the targets
    weight_decay  share of every weight that is lost first
    dopamine      what a rule reads that learns from rewards, else empty
    numbers       which weight every synapse has, where they share some, else empty: what all of them ask for when
                  spikes arrive, and again when the targets fire, is summed up and added once
    limits        within which such a weight is kept then
    lag           how many steps ago the spikes of the targets were made that are looked at now
    """

    plasticity: Plasticity
    weight: str
    traces: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    spikes: str
    lags: tuple[int, ...]
    fired: str
    weight_decay: float
    dopamine: str = ""
    numbers: str = ""
    limits: tuple[float, float] | None = None
    lag: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.spikes, self.fired, *(name for name in (self.dopamine, self.numbers) if name))

    @property
    def updates(self) -> tuple[str, ...]:
        return (self.weight, *(name for side in self.traces for name in side))

    def __str__(self) -> str:
        lags = f"{self.lags[-1]} to {self.lags[0]}" if len(self.lags) > 1 else f"{self.lags[0]}" if self.lags else "0"
        when = "" if lags == "0" else f"[{lags} step{'s' * (lags != '1')} ago]"
        on_pre, on_post = (self.plasticity.weight_event(side).assigned for side in ("pre", "post"))
        decay = f"{self.weight} loses {self.weight_decay:g} of itself; " if self.weight_decay else ""
        each = f"; then {self.plasticity.each.assigned}" if self.plasticity.each.assigned else ""
        late = f"[{self.lag} step{'s' * (self.lag != 1)} ago]" * bool(self.lag)
        summed = f", summed by {self.numbers}" if self.numbers else ""
        return f"{decay}{self.spikes}{when}: {on_pre}; {self.fired}{late}: {on_post}{summed}{each}"


@dataclass(frozen=True)
class Record(Operation):
    """Copy a buffer, or the part of it that `indices` names, into the recording of this step.

    between  the first step of its object that is recorded, and the first that is no longer
    every    steps from row to row, and the step of the object that row 0 belongs to; spikes are taken in every step
    """

    source: str
    target: str
    indices: str = ""
    between: tuple[int, int] = (-1, ENDLESS)
    every: tuple[int, int] = (1, 0)

    @property
    def sets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.source, *([self.indices] if self.indices else []))

    def __str__(self) -> str:
        every, first = self.every if not self.source.endswith(".s") else (1, 0)
        row = "step" if every == 1 else f"(step - {first}) / {every}" if first else f"step / {every}"
        begin, end = max(0, self.between[0]), self.between[1]
        when = f" from step {begin}" * (begin > 0) + f" until step {end}" * (end < ENDLESS)
        return f"{self.target}[{row}] = {self.source}{f'[{self.indices}]' if self.indices else ''}{when}"
