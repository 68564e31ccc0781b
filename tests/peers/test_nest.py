"""The same spikes as NEST, step by step, in float64. Its neurons are integrated exactly.

Ours are by scheme "exact", or by exponential Euler, which holds the current of a synapse during the step.

A spike of step k is stamped (k+1)*dt by NEST and k*dt by us.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import cnsproject as cns
from cnsproject.experiments import constant_drive, microcircuit

sys.path.insert(0, str(Path(__file__).parent))
from benchmarks import translations
from cases import Case, Synapses, connect, nest, neurons, ours

pytestmark = [pytest.mark.peers, pytest.mark.parametrize("executor", ["eager", "cpu"])]
DT, TAU = 0.1, 20.0


@pytest.mark.parametrize("model", ["iaf_psc_delta", "iaf_psc_exp"])
@pytest.mark.parametrize("refractory", [0.0, 0.1, 2.0])
def test_lif(executor: str, model: str, refractory: float) -> None:
    """Unconnected neurons under constant currents; the refractory period is ours as it is."""
    case = neurons(refractory=refractory)
    theirs = nest(case, model)
    assert ours(case, executor) == theirs
    assert ours(case, executor, "exact") == theirs


@pytest.mark.parametrize("theirs", [0.1, 1.5])
@pytest.mark.parametrize("refractory", [0.0, 2.0])
@pytest.mark.parametrize("tau", [5.0, TAU])
def test_exact_currents(executor: str, theirs: float, refractory: float, tau: float) -> None:
    """With "exact" nothing but the delay is translated: d of `iaf_psc_exp` is our d + dt."""
    case = connect(neurons(refractory=refractory), "current", -3, 4, theirs, tau=tau)
    assert ours(case.changed(delay=partial(translations.delay, dt=DT)), executor, "exact") == nest(case, "iaf_psc_exp")


@pytest.mark.parametrize("theirs", [0.1, 1.5])
@pytest.mark.parametrize("refractory", [0.0, 2.0])
def test_exponential_currents(executor: str, theirs: float, refractory: float) -> None:
    """The delay d of `iaf_psc_exp` is our d + dt; the current decays within the step, which the weights make up for."""
    case = connect(neurons(refractory=refractory), "current", -3, 4, theirs)
    weight = partial(translations.decaying_within_step, tau_membrane=TAU, dt=DT)
    spikes = nest(case, "iaf_psc_exp")
    assert ours(case.changed(delay=partial(translations.delay, dt=DT), weight=weight), executor) == spikes
    assert ours(case.changed(weight=weight), executor) != spikes


@pytest.mark.skipif(not hasattr(cns, "Delta"), reason="there is no Delta synapse")
@pytest.mark.parametrize("theirs", [0.1, 1.5])
@pytest.mark.parametrize("refractory", [0.0, 2.0])
def test_delta(executor: str, theirs: float, refractory: float) -> None:
    """The delay d of `iaf_psc_delta` is ours as it is; it jumps after the integration: a factor on the weights."""
    case = connect(neurons(refractory=refractory), "delta", -1.5, 2.5, theirs)
    factor = translations.jump_after_integration(TAU, DT)
    assert ours(case.changed(weight=lambda tau: factor), executor) == nest(case, "iaf_psc_delta")


def test_microcircuit(executor: str) -> None:
    """A five hundredth of the cortical microcircuit: from the same synapses the same spikes, where d is d + dt."""
    net = microcircuit(0.002)
    cells, synapses = net.layers["cells"], net.connections["synapses"]
    assert isinstance(synapses, cns.Connection)
    current = 40.0 * np.asarray(constant_drive(0.002).values)  # mV: the cases have 1 MOhm, this network 40 MOhm
    case = Case(
        current.tolist(), np.asarray(cells.u, np.float64).tolist(), tau=10.0, u_rest=-65.0, u_reset=-65.0,
        threshold=-50.0, refractory=2.0, time=300.0, synapses=tuple(by_delay(synapses)),
    )  # fmt: skip
    net.run(case.time, {"cells": constant_drive(0.002)}, executor=executor)
    spikes = [(k, i) for k, i in net.monitors["spikes"].get("s").nonzero().tolist()]
    assert len(spikes) > 100
    assert spikes == nest(case, "iaf_psc_exp")


def by_delay(synapses: cns.Connection) -> Iterator[Synapses]:
    """Those of each delay, as NEST counts it."""
    i, j = (ends.numpy() for ends in synapses.indices())
    signs = np.where(np.asarray(synapses.pre.is_inhibitory)[i], -40.0, 40.0)
    weights, steps = signs * synapses.w.numpy(), np.round(synapses.delays.numpy() / DT).astype(int)
    for step in np.unique(steps).tolist():
        own = steps == step
        yield Synapses("current", i[own].tolist(), j[own].tolist(), weights[own].tolist(), DT * (step - 1), tau=0.5)
