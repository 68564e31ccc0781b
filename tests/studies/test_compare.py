"""Neurons side by side: each as if it were alone, all under one input."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, ParameterError, ShapeError, TimeGridError


def neurons(dt: float | None = 0.5) -> dict[str, Any]:
    cells = cns.AELIFPopulation(3, tau=[10.0, 15.0, 20.0], dt=dt)
    return {"LIF": cns.LIFPopulation(1, dt=dt), "AdEx": cells[2]}


def alone(population: Any, current: Any, steps: int) -> tuple[list[float], list[float]]:
    u, times = [], []
    for step in range(steps):
        population.forward(float(current[step]))
        u.append(float(population.u))
        times += [step * 0.5] * bool(population.s)
    return u, times


@pytest.mark.parametrize("kind", ["number", "array", "list", "column", "tensor", "generator"])
def test_every_neuron_is_as_if_alone(kind: str) -> None:
    steps, rng = 200, np.random.default_rng(1)
    series = rng.normal(20, 10, steps).astype(np.float32).astype(np.float64)
    noise = cns.WhiteNoise(18.0, 8.0)
    given: Any = {
        "number": 20.0, "array": series, "list": series.tolist(), "column": series[:, None],
        "tensor": torch.from_numpy(series), "generator": noise,
    }[kind]  # fmt: skip
    expected = series
    if kind == "number":
        expected = np.full(steps, 20.0)
    if kind == "generator":
        expected = noise.values(100.0, 0.5, 1, rng=5, dtype=torch.float64).numpy()[:, 0]
    found = cns.compare(neurons(), given, 100.0, seed=5)
    assert found.current.tolist() == expected.tolist()
    assert found.times.tolist() == (np.arange(steps) * 0.5).tolist()
    twins = {"LIF": cns.LIFPopulation(1, dt=0.5), "AdEx": cns.AELIFPopulation(1, tau=20.0, dt=0.5)}
    for name, twin in twins.items():
        assert name == "AdEx" or found.spikes[name].size > 4
        u, times = alone(twin, expected, steps)
        assert found.u[name] == pytest.approx(u, abs=1e-9)
        assert found.spikes[name].tolist() == times
        gaps = np.diff(times)
        assert found.rates[name] == pytest.approx(1e3 / gaps.mean())
        cv = gaps.std() / gaps.mean() if len(gaps) > 1 else np.nan
        assert found.cv[name] == pytest.approx(cv, abs=1e-12, nan_ok=True)
    assert list(found.u) == ["LIF", "AdEx"]
    assert found.levels["LIF"] == {"threshold": -55.0, "rest": -70.0}


def test_seeds_of_the_input() -> None:
    noise = cns.OrnsteinUhlenbeck(18.0, 5.0, 5.0)
    one, again, other = (cns.compare(neurons(), noise, 20.0, seed=seed) for seed in (1, 1, 2))
    assert one.current.tolist() == again.current.tolist() != other.current.tolist()


def test_what_it_says() -> None:
    populations = {"quick": cns.LIFPopulation(1, dt=1.0), "slow": cns.LIFPopulation(1, dt=1.0, tau=40.0)}
    found = cns.compare(populations, 20.0, 70.0)
    assert [len(train) for train in found.spikes.values()] == [5, 1]
    assert str(found) == "the same input for 70 ms: quick 5 spikes, 71.43 Hz, CV 0.00; slow 1 spike, 14.29 Hz"
    assert np.isnan(found.cv["slow"])
    assert list(found.columns()) == ["time (ms)", "current (nA)", "u of quick (mV)", "u of slow (mV)"]


def test_a_dt_for_those_that_have_none() -> None:
    assert cns.compare(neurons(dt=None), 1.0, 10.0, dt=0.25).dt == 0.25
    mixed = {"a": cns.LIFPopulation(1, dt=0.5), "b": cns.LIFPopulation(1, dt=0.1)}
    with pytest.raises(TimeGridError, match=r"dt=0.5 ms for a, dt=0.1 ms for b.*compare\(\.\.\., dt=0.1\)"):
        cns.compare(mixed, 1.0, 10.0)
    assert cns.compare(mixed, 1.0, 10.0, dt=0.1).dt == 0.1


def test_a_list_is_called_by_names_or_models() -> None:
    slow = cns.LIFPopulation(1, dt=0.5, tau=30.0, name="slow")
    found = cns.compare([slow, cns.ELIFPopulation(1, dt=0.5)], 20.0, 50.0)
    assert list(found.u) == ["slow", "ELIF"]
    apart = cns.compare({"slow": slow, "ELIF": cns.ELIFPopulation(1, dt=0.5)}, 20.0, 50.0)
    assert all(np.array_equal(found.u[name], apart.u[name]) for name in found.u)
    with pytest.raises(ArgumentError, match="slow, slow, expected a name of its own for each"):
        cns.compare([slow, slow], 20.0, 50.0)


def test_the_picture() -> None:
    found = cns.compare({**neurons(), "RS": cns.LIFPopulation(1, dt=0.5, tau=30.0)}, 20.0, 50.0)
    ax = found.plot()
    trains, *potentials, current = ax.figure.axes
    assert ax is potentials[0]
    colors = []
    for name, row in zip(found.u, potentials, strict=True):
        assert row.lines[0].get_ydata().tolist() == found.u[name].tolist()
        assert row.get_title(loc="left") == name
        assert row.get_ylabel() == "u (mV)"
        colors.append(row.lines[0].get_color())
    assert len(set(colors)) == 3
    # The first stands above the first potential: on top.
    heights = {c.get_color()[0][:3].round(3).tobytes(): c.get_segments() for c in trains.collections}
    top = max((s[1, 1], key) for key, segments in heights.items() for s in segments)[1]
    assert top == np.round(plt.matplotlib.colors.to_rgb(colors[0]), 3).tobytes()  # type: ignore[attr-defined]
    assert current.lines[0].get_ydata().tolist() == found.current.tolist()
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()] == ["threshold", "rest"]
    _, own = plt.subplots()
    found.plot(own)
    assert [line.get_label() for line in own.lines] == ["LIF", "AdEx", "RS"]
    assert own.get_ylabel() == "potential (mV)"
    plt.close("all")


def test_potentials_in_several_units() -> None:
    unitless = cns.Population("dx/dt = (E*I - x)/tau : 1", shape=1, threshold="x > 5", dt=0.5,
                              parameters={"tau": "10 ms", "E": "1 1/nA"})  # fmt: skip
    found = cns.compare({"mV": cns.LIFPopulation(1, dt=0.5), "none": unitless}, 1.0, 10.0)
    assert list(found.columns())[2:] == ["u of mV (mV)", "x of none"]
    _, own = plt.subplots()
    assert found.plot(own).get_ylabel() == "membrane"
    assert [row.get_ylabel() for row in found.plot().figure.axes[1:]] == ["u (mV)", "x", "I (nA)"]
    plt.close("all")


def test_inputs_in_several_units_are_none_at_all() -> None:
    other = cns.Population("du/dt = (g - u)/tau : mV", shape=1, threshold="u > 5", dt=0.5,
                           parameters={"tau": "10 ms"}, inputs={"g": "mV"})  # fmt: skip
    with pytest.raises(ArgumentError, match=r"I \(nA\) for a, g \(mV\) for b.*one unit"):
        cns.compare({"a": cns.LIFPopulation(1, dt=0.5), "b": other}, 1.0, 10.0)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"populations": {}}, ArgumentError, r"compare\(populations\).*named populations.*'ELIF'"),
        ({"populations": cns.LIFPopulation(1)}, ArgumentError, "named populations"),
        ({"populations": {"a": 3}}, ArgumentError, r"compare\(population\).*int"),
        ({"input": np.zeros(19)}, ShapeError, r"19 numbers, expected a number, or one per step: \(20,\)"),
        ({"input": np.zeros((20, 2))}, ShapeError, r"compare\(input\).*\(20, 2\)"),
        ({"input": [1.0, [2.0]]}, ArgumentError, r"compare\(input\)"),
        ({"input": np.full(20, np.nan)}, ParameterError, "finite"),
        ({"input": "noise"}, ArgumentError, r"compare\(input\).*a number in nA"),
        ({"input": cns.ConstantCurrent([1.0, 2.0])}, ShapeError, "ConstantCurrent.amplitude"),
        ({"seed": 0.5}, ParameterError, r"compare\(seed\)"),
        ({"time": 0.0}, ParameterError, r"compare\(time\)"),
    ],
)
def test_mistakes(given: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        cns.compare(**({"populations": neurons(), "input": 1.0, "time": 10.0} | given))
