"""`Advancing`: how a population takes over what a step makes of it, and what is said when that is not finite."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NoReturn

import torch
from torch import Tensor

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.step import FADING, Step
from cnsproject.errors import NumericalError, ParameterError
from cnsproject.executors.cpu.by_hand import FIRED, NOT_FINITE, HandStep
from cnsproject.executors.eager import kernels
from cnsproject.network.base import Stepped
from cnsproject.network.clock import Ready

# Steps of a population away from the CPU between two looks at its finiteness (each look waits for the device).
_LOOK_EVERY = 64


class Advancing(Stepped):
    """What makes spikes `s` step by step (abstract): by the printed step on torch, or by the compiled one."""

    dynamics: ClassVar[Dynamics | None] = None
    surrogate_width: float
    _passing = frozenset({"_silent", "_norm"})

    def _advance(self, ready: Ready, inputs: tuple[Tensor, ...], gradients: bool) -> None:
        """Run the printed step and take over its result; nothing changes when a state is not finite."""
        spikes, fired = self._run(ready, inputs, gradients)
        self._close(inputs[0] if spikes is None else spikes, fired)

    def _run(self, ready: Ready, inputs: tuple[Tensor, ...], gradients: bool) -> tuple[Tensor | None, bool]:
        """Run the printed step and take over the states; the spikes it makes, and whether there may be any."""
        buffers, clock = self._buffers, self._clock
        state = [buffers[name] for name in ready.states]
        surrogate = self._surrogate if gradients else None
        silent = None if gradients or not ready.cpu else self._silent
        new, spikes, checks, fired = ready.step(ready.constants, self._norm, silent, surrogate, *inputs, *state)
        for check in checks:
            if ready.cpu:
                value = check.item()
                if value - value != 0.0:
                    self._look(ready, inputs, state, f"step {clock.steps}")
            else:
                self._watch(ready, inputs, state, check)
        for name, value in zip(ready.states, new, strict=True):
            buffers[name] = value
        return spikes, fired

    def _close(self, spikes: Tensor, fired: bool) -> None:
        """The spikes of a step, and its end."""
        clock = self._clock
        self._buffers["s"] = spikes
        clock.history.append(spikes if fired else None)
        clock.silent = not fired
        clock.steps += 1
        if not clock.steps % FADING:
            self._fade()

    def _advance_compiled(self, ready: Ready, hand: HandStep, inputs: tuple[Tensor, ...]) -> None:
        """The same by native code."""
        buffers, clock = self._buffers, self._clock
        if self._run_compiled(ready, hand, inputs):
            buffers["s"] = spikes = hand.flags.clone()
            clock.history.append(spikes)
            clock.silent = False
        else:
            if not clock.silent:  # what is silent nobody has looked at, so it can stay
                buffers["s"], clock.silent = self._silent.clone(), True
            clock.history.append(None)
        clock.steps += 1
        if not clock.steps % FADING:
            self._fade()

    def _run_compiled(self, ready: Ready, hand: HandStep, inputs: tuple[Tensor, ...]) -> bool:
        """Take over the states that native code makes; whether anybody fired."""
        buffers = self._buffers
        seen: int = hand.advance(hand, buffers, *inputs)
        if seen >= NOT_FINITE:
            when = f"step {self._clock.steps}"
            self._look(ready, inputs, [buffers[name] for name in ready.states], when)
            # Here a function such as exp overflows in native code, and in torch, with another last bit, just not.
            where = tuple(int(i) for i in (hand.flags.view(torch.uint8) >= NOT_FINITE).nonzero()[0])
            self._raise_not_finite(ready.states[0], math.inf, where, when)
        return seen == FIRED

    def _prepare(self, variant: str, step: Step, extra: Any) -> Ready:
        shape = self._buffers["s"].shape  # type: ignore[union-attr]
        self._silent = torch.zeros(shape, dtype=torch.bool, device=self.device)
        self._norm = kernels.norm_of_vector if len(shape) == 1 else kernels.norm
        return super()._prepare(variant, step, extra)

    def _surrogate(self, margin: Tensor, spikes: Tensor) -> Tensor:
        return kernels.fast_sigmoid(margin, spikes, self.surrogate_width)

    def _watch(self, ready: Ready, inputs: tuple[Tensor, ...], state: list[Any], check: Tensor) -> None:
        """Off the CPU: collect the checks (NaN and infinity survive a sum) and look at them now and then."""
        clock = self._clock
        clock.watch = check if clock.watch is None else clock.watch + check
        if clock.steps % _LOOK_EVERY == _LOOK_EVERY - 1:
            total, clock.watch = clock.watch.item(), None
            if total - total != 0.0:
                self._look(
                    ready,
                    inputs,
                    state,
                    f"one of the steps {clock.steps - _LOOK_EVERY + 1} ... {clock.steps}",
                )

    def _look(self, ready: Ready, inputs: tuple[Tensor, ...], state: list[Any], when: str) -> None:
        """Find what is not finite and say so; returns when only the sum of squares overflowed."""
        integrated: list[Tensor] = []

        def keep(x: Tensor) -> Tensor:
            integrated.append(x)
            return x

        for name, given in zip(("forward(I)", "forward(jump)"), inputs, strict=False):
            where = kernels.first_not_finite(given)
            if where is not None:
                raise ParameterError(
                    f"{self.label}.{name} at {when}",
                    got=f"{given[where].item()} for neuron {_index(where)}",
                    expected="finite numbers",
                    fix="check how the input was computed",
                )
        ready.step(ready.constants, keep, None, None, *inputs, *state)
        names = tuple(self.dynamics.states) if self.dynamics else ()
        for name, value in zip(names, integrated, strict=True):
            where = kernels.first_not_finite(value)
            if where is not None:
                self._raise_not_finite(name, value[where].item(), where, when)

    def _raise_not_finite(self, name: str, value: float, where: tuple[int, ...], when: str) -> NoReturn:
        raise NumericalError(
            f"{self.label}.{name} at {when}",
            got=f"{value} for neuron {_index(where)}",
            expected="a finite number",
            fix="use a smaller dt, or look at the input and the parameters of this neuron",
        )


def _index(where: tuple[int, ...]) -> str:
    return str(where[0]) if len(where) == 1 else str(where)
