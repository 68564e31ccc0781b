"""`AbstractConnection`: what every connection is, whatever its weights."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, steps_on_grid
from cnsproject.errors import ArgumentError, ParameterError, StateError
from cnsproject.network.attributes import Rng
from cnsproject.network.clock import Ready
from cnsproject.network.learner import Learner
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.pictured import Pictured
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.synapse_lists import SynapseLists
from cnsproject.plan import Builder
from cnsproject.plan.operations import Weights

# Steps that `pre` may be ahead of the next compute(), beyond the delay, before spikes would be lost (an error).
_MARGIN = 64


class AbstractConnection(Pictured):
    """Carries the spikes of `pre` to `post` (abstract; subclasses say what weights there are).

    `compute()` advances the connection by one step and returns what it delivers for the step that `post` takes next.
    For post's step n, with a delay of d > 0 ms, these are the spikes of pre's step n - d/dt; with delay 0 all spikes
    that pre has made since the last delivery. Steps are counted from the construction of the connection or its last
    reset. Weights of inhibitory neurons count negative. A spike carries the weight it has on arrival.

    `update()` has the weights learn, where there is a learning rule: once per step, when post has made it.

    pre, post  the populations; they are not submodules of the connection
    delay      transmission delay (ms), a whole number of steps
    """

    fixed = frozenset(
        {"shape", "pre", "post", "delay", "connectivity", "synapse", "short_term", "learning_rule"}
        | {"lr", "weight_decay", "norm", "dendritic"}
    )
    _passing = frozenset({"_sign"})
    pre: NeuralPopulation
    current: Tensor
    learner: Learner | None = None  # what changes the weights

    @property
    def numbers(self) -> Tensor | None:
        """Which of the weights every synapse has, where they share some."""
        return None

    def __init__(
        self,
        pre: NeuralPopulation,
        post: NeuralPopulation,
        *,
        dt: float | None,
        dtype: torch.dtype | None,
        name: str | None,
        rng: Rng,
    ) -> None:
        for side, population in (("pre", pre), ("post", post)):
            if not isinstance(population, NeuralPopulation):
                raise ArgumentError(
                    f"{type(self).__name__}.{side}",
                    got=type(population).__name__,
                    expected="a NeuralPopulation",
                    fix="give the population itself",
                )
        self.__dict__["pre"] = pre
        super().__init__(post, dt=dt, dtype=dtype, name=name, rng=rng)
        self._delay_steps: tuple[int, ...] = ()  # each different, longest first
        self._dt = self._common_dt()

    @property
    def label(self) -> str:
        """How errors call this connection."""
        return (
            f"{type(self).__name__} {self.name!r}"
            if self.name
            else f"{type(self).__name__}({self.pre.label} -> {self.post.label})"
        )

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` keeps besides tensors; the spikes in flight are kept by `pre`."""
        clock = self._clock
        origins = {
            "pre": self._pre_origin,
            "post": self._post_origin,
            "delivered": clock.delivered,
            "served": clock.served,
            "advanced_for": clock.advanced_for,
        }
        return {**super().get_extra_state(), "origins": origins}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_extra_state` gave."""
        super().set_extra_state(state)
        origins, clock = state["origins"], self._clock
        self._pre_origin, self._post_origin = origins["pre"], origins["post"]
        clock.delivered, clock.served = origins["delivered"], origins["served"]
        clock.advanced_for = origins["advanced_for"]

    def _origin(self) -> None:
        """Count the steps of both populations from now on."""
        self._keep_spikes()
        self._pre_origin, self._post_origin = self.pre.steps, self.post.steps
        self._clock.delivered, self._clock.served = self.pre.steps, 0
        self._clock.advanced_for = -1
        self._ready.clear()
        if self.learner:
            self.learner.reset_state_variables()

    def _keep_spikes(self) -> None:
        """Have the last spikes remembered, as many as the delays and a loop that lags behind need."""
        self.pre.keep_spikes(self._remembered)
        if self.learner:
            self.learner.remember()

    @property
    def _remembered(self) -> int:
        """How many steps the spikes of pre are needed for, with delays and a loop that lags behind."""
        return _MARGIN + max(self._delay_steps, default=0)

    def _prepared(self) -> Ready:
        ready = self._ready.get("")
        if ready is None or self._clock.stamp != self._versions():
            return self._prepare_delivery()
        return ready

    def _versions(self) -> tuple[int, int, int]:
        """What the constants and signs depend on."""
        return self.pre._clock.version, self.post._clock.version, self._weight_version()

    def _prepare_delivery(self) -> Ready:
        self._dt = self._common_dt()
        self._check_weight()
        self._check_batch()
        if self.pre.steps < self._taken or self.post.steps < self._post_origin:
            raise StateError(
                self.label,
                got="populations that were reset after it",
                expected="a connection reset together with its populations",
                fix="call reset_state_variables() of the connection too",
            )
        self._delay_steps = self._find_delays(self._dt) if self._dt else ()
        self._keep_spikes()
        versions, stamp = self._versions(), self._clock.stamp
        # Neither constants nor compiled code depend on weights, which may be written in every step.
        ready = self._ready.get("") if stamp and stamp[:2] == versions[:2] else None
        ready = ready or self._prepare("", self.step(), {})
        self._sign = self._signs()
        self._clock.stamp = versions
        return ready

    def _start_counting(self) -> None:
        """At the end of construction: keep the spikes that a delay needs from the first step on."""
        if self._dt:
            self._delay_steps = self._find_delays(self._dt)
        self._origin()

    @abstractmethod
    def _find_delays(self, dt: float) -> tuple[int, ...]:
        """The delays in steps, each different, longest first."""

    def _read_delay(self, delay: float) -> float:
        """A delay for all synapses (ms)."""
        result = number(f"{type(self).__name__}.delay", delay, "ms")
        if result < 0:
            raise ParameterError(
                f"{type(self).__name__}.delay",
                got=f"{result:g} ms",
                expected="a delay >= 0 ms",
                fix="give 0 or a positive delay",
            )
        if self._dt:
            steps_on_grid(f"{self.label}.delay", result, self._dt)
        return result

    def _clocks(self) -> list[tuple[str, float | None]]:
        return [("connection", self._dt), ("pre", self.pre.dt), ("post", self.post.dt)]

    def _signs(self) -> Tensor | None:
        """+1 or -1 per source; None when all are +1."""
        inhibitory = self.pre.is_inhibitory
        if inhibitory is False or self.arrival_unit == "uS":
            return None
        mask = torch.as_tensor(inhibitory).expand(self.pre.shape)
        return torch.where(mask, -1.0, 1.0).to(dtype=self._dtype, device=self.device)

    @property
    def signs(self) -> Tensor | None:
        """+1 or -1 per source neuron; None when no source is inhibitory."""
        self._prepared()
        return self._sign

    @property
    def _sums_apart(self) -> bool:
        return self.pre._batch is None

    @property
    def _arrives_as_one(self) -> bool:
        return self._weights() == "shared"

    # Spikes on their way

    def _due(self) -> list[tuple[int, Tensor]]:
        """Place of the delay in `_delay_steps`, and spikes that have needed it, longest delay first.

        What is given out counts as delivered.
        """
        pre, own, history = self.pre._clock, self._clock, self._history()
        made = self.post._clock.steps - self._post_origin + 1
        due = []
        for place, delay in enumerate(self._delay_steps):
            if delay:
                first, until = self._pre_origin + max(0, own.served - delay), self._pre_origin + made - delay
            else:
                first, until = own.delivered, pre.steps
            if until <= first:
                continue
            if until > pre.steps or pre.steps - first > len(history):
                self._refuse(first, until)
            if not delay:
                own.delivered = until
            for step in range(first - pre.steps, until - pre.steps):
                spikes = history[step]
                if spikes is not None:
                    due.append((place, spikes))
        own.served = made
        if self.learner:
            self.learner.arrive(made - 1, due)
        return due

    def _history(self) -> deque[Tensor | None]:
        """What the neurons of pre sent in its last steps, newest last; None for a step without spikes."""
        return self.pre._clock.history

    @property
    def _taken(self) -> int:
        """Steps of pre that must have been made, because something was taken of them."""
        return self._clock.delivered

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

    # Learning

    @property
    def learning_rule(self) -> LearningRule | None:
        """How the weights change; None where they do not."""
        return self.learner.rule if self.learner else None

    def _add_learner(
        self, rule: object, lr: object, weight_decay: float, norm: float | None = None, dendritic: float = 0.0
    ) -> None:
        """Learn by a rule: one that was made, or its class. Raises ArgumentError for anything else."""
        self.__dict__.update(lr=lr, weight_decay=weight_decay, norm=norm, dendritic=dendritic)
        if rule is None:
            for argument, value, none in (
                ("lr", lr, None), ("weight_decay", weight_decay, 0), ("norm", norm, None), ("dendritic", dendritic, 0)
            ):  # fmt: skip
                if value != none:
                    raise ArgumentError(
                        f"{type(self).__name__}.{argument}",
                        got=f"{value} without a learning rule",
                        expected=f"{none}",
                        fix=f"leave {argument} out, or give learning_rule=cns.STDP()",
                    )
            return
        made = rule() if isinstance(rule, type) and issubclass(rule, LearningRule) else rule
        if not isinstance(made, LearningRule):
            raise ArgumentError(
                f"{type(self).__name__}.learning_rule", got=repr(rule), expected="a LearningRule",
                fix="make one: cns.STDP()",
            )  # fmt: skip
        learner = Learner(self, made if lr is None else made.with_rates(lr), weight_decay, norm, dendritic)
        # Registered, so that it moves and is saved with the connection, and a plain attribute that is found at once.
        self._modules["learner"] = self.__dict__["learner"] = learner

    @named_arguments
    def update(self, learning: bool = True, mask: Tensor | None = None, *, dopamine: float | None = None) -> None:
        """Have the weights learn from what happened in the steps that post has made since the last call.

        learning  False leaves the weights, while traces go on
        mask      weights that are to be 0: a boolean tensor of the shape of `w`
        dopamine  in these steps (1/ms), for rules that learn from rewards such as cns.RSTDP

        Weights change in place: clone what you want to keep. Without a learning rule only the mask matters.
        """
        if self.learner:
            self.learner.follow(learning=learning, dopamine=dopamine)
        if mask is not None:
            if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != self.w.shape:
                raise ArgumentError(
                    f"{self.label}.update(mask)", got=getattr(mask, "shape", type(mask).__name__),
                    expected=f"a boolean tensor of shape {tuple(self.w.shape)}", fix="compare w with something",
                )  # fmt: skip
            with torch.no_grad():
                self.weight[mask] = 0

    @torch.no_grad()
    def normalize(self) -> None:
        """Scale the weights onto every target so that their sizes sum up to `norm`; a network does so after each run.

        Targets whose weights are all 0 keep them. Without a `norm` nothing happens.
        """
        norm = self.learner.norm if self.learner else None
        if norm is not None:
            weight, target = self.w.view(-1), self._target_of_weights()
            total = torch.bincount(target, weight.abs().double())
            weight *= torch.where(total > 0, norm / total, 1.0)[target].to(weight.dtype)

    def _target_of_weights(self) -> Tensor:
        """Which weights are scaled together: for each the number of its target."""
        assert self.learner is not None
        return self.learner.lists().ends

    def before_step(self) -> tuple[Any, ...]:
        """All that a step changes, for `undo`."""
        own = super().before_step()
        return (own, self.learner.before_step()) if self.learner else own

    def undo(self, before: tuple[Any, ...]) -> None:
        """Back to where `before_step` was called."""
        if self.learner:
            before, other = before
            self.learner.undo(other)
        super().undo(before)

    @abstractmethod
    def synapse_lists(self) -> SynapseLists:
        """Which synapses leave a neuron, and which end at one."""

    # What a network asks

    def lower(self, builder: Builder, name: str, names: Mapping[int, str]) -> None:
        """Declare the connection to a plan; raises what `compute()` would raise about dt, delay and weights."""
        self._prepared()
        shape, lists = tuple(self.weight.shape), self.wiring()
        synapses, tiles = len(lists.get("targets", ())), max(1, len(lists.get("tiles", ())) - 1)
        pre, post = names[id(self.pre)], names[id(self.post)]
        short_term = self._terminals.step() if self._terminals else None
        builder.connection(
            name,
            pre,
            post,
            self.step(),
            self._weights(),
            shape,
            self._delay_steps,
            synapses,
            short_term,
            self.choice,
            tiles,
        )
        if self.learner:
            learner = self.learner
            builder.learning(
                name, pre, post, learner.plasticity, learner.weight_decay, learner.rule.limits, learner.lag
            )

    def in_phase(self, late: bool) -> bool:
        """Whether exactly the spikes are still to be delivered that a network would deliver next."""
        if not super().in_phase(late):
            return False
        # Of the spikes that pre remembers, those from before the connection was made or reset do not count.
        lag = max((delay or int(late) for delay in self._delay_steps), default=0)
        if self._pre_origin and self.pre.steps - self._pre_origin < lag:
            return False
        if self.learner and not self.learner.is_current:
            return False
        if self.learner and self._post_origin and self.post.steps - self._post_origin < self.learner.lag:
            return False
        return (self._clock.delivered, self._clock.served) == self._delivered_so_far(late)

    @property
    def in_step(self) -> bool:
        """Whether both populations have made equally many steps, or it does not matter."""
        self._prepared()
        apart = (self.pre.steps - self._pre_origin) - (self.post.steps - self._post_origin)
        return not any(self._delay_steps) or apart == 0

    def was_advanced(self, steps: int, late: bool, felt: Tensor | None = None) -> None:
        """Take over that a network has advanced this connection and both populations by `steps`."""
        super().was_advanced(steps, late, felt)
        if self.learner:
            self.learner.was_advanced(steps)
        self._clock.delivered, self._clock.served = self._delivered_so_far(late)

    def _delivered_so_far(self, late: bool) -> tuple[int, int]:
        """`delivered` and `served` before post's present step, when all steps were made in the network's order."""
        at_once = 0 in self._delay_steps
        delivered = self._pre_origin + max(0, self.pre.steps - self._pre_origin - int(late))
        return delivered if at_once else self._clock.delivered, self.post.steps - self._post_origin

    # Weights

    @abstractmethod
    def _weights(self) -> Weights:
        """How the weights are kept."""

    def _check_weight(self) -> None:
        """Raise when a weight is not allowed."""
        weight = self.weight.detach()
        least, most = (bound.item() for bound in torch.aminmax(weight)) if weight.numel() else (0.0, 0.0)
        if not (math.isfinite(least) and math.isfinite(most)):
            raise ParameterError(
                f"{self.label}.w", got="NaN or infinity", expected="finite weights", fix="check how they were computed"
            )
        if least >= 0:
            return
        if self.arrival_unit == "uS":
            self._refuse_negative(least, "uS")
        if self.pre.is_inhibitory is False:
            return
        inhibitory = self._inhibitory_weights()
        if (inhibitory < 0).any():
            self._refuse_negative(inhibitory.min().item(), "out of an inhibitory neuron")

    def _inhibitory_sources(self) -> Tensor:
        return torch.as_tensor(self.pre.is_inhibitory, device=self.device).expand(self.pre.shape)

    @abstractmethod
    def _inhibitory_weights(self) -> Tensor:
        """The weights out of inhibitory neurons."""

    @abstractmethod
    def _weight_version(self) -> int:
        """A number that changes when weights were written in place."""
