"""The report: its nine scripts run unchanged and give the exact spikes."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from cnsproject import DenseConnection, LIFPopulation, Monitor, step_function

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.py"))
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text())


def check(expected: dict[str, Any], monitors: dict[str, Monitor]) -> None:
    for name, monitor in monitors.items():
        fired = monitor.get("s").bool()
        assert fired.any(dim=1).nonzero().flatten().tolist() == expected[f"p{name}_spike_steps"]
        assert torch.equal(fired.any(dim=1), fired.all(dim=1))
        u = monitor.get("u")[::100, 0].double()
        assert torch.allclose(u, torch.tensor(expected[f"u{name}"], dtype=torch.float64), rtol=0, atol=1e-3)


def test_there_are_nine_scripts_and_seven_with_exact_spikes() -> None:
    assert len(SCRIPTS) == 9
    assert {script.stem for script in SCRIPTS} - set(EXPECTED) == {"random_input", "two_random_currents"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_runs_unchanged(script: Path) -> None:
    names = runpy.run_path(str(script))
    if script.stem in EXPECTED:
        check(EXPECTED[script.stem], {"1": names["monitor1"], "2": names["monitor2"]})
    else:
        assert names["monitor1"].get("s").any()
    assert names["s1"].shape == (16 if script.stem != "walkthrough" else 8, 1500)
    names["plot"].figure.clear()


def test_script_runs_as_a_process_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "scripts" / "connected.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def simulate(
    section: str, dtype: torch.dtype, *, by_hand: bool, settings: dict[str, Any] | None = None
) -> dict[str, Monitor]:
    """The report's loop, with the sign of the connections set by hand or by the populations."""
    p: dict[str, Any] = {"N": 20, "I": 3, "J1": 2, "ts1": 10, "sc1": 1.0, "sign": -1, "connected": True}
    p |= EXPECTED[section]["params"]
    current = step_function(1500, p["I"], 100).to(dtype)
    common: dict[str, Any] = dict(tau_s=10, R=10, C=10, threshold=-55, dt=1, dtype=dtype) | (settings or {})
    inhibitory = not by_hand and p["sign"] < 0
    p1, p2 = (LIFPopulation(int(p["N"] * part), is_inhibitory=inhibitory, **common) for part in (0.8, 0.2))
    con1 = DenseConnection(p1, p2, J=p["J1"], tau_s=p["ts1"], trace_scale=p["sc1"])
    con2 = DenseConnection(p2, p1, J=2, tau_s=10)
    sign = p["sign"] if by_hand else 1
    monitors = {"1": Monitor(p1, ["s", "u"]), "2": Monitor(p2, ["s", "u"])}
    to_p1: torch.Tensor | float = 0.0
    to_p2: torch.Tensor | float = 0.0
    for row in current:
        p1.forward(row + sign * to_p1)
        if p["connected"]:
            to_p2 = con1.compute()
        p2.forward(row + sign * to_p2)
        if p["connected"]:
            to_p1 = con2.compute()
        for monitor in monitors.values():
            monitor.record()
    return monitors


@pytest.mark.parametrize("section", EXPECTED)
@pytest.mark.parametrize("by_hand", [True, False], ids=["sign by hand", "is_inhibitory"])
def test_expected_spikes(section: str, dtype: torch.dtype, by_hand: bool) -> None:
    check(EXPECTED[section], simulate(section, dtype, by_hand=by_hand))


def test_a_changed_parameter_gives_other_spikes() -> None:
    with pytest.raises(AssertionError):
        check(EXPECTED["connected"], simulate("connected", torch.float32, by_hand=True, settings={"threshold": -55.1}))
