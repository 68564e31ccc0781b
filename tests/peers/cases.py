"""A small deterministic network, and the ways to run it: in Brian2, in NEST, in ours. All in float64."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
from benchmarks import environments  # noqa: E402

Spikes = list[tuple[int, int]]  # step and neuron, sorted


@dataclass(frozen=True)
class Synapses:
    """Synapses i[n] to j[n] of one kind: "current" (nA), "conductance" (uS) or "delta" (mV)."""

    kind: str
    i: list[int]
    j: list[int]
    w: list[float]
    delay: float
    tau: float = 5.0
    E: float = 0.0

    def times(self, factor: float) -> Synapses:
        """The same with other weights."""
        return replace(self, w=[factor * w for w in self.w])


@dataclass(frozen=True)
class Case:
    """LIF neurons with R = 1 MOhm under constant currents I, from start values u; ms, mV, nA."""

    I: list[float]  # noqa: E741
    u: list[float]
    synapses: tuple[Synapses, ...] = ()
    refractory: float = 0.0
    time: float = 300.0
    dt: float = 0.1
    tau: float = 20.0
    u_rest: float = -70.0
    u_reset: float | list[float] = -65.0
    threshold: float = -50.0

    def changed(self, **changes: Any) -> Case:
        """A copy. `delay` and `synaptic_tau` are functions of the present ones, `weight` of tau, giving a factor."""
        delay, tau, weight = (changes.pop(name, None) for name in ("delay", "synaptic_tau", "weight"))
        synapses = self.synapses
        if delay:
            synapses = tuple(replace(s, delay=delay(s.delay)) for s in synapses)
        if weight:
            synapses = tuple(s.times(weight(s.tau)) for s in synapses)
        if tau:
            synapses = tuple(replace(s, tau=tau(s.tau)) for s in synapses)
        return replace(self, synapses=synapses, **changes)


def neurons(n: int = 12, seed: int = 1, **changes: Any) -> Case:
    """Unconnected neurons that spike at different rates."""
    generator = np.random.default_rng(seed)
    return replace(Case(generator.uniform(18, 35, n).tolist(), generator.uniform(-70, -51, n).tolist()), **changes)


def connect(case: Case, kind: str, low: float, high: float, delay: float, seed: int = 2, **changes: Any) -> Case:
    """Add synapses between a third of the pairs, with weights between low and high."""
    generator = np.random.default_rng(seed)
    n = len(case.I)
    i, j = np.nonzero(generator.random((n, n)) < 1 / 3)
    w = generator.uniform(low, high, len(i))
    added = Synapses(kind, i.tolist(), j.tolist(), w.tolist(), delay, **changes)
    return replace(case, synapses=(*case.synapses, added))


def brian2(case: Case, method: str) -> Spikes:
    """In Brian2, numpy target, with one of its methods."""
    return _in_peer("brian2", {**asdict(case), "method": method})


def brian2_model(case: dict[str, Any]) -> Spikes:
    """A neuron model in Brian2; see `scripts/brian2_model.py`."""
    return _in_peer("brian2", case, "model")


def nest(case: Case, model: str) -> Spikes:
    """In NEST with "iaf_psc_delta" or "iaf_psc_exp"."""
    return _in_peer("nest", {**asdict(case), "model": model})


def ours(case: Case, executor: str, scheme: str = "exponential euler") -> Spikes:
    """In our package."""
    net = cns.Network(dt=case.dt, seed=1)
    reset = np.array(case.u_reset) if isinstance(case.u_reset, list) else case.u_reset
    same = dict(tau=case.tau, u_rest=case.u_rest, u_reset=reset, threshold=case.threshold, u=np.array(case.u))
    cells = cns.LIFPopulation(
        len(case.I), spike_trace=False, refractory=case.refractory, scheme=scheme, dtype=torch.float64, **same
    )
    net.add_layer(cells, "cells")
    for synapses in case.synapses:
        rule = cns.FromArrays(synapses.i, synapses.j)
        weight, synapse = np.array(synapses.w), _synapse(synapses)
        net.add_connection(
            cns.Connection(cells, cells, connectivity=rule, synapse=synapse, weight=weight, delay=synapses.delay)
        )
    monitor = net.add_monitor(cns.Monitor(cells, ["s"]), "spikes")
    net.run(case.time, {"cells": cns.Constant(np.array(case.I))}, executor=executor)
    return [(k, i) for k, i in monitor.get("s").nonzero().tolist()]


def _synapse(synapses: Synapses) -> Any:
    if synapses.kind == "current":
        return cns.ExponentialCurrent(tau=synapses.tau)
    if synapses.kind == "conductance":
        return cns.ExponentialConductance(tau=synapses.tau, E=synapses.E)
    return cns.Delta()


def _in_peer(peer: str, case: dict[str, Any], script: str = "case") -> Spikes:
    """Run a case by the peer's script; skips when its environment is absent."""
    if not environments.ready(peer):
        pytest.skip(f".venv-{peer} is absent: `make test-peers` makes it")
    return _answer(peer, script, json.dumps(case))


@cache
def _answer(peer: str, script: str, case: str) -> Spikes:
    command = [str(environments.python(peer)), str(HERE / "scripts" / f"{peer}_{script}.py")]
    done = subprocess.run(command, input=case, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return sorted((k, i) for k, i in json.loads(done.stdout.splitlines()[-1]))
