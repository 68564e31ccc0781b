"""`mean_field`, `ei_balance`, `spectral_radius` of networks: beside simulations, closed forms and brute force."""

from __future__ import annotations

import json
import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.analysis import Membranes, siegert, strongest_frequency
from cnsproject.errors import ArgumentError, CnsError, ParameterError, StateError, UnknownNameError
from cnsproject.studies.theory import read_populations

DT = 0.1


def network(
    time: float = 0.0, watched: bool = False, n: int = 400, executor: str = "eager", **given: Any
) -> tuple[cns.Network, cns.EIPopulations]:
    net = cns.Network(dt=DT, seed=1)
    ei = cns.EIPopulations(n, **{"in_degree": (64, 16), "J": 0.8, "g": 5.0, "nu_ext": 1.5, **given}).add_to(net)
    for name, layer in net.layers.items():
        net.add_monitor(cns.Monitor(layer, ["s"]), name)
    if watched:
        for name in ("exc_to_exc", "inh_to_exc", "drive_to_exc"):
            connection = net.connections[name]
            net.add_monitor(cns.Monitor(connection, [connection.dynamics.output]), name)
    if time:
        net.run(time, executor=executor)
    return net, ei


def alone(**drive: Any) -> tuple[cns.Network, cns.LIFPopulation]:
    """Neurons without connections under a Poisson drive."""
    net = cns.Network(dt=DT, seed=2)
    cells = cns.LIFPopulation(500, **cns.EIPopulations.brunel)
    net.add_layer(cells, "cells")
    net.add_connection(cns.PoissonDrive(cells, **drive))
    net.add_monitor(cns.Monitor(cells, ["s"]), "cells")
    return net, cells


def test_without_recurrence_it_is_the_siegert_formula() -> None:
    net, _ = alone(n=1000, rate=10.5, weight=0.1)
    found = cns.mean_field(net)
    left = math.exp(-DT / 20.0)
    mu = 1000 * 0.0105 * DT * 0.1 * left / (1 - left)
    sigma = math.sqrt(2 * 1000 * 0.0105 * DT * 0.01 * left**2 / (1 - left**2))
    assert found.predicted == pytest.approx([float(siegert(mu, sigma, Membranes(dt=DT)))])
    assert np.isnan(found.measured).all()
    # A constant current (nA) through 1 MOhm is as many mV.
    more = cns.mean_field(net, inputs={"cells": 2.0})
    assert more.predicted == pytest.approx([float(siegert(mu + 2.0, sigma, Membranes(dt=DT)))])


@pytest.mark.slow
def test_neurons_under_a_drive() -> None:
    net, _ = alone(n=1000, rate=10.5, weight=0.1)
    net.run(2000.0)
    again = cns.mean_field(net, start=100.0)
    assert again.measured[0] == pytest.approx(again.predicted[0], rel=0.05)
    assert again.cv[0] == pytest.approx(again.state.cv[0], rel=0.05)


@pytest.mark.slow  # the compiler
@pytest.mark.parametrize("scheme", ["euler", "exact"])
def test_in_long_steps(scheme: str) -> None:
    """What a scheme makes of mean and noise: a step of 0.5 ms, with neurons of 10 ms."""
    net = cns.Network(dt=0.5, seed=2)
    cells = cns.LIFPopulation(1000, **{**cns.EIPopulations.brunel, "tau": 10.0, "scheme": scheme})
    net.add_layer(cells, "cells")
    net.add_connection(cns.PoissonDrive(cells, n=1000, rate=21.0, weight=0.1))
    net.add_monitor(cns.Monitor(cells, ["s"]), "cells")
    net.run(1000.0)
    found = cns.mean_field(net, start=100.0)
    assert found.measured[0] == pytest.approx(found.predicted[0], rel=0.05)


@pytest.mark.slow
def test_currents_with_a_time_constant() -> None:
    net, _ = alone(n=1000, rate=9.0, weight=0.4, synapse=cns.ExponentialCurrent(5.0))
    net.run(1000.0)
    found = cns.mean_field(net, start=100.0)
    assert found.measured[0] == pytest.approx(found.predicted[0], rel=0.08)
    plain = siegert(found.state.mu, found.state.sigma, Membranes())
    assert abs(plain[0] / found.measured[0] - 1.0) > 0.2  # so the correction matters


