"""Names that users of other simulators and of the book look for: the same synapses, spikes and errors as a Connection."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch

import cnsproject as cns
from cnsproject import errors
from cnsproject.network import connections

SOURCES, TARGETS = [2, 0, 0, 1], [1, 3, 0, 3]
WEIGHTS = np.array([0.5, 1.5, 2.5, 3.5])
MATRIX = scipy.sparse.coo_array((WEIGHTS, (SOURCES, TARGETS)), shape=(5, 4))
PAIRS: dict[str, tuple[Callable[..., cns.Connection], dict[str, Any], dict[str, Any]]] = {
    "random": (cns.RandomConnection, {"p": 0.4}, {"connectivity": cns.FixedProbability(0.4)}),
    "pairs": (cns.SparseConnection, {"i": SOURCES, "j": TARGETS}, {"connectivity": cns.FromArrays(SOURCES, TARGETS)}),
    "pairs and weights": (
        cns.SparseConnection, {"i": SOURCES, "j": TARGETS, "weight": WEIGHTS},
        {"connectivity": cns.FromArrays(SOURCES, TARGETS), "weight": WEIGHTS},
    ),
    "matrix": (cns.SparseConnection, {"matrix": MATRIX}, {"connectivity": cns.FromSparse(MATRIX)}),
    "boolean matrix": (
        cns.SparseConnection, {"matrix": MATRIX.astype(bool), "weight": 0.3},
        {"connectivity": cns.FromSparse(MATRIX.astype(bool)), "weight": 0.3},
    ),
}  # fmt: skip
COMMON: dict[str, Any] = {"delay": 2.0, "synapse": cns.ExponentialCurrent(tau=4), "short_term": cns.TsodyksMarkram()}


def run(kind: Callable[..., cns.Connection], **settings: Any) -> tuple[cns.Network, cns.Connection]:
    net = cns.Network(dt=1.0, seed=3)
    pre, post = net.add_layer(cns.InputPopulation(5), "pre"), net.add_layer(cns.LIFPopulation(4), "post")
    connection = net.add_connection(kind(pre, post, **COMMON, **settings), name="c")
    net.run(10, {"pre": torch.ones(10, 5)})
    return net, connection


@pytest.mark.parametrize("case", PAIRS)
def test_an_alias_is_the_connection_it_stands_for(case: str) -> None:
    kind, own, meant = PAIRS[case]
    (net, alias), (_, connection) = run(kind, **own), run(cns.Connection, **meant)
    assert isinstance(alias, cns.Connection)
    assert type(alias) is kind is getattr(connections, kind.__name__)
    assert all(map(torch.equal, alias.indices(), connection.indices()))
    assert torch.equal(alias.w, connection.w)
    assert torch.equal(alias.current, connection.current)
    assert alias.current.any()
    assert torch.equal(copy.deepcopy(alias).current, alias.current)
    assert type(meant["connectivity"]).__name__ in str(net.describe())


def test_autapses_may_be_left_out() -> None:
    layer = cns.LIFPopulation(30, dt=1.0)
    source, target = cns.RandomConnection(layer, layer, p=0.9, autapses=False, rng=1).indices()
    assert len(source) > 500
    assert not (source == target).any()


def test_names_of_the_book() -> None:
    assert cns.RandomFixedCoupling is cns.FixedProbability
    assert cns.RandomFixedPresynapticPartners is cns.FixedInDegree
    assert "RandomFixedCoupling" in str(cns.FixedProbability.__doc__)
    assert "RandomFixedPresynapticPartners" in str(cns.FixedInDegree.__doc__)


def make(kind: Callable[..., cns.Connection], **settings: Any) -> Callable[[], object]:
    return lambda: len(kind(cns.LIFPopulation(5), cns.LIFPopulation(4), **settings))


REFUSED: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "unknown argument": (make(cns.RandomConnection, p=0.1, tau=3), errors.ArgumentError, ["RandomConnection(tau=...)", "expected one of pre, post, p"]),
    "misspelt argument": (make(cns.SparseConnection, i=SOURCES, j=TARGETS, weights=3), errors.ArgumentError, ["SparseConnection(weights=...)", "'weight'"]),
    "no probability": (make(cns.RandomConnection, p=1.5), errors.ParameterError, ["FixedProbability.p", "1.5"]),
    "no pairs": (make(cns.SparseConnection), errors.ArgumentError, ["SparseConnection", "neither", "i and j, or a matrix"]),
    "half of them": (make(cns.SparseConnection, j=TARGETS), errors.ArgumentError, ["got j,"]),
    "pairs and a matrix": (make(cns.SparseConnection, i=SOURCES, j=TARGETS, matrix=MATRIX), errors.ArgumentError, ["got i, j, matrix"]),
    "weights twice": (make(cns.SparseConnection, matrix=MATRIX, weight=2.0), errors.ArgumentError, ["SparseConnection.weight", "matrix.astype(bool)"]),
    "a matrix of another shape": (make(cns.SparseConnection, matrix=MATRIX.T), errors.ShapeError, ["FromSparse.matrix", "transpose it"]),
    "pairs that do not fit": (make(cns.SparseConnection, i=[7], j=[0]), errors.ParameterError, ["index 7"]),
    "a wrong plasticity": (make(cns.RandomConnection, p=0.1, short_term=3), errors.ArgumentError, ["short_term"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_message(case: str) -> None:
    call, kind, parts = REFUSED[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)
