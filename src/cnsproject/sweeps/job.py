"""`Job`: a sweep that was checked, and how it is carried out."""

from __future__ import annotations

import warnings
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnsproject.circumstances import circumstances
from cnsproject.network.progress import Progress, Wanted
from cnsproject.sweeps.collected import FAILED, Collected
from cnsproject.sweeps.grid import Axis, Grid
from cnsproject.sweeps.members import Member, Recipe, Task, code_of, seed_of
from cnsproject.sweeps.spread import spread
from cnsproject.sweeps.store import Store

if TYPE_CHECKING:
    from cnsproject.sweeps.result import Sweep

_UNIT = " members"  # of progress


@dataclass(frozen=True)
class Job:
    """What is swept, what is done with members, which members there are, and the seed of all."""

    recipe: Recipe
    task: Task
    grid: Grid
    seed: int

    def member(self, number: int) -> Member:
        """A member by its number."""
        return Member(number, self.grid[number], seed_of(self.seed, number))

    @property
    def record(self) -> dict[str, Any]:
        """What decides the results, as JSON holds it."""
        measure, axes = self.task.measure, self.grid.axes
        return {
            "swept": self.recipe.name,
            "code": self.recipe.code,
            "grid": [[axis.name, list(axis.values), axis.unit] for axis in axes],
            "columns": self.grid.columns,
            "time": self.task.time,
            "start": self.task.start,
            "measure": getattr(measure, "__qualname__", repr(measure)) if callable(measure) else measure,
            "code of measure": code_of(measure) if callable(measure) else None,
            "seed": self.seed,
        }

    def run(self, pool: Executor | None, workers: int, out: Path | None, progress: Wanted, *, retry: bool) -> Sweep:
        """Carry it out: all members, or those that are not in the folder yet; `retry` those that failed there."""
        whose = {"experiment": f"sweep of {self.recipe.name}", "seed": self.seed, "executor": "chosen for every member"}
        about = {**circumstances(), **whose, "sweep": self.record}
        self.recipe.look(self.member(0))
        if out is None:
            found = Collected(len(self.grid))
            members = [self.member(number) for number in range(len(self.grid))]
            with Progress(progress, len(members), unit=_UNIT) as tell:
                for ended, done in enumerate(spread(self.recipe, self.task, members, pool, workers), start=1):
                    found.add(done.member.number, done.outcome, done.seconds)
                    tell(ended)
        else:
            store = Store.open(out, {**self.record, "provenance": about}, len(self.grid))
            self._run_into(store, pool, workers, progress, retry)
            found = store.collected()
        return _told_failures(_dataset(self.grid, found, about), found)

    def _run_into(self, store: Store, pool: Executor | None, workers: int, progress: Wanted, retry: bool) -> None:
        left = store.left(failed=retry)
        members, before = [self.member(number) for number in left], len(self.grid) - len(left)
        try:
            with Progress(progress, len(self.grid), made=before, unit=_UNIT) as tell:
                for ended, done in enumerate(spread(self.recipe, self.task, members, pool, workers), start=before + 1):
                    store.put(done)
                    tell(ended)
        finally:
            store.flush()

    @classmethod
    def written(cls, out: Path) -> Sweep:
        """What was written to a folder so far."""
        store = Store.found(out)
        record = store.record
        axes = (Axis(name, tuple(values), unit) for name, values, unit in record["grid"])
        return _dataset(Grid(tuple(axes), record["columns"]), store.collected(), record["provenance"])


def _dataset(grid: Grid, found: Collected, about: dict[str, Any]) -> Sweep:
    from cnsproject.sweeps.result import dataset

    return dataset(grid, found, about)


def _told_failures(result: Sweep, found: Collected) -> Sweep:
    failed = int((found.state == FAILED).sum())
    if failed:
        first = found.failures[min(found.failures)].error
        warnings.warn(
            f"{failed} of {len(found.state)} members failed, the first with {first}; `error` of the result tells all",
            stacklevel=5,  # of who called `sweep`
        )
    return result
