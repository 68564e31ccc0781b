"""The named experiments, by hand and in a network."""

from __future__ import annotations

import dataclasses

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
