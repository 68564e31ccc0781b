"""Two patterns of Poisson spikes, one at a time, shown to two neurons whose weights learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import positive, steps_on_grid, whole
from cnsproject.encoding.encoders import PoissonEncoder
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable
from cnsproject.learning.rewards import AbstractReward, Dopamine
from cnsproject.network.connections import Connection, DenseConnection
from cnsproject.network.connectivity import FromArrays
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import InputPopulation, LIFPopulation
from cnsproject.network.synapses import ExponentialCurrent

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PATTERNS = "A", "B"
OUTPUTS = 2
EVERY = 100.0
"""How often weights are recorded (ms)."""


class SeenReward(Dopamine):
    """Dopamine that remembers: `told` has reward and dopamine of every step."""

    def __init__(self, tau_d: float, scale: float) -> None:
        super().__init__(tau_d, scale)
        self.told: list[tuple[float, float]] = []

    def update(self, reward: float | None) -> None:
        """Make a step in which this reward is given, or none."""
        super().update(reward)
        self.told.append((reward or 0.0, self.dopamine))


@dataclass(frozen=True)
class TwoPatterns(Adjustable):
    """Inputs that are fully connected to two excitatory LIF neurons, which inhibit each other.

    One half of the inputs fires in pattern A, the other in pattern B; a pattern is drawn, shown, and followed by a
    pause.

    time        length of the training (ms)
    dt          length of a step (ms)
    inputs      how many there are, half of them for each pattern
    high        rate of the inputs of the pattern that is shown (Hz)
    low         rate of all other inputs (Hz)
    show        how long a pattern is shown (ms)
    pause       how long the pause is after it (ms)
    w_lowest    smallest weight to start from (nA)
    w_highest   largest weight to start from (nA)
    tau         time constant of the membrane (ms)
    R           its resistance (MOhm)
    threshold   of spikes (mV)
    refractory  period after a spike (ms)
    tau_s       time constant of synaptic currents (ms)
    inhibition  weight from either neuron to the other, counted negative (nA)
    tau_inh     time constant of this current (ms)
    """

    time: float = 20_000.0
    dt: float = 1.0
    inputs: int = 50
    high: float = 40.0
    low: float = 5.0
    show: float = 50.0
    pause: float = 50.0
    w_lowest: float = 0.3
    w_highest: float = 0.6
    tau: float = 10.0
    R: float = 10.0
    threshold: float = -55.0
    refractory: float = 2.0
    tau_s: float = 5.0
    inhibition: float = 5.0
    tau_inh: float = 10.0

    @property
    def shows(self) -> int:
        """How many patterns are shown."""
        return int(self.time / (self.show + self.pause) + 1e-9)

    @property
    def steps_of_one(self) -> int:
        """Steps from one pattern to the next."""
        return steps_on_grid(
            "parameters show and pause", self.show + self.pause, positive("parameter dt", self.dt, "ms")
        )

    def check(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        for name in ("show", "pause"):
            steps_on_grid(f"parameter {name}", positive(f"parameter {name}", getattr(self, name), "ms"), self.dt)
        if whole("parameter inputs", self.inputs, least=2) % 2:
            raise ParameterError(
                "parameter inputs", got=str(self.inputs), expected="an even number", fix="one half is for each pattern"
            )
        for low, high in (("low", "high"), ("w_lowest", "w_highest")):
            if not 0 <= getattr(self, low) < getattr(self, high):
                raise ParameterError(
                    f"parameter {high}", got=f"{getattr(self, high):g}", fix=f"raise {high} or lower {low}",
                    expected=f"more than {low} = {getattr(self, low):g}, which is not negative",
                )  # fmt: skip
        if self.shows < 4:
            raise ParameterError(
                "parameter time", got=f"{self.time:g} ms", expected="room for 4 patterns at least",
                fix=f"give {4 * (self.show + self.pause):g} or more",
            )  # fmt: skip

    def scaled(self, factors: Mapping[str, float]) -> Self:
        """A copy with some parameters multiplied."""
        return dataclasses.replace(self, **{name: getattr(self, name) * by for name, by in factors.items()})

    def draw(self, rng: np.random.Generator) -> tuple[Ints, Tensor, F64]:
        """The pattern of every show, the spikes of the inputs (steps, inputs), and weights to start from."""
        order = rng.integers(len(PATTERNS), size=self.shows)
        rates = np.full((len(PATTERNS), self.inputs), self.low)
        half = self.inputs // 2
        rates[0, :half] = rates[1, half:] = self.high
        scale = (0.0, self.high)
        pattern = PoissonEncoder(self.show, self.dt, range=scale, rate=self.high, rng=rng)
        pause = PoissonEncoder(self.pause, self.dt, range=scale, rate=self.high, rng=rng)
        silence = np.full(self.inputs, self.low)
        parts = [part for k in order for part in (pattern(rates[k]), pause(silence))]
        weights = rng.uniform(self.w_lowest, self.w_highest, (self.inputs, OUTPUTS))
        return order, torch.cat(parts), weights

    def network(
        self, rule: LearningRule, weights: F64, reward: AbstractReward | None
    ) -> tuple[Network, DenseConnection]:
        """Inputs and outputs in a network, and what learns between them."""
        net = Network(dt=self.dt, seed=0, reward=reward)
        inputs = InputPopulation(self.inputs)
        outputs = LIFPopulation(OUTPUTS, tau=self.tau, R=self.R, threshold=self.threshold, refractory=self.refractory)
        net.add_layer(inputs, "inputs")
        net.add_layer(outputs, "outputs")
        learning = DenseConnection(inputs, outputs, w=weights, tau_s=self.tau_s, learning_rule=rule)
        net.add_connection(learning)
        if self.inhibition:
            net.add_connection(
                Connection(
                    outputs, outputs, connectivity=FromArrays([0, 1], [1, 0]), weight=-self.inhibition,
                    synapse=ExponentialCurrent(tau=self.tau_inh),
                )
            )  # fmt: skip
        return net, learning
