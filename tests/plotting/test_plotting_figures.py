"""Whole figures, from the functions and from the notebooks' class."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from cnsproject.errors import ParameterError, ShapeError, StateError
from cnsproject.plotting import population_activity
from cnsproject.plotting._style import PALETTE
from cnsproject.plotting._ticks import SpikeTicks
from cnsproject.plotting.plotting import plotting

STEPS = 1500


def report_case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """16 and 4 neurons, each population firing in volleys, and the current (steps, 1) into both."""
    s1, s2 = torch.zeros(16, STEPS, dtype=torch.int64), torch.zeros(4, STEPS, dtype=torch.int64)
    s1[:, 568::78], s2[:, 577::82] = 1, 1
    injected = torch.zeros(STEPS, 1)
    injected[500:] = 3
    return s1, s2, injected


def notebook(dt: float | None = None) -> plotting:
    s1, s2, injected = report_case()
    plot = plotting()
    plot.plot_population_activity_init(STEPS / 100, dt=dt)
    plot.plot_population_activity_update(s1, injected, "p1")
    plot.plot_population_activity_update(s2, injected, "p2")
    return plot


def functions(dt: float | None = None) -> Figure:
    s1, s2, injected = report_case()
    time = STEPS / 100 if dt is None else None
    return population_activity([("p1", s1, injected), ("p2", s2, injected)], dt=dt, time=time)


def figure_of(maker: Any, **options: Any) -> Figure:
    made = maker(**options)
    figure = made.figure if isinstance(made, plotting) else made
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize("maker", [notebook, functions])
@pytest.mark.parametrize(("dt", "end", "label"), [(None, 15.0, "time (100 steps)"), (0.5, 750.0, "time (ms)")])
def test_three_rows_share_one_time_axis(maker: Any, dt: float | None, end: float, label: str) -> None:
    figure = figure_of(maker, dt=dt)
    figure.canvas.draw()
    assert [ax.get_xlim() for ax in figure.axes] == [(0.0, end)] * 3
    edges = [(ax.get_window_extent().x0, ax.get_window_extent().x1) for ax in figure.axes]
    assert edges == [edges[0]] * 3
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", label]
    top = "spikes/step" if dt is None else "rate\n(Hz/neuron)"
    assert [ax.get_ylabel() for ax in figure.axes] == [top, "neuron", "input\ncurrent (nA)"]
    figure.axes[0].set_xlim(0.0, 1.0)
    assert figure.axes[2].get_xlim() == (0.0, 1.0), "zooming one row zooms all"


@pytest.mark.parametrize("maker", [notebook, functions])
def test_a_population_has_one_color_and_its_own_rows(maker: Any) -> None:
    activity, raster, current = figure_of(maker).axes
    ticks = [line for line in raster.lines if isinstance(line, SpikeTicks)]
    for lines in (activity.lines, ticks, current.lines):
        assert [line.get_color() for line in lines] == list(PALETTE[:2])
    assert [sorted(set(np.asarray(line.get_ydata()))) for line in ticks] == [list(range(16)), list(range(16, 20))]
    assert np.asarray(ticks[1].get_xdata()).min() == pytest.approx(5.77)
    bars = [line for line in raster.lines if not line.get_clip_on()]
    assert [(list(bar.get_ydata()), bar.get_color()) for bar in bars] == [  # type: ignore[arg-type]
        ([-0.5, 15.5], PALETTE[0]),
        ([15.5, 19.5], PALETTE[1]),
    ]
    assert [line.get_linestyle() for line in current.lines] == ["-", "--"]


@pytest.mark.parametrize("inches", [(10, 6), (5, 3)])
@pytest.mark.parametrize("names", [("p1", "p2"), ("an excitatory population", "an inhibitory population") * 2])
def test_legend_stands_inside_the_figure_and_outside_the_data(inches: tuple[int, int], names: tuple[str, ...]) -> None:
    s1, _, injected = report_case()
    figure = population_activity([(name, s1, injected) for name in names])
    figure.set_size_inches(*inches)
    figure.canvas.draw()
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == list(names)
    box = legend.get_window_extent()
    assert not any(ax.get_window_extent().overlaps(box) for ax in figure.axes)
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    labels = [ax.yaxis.label.get_window_extent() for ax in figure.axes]
    assert not any(upper.overlaps(lower) for upper, lower in itertools.pairwise(labels))


def test_report_case_is_a_small_svg(tmp_path: Any) -> None:
    functions().savefig(tmp_path / "report.svg")
    assert (tmp_path / "report.svg").stat().st_size < 300_000


def test_potential_picture_of_the_notebooks() -> None:
    injected = report_case()[2]
    u = torch.linspace(-70, -50, STEPS)[:, None]
    s = torch.zeros(1, STEPS, dtype=torch.int64)
    s[0, [700, 900]] = 1
    plot = plotting()
    plot.plot_ut_it_init(15.0)
    plot.plot_ut_it_update(injected, u, torch.tensor(-50.0), s[0].nonzero(as_tuple=True)[0], "default")
    plot.plot_ut_it_update(injected, u - 5, -55.0, [], "second")
    plot.show()
    assert plot.figure is not None
    assert plot.potential_axes is not None
    assert plot.current_axes is not None
    assert [ax.get_xlim() for ax in plot.figure.axes] == [(0.0, 15.0)] * 2
    assert (plot.potential_axes.get_ylabel(), plot.current_axes.get_ylabel()) == (
        "potential (mV)",
        "input\ncurrent (nA)",
    )
    assert (plot.potential_axes.get_xlabel(), plot.current_axes.get_xlabel()) == ("", "time (100 steps)")
    marks = next(line for line in plot.potential_axes.lines if line.get_label() == "default: spikes")
    assert list(marks.get_xdata()) == [7.0, 9.0]  # type: ignore[arg-type]
    assert [line.get_color() for line in plot.current_axes.lines] == list(PALETTE[:2])
    legend = [text.get_text() for text in plot.figure.legends[0].get_texts()]
    assert legend == ["default", "threshold", "default: spikes", "second", "second: spikes"]


def test_fi_update_redraws_one_line_in_one_figure(capsys: pytest.CaptureFixture[str]) -> None:
    plot = plotting()
    plot.plot_fi_init()
    axes: Any = plot.fi_axes
    spikes: list[Any] = []
    for run in range(30):
        spikes.append(torch.tensor(run * 2))
        plot.plot_fi_update(spikes)
        assert len(axes.lines) == 1
        assert len(plt.get_fignums()) == 1
    plot.show()
    (line,) = axes.lines
    assert list(line.get_xdata()) == list(range(30))
    assert list(line.get_ydata()) == [run * 2 for run in range(30)]
    plot.plot_fi_update([3, 1])  # a new series begins: the axis follows
    assert axes.get_ylim()[1] < 10
    assert capsys.readouterr().out == ""


def test_figures_do_not_pile_up_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("pyplot.show() only warns under Agg"))
    plot = plotting()
    for _ in range(3):
        plot.plot_population_activity_init(15.0)
        plot.plot_ut_it_init(15.0)
        plot.plot_fi_init()
        plot.show()
    assert plt.get_fignums() == [plot.figure.number]  # type: ignore[union-attr]
    plot.reset()
    assert plt.get_fignums() == []
    assert plot.figure is None


def test_show_hands_the_figure_to_an_interactive_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    plot = notebook()
    monkeypatch.setattr(matplotlib, "get_backend", lambda: "QtAgg")
    monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_fignums()))
    plot.show()
    assert len(shown) == 1
    plot.plot_fi_init()
    assert len(plt.get_fignums()) == 2, "a window that somebody looks at is not closed"


def test_show_fits_the_legend_to_the_size_that_the_figure_has_by_then() -> None:
    s1, _, injected = report_case()
    plot = plotting()
    plot.plot_population_activity_init(15.0)
    for name in ("a long name of a population", "another one of that length"):
        plot.plot_population_activity_update(s1, injected, name)
    figure: Any = plot.figure
    figure.set_size_inches(3, 3)
    plot.show()
    figure.canvas.draw()
    assert figure.bbox.x0 <= figure.legends[0].get_window_extent().x0


def test_updates_need_their_own_init() -> None:
    s1, _, injected = report_case()
    plot = plotting()
    plot.plot_fi_init()
    with pytest.raises(StateError, match=r"call plot_population_activity_init\(time\) first"):
        plot.plot_population_activity_update(s1, injected)
    with pytest.raises(StateError, match=r"call plot_ut_it_init\(time\) first"):
        plot.plot_ut_it_update(injected, injected, 1.0, [])
    plot.plot_ut_it_init(15.0)
    with pytest.raises(StateError, match=r"call plot_fi_init\(\) first"):
        plot.plot_fi_update([1])
    with pytest.raises(StateError, match=r"call one of the plot_\.\.\._init methods first"):
        plotting().show()


def test_a_refused_update_leaves_the_picture_as_it_was() -> None:
    plot = notebook()
    assert plot.figure is not None
    before = [len(ax.lines) for ax in plot.figure.axes]
    s1, _, injected = report_case()
    with pytest.raises(ShapeError, match="current of 'p3': got 1499 steps"):
        plot.plot_population_activity_update(s1, injected[1:], "p3")
    with pytest.raises(ShapeError, match="expected 1500 steps as in the first population"):
        plot.plot_population_activity_update(s1[:, 1:], injected[1:], "p3")
    with pytest.raises(ParameterError, match=r"plot_ut_it_init\.time: got 0\.0"):
        plot.plot_ut_it_init(0)
    with pytest.raises(ParameterError, match=r"plot_population_activity_init\.dt: got -1\.0"):
        plot.plot_population_activity_init(15.0, dt=-1)
    assert [len(ax.lines) for ax in plot.figure.axes] == before


def test_global_settings_stay_as_they_are() -> None:
    before = dict(matplotlib.rcParams)
    notebook().show()
    assert dict(matplotlib.rcParams) == before


def test_import_leaves_matplotlib_and_torch_alone() -> None:
    code = (
        "import sys, cnsproject.errors\n"
        "had = set(sys.modules)\n"
        "import cnsproject.plotting.plotting\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - had}\n"
        "print(sorted(new & {'matplotlib', 'torch', 'pandas', 'PIL'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
