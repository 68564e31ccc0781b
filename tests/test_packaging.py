"""The wheel and the sources: what is in them, and that the wheel does all that the repository does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "tests" / "report" / "scripts").glob("*.py"))
CHECK = """
import json, runpy, sys
from pathlib import Path
import torch
import cnsproject
assert not Path(cnsproject.__file__).is_relative_to(sys.argv[1]), cnsproject.__file__
report = Path(sys.argv[1]) / "tests" / "report"
expected = json.loads((report / "expected.json").read_text(encoding="utf-8"))
for script in sorted((report / "scripts").glob("*.py")):
    names = runpy.run_path(str(script))
    for k in "12" if script.stem in expected else "":
        fired = names[f"monitor{k}"].get("s").bool().any(dim=1).nonzero().flatten().tolist()
        assert fired == expected[script.stem][f"p{k}_spike_steps"], (script.stem, k)
    print(script.stem)
"""


def run(*command: str | Path, folder: Path, **variables: str) -> str:
    """What a program prints, in an environment that does not know the repository."""
    left = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=left | variables, capture_output=True, text=True, check=False,
        encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, which was made from the sources, and these."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    (wheel,), (sources,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sources


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        there = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Metadata.from_email(wheel.read(name))  # raises where a field is not valid
        assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "src", folder=ROOT).split()
    assert there == {name.removeprefix("src/") for name in listed}
    assert {"cnsproject/py.typed", "cnsproject/executors/cpu/native/kernels.py"} <= there
    assert metadata.description_content_type == "text/markdown" and metadata.license_expression == "BSD-3-Clause"
    assert metadata.description and metadata.description.startswith("# cnsproject")


@pytest.mark.slow
def test_the_sources_hold_what_the_tests_need(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sources:
        there = {name.partition("/")[2] for name in sources.getnames()}
    listed = set(run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT).splitlines())
    assert {name for name in listed if not name.startswith(".")} <= there
    assert there - listed == {"PKG-INFO"}


@pytest.mark.slow
def test_the_wheel_does_what_the_repository_does(built: tuple[Path, Path], tmp_path: Path) -> None:
    """In an environment of its own: the report's nine scripts give their spikes, and `cns report` its page."""
    run(sys.executable, "-m", "venv", "clean", folder=tmp_path)
    programs = tmp_path / "clean" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "-c", ROOT / "constraints.txt", built[0], folder=tmp_path)
    own = {"CNSPROJECT_CACHE": str(tmp_path / "cache"), "MPLBACKEND": "agg"}
    assert run(python, "-W", "error", "-c", CHECK, ROOT, folder=tmp_path, **own).split() == [s.stem for s in SCRIPTS]
    run(programs / "cns", "report", folder=tmp_path, **own)
    page = (tmp_path / "out" / "report3.html").read_text(encoding="utf-8")
    assert len(re.findall(r"data:image/svg\+xml;base64,", page)) >= len(SCRIPTS)
