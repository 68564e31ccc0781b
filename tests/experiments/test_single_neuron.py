"""The experiments on single neurons: theory, reproducibility, executors, figures."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cnsproject.analysis import lif_rate
from cnsproject.errors import ParameterError, TimeGridError, UnknownNameError
from cnsproject.experiments import COURSE, EXPERIMENTS, NETWORKS, NEURONS, REPORT3, TASKS, SingleNeuron, find
from cnsproject.experiments.neuron_outcome import NeuronOutcome

SHORT = {"fi_time": "400", "settle": "100", "points": "6", "duration": "100", "trials": "1"}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, NeuronOutcome]:
    """All of them as declared, once."""
    return {name: experiment.run(rng=1) for name, experiment in NEURONS.items()}


def short(name: str) -> SingleNeuron:
    return NEURONS[name].changed(SHORT)


def test_the_registry() -> None:
    assert list(NEURONS) == ["lif-step", "lif-noise", "elif", "aelif"]
    assert list(EXPERIMENTS) == [*REPORT3, *NEURONS, *COURSE, *NETWORKS, *TASKS]
    assert find("aelif") is NEURONS["aelif"]
    with pytest.raises(UnknownNameError, match="did you mean 'lif-step'"):
        find("lif-stp")


@pytest.mark.parametrize("name", NEURONS)
def test_declarations(name: str) -> None:
    """At least five sets, which differ, in parameters that the neuron has."""
    experiment = NEURONS[name]
    assert len(experiment.titles) == len(set(experiment.titles)) >= 5
    assert experiment.question.endswith("?")
    known = {*experiment.neuron.dynamics.parameters, "I", "sigma", "path"}
    assert set(experiment.neuron.dynamics.parameters) <= set(experiment.values) <= known
    for change in experiment.changes:
        assert change.keys() <= experiment.values.keys()
        assert all(experiment.values[key] != value for key, value in change.items())


def test_lif_step_fires_at_the_rate_of_the_closed_form(outcomes: dict[str, NeuronOutcome]) -> None:
    """Euler's rule has a closed form too: a step leaves 1 - dt/tau of the distance from u_rest + R*I."""
    outcome = outcomes["lif-step"]
    dt = outcome.experiment.protocol.dt
    for k, one in enumerate(outcome.experiment.sets):
        names = ("tau", "R", "u_rest", "u_reset", "threshold")
        theory = lif_rate(outcome.currents, **{name: one[name] for name in names})
        assert outcome.theory is not None
        assert np.array_equal(outcome.theory[k, :-1], theory)
        assert np.array_equal(outcome.rates[k] > 0, theory > 0)
        fires = theory > 0
        assert outcome.rates[k, fires] == pytest.approx(
            theory[fires], rel=dt * 1e-3 * theory.max() + 0.5 * dt / one["tau"]
        )
        goal = one["u_rest"] + one["R"] * outcome.currents[fires]
        steps = np.log((goal - one["threshold"]) / (goal - one["u_reset"])) / np.log1p(-dt / one["tau"])
        assert outcome.rates[k, fires] == pytest.approx(1e3 / (np.ceil(steps) * dt), rel=1e-9)


@pytest.mark.parametrize("name", ["lif-step", "lif-noise"])
def test_the_step_of_current_begins_and_ends_on_its_step(name: str) -> None:
    experiment = short(name).changed({"delay": "20", "duration": "30"})
    current = experiment.run(rng=1).current
    assert current.shape == (700, len(experiment.sets))
    assert current[200:500].all()
    assert not current[:200].any()
    assert not current[500:].any()
    assert name == "lif-noise" or current[300].tolist() == [one["I"] for one in experiment.sets]


