"""Pictures of what neurons learned, by class."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnsproject import plotting
from cnsproject.errors import ShapeError


def test_tiles_stand_in_the_row_of_their_class() -> None:
    weights = np.stack([np.full((2, 2), k + 1.0) for k in range(5)])
    weights[:, 0, 0] = 0.0
    ax = plotting.tiles(weights, [1, 0, 1, -1, 1], 3)
    plane = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert plane.shape == (3 * 3 - 1, 3 * 3 - 1)  # three classes, three tiles in the longest row, one pixel apart
    drawn = ~np.isnan(plane)
    assert drawn[0:2].sum() == 4  # one neuron
    assert drawn[3:5].sum() == 12  # three
    assert not drawn[6:].any()  # none: that of no class is left out
    assert np.array_equal(plane[3:5, 3:5], [[0, 1], [1, 1]])  # from 0 to the largest of each
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1", "2"]


def test_confusion_is_in_percent_of_each_class() -> None:
    ax = plotting.confusion([[3, 1], [0, 0]])
    assert np.array_equal(ax.images[0].get_array(), [[75, 25], [0, 0]])
    assert [text.get_text() for text in ax.texts] == ["75", "25"]


def test_learning_curves_show_their_mean() -> None:
    ax = plotting.learning_curves([[0.1, 0.5], [0.3, 0.9]], chance=0.1)
    mean = next(line for line in ax.lines if line.get_label() == "mean")
    assert mean.get_ydata() == pytest.approx([20, 70])
    assert "70.0 %" in [text.get_text() for text in ax.texts]


def test_all_in_one_figure() -> None:
    figure = plotting.learned_classes(np.ones((3, 2, 2)), [0, 1, 0], np.eye(2), [[0.5, 1.0]])
    figure.canvas.draw()
    assert len(figure.axes) == 3
    plt.close(figure)


@pytest.mark.parametrize(("weights", "owners"), [(np.ones((3, 4)), [0, 1, 0]), (np.ones((3, 2, 2)), [0, 1])])
def test_shapes_that_do_not_fit(weights: np.ndarray, owners: list[int]) -> None:
    with pytest.raises(ShapeError, match="one plane and one class per neuron"):
        plotting.tiles(weights, owners, 2)
    with pytest.raises(ShapeError, match="a square"):
        plotting.confusion(np.ones((2, 3)))
