"""The HTML report, and that its sentences come from the runs."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnsproject.circumstances import versions
from cnsproject.experiments import REPORT3, run
from cnsproject.report import effects, measure, simulate, write_report
from cnsproject.report.maps import EFFECTS, Maps, maps
from cnsproject.report.sentences import within
from cnsproject.report.variants import variants


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(simulate(REPORT3, seed=1), folder / "report3.html", seed=1)
    return folder


@pytest.fixture(scope="module")
def found() -> Maps:
    return maps(seed=1)


class Page(HTMLParser):
    """Ids, links and image sources of a page; and that every tag that was opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.sources: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.sources += [values[name] for name in ("src",) if name in values]
        self.links += [values["href"]] if "href" in values else []
        if tag not in ("meta", "img", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_one_file_that_opens_offline(written: Path) -> None:
    text = (written / "report3.html").read_text()
    page = Page(text)
    assert page.open == []
    assert len(page.sources) == 9 + 2
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.sources)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids)) == 13 + 7  # with those of the dials
    assert not re.search(r"https?://(?!www\.w3\.org)", re.sub(r'src="data:[^"]*"', "", text))


def test_the_page_says_where_it_comes_from(written: Path) -> None:
    text = (written / "report3.html").read_text()
    (told,) = re.findall(r'<script type="application/json" id="provenance">(.*?)</script>', text, re.DOTALL)
    about = json.loads(told)
    assert about["seed"] == 1
    assert about["versions"] == dict(versions())
    assert {name: one["parameters"] for name, one in about["experiments"].items()} == {
        name: dataclasses.asdict(experiment.parameters) for name, experiment in REPORT3.items()
    }
    assert f"cnsproject {versions()['cnsproject']} · Python {versions()['python']} · torch" in text


def test_figures_are_also_files(written: Path) -> None:
    names = {path.name for path in (written / "figures").iterdir()}
    assert names == {f"{name}.{kind}" for name in (*REPORT3, "map_rate", "map_lag") for kind in ("svg", "png")}


def test_measured_values_differences_and_commands_are_there(written: Path) -> None:
    text = (written / "report3.html").read_text()
    section = text.split('<section id="tau_s">')[1].split("</section>")[0]
    for cells in (("first spike (step)", 568, 600), ("period (steps)", 73.2, 228), ("spikes per neuron", 13, 4)):
        assert "<tr><td>{}</td><td>{}</td><td>{}</td></tr>".format(*cells) in section
    assert "<code>tau_s1</code></td><td>10.0</td><td>50.0</td>" in section
    for name in REPORT3:
        assert f"cns run {name} --seed 1 --out out/{name}" in text


def test_the_same_run_writes_the_same_figures_without_the_extras(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("xarray", "zarr", "loky", "distributed"):  # `make report` installs none of them
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "cnsproject.sweeps.result", raising=False)
    write_report(simulate(["J"], seed=1), tmp_path / "report3.html", seed=1)
    for name in ("J.png", "map_rate.png", "map_lag.png"):
        assert (tmp_path / "figures" / name).read_bytes() == (written / "figures" / name).read_bytes()


def test_the_maps_hold_what_the_experiments_measure(found: Maps) -> None:
    """Where an experiment of the report stands on them, by its own run; what is said of them is counted there."""
    for name in ("connected", *EFFECTS):
        p, m = REPORT3[name].parameters, measure(run(REPORT3[name].parameters))
        place = round(2 * p.J1 * p.trace_scale1), round((p.tau_s1 - 2.0) / 2.0)
        assert np.allclose(found.rate[place], [m.p1.mean_rate, m.p2.mean_rate])
        assert found.lag[place][1] == pytest.approx(m.lag)
    first, *_, last = found.sentences()
    assert " at 202 of 500 places and more at 0; its lag is longer at 207 of 287 and shorter at 78." in first
    assert last.startswith(f"p2 is silent at {(found.rate[..., 1] == 0).sum()} of 525 places")
    turned = dataclasses.replace(found, rate=found.rate[::-1], lag=found.lag[::-1])
    assert (
        " at 0 of 500 places and more at 202; its lag is longer at 78 of 287 and shorter at 207."
        in turned.sentences()[0]
    )


def test_a_report_of_other_experiments_has_no_maps(tmp_path: Path) -> None:
    page, *figures = write_report(simulate(["isolated"], seed=1), tmp_path / "report3.html", seed=1)
    assert "#maps" not in page.read_text() and len(figures) == 2


