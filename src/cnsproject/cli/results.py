"""Runs of experiments, and the folders that hold what they gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cnsproject.experiments import Experiment, Outcome
from cnsproject.report.write import save_figure
from cnsproject.storage import ABOUT, EXPERIMENT, save_arrays, save_json

RECORDINGS, PARAMETERS = "recordings.npz", "parameters.json"
FILES = "figure.svg", "figure.png", RECORDINGS, PARAMETERS


def simulated(experiment: Experiment, seed: int | None, executor: str | None) -> Outcome:
    """The outcome of an experiment, with a progress bar meanwhile."""
    with tqdm(total=experiment.steps, unit=" steps", leave=False, disable=None) as bar:
        return experiment.run(rng=seed, executor=executor, progress=bar.update)


def write(outcome: Outcome, folder: Path) -> None:
    """Figure, recordings and parameters of an outcome; each of them says where it comes from."""
    about: dict[str, Any] = {"format": f"{EXPERIMENT} 1", **outcome.provenance}
    save_figure(outcome.figure(), folder / "figure", about)
    save_arrays(folder / RECORDINGS, {**outcome.arrays(), ABOUT: np.array(json.dumps(about))})
    save_json(folder / PARAMETERS, about)
