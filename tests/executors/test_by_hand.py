"""Compiled steps of a loop by hand: nobody waits for them, they are vectorised, and nothing in them is contracted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import cnsproject as cns
from cnsproject.dynamics.step import Step
from cnsproject.executors.cpu.by_hand import _modules, hand_step
from cnsproject.network import compiled

PROGRAM = """
import sys
import cnsproject as cns
a, b = cns.LIFPopulation(3, dt=1.0), cns.LIFPopulation(2, dt=1.0)
connection = cns.DenseConnection(a, b)
def step():
    a.forward(16.0)
    b.forward(connection.compute())
step()
print("numba" in sys.modules)
for _ in range(1200):
    step()
print("numba" in sys.modules)
print(*(stepped._prepared().hand is not None for stepped in (a, b, connection)))
print(b.u.tolist(), connection.current.tolist())
"""
WARM = """
import cnsproject as cns
a, b = cns.LIFPopulation(3, dt=1.0), cns.LIFPopulation(2, dt=1.0)
connection = cns.DenseConnection(a, b)
for stepped in (a, connection):
    stepped.warm()
"""
HITS = "print(*(len(r.hand.advance.__globals__['step'].stats.cache_hits) for r in a._ready.values() if r.hand))"


def python(program: str, folder: Path) -> list[str]:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.stdout.splitlines()


def test_nobody_waits_for_a_compiler(tmp_path: Path) -> None:
    """The first step never imports it. A long loop does, and takes code that is there without compiling it again."""
    cold = python(PROGRAM, tmp_path)
    assert not list(tmp_path.glob("hand_*"))
    assert (cold[0], cold[2]) == ("False", "False False False")
    assert python(WARM + HITS, tmp_path) == ["0 0"]
    warm = python(PROGRAM + HITS, tmp_path)
    assert warm[:3] == ["False", "True", "True True True"]
    assert warm[3:] == [cold[3], "1"]


@pytest.mark.parametrize("exp", [True, False])
def test_a_model_with_exp_is_compiled_at_its_first_step(exp: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no compiler is loaded yet."""
    monkeypatch.setattr(compiled, "compiler_is_loaded", lambda: False)

    class Own(cns.ModelPopulation):
        dynamics = cns.Dynamics(
            equations=f"du/dt = (u_rest - u + d*{'exp' if exp else ''}((u - u_t)/d) + R*I)/tau : mV",
            inputs={"I": "nA"},
            parameters={"tau": "ms", "R": "MOhm", "u_rest": "mV", "u_t": "mV", "d": "mV"},
            spike="u > u_t", reset="u = u_rest", source="made up",
        )  # fmt: skip

    values = {"tau": 10, "R": 1, "u_rest": -65, "u_t": -50, "d": 2}
    own = Own(3, parameters=values, starts={"u": -65.0}, dt=1.0)
    own.forward(1.0)
    assert (own._prepared().hand is not None) == exp


def test_nothing_is_contracted_and_the_loop_is_vectorised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNSPROJECT_CACHE", str(tmp_path))  # code that another process compiled cannot be looked at
    _modules.cache_clear()
    population = cns.LIFPopulation(3, dt=1.0)
    ready = population._prepared()
    step = Step(cns.LIF, trace=cns.SPIKE_TRACE)
    hand = hand_step(step, ready.names, ready.constants, torch.zeros(3), frozenset(), wait=True)
    assert hand is not None
    (llvm,) = hand.advance.__globals__["step"].inspect_llvm().values()
    assert "fmuladd" not in llvm
    assert "llvm.fma" not in llvm
    assert " x float>" in llvm
    assert " fast " not in llvm
    assert "memcheck" not in llvm
