"""Runs of experiments, and the folders that hold what they gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from tqdm import tqdm

from cnsproject.experiments import Experiment, Outcome
from cnsproject.network.progress import BuildingBar
from cnsproject.report.write import save_figure
from cnsproject.storage import ABOUT, EXPERIMENT, save_arrays, save_json

RECORDINGS, PARAMETERS = "recordings.npz", "parameters.json"
FILES = "figure.svg", "figure.png", RECORDINGS, PARAMETERS


class _Bars:
    """A bar of the steps of an experiment, and one of the synapses while there are some to be made."""

    def __init__(self, steps: int) -> None:
        self._steps = tqdm(total=steps, unit=" steps", leave=False, disable=None)
        self.building = BuildingBar(disable=None)

    def __call__(self, steps: int) -> None:
        self._steps.update(steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.building.close()
        self._steps.close()


def simulated(experiment: Experiment, seed: int | None, executor: str | None) -> Outcome:
    """The outcome of an experiment, with a progress bar meanwhile."""
    with _Bars(experiment.steps) as bars:
        return experiment.run(rng=seed, executor=executor, progress=bars)


def write(outcome: Outcome, folder: Path) -> None:
    """Figure, recordings and parameters of an outcome; each of them says where it comes from."""
    about: dict[str, Any] = {"format": f"{EXPERIMENT} 1", **outcome.provenance}
    save_figure(outcome.figure(), folder / "figure", about)
    save_arrays(folder / RECORDINGS, {**outcome.arrays(), ABOUT: np.array(json.dumps(about))})
    save_json(folder / PARAMETERS, about)
