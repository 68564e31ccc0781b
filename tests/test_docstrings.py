"""Examples in docstrings run, and print what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import cnsproject

SOURCE = Path(cnsproject.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    for path in SOURCE.rglob("*.py")
    if "native" not in path.parts and "\n    >>> " in path.read_text(encoding="utf-8")
)
TELLING = [
    "Network", "LIFPopulation", "Connection", "Monitor", "STDP", "WinnerTakeAll", "fi_curve", "PoissonEncoder",
    "Time2FirstSpikeEncoder", "RankOrderEncoder", "PositionEncoder", "PhaseEncoder",
]  # fmt: skip


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_print_what_they_say(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module), optionflags=doctest.FAIL_FAST)
    assert found.attempted and not found.failed


@pytest.mark.parametrize("name", TELLING)
def test_the_main_objects_have_an_example(name: str) -> None:
    assert ">>> import cnsproject as cns" in (getattr(cnsproject, name).__doc__ or "")
