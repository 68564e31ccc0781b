"""Rate coding: a larger value fires more often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive
from cnsproject.encoding.base import AbstractEncoder
from cnsproject.errors import ParameterError
from cnsproject.network.attributes import Rng
from cnsproject.random import derive_key, step_words

_WORDS = 2**18  # drawn at a time


@dataclass(frozen=True, eq=False)
class PoissonEncoder(AbstractEncoder):
    """Spikes at random, independently of each other, at a rate in proportion to the value.

    rate(x) = rate * (x - low)/(high - low) Hz; a neuron fires in a step with probability rate(x)*dt. The number of
    its spikes in `time` is binomial, Poisson for small steps (Gerstner et al. 2014, Neuronal Dynamics, ch. 7.2).

    rate  of the largest value (Hz)
    rng   a seed, a numpy Generator, or None for a fresh one
    The other arguments are those of AbstractEncoder. Raises ParameterError where rate*dt exceeds one spike per step.

    The spikes are a function of the key that is drawn once from `rng`, of the neuron in the flattened data, and of the
    step. The next call goes on with the next steps, as a `PoissonPopulation` of the same `rng` does, spike by spike;
    after `reset_state_variables` the spikes come again.

    `decode` counts: x = low + (high - low) * spikes/(rate*time). It is right on the average, and may exceed the range.
    With p = rate*dt (as a fraction) and f the value's fraction of the range, its standard deviation is
    (high - low) * sqrt(f*(1 - f*p)/(p*steps)).

    >>> import cnsproject as cns
    >>> encoder = cns.PoissonEncoder(10_000, dt=1.0, rate=100, rng=1)
    >>> encoder([255, 51, 0]).sum(0).tolist()  # in 10 s, at most one in a step
    [941, 192, 0]
    """

    rate: float
    key: tuple[int, int]

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
        rate: float = 100.0,
        rng: Rng = None,
    ) -> None:
        super().__init__(time, dt, device, range=range)
        vars(self).update(rate=positive("PoissonEncoder.rate", rate, "Hz"), key=derive_key(rng), _made=0)
        if self._probability > 1:
            raise ParameterError(
                "PoissonEncoder.rate", got=f"{self.rate:g} Hz",
                expected=f"at most {1e3 / self.dt:g} Hz, one spike per step", fix="use a smaller dt, or lower the rate",
            )  # fmt: skip

    @property
    def _probability(self) -> float:
        """Of a spike of the largest value in a step."""
        return self.rate * (self.dt * 1e-3)

    def reset_state_variables(self) -> None:
        """Draw from the first step on again."""
        vars(self)["_made"] = 0

    def _encode(self, fractions: Tensor) -> Tensor:
        chance = (fractions.numpy().reshape(-1) * self.rate) * (self.dt * 1e-3)
        spikes = np.empty((self.steps, chance.size), dtype=np.bool_)
        block = max(1, _WORDS // chance.size)
        for first in range(0, self.steps, block):
            rows = spikes[first : first + block]
            words = step_words(self.key, vars(self)["_made"] + first, len(rows), chance.size)
            rows[:] = (words.astype(np.float64) + 0.5) * 2.0**-32 < chance
        vars(self)["_made"] += self.steps
        return torch.from_numpy(spikes).reshape(self.steps, *fractions.shape)

    def _decode(self, spikes: Tensor) -> Tensor:
        return spikes.sum(0, dtype=torch.float64) / (self._probability * self.steps)
