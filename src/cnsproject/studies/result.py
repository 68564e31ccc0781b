"""`Result`: what every study returns; `Quantity`: what its numbers are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.checks import extra

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """An input or a state of a model as axes, tables and messages call it.

    name  in the equations, such as I
    word  that says what it is, such as "current"
    unit  "1" for none
    """

    name: str
    word: str
    unit: str

    @property
    def label(self) -> str:
        """Name and unit, "I (nA)": short, for rows of panels."""
        return with_unit(self.name, self.unit)

    @property
    def title(self) -> str:
        """Word and unit, "current (nA)"."""
        return with_unit(self.word, self.unit)

    def of(self, value: float, digits: str = "g") -> str:
        """A value with the unit, "1.5 nA"."""
        return amount(value, self.unit, digits)


def amount(value: float, unit: str, digits: str = "g") -> str:
    """A number and its unit, "1.5 nA"; the number alone where there is none."""
    return f"{value:{digits}}" if unit == "1" else f"{value:{digits}} {unit}"


def with_unit(name: str, unit: str) -> str:
    """A name and its unit; the name alone where there is none."""
    return name if unit == "1" else f"{name} ({unit})"


@dataclass(frozen=True, eq=False, repr=False)
class Result(ABC):
    """The data of a study, with what one does with it: look at it, draw it, take it elsewhere.

    provenance  what JSON can hold: circumstances (versions, machine, git ...), seed, dt, executor, and all arguments
    """

    provenance: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    @abstractmethod
    def __str__(self) -> str:
        """The result in a line or two."""

    def __repr__(self) -> str:
        return f"<{self}>"

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result into `ax`, or into a new figure; returns the axes that was drawn into."""

    @abstractmethod
    def columns(self) -> Mapping[str, npt.NDArray[Any]]:
        """The data as columns of one length, each named with its unit, such as "current (nA)"."""

    def to_pandas(self) -> pandas.DataFrame:
        """The data as a table, its columns named with their units, the provenance in its `attrs`.

        Raises MissingExtraError without pandas.
        """
        table: pandas.DataFrame = extra("pandas", "io").DataFrame(dict(self.columns()))
        table.attrs.update(self.provenance)
        return table
