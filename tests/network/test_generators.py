"""Currents in absolute time: closed forms, laws, and the same bits for whoever asks."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import Constant, LIFPopulation, Uniform, errors
from cnsproject.executors.base import hand_written
from cnsproject.network.inputs.currents import ConstantCurrent, Generator, Scaled, Sum
from cnsproject.network.inputs.generators import FunctionCurrent, PulseTrain, Ramp, Sine, StepCurrent
from cnsproject.network.inputs.noise import OrnsteinUhlenbeck, WhiteNoise
from cnsproject.random import Normal, derive_key, philox

KEY = derive_key(7)
ONES = 0xFFFFFFFF
# Known answers of philox4x32-10 published with the generator's reference implementation (Random123, kat_vectors).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]  # fmt: skip


def made() -> list[Generator]:
    """One of each kind, and what is made of them, for three neurons."""
    step, pulse, ramp = StepCurrent([2, 5.5], [1, 3]), PulseTrain(2, 1, 0.5, 2), Ramp([1, 2, 3], 9, 2, 12)
    sine, function = Sine([1, 2, 3], 40, offset=1), FunctionCurrent(lambda t: np.outer(t, [1.0, 2.0, 3.0]))
    white, coloured = WhiteNoise(1, 2), OrnsteinUhlenbeck([1, 2, 3], 2, 5)
    return [
        step, pulse, ramp, sine, function, white, coloured, WhiteNoise([1, 2, 3], 1, shared=True),
        OrnsteinUhlenbeck(0, 1, 20, shared=True), white + 2 * coloured - step + 1.5, -pulse * [1, 2, 3] + coloured + coloured,
    ]  # fmt: skip


def values(generator: Generator, time: float, dt: float = 1.0, **settings: Any) -> list[Any]:
    found: list[Any] = generator.values(time, dt, dtype=torch.float64, **settings).tolist()
    return [row[0] if len(row) == 1 else row for row in found]


# A pure function


@pytest.mark.parametrize("which", range(11))
@given(
    starts=st.lists(st.integers(0, 70), min_size=1, max_size=6),
    count=st.integers(1, 40),
    dt=st.sampled_from([0.5, 0.25]),
)
def test_every_block_in_every_order_has_the_same_bits(which: int, starts: list[int], count: int, dt: float) -> None:
    """Whatever was asked before, and however a time is divided."""
    whole = made()[which].rows(0, 110, dt, (3,), KEY)
    asked = made()[which]
    for start in starts:
        assert asked.rows(start, count, dt, (3,), KEY).tobytes() == whole[start : start + count].tobytes()


@given(n=st.integers(1, 300), first=st.sampled_from([0, 3, 2**32 - 2, 2**40]), count=st.integers(1, 5))
def test_the_noise_of_a_neuron_does_not_depend_on_how_many_there_are(n: int, first: int, count: int) -> None:
    many, few = (WhiteNoise(0, 1).rows(first, count, 1.0, (size,), KEY) for size in (301, n))
    assert np.array_equal(few, many[:, :n])


def test_a_path_is_reached_again_from_what_is_remembered() -> None:
    """Far away and back, with many paths in one object, and after a copy: the same, and memory stays bounded."""
    noise = OrnsteinUhlenbeck(0, 1, 50)
    whole = OrnsteinUhlenbeck(0, 1, 50).rows(0, 200_000, 0.1, (2,), KEY)
    for first in (199_990, 10, 150_000, 0, 70_000, 199_000):
        assert np.array_equal(noise.rows(first, 10, 0.1, (2,), KEY), whole[first : first + 10])
    for block in range(0, 5000, 50):
        noise.rows(block, 50, 0.1, (2,), KEY)
    for other in range(40):
        noise.rows(0, 5, 0.1, (2,), (other, 0))
    assert len(noise._kept) <= 16
    assert all(len(points) <= 16 for points in noise._kept.values())
    again = pickle.loads(pickle.dumps(noise))
    assert np.array_equal(again.rows(4321, 5, 0.1, (2,), KEY), whole[4321:4326])


def test_recent_points_of_a_path_are_kept_densely() -> None:
    """A run in small blocks that repeats its last ones does not start over."""
    noise = OrnsteinUhlenbeck(0, 1, 50)
    for block in range(0, 100_000, 100):
        noise.rows(block, 100, 0.1, (1,), KEY)
    steps = [step for step, _ in noise._kept[KEY, 0.1, 1]]
    assert steps[-8:] == [99_300 + 100 * i for i in range(8)]
    assert len(steps) == 16
    assert max(np.diff(steps) / (100_100 - np.array(steps[1:]))) < 4  # the way to a step is at most four times its age


# Closed forms


def test_step_current() -> None:
    assert values(StepCurrent([0.5, 2], [3, -1]), 3, 0.5) == [0, 3, 3, 3, -1, -1]
    assert values(StepCurrent([0], [2]), 2) == [2, 2]
    assert values(StepCurrent(1, 2), 2) == [0, 2]
    assert values(StepCurrent([1, 2], [[1, 2], [3, 4]]), 3, shape=2) == [[0, 0], [1, 2], [3, 4]]
    tensor = StepCurrent(torch.tensor([1.0]), torch.ones(1, 2, 3)).values(2, 1.0, (2, 3))
    assert tensor.shape == (2, 2, 3)
    assert tensor[1].tolist() == [[1, 1, 1]] * 2
    assert values(StepCurrent([0.3], [1]), 0.5, 0.1) == [0, 0, 0, 1, 1]  # 0.3/0.1 is below 3 in floating point


def test_pulse_train() -> None:
    assert values(PulseTrain(2, 1, 2, 3), 9) == [0, 2, 2, 0, 2, 2, 0, 2, 2]
    assert values(PulseTrain(2, 1, 2, 3, count=2), 9) == [0, 2, 2, 0, 2, 2, 0, 0, 0]
    assert values(PulseTrain(2, 1, 2, 3, 0), 9) == [0] * 9
    assert values(PulseTrain(2, 4, 1, 2), 7) == [0, 0, 0, 0, 2, 0, 2]
    assert values(PulseTrain(1, 0, 3, 3), 7) == [1] * 7
    assert values(PulseTrain([1, 2], 1, 1, 2), 3, shape=2) == [[0, 0], [1, 2], [0, 0]]


def test_ramp() -> None:
    assert values(Ramp(1, 3, 2, 6), 8) == [1, 1, 1, 1.5, 2, 2.5, 3, 3]
    assert values(Ramp(0.1, 0.7, 1, 4), 6)[::5] == [0.1, 0.7]
    assert values(Ramp([0, 2], 4, 0, 2), 3, shape=2) == [[0, 2], [2, 3], [4, 4]]


@given(frequency=st.floats(0, 400), phase=st.floats(-7, 7), first=st.integers(0, 10**7))
def test_sine(frequency: float, phase: float, first: int) -> None:
    dt = 0.1
    turns = [math.fmod((first + k) * (1e-3 * dt * frequency), 1.0) for k in range(20)]
    expected = [0.5 + 2 * math.sin(2 * math.pi * turn + phase) for turn in turns]
    found = Sine(2, frequency, phase, 0.5).rows(first, 20, dt, (1,), KEY)[:, 0]
    assert found == pytest.approx(expected, abs=1e-9 * (1 + first * frequency * 1e-7))


def test_sine_by_quarters_and_per_neuron() -> None:
    """250 Hz at 1 ms: a quarter of a turn per step."""
    assert values(Sine(2, 250, offset=1), 8) == [1, 3, 1, -1] * 2
    assert values(Sine(1, 250, phase=math.pi / 2), 5) == pytest.approx([1, 0, -1, 0, 1], abs=1e-15)
    assert values(Sine([1, 2], [250, 500], [0, math.pi / 2]), 2, shape=2) == [[0, 2], [1, -2]]


def test_function_current() -> None:
    assert values(FunctionCurrent(lambda t: 2 * t), 3, 0.5) == [0, 1, 2, 3, 4, 5]
    assert values(FunctionCurrent(lambda t: (t > 1).astype(int)), 3) == [0, 0, 1]
    assert values(FunctionCurrent(lambda t: torch.as_tensor(t)[:, None] * torch.ones(2)), 2, shape=2) == [
        [0, 0],
        [1, 1],
    ]


def test_sums_and_multiples() -> None:
    step, ramp = StepCurrent([1], [2]), Ramp(0, 3, 0, 3)
    assert values(step + ramp, 3) == [0, 3, 4]
    assert values(2 * step - ramp + 1, 3) == [1, 4, 3]
    assert values(10 - step, 2) == [10, 8]
    assert values(np.float64(2) * -step, 2) == [0, -4]
    assert values(step * [1, 2], 2, shape=2) == [[0, 0], [2, 4]]
    for array in (np.array([1.0, 2.0]), torch.tensor([1.0, 2.0]), Constant([1.0, 2.0])):
        assert values(step + array, 2, shape=2) == [[1, 2], [3, 4]]
        assert values(array + step, 2, shape=2) == [[1, 2], [3, 4]]  # type: ignore[operator]
    assert values(np.array([1.0, 2.0]) * step, 2, shape=2) == [[0, 0], [2, 4]]
    assert values(ConstantCurrent(3), 2) == [3, 3]
    assert len((step + (ramp + 1)).terms) == 3  # type: ignore[attr-defined]
    assert "StepCurrent(times=" in repr(step)


def test_the_first_moment() -> None:
    generator = Ramp(0, 10, 0, 10) + WhiteNoise(0, 1)
    whole = generator.values(10, 0.5, 4, rng=3)
    assert torch.equal(generator.values(6, 0.5, 4, first=4, rng=3), whole[8:])
    assert whole.dtype == torch.float32
    assert torch.equal(generator.values(10, 0.5, 4, rng=3, dtype=torch.float64).float(), whole)
    assert generator.values(0, 0.5, 4).shape == (0, 4)


# Noise


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_published_vectors(counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]) -> None:
    state = [np.full(9, word, np.uint64) for word in counter]
    hand_written("noise").philox(*key, *state)
    assert [array.tolist() for array in state] == [[word] * 9 for word in words]


@given(seed=st.integers(0, 99), neuron=st.integers(0, 40), step=st.sampled_from([0, 5, 2**32 - 1, 2**32 + 3, 2**45]))
def test_noise_is_what_the_paper_says(seed: int, neuron: int, step: int) -> None:
    """Box & Muller of the words for (group of four neurons, step), in numpy."""
    key = derive_key(seed)
    counter = np.array([neuron // 4, step >> 32, step & ONES, 0x4E4F4953], np.uint32)
    radius, angle = (philox(counter, key).reshape(2, 2)[neuron % 4 // 2] + 0.5) * 2.0**-32
    expected = math.sqrt(-2 * math.log(radius)) * (math.cos, math.sin)[neuron % 2](2 * math.pi * angle)
    found = WhiteNoise(0, 1).rows(step, 1, 1.0, (41,), key)[0, neuron]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)


def distance(sample: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance from the standard normal law, times sqrt(n)."""
    ordered = np.sort(sample.ravel())
    expected = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in ordered])
    steps = np.arange(1, len(ordered) + 1) / len(ordered)
    return float(max((steps - expected).max(), (expected - steps + 1 / len(ordered)).max()) * math.sqrt(len(ordered)))


