"""Impedances against the transfer function of the scheme, of the equation, and of a linearisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, TimeGridError
from cnsproject.studies.impedance import _ratio

TAU, R = 20.0, 10.0
FREQUENCIES = np.array([1.0, 3.7, 10.0, 77.0, 300.0])
SHORT: dict[str, Any] = {"amplitude": 0.1, "time": 1500.0, "settle": 500.0}


@pytest.mark.parametrize("dt", [0.1, 1.0])
@pytest.mark.parametrize("scheme", ["euler", "exact"])
def test_a_leaky_neuron_with_its_discretisation(scheme: str, dt: float) -> None:
    """u_(k+1) = q*u_k + (1 - q)*R*I_k, seen from the middle of the step for which I_k is held."""
    population = cns.LIFPopulation(1, tau=TAU, R=R, dt=dt, scheme=scheme, dtype=torch.float64)
    found = cns.impedance(population, FREQUENCIES, **SHORT)
    q = math.exp(-dt / TAU) if scheme == "exact" else 1 - dt / TAU
    turn = np.exp(2j * np.pi * FREQUENCIES * dt * 1e-3)
    assert found.values == pytest.approx(R * (1 - q) * np.sqrt(turn) / (turn - q), rel=1e-6)
    continuous = R / (1 + 2j * np.pi * FREQUENCIES * TAU * 1e-3)
    assert found.closed_form == pytest.approx(continuous)
    slow = FREQUENCIES < 20
    error = np.abs(found.values[slow] / continuous[slow] - 1)
    assert (error < (1e-3 * dt if scheme == "exact" else 0.025 * dt)).all()


def test_magnitude_and_phase() -> None:
    """A phase below 0 is a potential that lags behind."""
    population = cns.LIFPopulation(1, tau=TAU, R=R, dt=0.1, dtype=torch.float64)
    cutoff = 1e3 / (2 * math.pi * TAU)
    found = cns.impedance(population, [cutoff / 100, cutoff, 100 * cutoff], amplitude=0.01, time=1.5e4, settle=200.0)
    assert found.magnitude == pytest.approx([R, R / math.sqrt(2), R / 100], rel=0.04)
    assert found.phase == pytest.approx([-0.57, -45.0, -89.4], abs=0.5)
    assert found.resonance == pytest.approx(cutoff / 100)


def test_a_resonator() -> None:
    """AdEx near rest: tau*u' = -k*u - R*w + R*I, tau_w*w' = a*u - w.

    So Z = R*c/((k + i*omega*tau)*c + R*a) with c = 1 + i*omega*tau_w.
    """
    a, tau_w, offset = 0.3, 100.0, 0.4
    population = cns.AELIFPopulation(1, tau=TAU, R=R, a=a, tau_w=tau_w, dt=0.02, dtype=torch.float64)
    frequencies = [1.0, 6.5, 30.0]
    found = cns.impedance(population, frequencies, offset=offset, amplitude=0.01, time=2500.0, settle=1000.0)
    plane = cns.phase_plane(population, {"u": (-75, -58), "w": (-1, 2)}, offset, time=1.0)
    k = 1 - math.exp((plane.fixed_points[0].x + 55) / 2)
    w = 2e-3 * np.pi * np.array(frequencies)
    c = 1 + 1j * w * tau_w
    assert found.values == pytest.approx(R * c / ((k + 1j * w * TAU) * c + R * a), rel=5e-3)
    assert found.resonance == 6.5
    assert found.closed_form is None
    assert found.phase[0] > 0  # the adaptation lags, so that u leads


def test_what_it_says_and_shows() -> None:
    population = cns.LIFPopulation(1, tau=TAU, R=R, dt=0.1, name="cell")
    found = cns.impedance(population, FREQUENCIES, offset=0.5, **SHORT)
    text = (
        f"impedance of cell, 1 to 300 Hz around 0.5 nA: largest at 1 Hz with {found.magnitude[0]:.4g} MOhm (dt 0.1 ms)"
    )
    assert str(found) == text
    assert list(found.columns()) == ["frequency (Hz)", "magnitude (MOhm)", "phase (degrees)"]
    ax = found.plot()
    magnitude, phase = ax.figure.axes
    assert ax is magnitude
    data, theory = magnitude.lines
    assert data.get_ydata().tolist() == found.magnitude.tolist()
    assert theory.get_ydata() == pytest.approx(np.abs(found.closed_form))  # type: ignore[arg-type]
    assert phase.lines[0].get_ydata().tolist() == found.phase.tolist()
    assert (magnitude.get_ylabel(), phase.get_ylabel()) == ("magnitude (MOhm)", "phase (degrees)")
    assert (magnitude.get_xlabel(), phase.get_xlabel()) == ("", "frequency (Hz)")
    assert magnitude.get_xscale() == "log"
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()] == ["cell", "closed form"]


def test_units_of_a_quotient() -> None:
    """mV over nA is MOhm; what is driven by something else has its own."""
    for membrane, drive, unit in (("mV", "nA", "MOhm"), ("mV", "1", "mV"), ("1", "nA", "1/nA"), ("mV", "uS", "mV/uS")):
        assert _ratio(membrane, drive) == unit
    population = cns.Population(
        "du/dt = (g*E - u)/tau : mV", shape=1, threshold="u > 1e3", inputs={"g": "mV/ms"}, dt=1.0,
        parameters={"tau": "20 ms", "E": "1 ms"},
    )  # fmt: skip
    found = cns.impedance(population, [10.0], amplitude=1.0, time=300.0, settle=0.0)
    assert found.unit == "mV/(mV/ms)"
    assert " mV/(mV/ms) (dt 1 ms)" in str(found)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"frequencies": [0.0, 10.0]}, ParameterError, r"impedance\(frequencies\).*> 0"),
        ({"frequencies": [20.0, 10.0]}, ParameterError, r"ascending numbers \(Hz\)"),
        ({"frequencies": []}, ShapeError, "at least one"),
        ({"frequencies": [10.0, 5000.0]}, ParameterError, "5000 Hz with dt=0.1 ms.*below 5000 Hz.*smaller dt"),
        ({"frequencies": [0.5]}, ParameterError, r"1000 ms after settle.*one period of 0\.5 Hz, 2000 ms.*time=2500"),
        ({"settle": 1500.0}, ParameterError, "0 ms after settle"),
        ({"settle": -1.0}, ParameterError, r"impedance\(settle\).*from 0 on"),
        ({"settle": 0.05}, TimeGridError, r"impedance\(settle\)"),
        ({"amplitude": 0.0}, ParameterError, r"impedance\(amplitude\)"),
        ({"offset": "none"}, ArgumentError, r"impedance\(offset\)"),
        ({"offset": 1.45}, ParameterError, "a spike at 1 Hz.*below its threshold.*lower offset or amplitude"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.impedance(cns.LIFPopulation(1, tau=TAU, R=R, dt=0.1), **({"frequencies": [1.0, 10.0], **SHORT} | given))
