"""Panels for single neurons: what lies where, which colours, what bad input says."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from cnsproject import plotting
from cnsproject.errors import ArgumentError, ParameterError, ShapeError
from cnsproject.plotting._style import GUIDE, PALETTE, THEORY


def luminance(color: str) -> float:
    red, green, blue = to_rgb(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_traces_over_time_with_levels() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ax = plotting.traces(values, labels=["a", "b"], ylabel="u (mV)", levels={"threshold": 4.5, "rest": 0.5}, dt=0.5)
    first, second, threshold, rest = ax.lines
    assert first.get_xdata().tolist() == [0.0, 0.5, 1.0]
    assert [line.get_ydata().tolist() for line in (first, second)] == values.T.tolist()
    assert [line.get_color() for line in (first, second)] == list(PALETTE[:2])
    assert [line.get_ydata()[0] for line in (threshold, rest)] == [4.5, 0.5]
    assert threshold.get_linestyle() == "--"
    assert threshold._unscaled_dash_pattern != rest._unscaled_dash_pattern  # type: ignore[attr-defined]
    assert max(threshold.get_zorder(), rest.get_zorder()) < first.get_zorder()
    assert {line.get_color() for line in (threshold, rest)} == {GUIDE}
    assert ax.get_xlim() == (0.0, 1.5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "u (mV)")
    plotting.traces(values, ylabel="u", levels={"threshold": 4.5}, dt=0.5, ax=ax)
    assert [line.get_label() for line in ax.lines].count("threshold") == 1
    assert [line.get_color() for line in ax.lines[4:6]] == list(PALETTE[2:4])
    assert plotting.traces([1.0, 2.0], ylabel="u").get_xlabel() == "time (steps)"


def test_ordered_traces_are_shades_from_light_to_dark() -> None:
    ax = plotting.traces(np.eye(5), ylabel="u", ordered=True)
    bright = [luminance(line.get_color()) for line in ax.lines]
    assert bright == sorted(bright, reverse=True)
    assert len(set(bright)) == 5
    assert bright[0] < 0.7  # to be seen on white
    assert plotting.shades(1) != plotting.shades(2)
    own = plotting.traces(np.eye(2), ylabel="u", colors=["red", "#00ff00"])
    assert [to_hex(line.get_color()) for line in own.lines] == ["#ff0000", "#00ff00"]
    assert plotting.colors(9) == [*PALETTE, *PALETTE[:2]]


def test_trains_stand_in_rows_from_the_bottom() -> None:
    ax = plotting.trains([[1.0, 2.0], [], [3.0]], 0.5 * np.arange(10), colors=["red", "green", "blue"])
    segments = [c.get_segments() for c in ax.collections]
    assert [sorted(s[0, 0] for s in rows) for rows in segments] == [[1.0, 2.0], [], [3.0]]
    assert [rows[0].mean(axis=0)[1] for rows in segments if len(rows)] == pytest.approx([0.0, 2.0])
    assert ax.get_ylim() == (-0.5, 2.5)
    assert ax.get_xlim() == (0.0, 5.0)
    assert not any(spine.get_visible() for spine in ax.spines.values())
    assert [to_hex(c.get_color()[0]) for c in ax.collections if len(c.get_segments())] == ["#ff0000", "#0000ff"]
    assert plotting.trains([[0.0]], [0.0]).get_xlim() == (0.0, 1.0)


def test_theory_lies_behind_the_data_and_references_in_their_colour() -> None:
    _, ax = plt.subplots()
    plotting.fi_curve([0, 1, 2], [0, 1, 2], ax=ax)
    plotting.reference([0, 1, 2], [0, 1, 2], label="closed form", ax=ax)
    plotting.reference([0, 1, 2], [0, 2, 4], label="closed form", ax=ax)
    plotting.reference([0, 1, 2], [0, 1, 3], label="first", color="#123456", ax=ax)
    data, theory, second, first = ax.lines
    assert theory.get_color() == THEORY
    assert theory.get_linewidth() > 2 * data.get_linewidth()
    assert theory.get_zorder() < first.get_zorder() < data.get_zorder()
    assert first.get_color() == "#123456"
    assert first.get_linestyle() == "--"
    assert [line.get_label() for line in (theory, first)] == ["closed form", "first"]
    assert second.get_label() != "closed form"


def test_an_average_in_its_band() -> None:
    x, mean, error = [-2.0, -1.0, 0.0], np.array([0.0, 1.0, 5.0]), np.array([0.1, 0.2, 0.3])
    ax = plotting.average(x, mean, error, xlabel="lag", ylabel="I", levels={"mean": 0.5}, label="a")
    line, level = ax.lines
    (band,) = ax.collections
    corners = {tuple(np.round(v, 9)) for v in band.get_paths()[0].vertices}
    for k in range(3):
        assert (x[k], round(mean[k] + 2 * error[k], 9)) in corners
        assert (x[k], round(mean[k] - 2 * error[k], 9)) in corners
    assert band.get_zorder() < level.get_zorder() < line.get_zorder()
    assert ax.get_xlim() == (-2.0, 0.0)
    assert (level.get_ydata()[0], level.get_label()) == (0.5, "mean")
    assert to_hex(band.get_facecolor()[0]) != line.get_color()
    plotting.average(x, mean, error, xlabel="lag", ylabel="I", label="b", ax=ax)
    assert ax.lines[2].get_color() == PALETTE[1]


def test_a_spectrum_is_logarithmic_and_few_points_are_marked() -> None:
    few = plotting.spectrum([1, 10, 100], [3, 2, 1], ylabel="|Z| (MOhm)", label="a")
    assert few.get_xscale() == "log"
    assert few.lines[0].get_marker() == "o"
    assert (few.get_xlabel(), few.get_ylabel()) == ("frequency (Hz)", "|Z| (MOhm)")
    many = plotting.spectrum(np.geomspace(1, 100, 200), np.ones(200), ylabel="|Z|")
    assert many.lines[0].get_marker() == ""


def test_legends_stand_outside_the_data() -> None:
    for beside in (False, True):
        ax = plotting.traces([[1.0, 2.0]] * 3, labels=["a", "b"], ylabel="u")
        assert plotting.legend(ax, beside=beside) is ax
        ax.figure.canvas.draw()
        box, frame = ax.get_legend().get_window_extent(), ax.get_window_extent()
        assert (box.x0 >= frame.x1) if beside else (box.y0 >= frame.y1)
        figure = ax.figure.get_window_extent()
        assert box.x1 <= figure.x1
        assert box.y1 <= figure.y1
    assert plotting.name_axes(ax, "x (mV)", "y") is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x (mV)", "y")


def test_a_grid_shares_its_axes_and_labels_the_outer_ones() -> None:
    figure, (left, right) = plotting.grid([1.0, 2.0], 2, width=5.0, height=3.0)
    assert figure.get_size_inches().tolist() == [5.0, 3.0]
    for column in (left, right):
        for ax in column:
            plotting.traces([1.0, 2.0, 3.0], labels=["a"], ylabel="u (mV)", dt=1.0, ax=ax)
    plotting.finish(figure, [left, right], titles=["one", "two"], names_of=left[0])
    figure.canvas.draw()
    assert [ax.get_xlabel() for ax in left] == ["", "time (ms)"]
    assert [ax.get_ylabel() for ax in (*left, *right)] == ["u (mV)", "u (mV)", "", ""]
    assert [column[0].get_title() for column in (left, right)] == ["one", "two"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a"]
    left[0].set_ylim(0, 9)
    assert right[0].get_ylim() == (0, 9)
    assert right[1].get_ylim() != (0, 9)
    right[1].set_xlim(1, 2)
    assert left[0].get_xlim() == (1, 2)
    heights = [ax.get_window_extent().height for ax in left]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.01)
    plain = plotting.finish(*plotting.grid([1.0]))
    assert plain.legends == []


@pytest.mark.parametrize(
    ("panel", "given", "error", "says"),
    [
        ("traces", {"values": [1.0], "labels": ["a", "b"]}, ShapeError, "traces.labels: got 2 of them.*each of 1"),
        ("traces", {"values": np.eye(2), "colors": ["red"]}, ShapeError, "traces.colors: got 1"),
        ("traces", {"values": [np.nan]}, ParameterError, "traces.values"),
        ("traces", {"values": [1.0], "levels": {"rest": np.inf}}, ParameterError, r"traces.levels\['rest'\]"),
        ("traces", {"values": [1.0], "dt": 0.0}, ParameterError, "traces.dt"),
        ("trains", {"spikes": [[1.0], [2.0]], "times": [0.0], "colors": ["red"]}, ShapeError, "trains.colors: got 1"),
        ("trains", {"spikes": [], "times": []}, ShapeError, "trains.times"),
        ("average", {"x": [1.0], "mean": [1.0, 2.0], "error": [0.0]}, ShapeError, "average.mean: got 2 points"),
        ("average", {"x": [1.0], "mean": [1.0], "error": [0.0, 1.0]}, ShapeError, "average.error: got 2 points"),
        ("average", {"x": [1.0], "mean": [1.0], "error": [np.nan]}, ParameterError, "average.error"),
        ("average", {"x": [1.0], "mean": [1.0], "error": [0.0], "levels": {"m": np.nan}}, ParameterError, r"\['m'\]"),
        ("spectrum", {"frequencies": [1.0, 2.0], "values": [1.0]}, ShapeError, "spectrum.values: got 1 points"),
        ("spectrum", {"frequencies": [0.0], "values": [1.0]}, ParameterError, "spectrum.frequencies: got 0 Hz"),
        ("spectrum", {"frequencies": ["a"], "values": [1.0]}, ArgumentError, "spectrum.frequencies"),
    ],
)
def test_mistakes_open_no_figure(panel: str, given: dict[str, Any], error: type[Exception], says: str) -> None:
    labels = {"traces": {"ylabel": "u"}, "average": {"xlabel": "x", "ylabel": "y"}, "spectrum": {"ylabel": "y"}}
    with pytest.raises(error, match=says):
        getattr(plotting, panel)(**labels.get(panel, {}), **given)
    assert plt.get_fignums() == []


def test_a_reference_of_another_length() -> None:
    _, ax = plt.subplots()
    with pytest.raises(ShapeError, match=r"reference\.y: got 1 points, expected 2 as in x"):
        plotting.reference([1.0, 2.0], [1.0], ax=ax)
