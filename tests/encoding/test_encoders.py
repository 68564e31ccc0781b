"""Encoders against what their docstrings promise: when which value fires, and what can be read from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from scipy.stats import chi2

from cnsproject import errors
from cnsproject.encoding.encoders import (
    AbstractEncoder,
    LatencyEncoder,
    PhaseEncoder,
    PoissonEncoder,
    PositionEncoder,
    RankOrderEncoder,
    Time2FirstSpikeEncoder,
)
from cnsproject.network.sources import PoissonPopulation

RANGE = (-2.0, 3.0)
SHAPES = of_numpy.array_shapes(min_dims=0, max_dims=3, max_side=5)
FLOATS = of_numpy.arrays(np.float64, SHAPES, elements=st.floats(*RANGE))
GREY = of_numpy.arrays(np.uint8, of_numpy.array_shapes(min_dims=2, max_dims=3, max_side=6))
EVERY: list[Any] = [PoissonEncoder, Time2FirstSpikeEncoder, RankOrderEncoder, PositionEncoder, PhaseEncoder]


def apart(encoder: AbstractEncoder, data: np.ndarray) -> np.ndarray:
    decoded = encoder.decode(encoder(data))
    assert decoded.dtype == torch.float64
    return np.abs(decoded.numpy().reshape(data.shape) - data)


def first(spikes: torch.Tensor) -> torch.Tensor:
    """The step of the one spike of each neuron, or -1."""
    assert (spikes.sum(0) <= 1).all()
    return torch.where(spikes.any(0), spikes.int().argmax(0), -1)


# Shapes


@pytest.mark.parametrize("kind", EVERY)
def test_one_row_per_step_in_the_shape_of_the_data(kind: Any) -> None:
    more = (10,) if kind is PositionEncoder else ()
    encoder = kind(time=16, dt=0.5)
    assert encoder.steps == 32
    for data, shape in ((7, () if more else (1,)), ([1, 2], (2,)), (np.zeros((4, 2, 3), np.uint8), (4, 2, 3))):
        spikes = encoder(data)
        assert spikes.dtype == torch.bool
        assert tuple(spikes.shape) == (32, *shape, *more)
        assert tuple(encoder.decode(spikes).shape) == shape
        assert tuple(encoder(torch.tensor(data)).shape) == tuple(spikes.shape)


@pytest.mark.parametrize("kind", EVERY[1:])
@given(data=GREY)
def test_a_batch_is_its_entries(kind: Any, data: np.ndarray) -> None:
    """Nothing that is not random depends on what else is encoded (ranks do: they are asked for)."""
    encoder = RankOrderEncoder(24, batch_dims=1) if kind is RankOrderEncoder else kind(24)
    alone = RankOrderEncoder(24) if kind is RankOrderEncoder else encoder
    assert torch.equal(encoder(data), torch.stack([alone(entry) for entry in data], dim=1))


@pytest.mark.parametrize("kind", EVERY)
def test_times_and_neurons(kind: Any) -> None:
    encoder = kind(time=8, dt=0.5)
    spikes = encoder(torch.arange(6).reshape(2, 3) * 40)
    times, neurons = encoder.times(spikes)
    again = torch.zeros_like(spikes.flatten(1))
    again[(times / 0.5).round().long(), neurons] = True
    assert torch.equal(again.reshape(spikes.shape), spikes)
    assert (times.diff() >= 0).all()


# Poisson


def test_spikes_are_poisson() -> None:
    """Numbers of spikes in 2000 trains of four rates are binomial, and no step has more of them than another."""
    encoder = PoissonEncoder(200, 0.5, range=(0, 1), rate=200, rng=5)
    for fraction in (0.1, 0.25, 0.6, 1.0):
        spikes = encoder(np.full(2000, fraction)).numpy()
        p = 200 * fraction * 0.5e-3
        counts = spikes.sum(0)
        expected = 400 * p * (1 - p)
        assert abs(counts.mean() - 400 * p) < 4 * math.sqrt(expected / 2000)
        for values, mean, free in ((counts, 400 * p, 2000), (spikes.sum(1), 2000 * p, 400)):
            statistic = ((values - mean) ** 2).sum() / (mean * (1 - p))
            assert chi2.ppf(1e-4, free) < statistic < chi2.ppf(1 - 1e-4, free)


def test_neurons_and_steps_are_independent() -> None:
    spikes = PoissonEncoder(1000, range=(0, 1), rate=300, rng=2)(np.ones(300)).numpy().astype(float)
    for a, b in ((spikes[1:], spikes[:-1]), (spikes[:, 1:], spikes[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / math.sqrt(a.size)


def test_the_lowest_value_is_silent_and_the_largest_fires_at_the_rate() -> None:
    spikes = PoissonEncoder(100, rate=1000, rng=0)([0, 255])
    assert spikes[:, 0].sum() == 0
    assert spikes[:, 1].all()


def test_a_seed_decides_the_spikes_and_calls_go_on() -> None:
    data = np.arange(0, 250, 10)
    one, same, other = (PoissonEncoder(50, rng=seed) for seed in (3, 3, 4))
    spikes = one(data)
    assert torch.equal(spikes, same(data))
    assert not torch.equal(spikes, other(data))
    later = one(data)
    assert not torch.equal(spikes, later)
    assert torch.equal(torch.cat([spikes, later]), PoissonEncoder(100, rng=3)(data))
    one.reset_state_variables()
    assert torch.equal(spikes, one(data))
    generator = np.random.default_rng(3)
    assert torch.equal(spikes, PoissonEncoder(50, rng=generator)(data))
    assert not torch.equal(spikes, PoissonEncoder(50, rng=generator)(data))


def test_blocks_of_steps_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = PoissonEncoder(50, rng=3)(np.arange(100))
    monkeypatch.setattr("cnsproject.encoding.rates._WORDS", 700)
    assert torch.equal(whole, PoissonEncoder(50, rng=3)(np.arange(100)))


def test_spikes_of_a_poisson_population() -> None:
    """The same key and rates: the same spikes, over two calls."""
    rates = np.linspace(0, 400, 70)
    neurons = PoissonPopulation(70, rates, dt=0.5, dtype=torch.float64, rng=11)
    encoder = PoissonEncoder(30, 0.5, range=(0, 400), rate=400, rng=11)
    for spikes in torch.cat([encoder(rates), encoder(rates)]):
        neurons.forward()
        assert torch.equal(neurons.s, spikes)


def test_counts_are_decoded_without_bias_and_with_the_stated_deviation() -> None:
    encoder = PoissonEncoder(250, 0.5, range=RANGE, rate=500, rng=8)
    for value in (-2.0, -1.0, 1.0, 3.0):
        decoded = encoder.decode(encoder(np.full(4000, value))).numpy()
        fraction, p = (value + 2) / 5, 0.25
        deviation = 5 * math.sqrt(fraction * (1 - fraction * p) / (p * 500))
        assert abs(decoded.mean() - value) <= 4 * deviation / math.sqrt(4000)
        assert decoded.std() == pytest.approx(deviation, rel=0.05)


def test_three_spikes_of_ten_steps_at_half_a_spike_per_step() -> None:
    spikes = torch.zeros(10, 2, dtype=torch.bool)
    spikes[2:5, 0] = True
    encoder = PoissonEncoder(10, range=(10, 30), rate=500)
    assert encoder.decode(spikes).tolist() == pytest.approx([10 + 20 * 3 / 5, 10])


# Time to first spike, rank order


@given(data=FLOATS, steps=st.integers(2, 300))
def test_linear_latencies(data: np.ndarray, steps: int) -> None:
    encoder = Time2FirstSpikeEncoder(steps * 0.1, 0.1, range=RANGE)
    fraction = (data + 2) / 5
    when = first(encoder(data)).numpy().reshape(data.shape)
    assert ((when == -1) == (fraction == 0)).all()
    assert (np.abs(when - (steps - 1) * (1 - fraction))[fraction > 0] <= 0.5 + 1e-9).all()
    assert (apart(encoder, data) <= 5 / (2 * (steps - 1)) + 1e-9).all()


@given(data=FLOATS, tau=st.floats(1, 50), threshold=st.floats(0.001, 0.6))
def test_exponential_latencies(data: np.ndarray, tau: float, threshold: float) -> None:
    """A membrane integrated by hand reaches its threshold in the step of the spike."""
    encoder = Time2FirstSpikeEncoder(60, 0.5, range=RANGE, law="exponential", tau=tau, threshold=threshold)
    fraction = (data + 2) / 5
    when = first(encoder(data)).numpy().reshape(data.shape)
    edges = np.arange(1, 121).reshape(-1, *[1] * data.ndim) * 0.5
    reached = fraction * (1 - np.exp(-edges / tau)) >= threshold
    expected = np.where(reached.any(0), reached.argmax(0), -1)
    edge = np.isclose(fraction[None] * (1 - np.exp(-edges / tau)), threshold, rtol=1e-9).any(0)
    assert ((when == expected) | edge).all()

    def charged(time: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.minimum(1.0, threshold / (1 - np.exp(-time / tau)))

    wide = charged(0.5 * when) - charged(0.5 * (when + 1))
    bound = np.where(when < 0, charged(np.full(data.shape, 60.0)), wide / 2)
    assert (apart(encoder, data) <= 5 * bound + 1e-9).all()


@pytest.mark.parametrize("law", ["linear", "exponential"])
@given(data=of_numpy.arrays(np.float64, st.integers(2, 40), elements=st.floats(*RANGE)))
def test_a_larger_value_never_fires_later(law: Any, data: np.ndarray) -> None:
    when = first(Time2FirstSpikeEncoder(40, 0.5, range=RANGE, law=law)(np.sort(data)[::-1]))
    when[when < 0] = 80
    assert (when.diff() >= 0).all()


def test_grey_levels_in_256_steps_come_back_exactly() -> None:
    levels = np.arange(256, dtype=np.uint8)
    encoder = LatencyEncoder(256)
    assert LatencyEncoder is Time2FirstSpikeEncoder
    assert first(encoder(levels)).tolist() == [-1, *range(254, -1, -1)]
    assert encoder.error(levels) < 1e-12


@given(data=GREY, steps=st.integers(2, 300))
def test_ranks(data: np.ndarray, steps: int) -> None:
    """Equal values fire together, larger ones not later, and each in a step of its own where there are enough."""
    when = first(RankOrderEncoder(steps)(data)).numpy().ravel()
    levels = sorted(set(data.ravel().tolist()), reverse=True)
    steps_of = [set(when[data.ravel() == level].tolist()) for level in levels]
    assert all(len(one) == 1 for one in steps_of)
    order = [one.pop() for one in steps_of]
    assert order == sorted(order)
    assert order[0] == 0
    if 1 < len(levels) <= steps:
        assert len(set(order)) == len(order)
        assert order[-1] == steps - 1
    ideal = np.arange(len(levels)) * (steps - 1) / max(1, len(levels) - 1)
    assert (np.abs(np.array(order) - ideal) <= 0.5).all()


def test_ranks_know_only_the_order() -> None:
    encoder = RankOrderEncoder(11, range=(0, 1000))
    spikes = encoder([1.0, 2.0, 5.0, 600.0])
    assert torch.equal(spikes, encoder([10.0, 20.0, 30.0, 40.0]))
    assert encoder.decode(spikes).tolist() == pytest.approx([0, 300, 700, 1000])
    assert encoder.error(np.linspace(0, 1000, 11)) < 1e-9


# Position and phase


def test_fields_are_those_of_bohte() -> None:
    encoder = PositionEncoder(100, range=(0, 8), fields=10)
    assert encoder.centres.tolist() == pytest.approx([(2 * i - 3) / 2 for i in range(1, 11)])
    assert encoder.sigma == pytest.approx(1 / 1.5)
    when = first(encoder(2.75))
    answers = np.exp(-((2.75 - encoder.centres.numpy()) ** 2) * 1.5**2 / 2)
    assert when.tolist() == [round(99 * (1 - r)) if r >= 0.1 else -1 for r in answers]


@given(
    data=FLOATS, steps=st.integers(20, 200), fields=st.integers(3, 20), beta=st.floats(1, 2),
)  # fmt: skip
def test_two_fields_tell_the_place(data: np.ndarray, steps: int, fields: int, beta: float) -> None:
    encoder = PositionEncoder(steps, range=RANGE, fields=fields, beta=beta)
    spikes = encoder(data)
    steps_of = spikes.int().argmax(0).double().numpy()
    answers = np.where(spikes.any(0).numpy(), 1 - steps_of / (steps - 1), 0)
    best = -np.sort(-answers, axis=-1)[..., :2]
    q, spacing = 1 / (2 * (steps - 1)), 5 / (fields - 2)
    bound = -((spacing / beta) ** 2) / spacing * np.log(1 - q / best).sum(-1)
    assert (apart(encoder, data) <= bound + 1e-9).all()


@given(value=st.floats(1, 9))
def test_the_centre_of_mass_lies_near_the_value_inside_the_range(value: float) -> None:
    encoder = PositionEncoder(1000, range=(0, 10), fields=12, decoder="centre of mass")
    assert abs(float(encoder.decode(encoder(value))) - value) < 0.06
    assert abs(float(PositionEncoder(1000, range=(0, 10), fields=12).error(value))) < 0.002


@given(data=FLOATS, bits=st.integers(1, 20), cycles=st.integers(1, 3))
def test_phases_are_binary_digits(data: np.ndarray, bits: int, cycles: int) -> None:
    encoder = PhaseEncoder(bits * cycles, range=RANGE, bits=bits)
    spikes = encoder(data)
    level = np.rint((data + 2) / 5 * (2**bits - 1)).astype(int)
    for value, train in zip(level.ravel(), spikes.flatten(1).T, strict=True):
        assert "".join(str(int(s)) for s in train) == format(value, f"0{bits}b") * cycles
    assert (apart(encoder, data) <= 5 / (2 * (2**bits - 1)) + 1e-9).all()
    assert encoder.weights[:bits].tolist() == [2.0 ** -(k + 1) for k in range(bits)]
    assert torch.tensordot(encoder.weights, spikes.double(), 1).numpy().ravel() == pytest.approx(
        level.ravel() / 2**bits * cycles
    )


@given(data=GREY)
def test_eight_bits_are_a_grey_level(data: np.ndarray) -> None:
    assert (apart(PhaseEncoder(16), data) < 1e-12).all()


@pytest.mark.parametrize("kind", EVERY)
def test_error_is_the_root_mean_square(kind: Any) -> None:
    data = np.arange(0, 256, 5, dtype=np.uint8)
    found = kind(24, **({"rng": 1} if kind is PoissonEncoder else {})).error(data)
    encoder = kind(24, **({"rng": 1} if kind is PoissonEncoder else {}))
    assert found == pytest.approx(math.sqrt((apart(encoder, data) ** 2).mean()))


def test_an_encoder_of_ones_own() -> None:
    class Switch(AbstractEncoder):
        """Fires all the time, or never."""

        def _encode(self, fractions: torch.Tensor) -> torch.Tensor:
            return (fractions > 0.5).expand(self.steps, *fractions.shape)

    encoder = Switch(3, range=(0, 10))
    assert encoder([4, 6]).tolist() == [[False, True]] * 3
    with pytest.raises(errors.StateError, match=r"Switch\.decode.*define Switch\._decode"):
        encoder.error([4, 6])
    with pytest.raises(TypeError):
        AbstractEncoder(3)  # type: ignore[abstract]


@pytest.mark.parametrize("decoder", ["two fields", "centre of mass"])
def test_spikes_that_no_encoder_made_are_decoded_too(decoder: Any) -> None:
    """One field alone, all in the last step, or two equally strong neighbours."""
    encoder = PositionEncoder(10, range=(0, 8), decoder=decoder)
    alone, last, equal = (torch.zeros(10, 10, dtype=torch.bool) for _ in range(3))
    alone[3, 4], last[9, 4], equal[2, 4], equal[2, 5] = True, True, True, True
    assert float(encoder.decode(alone)) == pytest.approx(3.5)
    assert float(encoder.decode(last)) == pytest.approx(3.5)
    assert float(encoder.decode(equal)) == pytest.approx(4.0)
