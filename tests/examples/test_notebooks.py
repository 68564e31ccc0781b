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

# Lines that cells of the other notebooks print.
PRINTED: dict[str, dict[str, list[str]]] = {
    "lif_step": {
        "step": ["Spikes (ms): 43.7 57.5 71.3", "in three lines of Python: yes"],
        "strength": ["spikes: 0 at 1 nA, 0 at 1.4 nA, 5 at 1.6 nA", "Rheobase from the formula: 1.5 nA"],
        "curve": ["fires from 1.6 nA on", "At 2 nA the formula gives 72.13 Hz, the simulation 72.46 Hz"],
        "sets": ["With R = 5 MΩ the neuron is silent.", "24.04 instead of 72.46 Hz"],
    },
    "lif_noise": {"compare": ["I = 1.4 nA, sigma = 1.0:  30.15 Hz (Siegert formula  30.08 Hz), CV 0.50"]},
    "elif": {
        "step": ["Spikes (ms): 19.05 38.15", "The same as in Python: yes"],
        "plane": ["Rheobase from the formula: 1.3 nA", "rheobase of ELIF: 1.300"],
        "sets": ["First set: 52.56 Hz, by the integral 52.81 Hz"],
    },
    "aelif": {
        "step": ["spike at  13.05 ms, w = 0.20 nA"],
        "patterns": ["b = 0.0 nA: tonic", "b = 0.6 nA: adapting", "b = 0.4 nA: regular bursting"],
    },
    "phase4": {
        "winners": [
            "all may fire           spikes: [7, 11, 14, 18, 20], the same natively",
            "k = 1, held for 20 ms  spikes: [0, 0, 0, 0, 20], the same natively",
            "k = 2, held for 20 ms  spikes: [0, 0, 0, 18, 20], the same natively",
        ],
        "radius": ["radius 12:  118 spikes, more than two of each of 20 neurons"],
        "decision": ["exc2 wins: at 60 ms exc1 from 15.3 to 1.9 Hz, exc2 from 16.2 to 33.7 Hz."],
        "variants": ["exc2  33.7 Hz: exc2 wins", "no inhibition     exc1  94.7 Hz, exc2 130.1 Hz: nobody wins"],
    },
    "brunel": {
        "net": ["nu_thr = 10 Hz; layers ['exc', 'inh']"],
        "rates": ["mean field: exc 41.29 Hz, measured 42.03 Hz"],
        "balance": ["ratio 1.169, correlation 0.89, inhibition follows after 0.1 ms"],
        "eigenvalues": ["1.714 mV, predicted a disc of 1.39 mV"],
        "diagram": ["B, SI, fast (g = 6, drive 4): ", "At the 7 points where theory finds a stable state"],
        "paper": ["fast  SI: 55.8 Hz, 188 Hz", "AI    AI: 37.9 Hz", "slow  SI: 6.5 Hz, 29 Hz"],
    },
    "digits": {
        "train": ["0: 4 neurons answer, neuron 2 most", "4: 3 neurons answer, neuron 3 most"],
        "digits": ["of the digits held out are recognised", "guessing gives 10 %"],
    },
    "phase5": {
        "codes": ["The same latencies as by hand: yes", "it fires 20.0 times"],
        "network": ["By hand and natively the same: yes", "off by 0.38 grey levels"],
        "encoding": ["portrait: the code by phase is off by 0 grey levels"],
    },
    "phase8": {
        "kernels": [
            "45°  answers by 0.00 to an even surface, by 61.7",
            "135° answers by 0.00 to an even surface, by 12.5",
        ],
        "filtering": ["Gabor 90° answers most to the portrait"],
    },
    "phase10": {
        "patches": ["112 of 450 cells fire at the first patch"],
        "orientation": ["DoG        0.00", "Gabor      0.89", "theta of the Gabor function: 0.50"],
        "features": ["Orientation of the 16 kernels learned from natural patches: 0.5"],
    },
    "phase1": {"curve": ["At 2 nA: 72.5 Hz"], "sets": ["step: With R = 5 MΩ the neuron is silent."]},
    "phase2": {"models": ["LIF: fires from 1.50 nA on"], "sets": ["AELIF fires less than ELIF in 7 of 7 sets."]},
    "phase3": {"build": ["4 connections, 50000 synapses"], "patterns": ["Neurons fire most in synchrony where"]},
    "phase6": {"net": ["neuron 1: mean weight"], "learning": ["each has a pattern of its own"]},
    "phase7": {
        "one": ["tau_c = 20 ms: the weight goes from"],
        "learning": ["R-STDP: neuron 1 answers to A (selectivity 1.00) and neuron 2 answers to B (selectivity -1.00)"],
    },
    "sweeps": {
        "claims": ["larger J1: the rate of p2 grows 0 and shrinks 202 of 500 times"],
        "lag": ["at the report's values: 25.8 and 47.0 ms", "grows 207 and shrinks 78 of 287 times"],
        "apart": ["larger trace_scale1: first grows 258 and shrinks 0 of 310 times"],
        "scale": ["1053 numbers of members with the same J1 * trace_scale1 compared: all the same"],
        "silence": ["229 of 525 members, those that theory says"],
    },
    "phase9": {
        "conv": ["Shape of post: (3, 5, 6)", "The same as conv2d: yes", "expected shape (3, 5, 6) over (2, 10, 12)"],
        "pool": ["first_spike  [1.0, 0.0, 0.0, 0.0, 1.0]", "rate         [1.0, 0.0, 1.0, 1.0, 0.0]"],
        "filters": ["r = 0.83 to 0.94"],
        "shift": ["windows of 1 x 1: r = 0.35", "windows of 8 x 8: r = 0.85"],
        "learn": ["map 0: row 2 has ", "map 1: row 0 has "],
    },
}
PICTURES = {
    "lif_step": ["potential", "strength", "curve", "sets"],
    "lif_noise": ["potential", "sets"],
    "elif": ["plane", "compare", "sets"],
    "aelif": ["response", "curve", "sets", "patterns"],
    "phase4": ["radius", "decision"],
    "brunel": ["rates", "balance", "eigenvalues", "diagram"],
    "digits": ["train", "digits"],
    "phase5": ["encoding"],
    "phase8": ["kernels", "filtering"],
    "phase10": ["patches", "learning", "features"],
    "phase1": ["steps", "curve", "sets"],
    "phase2": ["noise", "sets"],
    "phase3": ["raster", "patterns"],
    "phase6": ["window", "weights", "learning"],
    "phase7": ["learning"],
    "phase9": ["filters", "learn"],
    "sweeps": ["rates", "lag", "distance", "silence"],
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
    assert {path.stem for path in NOTEBOOKS} == set(FIGURES) | set(PRINTED)


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


def ways_to_run() -> list[object]:
    """Each notebook as installed, and those with figures to zoom without ipympl too; one of them is a quick test."""
    return [
        pytest.param(path, start, id=f"{path.stem} {name}", marks=[] if quick else [pytest.mark.slow])
        for path in NOTEBOOKS
        for name, start, quick in (
            ("as installed", START, path.stem == "report3"),
            ("inline", START_WITHOUT_IPYMPL, False),
        )
        if path.stem in FIGURES or start == START
    ]


@pytest.mark.parametrize(("path", "start"), ways_to_run())
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
    for name, lines in PRINTED.get(path.stem, {}).items():
        for line in lines:
            assert line in printed(cells[name])
    if path.stem in PICTURES:
        assert [name for name, cell in cells.items() if len(figures(cell)) == 1] == PICTURES[path.stem]
    if path.stem == "report3":
        trains = json.loads(printed(cells["last"]))
        for name, expected in SPIKES.items():
            assert trains[name] == [expected["p1_spike_steps"], expected["p2_spike_steps"]]
        assert [line.split()[0] for line in printed(cells["summary"]).splitlines()[2:]] == list(trains)
