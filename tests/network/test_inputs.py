"""What `Network.run(inputs=...)` reads: rows by block and by step, with memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import Constant, InputPopulation, LIFPopulation, errors
from cnsproject.network.inputs import Generator, Input, read_input
from cnsproject.network.inputs.generators import FunctionCurrent, Sine, StepCurrent
from cnsproject.network.inputs.noise import OrnsteinUhlenbeck, WhiteNoise


def layer(shape: int | tuple[int, ...] = 4, dtype: torch.dtype = torch.float32) -> LIFPopulation:
    return LIFPopulation(shape, tau=5, dt=0.5, dtype=dtype, name="exc")


def test_static_inputs_have_rows_as_before() -> None:
    cases = [(3.0, (1, 1)), (Constant([1, 2, 3, 4]), (1, 4)), (torch.arange(6.0), (6, 1)), (np.ones((6, 4)), (6, 4))]
    for given_, shape in cases:
        read = read_input(layer(), given_, 6)
        assert not read.streams
        assert tuple(read.rows.shape) == shape
        assert torch.equal(read.block(0, 6), read.rows)
        assert tuple(read.block(2, 3).shape) == (shape[0] and min(shape[0], 3), shape[1])
    assert read_input(layer(), torch.arange(6.0), 6).block(2, 3)[:, 0].tolist() == [2, 3, 4]
    assert read_input(layer(), torch.arange(6.0), 6).at(4).item() == 4


def test_spikes_are_rows_too() -> None:
    spikes = torch.eye(4, dtype=torch.bool)
    read = read_input(InputPopulation(4, dt=0.5, name="in"), spikes, 4)
    assert torch.equal(read.block(1, 2), spikes[1:3])
    assert torch.equal(read.at(3), spikes[3])


def test_one_number_per_step_is_computed_at_once_and_rows_per_neuron_are_not(dtype: torch.dtype) -> None:
    sine = read_input(layer(dtype=dtype), Sine(1, 10), 50)
    noise = read_input(layer(dtype=dtype), WhiteNoise(0, 1), 50)
    assert (sine.streams, noise.streams) == (False, True)
    assert tuple(sine.rows.shape) == (50, 1)
    for read, width in ((sine, 1), (noise, 4)):
        block = read.block(10, 7)
        assert tuple(block.shape) == (7, width)
        assert block.dtype == dtype
        assert block.is_contiguous()
    assert read_input(layer(), Sine(1, 10), 2**20 + 1).streams  # an hour and more: not even one number per step


@given(first=st.integers(0, 300), steps=st.integers(1, 120), cut=st.integers(0, 120), seed=st.integers(0, 9))
def test_a_run_in_two_parts_is_one_run(first: int, steps: int, cut: int, seed: int) -> None:
    """Absolute time: rows by block, by step and by `values` are the same, wherever a run begins."""
    cut = min(cut, steps)
    generator = OrnsteinUhlenbeck(1, [1, 2, 3, 4], 3) + StepCurrent([30], [2]) + WhiteNoise(0, 1)
    population = LIFPopulation(4, dt=0.5, rng=seed)
    key = population._key
    whole = generator.values(0.5 * (first + steps), 0.5, 4, rng=seed)[first:]
    parts = [
        read_input(population, generator, n, first_step=start, key=key)
        for start, n in ((first, cut), (first + cut, steps - cut))
    ]
    assert torch.equal(torch.cat([parts[0].block(0, cut), parts[1].block(0, steps - cut)]), whole)
    by_step = [part.at(k) for part, n in zip(parts, (cut, steps - cut), strict=True) for k in range(n)]
    assert torch.equal(torch.stack(by_step), whole)


def test_steps_and_blocks_may_be_mixed() -> None:
    read = read_input(layer(3000), OrnsteinUhlenbeck(0, 1, 3), 100)
    rows = read.block(0, 100)
    assert torch.equal(read.at(70), rows[70])
    assert torch.equal(read.block(60, 40), rows[60:])
    assert torch.equal(read.at(99), rows[99])
    assert torch.equal(read.at(0), rows[0])
    assert len(read.rows) <= 22  # what `at` looks ahead


def test_a_step_has_the_shape_that_forward_takes() -> None:
    population = layer((2, 3))
    for generator in (WhiteNoise(0, 1), Sine(1, 10), WhiteNoise(torch.ones(2, 3), 0, shared=True)):
        population.forward(read_input(population, generator, 5).at(2))
    assert read_input(population, WhiteNoise(0, 1), 5).at(2).shape == (2, 3)


def test_the_same_membrane_by_hand_and_from_the_input(dtype: torch.dtype) -> None:
    noise = 2 + WhiteNoise(0, 3)
    by_hand, read = (LIFPopulation(4, dt=0.5, rng=5, dtype=dtype) for _ in range(2))
    current = noise.values(20, 0.5, 4, rng=5, dtype=dtype)
    given_ = read_input(read, noise, 40, key=read._key)
    for k in range(40):
        by_hand.forward(current[k])
        read.forward(given_.at(k))
    assert torch.equal(by_hand.u, read.u)
    assert by_hand.u.unique().numel() == 4


def test_what_does_not_fit_is_said_before_the_run() -> None:
    name = r"Network\.run\(inputs=\{'exc': \.\.\.\}\)"
    with pytest.raises(errors.TimeGridError, match=r"StepCurrent.times: got 0.7 ms"):
        read_input(layer(), StepCurrent([0.7], [1]), 10)
    with pytest.raises(errors.TimeGridError, match=r"0.5 ms"):
        read_input(layer(), StepCurrent([0.5], [1]), 10, dt=1.0)
    with pytest.raises(errors.ShapeError, match=r"WhiteNoise.mean: got shape \(3,\)"):
        read_input(layer(), WhiteNoise([1, 2, 3], 1), 10)
    with pytest.raises(errors.StateError, match=rf"{name}: got a generator before dt is known"):
        read_input(LIFPopulation(2, name="exc"), WhiteNoise(0, 1), 10)
    with pytest.raises(errors.ParameterError, match=rf"{name}: got inf at 2 ms, neuron 0"):
        read_input(layer(), StepCurrent([2], [1e39]), 10)
    with pytest.raises(errors.ArgumentError, match=r"got WhiteNoise, expected a tensor of spikes"):
        read_input(InputPopulation(4, dt=0.5, name="exc"), WhiteNoise(0, 1), 10)
    late = read_input(layer(), FunctionCurrent(lambda t: np.outer(np.where(t < 4, 1.0, np.nan), np.ones(4))), 10)
    late.block(0, 8)
    with pytest.raises(errors.ParameterError, match="at 4 ms"):
        late.block(8, 1)


def test_a_run_of_no_steps() -> None:
    for generator in (WhiteNoise(0, 1), Sine(1, 10)):
        read = read_input(layer(), generator, 0)
        assert isinstance(read, Input)
        assert len(read.block(0, 0)) == 0


def test_a_generator_can_be_the_user_s_own() -> None:
    class Alternating(Generator):
        def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: tuple[int, int]) -> np.ndarray:
            return np.where(np.arange(first, first + count) % 2, 1.0, -1.0)[:, None]

    assert read_input(layer(), 2 * Alternating(), 4, first_step=1).rows[:, 0].tolist() == [2, -2, 2, -2]
