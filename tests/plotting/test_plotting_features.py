"""Pictures of learned features."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnsproject import plotting
from cnsproject.errors import ShapeError


def test_a_mosaic_has_a_tile_for_each_plane() -> None:
    planes = np.stack([np.array([[-k, k], [0, k / 2]]) for k in (1, 2, 3, 4, 5)])
    ax = plotting.mosaic(planes)
    whole = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert whole.shape == (5, 8)  # two rows of three, one pixel apart
    assert np.array_equal(whole[:2, :2], [[-1, 1], [0, 0.5]])  # from its own largest value on
    assert np.array_equal(whole[3:, 3:5], whole[:2, :2])
    assert np.isnan(whole[3:, 6:]).all()
    assert len(ax.patches) == 5
    assert ax.images[0].get_cmap().name == "RdBu_r"
    assert plotting.mosaic(planes, grey=True).images[0].get_cmap().name == "gray"


def test_strips_show_each_value_and_the_mean() -> None:
    ax = plotting.strips({"one kind": [0.1, 0.2, 0.3], "other": [0.9]}, label="value")
    assert [text.get_text() for text in ax.texts] == ["0.20", "0.90"]
    assert np.array_equal(ax.lines[0].get_ydata(), [0.1, 0.2, 0.3])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["one\nkind", "other"]


def test_settling_over_patches() -> None:
    ax = plotting.settling([0, 300, 450], {"a": [1.0, 0.5, 0.2]})
    assert ax.get_xlim() == (0, 450)
    assert np.array_equal(ax.lines[0].get_xdata(), [0, 300, 450])


def test_all_in_one_figure() -> None:
    one = plotting.FeatureSet(np.ones((5, 3, 3)), np.ones((5, 6, 6)), np.full(5, 0.5), np.ones(5))
    figure = plotting.learned_features([(np.ones((4, 4)), np.eye(4))], {"a": one, "b": one}, [0, 9], {"b": [1, 0]})
    figure.canvas.draw()
    assert len(figure.axes) == 2 + 4 + 2
    plt.close(figure)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="mosaic"):
        plotting.mosaic(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="0 examples"):
        plotting.learned_features([], {}, [], {})
    assert plt.get_fignums() == []
