"""`Member`: what knows the network that it was added to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnsproject.network.assembling import Assembly


class Member:
    """A part of a network, which is copied, pickled and saved without it: the network tells its parts anew."""

    _network: Assembly | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_network"}