def test_lif_noise_fires_at_the_rate_of_the_siegert_formula(outcomes: dict[str, NeuronOutcome]) -> None:
    """The spikes of all trials are counted; their variance is at most that of a Poisson process."""
    outcome = outcomes["lif-noise"]
    p = outcome.experiment.protocol
    seconds = 1e-3 * (p.fi_time - p.settle) * p.trials
    assert outcome.theory is not None
    theory = outcome.theory[:, :-1]
    assert (np.abs(outcome.rates - theory) < 4.0 * np.sqrt(theory / seconds) + 1.0 / seconds + 0.01 * theory).all()
    assert np.corrcoef(outcome.rates.ravel(), theory.ravel())[0, 1] > 0.999
    quiet, loud = outcome.cv[1], outcome.cv[2]
    assert quiet < loud < 1.0


def test_elif_fires_at_the_rate_of_the_integral(outcomes: dict[str, NeuronOutcome]) -> None:
    outcome = outcomes["elif"]
    assert outcome.theory is not None
    theory = outcome.theory[:, :-1]
    assert np.array_equal(outcome.rates > 0, theory > 0)
    assert np.abs(outcome.rates - theory).max() < 0.03 * theory.max()
    for k, one in enumerate(outcome.experiment.sets):
        onset = (one["theta_rh"] - one["u_rest"] - one["delta_t"]) / one["R"]
        fires = outcome.currents[outcome.rates[k] > 0]
        assert onset < fires[0] <= onset + np.diff(outcome.currents)[0] + 1e-9


def test_aelif_adapts_with_a_or_b(outcomes: dict[str, NeuronOutcome]) -> None:
    outcome = outcomes["aelif"]
    for k, one in enumerate(outcome.experiment.sets):
        intervals, w = np.diff(outcome.spikes[k]), outcome.states["w"][:, k]
        if one["a"] == one["b"] == 0:
            assert not w.any()
            assert np.ptp(intervals) < 2 * outcome.experiment.protocol.dt
        else:
            assert intervals[-1] > 1.5 * intervals[0]
            assert outcome.first_rates[k, -1] > 1.5 * outcome.own_rates[k]
    steps = np.rint(outcome.spikes[0] / outcome.experiment.protocol.dt).astype(int)
    jump = outcome.states["w"][steps, 0] - outcome.states["w"][steps - 1, 0]
    assert jump == pytest.approx(outcome.experiment.values["b"], abs=1e-3)


@pytest.mark.parametrize("name", ["lif-step", "lif-noise"])
def test_executors_agree(name: str) -> None:
    native, torch = (short(name).run(rng=5, executor=executor).arrays() for executor in ("cpu", "eager"))
    assert native.keys() == torch.keys()
    for key in native:
        assert np.array_equal(native[key], torch[key], equal_nan=True), key


def test_a_seed_decides_the_noise() -> None:
    one, same, other = (short("lif-noise").run(rng=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a, same.arrays()[key], equal_nan=True) for key, a in one.arrays().items())
    assert not np.array_equal(one.current, other.current)
    experiment = one.experiment
    noise = [
        (one.current[:, k] - values["I"]) / values["sigma"] * np.sqrt(experiment.protocol.dt)
        for k, values in enumerate(experiment.sets)
    ]
    assert noise[0].std() == pytest.approx(1.0, abs=0.1)
    for values, path in zip(experiment.sets, noise, strict=True):
        assert np.allclose(path, noise[0], atol=1e-5) == (values["path"] == 0)


def test_the_order_of_the_numbers_is_the_order_of_the_sets() -> None:
    """Two sets alone give what they give among the others."""
    experiment = short("lif-step")
    alone = dataclasses.replace(experiment, changes=experiment.changes[3:4]).run()
    everyone = experiment.run()
    for few, many in ((alone.rates, everyone.rates), (alone.own_rates[:, None], everyone.own_rates[:, None])):
        assert np.array_equal(few[1], many[4])
    assert np.array_equal(alone.spikes[1], everyone.spikes[4])


