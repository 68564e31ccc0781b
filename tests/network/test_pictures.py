"""Connections and networks draw themselves: the same synapses as `indices()` and `w` tell, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

import cnsproject as cns
from cnsproject import plotting
from cnsproject.errors import ArgumentError, UnknownNameError
from cnsproject.network.diagrams import arrows_of, nodes_of


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def populations(**changes: object) -> tuple[cns.LIFPopulation, cns.LIFPopulation]:
    return cns.LIFPopulation((2, 3), dt=0.1, **changes), cns.LIFPopulation(4, dt=0.1)


def dense(connection: cns.Connection) -> np.ndarray:
    """What `indices()` and `w` say, sources that inhibit negative."""
    source, target = connection.indices()
    found = np.zeros((connection.pre.n, connection.post.n))
    signs = torch.as_tensor(connection.pre.is_inhibitory).expand(connection.pre.shape).reshape(-1)
    np.add.at(found, (source.numpy(), target.numpy()), connection.w.expand(len(connection)).numpy())
    return found * np.where(signs.numpy(), -1.0, 1.0)[:, None]


def matrix(connection: cns.AbstractConnection) -> np.ndarray:
    return np.asarray(connection.plot().images[0].get_array())


MASK = torch.tensor([[True, False, False], [False, True, True]])


@pytest.mark.parametrize("inhibitory", [False, True, MASK])
@pytest.mark.parametrize("delay", [0.5, cns.Uniform(0.1, 0.8)])
@pytest.mark.parametrize("weight", [0.5, cns.Uniform(0.1, 1.0)])
def test_a_matrix_shows_the_synapses(inhibitory: object, delay: object, weight: object) -> None:
    pre, post = populations(is_inhibitory=inhibitory)
    rule = cns.FixedTotalNumber(30)
    connection = cns.Connection(pre, post, connectivity=rule, weight=weight, delay=delay, rng=3)
    np.testing.assert_allclose(matrix(connection), dense(connection), rtol=1e-6)
    values, counts = connection.weights_with_counts()
    assert (30 if counts is None else counts.sum()) == (30 if counts is not None else len(values))
    total = values.sum() if counts is None else values @ counts
    assert total == pytest.approx(dense(connection).sum(), rel=1e-5)


def test_synapses_of_parts_and_their_degrees() -> None:
    pre, post = populations()
    connection = cns.Connection(pre[0], post[1:], connectivity=cns.AllToAll(), weight=2.0)
    expected = np.zeros((6, 4))
    expected[:3, 1:] = 2.0
    assert np.array_equal(matrix(connection), expected)
    into, out = connection.plot("degrees").patches
    assert into.get_data().values.sum() == out.get_data().values.sum() == 3  # of those that take part
    assert [patch.get_label() for patch in (into, out)] == ["in, mean 3", "out, mean 3"]


def test_a_dense_connection() -> None:
    pre, post = populations(is_inhibitory=MASK)
    connection = cns.DenseConnection(pre, post, J=3.0)
    assert np.array_equal(matrix(connection), np.where(MASK.reshape(-1, 1), -0.5, 0.5) * np.ones((6, 4)))
    values, counts = connection.weights_with_counts()
    assert (values.tolist(), counts.tolist()) == ([-0.5, 0.5], [12, 12])
    connection.w = np.arange(24.0).reshape(2, 3, 4)
    signed = np.arange(24.0).reshape(6, 4) * np.where(MASK.reshape(-1, 1), -1, 1)
    assert np.array_equal(matrix(connection), signed)
    assert connection.plot("degrees").patches[0].get_label() == "in, mean 6"
    ax = connection.plot("histogram", log=True)
    assert ax.get_yscale() == "log"
    assert sum(patch.get_data().values[patch.get_data().values >= 1].sum() for patch in ax.patches) == 24


def test_weights_that_synapses_share() -> None:
    image = cns.InputPopulation((1, 6, 6), dt=1.0)
    maps = cns.LIFPopulation((2, 4, 4), dt=1.0)
    connection = cns.ConvolutionalConnection(image, maps, kernel_size=3, weight=cns.Uniform(0.0, 1.0), rng=1)
    source, target = connection.indices()
    expected = np.zeros((36, 32))
    expected[source, target] = connection.w.reshape(-1)[connection.numbers.long()]
    np.testing.assert_allclose(matrix(connection), expected)


def test_a_conductance_inhibits_by_its_reversal_potential() -> None:
    pre, post = populations()
    for reversal, sign in ((0.0, 1.0), (-80.0, -1.0)):
        synapse = cns.ExponentialConductance(E=reversal)
        connection = cns.Connection(pre, post, synapse=synapse, weight=0.3, dt=0.1)
        np.testing.assert_allclose(matrix(connection), sign * 0.3, rtol=1e-6)
        assert connection.plot("histogram").get_xlabel() == "weight (µS)"


def test_it_draws_where_it_is_told() -> None:
    pre, post = populations()
    connection = cns.Connection(pre, post, weight=1.0)
    _, axes = plt.subplots(1, 4)
    for kind, ax in zip(("matrix", "histogram", "degrees"), axes, strict=False):
        assert connection.plot(kind, ax) is ax
    net = cns.Network(dt=0.1)
    net.add_layer(pre, "pre")
    assert net.plot(axes[3]) is axes[3]
    assert len(plt.get_fignums()) == 1
    with pytest.raises(UnknownNameError, match=r"plot\(kind\): got 'matrx'.*matrix"):
        connection.plot("matrx")
    with pytest.raises(ArgumentError, match=r"plot\(log\)"):
        connection.plot("matrix", log=True)
    with pytest.raises(ArgumentError, match="unknown argument 'axis'"):
        connection.plot(axis=None)


def test_nothing_dense_is_built() -> None:
    """A million synapses between 20 000 neurons: one number per pair would take 1.6 GB."""
    pre, post = cns.LIFPopulation(20_000, dt=0.1, is_inhibitory=True), cns.LIFPopulation(20_000, dt=0.1)
    rule = cns.FixedTotalNumber(1_000_000)
    connection = cns.Connection(pre, post, connectivity=rule, weight=cns.Uniform(0.0, 1.0), delay=1.0, rng=1)
    assert len(connection) == 1_000_000
    plotting.weight_matrix([[1.0]]).figure.canvas.draw()  # what matplotlib holds once
    for kind, per_synapse in (("matrix", 10), ("histogram", 24), ("degrees", 16)):
        tracemalloc.start()
        connection.plot(kind)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < per_synapse * 1_000_000, f"{kind}: {most / 1e6:.1f} MB"


# The diagram


def test_a_network_as_nodes_and_arrows() -> None:
    net = cns.Network(dt=0.1, seed=1)
    exc = net.add_layer(cns.LIFPopulation(80), "exc")
    inh = net.add_layer(cns.LIFPopulation(20, is_inhibitory=True), "inh")
    stim = net.add_layer(cns.InputPopulation(5), "stim")
    both = net.add_layer(cns.LIFPopulation((2, 3), is_inhibitory=MASK), "both")
    tm = cns.TsodyksMarkram(U=0.5, tau_rec=800)
    rule = cns.FixedProbability(0.1)
    net.add_connection(cns.Connection(exc, inh, connectivity=rule, weight=0.5, delay=1.5, short_term=tm))
    net.add_connection(
        cns.Connection(inh, exc, connectivity=cns.FixedInDegree(4), synapse=cns.Delta(), weight=cns.Normal(2.0, 0.1))
    )
    net.add_connection(cns.Connection(exc[:40], exc, connectivity=cns.FixedTotalNumber(160), weight=-0.25))
    net.add_connection(cns.DenseConnection(stim, exc, J=10.0, learning_rule=cns.STDP()))
    net.add_connection(cns.Connection(both, both[0], connectivity=cns.AllToAll()))
    net.add_connection(cns.PoissonDrive(exc, 100, 8.0, weight=0.1))
    assert nodes_of(net) == [
        plotting.Node("exc", 80), plotting.Node("inh", 20, True), plotting.Node("stim", 5, given=True),
        plotting.Node("both", 6, None),
    ]  # fmt: skip
    found = arrows_of(net)
    assert [(a.source, a.target, a.unit, a.inhibitory) for a in found] == [
        ("exc", "inh", "nA", False), ("inh", "exc", "mV", True), ("exc", "exc", "nA", True),
        ("stim", "exc", "nA", False), ("both", "both", "nA", None), (None, "exc", "mV", False),
    ]  # fmt: skip
    # Weights onto a neuron of the target: p*N*w, k*w, n/N*w, J, N*w, n*w.
    strengths = [a.strength for a in found]
    assert strengths == pytest.approx([0.1 * 80 * 0.5, 4 * 2.0, 160 / 80 * 0.25, 10.0, 6.0, 10.0], rel=1e-2)
    assert [a.label.split("\n") for a in found] == [
        ["p = 0.1", "0.5 nA", "1.5 ms", "TsodyksMarkram"],
        ["in-degree 4", "2.00 ± 0.10 mV", "0 ms"],
        ["exc[0:40] → exc", "in-degree 2", "-0.25 nA", "0 ms"],
        ["all to all", "2 nA", "0 ms", "STDP"],
        ["both → both[3 neurons]", "all to all", "1 nA", "0 ms"],
        ["100 × 8 Hz", "0.1 mV"],
    ]
    assert all(c._wires is None for c in net.connections.values() if isinstance(c, cns.Connection))
    ax = net.plot(places={"exc": (0, 0), "inh": (1, 0), "stim": (0, 1), "both": (1, 1)})
    assert "width: summed weight" in ax.texts[-1].get_text()


def test_weights_by_distance_are_not_known_before_they_are_made() -> None:
    net = cns.Network(dt=0.1, seed=1)
    layer = net.add_layer(cns.LIFPopulation(20), "sheet")
    rule = cns.DistanceDependent(cns.GaussianKernel(3.0))
    connection = net.add_connection(cns.Connection(layer, layer, connectivity=rule, weight=lambda d: 2.0 - 0.01 * d))
    (arrow,) = arrows_of(net)
    assert arrow.strength is None
    assert "weight by distance" in arrow.label
    assert len(connection)
    (arrow,) = arrows_of(net)
    assert arrow.strength == pytest.approx(float(connection.w.sum()) / 20)
