"""The named experiments, by hand and in a network."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from cnsproject.errors import ParameterError, UnknownNameError
from cnsproject.experiments import REPORT3, Parameters, find, run


@pytest.mark.parametrize("executor", ["eager", "cpu"])
@pytest.mark.parametrize("name", REPORT3)
def test_a_network_gives_the_spikes_of_the_hand_loop(name: str, executor: str) -> None:
    parameters = REPORT3[name].parameters
    hand, network = run(parameters, rng=7), run(parameters, rng=7, executor=executor)
    for key, value in hand.arrays().items():
        assert np.array_equal(value, network.arrays()[key]), key


def test_order_and_baselines() -> None:
    names = list(REPORT3)
    assert " ".join(names) == (
        "walkthrough isolated connected tau_s trace_scale J excitatory random_input two_random_currents"
    )
    for experiment in REPORT3.values():
        assert experiment.baseline is None or names.index(experiment.baseline) < names.index(experiment.name)


def test_finding_and_changing() -> None:
    with pytest.raises(UnknownNameError, match="'connected'"):
        find("connectd")
    changed = find("connected").parameters.changed({"J1": "5", "connected": "no", "neurons": "40", "input": "random"})
    assert changed == dataclasses.replace(Parameters(), J1=5.0, connected=False, neurons=40, input="random")
    assert changed.differences(Parameters())["J1"] == (2.0, 5.0)
    with pytest.raises(ParameterError, match="step or random"):
        Parameters().changed({"input": "sine"})


def test_progress_counts_every_step() -> None:
    for executor in (None, "cpu"):
        told: list[int] = []
        run(Parameters(), executor=executor, progress=told.append)
        assert sum(told) == 1500


def test_an_outcome_says_how_it_was_made() -> None:
    outcome = find("random_input").changed({"time": "50"}).run(rng=4)
    about = json.loads(json.dumps(outcome.provenance))
    assert (about["experiment"], about["seed"], about["executor"], about["dt"]) == ("random_input", 4, "by hand", 1.0)
    assert about["parameters"]["time"] == 50
    assert about["versions"].keys() >= {"cnsproject", "torch"}
    assert run(Parameters(time=10), rng=1, executor="cpu").provenance["executor"] == "cpu"
    assert run(Parameters(time=10), rng=np.random.default_rng(1)).provenance["seed"] == "Generator"


def test_a_seed_that_was_drawn_is_told() -> None:
    experiment = find("two_random_currents").changed({"time": "300"})
    outcome = experiment.run()
    again = experiment.run(rng=outcome.provenance["seed"])
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in outcome.arrays().items())
    assert outcome.provenance["seed"] != experiment.run().provenance["seed"]
    assert find("lif-step").changed({"fi_time": "400", "points": "2"}).run().provenance["seed"] is None


@pytest.mark.parametrize("name", ["J", "lif-step", "lif-noise", "aelif"])
def test_settings_make_the_experiment_anew(name: str) -> None:
    same_as_a_change = {"I": "1.4", "points": "7"}
    changed = {"J": {"J1": "0.1", "connected": "no"}, "lif-step": same_as_a_change}.get(name, {"tau": "30"})
    experiment = find(name).changed(changed)
    settings = json.loads(json.dumps(experiment.settings()))
    assert find(name).restored(settings) == experiment
    for wrong in ({}, {"sets": [{}], "protocol": {}}, {**settings, "x": 1}, {"sets": 3, "protocol": {}}, None):
        if wrong != {**settings, "x": 1} or name == "J":
            with pytest.raises(ParameterError, match="those of this experiment"):
                find(name).restored(wrong)  # type: ignore[arg-type]
