"""`Releasing`: a connection that may have short-term plasticity."""

from __future__ import annotations

from collections import deque
from typing import Any

from torch import Tensor

from cnsproject.network.clock import Ready
from cnsproject.network.connection import AbstractConnection
from cnsproject.network.short_term import ShortTermPlasticity
from cnsproject.network.terminals import Terminals


class Releasing(AbstractConnection):
    """Sends what the spikes of `pre` release, where there is short-term plasticity, and else the spikes (abstract).

    States and parameters of the plasticity are attributes of the connection. Whatever happens to the connection
    happens to its terminals too.
    """

    def _add_terminals(self, model: ShortTermPlasticity) -> None:
        terminals = Terminals(self.pre, model, dtype=self._dtype, key=self._key)
        self._refuse_taken(terminals.recordable, {*self.recordable, "weight", "pointers", "targets"})
        # Registered, so that they move and are saved with the connection, and a plain attribute that is found at once.
        self._modules["_terminals"] = self.__dict__["_terminals"] = terminals

    # Names and values

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return (*super().recordable, *(self._terminals.recordable if self._terminals else ()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminals, name) if self._is_theirs(name) else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._is_theirs(name):
            setattr(self._terminals, name, value)
        else:
            super().__setattr__(name, value)

    def _is_theirs(self, name: str) -> bool:
        """Whether a state or parameter belongs to the terminals."""
        terminals = self._terminals
        return terminals is not None and (name in terminals._buffers or name in terminals._values)

    def take_key(self, key: tuple[int, int]) -> None:
        """Draw anew from `key` what was drawn at construction; nothing when `rng` was given there."""
        if self._terminals and not self._has_own_key:
            self._terminals.take_key(key)
        super().take_key(key)

    # Steps

    def _history(self) -> deque[Tensor | None]:
        if not self._terminals:
            return super()._history()
        self._terminals.follow(self._pre_origin)
        return self._terminals.releases

    @property
    def _taken(self) -> int:
        return max(super()._taken, self._pre_origin + self._terminals.steps if self._terminals else 0)

    def _prepare_delivery(self) -> Ready:
        dt = self._common_dt()
        if self._terminals and dt and self._terminals.dt != dt:
            self._terminals.dt = dt
        return super()._prepare_delivery()

    def _check_batch(self) -> None:
        super()._check_batch()
        if self._terminals:
            self._terminals.check_batch()

    def _keep_spikes(self) -> None:
        super()._keep_spikes()
        if self._terminals:
            self._terminals.keep_spikes(self._remembered)

    def _origin(self) -> None:
        super()._origin()
        if self._terminals:
            self._terminals.reset_state_variables()

    def before_step(self) -> tuple[Any, ...]:
        """All that a step changes, for `undo`."""
        return (super().before_step(), self._terminals.before_step()) if self._terminals else super().before_step()

    def undo(self, before: tuple[Any, ...]) -> None:
        """Back to where `before_step` was called."""
        if self._terminals:
            before, other = before
            self._terminals.undo(other)
        super().undo(before)

    def warm(self) -> None:
        """Compile the steps now, if they are not yet, so that `compute` costs less from the start."""
        super().warm()
        if self._terminals:
            self._terminals.warm()

    def in_phase(self, late: bool) -> bool:
        """Whether exactly what a network would deliver next is still to be delivered, and to be released."""
        released = not self._terminals or self._terminals.in_phase(self._pre_origin, late)
        return super().in_phase(late) and released
