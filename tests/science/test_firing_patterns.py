"""Firing patterns of AdEx and Izhikevich neurons, told apart by `analysis.firing_pattern`.

The parameters of AdEx are those of Naud, Marcille, Clopath & Gerstner 2008, Biol. Cybern. 99:335, table 1, as Brian2's
example of that paper prints them (adapted there to the figures). Those of Izhikevich are from Izhikevich 2003, IEEE
Trans. Neural Netw. 14:1569, fig. 2, and from the program for fig. 1 of Izhikevich 2004, IEEE Trans. Neural Netw.
15:1063 (its letters in brackets).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.analysis import firing_pattern


def spikes(population: cns.ModelPopulation, dt: float, *phases: tuple[float, float]) -> np.ndarray:
    """Spike times under currents (nA) that last so long (ms)."""
    net = cns.Network(dt=dt, seed=1)
    net.add_layer(population, "cells")
    monitor = net.add_monitor(cns.Monitor(population, ["s"]), "spikes")
    for current, duration in phases:
        net.run(duration, {"cells": current})
    return monitor.spikes()[0].numpy()


# pF, nS, mV, mV, mV, nS, ms, pA, mV, pA
NAUD = {
    #                           C   gL   EL   VT  DT   a   tau_w b   Vr    I
    "tonic":                    (200, 10, -70, -50, 2, 2, 30, 0, -58, 500),
    "adapting":                 (200, 12, -70, -50, 2, 2, 300, 60, -58, 500),
    "initial burst":            (130, 18, -58, -50, 2, 4, 150, 120, -50, 400),
    "regular bursting":         (200, 10, -58, -50, 2, 2, 120, 100, -46, 210),
    "delayed accelerating":     (200, 12, -70, -50, 2, -10, 300, 0, -58, 300),
    "delayed regular bursting": (100, 10, -65, -50, 2, -10, 90, 30, -47, 110),
    "transient":                (100, 10, -65, -50, 2, 10, 90, 100, -47, 180),
    "irregular":                (100, 12, -60, -50, 2, -11, 130, 30, -48, 160),
}  # fmt: skip


def adex(name: str, dt: float = 0.05, **changes: Any) -> str | None:
    C, g, E, V_T, delta, a, tau_w, b, V_r, current = NAUD[name]
    settings: dict[str, Any] = {
        "R": 1e3 / g, "C": 1e-3 * C, "u_rest": E, "theta_rh": V_T, "delta_t": delta, "a": 1e-3 * a, "tau_w": tau_w,
        "b": 1e-3 * b, "u_reset": V_r, "threshold": 0.0,
    }  # fmt: skip
    population = cns.AELIFPopulation(1, dtype=torch.float64, **settings | changes)
    return firing_pattern(spikes(population, dt, (1e-3 * current, 1500.0)), 0.0, 1500.0)


@pytest.mark.parametrize("pattern", NAUD)
@pytest.mark.parametrize("dt", [0.1, 0.05, 0.02])
def test_adex(pattern: str, dt: float) -> None:
    assert adex(pattern, dt) == pattern


@pytest.mark.parametrize(
    ("pattern", "change", "becomes"),
    [
        ("adapting", {"b": 0.0}, "tonic"),
        ("initial burst", {"b": 0.0}, "tonic"),
        ("initial burst", {"u_reset": -60.0}, "adapting"),
        ("regular bursting", {"b": 0.0}, "delayed tonic"),
        ("regular bursting", {"u_reset": -56.0}, "adapting"),
        ("delayed accelerating", {"a": 0.0}, "tonic"),
        ("transient", {"a": 0.0}, "tonic"),
        ("irregular", {"b": 0.0}, "delayed tonic"),
    ],
)
def test_a_pattern_needs_its_parameters(pattern: str, change: dict[str, float], becomes: str) -> None:
    """Adaptation, its sign and the reset make the patterns (Naud et al. 2008, sec. 3)."""
    assert adex(pattern, **change) == becomes


def rest(b: float, current: float = 0.0) -> float:
    """Where 0.04 u**2 + 5 u + 140 + I = b*u, the lower of the two."""
    return (b - 5 - math.sqrt((5 - b) ** 2 - 0.16 * (140 + current))) / 0.08


def izhikevich(a: float, b: float, c: float, d: float, **settings: Any) -> cns.IzhikevichPopulation:
    u = settings.pop("u", None) or rest(b)
    return cns.IzhikevichPopulation(1, a=a, b=b, c=c, d=d, u=u, w=b * u, dtype=torch.float64, **settings)


IZHIKEVICH = {
    "RS": ((0.02, 0.2, -65, 8), 10.0, "adapting"),
    "IB": ((0.02, 0.2, -55, 4), 10.0, "initial burst"),
    "CH": ((0.02, 0.2, -50, 2), 10.0, "regular bursting"),
    "FS": ((0.1, 0.2, -65, 2), 10.0, "tonic"),
    "LTS": ((0.02, 0.25, -65, 2), 10.0, "adapting"),
    "(B) phasic spiking": ((0.02, 0.25, -65, 6), 0.5, "transient"),
    "(C) tonic bursting": ((0.02, 0.2, -50, 2), 15.0, "regular bursting"),
    "(D) phasic bursting": ((0.02, 0.25, -55, 0.05), 0.6, "transient"),
    "(E) mixed mode": ((0.02, 0.2, -55, 4), 10.0, "initial burst"),
}


@pytest.mark.parametrize("name", IZHIKEVICH)
@pytest.mark.parametrize("dt", [0.25, 0.05])
def test_izhikevich(name: str, dt: float) -> None:
    parameters, current, pattern = IZHIKEVICH[name]
    found = spikes(izhikevich(*parameters), dt, (current, 1000.0))
    assert firing_pattern(found, 0.0, 1000.0) == pattern


def test_fast_spiking_is_fast_and_chattering_chatters() -> None:
    """FS fires several times as fast as RS under the same current; CH has many intervals below 6 ms, IB one burst."""
    found = {name: spikes(izhikevich(*IZHIKEVICH[name][0]), 0.05, (10.0, 1000.0)) for name in ("RS", "FS", "CH", "IB")}
    assert len(found["FS"]) > 5 * len(found["RS"])
    short = {name: np.count_nonzero(np.diff(times) < 6) for name, times in found.items()}
    assert short["RS"] == 0
    assert short["IB"] == 2
    assert short["CH"] > 50


@pytest.mark.parametrize("d", [0.0, 8.0])
def test_without_its_jump_a_regular_spiking_neuron_is_tonic(d: float) -> None:
    found = spikes(izhikevich(0.02, 0.2, -65, d), 0.05, (10.0, 1000.0))
    assert firing_pattern(found, 0.0, 1000.0) == ("adapting" if d else "tonic")


@pytest.mark.parametrize(("c", "d"), [(-60, 4), (-52, 0)])
def test_rebound(c: float, d: float) -> None:
    """(M) and (N): after 5 ms of inhibition one spike, or a burst of many, and silence."""
    assert len(spikes(izhikevich(0.03, 0.25, c, d, u=-64.0), 0.2, (0.0, 200.0))) == 0
    found = spikes(izhikevich(0.03, 0.25, c, d, u=-64.0), 0.2, (0.0, 20.0), (-15.0, 5.0), (0.0, 275.0))
    assert (found > 25).all()
    assert (found < 200).all()
    assert len(found) == 1 if d else len(found) >= 5


def test_latency() -> None:
    """(I): the weakest pulse of 3 ms that is answered at all is answered late, twice as strong a one at once."""

    def answer(current: float) -> float:
        found = spikes(izhikevich(0.02, 0.2, -65, 6), 0.1, (current, 3.0), (0.0, 97.0))
        return float(found[0]) if len(found) else math.inf

    low, high = 0.0, 20.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if math.isinf(answer(middle)) else (low, middle)
    assert answer(high) > 15
    assert answer(2 * high) < 5


def rates(parameters: tuple[float, ...], currents: np.ndarray, **settings: Any) -> np.ndarray:
    """Spikes per second in the second of two seconds."""
    found = []
    for current in currents:
        times = spikes(izhikevich(*parameters, **settings), 0.1, (float(current), 2000.0))
        found.append(np.count_nonzero(times >= 1000))
    return np.array(found)


def test_excitability_of_both_classes() -> None:
    """(G) Class 1 begins to fire at rates near 0, (H) class 2 at a rate that is far from it.

    Both begin where the fixed point is lost. (G): 0.04 u**2 + 4.2 u + 108 + I has a double root at I = 2.25. (H): its
    trace 0.08 u + 5 - a is 0 at u = -60, which is the fixed point at I = 0.4; they start near that.
    """
    one = rates((0.02, -0.1, -55, 6), np.array([2.24, 2.26, 2.4, 3.0]), u=-54.0, k1=4.1, k0=108.0)
    two = rates((0.2, 0.26, -65, 0), np.array([0.38, 0.41, 0.6]), u=rest(0.26, 0.39))
    assert one[0] == two[0] == 0
    assert 0 < one[1] < 10
    assert (np.diff(one) > 0).all()
    assert two[1] > 25
    assert two[2] < 2 * two[1]
