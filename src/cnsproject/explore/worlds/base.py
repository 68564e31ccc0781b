"""`World`: something to explore: what can be set, what is drawn, how it is run, and the Python code of that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cnsproject.errors import CnsError, ParameterError
from cnsproject.explore.controls import Control, Values
from cnsproject.explore.shown import Panel, Shown

MOST_UPDATES = 4_000_000
"""Neurons times steps: what a page can wait for."""


@dataclass(frozen=True)
class Group:
    """Controls under one heading; with `when`, only shown while that control has that value."""

    title: str
    controls: tuple[Control, ...]
    when: tuple[str, str] | None = None


class World(ABC):
    """Something to explore (abstract).

    name   what it is called in a link
    title  what it is called on the page
    about  what it is, in a sentence
    """

    name: str
    title: str
    about: str

    @property
    @abstractmethod
    def groups(self) -> tuple[Group, ...]:
        """What can be set."""

    @property
    @abstractmethod
    def panels(self) -> tuple[Panel, ...]:
        """What is drawn, from top to bottom."""

    @abstractmethod
    def run(self, values: Values) -> Shown:
        """Simulate; raises CnsError for values that have no meaning together."""

    @abstractmethod
    def code(self, values: Values) -> str:
        """Python that makes the same run, and leaves `spikes` (name: Trains) and `numbers` (Numbers)."""

    @cached_property
    def controls(self) -> Mapping[str, Control]:
        """All that can be set, by name."""
        return {control.name: control for group in self.groups for control in group.controls}


def refuse_too_many(neurons: int, steps: float) -> None:
    """Raise where a run would keep the page waiting."""
    if neurons * steps > MOST_UPDATES:
        raise ParameterError(
            "size of the run", got=f"{neurons} neurons for {steps:.0f} steps",
            expected=f"at most {MOST_UPDATES:,} updates (neurons times steps), so that the page stays quick",
            fix="take fewer neurons, a shorter time or a longer step, or run the Python code by itself",
        )  # fmt: skip


@contextmanager
def of(name: str) -> Iterator[None]:
    """Errors of what is made within tell which of several it is."""
    try:
        yield
    except CnsError as error:
        raise type(error)(f"{name}: {error.what}", got=error.got, expected=error.expected, fix=error.fix) from error


def call(function: str, first: str, arguments: Mapping[str, Any]) -> str:
    """A call as Python, its keywords in lines of about 100 characters, indented by four spaces."""
    lines, line = [], " " * 4
    for word in [*([first] if first else []), *(f"{name}={value!r}" for name, value in arguments.items())]:
        if len(line) + len(word) > 100:
            lines.append(line.rstrip())
            line = " " * 4
        line += f"{word}, "
    return "\n".join([f"{function}(", *lines, line.rstrip(), ")"])
