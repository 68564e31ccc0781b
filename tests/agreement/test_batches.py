"""Members of a batch are runs of their own, bit by bit, for every model: several at once, or one after the other."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

import cnsproject as cns
from cnsproject.network import batch as batch_module
from cnsproject.network.batch import Batch
from cnsproject.network.lane import Lane

sys.path.insert(0, str(Path(__file__).parent))
from networks import Built, Case, assert_same, build, covering_cases, inputs, kinds

STEPS = 60
QUICK = covering_cases()
# Every kind of layer once, in a case without what makes members run one after the other.
PLAIN = [
    dataclasses.replace(QUICK[place % len(QUICK)], kind=kind, learning="none", short_term="none")
    for place, kind in enumerate(kinds())
]


def member_and_single(case: Case) -> int:
    """Run two members with a value of their own, and each by itself; how many of them lanes have run."""
    given, plain = inputs(case, STEPS), case.learning == "none"
    nets = [build(case) for _ in range(3)]
    for built in nets:
        built.net.reward = None if plain else built.net.reward
    target = nets[0].net.layers["target"]
    name, value = next((n, v) for n, v in target._values.items() if isinstance(v, float) and v)
    values = [value, 1.03125 * value]
    for built, own in zip(nets[1:], values, strict=True):
        setattr(built.net.layers["target"], name, own)
        built.net.run(STEPS * case.dt, given)
    before = {n: getattr(target, n).clone() for n in target.states}
    runs: list[bool] = []
    go = Lane.go
    with (
        patch.object(Lane, "go", lambda lane, *words: runs.append(go(lane, *words)) or runs[-1]),
        patch.object(batch_module, "_SMALL", 0),  # on two threads, however small
    ):
        batch = nets[0].net.batch({f"target.{name}": 2 * values}, STEPS * case.dt, given, threads=2)
        for place, net in enumerate(batch):
            assert float(net.layers["target"]._values[name]) == values[place % 2]
            assert_same(nets[1 + place % 2], Built(net, net.connections["tested"], nets[0].seeds))
    assert target.steps == 0
    assert all(torch.equal(getattr(target, n), old) for n, old in before.items())
    assert getattr(target, name) == value
    return len(runs)


@pytest.mark.parametrize(
    "place", [pytest.param(k, marks=[pytest.mark.slow] if k % 5 else []) for k in range(len(PLAIN))]
)
def test_members_that_run_at_once(place: int) -> None:
    assert member_and_single(PLAIN[place]) == 4


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_members_of_every_case(part: int) -> None:
    for case in QUICK[part::8]:
        member_and_single(case)


@pytest.mark.parametrize("place", [3, 10])
def test_members_that_run_in_turn(place: int) -> None:
    case = dataclasses.replace(QUICK[place], learning="rewarded")
    assert member_and_single(case) == 0


def test_a_batch_says_how_many_there_are() -> None:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.LIFPopulation(1), "cell")
    batch = net.batch({"cell.tau": [10, 20]}, 5)
    assert isinstance(batch, Batch)
    assert len(batch) == 2
