"""The page of the course: all its phases simulated, in one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnsproject.circumstances import circumstances
from cnsproject.experiments import COURSE, Experiment, Outcome, choose
from cnsproject.report.write import embedded, save_figure, shown_versions, template
from cnsproject.storage import write_whole


@dataclass(frozen=True)
class Row:
    """A parameter on the page."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Phase:
    """A phase of the course, simulated."""

    experiment: Experiment
    outcome: Outcome
    command: str

    @property
    def heading(self) -> str:
        """Number and title."""
        return f"Phase {self.experiment.name.removeprefix('phase')}: {self.experiment.title}"

    @property
    def parameters(self) -> dict[str, list[Row]]:
        """What defines the run, in groups that have a name where there are several."""
        return parameters(self.experiment)


def phase_named(name: str) -> Experiment:
    """The phase of that name; raises UnknownNameError with the nearest one."""
    return choose(name, COURSE, "a phase of the course")


def simulate_course(names: Iterable[str], *, seed: int, progress: Callable[[int], object] | None = None) -> list[Phase]:
    """Run the named phases, in the order of the course; `progress` is called with the steps just made.

    Raises MissingExtraError before the first of them where one needs a package that is not installed.
    """
    wanted = {phase_named(name).name for name in names}
    chosen, phases = [one for name, one in COURSE.items() if name in wanted], []
    for experiment in chosen:
        experiment.ready()
    for experiment in chosen:
        given = f" --seed {seed}" if experiment.random else ""
        outcome = experiment.run(rng=seed if experiment.random else None, progress=progress)
        command = f"cns run {experiment.name}{given} --out out/{experiment.name}"
        phases.append(Phase(experiment, outcome, command))
    return phases


def course_steps(names: Iterable[str]) -> int:
    """Steps that `simulate_course` will make."""
    return sum(phase_named(name).steps for name in names)


def write_course(phases: list[Phase], path: Path, *, seed: int) -> list[Path]:
    """Write the page to `path`, its figures as SVG and PNG into `figures` beside it; returns all paths."""
    written, images = [], {}
    for phase in phases:
        name, about = phase.experiment.name, phase.outcome.provenance
        svg, files = save_figure(phase.outcome.figure(), path.parent / "figures" / name, about)
        images[name] = embedded(svg)
        written += files
    told = ("seed", "dt", "executor", "parameters")
    accounts = {p.experiment.name: {name: p.outcome.provenance[name] for name in told} for p in phases}
    page = template("course.html.j2").render(
        phases=phases,
        images=images,
        seed=seed,
        versions=shown_versions(),
        provenance={**circumstances(), "seed": seed, "experiments": accounts},
    )
    return [write_whole(path, lambda file: file.write(page.encode())), *written]


def parameters(experiment: Experiment) -> dict[str, list[Row]]:
    """What defines a run, with meanings, by groups: those that `settings` nests have the names of where they are."""
    meanings = experiment.meanings()
    groups: dict[str, list[Row]] = {}
    for group, name, value in _flat(experiment.settings(), ""):
        groups.setdefault(group, []).append(Row(name, value, meanings.get(name, "")))
    return groups


def _flat(settings: Mapping[str, Any], group: str) -> Iterator[tuple[str, str, str]]:
    """Group, name and value of all parameters."""
    for name, value in settings.items():
        inside = f"{group}, {name}" if group else name
        if isinstance(value, Mapping):
            yield from _flat(value, inside)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for one in value[0]:
                yield inside, one, _of_sets([each[one] for each in value])
        else:
            yield group, name, _text(value)


def _of_sets(values: list[Any]) -> str:
    """The value in the first set, and those of others that differ."""
    first, *others = values
    different = [f"{_text(v)} in set {k}" for k, v in enumerate(others, start=2) if v != first]
    return "; ".join([_text(first), *different])


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
