"""What the page asks for: a state, run and measured, as JSON."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import numpy.typing as npt

from cnsproject.errors import CnsError
from cnsproject.experiments.base import Table
from cnsproject.explore.controls import nice
from cnsproject.explore.shown import Shown
from cnsproject.explore.state import State, compared, differences, find, tabled

FIRST = "report"
_KEPT = 4
_EDGE = 0.03  # of the height of a panel, above and below what is drawn
_PARTS = 8  # that a panel's height has, about


class Answers:
    """Runs what it is asked for, and keeps the last few runs: what stands beside is not run again and again."""

    def __init__(self) -> None:
        self._run = lru_cache(maxsize=_KEPT)(State.run)

    def answer(self, query: str) -> dict[str, Any]:
        """All that the page shows of the state of a query; of wrong values why they are wrong, in four parts."""
        started = time.perf_counter()
        try:
            state, beside = read(query)
            sides = ({"A": beside} if beside else {}) | {"B": state}
            with np.errstate(all="ignore"):  # what overflows is refused by its name
                shown = {side: self._run(one) for side, one in sides.items()}
        except CnsError as error:
            return {"error": {"what": error.what, "got": str(error.got), "expected": error.expected, "fix": error.fix}}
        return {
            "curves": {
                f"{side}/{panel}/{series}": [_packed(x), _packed(y)]
                for side, one in shown.items()
                for (panel, series), (x, y) in one.curves.items()
            },
            "ranges": _ranges(sides, shown),
            "said": " ".join(f"{f'{side}: ' * (len(shown) > 1)}{one.sentence()}" for side, one in shown.items()),
            "notes": [note for one in shown.values() for note in one.notes],
            "code": state.code(),
            **_links(state, beside),
            **_tables(state, beside, shown),
            "seconds": time.perf_counter() - started,
        }


def read(query: str) -> tuple[State, State | None]:
    """The state of a query, and the one that is to stand beside it."""
    texts = dict(parse_qsl(query, keep_blank_values=True))
    beside = texts.pop("beside", "")
    state = State.of(texts.pop("world", FIRST), texts)
    other = dict(parse_qsl(beside, keep_blank_values=True))
    return state, State.of(other.pop("world", FIRST), other) if other else None


def typed(query: str) -> dict[str, str]:
    """The texts of a query as they were typed, right or wrong; its world always exists."""
    texts = dict(parse_qsl(query, keep_blank_values=True))
    try:
        world = find(texts.get("world", FIRST)).name
    except CnsError:
        world = FIRST
    return {**State.of(world).texts, **texts, "world": world}


def _ranges(sides: Mapping[str, State], shown: Mapping[str, Shown]) -> dict[str, tuple[float, float]]:
    """From where to where the axes go: times of each side, values of the panels of both."""
    found = {f"{side}/time": (0.0, one.time) for side, one in shown.items()}
    spans: dict[str, list[tuple[float, float]]] = {}
    for side, state in sides.items():
        for panel in find(state.world).panels:
            spans.setdefault(panel.scale, []).append(shown[side].span(panel.name))
    for scale, known in spans.items():
        low, high = min(span[0] for span in known), max(span[1] for span in known)
        found[scale] = _around(low, high)
    return found


def _around(low: float, high: float) -> tuple[float, float]:
    """A range around these values that ends in whole parts, so that an axis rests while its values move a little."""
    part = nice((high - low) / _PARTS) if high > low else 1.0
    edge = _EDGE * (high - low)
    return math.floor((low - edge) / part) * part, math.ceil((high + edge) / part) * part


def _links(state: State, beside: State | None) -> dict[str, str]:
    query = state.query()
    both = {"link": f"{query}&{urlencode({'beside': beside.query()})}"} if beside else {"link": query}
    swapped = {"swap": f"{beside.query()}&{urlencode({'beside': query})}"} if beside else {}
    return both | swapped | {"keep": f"{query}&{urlencode({'beside': query})}", "alone": query}


def _tables(state: State, beside: State | None, shown: Mapping[str, Shown]) -> dict[str, Any]:
    if beside is None:
        return {"numbers": _rows(tabled(shown["B"].numbers))}
    return {
        "numbers": _rows(compared(shown["A"].numbers, shown["B"].numbers)),
        "differences": _rows(differences(beside, state)),
    }


def _rows(table: Table) -> list[list[str]]:
    """Head and rows as texts."""
    return [list(table.head), *([("–" if cell is None else str(cell)) for cell in row] for row in table.rows)]


def _packed(values: npt.NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype("<f4", copy=False).tobytes()).decode()
