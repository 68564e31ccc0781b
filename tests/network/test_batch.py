"""`Network.batch`: what varies, what stays, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.network import batch as batch_module
from cnsproject.network.lane import Lane

CURRENT = torch.cat([torch.zeros(20), torch.full((180,), 3.0)])
INPUTS = {"p1": CURRENT, "p2": CURRENT}


def pair(dtype: torch.dtype = torch.float32, **changed: Any) -> cns.Network:
    """The report's two populations."""
    values = {"J": 2.0, "tau_s": 10.0, "threshold": -55.0} | changed
    common: dict[str, Any] = dict(R=10.0, C=10.0, threshold=values["threshold"], dtype=dtype, is_inhibitory=True)
    net = cns.Network(dt=1.0, seed=1)
    p1, p2 = net.add_layer(cns.LIFPopulation(16, **common), "p1"), net.add_layer(cns.LIFPopulation(4, **common), "p2")
    net.add_connection(cns.DenseConnection(p1, p2, J=values["J"], tau_s=values["tau_s"]))
    net.add_connection(cns.DenseConnection(p2, p1, J=2.0))
    for name, layer in net.layers.items():
        net.add_monitor(cns.Monitor(layer, ["s", "u"]), name)
    return net


def told(net: cns.Network) -> list[torch.Tensor]:
    """All that a run recorded and left behind."""
    found = [tensor for m in net.monitors.values() for tensor in (*m.spikes(), m.get("u"))]
    found += [layer.u for layer in net.layers.values()] + [c.current for c in net.connections.values()]
    return [tensor.clone() for tensor in found]


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> list[Lane]:
    """The lanes that ran, one entry for a member."""
    used: list[Lane] = []
    go = Lane.go

    def told_go(lane: Lane, *words: Any) -> bool:
        used.append(lane)
        return go(lane, *words)

    monkeypatch.setattr(Lane, "go", told_go)
    return used


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_member_is_its_own_run(
    threads: int, dtype: torch.dtype, lanes: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    if threads > 1:  # small ones would be run on one
        monkeypatch.setattr(batch_module, "_SMALL", 0)
    J, tau = [1.0, 2.0, 5.0, 2.0, 7.0, 0.0, 3.0], [5.0, 10.0, 50.0, 20.0, 5.0, 10.0, 1.0]
    threshold = [-55.0, -50.0, -60.0, -55.0, -52.5, -55.0, -54.0]
    values = {"p1_to_p2.J": J, "p1_to_p2.tau_s": tau, "p1.threshold": threshold, "p2.threshold": threshold}
    net = pair(dtype)
    for place, member in enumerate(net.batch(values, 200, INPUTS, threads=threads)):
        single = pair(dtype, J=J[place], tau_s=tau[place], threshold=threshold[place])
        single.run(200, INPUTS)
        assert all(map(torch.equal, told(member), told(single))), place
    assert place == 6
    assert len(lanes) == 7
    assert len(set(lanes)) == min(7, 2 * threads if threads > 1 else 1)


@pytest.mark.parametrize("attribute", ["tau", "R"])
def test_what_a_population_is_reaches_the_connections_that_feel_it(attribute: str, lanes: list[Lane]) -> None:
    """An exact step delivers currents by numbers of both: another membrane, another connection."""

    def made(value: float) -> cns.Network:
        net = cns.Network(dt=1.0, seed=1)
        cells = net.add_layer(cns.LIFPopulation(20, scheme="exact", **({"R": 10.0} | {attribute: value})), "cells")
        net.add_connection(cns.DenseConnection(cells, cells, J=3.0, tau_s=7.0), name="loop")
        net.add_monitor(cns.Monitor(cells, ["s", "u"]), "cells")
        return net

    values = [12.0, 13.0, 20.0, 12.0]
    net = made(values[0])
    assert net.connections["loop"].step().felt_by
    for place, member in enumerate(net.batch({f"cells.{attribute}": values}, 100, {"cells": 3.0})):
        single = made(values[place])
        single.run(100, {"cells": 3.0})
        assert all(map(torch.equal, told(member), told(single))), place
        assert len(single.monitors["cells"].spikes()[0])
    assert len(lanes) == 4


def test_afterwards_the_network_is_as_before() -> None:
    net, same = pair(), pair()
    for each in (net, same):
        each.run(30, {"p1": 4.0})
        for monitor in each.monitors.values():
            monitor.reset_state_variables()
    for _ in net.batch({"p1.R": [5.0, 20.0], "p1_to_p2.J": [1.0, 3.0]}, 200, INPUTS):
        break  # in the middle
    assert (float(net.layers["p1"].R), float(net.layers["p1"].tau), net.connections["p1_to_p2"].J) == (10.0, 100.0, 2.0)
    for each in (net, same):
        each.run(200, INPUTS)
    assert all(map(torch.equal, told(net), told(same)))


def test_members_start_where_the_network_stands() -> None:
    net, single = pair(), pair()
    for each in (net, single):
        each.run(63, {"p1": CURRENT[:63], "p2": 2.0})
        for monitor in each.monitors.values():
            monitor.reset_state_variables()
    single.connections["p1_to_p2"].J = 5.0
    single.run(200, INPUTS)
    first, second = (told(member) for member in net.batch({"p1_to_p2.J": [2.0, 5.0]}, 200, INPUTS))
    assert all(map(torch.equal, second, told(single)))
    assert not all(map(torch.equal, first, second))


def test_inputs_of_every_member(lanes: list[Lane]) -> None:
    currents = [
        {"p1": CURRENT, "p2": 2.0 * CURRENT},
        {"p1": CURRENT / 2, "p2": CURRENT},
        {"p1": CURRENT, "p2": CURRENT},
    ]
    found = [told(member) for member in pair().batch({}, 200, currents)]
    for given, own in zip(currents, found, strict=True):
        single = pair()
        single.run(200, given)
        assert all(map(torch.equal, own, told(single)))
    assert len(lanes) == 3


@pytest.mark.parametrize(
    ("values", "inputs"),
    [
        ({"p1.u": [-70.0, -60.0]}, INPUTS),  # a state
        ({"p1.tau": [torch.linspace(10, 90, 16), 50.0]}, INPUTS),  # one number for every neuron
        ({"p1_to_p2.w": [np.full((16, 4), 0.1), 0.2]}, INPUTS),
        ({"p1.is_inhibitory": [True, False]}, INPUTS),
        ({"p1.tau": [10.0, 90.0]}, [{"p1": 3.0}, {"p1": CURRENT}]),
    ],
)
def test_what_is_more_than_a_number(values: dict[str, Any], inputs: Any, lanes: list[Lane]) -> None:
    found = [told(member) for member in pair().batch(values, 200, inputs)]
    for place, own in enumerate(found):
        single = pair()
        for name, given in values.items():
            owner, attribute = name.split(".")
            setattr({**single.layers, **single.connections}[owner], attribute, given[place])
        single.run(200, inputs if isinstance(inputs, dict) else inputs[place])
        assert all(map(torch.equal, own, told(single))), place
    assert not lanes


def test_sparse_random_noisy(lanes: list[Lane]) -> None:
    """Wiring, Poisson drives and noise are those of the network, for all members."""

    def build() -> cns.Network:
        net = cns.Network(dt=0.1, seed=3)
        exc = net.add_layer(cns.LIFPopulation(80, tau=20, u_rest=-49, u_reset=-60, threshold=-50, refractory=5), "exc")
        inh = net.add_layer(cns.LIFPopulation(20, tau=20, is_inhibitory=True), "inh")
        for pre, w in ((exc, 1.62), (inh, 9.0)):
            for post in (exc, inh):
                rule, synapse = cns.FixedProbability(0.2), cns.ExponentialCurrent(tau=5)
                net.add_connection(cns.Connection(pre, post, connectivity=rule, synapse=synapse, weight=w, delay=0.2))
        net.add_connection(cns.PoissonDrive(exc, rate=50.0, n=10, weight=1.0, synapse=cns.ExponentialCurrent(tau=5)))
        for name, layer in net.layers.items():
            net.add_monitor(cns.Monitor(layer, ["s", "u"]), name)
        return net

    current = {"exc": cns.WhiteNoise(0.5, 2.0), "inh": 3.0}
    w, tau = [1.62, 3.0, 0.5], [20.0, 10.0, 30.0]
    found = [told(member) for member in build().batch({"exc_to_exc.w": w, "exc.tau": tau}, 50, current)]
    assert len(lanes) == 3
    for place, own in enumerate(found):
        single = build()
        single.connections["exc_to_exc"].w = w[place]
        single.layers["exc"].tau = tau[place]
        single.run(50, current)
        assert all(map(torch.equal, own, told(single))), place
    assert not torch.equal(found[0][0], found[1][0])


def test_a_member_that_fails_is_told_and_the_others_go_on() -> None:
    net = pair()
    values = {"p1.tau": [10.0, -1.0, 50.0, 10.0], "p1.R": [10.0, 10.0, 1e38, 10.0]}
    outcomes = list(net.batch(values, 200, {"p1": 1e30, "p2": CURRENT}).outcomes())
    bad, infinite = outcomes[1], outcomes[2]
    assert isinstance(bad, errors.ParameterError)
    assert str(bad).startswith("LIFPopulation.tau: got -1, expected a number > 0")
    assert isinstance(infinite, errors.NumericalError)
    assert "LIFPopulation 'p1'.u at step 0: got inf for neuron 0" in str(infinite)
    assert outcomes[0] is outcomes[3] is net
    with pytest.raises(errors.ParameterError, match=r"LIFPopulation\.tau: got -1"):
        list(net.batch(values, 200, INPUTS))
    assert float(net.layers["p1"].tau) == 100.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p3.tau": [1.0]}, "Network.batch(values): got 'p3.tau', expected 'layer.attribute' or 'connection.attribute'. "
         "Fix: did you mean 'p2'?"),
        ({"p1.taus": [1.0]}, "Network.batch(values): got 'p1.taus', expected a parameter or state of LIFPopulation 'p1'. "
         "Fix: did you mean 'tau_s'?"),
        ({"p1.tau": 5.0}, "Network.batch(values)['p1.tau']: got 5.0, expected a list, one value for each member. "
         "Fix: write [value, value]."),
        ({"p1.tau": [1.0, 2.0], "p1.R": [1.0]}, "Network.batch(values): got 2 for 'p1.tau', 1 for 'p1.R', expected as many "
         "for every name, one for each member. Fix: give lists of one length."),
        ({}, "Network.batch(values): got no values, expected as many for every name, one for each member. "
         "Fix: give lists of one length."),
        ([1.0], "Network.batch(values): got list, expected a dict of lists. Fix: write {'exc.tau': [10, 20]}."),
    ],
)  # fmt: skip
def test_message(values: Any, message: str) -> None:
    with pytest.raises(errors.CnsError) as caught:
        pair().batch(values, 100)
    assert str(caught.value) == message


def test_a_store_is_refused(tmp_path: Any) -> None:
    net = pair()
    net.add_monitor(cns.Monitor(net.layers["p1"], ["s"], store=tmp_path / "spikes"), "kept")
    with pytest.raises(errors.ArgumentError, match="the monitor 'kept' with a store"):
        net.batch({"p1.tau": [1.0]}, 100)
