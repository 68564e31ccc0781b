"""What the documents say can be done: code runs, links lead somewhere, the house is drawn as it is."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def run_page(page: str, blocks: int) -> dict[str, object]:
    """Run the code of a page of the documents, so many blocks, from top to bottom; the names that it has defined."""
    found = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    assert len(found) == blocks
    names: dict[str, object] = {}
    for block in found:
        exec(block, names)
    return names


def test_code_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    plt.close("all")
    for block in blocks:
        exec(block, names)
    rheobase = "rheobase of AdEx: 1.49192 nA, silent under 1.49188 nA"
    assert capsys.readouterr().out == (
        "torch.Size([1500, 16]) spikes: 192\n2000 steps, cpu\n"
        f"{rheobase} (within 1000 ms, tolerance 0.001 nA, dt 0.1 ms)\n"
    )
    assert len(plt.get_fignums()) == 3
    plt.close("all")


def test_code_of_the_page_on_recording_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_page("recording.md", blocks=4)
    assert "1000 rows, 'run.zarr'" in capsys.readouterr().out
    assert not names["weak"][1].equal(names["strong"][1])  # type: ignore[index]


def test_code_of_the_page_on_sweeps_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plt.close("all")
    with pytest.warns(UserWarning, match="2 of 4 members failed"):
        run_page("sweeps.md", blocks=6)
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["8 Hz", "('member', 'population') 148.8 Hz", "[577. 599.  nan] [12.  9.  0.]"]
    assert said[4:7] == ["10.0 7", "20.0 3", "30.0 2"]
    assert said[-1].startswith("ParameterError: WhiteNoise.intensity: got -1")
    assert len(plt.get_fignums()) == 1
    plt.close("all")


def test_code_of_the_page_on_seeing_runs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_page("live.md", blocks=3)
    assert 1000.0 <= names["frames"][-1].time <= 1150.0  # type: ignore[index]
    size = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert size.keys() == {"live.png", "film.gif", "film.mp4"} and min(size.values()) > 10_000


def test_code_of_the_page_on_encoding_runs(capsys: pytest.CaptureFixture[str]) -> None:
    plt.close("all")
    run_page("encoding.md", blocks=3)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "off by 0.62 grey levels at most"
    assert [line.split(":")[0] for line in said[1:]] == [
        "PoissonEncoder", "Time2FirstSpikeEncoder", "PositionEncoder", "PhaseEncoder"
    ]  # fmt: skip
    assert len(plt.get_fignums()) == 2
    plt.close("all")


def test_code_of_the_page_on_convolution_runs(capsys: pytest.CaptureFixture[str]) -> None:
    plt.close("all")
    run_page("convolution.md", blocks=2)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("(2, 1, 5, 5) 25992 synapses, 50 weights; ")
    assert said[1].startswith("the mean weight goes from 2.")
    plt.close("all")


def test_code_of_the_page_on_features_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "features.md").read_text(), re.DOTALL)
    exec(block, {})
    assert capsys.readouterr().out == (
        "DoGFilter: 0.00\nGaborFilter: 0.94\nruns at 30°, wavelength 8.0 pixels, explains 1.000\n"
    )


def test_code_of_the_page_on_learning_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_page("learning.md", blocks=3)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("mean weight 1.00 -> ")
    assert said[1].startswith("window of STDP, a pair: most ")
    assert said[2:] == ["causal, then anticausal: [0.61, 0.41]", "[-0.025, 0.025, -0.025]"]


def test_code_of_the_page_on_decisions_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_page("decision.md", blocks=2)
    assert capsys.readouterr().out == "at most 1 of the maps at a place, 132 spikes\n[False, False, True, True]\n"


def test_code_of_the_page_on_the_explorer_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_page("explorer.md", blocks=1)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("neuron: ")
    assert said.count("") == 0
    assert "(('tau_s1', '10', '50'),)" in said[-1]
    assert [line for line in said if line.startswith("mean rate (Hz)")] == 2 * [
        next(line for line in str(names["shown"].numbers).splitlines() if line.startswith("mean rate"))  # type: ignore[attr-defined]
    ]


@pytest.mark.slow  # a network of its own is compiled
def test_code_of_the_page_on_networks_draws_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    plt.close("all")
    names = run_page("networks.md", blocks=3)
    shown = re.findall(r"!\[.*\]\((.*)\)", (ROOT / "docs" / "networks.md").read_text())
    assert len(plt.get_fignums()) == len(shown) == 3
    assert "1000 neurons in 2 layers, 100413 synapses in 6 connections" in capsys.readouterr().out
    column = names["column"]
    assert sum(layer.n for layer in column.layers.values()) == 77169  # type: ignore[attr-defined]
    assert all(c._wires is None for c in column.connections.values())  # type: ignore[attr-defined]
    plt.close("all")


def test_code_of_the_page_on_figures_draws_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    plt.close("all")
    with plt.rc_context():
        run_page("figures.md", blocks=9)
    shown = re.findall(r"!\[.*\]\((.*)\)", (ROOT / "docs" / "figures.md").read_text())
    assert len(plt.get_fignums()) == len(shown) == 8
    assert capsys.readouterr().out == "5133 intervals, mean 113 ms\n"
    plt.close("all")


def test_code_of_the_page_on_balance_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_page("balance.md", blocks=2)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("mean field: exc 33.89 Hz, measured 35.")
    assert said[1].startswith("balance of exc: excitation 87.")
    assert said[2].endswith("predicted a disc of 0.8339, one apart of size 1.095")
    assert said[4] == "2.0 ['SR', 'AI', 'AI', 'AI'] [327.0, 56.7, 37.9, 22.8]"


def test_code_of_the_page_on_the_microcircuit_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_page("microcircuit.md", blocks=2)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "L23E: 414 neurons, 4.7 Hz"
    assert said[7:] == ["L6I: 59 neurons, 11.8 Hz", "torch.Size([50, 97])"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        # What is made with the site is followed there (test_site.py).
        assert "://" in target or target.startswith(("made/", "reference/")) or (page.parent / target).exists(), target


def test_the_page_of_the_models_is_what_they_declare() -> None:
    """`cns models --markdown > docs/models.md` makes it anew."""
    from cnsproject.network.model_reference import page

    assert (ROOT / "docs" / "models.md").read_text() == page()


def test_the_house_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^\| `([\w.]+)/?` \|", (ROOT / "docs" / "house.md").read_text(), re.MULTILINE)
    there = {path.name for path in (ROOT / "src" / "cnsproject").iterdir() if not path.name.startswith("__")}
    assert set(drawn) == {name.rstrip("/") for name in there}


def test_versions_agree() -> None:
    import cnsproject

    assert f"\nversion: {cnsproject.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {cnsproject.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()
