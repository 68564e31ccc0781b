"""What native code is printed from a learning rule: its events as lines that can stand beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy.typing as npt

from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.dynamics.step import Step
from cnsproject.dynamics.update import Op, Update
from cnsproject.executors.cpu.printer import local, localised, statements

Array = npt.NDArray[Any]
SIDES = ("pre", "post")


@dataclass(frozen=True)
class Learning:
    """What a rule works on.

    arrays   traces by name, and the list of synapses: where those of every source and delay begin (`firsts`) and their
             `targets`
    numbers  constants by event: "weight pre", "bump pre", "trace pre", the same for post, "each" and "trace synapse"
    since    steps it has made before step 0 of the run
    by_target  makes that list by target: `onto`, `onto_firsts`, and `places`, the source and delay of each synapse
    """

    arrays: Mapping[str, Array]
    numbers: Mapping[str, Mapping[str, Array]]
    since: int
    by_target: Callable[[], Mapping[str, Array]]


@dataclass(frozen=True)
class Rule:
    """A learning rule, ready to be printed.

    Every event is a list of lines on single numbers. Traces, the weight and parameters have the same name in all of
    them, and what an event computes for itself has one of its own.
    """

    plasticity: Plasticity

    @property
    def text(self) -> str:
        """All that the lines depend on."""
        rule = self.plasticity
        events = [event(side) for side in SIDES for event in (rule.weight_event, rule.trace_event)]
        return "\n".join(event.text for event in (*events, rule.each))

    @cached_property
    def _updates(self) -> dict[str, Update]:
        rule = self.plasticity
        found = {}
        for side in SIDES:
            found[f"weight {side}"] = rule.weight_event(side).update()
            found[f"bump {side}"] = rule.trace_event(side).update()
            found[f"trace {side}"] = Step(rule.trace(side), "exponential euler").update()
        found["each"] = rule.each.update()
        return {name: localised(update) for name, update in found.items()}

    def traces(self, side: str) -> tuple[str, ...]:
        """Names of the traces of "pre", "post" or "synapse", in the lines."""
        return tuple(map(local, self.plasticity.trace(side).states))

    def read(self, event: str) -> set[str]:
        """Traces that an event reads."""
        return {name for op in self._updates[event].body for name in op.args}

    def lines(self, event: str) -> list[str]:
        """The operations of an event."""
        ops = (op for op in self._updates[event].body if op.function != "check")
        return statements(_apart(event, op) for op in ops)

    def constants(self, events: Iterable[str]) -> tuple[str, ...]:
        """Names of the constants that some events read, in the lines."""
        return tuple(dict.fromkeys(_own(event, name) for event in events for name in self._updates[event].uses))

    def values(self, learning: Learning) -> dict[str, Array]:
        """All constants by their names in the lines."""
        return {_own(e, local(n)): value for e, values in learning.numbers.items() for n, value in values.items()}


def _own(event: str, name: str) -> str:
    """A name that belongs to one event alone, where the operations of a step would use it again."""
    ours = name.startswith("_") and not name.startswith("_own_")
    return f"_{event.replace(' ', '_')}{name}" if ours else name


def _apart(event: str, op: Op) -> Op:
    return replace(op, target=_own(event, op.target), args=tuple(_own(event, name) for name in op.args))


def filled(template: str, parts: Mapping[str, list[str]]) -> str:
    """A template with lines in the place of {names}, each as far indented as its name."""
    lines = []
    for line in template.splitlines():
        name = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if name.startswith("{") and name.endswith("}"):
            lines += [indent + part for part in parts[name[1:-1]]]
        else:
            lines.append(line)
    return "\n".join(lines)


def unpacked(words: Mapping[str, str]) -> list[str]:
    """Lines that take the words of a kernel apart.

    words  name: "" for a number, "np.int64" and the like for an array of these, "value" for one number of type FLOAT,
           "address" for an array that is read by its address
    """
    lines = []
    for k, (name, kind) in enumerate(words.items()):
        match kind:
            case "" | "address":
                lines.append(f"{name} = word(words, {k})")
            case "value":
                lines.append(f"{name} = number(word(words, {k}))")
            case _:
                lines.append(f"{name} = carray(pointer(word(words, {k})), 2**40, {kind})")
    return lines
