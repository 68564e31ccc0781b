"""`Competing`: a population in which it may be decided who of those that reach their threshold spikes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Unpack

from torch import Tensor

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.executors.eager import kernels
from cnsproject.network.clock import Ready
from cnsproject.network.deciding import AbstractDecision, hold_steps
from cnsproject.network.parameters import read_shape
from cnsproject.network.population import Common, NeuralPopulation
from cnsproject.plan import Builder, Competition


class Competing(NeuralPopulation):
    """A population whose spikes follow from its membrane, and may depend on a decision (abstract).

    decision  who of the neurons that reach their threshold in a step spikes, such as WinnerTakeAll(k=1); None: all
    """

    dynamics: ClassVar[Dynamics]
    decision: AbstractDecision | None = None
    fixed = NeuralPopulation.fixed | {"decision"}
    _passing = frozenset({"_competition", "_follows"})

    def __init__(
        self, shape: int | tuple[int, ...], *, decision: AbstractDecision | None, **common: Unpack[Common]
    ) -> None:
        kind = type(self).__name__
        if decision is not None:
            if not isinstance(decision, AbstractDecision):
                raise ArgumentError(
                    f"{kind}.decision", got=repr(decision), expected="a decision",
                    fix="make one: decision=cns.WinnerTakeAll(k=1)",
                )  # fmt: skip
            decision.competition(read_shape(f"{kind}.shape", shape))
        self.__dict__["decision"] = decision
        super().__init__(shape, **common)

    @abstractmethod
    def step(self, variant: str = "") -> Step:
        """What a step is made of; with a decision, before it or "after" it."""

    @abstractmethod
    def _prepared(self, variant: str = "") -> Ready:
        """The printed step of a variant."""

    @abstractmethod
    def _look_for_compiled(self, variant: str, ready: Ready, *, wait: bool = False) -> HandStep | None:
        """The compiled step of a variant, where there is one."""

    @property
    def competition(self) -> Competition | None:
        """What its decision says of a population of this shape."""
        return self.decision.competition(self.shape) if self.decision else None

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the float states, in the order of the printed step."""
        competition = self.competition
        return (*super().states, *["hold_left"] * bool(competition and competition.hold))

    def lower(self, builder: Builder, name: str) -> None:
        """Declare the population to a plan."""
        builder.layer(name, self.shape, self.step(), self.states, competition=self.competition)

    def constants_after(self) -> dict[str, Any]:
        """The constants of what comes after a decision, by name; empty where there is none."""
        if self.decision is None or self.step("after").is_empty:
            return {}
        return self._told(self._prepared("after"))

    def _prepare_decision(self) -> dict[str, float]:
        """Keep what every step asks for; the constants that a decision adds."""
        competition = self.competition
        if competition is None:
            return {}
        self._competition, self._follows = competition, not self.step("after").is_empty
        return {"hold_steps": hold_steps(competition, self.dt)} if competition.hold and self.dt else {}

    def _compete(self, ready: Ready, hand: HandStep | None, inputs: tuple[Tensor, ...]) -> None:
        """Advance up to the threshold, decide who spikes, and do what follows."""
        buffers, competition = self._buffers, self._competition
        spikes = reached = self._reach(ready, hand, inputs)
        if reached is not None:
            membrane = buffers[self.dynamics.membrane]
            assert membrane is not None
            spikes = kernels.winners(competition, reached, membrane, buffers.get("hold_left"))
        if self._follows:
            given = tuple([self._silent if x is None else x for x in (spikes, reached)])
            self._follow(given[: 1 + competition.resets])
        self._close(self._silent.clone() if spikes is None else spikes, fired=spikes is not None)

    def _follow(self, given: tuple[Tensor, ...]) -> None:
        """Reset, refractory period, trace and hold, when it is known who spikes."""
        after = self._ready.get("after") or self._prepared("after")
        hand = after.hand
        if hand is None and self._clock.steps >= after.look_at:
            hand = self._look_for_compiled("after", after)
        if hand is None:
            self._run(after, given, gradients=False)
        else:
            hand.advance(hand, self._buffers, *given)

    def _reach(self, ready: Ready, hand: HandStep | None, inputs: tuple[Tensor, ...]) -> Tensor | None:
        """Those that reach their threshold; None when nobody does."""
        if hand is None:
            reached, fired = self._run(ready, inputs, gradients=False)
            return reached if fired else None
        return hand.flags.clone() if self._run_compiled(ready, hand, inputs) else None
