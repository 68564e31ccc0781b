"""Handwritten digits: what is learned without labels, what labels are used for, and what is told."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnsproject import analysis
from cnsproject.errors import CnsError, MissingExtraError, ParameterError, TimeGridError, UnknownNameError
from cnsproject.experiments import find
from cnsproject.experiments.digits import DIGITS, _Training
from cnsproject.experiments.digits_outcome import DigitsOutcome
from cnsproject.experiments.handwritten import handwritten

SMALL = {"seeds": "1", "epochs": "1", "train": "400", "test": "200", "neurons": "50"}
TINY = {"seeds": "2", "epochs": "1", "train": "12", "test": "5", "neurons": "4", "show": "60", "pause": "20"}


@pytest.fixture(scope="module")
def small() -> DigitsOutcome:
    return DIGITS.changed(SMALL).run(rng=1)


@pytest.mark.slow
def test_a_few_hundred_pictures_are_enough_to_be_far_from_chance(small: DigitsOutcome) -> None:
    """Guessing gives 10 %; 200 pictures leave a standard deviation of 2 %."""
    (one,) = small.learned
    assert one.accuracy > 0.7
    assert one.accuracies[0] < 0.3
    assert one.accuracy == (one.told == one.digits).mean()
    assert np.bincount(one.owners[one.owners >= 0], minlength=10).min() >= 1  # every digit has a neuron


@pytest.mark.slow
def test_the_sum_of_weights_settles(small: DigitsOutcome) -> None:
    """A pixel of r spikes per ms draws its weight to gain * r; most of the way is made."""
    (one,) = small.learned
    pictures, _ = handwritten()
    goal = pictures.sum(axis=1).mean() * DIGITS.rate / 0.5 * 1e-3 * DIGITS.gain
    start = 64 * (DIGITS.w_lowest + DIGITS.w_highest) / 2
    learned = one.weights.sum(axis=1)[one.fired > 20]
    assert len(learned) > 20
    assert goal - 0.1 < learned.mean() < goal + 0.4 * (start - goal)


@pytest.mark.slow
def test_labels_neither_teach_nor_leak() -> None:
    """Other labels leave the weights; those of the pictures held out leave what is told of these."""
    pictures, digits = handwritten()
    e = DIGITS.changed({**TINY, "seeds": "1"})
    shuffled = np.random.default_rng(3).permutation(digits)
    order = np.random.default_rng(5)
    e.encoder(order)  # which draws its key first
    held_out = order.permutation(len(pictures))[12:17]
    other = digits.copy()
    other[held_out] = (digits[held_out] + 1) % 10
    first, second, third = (_Training(e, 5, "cpu", None).learn(pictures, used) for used in (digits, shuffled, other))
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.weights, third.weights)
    assert np.array_equal(first.told, third.told)
    assert np.array_equal(first.digits, digits[held_out])
    assert not np.array_equal(first.digits, third.digits)
    assert not np.array_equal(first.owners, second.owners)


def test_what_is_frozen_neither_learns_nor_adapts() -> None:
    e = DIGITS.changed(TINY)
    pictures, _ = handwritten()
    net = e.frozen(e.learning(3))
    weights, threshold = net.connections["learning"].w.clone(), net.layers["neurons"].threshold
    net.run(800, {"pixels": e.shown(pictures[:10], e.encoder(np.random.default_rng(2)))})
    assert net.connections["learning"].w.equal(weights)
    assert not net.layers["neurons"].theta.any()
    assert threshold == pytest.approx(e.threshold + e.theta)


@pytest.mark.slow
def test_executors_agree() -> None:
    e = DIGITS.changed({**TINY, "seeds": "1", "train": "2", "test": "1", "show": "50"})
    one, other = e.run(rng=2, executor="cpu"), e.run(rng=2, executor="eager")
    for name, array in one.arrays().items():
        assert np.array_equal(array, other.arrays()[name]), name


@pytest.mark.slow
def test_progress_and_provenance() -> None:
    e, told = DIGITS.changed(TINY), []
    outcome = e.run(rng=4, progress=told.append)
    assert sum(told) == e.steps
    about = json.loads(json.dumps(outcome.provenance))
    again = find("digits").restored(about["parameters"]).run(rng=about["seed"])
    for name, array in outcome.arrays().items():
        assert np.array_equal(array, again.arrays()[name]), name


@pytest.mark.slow
def test_figure_table_and_sentences(small: DigitsOutcome) -> None:
    figure = small.figure()
    figure.canvas.draw()
    assert len(figure.axes) == 3
    plt.close(figure)
    (first, mean) = small.table().rows
    assert first[2] == mean[2] == pytest.approx(small.learned[0].accuracy)
    assert small.confusion().trace() == round(200 * small.learned[0].accuracy)
    said = small.sentences()
    assert said[0].startswith(f"{100 * small.learned[0].accuracy:.1f} % of the digits held out are recognised")
    assert "95 %" in said[-1]


MISTAKES: list[tuple[dict[str, str], type[CnsError], str]] = [
    ({"neuron": "3"}, UnknownNameError, "did you mean 'neurons'"),
    ({"train": "1700", "test": "98"}, ParameterError, "at most 1797 together"),
    ({"epochs": "0"}, ParameterError, "epochs"),
    ({"show": "0.5"}, TimeGridError, "show"),
    ({"w_lowest": "1"}, ParameterError, "w_highest"),
    ({"rate": "5000"}, ParameterError, "rate"),
]


@pytest.mark.parametrize(("settings", "error", "says"), MISTAKES)
def test_mistakes(settings: dict[str, str], error: type[CnsError], says: str) -> None:
    with pytest.raises(error, match=says):
        DIGITS.changed({**TINY, **settings}).run(rng=1)


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cnsproject\[course\]'"):
        DIGITS.run(rng=1)


@pytest.mark.slow
def test_over_five_seeds_85_percent_of_the_digits_held_out_are_recognised() -> None:
    outcome = DIGITS.run(rng=1)
    each = [one.accuracy for one in outcome.learned]
    assert len(each) == 5
    assert np.mean(each) >= 0.85
    assert min(each) >= 0.8
    assert all(len(one.told) == 360 for one in outcome.learned)
    assert analysis.confusion(outcome.learned[0].digits, outcome.learned[0].told, 10).sum() > 350