@pytest.mark.slow
def test_a_recurrent_network() -> None:
    net, _ = network(time=600.0, n=2000, executor="cpu", in_degree=(400, 100), J=0.2)
    found = cns.mean_field(net, start=100.0)
    assert found.names == ("exc", "inh")
    assert found.measured == pytest.approx(found.predicted, rel=0.06)
    assert found.error == pytest.approx(found.predicted / found.measured - 1.0)
    assert found.state.stable
    assert "measured" in str(found)
    assert "1 stationary state" in str(found)


def test_weights_and_wiring_are_read_from_the_objects() -> None:
    """Sums over the synapses of every neuron, written out."""
    net, ei = network(p=0.3, in_degree=None, n=100)
    connection = net.connections["inh_to_exc"]
    assert isinstance(connection, cns.Connection)
    connection.w = torch.linspace(0.1, 2.0, len(connection))
    dense = np.zeros((ei.exc.n, ei.inh.n))
    sources, targets = (index.numpy() for index in connection.indices())
    np.add.at(dense, (targets, sources), -connection.w.numpy().astype(float))
    names, populations = read_populations("test", net, {})
    x = DT / 20.0
    left = math.exp(-x)
    assert names == ["exc", "inh"]
    assert np.asarray(populations.jumps)[0, 1] == pytest.approx(dense.sum(1).mean() * x * left / (1 - left), rel=1e-6)
    squares = 2 * x * left**2 / (1 - left**2) * (dense**2).sum(1).mean()
    assert np.asarray(populations.squares)[0, 1] == pytest.approx(squares, rel=1e-6)
    spread = np.asarray(populations.spread)
    assert spread[0, 1] == pytest.approx(dense.sum(1).var() * (x * left / (1 - left)) ** 2, rel=1e-6)
    assert np.asarray(populations.delay).tolist() == [[1.5, 1.5], [1.5, 1.5]]


def test_poisson_neurons_are_known_sources() -> None:
    net = cns.Network(dt=DT, seed=1)
    cells = cns.LIFPopulation(50, **cns.EIPopulations.brunel)
    source = cns.PoissonPopulation(1000, rate=9.0)
    net.add_layer(source, "source")
    net.add_layer(cells, "cells")
    net.add_connection(
        cns.Connection(source, cells, connectivity=cns.FixedInDegree(1000), synapse=cns.Delta(), weight=0.1, delay=1.0)
    )
    driven, _ = alone(n=1000, rate=9.0, weight=0.1)
    assert cns.mean_field(net).predicted == pytest.approx(cns.mean_field(driven).predicted)


def one_layer(layer: cns.NeuralPopulation, **connection: Any) -> cns.Network:
    net = cns.Network(dt=DT, seed=1)
    net.add_layer(layer, "cells")
    if connection:
        net.add_connection(cns.Connection(layer, layer, **connection))
    return net


def lif(**given: Any) -> cns.LIFPopulation:
    return cns.LIFPopulation(10, **{**cns.EIPopulations.brunel, **given})


MISTAKES: dict[str, Any] = {
    "a Network": lambda: cns.LIFPopulation(1),
    "with layers": lambda: cns.Network(dt=DT),
    "got a QIFPopulation": lambda: one_layer(cns.QIFPopulation(10)),
    "differ in tau": lambda: one_layer(lif(tau=np.linspace(10, 20, 10))),
    "AlphaCurrent": lambda: one_layer(lif(), synapse=cns.AlphaCurrent(5.0), delay=1.0),
    "ExponentialConductance": lambda: one_layer(lif(), synapse=cns.ExponentialConductance(5.0), delay=1.0),
    "weights that change": lambda: one_layer(lif(), synapse=cns.Delta(), delay=1.0, learning_rule=cns.STDP()),
    "no LIF population": lambda: one_layer(cns.PoissonPopulation(5, rate=3.0)),
}


@pytest.mark.parametrize("says", MISTAKES)
def test_what_theory_does_not_cover(says: str) -> None:
    with pytest.raises(CnsError, match=says):
        cns.mean_field(MISTAKES[says]())


