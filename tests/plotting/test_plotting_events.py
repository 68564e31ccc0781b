"""Panels of spikes that are given as events: what lies where, what is left out, and what the figure says of it."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from cnsproject import analysis
from cnsproject import plotting as panels
from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError, UnknownNameError
from cnsproject.plotting._style import PALETTE
from cnsproject.plotting._ticks import SpikeTicks

SPAN = dict(start=0.0, stop=2000.0)
FEW = {"exc": ([1.0, 2.0, 4.0, 5.0], [0, 2, 2, 1], 3), "inh": ([3.0], [0], 2)}


def poisson(count: int, rate: float, seed: int = 1, stop: float = SPAN["stop"]) -> tuple[Any, Any, int]:
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate * count * stop * 1e-3)
    return np.sort(rng.random(n) * stop), rng.integers(0, count, n), count


def ticks_of(ax: Axes) -> list[SpikeTicks]:
    return [line for line in ax.lines if isinstance(line, SpikeTicks)]


def points_of(ticks: SpikeTicks) -> set[tuple[float, float]]:
    return set(zip(ticks.get_xdata(), ticks.get_ydata(), strict=True))


def said(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts)


def labels(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_raster_places_every_spike_of_stacked_populations() -> None:
    tensors = {name: (torch.tensor(t), torch.tensor(i), n) for name, (t, i, n) in FEW.items()}
    ax = panels.spike_raster(tensors)
    lower, upper = ticks_of(ax)
    assert points_of(lower) == {(1.0, 0.0), (2.0, 2.0), (4.0, 2.0), (5.0, 1.0)}
    assert points_of(upper) == {(3.0, 3.0)}
    assert (lower.get_color(), upper.get_color()) == PALETTE[:2]
    assert (ax.get_ylim(), ax.get_xlim()) == ((-0.5, 4.5), (0.0, 5.0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (ms)", "neuron")
    assert "exc" in said(ax) and "inh" in said(ax) and "shown" not in said(ax)
    # Neuron 2 fires most, so it is on top of its population; start counts, stop does not.
    ax = panels.spike_raster(FEW, sort="rate", start=2.0, stop=5.0)
    assert points_of(ticks_of(ax)[0]) == {(2.0, 2.0), (4.0, 2.0)}
    assert ax.get_ylabel() == "neuron, by rate"


def test_raster_shows_fewer_neurons_where_ticks_would_merge_and_says_so() -> None:
    ax = panels.spike_raster({"exc": poisson(2000, 50.0), "inh": poisson(10, 50.0, 2)})
    lower, upper = ticks_of(ax)
    rows = np.unique(lower.get_ydata())
    thin = int(rows[1] - rows[0])
    assert thin > 1 and np.all(rows % thin == 0)
    assert f"1 in {thin} neurons shown" in said(ax)
    assert 5_000 < len(lower.get_xdata()) < 25_000
    assert len(upper.get_xdata()), "a small population does not vanish"
    assert lower.get_rasterized() and upper.get_rasterized()
    # What remains of a neuron is its whole train, up to what a print cannot tell apart.
    times, neurons, _ = poisson(2000, 50.0)
    shown = np.sort(np.asarray(lower.get_xdata())[np.asarray(lower.get_ydata()) == thin])
    parts = np.unique((times[neurons == thin] / 1.0).astype(int))  # 2000 parts of 2000 ms
    assert np.array_equal(np.unique(shown.astype(int)), parts)
    assert "spikes within 1 ms merged" in said(ax)


def test_one_neuron_of_many_spikes() -> None:
    times = np.sort(np.random.default_rng(0).random(100_000) * 1000.0)
    ax = panels.spike_raster((times, np.zeros(100_000, int), 1), start=0.0, stop=1000.0)
    assert len(ticks_of(ax)[0].get_xdata()) == pytest.approx(2000, abs=2)
    assert "0.5 ms merged" in said(ax)


def test_rates_are_those_of_the_analysis() -> None:
    one = poisson(30, 10.0)
    ax = panels.population_rates({"a": one, "b": poisson(5, 30.0, 2)}, **SPAN, bin=4.0, kernel="gaussian", width=9.0)
    times, rates = analysis.population_rate(one[0], 30, **SPAN, bin=4.0, kernel="gaussian", width=9.0)
    line = ax.lines[0]
    assert np.array_equal(line.get_xdata(), times + 2.0) and np.array_equal(line.get_ydata(), rates)
    assert "bins of 4 ms, gaussian of 9 ms" in said(ax)
    assert ax.get_ylim()[0] == 0.0 and "Hz" in ax.get_ylabel()
    assert panels.population_rates(one, **SPAN).lines[0].get_drawstyle() == "steps-mid"


def test_histograms_hold_all_that_they_say() -> None:
    ax = panels.interval_histogram(poisson(40, 20.0), **SPAN)
    _, outline = ax.patches
    heights, edges, _ = outline.get_data()
    (text,) = [t for t in ax.texts if "longer" in t.get_text()]
    longer = float(text.get_text().split()[0]) / 100.0
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1.0 - longer, abs=1e-3)
    guide = ax.lines[0]
    assert guide.get_ydata()[0] == pytest.approx(0.02, rel=0.1)  # 1/(50 ms)
    assert labels(ax)[0].startswith("mean CV 0.9")
    ax = panels.rate_distribution({"a": poisson(40, 20.0), "b": ([], [], 3)}, **SPAN)
    shares = [patch.get_data().values.sum() for patch in ax.patches[1::2]]
    assert shares == pytest.approx([1.0, 1.0])
    assert labels(ax) == [f"a: mean {len(poisson(40, 20.0)[0]) / 80:.3g} Hz", "b: mean 0 Hz"]
    ax = panels.variation_distribution(poisson(40, 2.0), **SPAN)
    assert "of 40 neurons" in said(ax)


def test_intervals_that_are_all_alike_are_seen() -> None:
    times = np.cumsum([0.0, 4.0, *[7.0] * 40])
    ax = panels.interval_histogram((times, np.zeros(42, int), 1))
    heights, edges, _ = ax.patches[-1].get_data()
    assert edges[-1] > 7.0
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1.0)


def test_bins_of_intervals_are_multiples_of_the_time_step() -> None:
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.integers(3, 30, 2000)) * 0.5
    edges = panels.interval_histogram((times, np.zeros(2000, int), 1)).patches[1].get_data().edges
    width = edges[1]
    assert width / 0.5 == pytest.approx(round(width / 0.5))


def test_spectrum_shows_the_level_of_poisson_neurons() -> None:
    one = poisson(20, 50.0)
    ax = panels.rate_spectrum({"a": one, "silent": ([], [], 5)}, **SPAN, segment=200.0)
    level = ax.lines[1].get_ydata()[0]
    assert level == pytest.approx(2 * len(one[0]) / 2.0 / 20 / 20)
    assert np.mean(ax.lines[0].get_ydata()) == pytest.approx(level, rel=0.1)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "Hz²/Hz" in ax.get_ylabel() and ax.get_xlim() == (5.0, 500.0)
    assert labels(ax) == ["a", "Poisson"]


def test_correlogram_of_two_and_of_one() -> None:
    times, neurons, n = poisson(3, 5.0)
    follower = times + 7.0
    ax = panels.correlogram({"a": (times, neurons, n), "b": (follower, neurons, n)}, **SPAN, reach=20.0)
    rates, edges, _ = ax.patches[1].get_data()
    assert edges[rates.argmax()] < 7.0 < edges[rates.argmax() + 1]
    assert ax.get_xlabel() == "lag after a spike of a (ms)"
    assert "rate of b" in ax.get_ylabel()
    ax = panels.correlogram((times, neurons, n), **SPAN, reach=20.0)
    rates, _, _ = ax.patches[1].get_data()
    assert rates == pytest.approx(rates[::-1], rel=0.05, abs=1.0)
    assert ax.get_xlabel() == "lag (ms)"


def test_correlations_within_and_between() -> None:
    shared = np.sort(np.random.default_rng(5).random(60) * 2000.0)
    together = np.tile(shared, 10), np.repeat(np.arange(10), 60), 12
    ax = panels.correlation_distribution({"same": together, "own": poisson(30, 30.0)}, **SPAN, most=25)
    assert "bins of 20 ms, 25 of 42 neurons" in said(ax)
    within, other, between, independent = labels(ax)
    assert within == "same–same: mean 1"
    assert other.startswith("own–own") and between.startswith("same–own") and independent == "independent"
    ax = panels.correlation_matrix({"same": together, "own": poisson(30, 30.0)}, **SPAN)
    table = np.asarray(ax.images[0].get_array())
    assert table.shape == (40, 40) and table[0, 9] == pytest.approx(1.0)
    assert "40 of 42 neurons" in said(ax)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["same", "own"]


def test_states_have_strokes_where_neurons_fire() -> None:
    values = torch.tensor([[-60.0, -50.0], [-58.0, -60.0], [-60.0, -60.0]])
    ax = panels.states(
        values, [10.0, 10.5, 11.0], ylabel="u (mV)", labels=["a", "b"], spikes=[[], [10.5]], levels={"threshold": -50}
    )
    (stroke,) = [item for item in ax.collections if isinstance(item, LineCollection)]
    assert [segment.tolist() for segment in stroke.get_segments()] == [[[10.5, -60.0], [10.5, -45.0]]]
    assert ax.get_legend_handles_labels()[1] == ["a", "b", "threshold"]
    assert ax.get_xlim() == (10.0, 11.0)
    ax = panels.states(values[:, 0], [0.0, 1.0, 2.0], ylabel="I (nA)", spikes=[[1.0]], peak=-20)
    assert ax.collections[0].get_segments()[0][1, 1] == -20


def test_whole_figures() -> None:
    data = {"exc": poisson(60, 20.0), "inh": poisson(20, 20.0, 2)}
    figure = panels.spike_statistics(data, **SPAN)
    figure.canvas.draw()
    assert len(figure.axes) == 8
    assert all(ax.get_ylabel() and (ax.get_xlabel() or ax is figure.axes[0]) for ax in figure.axes)
    row = panels.RecordedState("u (mV)", [0.0, 1.0], [[-60.0], [-61.0]], ["one"])
    figure = panels.recorded_activity(data, [row], **SPAN, title="all")
    assert [ax.get_xlim() for ax in figure.axes] == [(0.0, 2000.0)] * 3
    assert figure.axes[0].get_title("left") == "all"
    assert len(panels.recorded_activity(None, [row], start=0.0, stop=2.0).axes) == 1


NONE: Any = ([], [], 4)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: panels.spike_raster(NONE),
        lambda: panels.population_rates(NONE, **SPAN),
        lambda: panels.interval_histogram(NONE),
        lambda: panels.rate_distribution(NONE, **SPAN),
        lambda: panels.variation_distribution(NONE),
        lambda: panels.correlogram(NONE, **SPAN),
    ],
)
def test_silence_is_drawn(draw: Any) -> None:
    ax = draw()
    ax.figure.canvas.draw()
    assert all(math.isfinite(edge) for edge in (*ax.get_xlim(), *ax.get_ylim()))


ONE: Any = ([1.0, 2.0], [0, 1], 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: panels.spike_raster([1.0, 2.0]), ArgumentError, "expected (times, neurons, count)"),  # type: ignore[arg-type]
        (lambda: panels.spike_raster(([1.0], [0, 1], 2)), ShapeError, "spike_raster(times, neurons)"),
        (lambda: panels.spike_raster({"exc": ([1.0], [2], 2)}), ParameterError, "spike_raster, exc(neurons): got"),
        (lambda: panels.spike_raster(([1.0], [0.5], 2)), ArgumentError, "whole numbers"),
        (lambda: panels.spike_raster(([math.nan], [0], 2)), ParameterError, "finite times"),
        (lambda: panels.spike_raster({}), ShapeError, "no population"),
        (lambda: panels.spike_raster(ONE, colors=["k", "r"]), ShapeError, "got 2 colours"),
        (lambda: panels.spike_raster(ONE, sort="rates"), UnknownNameError, "expected one of index, rate"),
        (lambda: panels.spike_raster(ONE, start=5.0, stop=4.0), ParameterError, "a time after start"),
        (lambda: panels.population_rates(ONE, **SPAN, bin=0), ParameterError, "population_rate(bin)"),
        (lambda: panels.population_rates(ONE, **SPAN, kernel="gauss", width=1), UnknownNameError, "gaussian"),
        (lambda: panels.rate_spectrum(NONE, **SPAN), ParameterError, "no spike in the window"),
        (lambda: panels.rate_spectrum(ONE, **SPAN, segment=3000), ParameterError, "power_spectrum(segment)"),
        (lambda: panels.correlogram({"a": ONE, "b": ONE, "c": ONE}, **SPAN), ShapeError, "one or two"),
        (lambda: panels.correlation_matrix(NONE, **SPAN), ParameterError, "0 neurons that fire"),
        (lambda: panels.correlation_matrix(ONE, **SPAN, bin=2000), ParameterError, "counts do not vary"),
        (lambda: panels.correlation_distribution(ONE, **SPAN, most=1), ParameterError, "correlation_distribution.most"),
        (lambda: panels.states([1.0, 2.0], [0.0], ylabel=""), ShapeError, "one per row"),
        (lambda: panels.states([1.0, 2.0], [1.0, 0.0], ylabel=""), ParameterError, "do not ascend"),
        (lambda: panels.states([1.0, 2.0], [0.0, 1.0], ylabel="", spikes=[[], []]), ShapeError, "states.spikes"),
        (lambda: panels.recorded_activity(None, start=0, stop=1), ShapeError, "got nothing"),
        (lambda: panels.spike_statistics(NONE, **SPAN), ParameterError, "no spike"),
    ],
)
def test_bad_input_says_what_is_wrong_and_opens_no_figure(call: Any, error: type[CnsError], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
    assert plt.get_fignums() == []
