"""Phase 4: two populations decide through a third which of them fires."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest

from cnsproject import plotting
from cnsproject.errors import CnsError, ParameterError, ShapeError, TimeGridError, UnknownNameError
from cnsproject.experiments import EXPERIMENTS, Decision, find
from cnsproject.experiments.decision import DecisionOutcome


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def outcome(rng: int = 1, **settings: str) -> DecisionOutcome:
    experiment = find("phase4").changed({"dt": "0.5", **settings})
    assert isinstance(experiment, Decision)
    return experiment.run(rng=rng)


@pytest.mark.parametrize(
    "pattern", ["full", *(pytest.param(p, marks=pytest.mark.slow) for p in ("probability", "partners"))]
)
def test_the_stronger_input_wins_whatever_the_pattern(pattern: str) -> None:
    """Both fire at first; after the step of its current exc2 does, and exc1 no more."""
    found = outcome(pattern=pattern)
    rates = found.rates()
    assert found.winner == "exc2" and found.decided is not None and 60.0 <= found.decided < 100.0
    assert 5.0 < rates["exc1"][0] < 30.0 and rates["exc1"][1] < rates["exc1"][0] / 2
    assert rates["exc2"][1] > 1.5 * rates["exc2"][0]
    assert found.received["exc1"][120:].mean() < found.received["exc1"][:120].mean()
    assert found.sentences()[0].startswith("exc2 wins: at 60 ms exc1 from ")


def test_a_step_down_decides_for_the_other_and_none_for_nobody() -> None:
    down, none = outcome(step="-0.5"), outcome(step="0")
    assert down.winner == "exc1" and "ahead of exc2" in down.sentences()[1]
    assert none.winner == "" and none.decided is None and none.sentences()[0].startswith("Nobody wins")


def test_without_connections_everybody_fires_by_its_own_input() -> None:
    """Rates then follow from the currents alone, and what is received is what is given."""
    found = outcome(J_ee="0", J_ei="0", J_ie="0")
    for name in ("exc1", "exc2", "inh"):
        np.testing.assert_allclose(found.received[name], found.inputs[name].mean(1), rtol=1e-5)
    assert found.rates()["exc1"][1] > 20.0


def test_the_input_is_what_was_asked_for() -> None:
    found = outcome(time="2000", onset="1000", neurons="20", inhibitory="10")
    exc1, exc2, inh = (found.inputs[name] for name in ("exc1", "exc2", "inh"))
    assert exc1.shape == (4000, 20) and inh.shape == (4000, 10)
    assert abs(exc1.mean() - 1.7) < 0.05 and abs(exc1.std() - 0.5) < 0.05 and abs(inh.mean() - 0.8) < 0.05
    assert abs(exc2[2000:].mean() - exc2[:2000].mean() - 0.5) < 0.1
    assert abs(np.corrcoef(exc1[:, 0], exc2[:, 0])[0, 1]) < 0.3  # each has its own noise


def test_executors_agree_and_settings_make_it_anew() -> None:
    experiment = find("phase4").changed({"time": "20", "pattern": "partners", "partners": "5", "onset": "10"})
    native, eager = (experiment.run(rng=3, executor=executor) for executor in ("cpu", "eager"))
    assert all(np.array_equal(array, eager.arrays()[name]) for name, array in native.arrays().items())
    assert native.provenance["parameters"]["partners"] == 5
    assert find("phase4").restored(json.loads(json.dumps(experiment.settings()))) == experiment
    with pytest.raises(ParameterError, match="those of this experiment"):
        find("phase4").restored({"time": 3})


def test_the_figure_has_three_columns_of_three_rows() -> None:
    found = outcome()
    axes: Any = found.figure().axes
    assert len(axes) == 9 and [ax.get_title() for ax in axes[:3]] == [
        "exc1 (100 neurons)", "exc2 (100 neurons)", "inh (50 neurons)"
    ]  # fmt: skip
    for column, name in enumerate(("exc1", "exc2", "inh")):
        raster, activity, current = axes[column], axes[column + 3], axes[column + 6]
        assert len(raster.lines[0].get_xdata()) == found.spikes[name].sum()
        mean = found.spikes[name].mean() / 0.5e-3
        np.testing.assert_allclose(activity.lines[0].get_ydata().mean(), mean, rtol=0.1)
        np.testing.assert_allclose(current.lines[1].get_ydata(), found.received[name])
        assert raster.get_ylim() == (-0.5, 99.5)
    assert find("phase4") in EXPERIMENTS.values()
    assert [row[0] for row in found.table().rows] == ["exc1", "exc2", "inh"]


WRONG: list[tuple[dict[str, str], type[CnsError], str]] = [
    ({"pattern": "ring"}, ParameterError, "full or probability or partners"),
    ({"neuron": "3"}, UnknownNameError, "did you mean 'neurons'"),
    ({"pattern": "probability", "p": "2"}, ParameterError, "a probability"),
    ({"time": "0.05"}, TimeGridError, "time"),
    ({"J_ie": "-1"}, ParameterError, "inhibitory"),
]


@pytest.mark.parametrize(("settings", "kind", "words"), WRONG)
def test_wrong_settings_are_told(settings: dict[str, str], kind: type[CnsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        find("phase4").changed(settings).run(rng=1)


def test_columns_of_different_lengths_are_refused() -> None:
    column = plotting.PopulationColumn("a", np.zeros((2, 5), bool), np.zeros(5))
    with pytest.raises(ShapeError, match="same steps"):
        plotting.populations_side_by_side(
            [column, plotting.PopulationColumn("b", np.zeros((2, 6), bool), np.zeros(6))], dt=1.0
        )
    with pytest.raises(ShapeError, match="at least one"):
        plotting.populations_side_by_side([], dt=1.0)
