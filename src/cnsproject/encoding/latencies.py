"""Temporal coding with one spike: a larger value fires earlier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive, whole
from cnsproject.encoding.base import AbstractEncoder, at_least_two_steps, first_spike, one_spike
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, nearest

Law = Literal["linear", "exponential"]


@dataclass(frozen=True, eq=False)
class Time2FirstSpikeEncoder(AbstractEncoder):
    """One spike of each value, the earlier the larger it is (time to first spike, latency).

    With f = (x - low)/(high - low), the value as a fraction of the range:

    law="linear"       fires in step round((steps - 1)*(1 - f)); the lowest value, f = 0, never. `decode` is off by at
                       most (high - low)/(2*(steps - 1)).
    law="exponential"  fires when a membrane that a current charges in proportion to f reaches its threshold:
                       f*(1 - exp(-t/tau)) = threshold, t = tau*ln(f/(f - threshold)), in step floor(t/dt). What would
                       fire after the end, and f <= threshold, never does. `decode` gives the middle of the values that
                       fire in this step.

    tau        membrane time constant (ms), default 10; for the exponential law only
    threshold  of the membrane, as a fraction of what the largest value charges it to, default 0.1; likewise
    The other arguments are those of AbstractEncoder. Where nothing fires, `decode` gives `low`, and of several spikes
    the first counts.

    Source: Thorpe, Delorme & VanRullen 2001, Spike-based strategies for rapid processing, Neural Networks 14; the
    membrane: Gerstner et al. 2014, Neuronal Dynamics, ch. 1.3.

    >>> import cnsproject as cns
    >>> encoder = cns.Time2FirstSpikeEncoder(5, dt=1.0)
    >>> spikes = encoder([255, 128, 0])
    >>> spikes.int().tolist()  # a row per step
    [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    >>> encoder.decode(spikes).tolist()
    [255.0, 127.5, 0.0]
    """

    law: Law
    tau: float | None
    threshold: float | None

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
        law: Law = "linear",
        tau: float | None = None,
        threshold: float | None = None,
    ) -> None:
        super().__init__(time, dt, device, range=range)
        at_least_two_steps(self)
        what = "Time2FirstSpikeEncoder"
        if law not in get_args(Law):
            raise ParameterError(
                f"{what}.law", got=repr(law), expected='"linear" or "exponential"',
                fix=nearest(str(law), get_args(Law)),
            )  # fmt: skip
        if law == "linear" and not (tau is None and threshold is None):
            raise ArgumentError(
                f"{what}(tau=, threshold=)", got="a membrane for the linear law", expected="neither of them",
                fix='leave them out, or write law="exponential"',
            )  # fmt: skip
        if law == "exponential":
            tau = positive(f"{what}.tau", 10.0 if tau is None else tau, "ms")
            threshold = positive(f"{what}.threshold", 0.1 if threshold is None else threshold)
            if threshold >= -math.expm1(-self.time / tau):
                raise ParameterError(
                    f"{what}.threshold", got=f"{threshold:g}",
                    expected=f"less than 1 - exp(-time/tau) = {-math.expm1(-self.time / tau):.4g}",
                    fix="lower it, or give more time: not even the largest value fires",
                )  # fmt: skip
        vars(self).update(law=law, tau=tau, threshold=threshold)

    def _encode(self, fractions: Tensor) -> Tensor:
        if self.tau is None or self.threshold is None:
            when = ((self.steps - 1) * (1.0 - fractions)).round().long()
            return one_spike(self.steps, when, fractions > 0)
        above = fractions > self.threshold
        latency = -self.tau * torch.log1p(-self.threshold / torch.where(above, fractions, 1.0))
        when = (latency / self.dt).floor()
        fires = above & (when < self.steps)
        return one_spike(self.steps, torch.where(fires, when, 0.0).long(), fires)

    def _decode(self, spikes: Tensor) -> Tensor:
        step, fired = first_spike(spikes)
        if self.tau is None or self.threshold is None:
            found = 1.0 - step / (self.steps - 1)
        else:
            early, late = (self._fraction(self.tau, self.threshold, edge * self.dt) for edge in (step, step + 1.0))
            # No value fires before the largest one, which may even be slower than this.
            found = ((early + late) / 2.0).clamp(max=1.0)
        return torch.where(fired, found, 0.0)

    @staticmethod
    def _fraction(tau: float, threshold: float, latency: Tensor) -> Tensor:
        """The fraction that fires after `latency` (ms), at most 1."""
        return (threshold / -torch.expm1(-latency / tau)).clamp(max=1.0)


LatencyEncoder = Time2FirstSpikeEncoder


@dataclass(frozen=True, eq=False)
class RankOrderEncoder(AbstractEncoder):
    """One spike of each value, in the order of the values, the largest first; how much they differ does not count.

    Equal values have one rank and fire in one step. D different values have the ranks r = 0, ..., D - 1 and fire in
    the steps round(r*(steps - 1)/(D - 1)), evenly over the time; with D > steps neighbours share a step. A single
    value fires in step 0.

    batch_dims  how many of the leading axes are a batch: each entry is ranked by itself
    The other arguments are those of AbstractEncoder.

    Only the order is in the spikes: `decode` takes the ranks for evenly spaced values from high down to low, and gives
    `low` where nothing fires. Exact for such values, and in the right order for all (up to shared steps).

    Source: Thorpe & Gautrais 1998, Rank order coding, in: Computational Neuroscience: Trends in Research.

    >>> import cnsproject as cns
    >>> cns.RankOrderEncoder(3, dt=1.0)([10, 200, 30]).int().tolist()
    [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    """

    batch_dims: int

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
        batch_dims: int = 0,
    ) -> None:
        super().__init__(time, dt, device, range=range)
        at_least_two_steps(self)
        vars(self).update(batch_dims=whole("RankOrderEncoder.batch_dims", batch_dims))

    def _encode(self, fractions: Tensor) -> Tensor:
        if self.batch_dims and fractions.ndim <= self.batch_dims:
            raise ShapeError(
                "RankOrderEncoder(data)", got=f"shape {tuple(fractions.shape)}",
                expected=f"more than batch_dims = {self.batch_dims} axes", fix="give one entry per stimulus",
            )  # fmt: skip
        entries = fractions.reshape(math.prod(fractions.shape[: self.batch_dims]), -1)
        when = torch.stack([self._ranks(entry) for entry in entries]).reshape(fractions.shape)
        return one_spike(self.steps, when, torch.ones_like(when, dtype=torch.bool))

    def _ranks(self, entry: Tensor) -> Tensor:
        """The step of every value of one stimulus."""
        different, rank = np.unique(-entry.numpy(), return_inverse=True)
        steps = np.rint(rank * (self.steps - 1) / max(1, len(different) - 1))
        return torch.from_numpy(steps.astype(np.int64))

    def _decode(self, spikes: Tensor) -> Tensor:
        step, fired = first_spike(spikes)
        return torch.where(fired, 1.0 - step / (self.steps - 1), 0.0)
