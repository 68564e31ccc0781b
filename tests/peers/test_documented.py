"""What the documentation shows of Brian2, NEST and BindsNET runs there, and prints what stands under it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import environments
from cases import HERE

pytestmark = pytest.mark.peers
SCRIPTS = sorted((HERE.parents[1] / "docs" / "coming_from" / "theirs").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_it_prints_what_is_shown(script: Path) -> None:
    peer = script.stem.split("_")[0]
    if not environments.ready(peer):
        pytest.skip(f".venv-{peer} is absent: `make test-peers` makes it")
    command = [str(environments.python(peer)), "-W", "ignore", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # NEST greets before it prints.
    assert done.stdout.endswith(script.with_suffix(".txt").read_text(encoding="utf-8"))
