"""Simulate the experiments, draw their figures, and write one HTML file with everything in it."""

from __future__ import annotations

import base64
import io
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import jinja2
import numpy as np
import torch

from cnsproject.experiments import EXPERIMENTS, Experiment, Recording, find, run
from cnsproject.plotting import population_activity
from cnsproject.report.measures import Measures, measure
from cnsproject.report.sentences import effects, within
from cnsproject.storage import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = list(EXPERIMENTS)


@dataclass(frozen=True)
class Section:
    """One experiment of the report, simulated and measured."""

    experiment: Experiment
    recording: Recording
    measures: Measures
    sentences: tuple[str, ...]
    before: Experiment | None  # the section before it in the report's order
    differences: Mapping[str, tuple[Any, Any]]  # name: (value there, value here)
    command: str


def simulate(names: Iterable[str], *, seed: int, progress: Callable[[int], object] | None = None) -> list[Section]:
    """Run the named experiments, and those they are compared with, each once.

    `progress` is called with the number of steps just made; `total_steps` says how many there will be.
    """
    wanted = [find(name) for name in names]
    runs = {e.name: run(e.parameters, rng=seed, progress=progress) for e in _with_baselines(wanted)}
    measures = {name: measure(recording) for name, recording in runs.items()}
    sections = []
    for experiment in wanted:
        index = _NAMES.index(experiment.name)
        before = EXPERIMENTS[_NAMES[index - 1]] if index else None
        now = measures[experiment.name]
        compared = effects(measures[experiment.baseline], now) if experiment.baseline else []
        differences = experiment.parameters.differences(before.parameters) if before else {}
        command = f"cns run {experiment.name} --seed {seed} --out out/{experiment.name}"
        sentences = (*compared, *within(now))
        sections.append(Section(experiment, runs[experiment.name], now, sentences, before, differences, command))
    return sections


def total_steps(names: Iterable[str]) -> int:
    """Steps that `simulate` will make."""
    return sum(e.parameters.time for e in _with_baselines([find(name) for name in names]))


def figure_of(recording: Recording) -> Figure:
    """Activity, raster and input of both populations of a run."""
    populations = [("p1", recording.s1, recording.I1), ("p2", recording.s2, recording.I2)]
    return population_activity(populations, dt=recording.parameters.dt)


def write_report(sections: list[Section], path: Path, *, seed: int) -> list[Path]:
    """Write the report to `path`, its figures as SVG and PNG into `figures` beside it; returns all paths."""
    written, images = [], {}
    for section in sections:
        name = section.experiment.name
        svg, files = save_figure(section.recording, path.parent / "figures" / name)
        images[name] = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
        written += files
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cnsproject.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["number"] = _number
    page = environment.get_template("report.html.j2").render(
        sections=sections, images=images, seed=seed, experiments=EXPERIMENTS, versions=_versions()
    )
    return [write_whole(path, lambda file: file.write(page.encode())), *written]


def save_figure(recording: Recording, stem: Path) -> tuple[bytes, list[Path]]:
    """Draw a run and write `stem.svg` and `stem.png`; returns the SVG too."""
    from matplotlib import pyplot as plt

    figure = figure_of(recording)
    contents = {}
    for kind in ("svg", "png"):
        # No date in the file: the same run gives the same bytes.
        metadata = {"Date": None} if kind == "svg" else None
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
        contents[kind] = buffer.getvalue()
    plt.close(figure)
    files = [
        write_whole(stem.with_name(f"{stem.name}.{kind}"), partial(_put, content)) for kind, content in contents.items()
    ]
    return contents["svg"], files


def _put(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def _with_baselines(wanted: list[Experiment]) -> list[Experiment]:
    needed = {e.name for e in wanted} | {e.baseline for e in wanted if e.baseline}
    return [e for name, e in EXPERIMENTS.items() if name in needed]


def _number(value: float | int | None) -> str:
    """A measured value for a table; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


def _versions() -> dict[str, str]:
    from cnsproject import __version__

    return {
        "cnsproject": __version__, "Python": platform.python_version(), "torch": torch.__version__,
        "numpy": np.__version__, "machine": f"{platform.system()} {platform.machine()}",
    }  # fmt: skip
