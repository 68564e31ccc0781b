"""Under which circumstances something was computed: versions, machine, script, and the state of its repository.

Nothing is looked at on import, and everything once per process: the state of a repository is that of the first call.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGES = ("torch", "numpy", "numba", "scipy")
_PATIENCE = 2.0  # seconds for git, which takes milliseconds unless the disk is slow
# What a hook of git, or a shell, may have set for another repository than that of the script.
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def circumstances() -> dict[str, Any]:
    """What JSON can hold, made anew for each call.

    versions  of cnsproject, torch, numpy, numba, scipy and python
    machine   system, architecture, processor, cores, and memory (GB; None where the system does not tell)
    script    the file that is running; None in a notebook or at a prompt
    command   how the process was started
    git       the repository of the script, or of the present folder: see `git_state`
    written   the present time, UTC, ISO 8601
    """
    path = script()
    return {
        "written": now(),
        "script": None if path is None else str(path),
        "command": shlex.join(sys.argv),
        "git": git_state(Path.cwd() if path is None else path.parent, path),
        "versions": dict(versions()),
        "machine": dict(machine()),
    }


def now() -> str:
    """The present time, UTC, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def versions() -> Mapping[str, str | None]:
    """Name: version of the packages that decide the numbers; None for one that says nothing about itself."""
    from cnsproject import __version__

    return {
        "cnsproject": __version__,
        **{name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
    }


def _version(package: str) -> str | None:
    # From what pip has written, since importing some of them takes long.
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def machine() -> Mapping[str, str | int | float | None]:
    """What the process runs on."""
    return {
        "system": platform.system(), "architecture": platform.machine(), "processor": _processor(),
        "cores": os.cpu_count(), "memory (GB)": _memory(),
    }  # fmt: skip


def _processor() -> str | None:
    """What the system calls the processor, where that costs no other process."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None if sys.platform.startswith("linux") else platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # not on every system
        return None


def script() -> Path | None:
    """The file that is running; None in a notebook, at a prompt, or where it is an installed program such as `cns`."""
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if name is None else _of_the_user(name, Path.cwd())


@cache
def _of_the_user(name: str, folder: Path) -> Path | None:
    """A file, named as from a folder; None for one that is installed, or is not there."""
    path = (folder / name).resolve()
    installed = {sysconfig.get_path(kind) for kind in ("scripts", "purelib", "platlib", "stdlib")}
    inside = any(path.is_relative_to(Path(folder).resolve()) for folder in installed)
    return None if inside or not path.is_file() else path


@cache
def _git(folder: Path, *words: str) -> str | None:
    """What git says about a folder; None where it says nothing, or is not there."""
    # No lock is taken, and nothing that the repository has configured is started.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_PATIENCE,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def git_state(folder: Path, path: Path | None = None) -> dict[str, Any] | None:
    """The commit, and whether there are changes that are not in it; None without a repository, a commit or git.

    Changes are those of files that git knows, and `path` itself where git does not know it.
    """
    told = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    if told is None:
        return None
    lines = told.splitlines()
    commit = next((line.rpartition(" ")[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return None
    changed = any(not line.startswith("#") for line in lines)
    known = path is None or _git(folder, "ls-files", "--error-unmatch", "--", str(path)) is not None
    return {"commit": commit, "changed": changed or not known}
