"""Weights as whole numbers of 16 bits: their error has a bound, sums are exact, and all ways to run agree."""

from __future__ import annotations

import copy
import operator
import pickle
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


def test_assigned_weights_are_those_that_spikes_carry() -> None:
    """Weights that are assigned do what the same weights do from the start."""
    changed, connection = network()
    connection.w = 0.5 * connection.w
    given, _ = network(weight=cns.Uniform(0.05, 0.5))
    for net in (changed, given):
        net.run(40, INPUT)
    assert torch.equal(changed.monitors["post"].get("u"), given.monitors["post"].get("u"))


WRITES: dict[str, Callable[[torch.Tensor], object]] = {
    "an item": lambda w: w.__setitem__(0, 1.0),
    "a slice": lambda w: w.__setitem__(slice(None), 1.0),
    "a mask": lambda w: w.__setitem__(w > 0.5, 1.0),
    "a view": lambda w: w[:9].view(3, 3)[0].fill_(1.0),
    "one of many views": lambda w: w.split(4)[1].zero_(),
    "in place": lambda w: w.mul_(2.0),
    "an operator": lambda w: operator.imul(w, 2.0),
    "a function": torch.nn.init.normal_,
    "an output": lambda w: torch.add(w, 1.0, out=w),
    "detached": lambda w: w.detach().add_(1.0),
    "its data": lambda w: w.data.add_(1.0),
    "gradients": lambda w: w.requires_grad_(),
}


@pytest.mark.parametrize("way", WRITES)
def test_nothing_can_be_written_into_a_copy(way: str) -> None:
    _, connection = network()
    before = connection.w.clone()
    with pytest.raises(errors.StateError, match=r"w\[...\]: got a write into a copy.*Fix: write con.w = values"):
        WRITES[way](connection.w)
    for view in (connection.w.numpy(), np.asarray(connection.w), connection.w[3:].numpy()):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1.0
    assert torch.equal(connection.w, before)


def test_a_copy_can_be_used_like_any_tensor() -> None:
    _, connection = network()
    w = connection.w
    plain = w.clone()
    assert (
        type(plain)
        is type(w + 1)
        is type(w.double())
        is type(torch.stack([w, w]))
        is type(copy.deepcopy(w))
        is torch.Tensor
    )
    assert type(pickle.loads(pickle.dumps(w))) is torch.Tensor
    plain[0] = 7.0
    assert torch.equal(w[1:], plain[1:]) and w[0] != 7.0
    assert w.numpy().tolist() == w.tolist() and repr(w) == repr(w.clone())
    factors = torch.ones(len(w), requires_grad=True)
    (factors * w).sum().backward()
    assert torch.equal(factors.grad, w)  # type: ignore[arg-type]


def test_of_one_weight_for_all_there_is_no_copy() -> None:
    _, connection = network(weight=0.25)
    connection.w.fill_(0.5)
    assert connection.w.item() == 0.5


def test_a_state_dict_has_the_unit() -> None:
    net, connection = network()
    other, taken = network(weight=cns.Uniform(1.0, 2.0))
    taken.load_state_dict(connection.state_dict())
    assert taken.weight.dtype == torch.int16
    assert torch.equal(taken.w, connection.w) and taken.weight_scale == connection.weight_scale
    for n in (net, other):
        n.run(20, {"pre": INPUT["pre"][:20]})
    assert torch.equal(net.monitors["post"].get("u"), other.monitors["post"].get("u"))


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
    "a negative weight out of an inhibitory neuron": (lambda: network(weight=cns.Uniform(-1, 1))[0].run(1), errors.ParameterError, ["inhibitory", "got -0.9"]),
    "gradients": (lambda: network(weight=torch.ones(2, requires_grad=True)), errors.ArgumentError, ["w: got weights that ask for gradients", "int16"]),
    "assigned gradients": (lambda: setattr(network()[1], "w", torch.tensor(1.0, requires_grad=True)), errors.ArgumentError, ["gradients", ".detach()"]),
    "assigned, too few": (lambda: setattr(network()[1], "w", [1.0, 2.0]), errors.ShapeError, ["Connection.weight", "(2,)"]),
    "assigned, not finite": (lambda: setattr(network()[1], "w", float("nan") * network()[1].w), errors.ParameterError, ["Connection.weight"]),
    "the state of another kind": (lambda: network()[1].load_state_dict(network(weight_dtype=None)[1].state_dict()), errors.CheckpointError, ["weights that are numbers of our precision", "same weight_dtype"]),
    "the state of this kind": (lambda: network(weight_dtype=None)[1].load_state_dict(network()[1].state_dict()), errors.CheckpointError, ["weights that are whole numbers of 16 bits"]),
    "too many onto one": (lambda: network(n=1, connectivity=cns.FixedTotalNumber(70_000))[1].w, errors.ParameterError, ["weight_dtype", "70000 synapses", "at most 65538"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert isinstance(caught.value, kind)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
