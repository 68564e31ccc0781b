"""`Estimate`: what a sweep would take."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from cnsproject.sweeps.job import Job
from cnsproject.sweeps.measures import prepare
from cnsproject.sweeps.members import Member
from cnsproject.sweeps.spread import here

_PATIENCE = 2.0  # seconds that the first member is run for
_RATE = 10.0  # Hz, what neurons are taken to fire at where memory is told


class _EnoughError(Exception):
    """It is known how long a member takes."""


@dataclass(frozen=True)
class Estimate:
    """What a sweep would take, from its first member.

    memory   bytes of all members that run at once; None where nobody can tell
    seconds  of all members with these workers
    """

    members: int
    workers: int
    memory: int | None
    seconds: float


def estimate(job: Job, workers: int) -> Estimate:
    """Run the first member, for 2 s or so at most, and say what all would take."""
    member, count = job.member(0), len(job.grid)
    at_once = min(workers, count)
    if job.task.measure is None or job.recipe.network_of(member) is None:
        begun = time.perf_counter()
        list(here(job.recipe, job.task, [member], 1))
        return Estimate(count, at_once, None, (time.perf_counter() - begun) * count / at_once)
    seconds, memory = min(_tried(job, member) for _ in range(2))  # the first time code may be compiled
    return Estimate(count, at_once, memory * at_once, seconds * count / at_once)


def _tried(job: Job, member: Member) -> tuple[float, int]:
    """Seconds and bytes of one member, from as much of its run as there is time for."""
    begun = time.perf_counter()
    found = job.recipe.network_of(member)
    assert found is not None and job.task.measure is not None
    net, inputs, own = found
    span = job.task.time or own
    prepare(net)
    memory = net.memory(span, rate=_RATE).total
    before, share = net.state() if job.recipe.alike(job.task) else None, [1.0]

    def look(made: int, steps: int) -> None:
        share[0] = made / steps
        if time.perf_counter() - begun > _PATIENCE:
            raise _EnoughError

    with suppress(_EnoughError):
        net.run(span, inputs, progress=look)
    seconds = (time.perf_counter() - begun) / share[0]
    if before is not None:
        net.restore(before)
    return seconds, memory
