"""The house: a folder imports only what stands above it, nothing runs at import, and few imports are deferred."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cnsproject

ROOT = Path(cnsproject.__file__).parent
# In this order; a room may import itself and what stands above it.
ORDER = [
    "errors",
    "checks",
    "circumstances",
    "random",
    "utils",
    "analysis",
    "plotting",
    "storage",
    "dynamics",
    "plan",
    "executors",
    "network",
    "encoding",
    "learning",
    "decision",
    "studies",
    "experiments",
    "sweeps",
    "report",
    "explore",
    "cli",
]
# Modules that a function may import by itself, and who may do so.
DEFERRED = {
    "sympy": ("dynamics",),
    "cnsproject.dynamics": ("dynamics",),
    "matplotlib": ("plotting", "report", "experiments"),  # the latter for a photograph that comes with it
    "scipy": ("analysis", "studies", "plotting", "sweeps"),  # takes longer to import than all of ours
    "PIL": ("storage",),  # of films only; it comes with matplotlib
    "cnsproject.plotting": ("plotting",),
    "cnsproject.executors.cpu": ("network",),
    "cnsproject.explore.page": ("cli",),  # it needs an extra
    "cnsproject.sweeps.result": ("sweeps",),  # so does this
}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [
            f"{node.module}.{alias.name}" if node.module == "cnsproject" else str(node.module) for alias in node.names
        ]
    return []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_what_stands_above_it(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        for name in imported(node):
            if name.startswith("cnsproject.") and name != "cnsproject.__version__":
                assert ORDER.index(name.split(".")[1]) <= ORDER.index(room(path)), f"{room(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_deferred_imports_are_the_allowed_ones(path: Path) -> None:
    tree = ast.parse(path.read_text())
    inside = [n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)]
    for name in {name for node in inside for name in imported(node)}:
        allowed = name == "cnsproject.__version__" or any(
            (name == module or name.startswith(module + ".")) and room(path) in rooms
            for module, rooms in DEFERRED.items()
        )
        assert allowed, f"{path.relative_to(ROOT)} imports {name} inside a function"


def test_every_room_has_its_place() -> None:
    rooms = {room(path) for path in FILES}
    assert rooms <= set(ORDER)


def test_dynamics_knows_no_arrays_and_plotting_no_torch() -> None:
    for path in FILES:
        names = {name.split(".")[0] for node in ast.walk(ast.parse(path.read_text())) for name in imported(node)}
        if room(path) == "dynamics":
            assert not names & {"torch", "numpy", "numba"}
        if room(path) in ("plotting", "analysis", "storage"):
            assert "torch" not in names


def modules_after(*statements: str) -> list[set[str]]:
    """What is loaded after each of some statements, one after the other in one process."""
    program = "; ".join(f"{statement}; import sys; print(*sys.modules)" for statement in statements)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [{name.split(".")[0] for name in line.split()} for line in done.stdout.splitlines()]


def test_importing_starts_nothing() -> None:
    report = "from cnsproject.plotting.plotting import plotting; import cnsproject.network.monitors"
    loaded, then = modules_after("import cnsproject", report)
    assert not loaded & {"matplotlib", "numba", "sympy", "typer", "rich", "jinja2", "scipy", "pandas"}
    assert not then & {"matplotlib", "numba", "sympy"}


def test_no_open_ends() -> None:
    """Nothing public is unfinished, and no call swallows unknown arguments."""
    for path in FILES:
        text = path.read_text()
        for word in ("TODO", "FIXME", "NotImplemented", "not implemented"):
            assert word not in text, f"{word} in {path}"
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.FunctionDef) and function.args.kwarg and not function.name.startswith("_"):
                assert function.name in ("wrapper", "from_sympy"), f"**kwargs in {path}: {function.name}"
