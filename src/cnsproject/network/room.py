"""How much memory a run may still take, and who says so."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource


@dataclass(frozen=True)
class Room:
    """Memory that is free.

    free      bytes
    of        whose limit that is
    reserved  whether memory counts that was asked for and not touched yet
    """

    free: int
    of: str
    reserved: bool = False


def room(system: Path = Path("/")) -> Room | None:
    """The tightest limit: that of the machine, of a control group, or of `resource.RLIMIT_AS`.

    On Linux what the kernel calls available, page cache it would give back included; elsewhere the free pages that
    `os.sysconf` tells. None where neither is known, such as on Windows.

    system  the root below which proc and sys are found
    """
    limits = [*_machine(system / "proc/meminfo"), *_groups(system), *_address_space(system / "proc/self/statm")]
    return min(limits, key=lambda limit: limit.free, default=None)


def _machine(meminfo: Path) -> Iterator[Room]:
    try:
        for line in _text(meminfo).splitlines():
            if line.startswith("MemAvailable:"):
                yield Room(1024 * int(line.split()[1]), "on this machine")
                return
    except OSError:
        pass
    try:
        yield Room(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "on this machine")
    except (AttributeError, ValueError, OSError):
        return


def _groups(system: Path) -> Iterator[Room]:
    """What the control groups of this process, and those around them, have left (version 2 and 1)."""
    try:
        lines = _text(system / "proc/self/cgroup").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mount = system / "sys/fs/cgroup"
        if not controllers:
            files = "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            mount, files = mount / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = mount / path.lstrip("/")
        # In a container the path may be that outside of it; then only the mount itself is there.
        for folder in (group, *(parent for parent in group.parents if parent.is_relative_to(mount))):
            yield from _group(folder, *files)


def _group(folder: Path, limit: str, usage: str, cache: str) -> Iterator[Room]:
    try:
        allowed, used = _text(folder / limit).strip(), int(_text(folder / usage))
        statistics = dict(line.split() for line in _text(folder / "memory.stat").splitlines())
    except (OSError, ValueError):
        return
    if allowed.isdigit():  # "max" is no limit
        # Files that nobody has read for a while are given back when memory is asked for.
        yield Room(max(0, int(allowed) - used + int(statistics.get(cache, 0))), "in its control group")


def _address_space(statm: Path) -> Iterator[Room]:
    if sys.platform == "win32":
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    try:
        used = int(_text(statm).split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return
    yield Room(max(0, limit - used), "below RLIMIT_AS", reserved=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
