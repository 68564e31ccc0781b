"""F-I curves against pencil and paper, loops by hand and scipy."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.analysis import lif_rate
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, TimeGridError


def lif(**changes: Any) -> cns.LIFPopulation:
    given: dict[str, Any] = {"tau": 20.0, "R": 10.0, "dt": 0.1, "dtype": torch.float64} | changes
    return cns.LIFPopulation(1, **given)


def euler_period(current: float, tau: float, R: float, gap: float, dt: float, refractory: float) -> float:
    """ms: the first step whose end is at the threshold, u_n = R*I*(1 - (1 - dt/tau)^n), after the refractory ones."""
    return dt * (round(refractory / dt) + math.ceil(math.log(1 - gap / (R * current)) / math.log(1 - dt / tau)))


@pytest.mark.parametrize(("tau", "dt", "refractory"), [(20.0, 0.1, 0.0), (20.0, 0.1, 3.0), (7.0, 0.5, 1.5)])
def test_a_leaky_neuron_by_pencil_and_paper(tau: float, dt: float, refractory: float) -> None:
    currents = np.concatenate([[-1.0, 0.0, 1.49], np.linspace(1.61, 6, 30)])
    curve = cns.fi_curve(lif(tau=tau, dt=dt, refractory=refractory), currents, 1000.0)
    expected = [
        0.0 if 10 * each <= 15 else 1e3 / euler_period(each, tau, 10.0, 15.0, dt, refractory)
        for each in currents.tolist()
    ]
    assert curve.rates == pytest.approx(expected, rel=1e-9)
    assert curve.first_rates == pytest.approx(expected, rel=1e-9)
    assert curve.onset == 1.61
    assert curve.closed_form is not None
    # A spike waits for the end of its step, and Euler's method is early.
    later = 1e3 / curve.rates[3:] - 1e3 / curve.closed_form[3:]
    assert (np.abs(later) < dt).all()
    assert (curve.closed_form[:3] == 0).all()
    formula = lif_rate(currents, tau=tau, R=10, u_rest=-70, u_reset=-70, threshold=-55, refractory=refractory)
    assert curve.closed_form == pytest.approx(formula)


def test_every_current_is_a_run_of_its_own() -> None:
    """By hand, with an adapting neuron: all intervals, and the first."""
    population = cns.AELIFPopulation(1, tau=20, R=10, b=0.2, a=0.0, dt=0.1)
    currents = np.array([1.0, 1.5, 3.0])
    curve = cns.fi_curve(population, currents, 400.0, settle=100.0)
    rates, first = [], []
    for current in currents:
        twin = cns.AELIFPopulation(1, tau=20, R=10, b=0.2, a=0.0, dt=0.1)
        times = []
        for step in range(4000):
            twin.forward(float(current))
            if twin.s:
                times.append(step * 0.1)
        late = [t for t in times if t >= 100.0]
        rates.append(1e3 * (len(late) - 1) / (late[-1] - late[0]) if late else 0.0)
        first.append(1e3 / (times[1] - times[0]) if times else 0.0)
    assert curve.rates == pytest.approx(rates)
    assert curve.first_rates == pytest.approx(first)
    assert curve.first_rates[2] > 1.3 * curve.rates[2] > 0
    assert curve.closed_form is None
    assert (curve.time, curve.settle, curve.dt, curve.name) == (400.0, 100.0, 0.1, "AELIF")


def test_settle_is_a_fifth_of_the_time_unless_told() -> None:
    assert cns.fi_curve(lif(), [2.0], 50.0).settle == 10.0
    assert cns.fi_curve(lif(), 2.0, 50.0, settle=0.0).settle == 0.0


def test_a_model_without_a_reset() -> None:
    """Hodgkin-Huxley: silent, a single spike at the onset, or one every 14.6 ms."""
    curve = cns.fi_curve(cns.HodgkinHuxleyPopulation(1, dt=0.01), [0.0, 4.0, 10.0], 200.0, settle=100.0)
    assert curve.rates[:2].tolist() == [0.0, 0.0]
    assert curve.rates[2] == pytest.approx(1e3 / 14.6, rel=0.01)
    assert curve.closed_form is None
    assert curve.onset == 10.0


def test_what_it_says() -> None:
    curve = cns.fi_curve(lif(name="cell"), [1.0, 2.0], 500.0)
    period = euler_period(2.0, 20.0, 10.0, 15.0, 0.1, 0.0)
    assert str(curve) == (
        f"F-I curve of cell, 2 inputs from 1 to 2 nA: fires from 2 nA on, at most {1e3 / period:.4g} Hz at 2 nA "
        "(500 ms, spikes after 100 ms, dt 0.1 ms)"
    )
    silent = cns.fi_curve(lif(), [0.5, 1.0], 100.0)
    assert silent.onset is None
    assert ": silent (100 ms" in str(silent)
    assert list(curve.columns()) == [
        "current (nA)", "rate (Hz)", "rate of the first interval (Hz)", "closed form (Hz)"
    ]  # fmt: skip


def test_the_picture() -> None:
    curve = cns.fi_curve(lif(), [1.0, 2.0, 3.0], 200.0)
    ax = curve.plot(first=True, label="mine", color="#123456")
    data, first, theory = ax.lines
    assert data.get_ydata().tolist() == curve.rates.tolist()
    assert first.get_ydata().tolist() == curve.first_rates.tolist()
    assert theory.get_ydata().tolist() == curve.closed_form.tolist()  # type: ignore[union-attr]
    assert (data.get_color(), first.get_color()) == ("#123456", "#123456")
    assert theory.get_zorder() < first.get_zorder() < data.get_zorder()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["mine", "mine: first interval", "closed form"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input current (nA)", "firing rate (Hz)")
    _, own = plt.subplots()
    curve.plot(own)
    curve.plot(own)
    assert [line.get_label() for line in own.lines].count("closed form") == 1
    assert own.get_legend() is None
    plt.close("all")


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"currents": [2.0, 1.0]}, ParameterError, r"2 before 1.*ascending numbers \(nA\)"),
        ({"currents": [1.0, 1.0]}, ParameterError, "1 before 1"),
        ({"currents": []}, ShapeError, "at least one"),
        ({"currents": [[1.0, 2.0]]}, ShapeError, r"shape \(1, 2\)"),
        ({"currents": [[1.0], [2.0, 3.0]]}, ArgumentError, "numbers in a row"),
        ({"currents": "many"}, ArgumentError, "real numbers"),
        ({"currents": None}, ArgumentError, "real numbers"),
        ({"currents": [1.0, math.nan]}, ParameterError, "finite"),
        ({"settle": 100.0}, ParameterError, r"settle.*from 0 to below time = 100 ms"),
        ({"settle": -1.0}, ParameterError, "settle"),
        ({"settle": "a"}, ArgumentError, "settle"),
        ({"time": 100.05}, TimeGridError, "use 100 or 100.1 ms"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.fi_curve(lif(), **({"currents": [1.0, 2.0], "time": 100.0} | given))


def test_currents_may_be_a_tensor() -> None:
    found = cns.fi_curve(lif(), torch.linspace(0, 5, 3, requires_grad=True), 100.0)
    assert found.currents.tolist() == [0.0, 2.5, 5.0]