def test_white_noise_is_normal_and_white() -> None:
    """Law, kurtosis; no correlation between steps, between neurons, or of squares; each within 4 standard errors."""
    dt, sample = 0.25, WhiteNoise(3, 2).rows(5, 1000, 0.25, (200,), KEY)
    x = (sample - 3) / (2 / math.sqrt(dt))
    assert distance(x[:200]) < 1.95  # p = 0.001
    assert distance(x[:200] * 1.05) > 1.95
    error = 1 / math.sqrt(x.size)
    assert abs(x.mean()) < 4 * error
    assert abs(x.var() - 1) < 4 * math.sqrt(2) * error
    assert abs((x**4).mean() - 3) < 4 * math.sqrt(96) * error
    for y in (x, x**2 - 1):
        scale = y.var() * error
        for lag in range(1, 9):
            assert abs((y[lag:] * y[:-lag]).mean()) < 4 * scale
            assert abs((y[:, lag:] * y[:, :-lag]).mean()) < 4 * scale


@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_white_noise_moves_a_membrane_the_same_for_every_dt(dt: float) -> None:
    """u <- u + dt/tau*(u_rest - u + R*I): variance a^2*(R*S)^2/dt / (1 - (1 - a)^2) with a = dt/tau, so (R*S)^2/(2*tau - dt)."""
    tau, R, intensity, n = 5.0, 4.0, 1.5, 2000
    population = LIFPopulation(n, tau=tau, R=R, threshold=1e6, dt=dt, dtype=torch.float64)
    current = WhiteNoise(0.5, intensity).values(60, dt, n, rng=1, dtype=torch.float64)
    seen = []
    for k, row in enumerate(current):
        population.forward(row)
        if k * dt >= 30 and k % round(10 / dt) == 0:
            seen.append(population.u - (-70 + R * 0.5))
    u = torch.cat(seen)
    expected = (R * intensity) ** 2 / (2 * tau - dt)
    assert u.var().item() == pytest.approx(expected, rel=5 * math.sqrt(2 / len(u)))
    assert u.mean().item() == pytest.approx(0, abs=5 * math.sqrt(expected / len(u)))


