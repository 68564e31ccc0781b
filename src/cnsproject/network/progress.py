"""How far a run is: the synapses that are made before it, and its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from tqdm.auto import tqdm

# What is done ("building exc_to_inh"), for how many synapses so far, and how many there are.
Building = Callable[[str, int, int], object]
Wanted = bool | Callable[[int, int], object]
_SHORT = 0.5  # seconds in which synapses are made without a word


@contextmanager
def building(wanted: Wanted) -> Iterator[Building | None]:
    """Who is told of synapses while they are made: a bar, or what a callback has for it; None where nobody asks."""
    if wanted is not True:
        yield getattr(wanted, "building", None)
        return
    with BuildingBar() as bar:
        yield bar


class BuildingBar:
    """A bar for each thing that is done with the synapses of a connection; it is gone when that is done.

    options  of tqdm
    """

    def __init__(self, **options: Any) -> None:
        self._options, self._what = options, ""
        self._bar: Any = None

    def __call__(self, what: str, made: int, of: int) -> None:
        if what != self._what:
            self.close()
            self._what = what
            self._bar = tqdm(
                total=of, desc=what, unit=" synapses", unit_scale=True, leave=False, delay=_SHORT, **self._options
            )
        self._bar.update(made - self._bar.n)
        if made == of:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
        self._bar, self._what = None, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Progress:
    """A progress bar of steps, or of something else, a callback, or nothing; `made` are made already."""

    def __init__(self, wanted: Wanted, steps: int, *, made: int = 0, unit: str = " steps") -> None:
        self.wanted, self.steps, self.made = wanted, steps, made
        self.bar: Any = tqdm(total=steps, initial=made, unit=unit) if wanted is True else None

    def __enter__(self) -> Callable[[int], None]:
        return self._tell

    def _tell(self, made: int) -> None:
        if self.bar is not None:
            self.bar.update(made - self.made)
        elif callable(self.wanted):
            self.wanted(made, self.steps)
        self.made = made

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
