"""Weights as whole numbers of 16 bits: their error has a bound, sums are exact, and all ways to run agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors

INPUT = {"pre": torch.rand(40, 60, generator=torch.Generator().manual_seed(1)) < 0.2}


def network(dtype: torch.dtype = torch.float32, n: int = 90, **more: Any) -> tuple[cns.Network, cns.Connection]:
    net = cns.Network(dt=1.0, seed=3)
    inhibitory = torch.arange(60) > 45
    pre = net.add_layer(cns.InputPopulation(60, is_inhibitory=inhibitory, dtype=dtype), "pre")
    post = net.add_layer(cns.LIFPopulation(n, tau=5.0, threshold=-68.0, dtype=dtype), "post")
    given = {"connectivity": cns.FixedProbability(0.3), "weight": cns.Uniform(0.1, 1.0), "delay": cns.Uniform(0, 5)}
    connection = cns.Connection(pre, post, dtype=dtype, **given | {"weight_dtype": "int16"} | more)
    net.add_connection(connection)
    net.add_connection(cns.Connection(post, post, weight=0.1, connectivity=cns.FixedInDegree(3)))
    net.add_monitor(cns.Monitor(post, ["s", "u"]), "post")
    return net, connection


SYNAPSES = {"exponential": cns.ExponentialCurrent(tau=3.0), "alpha": cns.AlphaCurrent(tau=3.0), "delta": cns.Delta(), "conductance": cns.ExponentialConductance(tau=3.0, E=0.0)}  # fmt: skip


# Each in one of the precisions; the other one is the long version.
IN_TURNS = [
    pytest.param(name, dtype, id=f"{name}-{dtype}".replace("torch.", ""), marks=[pytest.mark.slow] * ((k + p) % 2))
    for k, name in enumerate(SYNAPSES)
    for p, dtype in enumerate((torch.float32, torch.float64))
]


@pytest.mark.parametrize(("synapse", "dtype"), IN_TURNS)
def test_all_ways_agree(synapse: str, dtype: torch.dtype) -> None:
    found = []
    for executor, threads in (("cpu", 1), ("cpu", 2), ("cpu", 3), ("eager", 1)):
        net, connection = network(dtype, synapse=SYNAPSES[synapse])
        net.run(25, {"pre": INPUT["pre"][:25]}, executor=executor, threads=threads)
        net.run(15, {"pre": INPUT["pre"][25:]}, executor=executor, threads=threads)
        states = [connection._buffers[state] for state in connection.states]
        found.append([net.monitors["post"].get("s"), net.monitors["post"].get("u"), *states])
        assert connection.weight.dtype == torch.int16
    assert found[0][0].sum() > 50
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@given(st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=1, max_size=30), st.floats(1e-6, 1e6))
def test_the_error_of_a_weight_is_at_most_half_a_unit(values: list[float], factor: float) -> None:
    weights = factor * np.array(values)
    pre, post = cns.LIFPopulation(len(values), dt=1.0), cns.LIFPopulation(1, dt=1.0)
    connection = cns.Connection(pre, post, weight=weights, weight_dtype="int16", dtype=torch.float64)
    scale = connection.weight_scale if connection.w.ndim else 1.0
    most = np.abs(weights).max()
    assert scale == pytest.approx(most / 32767 if most else 1.0)
    assert (np.abs(connection.w.numpy() - weights) <= 0.5 * scale * (1 + 1e-9)).all()
    assert connection.w.abs().max() == pytest.approx(most)


def test_the_error_of_an_arrival_is_at_most_half_a_unit_for_each_spike() -> None:
    """Both networks deliver the same spikes; in double precision nothing else differs."""
    received = []
    for kind in ("int16", None):
        net, connection = network(torch.float64, synapse=cns.Delta(), weight_dtype=kind)
        net.add_monitor(cns.Monitor(connection, ["jump"]), "arrived")
        net.run(40, INPUT)
        received.append(net.monitors["arrived"].get("jump").numpy())
    spikes = np.zeros_like(received[0])
    i, j = (x.numpy() for x in connection.indices())
    steps = connection.delays.numpy().astype(int)
    for t, source in zip(*INPUT["pre"].numpy().nonzero(), strict=True):
        here = (i == source) & (t + steps < 40)
        np.add.at(spikes, (t + steps[here], j[here]), 1)
    error = np.abs(received[0] - received[1])
    assert spikes.sum() > 1000
    assert (error <= 0.5 * connection.w.abs().max().item() / 32767 * spikes * 1.001 + 1e-12).all()
    assert error.max() > 0


def test_weights_can_be_assigned(tmp_path: Any) -> None:
    _, connection = network()
    old = connection.w
    connection.w = 3 * old
    assert torch.allclose(connection.w, 3 * old, rtol=1e-3)
    assert connection.weight.dtype == torch.int16
    connection.w = 0.5
    assert connection.w.tolist() == 0.5


def test_it_is_kept_and_told(tmp_path: Any) -> None:
    net, connection = network()
    before = sum(item.then for item in net.memory().items if item.owner == "connection pre_to_post")
    net.run(20, {"pre": INPUT["pre"][:20]})
    after = sum(item.then for item in net.memory().items if item.owner == "connection pre_to_post")
    assert after == pytest.approx(before, rel=0.1)
    assert connection.weight.numpy().nbytes == 2 * len(connection)
    net.save(tmp_path / "net")
    again = cns.Network.load(tmp_path / "net")
    for n in (net, again):
        n.run(20, {"pre": INPUT["pre"][20:]})
    assert torch.equal(net.monitors["post"].get("u"), again.monitors["post"].get("u"))
    assert torch.equal(again.connections["pre_to_post"].w, connection.w)


def test_one_weight_for_all_stays_a_number() -> None:
    _, connection = network(weight=0.25)
    assert connection.w.tolist() == 0.25
    assert connection.w.dtype == torch.float32


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "another kind": (lambda: network(weight_dtype="int8"), errors.UnknownNameError, ["Connection.weight_dtype", "'int8'", "'int16'"]),
    "weights that learn": (lambda: network(learning_rule=cns.STDP()), errors.ArgumentError, ["Connection.learning_rule", "int16", "leave weight_dtype out"]),
    "short-term plasticity": (lambda: network(short_term=cns.TsodyksMarkram()), errors.ArgumentError, ["Connection.short_term", "int16"]),
    "a negative weight out of an inhibitory neuron": (lambda: network(weight=cns.Uniform(-1, 1))[0].run(1), errors.ParameterError, ["inhibitory"]),
    "too many onto one": (lambda: network(n=1, connectivity=cns.FixedTotalNumber(70_000))[1].w, errors.ParameterError, ["weight_dtype", "70000 synapses", "at most 65538"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert isinstance(caught.value, kind)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
