"""Rates and variation of spike trains: clocks, Poisson processes, trains that end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnsproject.analysis import first_rates, rates, split_by_neuron, synchrony, variation
from cnsproject.errors import ArgumentError, ParameterError, ShapeError

trains = st.lists(st.lists(st.integers(0, 500), unique=True, max_size=12), min_size=1, max_size=5)


def flat(given: list[list[int]]) -> tuple[Any, Any]:
    """As a monitor gives them: ascending in time."""
    pairs = sorted((t, i) for i, train in enumerate(given) for t in train)
    return [float(t) for t, _ in pairs], [i for _, i in pairs]


@given(trains, st.integers(0, 200), st.integers(1, 400))
def test_rates_neuron_by_neuron(given: list[list[int]], start: int, length: int) -> None:
    stop = start + length
    expected = []
    for train in given:
        t = sorted(x for x in train if start <= x < stop)
        gaps = np.diff(t)
        if len(t) > 1 and stop - t[-1] <= 2 * gaps.max():
            expected.append(1e3 / gaps.mean())
        else:
            expected.append(1e3 * len(t) / length)
    assert rates(*flat(given), len(given), start=start, stop=stop) == pytest.approx(expected)


@given(trains)
def test_the_others_neuron_by_neuron(given: list[list[int]]) -> None:
    times, neurons = flat(given)
    gaps = [np.diff(sorted(train)) for train in given]
    assert first_rates(times, neurons, len(given)) == pytest.approx([1e3 / g[0] if len(g) else 0.0 for g in gaps])
    cv = [g.std() / g.mean() if len(g) > 1 else math.nan for g in gaps]
    assert variation(times, neurons, len(given)) == pytest.approx(cv, abs=1e-12, nan_ok=True)
    split = split_by_neuron(times, neurons, len(given))
    assert [part.tolist() for part in split] == [sorted(map(float, train)) for train in given]


@given(trains, st.randoms())
def test_the_order_of_spikes_does_not_matter(given: list[list[int]], random: Any) -> None:
    times, neurons = flat(given)
    order = list(range(len(times)))
    random.shuffle(order)
    mixed = [times[k] for k in order], [neurons[k] for k in order]
    assert np.array_equal(variation(*mixed, len(given)), variation(times, neurons, len(given)), equal_nan=True)
    assert rates(*mixed, len(given), start=0, stop=501).tolist() == (
        rates(times, neurons, len(given), start=0, stop=501).tolist()
    )


def test_a_clock_and_a_poisson_process() -> None:
    clock = 10.0 * np.arange(1000)
    poisson = np.cumsum(np.random.default_rng(1).exponential(10.0, 20000))
    times, neurons = np.concatenate([clock, poisson]), np.repeat([0, 1], [1000, 20000])
    cv = variation(times, neurons, 2)
    assert cv[0] == pytest.approx(0, abs=1e-9)
    assert cv[1] == pytest.approx(1, abs=4 / math.sqrt(20000))
    found = rates(times, neurons, 2, start=0.0, stop=float(poisson[-1]) + 1)
    assert found[1] == pytest.approx(100, rel=0.03)
    assert found[0] == pytest.approx(1e3 * 1000 / (poisson[-1] + 1))  # it fell silent


def test_a_rate_does_not_depend_on_where_the_window_ends() -> None:
    """What counting spikes would do: 3 or 4 of them in 100 ms."""
    times = 30.0 * np.arange(10)
    for stop in (100.0, 110.0, 119.0, 121.0):
        assert rates(times, np.zeros(10, int), 1, start=5.0, stop=stop) == pytest.approx(1e3 / 30)


def test_a_window_holds_its_start_and_not_its_stop() -> None:
    assert rates([10.0, 50.0], [0, 1], 2, start=10.0, stop=50.0).tolist() == [25.0, 0.0]


def test_neurons_without_spikes() -> None:
    assert rates([], [], 3, start=0, stop=10).tolist() == [0.0, 0.0, 0.0]
    assert first_rates([5.0], [1], 3).tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(variation([1.0, 2.0], [0, 0], 2)).all()
    assert [part.tolist() for part in split_by_neuron([5.0], [1], 3)] == [[], [5.0], []]


FUNCTIONS: dict[str, Any] = {
    "rates": lambda *given: rates(*given, start=0.0, stop=100.0),
    "first_rates": first_rates,
    "variation": variation,
    "split_by_neuron": split_by_neuron,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_spikes_that_do_not_fit(name: str) -> None:
    function = FUNCTIONS[name]
    with pytest.raises(ShapeError, match=rf"{name}\(times, neurons\): got shapes \(2,\) and \(1,\)"):
        function([1.0, 2.0], [0], 1)
    with pytest.raises(ShapeError):
        function([[1.0]], [[0]], 1)
    for neuron in (-1, 3):
        with pytest.raises(ParameterError, match=rf"{name}\(neurons\).*expected 0 to 2"):
            function([1.0, 2.0], [0, neuron], 3)
    for count in (0, 1.5):
        with pytest.raises(ParameterError, match=rf"{name}\(count\)"):
            function([1.0], [0], count)
    with pytest.raises(ArgumentError, match=rf"{name}\(count\)"):
        function([1.0], [0], "all")
    for time in (math.nan, math.inf):
        with pytest.raises(ParameterError, match=rf"{name}\(times\).*finite"):
            function([1.0, time], [0, 0], 1)
    if name != "split_by_neuron":
        with pytest.raises(ParameterError, match=rf"{name}\(times\): got two spikes of neuron 1 at 4 ms"):
            function([1.0, 4.0, 4.0], [0, 1, 1], 2)


def test_windows_that_are_none() -> None:
    for window in ({"start": 10.0, "stop": 10.0}, {"start": 10.0, "stop": 5.0}):
        with pytest.raises(ParameterError, match=r"rates\(stop\).*a time after start = 10 ms"):
            rates([1.0], [0], 1, **window)
    with pytest.raises(ArgumentError, match=r"rates\(start\)"):
        rates([1.0], [0], 1, start="0", stop=1.0)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"rates\(stop\)"):
        rates([1.0], [0], 1, start=0.0, stop=math.inf)


def test_synchrony_of_one_many_and_none() -> None:
    """1 where all do the same, 1/sqrt(n) for independent neurons, NaN where no count varies."""
    generator = np.random.default_rng(3)
    same = np.sort(generator.choice(1000, 60, replace=False)).astype(float)
    assert synchrony(np.tile(same, 5), np.repeat(np.arange(5), 60), 5, start=0, stop=1000) == pytest.approx(1.0)
    fired = generator.random((100, 50_000)) < 0.02
    neurons, times = np.nonzero(fired)
    assert synchrony(times, neurons, 100, start=0, stop=50_000) == pytest.approx(0.1, rel=0.03)
    assert math.isnan(synchrony([], [], 3, start=0, stop=100))
    clock = np.arange(2.5, 100, 5)
    assert math.isnan(synchrony(clock, np.zeros(20, int), 1, start=0, stop=100))


@given(trains, st.integers(1, 60))
def test_synchrony_by_brute_force(given: list[list[int]], width: int) -> None:
    bins = 400 // width
    bin_of = [[(t - 50) // width for t in train if t >= 50] for train in given]
    counts = np.array([[train.count(b) for b in range(bins)] for train in bin_of])
    single = counts.var(axis=1).mean()
    found = synchrony(*flat(given), len(given), start=50, stop=450, bin=width)
    assert found == pytest.approx(np.sqrt(counts.mean(axis=0).var() / single)) if single else math.isnan(found)
    with pytest.raises(ParameterError, match="bin"):
        synchrony(*flat(given), len(given), start=50, stop=450, bin=0)
