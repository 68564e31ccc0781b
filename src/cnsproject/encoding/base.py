"""What all encoders are: numbers in, spikes over some time out, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy.typing as npt
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, positive, steps_on_grid
from cnsproject.encoding.reading import Data, read_data, read_device, read_range, read_spikes
from cnsproject.errors import ArgumentError, ParameterError, StateError

_BYTE = 0.0, 255.0


@dataclass(frozen=True, eq=False)
class AbstractEncoder(ABC):
    """Turns numbers into spikes of `time` ms: data (*shape) -> bool (steps, *shape), steps = time/dt.

    time    how long the data are shown (ms), a whole number of steps
    dt      length of a step (ms)
    device  where the spikes are put; they are computed on the CPU, and so are the same on all devices
    range   (low, high), the least and the largest value that data may have. None: 0 to 255, the grey levels of an
            image, and data must be whole numbers

    Data are numbers, lists, arrays or tensors of any shape; a leading axis may be a batch. A number is one neuron:
    (steps, 1). `spikes[k]` is what `InputPopulation.forward` takes, `spikes` what `Network.run` does, and
    `SpikeSource(n, *encoder.times(spikes))` fires the same.

    An encoder of your own is a subclass with `_encode`, and with `_decode` where it can be undone; both know values as
    fractions of the range. Raises ParameterError for values outside the range, NaN, and times that are not positive;
    ShapeError for no values; TimeGridError for a time off the grid; ArgumentError for what are no numbers.
    """

    time: float
    dt: float
    device: torch.device
    range: tuple[float, float] | None
    steps: int

    @named_arguments
    def __init__(
        self,
        time: float,
        dt: float = 1.0,
        device: str | torch.device = "cpu",
        *,
        range: tuple[float, float] | None = None,
    ) -> None:
        name = type(self).__name__
        duration, step = positive(f"{name}.time", time, "ms"), positive(f"{name}.dt", dt, "ms")
        steps = steps_on_grid(f"{name}.time", duration, step)
        vars(self).update(
            time=duration,
            dt=step,
            device=read_device(f"{name}.device", device),
            range=None if range is None else read_range(f"{name}.range", range),
            steps=steps,
        )

    @abstractmethod
    def _encode(self, fractions: Tensor) -> Tensor:
        """Spikes (steps, *shape) on the CPU of fractions in 0 ... 1 of the range, float64 (*shape)."""

    def _decode(self, spikes: Tensor) -> Tensor:  # noqa: ARG002 - the decoders need it
        """Fractions of the range, float64, from spikes (steps, *shape) on the CPU."""
        raise StateError(
            f"{type(self).__name__}.decode", got="an encoder without a decoder", expected="one that can be undone",
            fix=f"define {type(self).__name__}._decode(spikes)",
        )  # fmt: skip

    def __call__(self, data: Data) -> Tensor:
        """The spikes of `data` (*shape): bool (steps, *shape)."""
        spikes = self._encode(self._fractions(data)).to(self.device)
        return spikes.reshape(-1, 1) if spikes.ndim == 1 else spikes

    def decode(self, spikes: Tensor | npt.ArrayLike) -> Tensor:
        """The data that `spikes` (steps, *shape) stand for, float64, in the unit of the data."""
        found = self._decode(read_spikes(f"{type(self).__name__}.decode(spikes)", spikes, self.steps))
        low, high = self.range or _BYTE
        # Both ends exactly, which low + part*(high - low) would miss by rounding.
        return ((1.0 - found) * low + found * high).to(self.device)

    def error(self, data: Data) -> float:
        """Root mean square of decode(encode(data)) - data, in the unit of the data."""
        decoded = self.decode(self(data)).cpu()
        given = read_data(type(self).__name__, data).detach().cpu().to(torch.float64)
        return float((decoded - given.reshape(decoded.shape)).square().mean().sqrt())

    def times(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        """Times (ms) and neurons of spikes (steps, *shape) in order of time, neurons counted in the flattened shape."""
        step, neuron = read_spikes(f"{type(self).__name__}.times(spikes)", spikes, self.steps).flatten(1).nonzero().T
        return step.to(torch.float64) * self.dt, neuron

    def _fractions(self, data: Data) -> Tensor:
        what = f"{type(self).__name__}(data)"
        given = read_data(what, data).detach().cpu()
        low, high = self.range or _BYTE
        if self.range is None and given.is_floating_point():
            raise ArgumentError(
                what, got=f"floats from {given.min():g} to {given.max():g}", expected="whole numbers 0 to 255",
                fix=f"say what they may be: {type(self).__name__}(..., range=(low, high))",
            )  # fmt: skip
        values = given.to(torch.float64)
        if values.min() < low or values.max() > high:
            raise ParameterError(
                what, got=f"values from {values.min():g} to {values.max():g}", expected=f"{low:g} to {high:g}",
                fix=f"scale or clip them, or give {type(self).__name__}(..., range=(low, high))",
            )  # fmt: skip
        return ((values - low) / (high - low)).clamp(0.0, 1.0)


def one_spike(steps: int, when: Tensor, fires: Tensor) -> Tensor:
    """Spikes (steps, *shape), one of each neuron in its step `when` (*shape), where it `fires` (*shape)."""
    spikes = torch.zeros(steps, *when.shape, dtype=torch.bool)
    return spikes.scatter_(0, when.clamp(0, steps - 1)[None], fires[None])


def first_spike(spikes: Tensor) -> tuple[Tensor, Tensor]:
    """The step of the first spike of each neuron, float64 (*shape), 0 where there is none; and whether there is one."""
    return spikes.to(torch.uint8).argmax(0).to(torch.float64), spikes.any(0)


def at_least_two_steps(encoder: AbstractEncoder) -> None:
    """Raise where a time cannot tell two values apart."""
    if encoder.steps < 2:
        raise ParameterError(
            f"{type(encoder).__name__}.time", got=f"{encoder.time:g} ms, one step", expected="at least two steps",
            fix="give more time, or a smaller dt",
        )  # fmt: skip
