"""How members are spread: over threads of this process, or over the workers of a pool."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from cnsproject.checks import extra
from cnsproject.errors import StateError
from cnsproject.executors.base import cores, on_one_core
from cnsproject.sweeps.members import Failure, Member, Outcome, Recipe, Task

_CHUNKS = 500  # pieces of work, about, that a pool is given
_WORSE = 1.2  # times as long on several threads: then members are better off on one
_LONG = 20.0  # seconds, with all workers, from which on processes are worth their start


@dataclass(frozen=True)
class Done:
    """A member that has ended, and the seconds that it took of its worker."""

    member: Member
    outcome: Outcome
    seconds: float


def spread(
    recipe: Recipe, task: Task, members: Sequence[Member], pool: Executor | None, workers: int
) -> Iterator[Done]:
    """Members as they end. With a pool on its workers; else in this process, on threads, or on others if it is long.

    Raises StateError where the pool itself breaks, as when a worker is killed; members that failed are told as such.
    """
    if pool is None and not recipe.alike(task):
        # By the first one code is compiled, by the others it is known whether members gain from threads: what Python
        # does in them it does for one at a time.
        seconds = []
        for count, threads in ((1, 1), (1, 1), (workers, workers)):
            tried, members = members[:count], members[count:]
            begun = time.perf_counter()
            yield from here(recipe, task, tried, threads)
            seconds.append((time.perf_counter() - begun) / max(1, len(tried)))
        if min(seconds[1:]) * len(members) > _LONG and _can_be_sent(recipe, task):
            pool = _processes(workers)
        workers = workers if seconds[2] < _WORSE * seconds[1] else 1
    if pool is None:
        yield from here(recipe, task, members, workers)
    else:
        yield from _elsewhere(recipe, task, members, pool)


def _processes(workers: int) -> Executor:
    """Processes of this machine that share its cores: threads of libraries, which wait busily, would be in the way."""
    threads = str(max(1, cores() // workers))
    told = {f"{library}_NUM_THREADS": threads for library in ("OMP", "MKL", "OPENBLAS")}
    pool: Executor = extra("loky", "sweep").get_reusable_executor(max_workers=workers, env=told)
    return pool


def _can_be_sent(recipe: Recipe, task: Task) -> bool:
    """Whether other processes can be told what to do: a function may hold what cannot leave this one."""
    try:
        extra("cloudpickle", "sweep").dumps((recipe, task))
    except Exception:  # noqa: BLE001 - whatever it is that somebody's object says
        return False
    return True


def here(recipe: Recipe, task: Task, members: Sequence[Member], threads: int) -> Iterator[Done]:
    """Members one after the other, several at once on threads."""
    last = time.perf_counter()
    for member, outcome in zip(members, recipe.outcomes(members, task, threads), strict=True):
        now = time.perf_counter()
        yield Done(member, outcome, now - last)
        last = time.perf_counter()


def _elsewhere(recipe: Recipe, task: Task, members: Sequence[Member], pool: Executor) -> Iterator[Done]:
    """Members as the workers of a pool end them."""
    size = max(1, len(members) // _CHUNKS)
    chunks = [members[first : first + size] for first in range(0, len(members), size)]
    # Functions of a notebook, or of another function, have no name by which a worker would find them.
    packed: Any = (recipe, task)
    if not isinstance(pool, ThreadPoolExecutor):
        packed = extra("cloudpickle", "sweep").dumps(packed)
    futures: dict[Future[list[Done]], Sequence[Member]] = {}
    try:
        futures = {pool.submit(work, packed, chunk): chunk for chunk in chunks}
        for future in as_completed(futures):
            yield from _result(future, futures[future])
    except BrokenExecutor as error:
        raise StateError(
            "cns.sweep(pool)", got=f"a pool that broke ({error or type(error).__name__})".replace("\n", " "),
            expected="workers that live until the end",
            fix="look whether memory ran out, use fewer workers; with out= the same call goes on where it stopped",
        ) from None  # fmt: skip
    finally:
        for future in futures:
            future.cancel()


def _result(future: Future[list[Done]], chunk: Sequence[Member]) -> list[Done]:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:  # noqa: BLE001 - such as a worker that was lost too often
        return [Done(member, Failure.of(error), 0.0) for member in chunk]


def work(packed: Any, members: Sequence[Member]) -> list[Done]:
    """What a worker does."""
    recipe, task = extra("cloudpickle", "sweep").loads(packed) if isinstance(packed, bytes) else packed
    with on_one_core():
        return list(here(recipe, task, members, 1))