def test_two_time_constants_or_delays_or_parts() -> None:
    cells = lif()
    net = one_layer(cells, synapse=cns.ExponentialCurrent(5.0), delay=1.0)
    net.add_connection(cns.PoissonDrive(cells, rate=5.0))
    with pytest.raises(ParameterError, match=r"'cells'.*time constants 0 ms and 5 ms"):
        cns.mean_field(net)
    cells = lif()
    net = one_layer(cells, synapse=cns.Delta(), delay=1.0)
    net.add_connection(cns.Connection(cells, cells, synapse=cns.Delta(), delay=2.0))
    with pytest.raises(ParameterError, match="a second delay"):
        cns.mean_field(net)
    cells = lif()
    net = one_layer(cells)
    net.add_connection(cns.Connection(cells, cells[:5], synapse=cns.Delta(), delay=1.0))
    with pytest.raises(ParameterError, match="a part of a population"):
        cns.mean_field(net)
    net = one_layer(lif())
    net.add_connection(cns.PoissonDrive(net.layers["cells"], [1] * 5 + [2] * 5, rate=5.0))
    with pytest.raises(ParameterError, match="a number of processes for each neuron"):
        cns.mean_field(net)
    with pytest.raises(UnknownNameError, match="did you mean 'cells'"):
        cns.mean_field(net, inputs={"cell": 1.0})


def test_balance_of_jumps() -> None:
    net, _ = network(time=15.0, watched=True, n=100)
    found = cns.ei_balance(net, "exc", start=2.0, smooth=0.0, max_lag=2.0)
    exc, inh, drive = (net.monitors[f"{n}_to_exc"].get("jump").numpy()[20:, :200] for n in ("exc", "inh", "drive"))
    per_step = 20.0 / DT  # tau/dt
    assert found.excitation == pytest.approx((exc + drive) * per_step, rel=1e-5)
    assert found.inhibition == pytest.approx(inh * per_step, rel=1e-5)
    assert found.balance.ratio == pytest.approx(float((exc + drive).mean() / -inh.mean()), rel=1e-5)
    smooth = cns.ei_balance(net, "exc", start=2.0, max_lag=2.0)
    assert (smooth.smooth, smooth.input.unit) == (1.0, "mV")
    assert smooth.balance.peak > found.balance.peak  # what is common is slower than single jumps
    assert smooth.excitation[40:90].std() < 0.5 * found.excitation[40:90].std()
    assert smooth.excitation.mean() == pytest.approx(found.excitation.mean(), rel=0.05)


def test_balance_of_currents_and_what_it_shows() -> None:
    net, _ = network(time=12.0, watched=True, n=100, synapse=cns.ExponentialCurrent(5.0), J=3.2)
    found = cns.ei_balance(net, "exc", start=2.0, neurons=5, max_lag=2.0)
    assert (found.smooth, found.input.unit, found.excitation.shape) == (0.0, "nA", (100, 5))
    assert str(found).startswith("balance of exc: excitation ")
    assert "nA, ratio" in str(found)
    assert list(found.columns()) == ["time (ms)", "excitation (nA)", "inhibition (nA)", "net input (nA)"]
    ax = found.plot()
    assert ax.get_ylabel() == "input of neuron 0 of exc (nA)"
    names = [line.get_label() for line in ax.lines[-3:]]
    assert names == ["excitatory", "inhibitory", "net"]
    assert ax.lines[-1].get_ydata() == pytest.approx(found.excitation[:, 0] + found.inhibition[:, 0])
    _, own = plt.subplots()
    assert found.plot(own, neuron=None) is own
    assert own.get_ylabel() == "input of exc (nA)"
    with pytest.raises(ParameterError, match=r"plot\(neuron\): got 5, expected 0 to 4"):
        found.plot(neuron=5)
    plt.close("all")


def test_mistakes_of_the_balance() -> None:
    net, _ = network(time=1.0, n=100)
    with pytest.raises(StateError, match=r"no recording of 'jump' of the connection 'exc_to_exc'.*net.add_monitor"):
        cns.ei_balance(net, "exc")
    with pytest.raises(UnknownNameError, match="did you mean 'exc'"):
        cns.ei_balance(net, "exz")
    with pytest.raises(ArgumentError, match="no synapses"):
        cns.ei_balance(one_layer(lif()), "cells")
    net, _ = network(time=1.0, watched=True, n=100)
    with pytest.raises(ParameterError, match=r"\(start\): got 4 ms"):
        cns.ei_balance(net, "exc", start=4.0)


