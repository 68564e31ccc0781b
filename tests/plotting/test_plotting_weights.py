"""Panels of weights, against what the artists hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from cnsproject import plotting
from cnsproject.errors import ParameterError, ShapeError
from cnsproject.plotting._blocks import blocks_of
from cnsproject.plotting._style import EXCITATORY, INHIBITORY


def cells(ax: plt.Axes) -> np.ndarray:
    return np.asarray(ax.images[0].get_array())


def test_a_small_matrix_is_drawn_as_it_is() -> None:
    weights = np.array([[1.0, 0.0, 2.0], [0.5, 4.0, 0.0]])
    ax = plotting.weight_matrix(weights, signs=[1, -1], unit="uS")
    assert np.array_equal(cells(ax), weights * [[1], [-1]])
    image = ax.images[0]
    assert image.get_clim() == (-4.0, 4.0)  # 0 is in the middle of the colours
    assert image.get_cmap().name == "RdBu_r"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("target neuron", "source neuron")
    assert ax.get_xlim() == (-0.5, 2.5)
    assert ax.get_ylim() == (1.5, -0.5)  # the first source is at the top
    assert image.colorbar.ax.get_ylabel() == "weight (µS)"


def test_the_colour_bar_shows_only_what_there_is() -> None:
    for weights, limits in (
        ([[1.0, 3.0]], (0, 3)),
        ([[-1.0, -3.0]], (-3, 0)),
        ([[-1.0, 3.0]], (-3, 3)),
        ([[0.0]], (-1, 1)),
    ):
        bar = plotting.weight_matrix(weights).images[0].colorbar
        assert bar.ax.get_ylim() == limits


def test_many_neurons_become_means_of_blocks_which_is_said() -> None:
    weights = np.arange(30.0).reshape(5, 6)
    ax = plotting.weight_matrix(weights, most=2)
    # Blocks of 3 sources, of which the last has 2, and 3 targets.
    expected = [[weights[:3, :3].mean(), weights[:3, 3:].mean()], [weights[3:, :3].mean(), weights[3:, 3:].mean()]]
    np.testing.assert_allclose(cells(ax), expected)
    assert ax.images[0].colorbar.ax.get_ylabel() == "weight (nA),\nmean of 3 × 3 pairs"
    assert list(ax.images[0].get_extent()) == [-0.5, 5.5, 5.5, -0.5]
    assert ax.get_ylim() == (4.5, -0.5)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(0, 30),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_a_list_of_synapses_is_the_same_picture_as_its_matrix(
    pre: int, post: int, most: int, synapses: int, one: bool, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    source, target = np.sort(draw.integers(pre, size=synapses)), draw.integers(post, size=synapses)
    weights, signs = draw.random(synapses), draw.choice([-1.0, 1.0], pre)
    dense = np.zeros((pre, post))
    np.add.at(dense, (source, target), 0.7 if one else weights)  # several synapses of a pair add up
    pointers = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=pre))])
    lists = plotting.SynapseList(pointers, target, post)
    found = blocks_of("test", 0.7 if one else weights, signs, lists, most)
    expected = blocks_of("test", dense, signs, None, most)
    np.testing.assert_allclose(found.means, expected.means, atol=1e-12)
    assert (found.shape, found.sizes) == (expected.shape, expected.sizes)
    whole = blocks_of("test", dense, signs, None, 100).means
    np.testing.assert_allclose(whole, dense * signs[:, None])


def test_matrices_that_cannot_be() -> None:
    lists = plotting.SynapseList([0, 1, 3], [0, 1, 2], 3)
    with pytest.raises(ShapeError, match=r"weight_matrix.weights: got shape \(3,\).*\(sources, targets\)"):
        plotting.weight_matrix([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"weight_matrix.signs.*\(2,\), one per source"):
        plotting.weight_matrix([[1.0], [2.0]], signs=[1])
    with pytest.raises(ShapeError, match=r"weight_matrix: got \(2,\) weights, 3 targets"):
        plotting.weight_matrix([1.0, 2.0], synapses=lists)
    with pytest.raises(ParameterError, match=r"targets 0 to 2.*expected 0 to 1"):
        plotting.weight_matrix(1.0, synapses=plotting.SynapseList([0, 1, 3], [0, 1, 2], 2))
    with pytest.raises(ParameterError, match="1 NaN or infinite of 2"):
        plotting.weight_matrix([[1.0, np.nan]])
    with pytest.raises(ParameterError, match="most"):
        plotting.weight_matrix([[1.0]], most=0)
    assert plt.get_fignums() == []


def bars(ax: plt.Axes) -> dict[str, tuple[np.ndarray, np.ndarray, str]]:
    return {p.get_label(): (*p.get_data()[:2], to_hex(p.get_facecolor()).upper()) for p in ax.patches}


def test_a_histogram_tells_signs_apart() -> None:
    ax = plotting.weight_histogram([-2.0, -1.9, -0.2, 0.0, 0.1, 1.0, 1.0], bins=6, unit="mV")
    found = bars(ax)
    below, edges, blue = found["inhibitory"]
    above, _, orange = found["excitatory"]
    assert np.array_equal(edges, [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0])  # no bar has both signs
    assert np.array_equal(below, [2, 0, 0, 1, 0, 0])
    assert np.array_equal(above, [0, 0, 0, 0, 2, 2])
    assert (blue, orange) == (INHIBITORY, EXCITATORY)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight (mV)", "synapses")


def test_weights_that_many_synapses_share_are_counted() -> None:
    ax = plotting.weight_histogram([0.5, 2.0], counts=[1000, 10], bins=[0.0, 1.0, 2.0, 3.0], log=True)
    values, _, _ = bars(ax)["excitatory"]
    assert np.array_equal(values, [1000, 0, 10])
    assert ax.get_yscale() == "log"
    assert ax.get_ylim()[0] < 1
    one = plotting.weight_histogram([0.5], counts=[7])
    ((values, edges, _),) = bars(one).values()
    assert np.array_equal(values, [7])
    assert edges[0] < 0.5 < edges[1]
    assert one.get_xlim()[0] < edges[0]  # a bar, not an area


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(1, 60), st.integers(0, 10**9))
def test_edges_hold_all_weights_and_zero(one: float, other: float, bins: int, synapses: int) -> None:
    low, high = sorted((one, other))
    for given_bins in (bins, None):
        edges = plotting.weight_edges(low, high, given_bins, synapses=synapses)
        assert edges[0] <= low + 1e-9
        assert edges[-1] >= high - 1e-9
        assert (np.diff(edges) > 0).all() or high - low < 1e-9
        assert len(edges) <= (given_bins or 50) + 3
        if low < 0 < high:
            assert 0.0 in edges


def test_histograms_that_cannot_be() -> None:
    with pytest.raises(ShapeError, match=r"2 counts.*expected 1"):
        plotting.weight_histogram([1.0], counts=[1, 2])
    with pytest.raises(ParameterError, match="edges that do not ascend"):
        plotting.weight_histogram([1.0], bins=[1.0, 0.0])
    with pytest.raises(ShapeError, match="no values"):
        plotting.weight_histogram([])
    assert plt.get_fignums() == []


def test_weights_over_time_are_median_quartiles_and_a_few() -> None:
    values = np.array([[0.0, 1.0, 2.0, 3.0, 10.0], [1.0, 1.0, 1.0, 1.0, 1.0]])
    ax = plotting.weights_over_time([0.0, 2000.0], values, single=2, unit="mV", label="w")
    (line,) = ax.lines
    assert np.array_equal(line.get_xdata(), [0.0, 2.0])  # s
    assert np.array_equal(line.get_ydata(), [2.0, 1.0])
    band, single = ax.collections
    corners = band.get_paths()[0].vertices
    assert {1.0, 3.0} <= set(corners[corners[:, 0] == 0.0][:, 1])
    assert [path[:, 1].tolist() for path in single.get_segments()] == [[0.0, 1.0], [10.0, 1.0]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "weight (mV)")
    mean = plotting.weights_over_time([0.0, 2000.0], values, quartiles=False, single=None)
    assert np.array_equal(mean.lines[0].get_ydata(), [3.2, 1.0])
    assert len(mean.collections[0].get_segments()) == 5
    with pytest.raises(ShapeError, match=r"weights_over_time.values: got 2 records"):
        plotting.weights_over_time([0.0], values)


def test_degrees_are_histograms_of_whole_numbers() -> None:
    ax = plotting.degrees([2, 2, 3], [1, 6])
    filled, outline = ax.patches
    assert np.array_equal(filled.get_data().edges, np.arange(0.5, 7.0))
    assert np.array_equal(filled.get_data().values, [0, 2, 1, 0, 0, 0])
    assert np.array_equal(outline.get_data().values, [1, 0, 0, 0, 0, 1])
    assert [patch.get_label() for patch in ax.patches] == ["in, mean 2.333", "out, mean 3.5"]
    wide = plotting.degrees([0, 1000], [500]).patches[0].get_data()
    assert wide.values.sum() == 2
    assert len(wide.values) <= 52
    for wrong in ([1.5], [-1]):
        with pytest.raises(ParameterError, match=r"degrees, in.*whole numbers"):
            plotting.degrees(wrong, [1])
