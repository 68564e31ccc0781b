"""`Control`: something that can be set. A declaration says what it is called and how far it reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cnsproject.checks import number, one_of, whole
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.errors import ParameterError
from cnsproject.network.parameters import NOT_NEGATIVE, POSITIVE

Value = float | int | bool | str
Values = Mapping[str, Value]

_STEPS = 100  # of a slider, about
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Control:
    """One thing that can be set.

    name, meaning, unit, symbol  what it is; the symbol in LaTeX, empty where the name serves
    default       its value at first
    kind          "number", "whole" (a whole number), "flag" (true or false) or "choice"
    low, high, step  reach of its slider; what is typed may lie outside
    most          the greatest value that is taken, where a greater one would take too long
    choices       of a choice; all numbers, or all words
    """

    name: str
    meaning: str
    default: Value
    unit: str = ""
    symbol: str = ""
    kind: Literal["number", "whole", "flag", "choice"] = "number"
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    most: float = math.inf
    choices: tuple[Value, ...] = ()

    def read(self, text: str) -> Value:
        """The value that a text means; raises ParameterError or UnknownNameError, both with the name of the control."""
        stripped = text.strip()
        if self.kind == "flag":
            if stripped.lower() not in _WORDS:
                raise ParameterError(self.name, got=repr(text), expected="true or false", fix="write one of them")
            return _WORDS[stripped.lower()]
        if self.kind == "choice" and isinstance(self.default, str):
            return one_of(self.name, stripped, [str(choice) for choice in self.choices])
        value = self._number(stripped)
        if self.kind == "choice" and value not in self.choices:
            known = ", ".join(map(written, self.choices))
            raise ParameterError(self.name, got=text, expected=f"one of {known}{self._unit}", fix="choose one of them")
        if value > self.most:
            raise ParameterError(
                self.name, got=f"{value:g}", expected=f"at most {self.most:g}{self._unit}, so that the page is quick",
                fix="take a smaller one here, and the Python code for more",
            )  # fmt: skip
        return whole(self.name, value) if self.kind == "whole" else value

    def _number(self, text: str) -> float:
        try:
            return number(self.name, int(text) if text.lstrip("+-").isdecimal() else float(text))
        except ValueError as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError(
                self.name, got=repr(text), expected=f"a number{self._unit}", fix="write digits, such as 12.5"
            ) from None

    @property
    def _unit(self) -> str:
        return f" ({self.unit})" if self.unit not in ("", "1") else ""


def written(value: Value) -> str:
    """A value as a link and a field hold it; `Control.read` makes the same value of it, bit by bit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def quantity(
    name: str, meaning: str, default: float, unit: str, *, symbol: str = "", above_zero: bool = False,
    reach: tuple[float, float] | None = None, step: float | None = None, most: float = math.inf,
) -> Control:  # fmt: skip
    """A number with a unit. Its slider reaches as far as unit and default suggest, unless a reach is given.

    What its unit (times, resistances, capacitances), or `above_zero`, keeps above zero goes from the first step to four
    times its default; conductances, rates and what else is never negative start at 0; anything else goes as far from
    its default as that is from zero.
    """
    positive = above_zero or unit in POSITIVE
    size = abs(default) or 1.0
    if reach is not None:
        low, high = reach
    elif positive or unit in NOT_NEGATIVE or unit == "Hz":
        low, high = 0.0, 4.0 * size
    else:
        low, high = default - size, default + size
    width = nice((high - low) / _STEPS) if step is None else step
    if positive and low <= 0.0 and reach is None:
        low = width
    low, high = (round(edge / width) * width for edge in (low, high))
    return Control(
        name, meaning, default, unit, symbol, low=tidy(low), high=tidy(high), step=tidy(width), most=most
    )  # fmt: skip


def count(name: str, meaning: str, default: int, *, high: int, step: int = 1, low: int = 1, most: float) -> Control:
    """A number of things."""
    return Control(name, meaning, default, kind="whole", low=low, high=high, step=step, most=most)


def seed(default: int = 1) -> Control:
    """What random numbers are drawn from."""
    return count("seed", "seed of all that is random", default, low=0, high=100, most=2**31 - 1)


def of_declaration(
    dynamics: Dynamics, names: Iterable[str], defaults: Mapping[str, float], prefix: str = "", about: str = ""
) -> list[Control]:
    """Controls of states and parameters as their declaration describes them, with `prefix` before their names."""
    units = {**dynamics.states, **dynamics.parameters}
    bounded = {c.left for c in dynamics.conditions if c.sign == ">" and c.right not in units}
    return [
        quantity(
            prefix + name, about + dynamics.meanings[name], defaults[name], units[name],
            symbol=dynamics.symbols.get(name, ""), above_zero=name in bounded,
        )
        for name in names
    ]  # fmt: skip


def nice(size: float) -> float:
    """The nearest of 1, 2, 5, 10, ... times a power of ten."""
    power = 10.0 ** math.floor(math.log10(size))
    return float(min((1.0, 2.0, 5.0, 10.0), key=lambda digit: abs(math.log(digit * power / size))) * power)


def tidy(value: float) -> float:
    """Without the last digits, which come from the arithmetic."""
    return float(f"{value:.6g}")