@pytest.mark.parametrize("dt", [0.1, 2.0])
def test_coloured_noise_is_stationary_and_forgets_exponentially(dt: float) -> None:
    """Mean, variance and law in step 0 as later; correlation exp(-lag/tau)."""
    mean, sd, tau, n = 3.0, 2.0, 4.0, 20_000
    paths = OrnsteinUhlenbeck(mean, sd, tau).rows(0, 81, dt, (n,), KEY)
    x = (paths - mean) / sd
    error = 1 / math.sqrt(n)
    for step in (0, 1, 40, 80):
        assert distance(x[step]) < 1.95
        assert abs(x[step].mean()) < 4 * error
        assert abs(x[step].var() - 1) < 4 * math.sqrt(2) * error
    for first, lag in ((0, 1), (0, 40), (40, 2), (60, 20)):
        expected = math.exp(-lag * dt / tau)
        assert abs((x[first] * x[first + lag]).mean() - expected) < 4 * math.sqrt(1 + expected**2) * error
    assert abs((x[:, 1:] * x[:, :-1]).mean()) < 4 * error


def test_draws_are_apart() -> None:
    """Keys, the terms of a sum, and what populations draw from the same key have nothing in common."""
    n = 20_000
    noise = WhiteNoise(0, 1)
    total, coloured = noise + noise, OrnsteinUhlenbeck(0, 1, 1e-3)
    rows = [
        noise.rows(0, 1, 1.0, (n,), KEY)[0],
        noise.rows(0, 1, 1.0, (n,), derive_key(8))[0],
        noise.rows(1, 1, 1.0, (n,), KEY)[0],
        noise.rows(2**32, 1, 1.0, (n,), KEY)[0],
        total.rows(0, 1, 1.0, (n,), KEY)[0],
        (noise + 0).rows(0, 1, 1.0, (n,), KEY)[0] - (0 + noise).rows(0, 1, 1.0, (n,), KEY)[0],
        Normal(0, 1).draw(KEY, n),
    ]
    correlations = np.corrcoef(rows)
    assert abs(correlations[4, 5]) < 0.03
    assert np.abs(correlations - np.eye(len(rows))).max() < 0.03
    assert rows[4].var() == pytest.approx(2, rel=0.05)  # two draws, not one twice
    assert (2 * noise).rows(0, 1, 1.0, (n,), KEY)[0].var() == pytest.approx(4, rel=0.05)
    assert np.array_equal(coloured.rows(0, 1, 1.0, (n,), KEY), noise.rows(0, 1, 1.0, (n,), KEY))


