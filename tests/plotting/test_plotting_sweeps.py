"""What was measured over parameters: where values stand, and which panels there are."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from cnsproject.errors import ShapeError
from cnsproject.plotting import Swept, swept

P2 = Swept("lag", np.array(["p2"]), "ms")
STRENGTH, TAU = Swept("J1", np.array([3.0, 1.0, 2.0]), "nA"), Swept("tau_s1", np.array([5.0, 10.0]), "ms")


@pytest.fixture(autouse=True)
def _closed() -> object:
    yield
    plt.close("all")


def titles(figure: Figure) -> list[str]:
    return [ax.get_title() for ax in figure.axes if ax.get_title()]


def test_a_map_has_values_where_its_axes_say() -> None:
    values = STRENGTH.values[:, None] * TAU.values[None, :]
    figure = swept(values[..., None], [STRENGTH, TAU], P2)
    mesh = figure.axes[0].collections[0]
    edges = mesh.get_coordinates()[0, :, 0]
    assert np.allclose(edges, [0.5, 1.5, 2.5, 3.5])
    assert np.allclose(np.asarray(mesh.get_array()).reshape(2, 3), np.outer([5.0, 10.0], [1.0, 2.0, 3.0]))
    assert figure.axes[0].get_xlabel() == "J1 (nA)" and figure.axes[0].get_ylabel() == "tau_s1 (ms)"


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [([1.0, 2.0, 4.0, 8.0], True), ([1.0, 2.0, 5.0, 10.0], False), ([0.0, 1.0, 10.0], False), ([1.0, 2.0], False)],
)
def test_an_axis_is_logarithmic_where_the_values_are(values: list[float], logarithmic: bool) -> None:
    axis = Swept("J1", np.array(values), "nA")
    for figure in (swept(np.ones((len(values), 1)), [axis], P2), swept(np.ones((len(values), 2, 1)), [axis, TAU], P2)):
        assert (figure.axes[0].get_xscale() == "log") == logarithmic


def test_maps_of_one_name_fill_rows() -> None:
    third = Swept("C", np.linspace(5.0, 9.0, 5), "nF")
    figure = swept(np.random.default_rng(1).random((3, 2, 5, 1)), [STRENGTH, TAU, third], P2)
    assert titles(figure) == [f"p2, C = {value} nF" for value in (5, 6, 7, 8, 9)]
    rows = [ax.get_subplotspec().rowspan.start for ax in figure.axes[:5]]  # type: ignore[union-attr]
    assert rows == [0, 0, 0, 1, 1]
    assert [bool(ax.get_xlabel()) for ax in figure.axes[:5]] == [False, False, True, True, True]


def test_grey_is_told_where_there_is_some() -> None:
    values = np.ones((3, 2, 1))
    for missing in (False, True):
        values[0, 0, 0] = np.nan if missing else 1.0
        bar = swept(values, [STRENGTH, TAU], P2).axes[-1]
        assert (bar.get_legend() is not None) == missing


def test_too_many_maps_and_other_shapes_are_refused() -> None:
    third = Swept("C", np.linspace(5.0, 9.0, 40), "nF")
    with pytest.raises(ShapeError, match="40 maps"):
        swept(np.ones((3, 2, 40, 1)), [STRENGTH, TAU, third], P2)
    with pytest.raises(ShapeError, match=r"expected \(3, 2, 1\)"):
        swept(np.ones((2, 3, 1)), [STRENGTH, TAU], P2)
