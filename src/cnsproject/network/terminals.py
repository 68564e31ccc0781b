"""`Terminals`: the states of short-term plasticity, one of each per source neuron of a connection."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.dynamics.step import FADING, Step
from cnsproject.errors import ArgumentError, ParameterError, StateError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.network.base import Stepped
from cnsproject.network.clock import Ready
from cnsproject.network.compiled import look_for_compiled
from cnsproject.network.parameters import Value
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.short_term import ShortTermPlasticity


class Terminals(Stepped):
    """Where the spikes of a connection's source neurons release something: the states of its short-term plasticity.

    They follow `pre` when the connection computes, through all steps that pre has made since, and remember what the
    spikes of the last steps released: None for a step without spikes, parallel to the spikes that pre remembers.
    """

    fixed = frozenset({"shape", "pre", "model"})
    _passing = frozenset({"_silent"})
    pre: NeuralPopulation
    model: ShortTermPlasticity

    def __init__(
        self, pre: NeuralPopulation, model: ShortTermPlasticity, *, dtype: torch.dtype, key: tuple[int, int]
    ) -> None:
        super().__init__(pre.shape, dt=None, dtype=dtype, name=None, rng=None)
        self._key = key
        # Plain attributes, as a connection has them.
        self.__dict__["pre"], self.__dict__["model"], self.__dict__["dynamics"] = pre, model, model.dynamics
        self._check_declaration()
        self._refuse_taken([*self.states, *self.dynamics.parameters], ())
        for state in self.states:
            self.register_buffer(state, torch.zeros(self.shape, dtype=dtype))
        self.set_parameters(model.parameters(), self.dynamics.parameters)
        self.reset_state_variables()

    def _check_declaration(self) -> None:
        d = self.dynamics
        if list(d.arrivals) != ["s"] or d.impulses.get("release") != "1" or d.inputs or d.spike:
            raise ArgumentError(
                f"{self._kind}.dynamics",
                got=f"arrivals {dict(d.arrivals)}, impulses {dict(d.impulses)}, inputs {dict(d.inputs)}",
                expected="arrivals={'s': '1'}, impulses={'release': '1'}, no input and no spike of its own",
                fix="declare them so",
            )

    @property
    def _kind(self) -> str:
        """How errors call the plasticity."""
        return type(self.model).__name__

    @property
    def label(self) -> str:
        """How errors call the terminals."""
        return f"{self._kind} of {self.pre.label}"

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, kept per source neuron; `release` is among them."""
        return tuple(self.dynamics.states)

    def _write_state(self, name: str, value: Any) -> None:
        super()._write_state(name, value)
        if name == "release" and self.releases:
            self.releases[-1] = self._buffers[name]

    @property
    def releases(self) -> deque[Tensor | None]:
        """What the spikes of the last steps released, newest last; None for a step without spikes."""
        return self._clock.history

    def _read(self, name: str, value: object) -> Value:
        result = super()._read(name, value)
        flat = np.ravel(result)
        wrong = flat[(flat <= 0) | (flat > 1)] if name in self.model.shares else flat[:0]
        if len(wrong):
            raise ParameterError(
                f"{self._kind}.{name}",
                got=f"{wrong[0]:g}",
                expected="a share above 0, at most 1",
                fix="give a number such as 0.5",
            )
        return result

    def step(self) -> Step:
        """What a step is made of. The scheme of traces is exact here, and keeps shares from 0 to 1 in any precision."""
        return Step(None, trace=self.dynamics)

    def reset_state_variables(self) -> None:
        """States to where they start, with the batch of pre; nothing is on the way."""
        for state in self.states:
            start = torch.full(self._rows(), float(self.model.starts.get(state, 0.0)), dtype=self._dtype)
            self._buffers[state] = start.to(self.device)
        self._clock.steps = 0
        self._clock.history.clear()
        self._changed()

    def _rows(self) -> tuple[int, ...]:
        return self.shape if self.pre._batch is None else (self.pre._batch, *self.shape)

    def check_batch(self) -> None:
        """Follow a batch that pre was given before the first step; later it takes a reset."""
        found = tuple(self._buffers["release"].shape)  # type: ignore[union-attr]
        if found != self._rows() and not self.steps:
            self.reset_state_variables()
        elif found != self._rows():
            raise StateError(
                self.label,
                got=f"states of shape {found} and a pre of {self._rows()}",
                expected="the same batch",
                fix="call reset_state_variables() of the connection too",
            )

    # Steps

    def _prepared(self) -> Ready:
        ready = self._ready.get("")
        if ready is None:
            self._silent = torch.zeros(self._rows(), dtype=torch.bool, device=self.device)
            ready = self._prepare("", self.step(), {})
        return ready

    def follow(self, origin: int) -> None:
        """Take the steps that pre has made since the last call; they are counted from its step `origin`."""
        made = self.pre._clock.history
        behind = self.pre.steps - origin - self.steps
        if behind > len(made):
            raise StateError(
                self.label,
                got=f"{behind} steps of pre since the last one that it took",
                expected=f"at most {len(made)}, whose spikes are kept",
                fix="call compute() once per step, or reset_state_variables() of the connection when starting over",
            )
        for step in range(-behind, 0):
            self._take(made[step])

    def _take(self, spikes: Tensor | None) -> None:
        """One step."""
        ready, buffers, clock = self._prepared(), self._buffers, self._clock
        if not clock.steps % FADING:
            self._fade()
        hand = ready.hand
        if hand is None and clock.steps >= ready.look_at:
            hand = self._look_for_compiled(ready)
        given = self._silent if spikes is None else spikes
        if hand is None or self._asks_for_gradients(ready, (given,)):
            # Where there was a spike nobody has to look whether there was one.
            silent = self._silent if spikes is None else None
            old = [buffers[name] for name in ready.states]
            new = ready.step(ready.constants, None, silent, None, given, *old)[0]
            for name, value in zip(ready.states, new, strict=True):
                # Without a spike what is released is one 0 for all.
                buffers[name] = value if value.ndim else value.expand(self._rows()).clone()
        else:
            hand.advance(hand, buffers, given.to(torch.bool).contiguous())  # flags, one behind the other
        clock.history.append(None if spikes is None else buffers["release"])
        clock.steps += 1

    def _look_for_compiled(self, ready: Ready, *, wait: bool = False) -> HandStep | None:
        like = self._buffers["release"]
        if self.pre._batch is not None or like is None:
            return None
        return look_for_compiled(ready, self.step(), like, self._clock.steps, wait=wait)

    def warm(self) -> None:
        """Compile the step now, if it is not yet."""
        self._look_for_compiled(self._prepared(), wait=True)

    def in_phase(self, origin: int, late: bool) -> bool:
        """Whether exactly those steps of pre were taken that a network has taken before its next one.

        With `late` the last one is still to be taken. Spikes that were taken must still be there: a network delivers
        what is released by the spikes that pre remembers.
        """
        made = list(self.pre._clock.history)[: -1 if late else None]
        pairs = zip(reversed(made), reversed(self.releases), strict=False)
        taken = self.steps == self.pre.steps - origin - int(late)
        return taken and all(_are_there(spikes, released) for spikes, released in pairs)


def _are_there(spikes: Tensor | None, released: Tensor | None) -> bool:
    """Whether there is a spike wherever something was released."""
    if released is None:
        return True
    return spikes is not None and bool(((spikes != 0) | (released == 0)).all())
