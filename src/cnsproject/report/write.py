"""Simulate the experiments, draw their figures, and write one HTML file with everything in it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import jinja2

from cnsproject.circumstances import circumstances, machine, versions
from cnsproject.experiments import REPORT3, Recording, TwoPopulations, choose
from cnsproject.experiments.measures import Measures, measure
from cnsproject.report.maps import COMMAND, EFFECTS, Maps, maps
from cnsproject.report.sentences import effects, within
from cnsproject.report.variants import variants
from cnsproject.storage import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = list(REPORT3)


@dataclass(frozen=True)
class Section:
    """One experiment of the report, simulated and measured."""

    experiment: TwoPopulations
    recording: Recording
    measures: Measures
    sentences: tuple[str, ...]
    before: TwoPopulations | None  # the section before it in the report's order
    differences: Mapping[str, tuple[Any, Any]]  # name: (value there, value here)
    command: str


def section_named(name: str) -> TwoPopulations:
    """The section of that name; raises UnknownNameError with the nearest one."""
    return choose(name, REPORT3, "one of the report's nine")


def simulate(names: Iterable[str], *, seed: int, progress: Callable[[int], object] | None = None) -> list[Section]:
    """Run the named experiments, and those they are compared with, each once.

    `progress` is called with the number of steps just made; `total_steps` says how many there will be.
    """
    wanted = [section_named(name) for name in names]
    runs = {e.name: e.run(rng=seed, progress=progress) for e in _with_baselines(wanted)}
    measures = {name: measure(recording) for name, recording in runs.items()}
    sections = []
    for experiment in wanted:
        index = _NAMES.index(experiment.name)
        before = REPORT3[_NAMES[index - 1]] if index else None
        now = measures[experiment.name]
        compared = effects(measures[experiment.baseline], now) if experiment.baseline else []
        differences = experiment.parameters.differences(before.parameters) if before else {}
        command = f"cns run {experiment.name} --seed {seed} --out out/{experiment.name}"
        sentences = (*compared, *within(now))
        sections.append(Section(experiment, runs[experiment.name], now, sentences, before, differences, command))
    return sections


def total_steps(names: Iterable[str]) -> int:
    """Steps that `simulate` will make."""
    return sum(e.steps for e in _with_baselines([section_named(name) for name in names]))


def write_report(sections: list[Section], path: Path, *, seed: int) -> list[Path]:
    """Write the report to `path`, its figures as SVG and PNG into `figures` beside it; returns all paths."""
    written, images = [], {}
    for section in sections:
        name = section.experiment.name
        svg, files = save_figure(
            section.recording.figure(), path.parent / "figures" / name, section.recording.provenance
        )
        images[name] = embedded(svg)
        written += files
    drawn = maps(seed) if any(section.experiment.name in EFFECTS for section in sections) else None
    pictures, files = _drawn(drawn, path.parent / "figures", seed)
    written += files
    page = template("report.html.j2").render(
        sections=sections,
        variants=_variants(sections, seed),
        images=images,
        maps=drawn,
        maps_of=pictures,
        maps_command=f"{COMMAND} --seed {seed}",
        seed=seed,
        experiments=REPORT3,
        versions=shown_versions(),
        provenance={**circumstances(), "seed": seed, "experiments": _accounts(sections)},
    )
    return [write_whole(path, lambda file: file.write(page.encode())), *written]


def _variants(sections: list[Section], seed: int) -> dict[str, Any] | None:
    """What the dials beside the first figure need; None where there is nothing to turn."""
    parameters = sections[0].experiment.parameters
    return variants(parameters, seed) if parameters.connected else None


def _drawn(found: Maps | None, folder: Path, seed: int) -> tuple[dict[str, str], list[Path]]:
    """The maps as addresses of pictures, and the files that they are in."""
    images, written = {}, []
    if found is not None:
        own = {"experiment": "connected over J1 and tau_s1", "seed": seed, "executor": found.executor}
        for name, figure in found.figures().items():
            svg, files = save_figure(figure, folder / f"map_{name}", {**circumstances(), **own})
            images[name] = embedded(svg)
            written += files
    return images, written


def template(name: str) -> jinja2.Template:
    """A page of ours to fill in; what it is not given is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cnsproject.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"number": _number, "cell": _cell}
    return environment.get_template(name)


def embedded(svg: bytes) -> str:
    """A picture as the address that a page has it under."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def save_figure(figure: Figure, stem: Path, provenance: Mapping[str, Any]) -> tuple[bytes, list[Path]]:
    """Write a figure as `stem.svg` and `stem.png` and close it; returns the SVG too.

    Of the provenance of an outcome, title and description of the files tell experiment, seed, executor and versions.
    """
    from matplotlib import pyplot as plt

    contents = {}
    for kind in ("svg", "png"):
        # No date in the file: the same run gives the same bytes.
        metadata = _metadata(provenance) | ({"Date": None} if kind == "svg" else {})
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
        contents[kind] = buffer.getvalue()
    plt.close(figure)
    files = [
        write_whole(stem.with_name(f"{stem.name}.{kind}"), partial(_put, content)) for kind, content in contents.items()
    ]
    return contents["svg"], files


def _metadata(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What pictures have in them, by the names that both formats know."""
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    described = f"seed {provenance['seed']}, executor {provenance['executor']}, {versions}"
    return {"Title": f"cnsproject: {provenance['experiment']}", "Description": described}


def _accounts(sections: Iterable[Section]) -> dict[str, Any]:
    """What decides the result of every section."""
    told = ("seed", "dt", "executor", "parameters")
    return {s.experiment.name: {name: s.recording.provenance[name] for name in told} for s in sections}


def shown_versions() -> dict[str, str | None]:
    """The line at the foot of the page."""
    found, here = versions(), machine()
    return {
        "cnsproject": found["cnsproject"], "Python": found["python"], "torch": found["torch"],
        "numpy": found["numpy"], "machine": f"{here['system']} {here['architecture']}",
    }  # fmt: skip


def _put(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def _with_baselines(wanted: list[TwoPopulations]) -> list[TwoPopulations]:
    needed = {e.name for e in wanted} | {e.baseline for e in wanted if e.baseline}
    return [e for name, e in REPORT3.items() if name in needed]


def _number(value: float | int | None) -> str:
    """A measured value for a table; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}".removesuffix(".0")


def _cell(value: str | float | None) -> str:
    """What stands in a table; a dash where there is nothing."""
    return "–" if value is None else value if isinstance(value, str) else f"{value:.4g}"
