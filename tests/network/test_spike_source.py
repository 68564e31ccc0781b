"""Neurons that fire at given times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors

WAYS = (("hand", 1), ("eager", 1), ("cpu", 1), ("cpu", 3))


def fired(source: cns.SpikeSource, way: str, threads: int, pieces: tuple[int, ...], dt: float) -> list[tuple[int, int]]:
    net = cns.Network(dt=dt)
    net.add_layer(source, "source")
    monitor = net.add_monitor(cns.Monitor(source, ["s"]), "m")
    for steps in pieces:
        if way == "hand":
            for _ in range(steps):
                source.forward()
                monitor.record()
        else:
            net.run(steps * dt, executor=way, threads=threads)
    return [(step, neuron) for step, neuron in monitor.get("s").nonzero().tolist()]


@given(
    events=st.sets(st.tuples(st.integers(0, 59), st.integers(0, 99)), max_size=60),
    pieces=st.sampled_from([(60,), (13, 47), (1, 58, 1)]),
    way=st.sampled_from(WAYS),
    dt=st.sampled_from([0.1, 0.5, 1.0]),
    order=st.randoms(use_true_random=False),
)
def test_spikes_come_in_their_steps(events: set[Any], pieces: Any, way: Any, dt: float, order: Any) -> None:
    """In whatever order the times are given, as one array or per neuron, and however a run is divided."""
    listed = list(events)
    order.shuffle(listed)
    times, neurons = [step * dt for step, _ in listed], [neuron for _, neuron in listed]
    together = cns.SpikeSource(100, times, neurons=np.array(neurons, int))
    each = [[t for t, n in zip(times, neurons, strict=True) if n == neuron] for neuron in range(100)]
    expected = sorted(events)
    assert fired(together, *way, pieces, dt) == expected
    assert fired(cns.SpikeSource(100, each), *way, pieces, dt) == expected


@pytest.mark.parametrize("way", WAYS)
def test_a_time_belongs_to_the_step_that_contains_it(way: tuple[str, int]) -> None:
    """0.1 * 3 is a little more than 0.3 and 0.7 / 0.1 a little less than 7: rounding does not move a spike."""
    source = cns.SpikeSource(6, [[0.1 * 3], [0.7], [0.74], [0.79], [0.0], [5.0]])
    assert fired(source, *way, (10,), 0.1) == [(0, 4), (3, 0), (7, 1), (7, 2), (7, 3)]


def test_a_reset_starts_over() -> None:
    source = cns.SpikeSource(2, [[1.0], [3.0]], dt=1.0)
    seen = []
    for _ in range(2):
        for _ in range(5):
            source.forward()
            seen.append(source.s.tolist())
        source.reset_state_variables()
    assert seen[:5] == seen[5:]
    assert seen[1] == [True, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cns.SpikeSource(2, [[1.0]]), "one per neuron"),
        (lambda: cns.SpikeSource(2, 5.0), "one per neuron"),
        (lambda: cns.SpikeSource(2, [1.0, 2.0], neurons=[0]), "2 whole numbers"),
        (lambda: cns.SpikeSource(2, [1.0, 2.0], neurons=[0.0, 1.0]), "whole numbers"),
        (lambda: cns.SpikeSource(2, [1.0], neurons=[2]), "neurons from 0 to 1"),
        (lambda: cns.SpikeSource(2, [-1.0], neurons=[0]), "times >= 0 ms"),
        (lambda: cns.SpikeSource(2, [float("nan")], neurons=[0]), "finite numbers"),
        (lambda: cns.SpikeSource(1, [[1.0, 1.2]], dt=1.0).forward(), "two spikes of neuron 0 in step 1"),
        (lambda: cns.SpikeSource(1, [[1.0]]).forward(), "dt in ms"),
    ],
)
def test_bad_times(make: Any, message: str) -> None:
    with pytest.raises(errors.CnsError, match=message):
        make()


def test_an_input_for_a_source_is_refused() -> None:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.SpikeSource(1, [[1.0]]), "source")
    with pytest.raises(errors.ArgumentError, match="its times are given"):
        net.run(5, {"source": torch.ones(5)})


def test_the_times_are_fixed() -> None:
    source = cns.SpikeSource(1, [[1.0]])
    with pytest.raises(errors.ArgumentError, match="at construction"):
        source.times = np.array([2.0])


def test_what_a_monitor_gives_is_taken_as_it_is() -> None:
    times, neurons = torch.tensor([0.5, 2.0, 0.5], dtype=torch.float64), torch.tensor([2, 0, 1])
    for source in (cns.SpikeSource(3, times, neurons), cns.SpikeSource(3, [times[1:2], times[2:], times[:1]])):
        assert fired(source, "hand", 1, (6,), 0.5) == [(1, 1), (1, 2), (4, 0)]
