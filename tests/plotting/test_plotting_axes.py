"""The panels: what lies where, in which unit, and what bad input says."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError
from cnsproject.plotting import activity, current, fi_curve, pairs, population_activity, potential, raster
from cnsproject.plotting._style import GUIDE, PALETTE
from cnsproject.plotting._ticks import LONGEST, SHORTEST, SpikeTicks


def ticks_of(ax: Axes) -> list[SpikeTicks]:
    return [line for line in ax.lines if isinstance(line, SpikeTicks)]


def data_of(line: Any) -> tuple[list[float], list[float]]:
    return list(line.get_xdata()), list(line.get_ydata())


def figure_of(ax: Axes) -> Any:
    return ax.figure


def test_stacked_raster_places_every_spike_and_separates_the_populations() -> None:
    ax = raster([[0, 1, 0], [0, 0, 1]], dt=0.5)
    assert raster(torch.tensor([[True, False, False, True]]), offset=2, dt=0.5, ax=ax) is ax
    lower, upper = ticks_of(ax)
    assert data_of(lower) == ([0.5, 1.0], [0.0, 1.0])
    assert data_of(upper) == ([0.0, 1.5], [2.0, 2.0])
    separators = [line for line in ax.lines if line.get_color() == GUIDE]
    assert [data_of(line)[1][0] for line in separators] == [1.5]
    assert ax.get_ylim() == (-0.5, 2.5)
    assert ax.get_xlim() == (0.0, 2.0)  # the longer of the two runs
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "neuron")


@pytest.mark.parametrize("neurons", [1, 20, 10_000])
@pytest.mark.parametrize("inches", [(10, 6), (5, 3)])
def test_ticks_follow_the_row_height_within_bounds_at_any_figure_size(neurons: int, inches: tuple[int, int]) -> None:
    ax = raster(np.eye(neurons, 10, dtype=bool))
    figure = figure_of(ax)
    figure.set_size_inches(*inches)
    figure.canvas.draw()
    row = ax.get_window_extent().height * 72 / figure.dpi / neurons
    drawn = ticks_of(ax)[0].get_markersize()
    assert drawn == pytest.approx(min(max(0.8 * row, SHORTEST), LONGEST), rel=1e-3)
    assert (neurons == 20) == (SHORTEST < drawn < LONGEST)


def test_many_spikes_become_pixels_so_that_svg_stays_small(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    few, many = raster(rng.random((10, 100)) < 0.1), raster(rng.random((4000, 1000)) < 0.005)
    assert not ticks_of(few)[0].get_rasterized()
    figure_of(many).savefig(tmp_path / "many.svg")
    assert (tmp_path / "many.svg").stat().st_size < 1_000_000
    # The total counts: stacked on many, the few are drawn alike.
    raster(rng.random((10, 100)) < 0.1, offset=4000, ax=many)
    assert [bool(ticks.get_rasterized()) for ticks in ticks_of(many)] == [True, True]


def test_rates_of_populations_of_different_size_are_comparable_only_with_dt() -> None:
    large, small = np.zeros((16, 4), dtype=int), np.zeros((4, 4), dtype=int)
    large[:, 1] = small[:, 2] = 1
    ax = activity(large)
    activity(small[:, :3], ax=ax)
    assert ax.get_xlim() == (0.0, 4.0), "a shorter run does not cut a longer one"
    assert [max(data_of(line)[1]) for line in ax.lines] == [16.0, 4.0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (steps)", "spikes/step")
    ax = activity(large, dt=0.5)
    activity(small, dt=0.5, ax=ax)
    assert [data_of(line)[1] for line in ax.lines] == [[0.0, 2000.0, 0.0, 0.0], [0.0, 0.0, 2000.0, 0.0]]
    assert data_of(ax.lines[0])[0] == [0.0, 0.5, 1.0, 1.5]
    assert "Hz/neuron" in ax.get_ylabel()


def test_activity_window_is_a_centred_mean_shortened_at_the_ends() -> None:
    ax = activity([[1, 0, 0, 1, 0, 0]], window=3)
    assert data_of(ax.lines[0])[1] == pytest.approx([1 / 2, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 0.0])


def test_silent_activity_still_has_height() -> None:
    bottom, top = activity(np.zeros((3, 5), dtype=bool)).get_ylim()
    assert bottom == 0.0
    assert top >= 1.0


def test_current_draws_the_mean_over_faint_columns() -> None:
    values = np.arange(12.0).reshape(4, 3)
    ax = current(values, steps_per_unit=2)
    assert data_of(ax.lines[0]) == ([0.0, 0.5, 1.0, 1.5], [1.0, 4.0, 7.0, 10.0])
    (faint,) = (item for item in ax.collections if isinstance(item, LineCollection))
    assert [list(np.asarray(path)[:, 1]) for path in faint.get_segments()] == values.T.tolist()
    assert ax.get_xlabel() == "time (2 steps)"
    assert not current(values[:, :1]).collections


def test_equal_currents_are_all_visible() -> None:
    ax = current([0.0, 1.0, 1.0])
    current([0.0, 1.0, 1.0], ax=ax)
    current([0.0, 2.0, 1.0], ax=ax)
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--", "-"]


def test_next_color_skips_none_and_repeats_none() -> None:
    ax = current([0.0, 0.0])
    for level in range(1, len(PALETTE)):
        current([0.0, float(level)], ax=ax)
    assert [line.get_color() for line in ax.lines] == list(PALETTE)


def test_potential_marks_spikes_at_the_threshold() -> None:
    u = torch.tensor([[-70.0], [-60.0], [-75.0]], requires_grad=True)
    ax = potential(u, threshold=torch.tensor(-55.0), spikes=torch.tensor([2]), dt=0.1, label="LIF")
    trace, threshold, spikes = ax.lines
    assert data_of(threshold)[1] == [-55.0, -55.0]
    assert threshold.get_linestyle() == "--"
    assert data_of(spikes)[0] == pytest.approx([0.2])
    assert data_of(spikes)[1] == [-55.0]
    assert to_hex(spikes.get_color()) == to_hex(trace.get_color())
    assert ax.get_legend_handles_labels()[1] == ["LIF", "threshold", "LIF: spikes"]
    # A silent neuron has an empty list of spikes, which is no error; without threshold spikes are at the top.
    assert data_of(potential(u, spikes=[]).lines[1]) == ([], [])
    assert data_of(potential(u, spikes=[0]).lines[1])[1] == [-60.0]


def test_fi_curve_keeps_the_order_and_starts_at_zero() -> None:
    ax = fi_curve([1, 2, 3], [4, 6, 9], xlabel="I (nA)", ylabel="rate (Hz)")
    assert data_of(ax.lines[0]) == ([1, 2, 3], [4, 6, 9])
    assert ax.get_ylim()[0] == 0.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("I (nA)", "rate (Hz)")


GOOD = np.array([[0, 1, 0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: raster([0, 1, 0]), ShapeError, "raster.spikes: got shape (3,), expected shape (neurons, steps)."),
        (lambda: raster(np.zeros((0, 5))), ShapeError, "raster.spikes: got no values, shape (0, 5)"),
        (lambda: raster([[0, 2]]), ParameterError, "raster.spikes: got values from 0 to 2, expected only 0 and 1"),
        (lambda: raster([["a"]]), ArgumentError, "raster.spikes: got values of type <U1, expected real numbers"),
        (lambda: raster([[1], [1, 0]]), ArgumentError, "raster.spikes: got a list that numpy cannot read"),
        (lambda: raster(GOOD, offset=-1), ParameterError, "raster.offset: got -1, expected a whole number from 0 on"),
        (lambda: activity(GOOD, dt=0), ParameterError, "activity.dt: got 0.0, expected a number above 0. Fix: give it"),
        (lambda: activity(GOOD, dt=1, steps_per_unit=2), ParameterError, "activity.dt: got dt and a second unit"),
        (lambda: activity(GOOD, window=0), ParameterError, "activity.window: got 0, expected a whole number from 1"),
        (lambda: current([1.0, math.nan]), ParameterError, "current.I: got 1 NaN or infinite of 2 values"),
        (lambda: current(np.zeros((2, 2, 2))), ShapeError, "expected shape (steps,) or (steps, n)"),
        (lambda: potential([1.0, 2.0], spikes=[2]), ParameterError, "expected step numbers from 0 to 1"),
        (lambda: potential([1.0], spikes=[True]), ShapeError, "nonzero(as_tuple=True)[0]"),
        (lambda: potential([1.0], threshold=[1, 2]), ShapeError, "potential.threshold: got shape (2,)"),  # type: ignore[arg-type]
        (lambda: fi_curve([1, 2], [1]), ShapeError, "fi_curve.rates: got 1 values in 1 rows, expected shape (points,)"),
        (lambda: population_activity([]), ShapeError, "population_activity.populations: got none"),
        (
            lambda: population_activity([("a", GOOD, [0.0, 0.0])]),
            ShapeError,
            "population_activity: current of 'a': got 2 steps, shape (2,), expected 3 steps. Fix: record",
        ),
        (lambda: population_activity([("a", GOOD, [[0.0, 0.0, 0.0]])]), ShapeError, "Fix: transpose it, steps come"),
        (
            lambda: population_activity([("a", GOOD, [0] * 3), ("b", [[0, 1]], [0] * 2)]),
            ShapeError,
            "spikes of 'b': got 2 steps, shape (1, 2), expected 3 steps as in the first population",
        ),
        (lambda: population_activity([("a", GOOD, [0] * 3)], time=-1), ParameterError, "population_activity.time"),
        (lambda: population_activity([("a", GOOD, [0] * 3)], window=0), ParameterError, "population_activity.window"),
    ],
)
def test_bad_input_says_what_is_wrong_and_opens_no_figure(call: Any, error: type[CnsError], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
    assert plt.get_fignums() == []


def test_pairs_joins_two_values_of_each_name() -> None:
    ax = pairs(["exc", "inh"], [2.0, 5.0], torch.tensor([3.0, 5.0]), labels=("dt", "dt/2"), xlabel="rate (Hz)")
    before, after = ax.lines
    assert (data_of(before), data_of(after)) == (([2.0, 5.0], [0.0, 1.0]), ([3.0, 5.0], [0.0, 1.0]))
    assert before.get_markersize() > after.get_markersize()  # where nothing changes both are seen
    (joins,) = [artist for artist in ax.collections if isinstance(artist, LineCollection)]
    assert [segment.tolist() for segment in joins.get_segments()] == [[[2, 0], [3, 0]], [[5, 1], [5, 1]]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["exc", "inh"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first name on top
    assert (ax.get_xlim()[0], ax.get_xlabel()) == (0.0, "rate (Hz)")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["dt", "dt/2"]
    with pytest.raises(ShapeError, match=r"pairs.after: got 1 values, expected 2"):
        pairs(["a", "b"], [1, 2], [1])
    assert pairs(["a"], [0], [0]).get_xlim()[1] > 0
