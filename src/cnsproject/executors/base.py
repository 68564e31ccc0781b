"""What every executor shares: the text of an operation, and printed modules kept on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import linecache
import os
import sys
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import platformdirs

from cnsproject.dynamics.update import INFIX, Op

CACHE_VARIABLE = "CNSPROJECT_CACHE"
LINE = 64  # bytes of a cache line
Result = TypeVar("Result")


def expression(op: Op, functions: Mapping[str, str]) -> str:
    """The right-hand side of an operation as Python; `functions` gives the target's spelling of a function."""
    if op.function in INFIX:
        return f"{op.args[0]} {INFIX[op.function]} {op.args[1]}"
    if op.function == "neg":
        return f"-{op.args[0]}"
    if op.function == "copy":
        return op.args[0]
    return f"{functions.get(op.function, op.function)}({', '.join(op.args)})"


def cache_folder() -> Path:
    """Where printed code is kept: `CNSPROJECT_CACHE`, else the platform's cache directory."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("cnsproject"))


@cache
def printers_hash() -> str:
    """Hash of all code between a declaration and its printed form, so that no stale print survives a change of ours."""
    here = Path(__file__).parent
    digest = hashlib.sha256(sys.version.encode())
    others = [*here.parent.glob("dynamics/*.py"), here.parent / "random" / "elementary.py"]
    for path in sorted([*others, *here.rglob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def hand_written(name: str) -> ModuleType:
    """The compiled loops of a file in `cpu/native`, from the cache folder."""
    text = (Path(__file__).parent / "cpu" / "native" / f"{name}.py").read_text(encoding="utf-8")
    return printed_module(f"cpu_{name}", "", lambda: text)


def printed_module(kind: str, text: str, source: Callable[[], str]) -> ModuleType:
    """The module printed for `text`; `source` prints it when it is not in the cache yet.

    The file is named by a hash of `text`, our printers and the Python version, and ends with a hash of itself. It is
    written under another name and moved into place: processes that print at the same time cannot disturb each other,
    and a file that something else damaged is printed again.
    """
    path = _path(kind, text)
    name = path.stem
    try:
        if not _is_whole(path):
            _write(path, source())
        spec = importlib.util.spec_from_file_location(f"cnsproject_printed_{name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Compiled code that numba keeps is found again by the name of its module.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    except OSError as error:
        _warn_once(path.parent, str(error))
        module = _in_memory(name, source())
    return module


def is_compiled(kind: str, text: str) -> bool:
    """Whether the module printed for `text` is in the cache folder, and numba's compiled code of it beside it."""
    path = _path(kind, text)
    return path.exists() and any((path.parent / "__pycache__").glob(f"{path.stem}.*.nbi"))


def _path(kind: str, text: str) -> Path:
    return cache_folder() / f"{kind}_{hashlib.sha256((printers_hash() + kind + text).encode()).hexdigest()[:20]}.py"


def _seal(source: str) -> str:
    return f"# {hashlib.sha256(source.encode()).hexdigest()}"


def _is_whole(path: Path) -> bool:
    if not path.exists():
        return False
    source, _, seal = path.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
    return seal == _seal(source + "\n")


def _write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}")
    temporary.write_text(f"{source}{_seal(source)}\n", encoding="utf-8")
    try:
        temporary.replace(path)
    except PermissionError:
        # Windows lets no file be replaced that another process reads; what that one printed is the same.
        temporary.unlink(missing_ok=True)
        if not _is_whole(path):
            raise


def _in_memory(name: str, source: str) -> ModuleType:
    filename = f"<{name}>"
    # Tracebacks and debuggers find the printed lines here.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    module = ModuleType(f"cnsproject_printed_{name}")
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


@cache
def _warn_once(folder: Path, reason: str) -> None:
    warnings.warn(
        f"printed code cannot be kept in {folder} ({reason}); it is printed again in every process. "
        f"Set {CACHE_VARIABLE} to a folder that can be written.",
        stacklevel=4,
    )


_SHARED: ContextVar[bool] = ContextVar("whether others work beside this on the other cores", default=False)


@contextmanager
def on_one_core() -> Iterator[None]:
    """What is done in it leaves the other cores to others who work at the same time."""
    token = _SHARED.set(True)
    try:
        yield
    finally:
        _SHARED.reset(token)


def cores() -> int:
    """How many may be used: those of this process, or one of them in `on_one_core`."""
    if _SHARED.get():
        return 1
    allowed = getattr(os, "sched_getaffinity", None)  # where the system can say it
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def shares(neurons: int, parts: int) -> list[int]:
    """Bounds of equal parts of a population, whose flags are whole cache lines."""
    lines = -(-neurons // LINE)
    return [min(neurons, LINE * (lines * part // parts)) for part in range(parts + 1)]


def at_once(tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """The results of tasks in their order; several run at once, on all cores that this process may use."""
    waiting = list(tasks)
    if min(cores(), len(waiting)) < 2:
        yield from (task() for task in waiting)
        return
    with ThreadPoolExecutor(cores()) as pool:
        futures = [pool.submit(task) for task in waiting]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
