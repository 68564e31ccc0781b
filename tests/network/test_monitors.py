"""What was recorded comes back, in order and untouched."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import DenseConnection, InputPopulation, LIFPopulation, Monitor


def recorded(monitor: Monitor, population: LIFPopulation, steps: int) -> list[float]:
    """Write 0, 1, 2, ... into u and record."""
    for step in range(len(monitor), len(monitor) + steps):
        population.u = float(step)
        monitor.record()
    return monitor.get("u")[:, 0].tolist()


@given(st.lists(st.integers(0, 700), min_size=1, max_size=3))
def test_without_a_length_everything_is_kept(parts: list[int]) -> None:
    population = LIFPopulation(2)
    monitor = Monitor(population, ["u"])
    for part in parts:
        for _ in range(part):
            population.u = float(len(monitor))
            monitor.record()
    total = sum(parts)
    assert len(monitor) == total
    if total:
        assert monitor.get("u")[:, 1].tolist() == [float(i) for i in range(total)]


@given(window=st.integers(1, 20), steps=st.integers(1, 60))
def test_with_a_length_the_last_steps_are_kept(window: int, steps: int) -> None:
    population = LIFPopulation(1)
    monitor = Monitor(population, ["u"])
    monitor.set_time_steps(window, 1)
    for step in range(steps):
        population.u = float(step)
        monitor.record()
    assert monitor.get("u")[:, 0].tolist() == [float(i) for i in range(max(0, steps - window), steps)]


@pytest.mark.parametrize(("time", "dt", "steps"), [(1500, 0.1, 15000), (0.3, 0.1, 3), (1500, 1, 1500), (0.7, 0.1, 7)])
def test_the_length_is_rounded_not_truncated(time: float, dt: float, steps: int) -> None:
    population = LIFPopulation(1)
    monitor = Monitor(population, ["u"])
    monitor.set_time_steps(time, dt)
    for _ in range(steps + 1):
        monitor.record()
    assert len(monitor.get("u")) == steps


def test_shapes_and_kinds() -> None:
    population = LIFPopulation((2, 3), dt=1.0, tau=torch.arange(1.0, 7.0).reshape(2, 3), refractory=1.0)
    monitor = Monitor(population, ["s", "u", "traces", "tau", "threshold", "dt", "refractory_left"])
    for _ in range(4):
        population.forward(3.0)
        monitor.record()
    assert monitor.get("s").shape == monitor.get("u").shape == monitor.get("tau").shape == (4, 2, 3)
    assert monitor.get("s").dtype == torch.bool
    assert monitor.get("threshold").tolist() == [-55.0] * 4
    assert monitor.get("dt").tolist() == [1.0] * 4


def test_connections_can_be_recorded() -> None:
    pre, post = InputPopulation(2, dt=1.0), LIFPopulation(3, dt=1.0)
    connection = DenseConnection(pre, post, J=1.0)
    monitor = Monitor(connection, ["w", "current", "tau_s"])
    for step in range(3):
        pre.forward(torch.tensor([True, False]))
        current = connection.compute()
        monitor.record()
        assert torch.equal(monitor.get("current")[step], current)
    assert monitor.get("w").shape == (3, 2, 3)
    assert (monitor.get("w") == 0.5).all()


def test_get_never_clears_and_what_it_gave_stays() -> None:
    population = LIFPopulation(1)
    for window in (None, 3):
        monitor = Monitor(population, ["u"])
        if window:
            monitor.set_time_steps(window, 1)
        first = recorded(monitor, population, 3)
        kept = monitor.get("u")
        assert monitor.get("u")[:, 0].tolist() == first
        for _ in range(3):
            monitor.record()
        monitor.reset_state_variables()
        recorded(monitor, population, 2)
        assert kept[:, 0].tolist() == first


def test_a_new_length_keeps_what_was_recorded() -> None:
    population = LIFPopulation(1)
    monitor = Monitor(population, ["u"])
    recorded(monitor, population, 4)
    monitor.set_time_steps(6, 1)
    assert monitor.get("u")[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
    monitor.set_time_steps(2, 1)
    assert monitor.get("u")[:, 0].tolist() == [2.0, 3.0]


def test_batches() -> None:
    population = LIFPopulation(2, dt=1.0)
    population.reset_state_variables(batch=3)
    monitor = Monitor(population, ["u"])
    population.forward(1.0)
    monitor.record()
    assert monitor.get("u").shape == (1, 3, 2)


def test_storage_is_allocated_once_or_doubled() -> None:
    """Constant work per record: the storage is the same object until it is full."""
    population = LIFPopulation(1)
    monitor = Monitor(population, ["u"])
    addresses = set()
    for _ in range(2000):
        monitor.record()
        addresses.add(monitor.get("u").data_ptr())
    assert len(addresses) <= 5
    assert repr(monitor) == "Monitor(LIFPopulation(shape=(1,)), ['u'], 2000 steps)"
