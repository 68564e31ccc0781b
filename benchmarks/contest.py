"""The common runner: the same work by several contestants, in turn, each in a process of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.environments import PEERS, ROOT, CannotRunError, last_line, python, usual

PATIENCE = 900  # seconds until a process counts as hung; spinning threads on a busy machine come close to it


@dataclass(frozen=True)
class Contestant:
    """Who does the work, and how it is called.

    program      what Python runs: a script or `-m module`, with arguments of its own
    environment  "here" or a peer's
    time         biological seconds, told to the program; None for a program that takes no arguments
    wall         time the whole process from outside instead of asking it
    cache        where our printed code lies: "user", "warm" (a folder of this benchmark) or "cold" (an empty one)
    """

    name: str
    program: tuple[str, ...]
    environment: str = "here"
    time: float | None = 1.0
    threads: int = 1
    precision: str = ""
    wall: bool = False
    cache: str = "user"

    @property
    def key(self) -> str:
        """A name that is unique among the contestants of a benchmark."""
        parts = (self.name, f"{self.threads}", self.precision)
        return "-".join(part for part in parts if part).replace(" ", "_").replace(",", "")


def ours(network: str, time: float, **changes: Any) -> Contestant:
    """Our package on a named network."""
    return Contestant("cnsproject", ("-m", "benchmarks.ours", network), time=time, **changes)


def peer(name: str, script: str, time: float, *words: str, **changes: Any) -> Contestant:
    """A script of `peers/` and its own arguments; its name before the underscore says in which environment."""
    environment = script.split("_", maxsplit=1)[0]
    place = environment if environment in PEERS else "here"
    program = (str(ROOT / "benchmarks" / "peers" / f"{script}.py"), *words)
    return Contestant(name, program, place, time=time, **changes)


def once(contestant: Contestant, folder: Path, seed: int = 1, patience: float = PATIENCE) -> dict[str, Any]:
    """One measurement of `patience` seconds at most; `folder` lives as long as the benchmark. Raises CannotRunError."""
    command = [str(python(contestant.environment)), *contestant.program]
    if contestant.time is not None:
        command += ["--time", f"{contestant.time:g}", "--threads", f"{contestant.threads}", "--seed", f"{seed}"]
        if contestant.precision:
            command += ["--precision", contestant.precision]
        if not contestant.wall:  # measured from outside, what a peer compiles belongs to the time
            command += ["--folder", str(folder / contestant.key)]
    with tempfile.TemporaryDirectory() as empty:
        start = time.perf_counter()
        done = _call(command, _environ(contestant, folder, empty), patience)
        seconds = time.perf_counter() - start
    if done.returncode:
        raise CannotRunError(last_line(done.stderr))
    said = next((line for line in reversed(done.stdout.splitlines()) if line.startswith("{")), "{}")
    reading: dict[str, Any] = json.loads(said)
    return reading | {"seconds": seconds} if contestant.wall else reading


def _call(command: list[str], environ: dict[str, str], patience: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise CannotRunError(f"no answer within {patience:g} s") from None


def _environ(contestant: Contestant, folder: Path, empty: str) -> dict[str, str]:
    """As many threads as agreed for every library, and the cache."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), f"{contestant.threads}")
    caches = {"user": {}, "warm": {"CNSPROJECT_CACHE": str(folder / "cache")}, "cold": {"CNSPROJECT_CACHE": empty}}
    return {**usual(), **threads, **caches[contestant.cache]}


def compete(contestants: Sequence[Contestant], rounds: int) -> list[dict[str, Any]]:
    """All of them in turn, `rounds` times; the first is the one whose time is 1.

    Before the rounds each runs once unmeasured, which builds what is built once and finds out who cannot run.
    """
    found = [_entry(c.name, c.threads, c.precision) for c in contestants]
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(rounds + 1):
            for contestant, entry in zip(contestants, found, strict=True):
                _measure(contestant, entry, Path(folder), keep=round_ > 0)
    return _compared(found)


def entries(times: dict[str, list[float]], precision: str = "") -> list[dict[str, Any]]:
    """Times that were taken in this process, in the form of `compete`."""
    return _compared([_entry(name, 1, precision) | {"seconds": seconds} for name, seconds in times.items()])


def _entry(name: str, threads: int, precision: str) -> dict[str, Any]:
    known = dict(name=name, threads=threads, precision=precision)
    return known | dict(why_not="", median=None, ratio=None, seconds=[], rates=[], versions={})


def _compared(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in medians, and ratios to the first."""
    for entry in found:
        if entry["seconds"]:
            entry["median"] = statistics.median(entry["seconds"])
            entry["ratio"] = ratio(entry["seconds"], found[0]["seconds"])
    return found


def _measure(contestant: Contestant, entry: dict[str, Any], folder: Path, *, keep: bool) -> None:
    if entry["why_not"]:
        return
    # What is compiled once is compiled before the rounds, on a tenth of the time.
    told = contestant if keep or contestant.time is None else replace(contestant, time=contestant.time / 10)
    try:
        reading = once(told, folder)
    except CannotRunError as why:
        entry.update(why_not=str(why), seconds=[], rates=[])
        return
    entry.update({name: reading[name] for name in ("precision", "versions") if name in reading})
    if keep:
        entry["seconds"].append(reading["seconds"])
        entry["rates"] += [reading["rate"]] if reading.get("rate") is not None else []


def ratio(over: Sequence[float], under: Sequence[float]) -> float | None:
    """Median over the rounds of one time divided by the other of the same round."""
    if not over or not under:
        return None
    return statistics.median(a / b for a, b in zip(over, under, strict=True))