def test_shared_noise() -> None:
    assert WhiteNoise(0, 1, shared=True).rows(0, 9, 1.0, (5,), KEY).shape == (9, 1)
    private, common = WhiteNoise(0, 1), WhiteNoise(0, 2, shared=True)
    x = (private + common).rows(0, 20_000, 1.0, (2,), KEY)
    assert np.corrcoef(x.T)[0, 1] == pytest.approx(4 / 5, abs=0.02)
    assert WhiteNoise(0, [0, 1], shared=True).values(3, 1.0, 2)[:, 0].tolist() == [0, 0, 0]


# What is refused


class Wrong(Generator):
    """A generator of a user's own, with a mistake."""

    def __init__(self, result: Callable[[int], Any]) -> None:
        self.result = result

    def rows(self, first: int, count: int, dt: float, shape: tuple[int, ...], key: tuple[int, int]) -> Any:
        return self.result(count)


def use(generator: Generator, **settings: Any) -> torch.Tensor:
    return generator.values(**({"time": 4, "dt": 1.0, "shape": 2} | settings))


NOISE = WhiteNoise(0, 1)
CASES: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "step off the grid": (lambda: use(StepCurrent([1, 2.5], [1, 2])), errors.TimeGridError, ["StepCurrent.times", "2.5 ms", "2 or 3 ms"]),
    "pulse off the grid": (lambda: use(PulseTrain(1, 0, 0.5, 2)), errors.TimeGridError, ["PulseTrain.width", "0.5 ms"]),
    "period off the grid": (lambda: use(PulseTrain(1, 0, 1, 2.25)), errors.TimeGridError, ["PulseTrain.period", "2.25 ms"]),
    "ramp off the grid": (lambda: use(Ramp(0, 1, 0.25, 4)), errors.TimeGridError, ["Ramp.start", "0.25 ms"]),
    "duration off the grid": (lambda: use(NOISE, time=2.5), errors.TimeGridError, ["WhiteNoise.values(time)", "2.5"]),
    "first off the grid": (lambda: use(NOISE, first=0.5), errors.TimeGridError, ["WhiteNoise.values(first)", "0.5"]),
    "negative first": (lambda: use(NOISE, first=-1), errors.ParameterError, ["values(first)", "-1"]),
    "no dt": (lambda: use(NOISE, dt=0), errors.ParameterError, ["values(dt)", "0"]),
    "half precision": (lambda: use(NOISE, dtype=torch.float16), errors.ArgumentError, ["values(dtype)", "float16"]),
    "text as rng": (lambda: use(NOISE, rng="a"), errors.ArgumentError, ["rng", "'a'"]),
    "unknown keyword, values": (lambda: use(NOISE, tiem=3), errors.ArgumentError, ["'tiem'", "'time'"]),
    "unknown keyword, step": (lambda: StepCurrent([1], amplitude=[2]), errors.ArgumentError, ["StepCurrent", "'amplitude'", "'amplitudes'"]),  # type: ignore[call-arg]
    "unknown keyword, pulse": (lambda: PulseTrain(1, 0, 1, perod=2), errors.ArgumentError, ["'period'"]),  # type: ignore[call-arg]
    "unknown keyword, ramp": (lambda: Ramp(0, 1, 0, end=2), errors.ArgumentError, ["Ramp", "'end'"]),  # type: ignore[call-arg]
    "unknown keyword, sine": (lambda: Sine(1, freq=2), errors.ArgumentError, ["'frequency'"]),  # type: ignore[call-arg]
    "unknown keyword, noise": (lambda: WhiteNoise(0, sigma=2), errors.ArgumentError, ["WhiteNoise", "'sigma'"]),  # type: ignore[call-arg]
    "unknown keyword, coloured": (lambda: OrnsteinUhlenbeck(0, 1, tau_s=2), errors.ArgumentError, ["'tau'"]),  # type: ignore[call-arg]
    "unknown keyword, function": (lambda: FunctionCurrent(g=abs), errors.ArgumentError, ["'g'"]),  # type: ignore[call-arg]
    "times not ascending": (lambda: StepCurrent([2, 1], [1, 2]), errors.ParameterError, ["StepCurrent.times", "[2.0, 1.0]", "ascending"]),
    "a time twice": (lambda: StepCurrent([1, 1], [1, 2]), errors.ParameterError, ["ascending"]),
    "negative time": (lambda: StepCurrent([-1, 1], [1, 2]), errors.ParameterError, [">= 0"]),
    "times without amplitudes": (lambda: StepCurrent([1, 2], [1]), errors.ShapeError, ["(2,)", "(1,)"]),
    "no times": (lambda: StepCurrent([], []), errors.ShapeError, ["(0,)"]),
    "amplitudes of other neurons": (lambda: use(StepCurrent([1], [[1, 2, 3]])), errors.ShapeError, ["(1, 3)", "(1, 2)"]),
    "ragged amplitudes": (lambda: StepCurrent([1, 2], [[1, 2], [3]]), errors.ArgumentError, ["StepCurrent.amplitudes"]),
    "NaN amplitude": (lambda: StepCurrent([1], [np.nan]), errors.ParameterError, ["StepCurrent.amplitudes", "nan"]),
    "text as amplitude": (lambda: PulseTrain("1", 0, 1, 2), errors.ArgumentError, ["PulseTrain.amplitude", "'1'"]),
    "law as amplitude": (lambda: ConstantCurrent(Uniform(0, 1)), errors.ArgumentError, ["ConstantCurrent.amplitude", "Uniform"]),  # type: ignore[arg-type]
    "negative width": (lambda: PulseTrain(1, 0, -1, 2), errors.ParameterError, ["PulseTrain.width", "-1", "(ms)"]),
    "negative start": (lambda: PulseTrain(1, -1, 1, 2), errors.ParameterError, ["PulseTrain.start", "-1"]),
    "width beyond the period": (lambda: PulseTrain(1, 0, 3, 2), errors.ParameterError, ["3 and 2 ms", "period"]),
    "half a pulse": (lambda: PulseTrain(1, 0, 1, 2, 1.5), errors.ParameterError, ["PulseTrain.count", "1.5"]),  # type: ignore[arg-type]
    "ramp backwards": (lambda: Ramp(0, 1, 5, 4), errors.ParameterError, ["5 and 4 ms", "start < stop"]),
    "amplitude of other neurons": (lambda: use(Ramp([1, 2, 3], 1, 0, 1)), errors.ShapeError, ["Ramp.start_value", "(3,)", "(2,)"]),
    "negative frequency": (lambda: Sine(1, -2), errors.ParameterError, ["Sine.frequency", "-2", "Hz"]),
    "phases of other neurons": (lambda: use(Sine(1, 2, [1, 2, 3])), errors.ShapeError, ["Sine.phase", "(3,)"]),
    "negative intensity": (lambda: WhiteNoise(0, -1), errors.ParameterError, ["WhiteNoise.intensity", "-1", "nA*sqrt(ms)"]),
    "negative sd of one": (lambda: OrnsteinUhlenbeck(0, [1, -2], 1), errors.ParameterError, ["OrnsteinUhlenbeck.sd", "-2"]),
    "tau of zero": (lambda: OrnsteinUhlenbeck(0, 1, 0), errors.ParameterError, ["OrnsteinUhlenbeck.tau", "(ms)"]),
    "shared as text": (lambda: WhiteNoise(0, 1, shared="no"), errors.ArgumentError, ["WhiteNoise.shared", "'no'"]),  # type: ignore[arg-type]
    "values for f": (lambda: FunctionCurrent([1, 2]), errors.ArgumentError, ["FunctionCurrent(f)", "[1, 2]"]),  # type: ignore[arg-type]
    "a number from f": (lambda: use(FunctionCurrent(lambda t: 5.0)), errors.ShapeError, ["shape () from f", "(1,)", "5.0 + 0*t"]),
    "wrong shape from f": (lambda: use(FunctionCurrent(lambda t: np.outer(t, np.ones(3)))), errors.ShapeError, ["(1, 3)", "(1, 2)"]),
    "NaN from f": (lambda: use(FunctionCurrent(lambda t: np.where(t == 2, np.nan, t))), errors.ParameterError, ["FunctionCurrent(f)", "at 2 ms"]),
    "complex from f": (lambda: use(FunctionCurrent(lambda t: t * 1j)), errors.ArgumentError, ["complex128 from f"]),
    "booleans from f": (lambda: use(FunctionCurrent(lambda t: t > 1)), errors.ArgumentError, ["bool from f"]),
    "wider rows later": (lambda: use(FunctionCurrent(lambda t: t if len(t) == 1 else np.outer(t, [1, 2]))), errors.ShapeError, ["rows of 2 numbers after rows of 1"]),
    "own generator, wrong shape": (lambda: use(1 + Wrong(np.zeros)), errors.ShapeError, ["Wrong.rows", "(1,)", "(1, 2)"]),
    "own generator, a list": (lambda: use(Wrong(lambda count: [0.0] * count)), errors.ArgumentError, ["Wrong.rows", "list"]),
    "own generator, whole numbers": (lambda: use(Wrong(lambda count: np.zeros((count, 1), int))), errors.ArgumentError, ["int64"]),
    "own generator, infinite": (lambda: use(Wrong(lambda count: np.full((count, 1), np.inf))), errors.ParameterError, ["inf at 0 ms"]),
    "beyond float32": (lambda: use(StepCurrent([3], [1e30]) * 1e20, rng=1), errors.ParameterError, ["Scaled.values", "inf at 3 ms", "float32"]),
    "text as a term": (lambda: NOISE + "1", errors.ArgumentError, ["amplitude", "'1'"]),
    "None as a term": (lambda: None - NOISE, errors.ArgumentError, ["None"]),
    "product of two": (lambda: NOISE * NOISE, errors.ArgumentError, ["factor", "WhiteNoise"]),  # type: ignore[arg-type]
    "empty sum": (lambda: Sum([]), errors.ArgumentError, ["Sum", "nothing"]),
    "NaN factor": (lambda: Scaled(NOISE, math.nan), errors.ParameterError, ["factor", "nan"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    call, kind, parts = CASES[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "got", "expected", "Fix: "]), str(caught.value)


def test_a_function_of_one_time_is_told_what_it_gets() -> None:
    with pytest.raises(TypeError) as caught:
        use(FunctionCurrent(lambda t: float(np.append(t, 0))))
    assert "array of times" in caught.value.__notes__[0]


def test_generators_do_not_change() -> None:
    with pytest.raises(AttributeError):
        NOISE.intensity = 3  # type: ignore[misc, assignment]
    amplitudes = np.ones(2)
    step = StepCurrent([1, 2], amplitudes)
    amplitudes[:] = 5
    assert values(step, 3) == [0, 1, 1]
