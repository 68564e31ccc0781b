"""Pictures that move: what is painted into pixels against what was to be painted."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnsproject.errors import ParameterError
from cnsproject.plotting import Field, Frame, Lines, MovingPicture, Points, Raster, _pixels

BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def shown(picture: MovingPicture, frame: Frame, panel: int, color: tuple[int, int, int]) -> np.ndarray:
    """Where a panel has a colour."""
    place = picture._places[panel]
    return (frame.rgba()[place.rows, place.columns, :3] == color).all(axis=2)


def test_a_png_is_what_was_painted() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (37, 53), np.uint8)
    frame = Frame(0.0, pixels)
    read = np.asarray(Image.open(io.BytesIO(frame.png())).convert("RGBA"))
    assert np.array_equal(read, frame.rgba())
    assert np.array_equal(read[..., :3], _pixels.table()[pixels])


@given(
    st.lists(st.tuples(st.integers(-50, 100), st.floats(0.0, 1.0)), min_size=2, max_size=60, unique_by=lambda p: p[0])
)
def test_a_line_covers_its_points_and_no_more(points: list[tuple[float, float]]) -> None:
    x, y = (np.array(values) for values in zip(*sorted(points), strict=True))
    x = x / 100.0
    area = np.zeros((40, 60), np.uint8)
    _pixels.paint_line(area, x, y, 1, 2.0)
    dense = np.linspace(max(0.0, x[0]), x[-1], 4_001) if x[-1] > 0.0 else np.empty(0)
    across = np.minimum((dense * 60).astype(int), 59)
    height = (1.0 - np.interp(dense, x, y)) * 40  # from the top
    down = np.clip(height.astype(int), 0, 39)
    if len(dense) and x[-1] > 1e-3:
        inside = (np.abs(height - down - 0.5) <= 0.99) & (dense * 60 % 1 > 1e-6)
        assert area[down[inside], across[inside]].all()
    for column in range(60):
        rows = np.flatnonzero(area[:, column])
        if len(rows):
            near = height[np.abs(dense * 60 - column - 0.5) <= 0.51]
            assert rows[0] + 0.5 >= near.min() - 1.6 and rows[-1] + 0.5 <= near.max() + 1.6


def test_a_line_that_is_over_is_not_painted() -> None:
    area = np.zeros((10, 10), np.uint8)
    _pixels.paint_line(area, np.array([-2.0, -1.0]), np.array([0.5, 0.5]), 1, 2.0)
    _pixels.paint_line(area, np.array([0.3]), np.array([0.5]), 1, 2.0)
    assert not area.any()


def test_ticks_stand_in_their_rows() -> None:
    picture = MovingPicture([Raster("cells\nneuron", 5, 1)], window=100.0)
    frame = picture.frame(300.0, [[Points(np.array([200.0, 250.0, 299.9]), np.array([0, 2, 4]))]])
    painted = shown(picture, frame, 0, ORANGE)
    height, width = painted.shape
    rows, columns = np.nonzero(painted)
    assert set(columns) == {0, width // 2, width - 1}
    for column, neuron in ((0, 0), (width // 2, 2), (width - 1, 4)):
        middle = height * (1.0 - (neuron + 0.5) / 5)
        assert abs(rows[columns == column].mean() + 0.5 - middle) <= 1.0
        assert len(rows[columns == column]) == 16


def test_limits_stay_until_they_do_not_fit() -> None:
    picture = MovingPicture([Lines("u (mV)", (0,)), Lines("rate (Hz)", (0,), from_zero=True)], window=10.0)
    time = np.arange(10.0)
    chosen = []
    for low, high in ((-70, -50), (-65, -55), (-65, -40), (-65, -40), (-60.1, -60.0), (-60, -60)):
        values = np.linspace(low, high, 10)
        picture.frame(10.0, [[Points(time, values)], [Points(time, values + 70)]])
        chosen.append(tuple(place.limits for place in picture._places))
        for limits, add in zip(chosen[-1], (0, 70), strict=True):
            assert limits[0] <= low + add and high + add <= limits[1]
    assert chosen[0] == chosen[1] != chosen[2] == chosen[3] != chosen[4] == chosen[5]
    assert chosen[0][1][0] == chosen[4][1][0] == 0.0
    empty = picture.frame(10.0, _nothing())
    assert not shown(picture, empty, 0, BLUE).any()


def _nothing() -> list[list[Points]]:
    return [[Points(np.empty(0), np.empty(0))], [Points(np.empty(0), np.empty(0))]]


def test_a_map_has_its_rows_on_top() -> None:
    picture = MovingPicture([Raster("neuron", 6, 0)], [Field("retina", (2, 3), "rate (Hz)")], window=10.0)
    amounts = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 10.0]])
    frame = picture.frame(10.0, [[Points(np.empty(0), np.empty(0, int))]], [amounts])
    place = picture._maps[0]
    area = frame.pixels[place.rows, place.columns]
    height, width = area.shape
    fields = area[height // 4 :: height // 2, width // 6 :: width // 3][:2, :3].astype(int) - _pixels.SCALE
    assert np.array_equal(fields, (amounts / 15.0 * (_pixels.LEVELS - 1)).astype(int))  # with half as much room again


def test_names_and_time_are_written() -> None:
    pictures = [
        MovingPicture([Lines("rate (Hz)", (0, 1), from_zero=True)], names=["exc", "inh"], window=w)
        for w in (10.0, 500.0)
    ]
    frames = [p.frame(t, [_nothing()[0] + _nothing()[1]]).rgba() for p in pictures for t in (1.0, 2.0, 2.04)]
    top = [frame[:28] for frame in frames]
    assert (top[0] == (*BLUE, 255)).all(axis=2).sum() == (top[0] == (*ORANGE, 255)).all(axis=2).sum() == 100
    assert not np.array_equal(top[0], top[1]) and not np.array_equal(top[3], top[4])
    assert np.array_equal(top[4], top[5])  # in a wide window no digits that nobody can follow
    assert np.array_equal(frames[0][28:], frames[1][28:])


def test_size_and_resolution() -> None:
    panel = Raster("neuron", 5, 0)
    small, fine = (MovingPicture([panel], window=10.0, dpi=dpi).frame(0.0, [[]]).pixels for dpi in (100.0, 200.0))
    assert fine.shape == (2 * small.shape[0], 2 * small.shape[1])
    assert MovingPicture([panel], window=10.0, size=(300, 200)).frame(0.0, [[]]).pixels.shape == (200, 300)
    with pytest.raises(ParameterError, match="make it larger, or show less"):
        MovingPicture([panel] * 30, window=10.0, size=(300, 200))
