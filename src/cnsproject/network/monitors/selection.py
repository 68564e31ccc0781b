"""`Selection`: which steps a monitor records, in ms; `Span`: the same in steps, once dt is known."""

from __future__ import annotations

from dataclasses import dataclass

from cnsproject.checks import number, positive, steps_on_grid
from cnsproject.errors import ParameterError, StateError, TimeGridError
from cnsproject.plan.operations import ENDLESS


@dataclass(frozen=True)
class Span:
    """Steps first ... last-1; of states only every so many of them, counted from step `phase`.

    window  how many steps are kept; None for all
    """

    first: int = -1  # what is recorded before the first step
    last: int = ENDLESS
    every: int = 1
    phase: int = 0
    window: int | None = None

    def covers(self, step: int) -> bool:
        """Whether anything is recorded in a step."""
        return self.first <= step < self.last

    def is_due(self, step: int) -> bool:
        """Whether states are recorded in a step that is covered."""
        return (step - self.phase) % self.every == 0

    def within(self, first: int, last: int) -> tuple[int, int]:
        """The part of the steps first ... last-1 that is covered; empty where the second is not larger."""
        first, last = max(first, self.first), min(last, self.last)
        return first, max(first, last)

    def due(self, first: int, last: int) -> tuple[int, int]:
        """As `within`, of the rows that states get, where row 0 belongs to step `phase`."""
        first, last = self.within(first, last)
        return -((self.phase - first) // self.every), -((self.phase - last) // self.every)

    def step_of(self, row: int) -> int:
        """The step of a row of states."""
        return self.phase + row * self.every

    @property
    def plain(self) -> bool:
        """Whether every step is recorded."""
        return self.every == 1 and self.first < 0 and self.last == ENDLESS


@dataclass(frozen=True)
class Selection:
    """What was asked for, in ms; None where nothing was. `owner` names the monitor in errors."""

    owner: str
    every: float | None = None
    start: float | None = None
    stop: float | None = None
    window: float | None = None

    def check(self) -> None:
        """Raise for what is wrong whatever dt is."""
        for name in ("every", "window"):
            if getattr(self, name) is not None:
                positive(f"{self.owner}.{name}", getattr(self, name), "ms")
        if self.start is not None and number(f"{self.owner}.start", self.start, "ms") < 0:
            raise ParameterError(
                f"{self.owner}.start", got=f"{self.start:g} ms", expected="a time >= 0 ms", fix="leave it out"
            )
        if self.stop is not None and number(f"{self.owner}.stop", self.stop, "ms") <= (self.start or 0.0):
            raise ParameterError(
                f"{self.owner}.stop",
                got=f"{self.stop:g} ms",
                expected=f"a time after start = {self.start or 0:g} ms",
                fix="give a later one",
            )

    @property
    def is_plain(self) -> bool:
        """Whether nothing was asked for."""
        return self.every is self.start is self.stop is self.window is None

    def span(self, dt: float | None) -> Span:
        """In steps of dt. Raises StateError while dt is not known, TimeGridError for what is off the grid."""
        if self.is_plain:
            return Span()
        if dt is None:
            raise StateError(
                self.owner, got="a time in ms before dt is known", expected="the length of a step",
                fix="add the population to a network first, or give it dt=",
            )  # fmt: skip
        steps = {n: self._steps(n, dt) for n in ("every", "start", "stop", "window") if getattr(self, n) is not None}
        every, start = steps.get("every", 1), steps.get("start", 0)
        if "window" in steps and steps["window"] % every:
            raise TimeGridError(
                f"{self.owner}.window",
                got=f"{self.window:g} ms",
                expected=f"a multiple of every = {self.every:g} ms",
                fix=f"use {-(-steps['window'] // every) * every * dt:.10g} ms",
            )
        first = start if "start" in steps else -1
        return Span(first, steps.get("stop", ENDLESS), every, start, steps.get("window"))

    def _steps(self, name: str, dt: float) -> int:
        what, time = f"{self.owner}.{name}", float(getattr(self, name))
        if name != "start" and time < 0.5 * dt:  # which would be rounded to no step at all
            raise TimeGridError(what, got=f"{time:g} ms", expected=f"at least one step of {dt:g} ms", fix=f"use {dt:g}")
        return steps_on_grid(what, time, dt)

    def __str__(self) -> str:
        """As a table states it."""
        parts = [f"every {self.every:g} ms" if self.every is not None else "every step"]
        parts += [f"from {self.start:g} ms"] if self.start is not None else []
        parts += [f"until {self.stop:g} ms"] if self.stop is not None else []
        return " ".join(parts)
