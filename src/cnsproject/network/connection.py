"""`AbstractConnection`: what every connection is, whatever its weights."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import number, steps_on_grid
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.step import Step
from cnsproject.errors import ArgumentError, ParameterError, StateError, TimeGridError
from cnsproject.network.base import Ready, Rng, Stepped
from cnsproject.network.population import NeuralPopulation
from cnsproject.plan import Builder
from cnsproject.plan.operations import Weights

# Steps that `pre` may be ahead of the next compute(), beyond the delay, before spikes would be lost (an error).
_MARGIN = 64


class AbstractConnection(Stepped):
    """Carries the spikes of `pre` to `post` (abstract; subclasses say what weights there are).

    `compute()` advances the connection by one step and returns what it delivers for the step that `post` takes next.
    For post's step n, with a delay of d > 0 ms, these are the spikes of pre's step n - d/dt; with delay 0 all spikes
    that pre has made since the last delivery. Steps are counted from the construction of the connection or its last
    reset. Weights of inhibitory neurons count negative. A spike carries the weight it has on arrival.

    pre, post  the populations; they are not submodules of the connection
    delay      transmission delay (ms), a whole number of steps
    """

    dynamics: Dynamics
    fixed = frozenset({"shape", "pre", "post", "delay", "connectivity", "synapse"})
    pre: NeuralPopulation
    post: NeuralPopulation
    current: Tensor
    weight: Tensor

    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        delay: float,
        dt: float | None,
        dtype: torch.dtype | None,
        name: str | None,
        rng: Rng,
    ) -> None:
        kind = type(self).__name__
        for side, population in (("pre", pre), ("post", post)):
            if not isinstance(population, NeuralPopulation):
                raise ArgumentError(
                    f"{kind}.{side}",
                    got=type(population).__name__,
                    expected="a NeuralPopulation",
                    fix="give the population itself",
                )
        super().__init__(post.shape, dt=dt, dtype=dtype or post.dtype, name=name, rng=rng)
        # Plain attributes: a population belongs to no connection, so `.to()` and `state_dict()` leave it alone.
        self.__dict__.update(pre=pre, post=post)
        self.delay = number(f"{kind}.delay", delay, "ms")
        if self.delay < 0:
            raise ParameterError(
                f"{kind}.delay", got=f"{self.delay:g} ms", expected="a delay >= 0 ms", fix="give 0 or a positive delay"
            )
        self._dt = self._common_dt()
        if self._dt:
            steps_on_grid(f"{self.label}.delay", self.delay, self._dt)
        for state in self.states:
            self.register_buffer(state, torch.zeros(self.shape, dtype=self._dtype))
        self._origin()

    @property
    def label(self) -> str:
        """How errors call this connection."""
        return (
            f"{type(self).__name__} {self.name!r}"
            if self.name
            else f"{type(self).__name__}({self.pre.label} -> {self.post.label})"
        )

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, kept per post neuron."""
        return tuple(self.dynamics.states)

    def compute(self) -> Tensor:
        """Advance by one step; what arrives at `post` in the step it takes next, shape (*post.shape) or (batch, ...).

        Raises StateError when dt is not known, or spikes are asked for that pre has not made yet or kept no longer.
        """
        ready, clock = self._prepared(), self._clock
        buffers = self._buffers
        (new,), _, _, _ = ready.step(ready.constants, None, None, None, self._arrived(), buffers["current"])
        buffers["current"] = new
        clock.steps += 1
        clock.advanced_for = self.post._clock.steps
        # What is handed out may be written to (`I -= ...`), the state must not follow.
        result: Tensor = new.clone()
        return result

    def reset_state_variables(self) -> None:
        """Forget what is on the way: states to zero; steps are counted from here."""
        self._silence()
        self._clock.steps = 0
        self._origin()

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors; the spikes in flight are kept by `pre`."""
        origins = {
            "pre": self._pre_origin,
            "post": self._post_origin,
            "delivered": self._clock.delivered,
            "advanced_for": self._clock.advanced_for,
        }
        return {**super().get_extra_state(), "origins": origins}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` gave."""
        super().set_extra_state(state)
        origins, clock = state["origins"], self._clock
        self._pre_origin, self._post_origin = origins["pre"], origins["post"]
        clock.delivered, clock.advanced_for = origins["delivered"], origins["advanced_for"]

    def _silence(self) -> None:
        """States of zero, with the batch of post."""
        shape = self.shape if self.post._batch is None else (self.post._batch, *self.shape)
        for state in self.states:
            self._buffers[state] = torch.zeros(shape, dtype=self._dtype, device=self.device)

    def _origin(self) -> None:
        """Count the steps of both populations from now on."""
        self.pre.keep_spikes(_MARGIN + (round(self.delay / self._dt) if self._dt else 0))
        self._pre_origin, self._post_origin = self.pre.steps, self.post.steps
        self._clock.delivered = self.pre.steps
        self._clock.advanced_for = -1
        self._ready.clear()

    def _prepared(self) -> Ready:
        ready = self._ready.get("")
        stamp = (self.pre._clock.version, self.post._clock.version, self._weight_version())
        return self._prepare_delivery() if ready is None or self._clock.stamp != stamp else ready

    # What a network asks

    def lower(self, builder: Builder, name: str, pre: str, post: str) -> None:
        """Declare the connection to a plan; raises what `compute()` would raise about dt, delay and weights."""
        self._prepared()
        builder.connection(
            name,
            pre,
            post,
            self.step(),
            self._weights(),
            tuple(self.weight.shape),
            self._delay_steps,
            len(self.wiring().get("targets", ())),
        )

    def step(self) -> Step:
        """What a step of this connection is made of."""
        return Step(self.dynamics, "exponential euler")

    def delivered(self) -> Tensor:
        """What arrives in post's present step: computed now, unless a hand loop has done it already."""
        return self.current if self._clock.advanced_for == self.post.steps else self.compute()

    def in_phase(self, late: bool) -> bool:
        """Whether exactly the spikes are still to be delivered that a network would deliver next."""
        self._prepared()
        return self._clock.advanced_for != self.post.steps and self._clock.delivered == self._delivered_so_far(late)

    @property
    def in_step(self) -> bool:
        """Whether both populations have made equally many steps, or it does not matter."""
        apart = (self.pre.steps - self._pre_origin) - (self.post.steps - self._post_origin)
        return self.delay == 0 or apart == 0

    def was_advanced(self, steps: int, late: bool) -> None:
        """Take over that a network has advanced this connection and both populations by `steps`."""
        self._clock.steps += steps
        self._clock.advanced_for = self.post.steps - 1
        self._clock.delivered = self._delivered_so_far(late)

    def _delivered_so_far(self, late: bool) -> int:
        """Steps of pre delivered before post's present step, when all steps were made in the network's order."""
        if self._delay_steps:
            made = self.post.steps - self._post_origin - self._delay_steps
        else:
            made = self.pre.steps - self._pre_origin - int(late)
        delivered: int = self._pre_origin + max(0, made)
        return delivered

    @property
    def signs(self) -> Tensor | None:
        """+1 or -1 per source neuron; None when no source is inhibitory."""
        self._prepared()
        return self._sign

    def _prepare_delivery(self) -> Ready:
        self._dt = self._common_dt()
        self._check_weight()
        self._check_batch()
        if self.pre.steps < self._clock.delivered or self.post.steps < self._post_origin:
            raise StateError(
                self.label,
                got="populations that were reset after it",
                expected="a connection reset together with its populations",
                fix="call reset_state_variables() of the connection too",
            )
        dt = self._dt
        self._delay_steps = steps_on_grid(f"{self.label}.delay", self.delay, dt) if dt else 0
        self.pre.keep_spikes(self._delay_steps + _MARGIN)
        ready = self._prepare("", self.step(), {})
        self._sign = self._signs()
        self._clock.stamp = (self.pre._clock.version, self.post._clock.version, self._weight_version())
        return ready

    def _check_batch(self) -> None:
        """Follow a batch that post was given before the first step; later it takes a reset."""
        expected = self.shape if self.post._batch is None else (self.post._batch, *self.shape)
        found = tuple(self._buffers["current"].shape)  # type: ignore[union-attr]
        if found != expected and not self.steps:
            self._silence()
        elif found != expected:
            raise StateError(
                self.label,
                got=f"a current of shape {found} and a post of {expected}",
                expected="the same batch",
                fix="call reset_state_variables() of the connection too",
            )

    def _common_dt(self) -> float | None:
        known = {
            side: dt
            for side, dt in (("connection", self._dt), ("pre", self.pre.dt), ("post", self.post.dt))
            if dt is not None
        }
        if len(set(known.values())) > 1:
            raise TimeGridError(
                f"{self.label}.dt",
                got=", ".join(f"{dt:g} ms of {side}" for side, dt in known.items()),
                expected="one dt for all three",
                fix="set .dt of the populations and of the connection to the same value",
            )
        return next(iter(known.values()), None)

    def _signs(self) -> Tensor | None:
        """+1 or -1 per source; None when all are +1."""
        inhibitory = self.pre.is_inhibitory
        if inhibitory is False:
            return None
        mask = torch.as_tensor(inhibitory).expand(self.pre.shape)
        return torch.where(mask, -1.0, 1.0).to(dtype=self._dtype, device=self.device)

    def _arrived(self) -> Tensor | None:
        """Weighted spikes that arrive now; None when there are none."""
        pre, own = self.pre._clock, self._clock
        if self._delay_steps:
            until = self._pre_origin + self.post._clock.steps - self._post_origin + 1 - self._delay_steps
        else:
            until = pre.steps
        first = own.delivered
        if until <= first:
            return None
        if until > pre.steps or pre.steps - first > len(pre.history):
            self._refuse(first, until)
        own.delivered = until
        total = None
        for step in range(first - pre.steps, until - pre.steps):
            spikes = pre.history[step]
            if spikes is not None:
                arrived = self._deliver(spikes)
                total = arrived if total is None else total + arrived
        return total

    def _refuse(self, first: int, until: int) -> None:
        if until > self.pre.steps:
            raise StateError(
                f"{self.label}.compute()",
                got=f"a request for the spikes of pre's step {until - 1}, which is still to be made",
                expected="pre to be stepped before them",
                fix="call compute() after pre.forward(), or use a longer delay",
            )
        raise StateError(
            f"{self.label}.compute()",
            got=f"{self.pre.steps - first} steps of pre since the last delivery",
            expected=f"at most {len(self.pre._clock.history)}, whose spikes are kept",
            fix="call compute() once per step, or reset_state_variables() of the connection when starting over",
        )

    @abstractmethod
    def _weights(self) -> Weights:
        """How the weights are kept."""

    def wiring(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays of a list of synapses: pointers and targets; empty where there is none."""
        return {}

    @abstractmethod
    def _deliver(self, spikes: Tensor) -> Tensor:
        """Weighted sum over the sources: (*pre.shape) or (batch, *pre.shape) -> what broadcasts to post."""

    def _check_weight(self) -> None:
        """Raise when a weight is not allowed."""
        if not torch.isfinite(self.weight).all():
            raise ParameterError(
                f"{self.label}.w", got="NaN or infinity", expected="finite weights", fix="check how they were computed"
            )
        inhibitory = self._inhibitory_weights()
        if (inhibitory < 0).any():
            raise ParameterError(
                f"{self.label}.w",
                got=f"{inhibitory.min().item():g} out of an inhibitory neuron",
                expected="weights >= 0; their sign comes from is_inhibitory",
                fix="give the weight as a positive number",
            )

    def _inhibitory_sources(self) -> Tensor:
        return torch.as_tensor(self.pre.is_inhibitory, device=self.device).expand(self.pre.shape)

    @abstractmethod
    def _inhibitory_weights(self) -> Tensor:
        """The weights out of inhibitory neurons."""

    @abstractmethod
    def _weight_version(self) -> int:
        """A number that changes when weights were written in place."""
