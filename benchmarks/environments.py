"""The peers' environments: `.venv-brian2` and so on, made from `peers/*.txt` when they are missing.

`python -m benchmarks.environments` makes them and says which of them are there. A peer that cannot be installed, for
want of a wheel or of a network, is no error: whoever asks for it is told why.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = ("brian2", "nest", "bindsnet")
# Its requirements name all that it needs, and are installed as they are: its own pins ask for another torch than ours.
AS_LISTED = ("bindsnet",)


class CannotRunError(Exception):
    """Something that a benchmark would measure cannot run here; the text says why."""


def usual() -> dict[str, str]:
    """The variables of a process as a user has them: Python keeps the modules that it compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def python(environment: str) -> Path:
    """The Python of an environment; "here" is ours. Raises CannotRunError when it cannot be made."""
    if environment == "here":
        return Path(sys.executable)
    why_not = _make(environment)
    if why_not:
        raise CannotRunError(why_not)
    return _python(environment)


def ready(environment: str) -> bool:
    """Whether the environment is there, with what its requirements name."""
    # A copy of the requirements says what is installed: other pins are another environment.
    installed = _folder(environment) / "installed.txt"
    return installed.exists() and installed.read_text() == _requirements(environment).read_text()


def _requirements(environment: str) -> Path:
    return ROOT / "benchmarks" / "peers" / f"{environment}.txt"


def _folder(environment: str) -> Path:
    return ROOT / f".venv-{environment}"


def _python(environment: str) -> Path:
    return _folder(environment) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@cache
def _make(environment: str) -> str:
    """Install what the requirements name, unless that is done; returns why not, or nothing."""
    if ready(environment):
        return ""
    wanted, installed = _requirements(environment), _folder(environment) / "installed.txt"
    print(f"Making the environment {_folder(environment).name} (once) ...", flush=True)
    pip = [str(_python(environment)), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    as_listed = ["--no-deps"] if environment in AS_LISTED else []
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(_folder(environment))],
        [*pip, *as_listed, "-r", str(wanted)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{environment} cannot be installed: {last_line(done.stderr)}"
    installed.write_text(wanted.read_text())
    return ""


def last_line(text: str) -> str:
    """The last line that says something, which is where Python and pip put the cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def main() -> None:
    """Make all of them."""
    for peer in PEERS:
        print(f"{peer}: {_make(peer) or 'ready'}")


if __name__ == "__main__":
    main()
