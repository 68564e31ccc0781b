"""The page of the course, made of short runs of all phases."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.report.test_html import Page

from cnsproject.circumstances import versions
from cnsproject.errors import UnknownNameError
from cnsproject.experiments import COURSE, TASKS, Experiment
from cnsproject.report import Phase, phase_named, simulate_course, write_course
from cnsproject.report.course import course_steps, parameters

SHORT: Mapping[str, Mapping[str, str]] = {
    "phase5": {"size": "8", "time": "24", "dt": "1"},
    "phase8": {"size": "12", "time": "24", "dt": "1", "kernel": "7"},
}
"""The phases whose page is made, and what makes them short."""


@pytest.fixture(scope="module")
def phases() -> list[Phase]:
    with pytest.MonkeyPatch.context() as patch:
        for name, settings in SHORT.items():
            patch.setitem(COURSE, name, COURSE[name].changed(settings))
        return simulate_course(reversed(SHORT), seed=3)


@pytest.fixture(scope="module")
def written(phases: list[Phase], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    write_course(phases, folder / "course.html", seed=3)
    return folder


def test_the_phases_are_in_the_order_of_the_course(phases: list[Phase]) -> None:
    numbers = [int(name.removeprefix("phase")) for name in COURSE if name.startswith("phase")]
    assert numbers == sorted(numbers)
    assert [phase.experiment.name for phase in phases] == list(SHORT)
    assert phases[0].heading == "Phase 5: Images as spikes"


def test_one_file_that_opens_offline(written: Path) -> None:
    text = (written / "course.html").read_text()
    page = Page(text)
    assert page.open == []
    assert len(page.sources) == len(SHORT)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.sources)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert page.ids == [*SHORT, "commands", "provenance"]
    assert not re.search(r"https?://(?!www\.w3\.org)", re.sub(r'src="data:[^"]*"', "", text))
    assert {path.name for path in (written / "figures").iterdir()} == {
        f"{n}.{k}" for n in SHORT for k in ("svg", "png")
    }


def test_what_was_measured_and_said_is_there(written: Path, phases: list[Phase]) -> None:
    sections = (written / "course.html").read_text().split("<section ")[1:]
    for phase, section in zip(phases, sections, strict=False):
        assert section.startswith(f'id="{phase.experiment.name}"')
        table = phase.outcome.table()
        assert section.count("<tr>") == 1 + len(table.rows) + sum(map(len, phase.parameters.values()))
        assert f"<td>{table.rows[0][0]}</td>" in section
        assert section.count("<li>") == len(phase.outcome.sentences())
        assert f"cns run {phase.experiment.name} --seed 3 --out" in sections[-1]


def test_the_page_says_where_it_comes_from(written: Path, phases: list[Phase]) -> None:
    text = (written / "course.html").read_text()
    (told,) = re.findall(r'<script type="application/json" id="provenance">(.*?)</script>', text, re.DOTALL)
    about = json.loads(told)
    assert about["seed"] == 3
    assert about["versions"] == dict(versions())
    for phase in phases:
        assert about["experiments"][phase.experiment.name]["parameters"] == phase.experiment.settings()


@pytest.mark.parametrize("experiment", [*COURSE.values(), *TASKS.values()], ids=lambda e: e.name)
def test_every_parameter_has_a_meaning(experiment: Experiment) -> None:
    rows = [row for group in parameters(experiment).values() for row in group]
    assert rows
    assert [row.name for row in rows if not row.meaning] == []


def test_parameters_of_sets_say_where_they_differ() -> None:
    groups = parameters(COURSE["phase1"])
    assert list(groups) == ["step, sets", "step, protocol", "noise, sets", "noise, protocol"]
    (row,) = [row for row in groups["step, sets"] if row.name == "tau"]
    assert (row.value, row.meaning) == ("10; 30 in set 4", "membrane time constant, R*C (ms)")


def test_unknown_phases_and_progress() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'phase3'"):
        phase_named("phase33")
    assert course_steps(["phase6", "phase3"]) == COURSE["phase6"].steps + COURSE["phase3"].steps
