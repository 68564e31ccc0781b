"""Given synapses: their weights and delays follow their pairs, and sparse matrices mean what scipy means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnsproject import errors
from cnsproject.network.connectivity import AllToAll, Connectivity, FromArrays, FromSparse

KEY = (1, 2)


def synapses(rule: Connectivity, sources: int, targets: int) -> list[tuple[int, int, float]]:
    """Source, target and weight of every synapse as they are kept."""
    wiring = rule.build(sources, targets, KEY, same=False)
    assert rule.weight is not None
    assert wiring.order is not None
    return list(zip(wiring.sources.tolist(), wiring.targets.tolist(), rule.weight[wiring.order].tolist(), strict=True))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(-9, 9)), max_size=20))
def test_weights_and_delays_follow_their_pairs(given_synapses: list[tuple[int, int, int]]) -> None:
    i, j, w = np.array(given_synapses, int).reshape(-1, 3).T
    rule = FromArrays(i, j, weight=w, delay=np.abs(w) / 10)
    # Repeated pairs stay in the order given, which is what a stable sort does.
    assert synapses(rule, 5, 4) == sorted(given_synapses, key=lambda synapse: synapse[:2])
    assert rule.delay is not None
    assert rule.delay.tolist() == (np.abs(w) / 10).tolist()


def test_what_is_given_is_kept_as_float64() -> None:
    for values in ([1, 2], (1, 2), np.array([1, 2], np.float32), torch.tensor([1, 2]), [1.0, 2.0]):
        rule = FromArrays([0, 1], [1, 0], weight=values, delay=values)
        for kept in (rule.weight, rule.delay):
            assert kept is not None
            assert kept.dtype == np.float64
            assert kept.tolist() == [1.0, 2.0]
    one = FromArrays([0, 1], [1, 0], weight=3, delay=0.0)
    assert one.weight is not None
    assert one.weight.tolist() == [3.0, 3.0]
    nothing = FromArrays([0, 1], [1, 0])
    assert nothing.weight is nothing.delay is AllToAll().weight is AllToAll().delay is None


FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_sparse_matrix_of_any_format(name: str, kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0.0, 2.0, 0.0, 1.5], [0.0, 0.0, 0.0, 0.0], [-3.0, 0.0, 4.0, 0.0]])
    matrix = getattr(sparse, f"{name}_{kind}")(dense)
    if name in ("bsr", "dia"):  # these keep the zeros of a block or a diagonal
        matrix = matrix.tocsr()
        matrix.eliminate_zeros()
    assert synapses(FromSparse(matrix), 3, 4) == [(0, 1, 2.0), (0, 3, 1.5), (2, 0, -3.0), (2, 2, 4.0)]


def test_zeros_are_synapses_and_repeated_entries_are_summed() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    entries = np.array([1.0, 2.0, 0.0, 5.0, -5.0]), (np.array([1, 1, 0, 0, 0]), np.array([0, 0, 1, 0, 0]))
    matrix = sparse.coo_array(entries, shape=(2, 2))
    assert synapses(FromSparse(matrix), 2, 2) == [(0, 0, 0.0), (0, 1, 0.0), (1, 0, 3.0)]
    assert matrix.nnz == 5  # the user's own is left alone


def test_booleans_say_only_who_is_connected() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    rule = FromSparse(sparse.csr_array(np.eye(3, dtype=bool)))
    assert rule.weight is None
    assert rule.build(3, 3, KEY, same=True).targets.tolist() == [0, 1, 2]
    assert repr(rule) == "FromSparse(3 synapses)"


def given_pairs(**settings: Any) -> FromArrays:
    return FromArrays([0, 1], [1, 0], **settings)


def sparse_of(values: Any, kind: str = "csr_array") -> FromSparse:
    sparse = pytest.importorskip("scipy.sparse")
    return FromSparse(getattr(sparse, kind)(np.array(values)))


WRONG: dict[str, tuple[Callable[[], object], type[errors.CnsError], list[str]]] = {
    "too few weights": (lambda: given_pairs(weight=[1.0, 2.0, 3.0]), errors.ShapeError, ["FromArrays.weight", "(3,)", "(2,)"]),
    "NaN weight": (lambda: given_pairs(weight=[1.0, np.nan]), errors.ParameterError, ["FromArrays.weight", "nan at (1,)"]),
    "infinite delay": (lambda: given_pairs(delay=[1.0, np.inf]), errors.ParameterError, ["FromArrays.delay", "inf at (1,)"]),
    "negative delay": (lambda: given_pairs(delay=[1.0, -0.5]), errors.ParameterError, ["FromArrays.delay", "-0.5 ms", ">= 0"]),
    "one negative delay": (lambda: given_pairs(delay=-2), errors.ParameterError, ["FromArrays.delay", "-2 ms"]),
    "weights as text": (lambda: given_pairs(weight=["a", "b"]), errors.ArgumentError, ["FromArrays.weight", "<U1"]),
    "a weight as text": (lambda: given_pairs(weight="1"), errors.ArgumentError, ["FromArrays.weight", "'1'", "nA"]),
    "unknown keyword": (lambda: given_pairs(weights=1), errors.ArgumentError, ["'weight'"]),
    "a dense matrix": (lambda: FromSparse(np.eye(3)), errors.ArgumentError, ["FromSparse.matrix", "ndarray of shape (3, 3)", "csr_array"]),
    "a number": (lambda: FromSparse(3), errors.ArgumentError, ["FromSparse.matrix", "int"]),
    "a sparse vector": (lambda: sparse_of([1.0, 2.0], "coo_array"), errors.ArgumentError, ["shape (2,)"]),
    "a transposed matrix": (lambda: sparse_of([[1.0, 2.0]]).build(2, 1, KEY, same=False), errors.ShapeError, ["shape (1, 2)", "(2, 1)", "transpose it"]),
    "a matrix of another shape": (lambda: sparse_of([[1.0, 2.0]]).build(3, 1, KEY, same=False), errors.ShapeError, ["(3, 1)", "row per source"]),
    "complex weights": (lambda: sparse_of([[1j, 2.0]]), errors.ArgumentError, ["FromSparse.matrix", "complex"]),
    "a matrix with NaN": (lambda: sparse_of([[np.nan, 2.0]]), errors.ParameterError, ["FromSparse.matrix", "nan"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_message(case: str) -> None:
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call()
    assert type(caught.value) is kind
    assert all(part in str(caught.value) for part in [*parts, "got", "expected", "Fix: "]), str(caught.value)
