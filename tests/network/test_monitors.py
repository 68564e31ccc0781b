"""What was recorded comes back, in order and untouched."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import DenseConnection, InputPopulation, LIFPopulation, Monitor, Network, errors


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


def from_raster(monitor: Monitor, times: list[float]) -> tuple[list[float], list[int]]:
    """Times and neurons of the spikes, read off the raster; `times` are those of its rows."""
    row, neuron = monitor.get("s").reshape(len(monitor), -1).nonzero(as_tuple=True)
    return [times[k] for k in row], neuron.tolist()


WAYS = st.tuples(st.sampled_from(["hand", "eager", "cpu", "two threads"]), st.integers(1, 40))


@given(
    parts=st.lists(WAYS, min_size=1, max_size=5),
    window=st.none() | st.integers(1, 60),
    late=st.integers(0, 2),
    view=st.booleans(),
    again=st.integers(0, 5),
)
def test_spikes_are_the_raster_with_the_times_of_the_population(
    parts: list[tuple[str, int]], window: int | None, late: int, view: bool, again: int
) -> None:
    """By hand, run, or both; with a window; added later; of a part; with a reset of the population in between."""
    net = Network(dt=0.5, seed=3)
    layer = net.add_layer(InputPopulation((2, 40)), "a")
    monitor = Monitor(layer[1] if view else layer, ["s", "traces"])
    if window:
        monitor.set_time_steps(window, 1.0)
    rng, times, step = torch.Generator().manual_seed(again), [], 0
    for k, (way, steps) in enumerate(parts):
        if k == late or (late >= len(parts) and k == 0):
            net.add_monitor(monitor, "m")
        if k == again:
            layer.reset_state_variables()
            step = 0
        spikes = torch.rand(steps, 2, 40, generator=rng) < 0.05
        if way == "hand":
            for row in spikes:
                layer.forward(row)
                for each in net.monitors.values():
                    each.record()
        else:
            executor, threads = ("eager", 1) if way == "eager" else ("cpu", 2 if way == "two threads" else 1)
            net.run(0.5 * steps, {"a": spikes}, executor=executor, threads=threads)
        times += [0.5 * (step + n) for n in range(steps)] if net.monitors else []
        step += steps
        if net.monitors:
            found = monitor.spikes()
            kept = times[-window:] if window else times
            assert len(monitor) == len(kept)
            assert (found[0].tolist(), found[1].tolist()) == from_raster(monitor, kept)


def test_times_survive_a_new_length() -> None:
    """Rows from before a reset of the population keep their times when the window changes."""
    population = InputPopulation(2, dt=1.0)
    monitor = Monitor(population, ["s"])
    for steps in (3, 2):
        population.reset_state_variables()
        for _ in range(steps):
            population.forward(torch.tensor([1, 0]))
            monitor.record()
    assert monitor.spikes()[0].tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]
    monitor.set_time_steps(10, 1.0)
    assert monitor.spikes()[0].tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]
    monitor.set_time_steps(3, 1.0)
    assert monitor.spikes()[0].tolist() == [2.0, 0.0, 1.0]
    population.forward(torch.tensor([0, 1]))
    monitor.record()
    assert [x.tolist() for x in monitor.spikes()] == [[0.0, 1.0, 2.0], [0, 0, 1]]


def test_a_window_forgets_however_often_it_is_looked_at() -> None:
    population = InputPopulation(2, dt=1.0)
    monitor = Monitor(population, ["s"])
    monitor.set_time_steps(5, 1.0)
    for _ in range(1000):
        population.forward(torch.tensor([1, 0]))
        monitor.record()
        monitor.spikes()
    assert monitor._events is not None
    assert sum(map(len, monitor._events._rows)) <= 5


def test_a_monitor_starts_over() -> None:
    population = InputPopulation(1, dt=1.0)
    monitor = Monitor(population, ["s"])
    assert [len(x) for x in monitor.spikes()] == [0, 0]
    for _ in range(4):
        population.forward(torch.tensor([1]))
        monitor.record()
    monitor.reset_state_variables()
    assert [len(x) for x in monitor.spikes()] == [0, 0]
    population.forward(torch.tensor([1]))
    monitor.record()
    assert monitor.spikes()[0].tolist() == [4.0]


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "spikes that were not recorded": (lambda: Monitor(LIFPopulation(1), ["u"]).spikes(), errors.UnknownNameError, ["spikes()", "without 's'"]),
    "spikes of a connection": (lambda: Monitor(DenseConnection(LIFPopulation(1), LIFPopulation(1)), ["w"]).spikes(), errors.UnknownNameError, ["spikes()"]),
    "spikes of a batch": (lambda: of_a_batch().spikes(), errors.StateError, ["(3, 2)", "without a batch", "get('s')"]),
}  # fmt: skip


def of_a_batch() -> Monitor:
    population = LIFPopulation(2, dt=1.0)
    population.reset_state_variables(batch=3)
    monitor = Monitor(population, ["s"])
    population.forward(1.0)
    monitor.record()
    return monitor


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_a_name_given_twice_is_recorded_once() -> None:
    net = Network(dt=1.0)
    layer = net.add_layer(LIFPopulation(2), "a")
    monitor = net.add_monitor(Monitor(layer, ["u", "u", "s"]), "m")
    net.run(3)
    assert monitor.state_variables == ("u", "s")
    assert monitor.get("u").shape == (3, 2)
