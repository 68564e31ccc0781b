"""Pictures beside those in `baseline/`, pixel by pixel; CONTRIBUTING.md tells how these are made anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnsproject import plotting as panels
from cnsproject.analysis import lif_rate
from cnsproject.studies.phase_plane import FixedPoint, PhasePlane
from cnsproject.studies.result import Quantity

DT, STEPS = 0.5, 240
SPAN = dict(start=0.0, stop=DT * STEPS)


def looks_as_before(dpi: int) -> pytest.MarkDecorator:
    """The figure that a test returns is its baseline. As many dots per inch as make a file of about 30 kB."""
    return pytest.mark.mpl_image_compare(savefig_kwargs={"dpi": dpi, "pil_kwargs": {"optimize": True}})


def raster(count: int, rate: float, seed: int, rhythm: float = 0.8) -> Any:
    """Neurons that fire in a rhythm of 40 Hz: (neurons, steps)."""
    rng = np.random.default_rng(seed)
    chance = rate * DT * 1e-3 * (1.0 + rhythm * np.sin(2 * np.pi * 0.04 * DT * np.arange(STEPS)))
    return rng.random((count, STEPS)) < chance * rng.gamma(4.0, 0.25, (count, 1))


def events(spikes: Any) -> tuple[Any, Any, int]:
    step, neuron = np.nonzero(spikes.T)
    return step * DT, neuron, len(spikes)


EXC, INH = raster(40, 60.0, 1), raster(10, 60.0, 2)
BOTH = {"exc": events(EXC), "inh": events(INH)}


def walk(columns: int, seed: int) -> Any:
    return np.cumsum(np.random.default_rng(seed).normal(0.0, 0.1, (STEPS, columns)), axis=0)


@looks_as_before(dpi=70)
def test_spike_raster() -> Figure:
    return panels.spike_raster(BOTH, sort="rate").figure


@looks_as_before(dpi=40)
def test_spike_statistics() -> Figure:
    return panels.spike_statistics(BOTH, **SPAN, count_bin=5.0)


@looks_as_before(dpi=50)
def test_recorded_activity() -> Figure:
    rows = [
        panels.RecordedState(
            "u (mV)", DT * np.arange(STEPS), walk(2, 3) - 60.0, ["neuron 0", "neuron 1"], [[40.0, 100.0], [70.0]],
            {"threshold": -55.0},
        ),
        panels.RecordedState("I (nA)", DT * np.arange(STEPS), walk(1, 4) + 2.0),
    ]  # fmt: skip
    return panels.recorded_activity(BOTH, rows, **SPAN, title="two populations")


@looks_as_before(dpi=60)
def test_correlation_matrix() -> Figure:
    return panels.correlation_matrix(BOTH, **SPAN, bin=5.0, most=30).figure


@looks_as_before(dpi=50)
def test_population_activity() -> Figure:
    given = [("exc", EXC, walk(3, 5) + 2.0), ("inh", INH, walk(3, 6) + 1.0)]
    return panels.population_activity(given, dt=DT, window=8)


@looks_as_before(dpi=45)
def test_decision() -> Figure:
    """Three rows, three columns."""
    columns = [
        panels.PopulationColumn(name, spikes, walk(3, 7) + 2.0, walk(1, 8) + 1.0)
        for name, spikes in (("exc1", EXC), ("exc2", raster(30, 20.0, 9)), ("inh", INH))
    ]
    marks = {"step of the current": 60.0, "decision": 90.0}
    return panels.populations_side_by_side(columns, dt=DT, window=10, marks=marks)


@looks_as_before(dpi=60)
def test_fi_curve() -> Figure:
    current = np.linspace(1.0, 4.0, 25)
    rates = lif_rate(current, tau=10.0, R=10.0, u_rest=-70.0, u_reset=-70.0, threshold=-55.0)
    ax = panels.fi_curve(current, np.round(rates / 5.0) * 5.0, label="simulation", ylabel="firing rate (Hz)")
    return panels.legend(panels.reference(current, rates, label="theory", ax=ax)).figure


@looks_as_before(dpi=50)
def test_phase_plane() -> Figure:
    """FitzHugh-Nagumo, by hand: v' = v - v^3/3 - w + I, w' = 0.08*(v + 0.7 - 0.8*w)."""
    current = 0.5

    def flow(v: Any, w: Any) -> Any:
        return v - v**3 / 3 - w + current, 0.08 * (v + 0.7 - 0.8 * w)

    v, w = np.linspace(-2.5, 2.5, 100), np.linspace(-1.0, 2.0, 100)
    path = np.zeros((2001, 2))
    for k in range(2000):
        path[k + 1] = path[k] + 0.1 * np.array(flow(*path[k]))
    point = max(root.real for root in np.roots([-1 / 3, 0, 1 - 1 / 0.8, current - 0.7 / 0.8]) if abs(root.imag) < 1e-9)
    plane = PhasePlane(
        "FitzHugh-Nagumo", Quantity("I", "current", "nA"), current, ("v", "w"), ("1", "1"), v, w,
        *flow(v[None, :], w[:, None]),
        (FixedPoint(point, (point + 0.7) / 0.8, (0.1 + 0.3j, 0.1 - 0.3j), "unstable focus"),),
        0.1 * np.arange(2001), path, np.empty(0, np.int64), 0.1,
    )  # fmt: skip
    return plane.plot().figure


@looks_as_before(dpi=60)
def test_diagram() -> Figure:
    nodes = [panels.Node("exc", 4000), panels.Node("inh", 1000, True)]
    ends = [("exc", "exc", 40.0), ("exc", "inh", 20.0), ("inh", "exc", 50.0), ("inh", "inh", 25.0)]
    inner = [panels.Arrow(a, b, s, "mV", a == "inh", "p = 0.1\n1.5 ms") for a, b, s in ends]
    return panels.diagram(nodes, [*inner, panels.Arrow(None, "exc", label="10 Hz")]).figure


@looks_as_before(dpi=60)
def test_weight_matrix() -> Figure:
    rng = np.random.default_rng(1)
    weights = rng.lognormal(0.0, 0.3, (60, 40)) * (rng.random((60, 40)) < 0.4)
    return panels.weight_matrix(weights, signs=np.where(np.arange(60) < 48, 1.0, -4.0), most=20).figure


def falling(strength: Any, tau: Any) -> Any:
    """A rate (Hz) that falls with both, for two populations."""
    return np.stack([60.0 * np.exp(-strength * tau / size) for size in (150.0, 400.0)], axis=-1)


@looks_as_before(dpi=60)
def test_swept_over_one_parameter() -> Figure:
    """Two lines; the numbers were given in no order, and one has no value."""
    strength = np.array([8.0, 0.0, 2.0, 4.0, 6.0, 10.0])
    rates = falling(strength, 20.0)
    rates[3, 1] = np.nan
    return panels.swept(rates, [panels.Swept("J1", strength, "nA")], panels.Swept("rate", np.array(["p1", "p2"]), "Hz"))


@looks_as_before(dpi=70)
def test_swept_over_three_parameters() -> Figure:
    """Two columns of maps over an axis of texts and a logarithmic one; grey where there is no value."""
    strength, tau, inputs = np.arange(4.0), 2.0 ** np.arange(6), np.array([1.0, 2.0])
    rates = falling(strength[:, None, None] * inputs, tau[None, :, None])
    rates[rates < 36.0] = np.nan
    axes = [
        panels.Swept("model", np.array(["LIF", "ELIF", "AELIF", "Izhikevich"])),
        panels.Swept("tau_s1", tau, "ms"),
        panels.Swept("current", inputs, "nA"),
    ]
    return panels.swept(rates, axes, panels.Swept("rate", np.array(["p1", "p2"]), "Hz"))
