"""The phase diagram: points that are run beside theory, and what is drawn and said of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest

from cnsproject import plotting
from cnsproject.errors import CnsError, ParameterError, ShapeError, TimeGridError, UnknownNameError
from cnsproject.experiments import Brunel, find
from cnsproject.experiments.brunel_outcome import BrunelOutcome, Point


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def experiment(**settings: str) -> Brunel:
    small = {"g": "5,6", "drive": "2,4", "columns": "4", "rows": "3", **settings}
    found = find("brunel").changed(small)
    assert isinstance(found, Brunel)
    return found


def outcome() -> BrunelOutcome:
    """As if it had been run: activity of 180 Hz everywhere, and regular spikes."""
    e = experiment()
    t = np.arange(0.0, 500.0, 0.5)
    raster = np.zeros((20, 1200), bool)
    raster[:, ::100] = True
    points = tuple(
        Point(g, drive, 40.0, np.nan if drive == 2.0 else 0.8, 0.2, 180.0, 0.7, raster, 40.0 + 30.0 * np.sin(1.13 * t))
        for g, drive in e.points
    )
    return BrunelOutcome(e, points, e.theory(np.linspace(2, 8, 4), np.linspace(0.5, 4.2, 3)), e.theory([5, 6], [2, 4]))


def test_points_are_measured() -> None:
    """Of spikes that are known: a population that fires every 10 ms, in two halves."""
    e = experiment(neurons="100", in_degree="10", g="5", drive="2")
    net = e.network(5.0, 2.0, 1)
    assert list(net.layers) == ["exc", "inh"]
    assert len(net.connections) == 6
    assert net.connections["inh_to_exc"].w.item() == pytest.approx(5.0 * e.J)  # type: ignore[union-attr]
    assert net.connections["drive_to_exc"].n * e.J == pytest.approx(1.0)  # type: ignore[union-attr]


def test_theory_stands_beside_the_points() -> None:
    found = outcome()
    assert [str(found.predicted(p, "labels")) for p in found.points] == ["AI", "AI", "AI", "SI"]
    assert found.predicted(found.points[3], "frequency") == pytest.approx(180.0, rel=0.05)
    table = found.table()
    assert [row[0] for row in table.rows] == ["5, 2", "6, 2", "5, 4", "6, 4"]
    assert [row[5] for row in table.rows] == [None, None, 0.8, 0.8]
    assert all(len(row) == len(table.head) for row in table.rows)
    assert [row[7] is None for row in table.rows] == [True, True, True, False]
    b, c, off = found.sentences()
    assert b.startswith("B, SI, fast (g = 6, drive 4): 40 Hz, by theory 55.7 Hz, and it is unstable at 180 Hz; CV 0.80")
    assert c.startswith("C, AI (g = 5, drive 2): 40 Hz, by theory 38 Hz, and the stationary state is stable; synchrony")
    assert off.startswith("At the 3 points where theory finds a stable state with at least 1 Hz its rate is off by")
    arrays = found.arrays()
    assert arrays["measured_g"].tolist() == [5.0, 6.0, 5.0, 6.0]
    assert arrays["area_rate"].shape == (3, 4)
    assert arrays["activity"].shape == (4, 1000)


def test_the_figure() -> None:
    figure = outcome().figure()
    figure.canvas.draw()
    labels = {ax.get_xlabel() for ax in figure.axes} | {ax.get_ylabel() for ax in figure.axes}
    assert {"inhibition over excitation, g", "time (ms)", "activity (Hz)", "neuron"} <= labels
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["B: SI, fast\ng = 6, drive 4", "C: AI\ng = 5, drive 2"]
    with pytest.raises(ShapeError, match=r"shape \(2, 2\), expected \(3, 2\)"):
        plotting.regions([1.0, 2.0], [1.0, 2.0, 3.0], [["A", "B"], ["A", "B"]], xlabel="", ylabel="")


WRONG: list[tuple[dict[str, str], type[CnsError], str]] = [
    ({"g": "5,x"}, ParameterError, "parameter g: got '5,x', expected numbers from 0 on, joined by commas"),
    ({"drive": "-1,2"}, ParameterError, "parameter drive"),
    ({"time": "300"}, ParameterError, "parameter time.*at least 200 ms after settle"),
    ({"settle": "0.25"}, TimeGridError, "parameter settle"),
    ({"neurons": "1"}, ParameterError, "parameter neurons"),
    ({"J": "0"}, ParameterError, "parameter J"),
]


@pytest.mark.parametrize(("settings", "kind", "words"), WRONG)
def test_wrong_settings_are_told(settings: dict[str, str], kind: type[CnsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        experiment(**settings).run(rng=1)
    with pytest.raises(UnknownNameError, match="did you mean 'neurons'"):
        find("brunel").changed({"neuron": "5"})


def test_settings_come_back() -> None:
    e = experiment(time="500")
    assert find("brunel").restored(e.settings()) == e
    assert set(e.meanings()) >= set(e.settings())
    assert e.steps == 4 * 5000
    assert dataclasses.replace(e, g="3, 4.5").points[:2] == [(3.0, 2.0), (4.5, 2.0)]


@pytest.mark.slow
def test_a_run() -> None:
    e = experiment(g="5", drive="2", neurons="2500", in_degree="500", J="0.25", time="450")
    found, again = e.run(rng=1), e.run(rng=1)
    (point,) = found.points
    assert point.rate == pytest.approx(float(found.predicted(point, "rate")), rel=0.2)
    assert 0.3 < point.cv < 1.2
    assert 1 / np.sqrt(2000) < point.synchrony < 0.5
    assert point.activity.mean() == pytest.approx(point.rate)
    assert point.raster.shape == (60, 1200)
    assert point.raster.mean() / 1e-4 == pytest.approx(point.rate, rel=0.6)
    assert all(np.array_equal(a, again.arrays()[name], equal_nan=True) for name, a in found.arrays().items())
    assert found.provenance["experiment"] == "brunel"
