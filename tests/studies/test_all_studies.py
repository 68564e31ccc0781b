"""What holds for every study of a neuron: whom it takes, what it leaves alone, what its result can do."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, MissingExtraError, ParameterError, StateError, TimeGridError
from cnsproject.studies.batch import Network
from cnsproject.studies.result import Result

Study = Callable[..., Any]
DT = 0.5

# Currents are for a leaky neuron with 15 mV between rest and threshold and R = 1 MOhm.
STUDIES: dict[str, Study] = {
    "fi_curve": lambda p, **k: cns.fi_curve(p, [10.0, 16.0, 25.0], **{"time": 100.0} | k),
    "rheobase": lambda p, **k: cns.rheobase(p, (0.0, 100.0), **{"time": 50.0} | k),
    "step_response": lambda p, **k: cns.step_response(p, [10.0, 25.0], 10.0, 50.0, **k),
    "impedance": lambda p, **k: cns.impedance(p, [10.0, 50.0], amplitude=1.0, **{"time": 300.0, "settle": 100.0} | k),
    "spike_triggered_average": lambda p, **k: cns.spike_triggered_average(
        p, 20.0, **{"time": 200.0, "window": 20.0, "mean": 10.0, "neurons": 20} | k
    ),
    "compare": lambda p, **k: cns.compare({"one": p}, 20.0, **{"time": 100.0} | k),
}
TWO_STATES: dict[str, Study] = {
    "phase_plane": lambda p, **k: cns.phase_plane(p, {"u": (-80, -40), "w": (-1, 2)}, **{"time": 50.0} | k)
}
ALL = STUDIES | TWO_STATES
every_study = pytest.mark.parametrize("name", ALL)
every_driven = pytest.mark.parametrize("name", STUDIES)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


class Frame(dict[str, Any]):
    """A data frame as far as a result needs one."""

    def __init__(self, columns: dict[str, Any]) -> None:
        super().__init__(columns)
        self.attrs: dict[str, Any] = {}


def neuron(**changes: Any) -> cns.AELIFPopulation:
    """A leaky neuron with a second state that does nothing at first: good for all studies."""
    given: dict[str, Any] = {"a": 0.0, "b": 0.1, "dt": DT} | changes
    return cns.AELIFPopulation(given.pop("shape", 1), **given)


def numbers(result: Result) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(column) for column in result.columns().values()]


def same(one: Result, other: Result) -> bool:
    return str(one) == str(other) and all(map(np.array_equal, numbers(one), numbers(other)))


@every_study
def test_the_population_is_left_as_it_was(name: str) -> None:
    population = neuron(shape=(2, 2))
    for _ in range(7):
        population.forward(30.0)
    before = {key: value.clone() for key, value in population.state_dict().items() if isinstance(value, torch.Tensor)}
    u, traces = population.u, population.traces
    ALL[name](population, dt=0.25)
    assert (population.steps, population.dt, population.shape, population.name) == (7, DT, (2, 2), None)
    assert population.u is u
    assert population.traces is traces
    after = population.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    population.forward(30.0)
    assert population.steps == 8


@every_study
def test_it_begins_at_the_start_values_whatever_was_done_before(name: str) -> None:
    fresh, used = neuron(u=-66.0, w=0.2), neuron(u=-66.0, w=0.2)
    for _ in range(20):
        used.forward(25.0)
    used.u = -60.0
    assert same(ALL[name](fresh), ALL[name](used))
    assert not same(ALL[name](fresh), ALL[name](neuron(u=-60.0, w=0.2, tau=11.0)))


@every_study
def test_one_neuron_of_many_that_differ(name: str) -> None:
    tau = np.linspace(8, 14, 6).reshape(2, 3)
    population = neuron(shape=(2, 3), tau=tau, name="cells")
    alone = neuron(tau=float(tau[1, 0]), name="cells")
    assert same(ALL[name](population[1, 0]), ALL[name](alone))
    assert same(ALL[name](population[1][0]), ALL[name](alone))
    with pytest.raises(ParameterError, match=r"neurons that differ in tau.*population\[0\]"):
        ALL[name](population)
    with pytest.raises(ParameterError, match=r"a part \(2 neurons\).*expected one neuron.*population\[0\]"):
        ALL[name](population[:1, :2])


@pytest.mark.slow  # the compiler; the tests of single studies have neurons in double precision too
@every_study
def test_double_precision_is_kept(name: str) -> None:
    single, double = ALL[name](neuron()), ALL[name](neuron(dtype=torch.float64))
    assert [len(column) for column in numbers(single)] == [len(column) for column in numbers(double)]
    assert not all(map(np.array_equal, numbers(single), numbers(double))) or name in ("fi_curve",)
    assert all(np.isfinite(column).all() for column in numbers(double))


@every_study
def test_who_is_refused(name: str) -> None:
    for wrong in (cns.InputPopulation(2), cns.PoissonPopulation(2, rate=10.0), "LIF", cns.InputPopulation(2)[0]):
        with pytest.raises(ArgumentError, match=rf"{name}\(population\).*whose neurons follow equations"):
            ALL[name](wrong)
    with pytest.raises(StateError, match=rf"{name}\(.*without dt.*{name}\(\.\.\., dt=0\.1\)"):
        ALL[name](neuron(dt=None))
    assert ALL[name](neuron(dt=None), dt=DT).dt == DT
    with pytest.raises(ParameterError, match="dt"):
        ALL[name](neuron(), dt=-1.0)
    with pytest.raises(ArgumentError, match="unknown argument 'spam'"):
        ALL[name](neuron(), spam=1)


@every_driven
def test_equations_without_an_input_are_refused(name: str) -> None:
    idle = cns.Population("du/dt = -u/tau : mV", shape=1, threshold="u > 1", parameters={"tau": "10 ms"}, dt=DT)
    with pytest.raises(ArgumentError, match=rf"{name}\(population\).*equations have no input.*R\*I"):
        STUDIES[name](idle)


@every_study
def test_times_are_on_the_grid(name: str) -> None:
    for wrong, error in ((10.3, TimeGridError), (1e-9, TimeGridError), (-5.0, ParameterError), ("5", ArgumentError)):
        with pytest.raises(error, match=rf"{name}\(time\)"):
            ALL[name](neuron(), time=wrong)


@pytest.mark.parametrize("name", ["fi_curve", "rheobase", "impedance", "spike_triggered_average"])
def test_threads_do_not_matter(name: str) -> None:
    assert same(ALL[name](neuron(), threads=1), ALL[name](neuron(), threads=2))
    with pytest.raises(ParameterError, match="threads"):
        ALL[name](neuron(), threads=0)


@pytest.mark.parametrize(("name", "most"), [("rheobase", 5), ("compare", 1), *((n, 1) for n in ALL if n[0] in "fsip")])
def test_all_currents_run_at_once(name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, run = [], Network.run
    monkeypatch.setattr(Network, "run", lambda *given, **named: runs.append(run(*given, **named)))
    ALL[name](neuron())
    assert 1 <= len(runs) <= most


OWN = """
dv/dt = (v_rest - v + R*I)/tau + sigma*sqrt(2/tau)*xi : mV
dz/dt = -z/tau : 1
"""


def own(sigma: float, **changes: Any) -> cns.Population:
    values = {"tau": "10 ms", "R": "1 MOhm", "v_rest": "-70 mV", "sigma": (sigma, "mV")}
    given: dict[str, Any] = {"threshold": "v > -55", "reset": "v = v_rest", "dt": DT} | changes
    return cns.Population(OWN, shape=1, parameters=values, **given)


@pytest.mark.parametrize("name", ["fi_curve", "step_response", "impedance", "spike_triggered_average", "compare"])
def test_noise_in_the_equations_comes_from_the_seed(name: str) -> None:
    one, again, other = (STUDIES[name](own(2.0), seed=seed) for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)


def test_the_phase_plane_leaves_the_noise_to_the_trajectory() -> None:
    ranges = {"v": (-80, -50), "z": (-1, 1)}
    quiet, noisy, other = (
        cns.phase_plane(own(sigma), ranges, 5.0, time=50, seed=s) for sigma, s in ((0.0, 1), (1.0, 1), (1.0, 2))
    )
    assert np.array_equal(quiet.dx, noisy.dx)
    assert [(p.x, p.y) for p in noisy.fixed_points] == [pytest.approx((-65.0, 0.0))]
    assert not np.array_equal(noisy.trajectory, other.trajectory)
    assert np.abs(noisy.trajectory[-1] - quiet.trajectory[-1]).max() > 0.01


@every_driven
def test_models_of_ones_own_are_studied_as_ours(name: str) -> None:
    """Without noise it is a LIF neuron under other names."""
    mine, ours = own(0.0, name="x"), cns.LIFPopulation(1, dt=DT, name="x", threshold=float(np.nextafter(-55.0, 0.0)))
    if name == "rheobase":
        with pytest.raises(ArgumentError, match=r"rheobase\(population\).*the noise xi.*fi_curve"):
            cns.rheobase(mine)
        return
    found, expected = STUDIES[name](mine), STUDIES[name](ours)
    for title, column in found.columns().items():
        theirs = expected.columns().get(title.replace("v (mV)", "u (mV)").replace("v of", "u of"))
        if theirs is not None:
            np.testing.assert_allclose(column, theirs, rtol=2e-5, atol=1e-4)
    assert isinstance(found.plot(), plt.Axes)


def test_a_neuron_without_a_name_has_one() -> None:
    assert cns.fi_curve(own(0.0), [1.0], 10.0).name == "neuron"
    assert cns.fi_curve(neuron(), [1.0], 10.0).name == "AELIF"
    assert cns.fi_curve(neuron(name="cell"), [1.0], 10.0).name == "cell"


UNITLESS = {
    "fi_curve": ("input v0", "firing rate (Hz)"),
    "rheobase": ("time (ms)", "x"),
    "step_response": ("", "x"),
    "impedance": ("", "magnitude"),
    "spike_triggered_average": ("time to the spike (ms)", "mean v0"),
    "compare": ("", "x"),
}


@every_driven
def test_inputs_and_membranes_in_other_units(name: str) -> None:
    """Nothing is called nA or mV that is not."""
    equation = "dx/dt = (v0 - x)/tau : 1"
    given: dict[str, Any] = {"parameters": {"tau": "10 ms"}, "inputs": {"v0": "1"}, "dt": DT, "name": "X"}
    result = STUDIES[name](cns.Population(equation, shape=1, threshold="x > 15", reset="x = 0", **given))
    assert "nA" not in str(result)
    assert "MOhm" not in str(result)
    assert not any(part in title for title in result.columns() for part in ("nA", "mV", "MOhm"))
    ax = result.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == UNITLESS[name]


@every_study
def test_a_result_is_shown_drawn_and_tabulated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ALL[name](neuron())
    assert isinstance(result, Result)
    assert repr(result) == f"<{result}>"
    assert len(str(result).splitlines()) == 1
    columns = result.columns()
    assert len({len(column) for column in columns.values()}) == 1
    stand_in: Any = types.ModuleType("pandas")
    stand_in.DataFrame = Frame
    monkeypatch.setitem(sys.modules, "pandas", stand_in)
    table = result.to_pandas()
    assert list(table) == list(columns)
    assert all(np.array_equal(table[title], column) for title, column in columns.items())
    assert table.attrs == result.provenance
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cnsproject\[io\]'"):
        result.to_pandas()


def test_a_data_frame_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = STUDIES["fi_curve"](neuron()).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.shape == (3, 3)


@every_study
def test_a_picture_goes_where_it_is_told(name: str) -> None:
    result = ALL[name](neuron())
    new = result.plot()
    assert isinstance(new, plt.Axes)
    new.figure.canvas.draw()
    assert new.get_ylabel()
    own_figure, ax = plt.subplots()
    before = len(plt.get_fignums())
    assert result.plot(ax=ax) is ax
    assert result.plot(ax) is ax
    assert len(plt.get_fignums()) == before
    assert ax.get_xlabel()
    own_figure.canvas.draw()


@every_study
def test_it_says_how_it_was_made(name: str) -> None:
    about = json.loads(json.dumps(ALL[name](neuron()).provenance))
    assert about["study"] == name
    assert about["versions"]["cnsproject"] == cns.__version__
    assert about["dt"] == DT
    assert about["executor"]["name"] == "cpu"
    told = about["arguments"]
    one = told["populations"]["one"] if name == "compare" else told["population"]
    assert one["parameters"]["tau"] == {"value": 10.0, "unit": "ms"}
    assert "time" in told  # those that were not given too
    other = ALL[name](neuron(tau=11.0)).provenance["arguments"]
    assert other != told
    part = ALL[name](neuron(shape=(2, 3))[1, 0]).provenance["arguments"]
    assert "'neurons': [3]" in str(part)


def test_inputs_are_told_in_full() -> None:
    def told(given: Any) -> Any:
        about = cns.compare([neuron()], given, 20.0).provenance
        return json.loads(json.dumps(about["arguments"]["input"]))

    noisy = 2 * cns.WhiteNoise(1.0, 2.0) + cns.StepCurrent([0.0, 10.0], [1.0, 2.0])
    assert told(noisy)["model"] == "Sum"
    assert told(noisy) == told(2 * cns.WhiteNoise(1.0, 2.0) + cns.StepCurrent([0.0, 10.0], [1.0, 2.0]))
    assert told(noisy) != told(2 * cns.WhiteNoise(1.0, 2.5) + cns.StepCurrent([0.0, 10.0], [1.0, 2.0]))
    assert told(noisy) != told(2 * cns.WhiteNoise(1.0, 2.0) + cns.StepCurrent([0.0, 10.0], [2.0, 1.0]))
    rows = np.arange(40.0)
    assert told(rows)["hash"] == told(rows.copy())["hash"] != told(rows[::-1].copy())["hash"]
