"""Sets of parameters side by side, from arrays alone."""

from __future__ import annotations

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnsproject.errors import ShapeError
from cnsproject.plotting import ParameterSet, parameter_sets
from cnsproject.plotting._style import PALETTE

ONE = ParameterSet(
    title="one",
    spikes=np.array([3.0, 8.0]),
    states={"u (mV)": np.linspace(-70, -60, 100), "w (nA)": np.zeros(100)},
    current=np.ones(100),
    rates=np.array([0.0, 10.0, 30.0]),
    levels={"threshold": -55.0},
    theory=np.array([0.0, 11.0, 29.0]),
)


def test_columns_share_their_axes_and_have_their_colours() -> None:
    sets = [dataclasses.replace(ONE, title=f"set {k}", spikes=np.arange(k)) for k in range(5)]
    figure = parameter_sets(sets, [0, 1, 2], dt=0.1, caption=["a long part of a sentence"] * 6)
    figure.canvas.draw()
    axes = np.array(figure.axes).reshape(5, 5)
    for row in axes:
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in row}) == 1
    assert axes[1, 0].get_xlim() == (0.0, 10.0)
    for color, column in zip(PALETTE, axes.T, strict=False):
        assert column[1].lines[0].get_color() == column[4].lines[0].get_color() == color
    repeated = [len(ax.lines) for ax in axes[4]]
    assert repeated == [2, 3, 3, 3, 3]
    assert all(np.array_equal(ax.lines[2].get_ydata(), ONE.rates) for ax in axes[4, 1:])
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["threshold", "simulation", "theory", "set 0"]
    (caption,) = (text for text in figure.texts if text.get_text())
    assert caption.get_text().count("\n") == 1
    plt.close(figure)


def test_sets_must_fit_together() -> None:
    other = dataclasses.replace(ONE, states={"u (mV)": np.zeros(100)})
    before = plt.get_fignums()
    for sets in ([], [ONE, other]):
        with pytest.raises(ShapeError, match="the same states"):
            parameter_sets(sets, [0, 1, 2], dt=0.1)
    assert plt.get_fignums() == before
