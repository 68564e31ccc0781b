"""Features of natural images: what is shown, how weights learn, who fires, and what is measured."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from cnsproject.errors import CnsError, MissingExtraError, ParameterError, TimeGridError, UnknownNameError
from cnsproject.experiments import find
from cnsproject.experiments.features import PHASE10
from cnsproject.experiments.features_outcome import BEFORE, NATURAL, SHUFFLED, FeaturesOutcome
from cnsproject.experiments.photographs import Patches, photographs, shuffled
from cnsproject.network.monitors import Monitor
from cnsproject.report import simulate_course

TINY = {"maps": "4", "kernel": "7", "size": "9", "patches": "40", "threshold": "8", "radius": "1"}


@pytest.fixture(scope="module")
def tiny() -> FeaturesOutcome:
    return PHASE10.changed(TINY).run(rng=1)


def test_patches_have_the_contrast_that_is_asked_for() -> None:
    pictures = np.random.default_rng(1).integers(0, 255, (2, 12, 15)) * np.linspace(0, 1, 15)
    patches = Patches.of(pictures, 5, 60.0)
    squares = np.lib.stride_tricks.sliding_window_view(pictures, (5, 5), axis=(1, 2))
    assert np.array_equal(patches.places, np.argwhere(squares.std(axis=(-2, -1)) >= 60.0))
    drawn = patches.drawn(50, np.random.default_rng(2))
    known = squares[tuple(patches.places.T)]
    assert all((one == known).all(axis=(1, 2)).any() for one in drawn)
    assert len(np.unique(drawn[:, 0, 0])) > 10
    mixed = shuffled(drawn, np.random.default_rng(3))
    assert np.array_equal(np.sort(mixed.reshape(50, -1)), np.sort(drawn.reshape(50, -1)))
    assert not (mixed == drawn).all(axis=(1, 2)).any()


def test_photographs_are_grey_levels() -> None:
    grey = photographs()
    assert grey.shape == (2, 427, 640)
    assert 0 <= grey.min() < 20 and 235 < grey.max() <= 255


def test_the_strongest_cells_fire_once_each_and_first() -> None:
    e = PHASE10.changed({**TINY, "share": "0.4"})
    patches = np.random.default_rng(1).uniform(0, 255, (3, e.side, e.side))
    patches[2, :, 5:] = 100.0  # where nothing is seen nobody fires
    patches[2, :, :5] = 100.0 + 50 * (np.arange(5) > 3)
    answers, ranks = e.filter().on_off(patches).numpy(), e.ranks(patches)
    steps = e.shown(ranks).reshape(3, e.steps_of_one, 2, 9, 9)
    assert not steps[:, 16:].any()
    assert (steps.sum(1) <= 1).all()
    for answer, rank, spikes in zip(answers, ranks, steps.numpy(), strict=True):
        fired = spikes.any(0)
        assert np.array_equal(fired, rank > 0)
        assert fired.sum() == min(32, (answer > 0).sum())
        assert answer[fired].min() >= answer[~fired].max()
        when = spikes.argmax(0)[fired]
        order = np.argsort(-answer[fired], kind="stable")
        assert (np.diff(when[order]) >= 0).all()
    assert steps[0, 0].any() and steps[0, 15].any()


def test_weights_learn_by_the_order_of_spikes_alone() -> None:
    """A patch, a winner: cells that fired up to its spike are strengthened, all others weakened."""
    e = PHASE10.changed({**TINY, "inhibition": "0", "among": "all"})
    net = e.network(3)
    learning, fired = net.connections["learning"], net.add_monitor(Monitor(net.layers["maps"], ["s"]), "maps")
    before = learning.w.clone().double().numpy()
    spikes = e.shown(e.ranks(Patches.of(photographs(), e.side, 15.0).drawn(1, np.random.default_rng(4))))
    net.run(len(spikes), {"cells": spikes}, executor="eager")  # for which nothing has to be compiled
    ((step, winner, row, column),) = np.argwhere(fired.get("s").numpy()).tolist()
    came = spikes[: step + 1].any(0).numpy()[:, row : row + 7, column : column + 7]
    assert 0 < came.sum() < spikes[:16].any(0)[:, row : row + 7, column : column + 7].sum()
    expected = before.copy()
    w = before[winner]
    expected[winner] = w + np.where(came, e.A_plus, -e.A_minus) * w * (1 - w)
    assert learning.w.numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_maps_compete_for_places() -> None:
    """A map wins once for each patch, and maps that inhibit each other do not win near each other, but at once."""
    e = PHASE10.changed({**TINY, "size": "13", "radius": "3", "threshold": "5"})
    net = e.network(1)
    fired = net.add_monitor(Monitor(net.layers["maps"], ["s"]), "maps")
    spikes = e.shown(e.ranks(Patches.of(photographs(), e.side, 15.0).drawn(30, np.random.default_rng(5))))
    net.run(len(spikes), {"cells": spikes})
    each = fired.get("s").reshape(30, e.steps_of_one, 4, 7, 7)
    assert each.sum((1, 3, 4)).max() == 1
    pairs = 0
    for one in each:
        steps, maps, rows, columns = (torch.stack([*one.nonzero()]).T).tolist()
        for a in range(len(steps)):
            for b in range(a):
                near = max(abs(rows[a] - rows[b]), abs(columns[a] - columns[b])) <= 3 and maps[a] != maps[b]
                assert not near or abs(steps[a] - steps[b]) <= 1
                pairs += not near
    assert pairs > 5  # several maps won with one patch, at some distance


@pytest.mark.slow
def test_executors_agree() -> None:
    e = PHASE10.changed({**TINY, "patches": "3", "pause": "20"})
    one, other = e.run(rng=2, executor="cpu"), e.run(rng=2, executor="eager")
    assert one.learned["natural"].counts.sum() > 0
    for name, array in one.arrays().items():
        assert np.array_equal(array, other.arrays()[name]), name


@pytest.mark.slow
def test_both_trainings_start_alike_and_progress_is_told() -> None:
    told: list[int] = []
    e = PHASE10.changed(TINY)
    outcome = e.run(rng=4, progress=told.append)
    assert sum(told) == e.steps
    natural, mixed = outcome.learned["natural"], outcome.learned["shuffled"]
    assert np.array_equal(natural.first, mixed.first)
    assert not np.array_equal(natural.last, mixed.last)
    assert natural.shown.tolist() == [0, 40]
    about = json.loads(json.dumps(outcome.provenance))
    again = find("phase10").restored(about["parameters"]).run(rng=about["seed"])
    for name, array in outcome.arrays().items():
        assert np.array_equal(array, again.arrays()[name]), name


def test_figure_table_and_sentences(tiny: FeaturesOutcome) -> None:
    figure = tiny.figure()
    figure.canvas.draw()
    assert len(figure.axes) == 6 + 6 + 2
    plt.close(figure)
    rows = {row[0]: row[1:] for row in tiny.table().rows}
    assert list(rows) == [BEFORE, NATURAL, SHUFFLED]
    kernels = tiny.kernels[NATURAL]
    assert kernels == pytest.approx(tiny.learned["natural"].last[:, 0] - tiny.learned["natural"].last[:, 1])
    assert rows[NATURAL][0] == pytest.approx(tiny.measured[NATURAL].orientation.mean())
    assert rows[NATURAL][5] == tiny.learned["natural"].counts.mean()
    said = tiny.sentences()
    assert said[0].startswith("Orientation of the 4 kernels")
    assert "2018" in said[-1]
    unsettled = 4 * (tiny.learned["natural"].first * (1 - tiny.learned["natural"].first)).mean()
    assert rows[BEFORE][4] == pytest.approx(100 * unsettled, rel=1e-5)


def test_a_receptive_field_is_what_a_point_of_light_does(tiny: FeaturesOutcome) -> None:
    """On and off parts are linear together: the weights on the answers to an image, added up."""
    e, kernel = tiny.experiment, tiny.kernels[NATURAL][1]
    side = e.kernel + e.dog - 1
    image = np.random.default_rng(1).normal(size=(side, side))
    answer = (e.filter()(image).numpy() * kernel).sum()
    assert (tiny.fields(kernel[None])[0] * image).sum() == pytest.approx(answer)


MISTAKES: list[tuple[dict[str, str], type[CnsError], str]] = [
    ({"map": "3"}, UnknownNameError, "did you mean 'maps'"),
    ({"kernel": "10"}, ParameterError, "at most size = 9"),
    ({"contrast": "1000"}, ParameterError, "the most there is"),
    ({"size": "500"}, ParameterError, "at most 427"),
    ({"w_highest": "1"}, ParameterError, "w_lowest < w_highest < 1"),
    ({"share": "0"}, ParameterError, "share"),
    ({"inhibition": "-1"}, ParameterError, "counted negative"),
    ({"patches": "0"}, ParameterError, "patches"),
    ({"show": "0.5"}, TimeGridError, "show"),
    ({"among": "rows"}, ParameterError, "maps or positions or all"),
]


@pytest.mark.parametrize(("settings", "error", "says"), MISTAKES)
def test_mistakes(settings: dict[str, str], error: type[CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        PHASE10.changed({**TINY, **settings}).run(rng=1)


def test_without_scikit_learn_the_extra_is_named_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    told: list[int] = []
    for start in (
        lambda: PHASE10.run(rng=1),
        lambda: simulate_course(["phase9", "phase10"], seed=1, progress=told.append),
    ):
        with pytest.raises(MissingExtraError, match=r"pip install 'cnsproject\[course\]'"):
            start()
    assert told == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_natural_patches_make_oriented_features_and_shuffled_ones_do_not(seed: int) -> None:
    measured = PHASE10.run(rng=seed).measured
    orientation = {name: one.orientation.mean() for name, one in measured.items()}
    assert orientation[NATURAL] > 0.5
    assert orientation[NATURAL] > orientation[BEFORE] + 0.3
    assert orientation[NATURAL] > orientation[SHUFFLED] + 0.2
    explained = {name: one.explained.mean() for name, one in measured.items()}
    assert explained[NATURAL] > 0.75
    assert explained[NATURAL] > max(explained[BEFORE], explained[SHUFFLED]) + 0.15
