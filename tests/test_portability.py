"""What macOS and Windows do otherwise than Linux, as far as it shows here."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cnsproject
from cnsproject.executors import base

SOURCE = Path(cnsproject.__file__).parent


def test_every_text_file_names_its_encoding() -> None:
    """The default is a code page on Windows."""
    silent = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                text = node.func.attr in ("read_text", "write_text")
                if text and not any(keyword.arg == "encoding" for keyword in node.keywords):
                    silent.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert silent == []


def test_nothing_is_asked_of_one_system_only() -> None:
    """os.fork, fcntl and signals other than that of Ctrl-C."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [f"{node.value.id}.{node.attr}"]
            found += [f"{path.name}: {name}" for name in names if name in ALIEN]
    assert found == []


ALIEN = {
    "fcntl", "pwd", "grp", "termios", "os.fork", "os.kill", "os.killpg", "os.getuid", "os.sched_getaffinity",
    "signal.SIGKILL", "signal.SIGTERM", "signal.SIGALRM", "signal.SIGUSR1", "signal.alarm", "signal.pause",
}  # fmt: skip


def refuse(self: Path, target: Path) -> Path:
    raise PermissionError(13, "The process cannot access the file because it is being used by another process")


def test_a_printed_module_that_another_process_holds_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(base.CACHE_VARIABLE, str(tmp_path))
    path = base._path("held", "text")
    base._write(path, "x = 1\n")
    monkeypatch.setattr(Path, "replace", refuse)
    base._write(path, "x = 1\n")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    path.write_text("damaged", encoding="utf-8")
    with pytest.raises(PermissionError):
        base._write(path, "x = 1\n")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_is_printed_into_a_pipe_is_utf_8() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from cnsproject.cli import main; main()", "models", "--markdown"],
        capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "−" in done.stdout.decode("utf-8")