def test_sentences_follow_the_parameters() -> None:
    """The same two sections with the change turned round say the opposite; with no change they say so."""
    base = REPORT3["connected"].parameters
    weak, strong = (measure(run(dataclasses.replace(base, J1=J))) for J in (2.0, 5.0))
    said, turned, same = effects(weak, strong), effects(strong, weak), effects(weak, weak)
    assert (
        said[1]
        == "p2 slows down, its period goes from 81.5 to 101.8 steps, and fires 9 spikes per neuron instead of 12."
    )
    assert (
        turned[1]
        == "p2 speeds up, its period goes from 101.8 to 81.5 steps, and fires 12 spikes per neuron instead of 9."
    )
    assert same[1] == "p2 keeps its period of 81.5 steps and still fires 12 spikes per neuron."
    assert said[2] == "p2 follows p1 later: after 47 steps on average instead of 25.8."
    assert turned[2] == "p2 follows p1 sooner: after 25.8 steps on average instead of 47."
    assert same[2] == "p2 follows p1 after 25.8 steps on average, as before."


def test_sentences_on_silence_and_order() -> None:
    base = REPORT3["connected"].parameters
    active, silenced = (measure(run(dataclasses.replace(base, J1=J))) for J in (2.0, 500.0))
    assert effects(active, silenced)[1] == "p2 falls silent; before it fired 12 spikes per neuron."
    assert effects(active, silenced)[2] == "No volley of p1 is answered by p2."
    assert effects(silenced, active)[1] == "p2 fires 12 spikes per neuron instead of 0."
    assert effects(silenced, active)[2] == "p2 now follows p1 after 25.8 steps on average."
    assert (
        within(active)[1]
        == "In the course of the run p2 falls behind p1: it follows after 9 steps at first and 36 steps at last."
    )
    assert len(within(silenced)) == 1
    assert within(silenced)[0] == "Within each population all neurons fire in the same steps."


def test_the_report_shows_what_a_changed_experiment_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dataclasses.replace(REPORT3["J"], parameters=dataclasses.replace(REPORT3["J"].parameters, J1=1.0))
    monkeypatch.setitem(REPORT3, "J", changed)
    (section,) = simulate(["J"], seed=1)
    assert "p2 speeds up" in section.sentences[1]
    text = write_report([section], tmp_path / "report3.html", seed=1)[0].read_text()
    assert section.sentences[1] in text


TURNED = """
const ended = () => [
  document.getElementById("measured-here").textContent,
  document.querySelectorAll("#drawn path.spikes")[1].getAttribute("d").split("M").length - 1,
];
const turn = (name, place) => {
  const dial = document.getElementById("dial-" + name);
  dial.value = place;
  dial.dispatchEvent(new Event("input"));
  return [dial.getAttribute("aria-valuetext"), ...ended()];
};
"""
FOUND = """[
  [...document.images].map(i => i.naturalWidth), document.documentElement.scrollWidth <= innerWidth,
  ended(), turn("J1", 4),
]"""


def test_a_browser_shows_it(written: Path, tmp_path: Path, need: Callable[[str], str]) -> None:
    """Headless, with a fresh profile: figures have a size, nothing overflows sideways, a dial shows another run."""
    script = f"<script>{TURNED} document.title = JSON.stringify({FOUND})</script>"
    page = tmp_path / "page.html"
    page.write_text((written / "report3.html").read_text().replace("</body>", script + "</body>"))
    done = subprocess.run(
        [need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=900,1200",
         "--virtual-time-budget=5000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    widths, fits, first, turned = json.loads(title.group(1))
    assert len(widths) == 9 + 2
    assert min(widths) > 300
    assert fits
    base = REPORT3["walkthrough"].parameters
    for (told, ticks), J1 in ((first, base.J1), (turned[1:], 5.0)):
        recording = run(dataclasses.replace(base, J1=J1))
        m = measure(recording)
        assert ticks == recording.s2.sum()
        assert f"p2 fires {m.p2.spikes_per_neuron:g} spikes per neuron" in told
        assert f"p2 follows p1 by {m.lag:.1f} steps".replace(".0 ", " ") in told
    assert turned[0] == "5 nA"


def test_the_dials_hold_every_combination() -> None:
    """In the order in which the page looks for it, those of the section itself among them."""
    base = REPORT3["walkthrough"].parameters
    told = variants(base, seed=1)
    names, values = ([dial[key] for dial in told["dials"]] for key in ("name", "values"))
    combinations = list(product(*values))
    assert len(combinations) == len(told["runs"])
    start = tuple(dial["values"][dial["start"]] for dial in told["dials"])
    assert start == tuple(getattr(base, name) for name in names)
    for chosen in (start, combinations[7], combinations[-1]):
        recording = run(base.changed({name: str(value) for name, value in zip(names, chosen, strict=True)}))
        drawn = told["runs"][combinations.index(chosen)]
        for spikes, volleys in zip((recording.s1, recording.s2), drawn["spikes"], strict=True):
            made = np.zeros_like(spikes)
            for step, *some in volleys:
                made[some or slice(None), step] = True
            assert np.array_equal(made, spikes)
        assert drawn["lag"] == measure(recording).lag
