"""Versions, machine, script and git: found where they are, None where they are not, looked for once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import scipy
import torch

import cnsproject
from cnsproject import circumstances

# A package of this file alone: to import the others takes seconds.
ALONE = f"""
import sys, types
alone = sys.modules["cnsproject"] = types.ModuleType("cnsproject")
alone.__path__, alone.__version__ = [{str(Path(cnsproject.__file__).parent)!r}], "0"
"""
WHOLE = "import json\nfrom cnsproject.circumstances import circumstances\nprint(json.dumps(circumstances()))\n"
SCRIPT = ALONE + WHOLE


def told(*command: str, cwd: Path, script: str = "", **changes: str) -> dict[str, Any]:
    """What a process of its own finds."""
    ceiling = {"GIT_CEILING_DIRECTORIES": str(cwd.parent)}  # the folder of the tests may be in a repository itself
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, cwd=cwd, input=script,
        env={**os.environ, "PYTHONPATH": str(Path(cnsproject.__file__).parent.parent), **ceiling, **changes},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def repository(tmp_path: Path, need: Callable[[str], str]) -> Path:
    """A repository with a script in a folder of it."""
    folder = tmp_path / "repository"
    (folder / "scripts").mkdir(parents=True)
    (folder / "scripts" / "run.py").write_text(SCRIPT)
    (folder / "notes.txt").write_text("one\n")
    git(need("git"), folder, "init", "-q")
    git("git", folder, "add", ".")
    git("git", folder, "commit", "-q", "-m", "first")
    return folder


def git(program: str, folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run([program, *settings, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_versions_and_machine() -> None:
    about = circumstances.circumstances()
    assert about["versions"] == {
        "cnsproject": cnsproject.__version__, "torch": torch.__version__, "numpy": np.__version__,
        "numba": numba.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0],
    }  # fmt: skip
    assert about["machine"]["cores"] == os.cpu_count()
    assert about["machine"]["system"]
    written = datetime.fromisoformat(about["written"])
    assert timedelta(0) <= datetime.now(UTC) - written < timedelta(seconds=60)
    json.dumps(about)


def test_a_package_that_says_nothing_has_no_version() -> None:
    assert circumstances._version("no-such-package") is None


def test_the_script_and_its_commit(repository: Path, tmp_path: Path) -> None:
    path = repository / "scripts" / "run.py"
    commit = git("git", repository, "rev-parse", "HEAD")
    about = told(str(path), "a b", cwd=tmp_path)
    assert about["script"] == str(path)
    assert about["command"] == f"{path} 'a b'"
    assert about["git"] == {"commit": commit, "changed": False}
    (repository / "result.npz").write_text("what a run writes is no change")
    assert told(str(path), cwd=tmp_path)["git"]["changed"] is False
    (repository / "notes.txt").write_text("two\n")
    assert told(str(path), cwd=tmp_path)["git"] == {"commit": commit, "changed": True}


def test_a_script_that_git_does_not_know_is_a_change(repository: Path) -> None:
    (repository / "new.py").write_text(SCRIPT)
    assert told("new.py", cwd=repository)["git"]["changed"] is True


def test_in_a_notebook_it_is_the_present_folder(repository: Path) -> None:
    about = told("-", cwd=repository, script=WHOLE)
    assert about["script"] is None
    assert about["git"] == {"commit": git("git", repository, "rev-parse", "HEAD"), "changed": False}


def test_another_repository_in_the_environment_is_not_taken(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git("git", other, "init", "-q")
    about = told(str(repository / "scripts" / "run.py"), cwd=tmp_path, GIT_DIR=str(other / ".git"))
    assert about["git"]["commit"] == git("git", repository, "rev-parse", "HEAD")


@pytest.mark.slow
def test_without_a_repository_a_commit_or_git(tmp_path: Path, need: Callable[[str], str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert told("-", cwd=folder, script=SCRIPT)["git"] is None
    git(need("git"), folder, "init", "-q")
    assert told("-", cwd=folder, script=SCRIPT)["git"] is None
    assert told("-", cwd=folder, script=SCRIPT, PATH="")["git"] is None


def test_git_is_asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []

    def slow(command: list[str], **_: Any) -> None:
        asked.append(command)
        raise subprocess.TimeoutExpired(command, 2)

    monkeypatch.setattr(subprocess, "run", slow)
    assert [circumstances.git_state(tmp_path) for _ in range(3)] == [None] * 3
    assert len(asked) == 1


def test_a_change_by_the_caller_stays_with_the_caller() -> None:
    circumstances.circumstances()["versions"]["numpy"] = "0"
    assert circumstances.circumstances()["versions"]["numpy"] == np.__version__
