"""Images, kernels and their codes, from arrays alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from cnsproject.errors import CnsError, ParameterError, ShapeError
from cnsproject.plotting import (
    Code,
    EncodedImage,
    FeatureMap,
    FilteredImage,
    encoded_images,
    feature_maps,
    filtered_images,
    image,
    kernel,
    show_kernels,
)

PLANE = np.arange(12.0).reshape(3, 4)
SPIKES = np.random.default_rng(0).random((12, 50)) < 0.1


def test_an_image_is_grey_with_its_first_row_on_top() -> None:
    ax = image(PLANE, limits=(0, 255), title="one")
    (picture,) = ax.images
    assert np.array_equal(picture.get_array(), PLANE)
    assert picture.get_clim() == (0, 255)
    assert [to_hex(c) for c in picture.cmap([0.0, 1.0])] == ["#000000", "#ffffff"]
    low, high = ax.get_ylim()
    assert low > high
    assert image(PLANE).images[0].get_clim() == (0, 11)
    assert image(np.full((2, 2), 7.0)).images[0].get_clim() == (7, 8)


def test_a_kernel_is_white_at_zero_red_above_blue_below() -> None:
    picture = kernel(PLANE - 3).images[0]
    assert picture.get_clim() == (-8, 8)
    below, zero, above = picture.cmap(picture.norm([-8.0, 0.0, 8.0]))
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert min(zero[:3]) > 0.95
    assert kernel(PLANE, limit=20).images[0].get_clim() == (-20, 20)
    assert kernel(np.zeros((3, 3))).images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("count", "columns", "grid"), [(1, None, (1, 1)), (5, None, (2, 3)), (5, 5, (1, 5)), (2, 9, (1, 2))]
)
def test_kernels_share_a_scale(count: int, columns: int | None, grid: tuple[int, int]) -> None:
    planes = [np.full((3, 3), float(k - 1)) for k in range(count)]
    figure = show_kernels(planes, titles=[f"k{k}" for k in range(count)], columns=columns)
    figure.canvas.draw()
    *panels, bar = figure.axes
    assert len(panels) == grid[0] * grid[1]
    assert panels[0].get_subplotspec().get_gridspec().get_geometry() == grid
    assert [ax.get_title() for ax in panels[:count]] == [f"k{k}" for k in range(count)]
    assert len({ax.images[0].get_clim() for ax in panels[:count]}) == 1
    assert not any(ax.images or ax.axison for ax in panels[count:])
    assert bar.get_ylabel() == "weight"


def encoded(**changes: Any) -> EncodedImage:
    codes = {"a": Code(SPIKES, PLANE + 1, "off by 1"), "b": Code(SPIKES[:4])}
    return dataclasses.replace(EncodedImage("one", PLANE, codes), **changes)


def test_images_stand_beside_their_codes() -> None:
    figure = encoded_images([encoded(row=1), encoded(title="two")], dt=0.5, limits=(0, 11))
    figure.canvas.draw()
    axes = np.array(figure.axes).reshape(4, 3)
    assert [ax.get_title() for ax in axes[:, 0]] == ["one", "", "two", ""]
    assert [ax.get_title() for ax in axes[0, 1:]] == ["a", "b"]
    assert np.array_equal(axes[1, 1].images[0].get_array(), PLANE + 1)
    assert axes[1, 1].get_title() == "off by 1"
    assert not axes[1, 2].axison
    ticks = axes[0, 1].lines[-1]
    assert ticks.get_xdata() == pytest.approx(0.5 * np.nonzero(SPIKES)[1])
    assert axes[2, 1].get_xlim() == (0, 25)
    (profile,) = axes[1, 0].lines
    assert profile.get_ydata().tolist() == PLANE[1].tolist()
    assert [line.get_ydata() for line in axes[0, 0].lines] == [[1], [1]]
    assert not axes[3, 0].axison
    assert not axes[2, 0].lines


def filtered(**changes: Any) -> FilteredImage:
    one = FilteredImage("DoG", PLANE, PLANE - 5, np.maximum(PLANE - 8, 0), np.maximum(6 - PLANE, 0), {"code": SPIKES})
    return dataclasses.replace(one, **changes)


def test_on_and_off_have_one_scale() -> None:
    figure = filtered_images([filtered(), filtered(title="Gabor")], dt=1.0)
    figure.canvas.draw()
    axes = np.array(figure.axes).reshape(2, 5)
    assert [ax.get_title() for ax in axes[0]] == ["image", "filter", "on-centre", "off-centre", "code"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["DoG", "Gabor"]
    assert axes[0, 2].images[0].get_clim() == axes[0, 3].images[0].get_clim() == (0, 6)
    low, high = axes[1, 4].get_ylim()
    assert low > high, "pixel 0 is on top, as in the image"
    assert len(filtered_images([filtered(codes={})]).axes) == 4


MISTAKES: list[tuple[Any, type[CnsError], str]] = [
    (lambda: image(np.zeros(3)), ShapeError, "rows, columns"),
    (lambda: kernel(np.zeros((2, 3, 4))), ShapeError, "one plane"),
    (lambda: image(np.full((2, 2), np.nan)), ParameterError, "NaN"),
    (lambda: show_kernels([]), ShapeError, "no kernel"),
    (lambda: show_kernels([PLANE], titles=["a", "b"]), ShapeError, "one per kernel"),
    (lambda: show_kernels([PLANE], columns=0), ParameterError, "columns"),
    (lambda: encoded_images([], dt=1), ShapeError, "at least one row"),
    (lambda: encoded_images([encoded(), encoded(codes={})], dt=1), ShapeError, "the same codes"),
    (lambda: encoded_images([encoded(row=3)], dt=1), ParameterError, "row from 0 to 2"),
    (lambda: encoded_images([encoded(image=PLANE[0])], dt=1), ShapeError, "'one'"),
    (lambda: encoded_images([encoded(codes={"a": Code(SPIKES[0])})], dt=1), ShapeError, "neurons, steps"),
    (lambda: encoded_images([encoded(codes={"a": Code(SPIKES, PLANE[0])})], dt=1), ShapeError, "decoded"),
    (lambda: encoded_images([encoded()], dt=0), ParameterError, "dt"),
    (lambda: filtered_images([filtered(on=PLANE[0])]), ShapeError, "on of 'DoG'"),
    (lambda: filtered_images([filtered(codes={"a": PLANE})]), ParameterError, "a of 'DoG'"),
    (lambda: filtered_images([]), ShapeError, "at least one row"),
]


@pytest.mark.parametrize(("draw", "error", "says"), MISTAKES)
def test_mistakes_leave_no_figure(draw: Any, error: type[CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        draw()
    assert plt.get_fignums() == []


def test_feature_maps_of_a_layer_share_a_scale() -> None:
    counts = np.arange(12.0).reshape(3, 4)
    rows = [
        FeatureMap(f"k{k}", PLANE - 3, {"maps": k * counts, "pooled": counts[:2]}, {"maps": SPIKES, "pooled": SPIKES})
        for k in (1, 2)
    ]
    figure = feature_maps(PLANE, counts, rows, dt=0.5)
    figure.canvas.draw()
    limits = {ax.get_title(): ax.images[0].get_clim() for ax in figure.axes if ax.images}
    assert limits["maps"] == (0, 22) and limits["pooled"] == (0, 7) and limits["its spikes"] == (0, 11)
    assert [ax.get_ylabel() for ax in figure.axes].count("k1") == 1
    plt.close(figure)
    assert len(feature_maps(PLANE, counts, rows[:1]).axes) == 6  # no room for the second picture
    for wrong in (
        [],
        [rows[0], dataclasses.replace(rows[0], layers={"maps": counts})],
        [dataclasses.replace(rows[0], kernel=np.ones(3))],
    ):
        with pytest.raises(ShapeError, match="feature_maps"):
            feature_maps(PLANE, counts, wrong)
    plt.close("all")
