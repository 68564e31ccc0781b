"""What is computed while running is what numpy computes of the full recording, bit by bit the same on every executor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import analysis, errors

DT = 0.5
EDGES = np.linspace(-75.0, -50.0, 11)
KINDS: list[Any] = [cns.Mean("u"), cns.Variance("u"), cns.Minimum("u"), cns.Maximum("u"), cns.Histogram("u", EDGES)]
OF_SPIKES: list[Any] = [cns.SpikeCount(), cns.PopulationRate(2.0), cns.IntervalVariation()]
WAYS = st.tuples(st.sampled_from(["hand", "eager", "cpu", "two threads"]), st.integers(1, 400))


def network(**chosen: Any) -> cns.Network:
    """Neurons at random membranes, driven over the threshold; one monitor stores, another one computes."""
    net = cns.Network(dt=DT, seed=5)
    cells = net.add_layer(cns.LIFPopulation((2, 65), tau=8, u=cns.Uniform(-70, -50)), "cells")
    net.add_monitor(cns.Monitor(cells, ["s", "u"], **chosen), "full")
    net.add_monitor(cns.Monitor(cells, [*KINDS, *OF_SPIKES], **chosen), "reduced")
    return net


def advance(net: cns.Network, way: str, steps: int, current: float = 17.0) -> None:
    if way == "hand":
        for _ in range(steps):
            net.layers["cells"].forward(current)
            for monitor in net.monitors.values():
                monitor.record()
        return
    executor, threads = ("eager", 1) if way == "eager" else ("cpu", 2 if way == "two threads" else 1)
    net.run(DT * steps, {"cells": current}, executor=executor, threads=threads)


@settings(deadline=None, max_examples=25)
@given(
    parts=st.lists(WAYS, min_size=1, max_size=4),
    every=st.sampled_from([None, 1.5]),
    start=st.sampled_from([None, 10.0]),
    reset=st.integers(0, 6),
)
def test_as_numpy_of_the_full_recording(
    parts: list[tuple[str, int]], every: float | None, start: float | None, reset: int
) -> None:
    net = network(every=every, start=start)
    full, reduced = net.monitors["full"], net.monitors["reduced"]
    for k, (way, steps) in enumerate(parts):
        if k == reset:
            net.layers["cells"].reset_state_variables()
        advance(net, way, steps)
        if not len(full):
            continue
        u = full.get("u").numpy()
        exact = u.astype(np.float64)
        np.testing.assert_allclose(reduced.get("mean(u)"), exact.mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(reduced.get("variance(u)"), exact.var(axis=0), rtol=1e-9, atol=1e-11)
        assert np.array_equal(reduced.get(cns.Minimum("u")), u.min(axis=0))
        assert np.array_equal(reduced.get(cns.Maximum("v")), u.max(axis=0))
        assert reduced.get("histogram(u)").tolist() == [np.histogram(row, EDGES)[0].tolist() for row in u]
        assert torch.equal(reduced.times("histogram(u)"), full.times("u"))
        s = full.get("s").numpy()
        assert np.array_equal(reduced.get("spike count"), s.sum(axis=0))
        bins = len(s) // 4
        rates = s[: 4 * bins].reshape(bins, 4 * 130).sum(axis=1) / (130 * 2e-3)
        np.testing.assert_allclose(reduced.get("rate(2 ms)"), rates, rtol=1e-14)
        assert reduced.times("rate(2 ms)").tolist() == full.times("s")[: 4 * bins : 4].tolist()
        np.testing.assert_allclose(reduced.get("interval variation"), variation(full), rtol=1e-10, atol=1e-12)


def variation(full: cns.Monitor) -> Any:
    """Spike by spike: intervals of each neuron that do not reach over a reset."""
    times = full.times("s").numpy()
    raster = full.get("s").numpy().reshape(len(times), -1)
    run = np.cumsum(np.diff(times, prepend=times[0] - DT) != DT)
    result = np.full(raster.shape[1], np.nan)
    for neuron, column in enumerate(raster.T):
        rows = np.flatnonzero(column)
        gaps = np.diff(times[rows])[np.diff(run[rows]) == 0]
        if len(gaps) > 1:
            result[neuron] = gaps.std() / gaps.mean()
    return result.reshape(full.get("s").shape[1:])


def test_the_same_bits_in_any_pieces() -> None:
    """However the steps are made, sums are rounded alike."""
    results = []
    for parts in ([("hand", 700)], [("cpu", 700)], [("eager", 3), ("two threads", 600), ("hand", 97)]):
        net = network()
        for way, steps in parts:
            advance(net, way, steps)
        results.append([net.monitors["reduced"].get(kind) for kind in (*KINDS, *OF_SPIKES)])
    for others in results[1:]:
        assert all(torch.equal(a, b) or (a.isnan() == b.isnan()).all() for a, b in zip(results[0], others, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(results[0][:5], others[:5], strict=True))


def test_nothing_is_stored() -> None:
    net = network()
    advance(net, "cpu", 3000)
    reduced = net.monitors["reduced"]
    assert reduced._series is None and reduced._staging is not None and reduced._events is not None
    assert sum(map(len, reduced._events._rows)) == 0
    assert len(reduced._staging.data["u"]) == 256
    with pytest.raises(errors.UnknownNameError, match="without 's'"):
        reduced.spikes()


def test_variation_is_that_of_the_analysis() -> None:
    net = cns.Network(dt=0.1, seed=2)
    cells = net.add_layer(cns.PoissonPopulation(50), "cells")
    full = net.add_monitor(cns.Monitor(cells, ["s"]), "full")
    reduced = net.add_monitor(cns.Monitor(cells, [cns.IntervalVariation()]), "reduced")
    net.run(2000, {"cells": 40.0})
    expected = analysis.variation(*(x.numpy() for x in full.spikes()), 50)
    np.testing.assert_allclose(reduced.get("interval variation"), expected, rtol=1e-9)
    assert abs(float(np.nanmean(expected)) - 1) < 0.1


def test_weights_in_bins() -> None:
    pre, post = cns.LIFPopulation(3, dt=1.0), cns.LIFPopulation(4, dt=1.0)
    connection = cns.DenseConnection(pre, post, J=1.0)
    monitor = cns.Monitor(connection, [cns.Histogram("w", [0.0, 0.5, 1.0])], every=2.0)
    for step in range(5):
        pre.forward(0.0)
        connection.compute()
        post.forward(0.0)
        connection.w = torch.full((3, 4), 0.2 * step)
        monitor.record()
    assert monitor.get("histogram(w)").tolist() == [[12, 0], [12, 0], [0, 12]]
    assert monitor.times("histogram(w)").tolist() == [0.0, 2.0, 4.0]
    assert monitor.unit("histogram(w)") == "1"


def test_a_reset_forgets_and_what_is_given_stays_the_users() -> None:
    population, mean = cns.LIFPopulation(2, dt=1.0), cns.Mean("u")
    monitors = [cns.Monitor(population, [mean]) for _ in range(2)]
    population.u = -60.0
    monitors[0].record()
    population.u = -50.0
    for monitor in monitors:
        monitor.record()
    assert monitors[0].get(mean).tolist() == [-55.0, -55.0]
    assert monitors[1].get(mean).tolist() == [-50.0, -50.0]
    monitors[0].reset_state_variables()
    with pytest.raises(errors.StateError, match="no recording"):
        monitors[0].get(mean)
    monitors[0].record()
    assert monitors[0].get(mean).tolist() == [-50.0, -50.0]


def test_units_and_names() -> None:
    monitor = network().monitors["reduced"]
    names = ("mean(u)", "variance(u)", "minimum(u)", "maximum(u)", "histogram(u)")
    assert monitor.state_variables == (*names, "spike count", "rate(2 ms)", "interval variation")
    assert [monitor.unit(name) for name in monitor.state_variables] == ["mV", "mV**2", "mV", "mV", "1", "1", "Hz", "1"]


def test_of_a_batch() -> None:
    population = cns.LIFPopulation(2, dt=1.0)
    population.reset_state_variables(batch=3)
    monitor = cns.Monitor(population, [cns.Mean("u"), cns.SpikeCount(), cns.PopulationRate(1.0)])
    population.s = torch.tensor([[1, 0], [1, 1], [0, 0]])
    population.u = -60.0
    monitor.record()
    assert monitor.get("mean(u)").tolist() == [[-60.0] * 2] * 3
    assert monitor.get("spike count").tolist() == [[1, 0], [1, 1], [0, 0]]
    assert monitor.get("rate(1 ms)").tolist() == [500.0]


def lif() -> cns.LIFPopulation:
    return cns.LIFPopulation(4, dt=DT, name="exc")


WRONG: dict[str, tuple[Any, Any, list[str]]] = {
    "mean of spikes": (lambda: cns.Monitor(lif(), [cns.Mean("s")]), errors.ArgumentError, ["exc", "mean(s)", "SpikeCount()"]),
    "unknown name": (lambda: cns.Monitor(lif(), [cns.Mean("U")]), errors.UnknownNameError, ["exc", "'U'", "'u'"]),
    "twice": (lambda: cns.Monitor(lif(), [cns.Mean("u"), cns.Mean("v")]), errors.ParameterError, ["exc", "'mean(u)' twice"]),
    "no list": (lambda: cns.Monitor(lif(), cns.Mean("u")), errors.ArgumentError, ["a list of names"]),  # type: ignore[arg-type]
    "no name": (lambda: cns.Mean(3), errors.ArgumentError, ["Mean.variable", "3"]),  # type: ignore[arg-type]
    "bin off the grid": (lambda: recorded(cns.PopulationRate(0.7)), errors.TimeGridError, ["PopulationRate.bin", "0.7 ms"]),
    "bin below a step": (lambda: recorded(cns.PopulationRate(1e-9)), errors.TimeGridError, ["PopulationRate.bin", "at least one step"]),
    "bin zero": (lambda: cns.PopulationRate(0), errors.ParameterError, ["PopulationRate.bin", "0"]),
    "edges that do not ascend": (lambda: cns.Histogram("w", [1, 1]), errors.ParameterError, ["Histogram.edges", "ascending"]),
    "one edge": (lambda: cns.Histogram("w", [1]), errors.ShapeError, ["Histogram.edges", "(1,)"]),
    "edges of text": (lambda: cns.Histogram("w", ["a", "b"]), errors.ArgumentError, ["Histogram.edges"]),
    "infinite edges": (lambda: cns.Histogram("w", [0, np.inf]), errors.ParameterError, ["Histogram.edges"]),
    "not recorded": (lambda: cns.Monitor(lif(), ["u"]).get(cns.Mean("u")), errors.UnknownNameError, ["exc", "mean(u)"]),
    "times of a mean": (lambda: recorded(cns.Mean("u")).times("mean(u)"), errors.ArgumentError, ["mean(u)", "one result"]),
    "spikes of a connection": (lambda: cns.Monitor(cns.DenseConnection(lif(), lif()), [cns.SpikeCount()]), errors.UnknownNameError, ["'s'"]),
}  # fmt: skip


def recorded(reducer: Any) -> cns.Monitor:
    population = lif()
    monitor = cns.Monitor(population, [reducer])
    population.forward(0.0)
    monitor.record()
    return monitor


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


def test_memory_of_what_waits() -> None:
    """What is said of the rows that wait for reducers is what they take."""
    net = network()
    expected = {item.what: item.then for item in net.memory(500.0).items if item.owner == "monitor reduced"}
    assert expected == {
        "rows on the way to what is computed of them": 256 * 130 * 4,
        "spikes on the way to what is computed of them": 256 * 130,
    }
    advance(net, "cpu", 1000)
    staging = net.monitors["reduced"]._staging
    assert staging is not None and staging.data["u"].numpy().nbytes == 256 * 130 * 4
    spikes = "spikes on the way to what is computed of them"  # which wait where steps are made one by one
    assert {i.what: i.now for i in net.memory().items if i.owner == "monitor reduced"} == expected | {spikes: 0}
    advance(net, "eager", 1)
    assert {i.what: i.now for i in net.memory().items if i.owner == "monitor reduced"} == expected
