"""The command line as a person uses it: real processes for the ways in, one process for the many cases."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cnsproject import LIFPopulation, Monitor, Network, cli
from cnsproject.experiments import EXPERIMENTS
from cnsproject.storage import load_arrays


def cns(*words: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["cns", *map(str, words)])
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_run_writes_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dir"
    words = ("run", "connected", "--J1", "5", "--set", "tau_s1=50", "--threshold=-56", "--seed", 3, "--out", folder)
    code, out, _ = cns(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert out.splitlines()[1].split()[:3] == ["first", "spike", "(step)"]
    assert {p.name for p in folder.iterdir()} == {"figure.svg", "figure.png", "recordings.npz", "parameters.json"}
    record = json.loads((folder / "parameters.json").read_text())
    assert record["seed"] == 3
    assert record["parameters"]["J1"] == 5.0
    assert record["parameters"]["tau_s1"] == 50.0
    assert record["parameters"]["J2"] == 2.0
    assert record["parameters"]["threshold"] == -56.0
    arrays = load_arrays(folder / "recordings.npz")
    assert arrays["s1"].shape == (16, 1500)
    assert arrays["u2"].shape == (1500, 4)
    assert not arrays["s2"].any()
    before = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    code, _, err = cns(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 2
    assert "--force" in err
    assert before == {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert cns(*words, "--force", capsys=capsys, monkeypatch=monkeypatch)[0] == 0


def test_a_seed_decides_the_random_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    currents = []
    for index, seed in enumerate((3, 3, 4)):
        words = ("run", "two_random_currents", "--seed", seed, "--out", tmp_path / str(index))
        assert cns(*words, capsys=capsys, monkeypatch=monkeypatch)[0] == 0
        currents.append(load_arrays(tmp_path / str(index) / "recordings.npz"))
    assert np.array_equal(currents[0]["I1"], currents[1]["I1"])
    assert not np.array_equal(currents[0]["I1"], currents[2]["I1"])
    assert not np.array_equal(currents[0]["I1"], currents[0]["I2"])


def test_a_single_neuron(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    short = ("--set", "fi_time=400", "--set", "points=4", "--set", "tau=20")
    words = ("run", "lif-step", *short, "--out", tmp_path / "dir")
    code, out, _ = cns(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert "With R = 5 MΩ the neuron is silent." in out
    files = {p.name for p in (tmp_path / "dir").iterdir()}
    assert files == {"figure.svg", "figure.png", "recordings.npz", "parameters.json"}
    record = json.loads((tmp_path / "dir" / "parameters.json").read_text())
    assert (record["seed"], record["executor"]) == (None, "cpu")
    assert [one["tau"] for one in record["parameters"]["sets"]] == [20, 20, 20, 30, 20, 20]
    assert record["parameters"]["protocol"]["points"] == 4
    arrays = load_arrays(tmp_path / "dir" / "recordings.npz")
    assert arrays["u"].shape == arrays["I"].shape == (3000, 6)
    assert arrays["rates"].shape == (6, 4)
    assert cns(*words, capsys=capsys, monkeypatch=monkeypatch)[0] == 2
    code, again, _ = cns(*words, "--force", "--executor", "eager", capsys=capsys, monkeypatch=monkeypatch)
    assert (code, again) == (0, out)


@pytest.mark.slow
def test_noise_of_a_single_neuron(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = ("--set", "fi_time=400", "--set", "points=4", "--set", "trials=1", "--set", "duration=40")
    for index, seed in enumerate((3, 3, 4)):
        words = ("run", "lif-noise", *short, "--seed", seed, "--out", tmp_path / str(index))
        assert cns(*words, capsys=capsys, monkeypatch=monkeypatch)[0] == 0
    first, same, other = (load_arrays(tmp_path / name / "recordings.npz") for name in "012")
    assert np.array_equal(first["u"], same["u"])
    assert not np.array_equal(first["u"], other["u"])
    pictures = [(tmp_path / name / "figure.png").read_bytes() for name in "01"]
    assert pictures[0] == pictures[1]


def test_without_a_seed_one_is_drawn_and_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cns("run", "random_input", "--out", tmp_path / "a", capsys=capsys, monkeypatch=monkeypatch)
    seed = json.loads((tmp_path / "a" / "parameters.json").read_text())["seed"]
    cns("run", "random_input", "--seed", seed, "--out", tmp_path / "b", capsys=capsys, monkeypatch=monkeypatch)
    first, second = (load_arrays(tmp_path / name / "recordings.npz") for name in "ab")
    assert np.array_equal(first["I1"], second["I1"])


@pytest.mark.parametrize("name", ["phase5", "phase8", pytest.param("phase9", marks=pytest.mark.slow)])
def test_images(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    short = ("--set", "size=16", "--set", "time=16", "--set", "dt=1", "--seed", "2")
    code, out, _ = cns("run", name, *short, "--out", tmp_path / "dir", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    says = {"phase5": "off by 0 grey levels", "phase8": "answers most to the portrait", "phase9": "by the convolution"}
    assert says[name] in out
    files = {p.name for p in (tmp_path / "dir").iterdir()}
    assert files == {"figure.svg", "figure.png", "recordings.npz", "parameters.json"}
    record = json.loads((tmp_path / "dir" / "parameters.json").read_text())
    assert (record["seed"], record["parameters"]["size"]) == (2, 16)


def test_a_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("run", "--seed", "1", "phase4", "--dt", "0.5", "--out", tmp_path / "dir", "--J_ie=5")
    code, out, _ = cns(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0 and "exc2 wins: at 60 ms" in out
    assert load_arrays(tmp_path / "dir" / "recordings.npz")["spikes_inh"].shape == (50, 400)


MISTAKES = [
    (("run", "conected"), "did you mean 'connected'?"),
    (("run", "connected", "--set", "tau_s3=1"), "did you mean 'tau_s2'?"),
    (("run", "connected", "--set", "j1=1"), "did you mean 'J1'?"),
    (("run", "connected", "--set", "J1"), "NAME=VALUE"),
    (("run", "connected", "--set", "J1=strong"), "a number"),
    (("run", "connected", "--set", "neurons=2.5"), "a whole number"),
    (("run", "connected", "--set", "sign=2"), "-1 or 1"),
    (("run", "connected", "--set", "connected=perhaps"), "true or false"),
    (("run", "connected", "--set", "dt=-1"), "dt"),
    (("run", "connected", "--tau_s3", "1"), "did you mean '--tau_s2'?"),
    (("run", "connected", "--j1=1"), "did you mean '--J1'?"),
    (("run", "connected", "--sed", "3"), "did you mean '--seed'?"),
    (("run", "connected", "--zzz", "3"), "choose one of time, scale"),
    (("run", "connected", "--J1"), "--J1 without a value"),
    (("run", "connected", "--J1", "--J2", "3"), "--J1 without a value"),
    (("run", "connected", "--J1", "--force"), "--J1 without a value"),
    (("run", "connected", "--sign", "-2"), "-1 or 1"),
    (("run", "connected", "--J1", "strong"), "write --J1 VALUE"),
    (("run", "connected", "--J1", "5", "--set", "J1=6"), "got '6' and '5', expected one value"),
    (("run", "connected", "--J1", "5", "--J1=5"), "expected one value"),
    (("run", "connected", "--set", "J1=5", "--set", "J1=6"), "expected one value"),
    (("run", "connected", "J1", "5"), "options after the experiment"),
    (("run", "connected", "-J1", "5"), "options after the experiment"),
    (("run", "--J1", "5", "connected"), "first the experiment"),
    (("run", "brunel", "--g", "-1"), "write --g 4.5,5,6"),
    (("run", "lif-stepp"), "did you mean 'lif-step'?"),
    (("run", "lif-step", "--seed", "3"), "nothing in this experiment is random"),
    (("run", "lif-step", "--set", "taus=3"), "did you mean 'tau'?"),
    (("run", "lif-step", "--set", "tau=0"), "tau"),
    (("run", "lif-step", "--executor", "gpu"), "gpu"),
    (("run", "aelif", "--set", "points=2.5"), "a whole number"),
    (("report", "--only", "lif-step"), "one of the report's nine"),
    (("report", "--only", "J,tau"), "did you mean 'tau_s'?"),
    (("models", "Izhikevitch"), "did you mean 'Izhikevich'?"),
]


@pytest.mark.parametrize(("words", "says"), MISTAKES, ids=[" ".join(w) for w, _ in MISTAKES])
def test_mistakes_are_one_line_and_exit_code_2(
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = cns(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 2
    message = [line for line in err.splitlines() if line.startswith("cns: ")]
    assert len(message) == 1
    assert says in message[0]
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_report_of_some_sections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = cns("report", "--only", "J,tau_s", "--out", tmp_path, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert str(tmp_path / "report3.html") in out.replace("\n", "")
    text = (tmp_path / "report3.html").read_text()
    assert '<section id="J">' in text
    assert '<section id="connected">' not in text


def test_list_and_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = cns("list", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert all(name in out for name in EXPERIMENTS) and "cns sweep NAME" in out
    code, out, _ = cns("--help", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert all(command in out for command in ("list", "run", "report", "models"))


def test_help_lists_the_parameters(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """All of every experiment with a meaning, and none that has the name of another option of the command."""
    shared = cns("run", "--help", capsys=capsys, monkeypatch=monkeypatch)[1]
    own = re.findall(r"^  (--\w+)", shared, re.MULTILINE)
    assert len(own) == 7
    for name, experiment in EXPERIMENTS.items():
        code, out, _ = cns("run", name, "--help", capsys=capsys, monkeypatch=monkeypatch)
        assert code == 0 and out.startswith(shared)
        told = re.findall(r"^  --(\w+) ", out.removeprefix(shared), re.MULTILINE)
        assert set(told) == set(experiment.meanings()) and not set(own) & {f"--{one}" for one in told}
        assert out.count("[default:") == len(told)
    assert "--J1 " in cns("run", "--help", "connected", capsys=capsys, monkeypatch=monkeypatch)[1]
    out = " ".join(cns("run", "phase1", "--help", capsys=capsys, monkeypatch=monkeypatch)[1].split())
    assert "Parameters of phase1 (step, sets):" in out
    assert "--tau membrane time constant, R*C (ms) [default: 10; 30 in set 4]" in out
    assert cns("run", "conected", "--help", capsys=capsys, monkeypatch=monkeypatch)[0] == 2


def test_models(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = cns("models", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert all(name in out for name in ("LIF", "AELIF", "HodgkinHuxley", "Poisson", "Brette & Gerstner 2005"))
    code, out, _ = cns("models", "AELIFPopulation", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 0
    assert "dw/dt = (a*(u - u_rest) - w) / tau_w" in out
    code, out, _ = cns("models", "lif", "--markdown", capsys=capsys, monkeypatch=monkeypatch)
    assert out.startswith("## LIF\n")


def test_as_a_process() -> None:
    """The installed entry point, with warnings as errors."""
    command = [sys.executable, "-W", "error", "-c", "from cnsproject.cli import main; main()", "run", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_after_warming_nothing_is_left_to_print(tmp_path: Path) -> None:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", "from cnsproject.cli import main; main()"]
    subprocess.run([*command, "warm"], env=environment, check=True, capture_output=True)
    files = sorted(tmp_path.rglob("*.*"))
    by_hand = [path for path in tmp_path.glob("hand_*.py") if "du/dt" in path.read_text()]
    # LIF: precision, scheme, refractory or not, trace added, set or none, jump; the other models: precision, jump, and
    # those with a reset refractory or not.
    assert len(by_hand) == 2 * 2 * 2 * 3 * 2 + 2 * 2 * (5 * 2 + 2)
    assert all(list(tmp_path.glob(f"__pycache__/{path.stem}.*.nbi")) for path in by_hand)
    run = [*command, "run", "connected", "--executor", "cpu", "--out", str(tmp_path.parent / "out")]
    subprocess.run(run, env=environment, check=True, capture_output=True)
    loop = "import cnsproject as cns; p = cns.HHPopulation(5, dt=0.05); p.forward(10.0); p.forward(10.0, jump=1.0)"
    subprocess.run([sys.executable, "-c", loop], env=environment, check=True, capture_output=True)
    assert sorted(tmp_path.rglob("*.*")) == files


def test_resume_goes_on_with_a_saved_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def network() -> Network:
        net = Network(dt=0.5, seed=1)
        net.add_layer(LIFPopulation(5, R=8.0, tau=12.0), "cells")
        net.add_monitor(Monitor(net.layers["cells"], ["u"]), "cells")
        return net

    def stop(made: int, _: int) -> None:
        if made > 50:
            raise KeyboardInterrupt

    whole, net, path = network(), network(), tmp_path / "run.cns"
    whole.run(60, {"cells": 2.5})
    with pytest.raises(KeyboardInterrupt):
        net.run(50, {"cells": 2.5}, executor="eager", progress=stop, checkpoint_every=10, checkpoint=path)
    code, out, _ = cns("resume", path, capsys=capsys, monkeypatch=monkeypatch)
    assert (code, out.strip()) == (0, f"cells at 50 ms; written to {path}")
    code, _, err = cns("resume", path, capsys=capsys, monkeypatch=monkeypatch)
    assert code == 2
    assert "say how long" in err
    finished = Network.load(path)
    finished.run(10, {"cells": 2.5})
    assert torch.equal(whole.monitors["cells"].get("u"), finished.monitors["cells"].get("u"))
    assert cns("resume", path, "--time", "5", "--threads", "2", capsys=capsys, monkeypatch=monkeypatch)[0] == 0
    assert Network.load(path).layers["cells"].steps == 110
    code, _, err = cns("resume", path, "--import", "no_such_module", capsys=capsys, monkeypatch=monkeypatch)
    assert code == 2
    assert "no_such_module" in err
    assert cns("resume", tmp_path / "nothing", capsys=capsys, monkeypatch=monkeypatch)[0] == 2