def test_changing() -> None:
    changed = find("lif-step").changed({"tau": "20", "dt": "0.2", "points": "3"})
    assert isinstance(changed, SingleNeuron)
    assert [one["tau"] for one in changed.sets] == [20, 20, 20, 30, 20, 20]
    assert (changed.protocol.dt, changed.protocol.points) == (0.2, 3)
    assert changed.titles == NEURONS["lif-step"].titles
    with pytest.raises(UnknownNameError, match="did you mean 'threshold'"):
        changed.changed({"treshold": "1"})
    with pytest.raises(ParameterError, match="a number"):
        changed.changed({"tau": "long"})


MISTAKES = [
    ({"dt": "-1"}, ParameterError, "dt"),
    ({"settle": "1000"}, ParameterError, "more than settle"),
    ({"lowest": "9"}, ParameterError, "more than lowest"),
    ({"points": "1"}, ParameterError, "points"),
    ({"delay": "0.05"}, TimeGridError, "delay"),
    ({"duration": "0"}, ParameterError, "duration"),
    ({"threshold": "-80"}, ParameterError, "threshold"),
]


@pytest.mark.parametrize(("settings", "error", "says"), MISTAKES, ids=[str(m[0]) for m in MISTAKES])
def test_what_cannot_be_run(settings: dict[str, str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        find("lif-step").changed(settings).run()


def test_progress_counts_every_step() -> None:
    told: list[int] = []
    experiment = short("elif")
    experiment.run(progress=told.append)
    assert sum(told) == experiment.steps


@pytest.mark.parametrize("name", NEURONS)
def test_the_figure(name: str, outcomes: dict[str, NeuronOutcome]) -> None:
    """A column per set; every axis that is labelled names its unit, and nothing leaves the figure."""
    outcome = outcomes[name]
    figure = outcome.figure()
    figure.canvas.draw()
    sets, rows = len(outcome.experiment.sets), 4 + (name == "aelif")
    axes = np.array(figure.axes).reshape(rows, sets)
    assert [ax.get_title() for ax in axes[0]] == [title.replace("-", "−") for title in outcome.experiment.titles]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == [
        "", "u (mV)", *(["w (nA)"] if name == "aelif" else []), "I (nA)", "firing rate (Hz)",
    ]  # fmt: skip
    assert {ax.get_xlabel() for ax in axes[-1]} == {"I (nA)"}
    assert {ax.get_xlabel() for ax in axes[-2]} == {"time (ms)"}
    for k, column in enumerate(axes.T):
        assert len(column[0].collections[0].get_segments()) == len(outcome.spikes[k])
        assert np.array_equal(column[-1].lines[0].get_ydata(), outcome.rates[k])
        assert np.array_equal(column[-2].lines[0].get_ydata(), outcome.current[:, k])
        assert np.asarray(column[1].lines[0].get_ydata()).max() <= outcome.experiment.sets[k]["threshold"]
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"simulation", "u_rest", "current above"} < set(named)
    assert outcome.experiment.law in named or name == "aelif"
    width, height = figure.bbox.width, figure.bbox.height
    for artist in (figure.legends[0], *(text for text in figure.texts), *(ax.title for ax in axes[0])):
        box = artist.get_window_extent()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
    titles = [ax.title.get_window_extent() for ax in axes[0]]
    assert all(left.x1 < right.x0 for left, right in pairwise(titles))
    plt.close(figure)


@pytest.mark.parametrize("name", NEURONS)
def test_table_and_sentences(name: str, outcomes: dict[str, NeuronOutcome]) -> None:
    outcome = outcomes[name]
    table = outcome.table()
    assert [row[0] for row in table.rows] == outcome.experiment.titles
    assert {len(row) for row in table.rows} == {len(table.head)}
    rate = table.head.index("rate (Hz)")
    assert [row[rate] for row in table.rows] == outcome.own_rates.tolist()
    said = outcome.sentences()
    for title, own in zip(outcome.experiment.titles[1:], outcome.own_rates[1:], strict=True):
        (sentence,) = [s for s in said if s.startswith(f"With {title} ")]
        assert (f"{own:.4g}" if own else "silent") in sentence
