"""Formulas against scipy's integration of the equations they solve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from cnsproject.analysis import lif_impedance, lif_rate
from cnsproject.errors import ParameterError

LIF: dict[str, Any] = {"tau": 12.0, "R": 8.0, "u_rest": -70.0, "u_reset": -65.0, "threshold": -50.0}


@given(
    tau=st.floats(2, 50), R=st.floats(0.5, 50), gap=st.floats(1, 30), below=st.floats(0.5, 10),
    drive=st.floats(1.02, 5), refractory=st.floats(0, 5),
)  # fmt: skip
def test_rate_of_a_leaky_neuron(
    tau: float, R: float, gap: float, below: float, drive: float, refractory: float
) -> None:
    """The time from reset to threshold by scipy."""
    current = drive * gap / R

    def slope(_: float, u: Any) -> Any:
        return (-70 - u + R * current) / tau

    def at_threshold(_: float, u: Any) -> float:
        return float(u[0] + 70 - gap)

    at_threshold.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(slope, (0, 50 * tau), [-70.0 - below], events=at_threshold, rtol=1e-9, atol=1e-10)
    rate = lif_rate(current, tau=tau, R=R, u_rest=-70, u_reset=-70 - below, threshold=-70 + gap, refractory=refractory)
    assert rate == pytest.approx(1e3 / (run.t_events[0][0] + refractory), rel=1e-6)


def test_below_the_rheobase_it_is_silent_and_above_it_rises() -> None:
    rheobase = 20.0 / 8.0
    currents = np.array([-5.0, 0.0, rheobase, rheobase + 1e-9, rheobase + 1, 1e6])
    rates = lif_rate(currents, **LIF, refractory=2.0)
    assert rates[:3].tolist() == [0.0, 0.0, 0.0]
    assert 0 < rates[3] < rates[4] < rates[5] < 500.0
    assert rates[5] == pytest.approx(500, rel=1e-3)


def test_arrays_are_combined() -> None:
    taus = np.array([[10.0], [20.0]])
    rates = lif_rate([3.0, 4.0, 5.0], **{**LIF, "tau": taus})
    assert rates.shape == (2, 3)
    assert rates[0] == pytest.approx(2 * rates[1])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tau": 0.0}, r"lif_rate\(tau\): got 0, expected finite numbers above 0 \(ms\)"),
        ({"R": [1.0, -1.0]}, r"lif_rate\(R\): got -1"),
        ({"refractory": -1.0}, r"lif_rate\(refractory\).*from 0 on"),
        ({"u_rest": math.nan}, r"lif_rate\(u_rest\)"),
        ({"u_reset": -50.0}, r"lif_rate\(u_reset\).*below threshold"),
        ({"threshold": math.inf}, r"lif_rate\(threshold\)"),
    ],
)
def test_what_is_no_leaky_neuron(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        lif_rate(3.0, **(LIF | changes))
    with pytest.raises(ParameterError, match=r"lif_rate\(current\)"):
        lif_rate([1.0, math.nan], **LIF)


@pytest.mark.parametrize("frequency", [2.0, 20.0, 200.0])
def test_impedance_of_a_leaky_neuron(frequency: float) -> None:
    """The periodic solution by scipy, long after the start."""
    tau, R, w = 15.0, 4.0, 2e-3 * math.pi * frequency
    z = complex(lif_impedance(frequency, tau=tau, R=R))
    t = np.linspace(300, 300 + 2e3 / frequency, 50)
    run = solve_ivp(
        lambda t, u: (-u + R * np.sin(w * t)) / tau, (0, t[-1]), [0.0], t_eval=t, rtol=1e-9, atol=1e-12, max_step=0.5
    )
    assert run.y[0] == pytest.approx(abs(z) * np.sin(w * t + np.angle(z)), abs=1e-6)


def test_impedance_at_the_ends() -> None:
    z = lif_impedance([0.0, 1e9], tau=10.0, R=3.0)
    assert z[0] == 3.0
    assert abs(z[1]) < 1e-6
    assert np.angle(z[1], deg=True) == pytest.approx(-90, abs=1e-3)
    for wrong in ({"tau": -1.0, "R": 1.0}, {"tau": 1.0, "R": math.inf}):
        with pytest.raises(ParameterError, match="lif_impedance"):
            lif_impedance(1.0, **wrong)
    with pytest.raises(ParameterError, match=r"lif_impedance\(frequency\)"):
        lif_impedance(math.nan, tau=1.0, R=1.0)
