"""Input currents: shapes, onsets, laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject.utils import random2_step_function, random_step_function, step_function, two_way_step_function

ALL = [step_function, two_way_step_function, random_step_function, random2_step_function]


@pytest.mark.parametrize("function", ALL)
@given(time=st.integers(21, 300), scale=st.integers(1, 80), neurons=st.integers(1, 4))
def test_shape_and_precision(function: object, time: int, scale: int, neurons: int) -> None:
    current = function(time, 5, scale, neurons)  # type: ignore[operator]
    assert current.shape == (time, neurons)
    assert current.dtype == torch.float32
    assert function(time=time, I_value=5, scale=scale).shape == (time, 1)  # type: ignore[operator]


def test_step() -> None:
    current = step_function(30, 2.5, 3, neuron_size=3)
    assert (current[:15] == 0).all()
    assert (current[15:] == torch.tensor([2.5, 5.0, 7.5])).all()


def test_two_way_step() -> None:
    current = two_way_step_function(40, 2.5, 3, neuron_size=2)
    assert current.sum(dim=1).nonzero().flatten().tolist() == list(range(15, 30))
    assert current.max() == current[15:30].min() == 2.5


@given(seed=st.integers(0, 10_000))
def test_random_pulses(seed: int) -> None:
    """Whole amplitudes below I_value, pulses of 20 steps that a later one may cut short."""
    current = random_step_function(400, 6, 1, 2, rng=seed)
    assert set(current.unique().tolist()) <= {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    assert torch.equal(current[:, 0], current[:, 1])
    assert torch.equal(current, random_step_function(400, 6, 1, 2, rng=np.random.default_rng(seed)))
    active = (current[:, 0] != 0).int()
    assert active.sum() <= 200
    assert current[-1, 0] == 0 or current[-20:, 0].min() > 0


def test_the_last_pulse_wins() -> None:
    """Against an independent account of the starts and amplitudes."""
    generator = np.random.default_rng(5)
    starts = sorted(set(generator.integers(0, 180, size=10).tolist()))
    expected = [0.0] * 200
    for start in starts:
        expected[start : start + 20] = [float(generator.integers(0, 50))] * 20
    assert random_step_function(200, 50, 1, rng=5)[:, 0].tolist() == expected


def test_every_start_and_amplitude_occurs() -> None:
    firsts, values = set(), set()
    for seed in range(400):
        current = random_step_function(23, 3, 1, rng=seed)[:, 0]
        values |= set(current.tolist())
        firsts |= {int((current != 0).nonzero()[0])} if current.any() else set()
    assert firsts >= {0, 1, 2}
    assert values == {0.0, 1.0, 2.0}


def test_noise_is_uniform_and_independent() -> None:
    current = random2_step_function(20_000, 4.0, 1, 2, rng=1)
    assert current.min() >= 0
    assert current.max() < 4.0
    counts = np.histogram(current.numpy(), bins=20, range=(0, 4))[0]
    expected = 40_000 / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # chi-square, 19 degrees of freedom, p = 0.001
    assert torch.corrcoef(current.T)[0, 1].abs() < 0.03


def test_fresh_numbers_without_a_seed() -> None:
    assert not torch.equal(random2_step_function(50, 1, 1), random2_step_function(50, 1, 1))
    torch.manual_seed(0)
    one = random2_step_function(50, 1, 1)
    torch.manual_seed(0)
    assert not torch.equal(one, random2_step_function(50, 1, 1))
