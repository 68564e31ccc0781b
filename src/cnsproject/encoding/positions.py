"""Population coding: which neurons fire, and when, tells where a value lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive, whole
from cnsproject.encoding.base import AbstractEncoder, at_least_two_steps, first_spike, one_spike
from cnsproject.errors import ParameterError, ShapeError, nearest

Decoder = Literal["two fields", "centre of mass"]
_SILENT = 0.1  # an answer below this makes no spike


@dataclass(frozen=True, eq=False)
class PositionEncoder(AbstractEncoder):
    """Overlapping Gaussian receptive fields: each value is shown to `fields` neurons, the nearer the earlier.

    Field i = 1, ..., m answers with r = exp(-(x - c)^2/(2*sigma^2)), centre c = low + (2i - 3)/2 * w, width
    sigma = w/beta, spacing w = (high - low)/(m - 2). Its neuron fires in step round((steps - 1)*(1 - r)), and never
    where r < 0.1. Data (*shape) give spikes (steps, *shape, fields); a number gives (steps, fields).

    fields   how many fields cover the range, at least 3
    beta     w/sigma, 1 to 2: the smaller, the more they overlap
    decoder  "two fields": the two strongest answers a and b determine the place,
             x = (c_a + c_b)/2 + sigma^2 * ln(r_a/r_b)/(c_a - c_b). With q = 1/(2*(steps - 1)), by which a step may
             miss an answer, it is off by at most -sigma^2/w * ln((1 - q/r_a)*(1 - q/r_b)), r as the steps tell it
             (and above q).
             "centre of mass": x = sum(r*c)/sum(r), which is drawn to the middle of the range at its ends
    The other arguments are those of AbstractEncoder. Decoding raises ParameterError where no field of a value fires.

    Source: Bohte, La Poutre & Kok 2002, Unsupervised clustering with spiking neurons by sparse temporal coding and
    multilayer RBF networks, IEEE Trans. Neural Networks 13, 426: centres, widths, beta = 1.5, late spikes left out.

    >>> import cnsproject as cns
    >>> encoder = cns.PositionEncoder(20, dt=0.5, fields=6)
    >>> spikes = encoder([100])
    >>> tuple(spikes.shape), encoder.decode(spikes).round().tolist()
    ((40, 1, 6), [100.0])
    """

    fields: int
    beta: float
    decoder: Decoder

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
        fields: int = 10,
        beta: float = 1.5,
        decoder: Decoder = "two fields",
    ) -> None:
        super().__init__(time, dt, device, range=range)
        at_least_two_steps(self)
        what = "PositionEncoder"
        beta = positive(f"{what}.beta", beta)
        if not 1 <= beta <= 2:
            raise ParameterError(
                f"{what}.beta", got=f"{beta:g}", expected="1 to 2", fix="between them neighbouring fields overlap well"
            )
        if decoder not in get_args(Decoder):
            raise ParameterError(
                f"{what}.decoder", got=repr(decoder), expected='"two fields" or "centre of mass"',
                fix=nearest(str(decoder), get_args(Decoder)),
            )  # fmt: skip
        vars(self).update(fields=whole(f"{what}.fields", fields, least=3), beta=beta, decoder=decoder)

    # In fractions of the range, as values are known to encoders.

    @property
    def _spacing(self) -> float:
        return 1.0 / (self.fields - 2)

    @property
    def _centres(self) -> Tensor:
        return (torch.arange(self.fields, dtype=torch.float64) - 0.5) * self._spacing

    @property
    def centres(self) -> Tensor:
        """The middles of the fields, in the unit of the data: (fields,)."""
        low, high = self.range or (0.0, 255.0)
        return low + (high - low) * self._centres

    @property
    def sigma(self) -> float:
        """The width of the fields, in the unit of the data."""
        low, high = self.range or (0.0, 255.0)
        return (high - low) * self._spacing / self.beta

    def _encode(self, fractions: Tensor) -> Tensor:
        away = (fractions[..., None] - self._centres) * (self.beta / self._spacing)
        answers = torch.exp(-away.square() / 2.0)
        return one_spike(self.steps, ((self.steps - 1) * (1.0 - answers)).round().long(), answers >= _SILENT)

    def _decode(self, spikes: Tensor) -> Tensor:
        if spikes.shape[-1] != self.fields:
            raise ShapeError(
                "PositionEncoder.decode(spikes)", got=f"shape {tuple(spikes.shape)}",
                expected=f"shape ({self.steps}, ..., {self.fields}): one neuron per field",
                fix="give what the encoder made",
            )  # fmt: skip
        step, fired = first_spike(spikes)
        if not fired.any(-1).all():
            raise ParameterError(
                "PositionEncoder.decode(spikes)", got="a value of which no field fires", expected="at least one spike",
                fix="record for the whole time that the values were shown",
            )  # fmt: skip
        # What fires in the last step answers something: at most what half a step tells.
        answers = torch.where(fired, (1.0 - step / (self.steps - 1)).clamp(min=0.5 / (self.steps - 1)), 0.0)
        if self.decoder == "centre of mass":
            return ((answers * self._centres).sum(-1) / answers.sum(-1)).clamp(0.0, 1.0)
        return self._from_two(answers)

    def _from_two(self, answers: Tensor) -> Tensor:
        (first, second), (a, b) = (pair.unbind(-1) for pair in answers.topk(2, dim=-1))
        at, other = self._centres[a], self._centres[b]
        known = second > 0
        logs = torch.log(first / torch.where(known, second, 1.0))
        between = (at + other) / 2.0 + (self._spacing / self.beta) ** 2 * logs / (at - other)
        return torch.where(known, between, at).clamp(0.0, 1.0)
