"""Phase coding: what a spike means depends on when in a cycle it comes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, whole
from cnsproject.encoding.base import AbstractEncoder
from cnsproject.errors import ParameterError

_MOST_BITS = 52  # of a double


@dataclass(frozen=True, eq=False)
class PhaseEncoder(AbstractEncoder):
    """Weighted spikes: a cycle has `bits` steps, and a spike in phase k = 0, ..., bits - 1 of it counts 2^-(k + 1).

    The value is rounded to q = round((2^bits - 1)*(x - low)/(high - low)), whose binary digits are the spikes of a
    cycle, the highest first; the cycle is repeated for the whole time.

    bits  steps of a cycle; `time` must be a whole number of cycles
    The other arguments are those of AbstractEncoder.

    `decode` averages over the cycles. It is off by at most (high - low)/(2*(2^bits - 1)), and exact (to rounding) for
    grey levels 0 to 255 with 8 bits.

    Source: Kim, Kim, Huh, Lee & Choi 2018, Deep neural networks with weighted spikes, Neurocomputing 311, 373.

    >>> import cnsproject as cns
    >>> cns.PhaseEncoder(4, dt=1.0, bits=4)([255, 136, 0]).int().tolist()  # 15/15, 8/15 and 0 in binary digits
    [[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]]
    """

    bits: int

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
        bits: int = 8,
    ) -> None:
        super().__init__(time, dt, device, range=range)
        vars(self).update(bits=whole("PhaseEncoder.bits", bits, least=1))
        if self.bits > _MOST_BITS:
            raise ParameterError(
                "PhaseEncoder.bits", got=bits, expected=f"at most {_MOST_BITS}", fix="a double holds no more"
            )
        if self.steps % self.bits:
            cycles = max(1, round(self.steps / self.bits))
            raise ParameterError(
                "PhaseEncoder.time", got=f"{self.time:g} ms, {self.steps} steps",
                expected=f"a whole number of cycles of {self.bits} steps",
                fix=f"use {cycles * self.bits * self.dt:g} ms",
            )  # fmt: skip

    @property
    def weights(self) -> Tensor:
        """What a spike in each step counts, float64 (steps,)."""
        return (self._places / 2.0**self.bits).repeat(self.steps // self.bits)

    @property
    def _places(self) -> Tensor:
        """What the digits count, from the highest on: 2^(bits - 1) ... 1."""
        return 2.0 ** torch.arange(self.bits - 1, -1, -1, dtype=torch.float64)

    def _encode(self, fractions: Tensor) -> Tensor:
        level = (fractions * (2**self.bits - 1)).round().long()
        cycle = torch.stack([(level >> (self.bits - 1 - k)) & 1 for k in range(self.bits)]).bool()
        return cycle.repeat(self.steps // self.bits, *[1] * fractions.ndim)

    def _decode(self, spikes: Tensor) -> Tensor:
        level = torch.zeros(spikes.shape[1:], dtype=torch.float64)
        for place, digits in zip(self._places, spikes.reshape(-1, self.bits, *spikes.shape[1:]).unbind(1), strict=True):
            level += place * digits.sum(0)
        return level / (self._places.sum() * (self.steps // self.bits))