def test_the_spectral_radius_by_brute_force() -> None:
    net, ei = network(p=0.2, in_degree=None, n=200, J=0.1)
    found = cns.spectral_radius(net)
    dense = np.zeros((200, 200))
    first = {"exc": 0, "inh": ei.exc.n}
    for name, connection in ei.connections.items():
        if isinstance(connection, cns.Connection):
            pre, post = name.split("_to_")
            sources, targets = (index.numpy() for index in connection.indices())
            w = float(connection.w) * (-1 if pre == "inh" else 1)
            np.add.at(dense, (targets + first[post], sources + first[pre]), w)
    values = np.abs(np.linalg.eigvals(dense))
    assert found.radius == pytest.approx(values.max())
    assert len(found.eigenvalues) == found.neurons == 200
    assert found.predicted == pytest.approx(math.sqrt(0.16 * 0.01 * (160 + 25 * 40)), rel=0.05)
    assert found.unit == "mV"
    ax = found.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("real part (mV)", "imaginary part (mV)")
    plt.close("all")


def test_the_effective_radius_is_in_parts_of_1() -> None:
    net, _ = network(n=200, in_degree=(32, 8))
    plain, effective = cns.spectral_radius(net), cns.spectral_radius(net, effective=True)
    state = cns.mean_field(net).state
    h, cells = 1e-3, Membranes(dt=DT)
    slope = (siegert(state.mu[0] + h, state.sigma[0], cells) - siegert(state.mu[0] - h, state.sigma[0], cells)) / (
        2 * h
    )
    assert effective.radius == pytest.approx(plain.radius * 0.02 * float(slope), rel=0.01)
    assert effective.unit == "1"
    with pytest.raises(ArgumentError, match=r"no cns\.Connection"):
        cns.spectral_radius(one_layer(lif()))


def test_results_are_tables_and_tell_how_they_were_made() -> None:
    net, _ = network(time=4.0, n=100)
    for found, study in ((cns.mean_field(net), "mean_field"), (cns.spectral_radius(net), "spectral_radius")):
        about = json.loads(json.dumps(found.provenance))
        assert (about["study"], about["seed"], about["dt"]) == (study, 1, DT)
        assert len({len(column) for column in found.columns().values()}) == 1
        assert repr(found) == f"<{found}>"
        assert "\n" not in str(found)


def test_the_picture_of_rates() -> None:
    net, _ = network(time=4.0, n=100)
    found = cns.mean_field(net)
    ax = found.plot()
    (dots,) = ax.lines
    assert dots.get_xdata() == pytest.approx(found.predicted)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["exc", "inh"]
    assert ax.get_xlabel() == "firing rate (Hz)"
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"measured", "predicted, stable"}  # type: ignore[union-attr]
    plt.close("all")


@pytest.mark.slow
@pytest.mark.parametrize(
    # What Brunel 2000 has in figure 8 and table 1, simulated: rate and frequency of the oscillation (Hz).
    ("g", "drive", "rate", "frequency", "off"),
    [
        (3.0, 2.0, None, None, 0.1),
        (6.0, 4.0, 60.7, 180.0, 0.08),
        (5.0, 2.0, 37.7, None, 0.03),
        (4.5, 0.9, 5.5, 22.0, 0.15),
    ],
)
def test_the_four_states_of_brunel(
    g: float, drive: float, rate: float | None, frequency: float | None, off: float
) -> None:
    net = cns.Network(dt=DT, seed=1)
    ei = cns.EIPopulations(12500, in_degree=(1000, 250), J=0.1, g=g, delay=1.5, nu_ext=drive).add_to(net)
    monitor = net.add_monitor(cns.Monitor(ei.exc, ["s"]), "exc")
    net.run({3.0: 600.0, 4.5: 3200.0}.get(g, 1200.0))  # slow oscillations take their time
    found = cns.mean_field(net, start=200.0)
    assert found.measured[0] == pytest.approx(found.predicted[0], rel=off)
    assert found.state.stable == (g == 5.0)
    _, activity = (values.numpy() for values in monitor.rate(0.5))
    strongest, share = strongest_frequency(activity[400:], dt=0.5)
    if rate:
        assert found.measured[0] == pytest.approx(rate, rel=0.06)
        assert found.cv[0] > 0.25
    else:  # almost fully synchronized, neurons fire regularly at high rates
        assert found.measured[0] > 300.0
        assert found.cv[0] < 0.05
        assert share > 0.9
    if frequency:
        assert strongest == pytest.approx(frequency, rel=0.25)
