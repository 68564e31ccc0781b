"""`Synaptic`: what connections and drives share - synapses onto a population."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, is_grad_enabled

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.quantities import same_unit
from cnsproject.dynamics.step import FADING, Step
from cnsproject.errors import ArgumentError, ParameterError, StateError, TimeGridError
from cnsproject.executors.cpu.by_hand import HandStep
from cnsproject.network.attributes import Rng
from cnsproject.network.base import Stepped
from cnsproject.network.clock import Ready
from cnsproject.network.compiled import look_for_compiled
from cnsproject.network.parameters import Value
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.progress import Building
from cnsproject.network.terminals import Terminals
from cnsproject.plan import Builder


class Synaptic(Stepped):
    """Synapses onto the neurons of `post` (abstract; subclasses say what arrives at them).

    The states of the synapses are kept per post neuron. `compute()` advances them by one step and returns what they
    deliver: a current (nA), which the loop adds to the input of `post`, or with a Delta synapse a jump (mV).

    Where `post` has one state and scheme="exact", a current that decays within the step is delivered as the constant
    one with the same effect on the membrane (Rotter & Diesmann 1999); the decaying state is then called `x`.
    """

    dynamics: Dynamics
    fixed = frozenset({"shape", "post"})
    post: NeuralPopulation
    weight: Tensor
    weight_scale: float = 1.0  # what a 1 among the weights means, as they are kept
    choice: tuple[str, ...] = ()  # states that are whole numbers and say which source a neuron hears
    _terminals: Terminals | None = None  # of a connection with short-term plasticity

    def __init__(
        self, post: NeuralPopulation, *, dt: float | None, dtype: torch.dtype | None, name: str | None, rng: Rng
    ) -> None:
        super().__init__(post.shape, dt=dt, dtype=dtype or post.dtype, name=name, rng=rng)
        # A plain attribute: a population belongs to no connection, so `.to()` and `state_dict()` leave it alone.
        self.__dict__["post"] = post
        self._within = self._acts_within_step()
        if self._within:
            self.__dict__["dynamics"] = self.dynamics.with_output_apart()
        names = [*self.dynamics.states, *self.dynamics.parameters, self.dynamics.output]
        self._refuse_taken(names, {"weight", "pointers", "targets"})
        self._check_target()
        self._membrane = self._find_membrane()
        for state in self.states:
            self.register_buffer(state, torch.zeros(self.shape, dtype=self._dtype))

    def _acts_within_step(self) -> bool:
        """Whether post is integrated so that a current that decays within the step can be felt as it is."""
        own, post = self.dynamics, self.post.dynamics
        if post is None or getattr(self.post, "scheme", "") != "exact":
            return False
        single = len(post.states) == len(post.inputs) == 1
        return single and own.output_unit == "nA" and not own.inputs and not own.impulses

    def _check_target(self) -> None:
        """What is delivered must be what post takes."""
        post, unit = self.post.dynamics, self.dynamics.output_unit
        if post is None:
            return
        target = post.states.get(post.membrane, "") if self.jumps else next(iter(post.inputs.values()), "")
        if not target or not same_unit(unit, target):
            what = "a membrane" if self.jumps else "an input"
            raise ArgumentError(
                f"{type(self).__name__}.post",
                got=f"{unit} for {self.post.label}, which has {f'{what} in {target}' if target else 'none'}",
                expected=f"a post population with {what} in {unit}",
                fix="use another synapse, or write the equations of post accordingly",
            )

    def _find_membrane(self) -> str:
        """The state of post that the synapses feel; empty when they feel none."""
        if not self.dynamics.inputs:
            return ""
        membrane = self.post.dynamics.membrane if self.post.dynamics else ""
        if not membrane:
            raise ArgumentError(
                f"{type(self).__name__}.synapse",
                got=f"a conductance onto {self.post.label}, which has no membrane",
                expected="a post population with a membrane potential",
                fix="use a current",
            )
        return membrane

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, kept per post neuron."""
        return tuple(self.dynamics.states)

    @property
    def jumps(self) -> bool:
        """Whether a jump of the membrane (mV) is delivered, and not a current."""
        return self.dynamics.output_unit == "mV"

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        names = [name for name in super().recordable if name != "weight"]
        return tuple(dict.fromkeys(["w", self.dynamics.output, *names]))

    def make_synapses(self, told: Building | None) -> None:
        """Make the synapses that are still to be made, where a rule makes them; `told` is how many there are so far."""

    def compute(self) -> Tensor:
        """Advance by one step; what arrives at `post` in the step it takes next, shape (*post.shape) or (batch, ...).

        Raises StateError when dt is not known, or spikes are asked for that pre has not made yet or kept no longer.
        """
        ready, clock = self._prepared(), self._clock
        if not clock.steps % FADING and not self._adds_after:
            self._fade()
        hand = ready.hand
        if hand is None and clock.steps >= ready.look_at:
            hand = self._look_for_compiled(ready)
        arrived = self._arrived()
        felt: tuple[Any, ...] = (self.post._buffers[self._membrane],) if self._membrane else ()
        if hand is None or (is_grad_enabled() and self._asks_for_gradients(ready, (*felt, arrived))):
            result = self._advance(ready, (*felt, arrived))
        else:
            if arrived is not None and not self._arrives_as_one:
                (arrived,) = hand.flat(arrived)
            result = hand.advance(hand, self._buffers, *(hand.flat(*felt) if felt else ()), arrived)
            if self.dynamics.output not in self._buffers:
                clock.output, result = result, result.clone()
        clock.steps += 1
        clock.advanced_for = self.post._clock.steps
        return result

    def _advance(self, ready: Ready, inputs: tuple[Any, ...]) -> Tensor:
        """Run the printed step and take over its result; what it delivers."""
        buffers = self._buffers
        new = ready.step(ready.constants, None, None, None, *inputs, *[buffers[name] for name in ready.states])[0]
        for name, value in zip(ready.states, new, strict=True):
            # Where nothing arrived an impulse is one 0 for all.
            buffers[name] = value if value.ndim else value.expand(self._rows()).clone()
        if self._adds_after:
            if not self._clock.steps % FADING:
                self._fade()
            self._add_arrivals()
        delivered = buffers.get(self.dynamics.output)
        if delivered is None:
            delivered = self._remember(inputs[:-1])
        # What is handed out may be written to (`I -= ...`), the state must not follow.
        return delivered.clone()

    def _look_for_compiled(self, ready: Ready, *, wait: bool = False) -> HandStep | None:
        like = self._buffers[ready.states[0]]
        if self.post._batch is not None or like is None or not (self._sums_apart and self.same_by_hand):
            return None
        single = frozenset(self.dynamics.arrivals) if self._arrives_as_one else frozenset()
        return look_for_compiled(ready, self.step(), like, self._clock.steps, single=single, wait=wait)

    def warm(self) -> None:
        """Compile the step now, if it is not yet, so that `compute` costs less from the start."""
        self._look_for_compiled(self._prepared(), wait=True)

    def _remember(self, felt: tuple[Tensor | None, ...]) -> Tensor:
        """Compute what is delivered, where that is none of the states; `felt` is the membrane before post's step."""
        ready = self._prepared()
        assert ready.deliver is not None
        result: Tensor = ready.deliver(ready.constants, *felt, *(self._buffers[name] for name in ready.states))
        self._clock.output = result
        return result

    def __getattr__(self, name: str) -> Any:
        dynamics = self.__dict__.get("dynamics") or type(self).dynamics
        if name == dynamics.output and name not in dynamics.states:
            last = self._clock.output
            return torch.zeros_like(self._buffers[self.states[0]]) if last is None else last  # type: ignore[arg-type]
        return super().__getattr__(name)

    def delivered(self) -> Tensor:
        """What arrives in post's present step: computed now, unless a hand loop has done it already."""
        if self._clock.advanced_for == self.post.steps:
            value: Tensor = getattr(self, self.dynamics.output)
            return value
        return self.compute()

    def step(self) -> Step:
        """What a step of the synapses is made of."""
        return Step(self.dynamics, "exact", felt_by=self.post.dynamics if self._within else None)

    def _prepare(self, variant: str, step: Step, extra: Mapping[str, Value]) -> Ready:
        of_post = {
            f"_post_{name}": self.post._values[name] for name in (step.felt_by.parameters if step.felt_by else ())
        }
        return super()._prepare(variant, step, {**extra, **of_post})

    @property
    def same_by_hand(self) -> bool:
        """Whether `compute()` gives the bits of the native executor, where there is no batch and no gradient."""
        return self._prepared().exact or (self._sums_apart and self.dynamics.output in self._buffers)

    @property
    def _sums_apart(self) -> bool:
        """Whether what arrives is one sum that is handed to the step, and not added to a state after it."""
        return True

    @property
    def _adds_after(self) -> bool:
        """Whether `_add_arrivals` adds what arrives."""
        return False

    @property
    def _arrives_as_one(self) -> bool:
        """Whether the same arrives at all post neurons, as one number."""
        return False

    @abstractmethod
    def _arrived(self) -> Tensor | None:
        """The sum of what arrives now, per post neuron; None when there is nothing, or `_add_arrivals` adds it."""

    def _add_arrivals(self) -> None:
        """Add what arrives to the states, which have been integrated already."""

    def reset_state_variables(self) -> None:
        """Forget what is on the way: states to zero; steps are counted from here."""
        self._silence()
        self._clock.steps = 0
        self._origin()

    @abstractmethod
    def _origin(self) -> None:
        """Count steps from now on."""

    def _rows(self) -> tuple[int, ...]:
        """The shape of a state, with the batch of post."""
        return self.shape if self.post._batch is None else (self.post._batch, *self.shape)

    def _silence(self) -> None:
        """States of zero, with the batch of post."""
        shape = self._rows()
        for state in self.states:
            self._buffers[state] = torch.zeros(shape, dtype=self._dtype, device=self.device)
        self._clock.output = None

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors: what was delivered last, too."""
        return {**super().get_extra_state(), "output": self._clock.output}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` gave."""
        super().set_extra_state(state)
        self._clock.output = state["output"]

    def _check_batch(self) -> None:
        """Follow a batch that post was given before the first step; later it takes a reset."""
        expected = self._rows()
        found = tuple(self._buffers[self.states[0]].shape)  # type: ignore[union-attr]
        if found != expected and not self.steps:
            self._silence()
        elif found != expected:
            raise StateError(
                self.label,
                got=f"a {self.states[0]} of shape {found} and a post of {expected}",
                expected="the same batch",
                fix="call reset_state_variables() of the connection too",
            )

    def _common_dt(self) -> float | None:
        """The one dt of all that take part; None while nobody knows it."""
        known = {side: dt for side, dt in self._clocks() if dt is not None}
        if len(set(known.values())) > 1:
            raise TimeGridError(
                f"{self.label}.dt",
                got=", ".join(f"{dt:g} ms of {side}" for side, dt in known.items()),
                expected="one dt for all of them",
                fix="set .dt of the populations and of the connection to the same value",
            )
        return next(iter(known.values()), None)

    def _clocks(self) -> list[tuple[str, float | None]]:
        return [("connection", self._dt), ("post", self.post.dt)]

    # What a network asks

    @abstractmethod
    def lower(self, builder: Builder, name: str, names: Mapping[int, str]) -> None:
        """Declare the synapses to a plan under a name; `names` are those of the layers, by their id."""

    def in_phase(self, late: bool) -> bool:
        """Whether exactly what a network would deliver next is still to be delivered."""
        del late  # matters to those that have a pre
        self._prepared()
        return self._clock.advanced_for != self.post.steps

    def was_advanced(self, steps: int, late: bool, felt: Tensor | None = None) -> None:
        """Take over that a network has advanced these synapses and their populations by `steps`.

        felt  the membrane of post before the last of them, where the synapses feel it
        """
        del late
        if self.dynamics.output not in self._buffers:
            self._remember(() if felt is None else (felt,))
        self._clock.steps += steps
        self._clock.advanced_for = self.post.steps - 1

    @property
    def in_step(self) -> bool:
        """Whether a network can take over, however the populations were stepped before."""
        return True

    @property
    def signs(self) -> Tensor | None:
        """+1 or -1 per source neuron; None when no source is inhibitory."""
        return None

    def wiring(self, threads: int = 1) -> dict[str, np.ndarray[Any, Any]]:  # noqa: ARG002 - for those who have a list
        """The arrays of a list of synapses, as so many threads work on it; empty where there is none."""
        return {}

    @property
    def arrival_unit(self) -> str:
        """Unit of a weight: what arrives is a weight times a number of spikes."""
        return next(iter(self.dynamics.arrivals.values()))

    def _refuse_negative(self, weight: float, reason: str) -> None:
        raise ParameterError(
            f"{self.label}.w",
            got=f"{weight:g} {reason}",
            expected="weights >= 0; their sign comes from is_inhibitory"
            if self.arrival_unit != "uS"
            else "conductances >= 0; their sign comes from E - u",
            fix="give the weight as a positive number",
        )
