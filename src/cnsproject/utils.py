"""Input currents: tensors of shape (time, neuron_size), float32, one row per step (nA)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnsproject.checks import named_arguments, number, whole
from cnsproject.errors import ParameterError

__all__ = ["random2_step_function", "random_step_function", "step_function", "two_way_step_function"]

_PULSE = 20  # steps of one random pulse
_PULSES = 10  # random pulses at most


@named_arguments
def step_function(time: int, I_value: float, scale: int, neuron_size: int = 1) -> Tensor:
    """Zero, then from step 5*scale on I_value*(i+1) for neuron i."""
    current, onset = _silence("step_function", time, scale, neuron_size)
    current[onset:] = number("step_function(I_value)", I_value, "nA") * torch.arange(
        1, neuron_size + 1, dtype=torch.float32
    )
    return current


@named_arguments
def two_way_step_function(time: int, I_value: float, scale: int, neuron_size: int = 1) -> Tensor:
    """I_value from step 5*scale to step 10*scale, zero before and after."""
    current, onset = _silence("two_way_step_function", time, scale, neuron_size)
    current[onset : 2 * onset] = number("two_way_step_function(I_value)", I_value, "nA")
    return current


@named_arguments
def random_step_function(time: int, I_value: int, scale: int, neuron_size: int = 1, *, rng: Any = None) -> Tensor:
    """Pulses of 20 steps at up to ten distinct random starts in [0, time-20).

    Amplitudes are whole numbers in [0, I_value), the same for all neurons; a later pulse overwrites an earlier one.
    rng is a seed, a numpy Generator or None (SPEC 7).
    """
    current, _ = _silence("random_step_function", time, scale, neuron_size)
    if time <= _PULSE:
        raise ParameterError(
            "random_step_function(time)", got=time, expected=f"more than {_PULSE} steps", fix="use a longer time"
        )
    top = whole("random_step_function(I_value)", I_value, least=1)
    generator = np.random.default_rng(rng)
    for start in np.unique(generator.integers(0, time - _PULSE, size=_PULSES)):
        current[start : start + _PULSE] = float(generator.integers(0, top))
    return current


@named_arguments
def random2_step_function(time: int, I_value: float, scale: int, neuron_size: int = 1, *, rng: Any = None) -> Tensor:
    """Uniform noise in [0, I_value), drawn anew for every step and neuron; rng as in random_step_function."""
    current, _ = _silence("random2_step_function", time, scale, neuron_size)
    top = number("random2_step_function(I_value)", I_value, "nA")
    if top <= 0:
        raise ParameterError(
            "random2_step_function(I_value)", got=f"{top:g}", expected="a number > 0 (nA)", fix="give a positive one"
        )
    noise = torch.from_numpy(np.random.default_rng(rng).random(tuple(current.shape), dtype=np.float32))
    # float32 rounding may reach the open end of the interval.
    return (noise * top).clamp(max=float(np.nextafter(np.float32(top), np.float32(0))))


def _silence(what: str, time: int, scale: int, neuron_size: int) -> tuple[Tensor, int]:
    """A current of zeros and the step 5*scale of the onset."""
    steps, neurons = whole(f"{what}(time)", time, least=1), whole(f"{what}(neuron_size)", neuron_size, least=1)
    return torch.zeros(steps, neurons), 5 * whole(f"{what}(scale)", scale)
