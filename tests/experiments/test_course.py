"""The phases of the course that are made of neurons and connections: what they run, measure, say and draw."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from cnsproject.analysis import variation
from cnsproject.errors import ParameterError, TimeGridError, UnknownNameError
from cnsproject.experiments import COURSE, Experiment, Outcome
from cnsproject.experiments.joined import PHASE1
from cnsproject.experiments.pattern_learning import PHASE6, VARIANTS, PatternOutcome
from cnsproject.experiments.rewarded import PHASE7, RewardOutcome, Teacher
from cnsproject.experiments.three_models import PHASE2, ThreeOutcome
from cnsproject.experiments.training import Training, sentence_on
from cnsproject.experiments.wiring import PATTERNS, PHASE3, WiringOutcome

CURVES = {"fi_time": "400", "settle": "100", "points": "6", "duration": "100", "trials": "1"}
SHORT: dict[str, dict[str, str]] = {
    "phase1": CURVES,
    "phase2": {**CURVES, "dt": "0.1"},
    "phase3": {"neurons": "100", "partners": "20", "p": "0.2", "time": "60", "settle": "10", "dt": "0.25"},
    "phase6": {"time": "400"},
    "phase7": {"time": "400"},
}


def short(name: str) -> Experiment:
    return COURSE[name].changed(SHORT[name])


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """On torch, for which nothing has to be compiled."""
    return {name: short(name).run(rng=1, executor="eager") for name in SHORT}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_the_same_natively(name: str, outcomes: dict[str, Outcome]) -> None:
    native = short(name).run(rng=1, executor="cpu").arrays()
    for key, array in outcomes[name].arrays().items():
        # The exponential of two models is torch's in one of them.
        same = np.allclose if key.startswith(("ELIF", "AELIF")) else np.array_equal
        assert same(array, native[key], equal_nan=array.dtype.kind == "f"), key


@pytest.mark.parametrize("name", ["phase3"])
def test_a_seed_decides(name: str, outcomes: dict[str, Outcome]) -> None:
    one = outcomes[name].arrays()
    same, other = (short(name).run(rng=seed, executor="eager").arrays() for seed in (1, 2))
    assert all(np.array_equal(array, same[key]) for key, array in one.items())
    assert any(not np.array_equal(array, other[key]) for key, array in one.items())


@pytest.mark.parametrize("name", SHORT)
def test_settings_make_the_experiment_anew(name: str) -> None:
    experiment = short(name)
    settings = json.loads(json.dumps(experiment.settings()))
    assert COURSE[name].restored(settings) == experiment
    with pytest.raises(ParameterError, match="those of this experiment"):
        COURSE[name].restored({})
    with pytest.raises(UnknownNameError, match="parameter"):
        experiment.changed({"no_such": "1"})


@pytest.mark.parametrize("name", ["phase1", "phase2", "phase6"])
def test_progress_counts_every_step(name: str) -> None:
    told: list[int] = []
    short(name).run(rng=1, executor="eager", progress=told.append)
    assert sum(told) == short(name).steps


@pytest.mark.parametrize("name", SHORT)
def test_tables_are_whole_and_figures_are_labelled(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    table = outcome.table()
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert len({row[0] for row in table.rows}) == len(table.rows)
    assert outcome.sentences()
    figure = outcome.figure()
    figure.canvas.draw()
    assert {ax.get_xlabel() for ax in figure.axes} & {"time (ms)", "time (s)"}
    labels = {ax.get_ylabel() for ax in figure.axes} - {""}
    assert all("(" in label or "\nper show" in label or "neuron" in label for label in labels), labels
    plt.close(figure)


def test_phase1_sets_a_parameter_in_all_parts_that_have_it() -> None:
    changed = PHASE1.changed({"tau": "20", "sigma": "0.5"})
    assert [part.values["tau"] for part in changed.parts.values()] == [20, 20]
    assert "sigma" not in changed.parts["step"].values
    assert changed.parts["noise"].values["sigma"] == 0.5


def test_phase1_is_its_parts(outcomes: dict[str, Outcome]) -> None:
    alone = PHASE1.changed(CURVES).parts["noise"].run(rng=1, executor="eager")
    for name, array in alone.arrays().items():
        assert np.array_equal(outcomes["phase1"].arrays()[f"noise_{name}"], array, equal_nan=True)


def test_phase2_gives_all_models_the_same(outcomes: dict[str, Outcome]) -> None:
    """The same current in every set, the LIF threshold where the upswing begins, and w in AELIF only."""
    outcome = outcomes["phase2"]
    assert isinstance(outcome, ThreeOutcome)
    lif, elif_, aelif = outcome.parts.values()
    assert np.array_equal(lif.current, elif_.current)
    assert np.array_equal(lif.current, aelif.current)
    assert [one["threshold"] for one in lif.experiment.sets] == [one["theta_rh"] for one in aelif.experiment.sets]
    assert [list(part.states) for part in outcome.parts.values()] == [["u"], ["u"], ["u", "w"]]
    quiet = dataclasses.replace(PHASE2, full=PHASE2.full.changed({**SHORT["phase2"], "a": "0", "b": "0"}))
    same = quiet.run(rng=1, executor="eager").parts
    others = [k for k, change in enumerate(PHASE2.full.changes, start=1) if not {"a", "b"} & change.keys()]
    for k in (0, *others):  # without adaptation AELIF is ELIF
        assert np.array_equal(same["AELIF"].spikes[k], same["ELIF"].spikes[k])
        assert np.array_equal(same["AELIF"].rates[k], same["ELIF"].rates[k])


def test_phase3_connects_as_its_patterns_say() -> None:
    e = PHASE3.changed(SHORT["phase3"])
    assert e.sizes == {"excitatory": 80, "inhibitory": 20}
    counts = {pattern: [e.rule(pattern, size)[1] for size in e.sizes.values()] for pattern in PATTERNS[1:]}
    assert counts == {"full": [80, 20], "fixed probability": [16, 4], "fixed number": [16, 4]}


def test_phase3_measures(outcomes: dict[str, Outcome]) -> None:
    """Rates and CV counted anew, and patterns that differ only in who is connected start from the same neurons."""
    outcome = outcomes["phase3"]
    assert isinstance(outcome, WiringOutcome)
    e = outcome.experiment
    for pattern, both in outcome.spikes.items():
        for name, fired in both.items():
            late = fired[:, round(e.settle / e.dt) :]
            rate, spread, irregular, _ = outcome.measured(pattern, name)
            assert rate == pytest.approx(late.sum() / len(late) / 0.05)
            assert spread == pytest.approx((late.sum(axis=1) / 0.05).std())
            neurons, steps = np.nonzero(late)
            assert irregular == pytest.approx(np.nanmean(variation(steps * e.dt, neurons, len(late))))
    first = [outcome.spikes[pattern]["excitatory"][:, :6] for pattern in PATTERNS]  # before any spike arrives
    assert all(np.array_equal(first[0], other) for other in first[1:])


MISTAKES = [
    ("phase3", {"settle": "600"}, ParameterError, "less than time"),
    ("phase3", {"excitatory": "1"}, ParameterError, "between 0 and 1"),
    ("phase3", {"settle": "0.05"}, TimeGridError, "settle"),
    ("phase6", {"inputs": "5"}, ParameterError, "an even number"),
    ("phase6", {"low": "50"}, ParameterError, "more than low"),
    ("phase6", {"time": "100"}, ParameterError, "4 patterns"),
    ("phase6", {"show": "0.5"}, TimeGridError, "show"),
]


@pytest.mark.parametrize(("name", "settings", "error", "says"), MISTAKES, ids=[f"{m[0]} {m[1]}" for m in MISTAKES])
def test_what_cannot_be_run(name: str, settings: dict[str, str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        COURSE[name].changed(settings).run()


def test_phase6_shows_patterns_to_neurons_that_start_alike(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["phase6"]
    assert isinstance(outcome, PatternOutcome)
    order, spikes, weights = outcome.experiment.draw(np.random.default_rng(5))
    shown = spikes.numpy().reshape(len(order), -1, 50)[:, :50]
    halves = shown.reshape(len(order), -1, 2, 25).mean(axis=(1, 3))
    assert np.array_equal(halves.argmax(axis=1), order)
    assert weights.min() >= outcome.experiment.w_lowest
    starts = [training.weights[0] for training in outcome.trainings.values()]
    assert all(np.array_equal(starts[0], one) for one in starts)
    assert list(outcome.trainings) == list(VARIANTS)


@pytest.mark.slow
def test_phase6_neurons_share_the_patterns_out() -> None:
    """With inhibition and enough depression each has one of its own."""
    for seed in range(2):
        training = PHASE6.changed({"time": "12000"}).run(rng=seed).trainings["STDP"]
        a, b = training.selectivity()
        assert a * b < -0.5
        means = training.means()
        assert np.array_equal(means.argmax(axis=1), training.answers().argmax(axis=1))


def test_phase7_rewards_the_right_neuron_and_punishes_the_other(outcomes: dict[str, Outcome]) -> None:
    """Counted anew from the spikes, and dopamine from the rewards."""
    outcome = outcomes["phase7"]
    assert isinstance(outcome, RewardOutcome)
    e = outcome.experiment
    for title, training in outcome.trainings.items():
        reward, dopamine = training.told.T
        right = training.counts[np.arange(len(training.order)), training.order]
        wrong = training.counts.sum(axis=1) - right
        punishment = 0.0 if "no punishment" in title else e.punishment
        # A reward is given in the step after the spike, which may be the first of the pause.
        sums = reward.reshape(len(training.order), -1)[:, : round(e.show) + 1].sum(axis=1)
        assert sums == pytest.approx(right - punishment * wrong)
        assert reward.sum() == pytest.approx(sums.sum())
        level, decay = 0.0, np.exp(-e.dt / e.tau_d)
        for given, found in zip(reward, dopamine, strict=True):
            level = level * decay + e.release * given
            assert found == pytest.approx(level)
    assert sum(training.counts.sum() for training in outcome.trainings.values()) > 0


def test_a_teacher_is_silent_in_the_pause() -> None:
    class Net:
        def __init__(self, steps: int, fired: list[bool]) -> None:
            self.layers = {"outputs": SimpleNamespace(steps=steps, s=torch.tensor(fired))}

    teacher = Teacher(np.array([0, 1]), 10, 4, 0.5, tau_d=20.0, scale=1.0)
    told = [(1, [True, False]), (4, [False, True]), (5, [True, True]), (11, [True, False]), (14, [True, True])]
    cases: list[Any] = [Net(steps, fired) for steps, fired in [(0, [True, True]), *told, (1, [False, False])]]
    assert [teacher.compute(case) for case in cases] == [None, 1.0, -0.5, None, -0.5, 0.5, None]


@pytest.mark.slow
def test_phase7_neurons_learn_what_the_teacher_wants() -> None:
    for seed in range(2):
        training = PHASE7.run(rng=seed).trainings["R-STDP"]
        assert training.selectivity()[0] > 0.5
        assert training.selectivity()[1] < -0.5


def test_what_is_measured_of_a_training() -> None:
    order = np.array([0, 1, 0, 1])
    weights = np.array([[[0.0, 0.0]] * 4, [[1.0, 0.0], [0.5, 0.0], [0.0, 1.0], [0.0, 0.8]]])
    training = Training(
        order, weights, np.array([0.0, 100.0]), np.array([[9, 9], [9, 9], [3, 1], [1, 1]]), np.empty((0, 2))
    )
    assert training.means() == pytest.approx(np.array([[0.75, 0.0], [0.0, 0.9]]))
    assert training.answers() == pytest.approx(np.array([[3, 1], [1, 1]]))
    assert training.selectivity() == pytest.approx([0.5, 0.0])
    assert sentence_on("it", training) == (
        "it: neuron 1 answers to A (selectivity 0.50) and neuron 2 answers to both (selectivity 0.00); "
        "the patterns are not shared out."
    )
