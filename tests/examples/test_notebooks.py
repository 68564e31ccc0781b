"""The notebooks in examples/ are stored clean, run without a word on stderr, and print the numbers they should."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

import cnsproject

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
SPIKES = json.loads((ROOT / "tests" / "report" / "expected.json").read_text())

# Cells that draw a figure, with lines they print. All times are in ms.
FIGURES: dict[str, dict[str, list[str]]] = {
    "report3": {
        "walkthrough": ["p1: first spike 568.0", "p2: first spike 577.0", "first 9.0 ms, last 36.0 ms"],
        "potential": ["neurons of p1 spike in the same steps: yes", "neurons of p2 spike in the same steps: yes"],
        "isolated": ["p1: first spike 568.0 ms, mean interval 69.0", "p2: first spike 568.0 ms, mean interval 69.0"],
        "connected": [
            "p1: first spike 568.0 ms, mean interval 79.0 ms, 12.0 spikes per neuron, rate 8.0 Hz",
            "p1: mean interval 10 ms longer; spikes per neuron 2 fewer",
            "small network in section 1: yes",
            "Lags (ms): 9 13 17 21 24 27 29 31 33 34 35 36\n",
        ],
        "tau-s": ["p2: first spike 600.0 ms, mean interval 228.0 ms, 4.0 spikes", "p1: mean interval 5.83 ms shorter"],
        "trace-scale": ["p2: first spike 605.0 ms", "first 37.0 ms, last 59.0 ms", "8.0 spikes per neuron"],
        "coupling": ["p2: first spike 599.0 ms", "first 31.0 ms, last 61.0 ms, mean 47.0 ms"],
        "excitatory": ["p1: first spike 507.0 ms", "142.0 spikes per neuron", "spikes per neuron 17 more"],
        "random-input": ["p1: first spike "],
        "two-random-currents": ["p1: first spike "],
    }
}

# Run after the last cell of a notebook. pyplot must hold no figure: those it keeps add up when cells are run again.
LAST_CELLS = {
    "report3": """
import json
assert plt.get_fignums() == []
trains = {name: [volleys(run.s1).tolist(), volleys(run.s2).tolist()] for name, run in runs.items()}
print(json.dumps(trains))
"""
}

START = "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
# None in sys.modules makes find_spec() and import behave as if the package were not installed.
START_WITHOUT_IPYMPL = "import sys; sys.modules['ipympl'] = None; " + START
HAS_IPYMPL = importlib.util.find_spec("ipympl") is not None


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def execute(path: Path, folder: Path, patch: pytest.MonkeyPatch, start: str) -> NotebookNode:
    """Run a copy in `folder`, with this interpreter, this package and no settings of the user's."""
    spec = {
        "argv": [sys.executable, "-c", start, "-f", "{connection_file}"],
        "display_name": "This interpreter",
        "language": "python",
        "env": {
            "PYTHONPATH": os.pathsep.join(
                [str(Path(cnsproject.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
            ),
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONWARNINGS": "",  # what a reader of the notebook would see, whatever the caller of the tests has set
        },
    }
    kernel = folder / "jupyter" / "kernels" / "this-interpreter"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(spec))
    patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
    patch.setenv("JUPYTER_CONFIG_DIR", str(folder / "config"))
    patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
    notebook = read(path)
    if path.stem in LAST_CELLS:
        notebook.cells.append(nbformat.v4.new_code_cell(LAST_CELLS[path.stem], id="last"))
    client = NotebookClient(
        notebook, kernel_name="this-interpreter", timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def printed(cell: NotebookNode, stream: str = "stdout") -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == stream)


def figures(cell: NotebookNode) -> list[set[str]]:
    """The formats of each picture a cell gave."""
    shown = [set(o.data) for o in cell.outputs if o.output_type in ("display_data", "execute_result")]
    return [formats for formats in shown if "image/png" in formats]


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= set(FIGURES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_clean(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        assert cell.metadata == {}
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", cell.id), "ids are words, so that diffs stay readable"
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize(
    "start",
    [pytest.param(START, id="as installed"), pytest.param(START_WITHOUT_IPYMPL, id="inline", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path: Path, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = execute(path, tmp_path, monkeypatch, start)
    cells = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    assert {name: printed(cell, "stderr") for name, cell in cells.items() if printed(cell, "stderr")} == {}

    widget = HAS_IPYMPL and start == START
    for name, lines in FIGURES.get(path.stem, {}).items():
        (formats,) = figures(cells[name])
        assert ("application/vnd.jupyter.widget-view+json" in formats) == widget
        for line in lines:
            assert line in printed(cells[name])
    if path.stem == "report3":
        trains = json.loads(printed(cells["last"]))
        for name, expected in SPIKES.items():
            assert trains[name] == [expected["p1_spike_steps"], expected["p2_spike_steps"]]
        assert [line.split()[0] for line in printed(cells["summary"]).splitlines()[2:]] == list(trains)
