"""Covering arrays: few rows in which every combination of a few factors occurs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

_CANDIDATES = 20  # rows tried for each one that is taken


def covering(factors: Mapping[str, Sequence[Any]], strength: int = 2, seed: int = 0) -> list[dict[str, Any]]:
    """Rows in which every combination of the values of any `strength` factors occurs; the same ones every time.

    Greedy: a row starts with a combination that is still missing, then each factor in random order gets the value
    that completes the most missing ones; the best of some such rows is taken (Cohen et al. 1997, AETG).
    """
    rng, names = random.Random(seed), list(factors)
    missing = {
        tuple(zip(group, values, strict=True))
        for group in combinations(names, strength)
        for values in product(*(range(len(factors[name])) for name in group))
    }
    rows = []
    while missing:
        start = min(missing)
        tried = [_row(dict(start), factors, strength, missing, rng) for _ in range(_CANDIDATES)]
        found, best = max(tried, key=lambda pair: pair[0])
        assert found
        missing -= {tuple((name, best[name]) for name in group) for group in combinations(names, strength)}
        rows.append({name: factors[name][best[name]] for name in names})
    return rows


def _row(
    row: dict[str, int], factors: Mapping[str, Sequence[Any]], strength: int, missing: set[Any], rng: random.Random
) -> tuple[int, dict[str, int]]:
    names = list(factors)
    place = {name: k for k, name in enumerate(names)}
    for name in rng.sample(names, len(names)):
        if name in row:
            continue
        known = [(n, row[n]) for n in names if n in row]
        beside = []
        for group in combinations(known, strength - 1):
            before = tuple(pair for pair in group if place[pair[0]] < place[name])
            beside.append((before, group[len(before) :]))
        gains = []
        for value in range(len(factors[name])):
            gain = sum((*before, (name, value), *after) in missing for before, after in beside)
            gains.append((gain, rng.random(), value))
        row[name] = max(gains)[2]
    found = sum(tuple((n, row[n]) for n in group) in missing for group in combinations(names, strength))
    return found, row
