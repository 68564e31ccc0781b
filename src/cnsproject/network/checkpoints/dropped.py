"""What stands in a file for what a network no longer needs: from what its synapses were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from cnsproject.errors import StateError


@dataclass(frozen=True)
class DroppedArray:
    """An array of which only the length is known."""

    count: int

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True)
class DroppedFunction:
    """A function of which only the name is known."""

    name: str

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *_: object) -> NoReturn:
        raise StateError(
            f"{self.name}(...)",
            got="a function that was not kept when the network was saved",
            expected="no need of it: what it gave is in the connection",
            fix="make the connection anew to draw from another function",
        )

    def __repr__(self) -> str:
        return f"<function {self.name}>"
