"""`cns run --again`: an experiment run anew from what it wrote, and compared with it bit for bit."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from cnsproject.circumstances import circumstances
from cnsproject.cli.results import FILES, RECORDINGS, simulated, write
from cnsproject.errors import ParameterError, StateError
from cnsproject.experiments import Experiment, find
from cnsproject.storage import ABOUT, EXPERIMENT, NETWORK, UNREADABLE, About, load_arrays, read_about, refuse_existing

Arrays = Mapping[str, npt.NDArray[Any]]
_PASSING = "memory (GB)"  # of a machine, which decides no bit


def repeat(path: Path, out: Path | None, *, force: bool) -> None:
    """Run again what wrote a file or folder, and say whether it gave the same; exit code 1 where it did not.

    out  folder for the new results; None to write nothing
    """
    about = read_about(path)
    if about.kind != EXPERIMENT:
        _refuse(path, about)
    experiment, seed, executor = _read(about)
    file = about.path.with_name(RECORDINGS)
    before = _arrays_of(file)
    if out is not None:
        refuse_existing(out, force=force)
    for line in other_circumstances(about.content):
        print(f"cns: {line}", file=sys.stderr)  # noqa: T201
    outcome = simulated(experiment, seed, executor)
    if out is not None:
        write(outcome, out)
    difference = first_difference(before, outcome.arrays())
    console = Console()
    if difference is None:
        console.print(f"{experiment.name}: the same, bit for bit ({len(before)} arrays of {file})", soft_wrap=True)
    else:
        console.print(f"{experiment.name}: not the same as {file}: {difference}", soft_wrap=True)
    if out is not None:
        console.print(f"written to {out}: {', '.join(FILES)}", soft_wrap=True)
    if difference is not None:
        raise typer.Exit(1)


def _arrays_of(file: Path) -> Arrays:
    """What was recorded."""
    try:
        return {name: array for name, array in load_arrays(file).items() if name != ABOUT}
    except UNREADABLE as error:
        raise ParameterError(
            str(file), got=f"what cannot be read ({error})", expected="a whole .npz, as cns run wrote it",
            fix="check the path, or use another copy",
        ) from None  # fmt: skip


def _read(about: About) -> tuple[Experiment, int | None, str | None]:
    """The experiment as it was run, its seed, and the executor to ask for."""
    try:
        name, settings, seed, executor = (about.content[n] for n in ("experiment", "parameters", "seed", "executor"))
    except KeyError as error:
        raise ParameterError(
            str(about.path), got=f"nothing on {error}", expected="experiment, parameters, seed and executor",
            fix="use a file as cns run wrote it",
        ) from None  # fmt: skip
    experiment = find(str(name))
    return experiment.restored(settings), seed, None if executor == experiment.default_executor else executor


def _refuse(path: Path, about: About) -> None:
    """Raise for what no experiment wrote, with what it would take."""
    content = about.content
    script, git = content.get("script") or "a notebook or prompt", content.get("git")
    at = f" at commit {git['commit']}" if git else ""
    at += ", with changes that are in no commit" if git and git["changed"] else ""
    go_on = f"cns resume {path} goes on with it; " if about.kind == NETWORK else ""
    raise StateError(
        f"cns run --again {path}", got=f"a {about.kind} made by {script}{at}",
        expected="what cns run wrote, which is all it takes to run again",
        fix=f"{go_on}to make it anew, run {script}{at} ({content.get('command')})",
    )  # fmt: skip


def other_circumstances(recorded: Mapping[str, Any]) -> Iterator[str]:
    """What was otherwise when the file was written, of that which may decide a bit."""
    here = circumstances()
    for part in ("versions", "machine"):
        then, now = recorded.get(part) or {}, here[part]
        names = [name for name in {**then, **now} if then.get(name) != now.get(name) and name != _PASSING]
        if names:
            told = ", ".join(f"{name} {then.get(name)} (here {now.get(name)})" for name in names)
            yield f"written with other {part}: {told}"


def first_difference(before: Arrays, after: Arrays) -> str | None:
    """The first array that is not the same in every bit, and where; None when all are."""
    for name in (*before, *after):
        if name not in before or name not in after:
            return f"{name} is only in the {'file' if name in before else 'new run'}"
        old, new = before[name], np.asarray(after[name])
        if (old.dtype, old.shape) != (new.dtype, new.shape):
            return f"{name} has {old.dtype} of shape {old.shape} in the file, {new.dtype} of shape {new.shape} now"
        width = max(old.dtype.itemsize, 1)
        bits = [np.ascontiguousarray(a).reshape(-1).view(np.uint8).reshape(-1, width) for a in (old, new)]
        places = np.flatnonzero((bits[0] != bits[1]).any(axis=1))
        if len(places):
            place = tuple(int(k) for k in np.unravel_index(places[0], old.shape))
            where = f"{name}[{', '.join(map(str, place))}]" if place else name
            return f"{where} is {old[place]!r} in the file, {new[place]!r} now ({len(places)} of {old.size} differ)"
    return None
