"""`cns sweep`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnsproject as cns
from cnsproject import cli

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def sweep(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `cns sweep` with some words; exit code, and both outputs."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cns", "sweep", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "120")
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return run


def test_table_results_and_figures(sweep: Any, tmp_path: Path) -> None:
    words = ("connected", "--grid", "J1=1:10:4", "--grid", "tau_s1=5,10 ms", "--measure", "lag,rate", "--workers", 2)
    code, out, err = sweep(*words, "--out", tmp_path / "out")
    assert code == 0, err
    assert "8/8" in err
    rows = [line.split() for line in out.splitlines()[1:9]]
    assert [row[:2] for row in rows] == [[str(J), str(tau)] for J in (1, 4, 7, 10) for tau in (5, 10)]
    found = cns.sweep(
        "connected", {"J1": [1, 4, 7, 10], "tau_s1": [5.0, 10.0]}, measure=["lag", "rate"], progress=False
    )
    assert cns.open_sweep(tmp_path / "out").equals(found)
    values = found.to_dataframe()["rate"].unstack().to_numpy()
    assert np.allclose([[float(cell) for cell in row[3:5]] for row in rows], values, rtol=1e-3)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "results.zarr", "lock", "rate.svg", "rate.png", "lag.svg", "lag.png"
    }  # fmt: skip
    again = sweep(*words, "--out", tmp_path / "out")
    assert (again[0], again[1]) == (0, out)


def test_failed_members_are_printed_and_tried_again(sweep: Any, tmp_path: Path) -> None:
    code, out, err = sweep("connected", "--grid", "C=10,-1", "--measure", "rate", "--out", tmp_path / "out")
    told = "1 of 2 members failed:\n  C = -1: ParameterError: LIFPopulation.C: got -1, expected a number > 0 (nF)."
    assert (code, told in out) == (0, True), err
    code, out, err = sweep("--retry", tmp_path / "out")
    assert (code, told in out) == (0, True), err
    assert "2/2" in err


def test_many_members_are_summed_up(sweep: Any) -> None:
    code, out, _ = sweep("connected", "--grid", "J1=1:10:50", "--measure", "rate")
    assert code == 0
    assert out.splitlines()[0].split() == ["50", "members", "least", "mean", "most"]
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["rate", "p1"], ["rate", "p2"]]


def test_nothing_is_run_when_it_is_dry(sweep: Any, tmp_path: Path) -> None:
    code, out, _ = sweep(
        "connected", "--grid", "J1=1:10:1000", "--measure", "rate", "--dry-run", "--workers", 2, "--out", tmp_path / "x"
    )
    assert code == 0
    told = dict(map(str.strip, line.split("  ", 1)) for line in out.splitlines())
    assert told["members"] == "1000"
    assert told["at once"] == "2"
    assert told["memory, of all at once"].endswith("kB")
    assert told["time, going by the first"].startswith("0:00:")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "cns sweep: got no experiment, expected the name of one, or --retry DIR."),
        (("connected",), "cns.sweep(grid): got no parameter, expected at least one."),
        (("connected", "--grid", "J7=1"), "cns.sweep(grid): got 'J7', expected a parameter of the experiment"),
        (("connected", "--grid", "J1"), "--grid: got 'J1', expected NAME=VALUES. Fix: write --grid J1=1:10:10."),
        (("connected", "--grid", "J1="), "--grid J1: got '', expected values between commas. Fix: write --grid J1=1"),
        (("connected", "--grid", "J1=1:x:3"), "--grid J1: got '1:x:3', expected start:stop:count."),
        (("connected", "--grid", "J1=1", "--grid", "J1=2"), "--grid: got J1 twice, expected each once."),
        (("connected", "--grid", "tau_s1=5 mV"), "cns.sweep(grid)['tau_s1']: got the unit mV, expected one that can "
         "be converted to ms."),
        (("connected", "--grid", "J1=1:2:100000", "--grid", "J2=1:2:10000"), "got 1,000,000,000 members, expected at "
         "most 100,000. Fix: give fewer values, or allow it: most=1000000000 (on the command line --yes)."),
        (("phase1", "--grid", "tau=10", "--measure", "rate"), "cns.sweep(measure): got a measure for phase1, which is "
         "more than one run of a network, expected none"),
        (("connected", "--grid", "J1=1", "--dask", "nonsense"), "--dask: got 'nonsense'"),
        (("--retry", "nowhere"), "nowhere: got no sweep, expected a folder that a sweep has written."),
        (("connected", "--retry", "nowhere"), "cns sweep --retry: got a name, a grid or a folder beside it"),
    ],
)  # fmt: skip
def test_message(words: tuple[str, ...], message: str, sweep: Any) -> None:
    code, out, err = sweep(*words)
    assert (code, out) == (2, "")
    assert message in err.replace("\n", " ")
    assert "Traceback" not in err
