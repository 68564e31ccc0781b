"""`cns.sweep`: members are single runs; grids, measures, seeds, failures, pools."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr

import cnsproject as cns
from cnsproject import analysis, errors
from cnsproject.executors.base import cores
from cnsproject.experiments import find, run
from cnsproject.sweeps import spread

sys.path.insert(0, str(Path(__file__).parent))
from made import noisy, pair

QUIET: dict[str, Any] = {"progress": False}


def single(J: float, tau: float) -> cns.Network:
    net, inputs = pair(J, tau)
    for name, layer in net.layers.items():
        net.add_monitor(cns.Monitor(layer, ["s"]), name)
    net.run(200, inputs)
    return net


def rate_of(net: cns.Network, name: str, time: float = 200.0) -> float:
    return len(net.monitors[name].spikes()[0]) / net.layers[name].n / time * 1000


def test_a_grid_is_all_combinations() -> None:
    J, tau = [1.0, 2.0, 5.0, 9.0], [5.0, 20.0]
    found = cns.sweep(pair, {"J": J, "tau": tau}, time=200, measure=["rate", "spikes"], **QUIET)
    assert isinstance(found, xr.Dataset)
    assert dict(found.sizes) == {"J": 4, "tau": 2, "population": 2, "spike": found.sizes["spike"]}
    assert found.rate.dims == ("J", "tau", "population")
    for a in J:
        for b in tau:
            net, member = single(a, b), found.sel(J=a, tau=b)
            for name in ("p1", "p2"):
                times, neurons = (x.numpy() for x in net.monitors[name].spikes())
                own = member.sel(population=name)
                assert own.rate == rate_of(net, name)
                assert own.spikes == len(times)
                assert np.array_equal(own.spike_time[: len(times)], times)
                assert np.array_equal(own.spike_neuron[: len(times)], neurons)
                assert np.isnan(own.spike_time[len(times) :]).all()
                assert (own.spike_neuron[len(times) :] == -1).all()


def test_a_network_is_swept_by_its_attributes() -> None:
    J, tau = [1.0, 5.0], [5.0, 20.0]
    built = cns.sweep(pair, {"J": J, "tau": tau}, time=200, measure=["rate", "lag", "cv", "synchrony"], **QUIET)
    net, inputs = pair()
    given = {"p1_to_p2.J": J, "p1_to_p2.tau_s": tau}
    found = cns.sweep(net, given, time=200, inputs=inputs, measure=["rate", "lag", "cv", "synchrony"], **QUIET)
    for name in built.data_vars:
        assert np.array_equal(found[name].values, built[name].values, equal_nan=True), name
    assert found.rate.dims == ("p1_to_p2.J", "p1_to_p2.tau_s", "population")


def test_an_experiment_by_its_name() -> None:
    grid = {"J1": [1.0, 5.0], "sign": [-1, 1], "time": [700, 900]}
    found = cns.sweep("connected", grid, measure=["rate", "lag"], **QUIET)
    assert (found.J1.attrs["units"], found.rate.attrs["units"], found.lag.attrs["units"]) == ("nA", "Hz", "ms")
    whole = cns.sweep("connected", grid, **QUIET)  # the experiment's own table, by the loop of the report
    assert np.allclose(found.rate.values, whole.mean_rate.values, rtol=1e-12)
    lags = whole.lag_p1_to_p2.sel(column="p2").values
    assert np.allclose(found.lag.sel(population="p2").values, lags, rtol=1e-12, equal_nan=True)
    assert np.isfinite(lags).any()
    for member in ({"J1": 5.0, "sign": 1, "time": 900}, {"J1": 1.0, "sign": -1, "time": 700}):
        parameters = find("connected").changed({name: str(value) for name, value in member.items()}).parameters  # type: ignore[attr-defined]
        recording = run(parameters, rng=0)
        assert found.rate.sel({**member, "population": "p2"}) == pytest.approx(analysis.mean_rate(recording.s2, 1.0))


def test_measures_are_those_of_analysis() -> None:
    drives = [20.0, 40.0]
    found = cns.sweep(noisy, {"drive": drives}, time=400, start=100, measure=["rates", "CV", "synchrony"], **QUIET)
    for place, drive in enumerate(drives):
        net = noisy(drive, member_seed(place))
        monitor = net.add_monitor(cns.Monitor(net.layers["cells"], ["s"]), "s")
        net.run(400)
        times, neurons = (x.numpy() for x in monitor.spikes())
        times, neurons = times[times >= 100], neurons[times >= 100]
        own = found.sel(drive=drive, population="cells")
        assert len(times) > 50
        assert own.rate == pytest.approx(len(times) / 20 / 0.3)
        assert own.cv == np.nanmean(analysis.variation(times, neurons, 20))
        assert own.synchrony == analysis.synchrony(times, neurons, 20, start=100, stop=400, bin=5)


def member_seed(member: int, seed: int = 0) -> int:
    """By numpy's rule: the child of that number."""
    child = np.random.SeedSequence(seed).spawn(member + 1)[member]
    return int(child.generate_state(1, np.uint64)[0] >> np.uint64(1))


def test_seeds_depend_on_the_number_of_a_member_only() -> None:
    whole = cns.sweep(noisy, {"drive": [30.0, 30.0, 30.0]}, time=200, measure="spikes", **QUIET)
    times = [whole.spike_time.isel(drive=k).values for k in range(3)]
    assert not np.array_equal(times[0], times[1], equal_nan=True)
    again = cns.sweep(noisy, [{"drive": 30.0}] * 2, time=200, measure="spikes", workers=1, **QUIET)
    assert np.array_equal(again.spikes.values, whole.spikes.values[:2])
    other = cns.sweep(noisy, {"drive": [30.0]}, time=200, measure="spikes", seed=1, **QUIET)
    assert not np.array_equal(other.spike_time.values[0], times[0][:, : other.sizes["spike"]], equal_nan=True)
    given = cns.sweep(noisy, {"drive": [30.0], "seed": [7, 7]}, time=200, measure="spikes", **QUIET)
    assert np.array_equal(*given.spike_time.values[0], equal_nan=True)


def test_a_function_measures() -> None:
    def measure(net: cns.Network) -> dict[str, Any]:
        return {"u": net.layers["p1"].u, "w": float(net.connections["p1_to_p2"].w[0, 0]), "on": True}

    found = cns.sweep(pair, {"J": [1.0, 4.0]}, time=200, measure=measure, **QUIET)
    assert found.u.dims == ("J", "u_0")
    assert found.w.values.tolist() == [1 / 16, 0.25]
    assert found.on.values.tolist() == [True, True]
    net, inputs = pair(4.0)
    net.run(200, inputs)
    assert np.array_equal(found.u.sel(J=4.0), net.layers["p1"].u)
    one = cns.sweep(pair, {"J": [1.0, 4.0]}, time=200, measure=lambda net: net.layers["p1"].steps, **QUIET)
    assert one.measure.values.tolist() == [200, 200]


@pytest.mark.parametrize(
    "grid",
    [
        [{"J": 1.0, "tau": 5.0}, {"J": 9.0, "tau": 20.0}],
        pd.DataFrame({"J": [1.0, 9.0], "tau": [5.0, 20.0]}),
    ],
)
def test_members_in_a_row(grid: Any) -> None:
    found = cns.sweep(pair, grid, time=200, measure="rate", **QUIET)
    assert found.rate.dims == ("member", "population")
    assert found.J.values.tolist() == [1.0, 9.0]
    assert found.tau.dims == ("member",)
    assert found.rate.isel(member=1).sel(population="p2") == rate_of(single(9.0, 20.0), "p2")


@pytest.mark.parametrize("sampler", [cns.LatinHypercube, cns.Sobol])
def test_samplers(sampler: Callable[..., Any]) -> None:
    grid = sampler({"J": (1.0, 9.0), "tau": (5.0, 50.0)}, 8, seed=3)
    found = cns.sweep(pair, grid, time=200, measure="rate", **QUIET)
    assert found.sizes["member"] == 8
    for name, low, high in (("J", 1.0, 9.0), ("tau", 5.0, 50.0)):
        places = np.floor((np.sort(found[name].values) - low) / (high - low) * 8)
        assert places.tolist() == list(range(8))  # one in every eighth
    same, other = (sampler({"J": (1.0, 9.0)}, 8, seed=seed).columns()["J"] for seed in (3, 4))
    assert not np.array_equal(same, other)


def test_units() -> None:
    grid = {"J": ([2000.0, 4000.0], "pA"), "tau": ["10 ms", "0.02 s"]}
    found = cns.sweep(pair, grid, time=200, measure="rate", units={"J": "nA", "tau": "ms"}, **QUIET)
    assert found.J.values.tolist() == [2.0, 4.0]
    assert found.tau.values.tolist() == [10.0, 20.0]
    assert (found.J.attrs["units"], found.tau.attrs["units"]) == ("nA", "ms")
    named = cns.sweep("connected", {"tau_s1": ["5 ms", 0.01 * 1000]}, measure="rate", **QUIET)
    assert named.tau_s1.values.tolist() == [5.0, 10.0]


def test_the_origin_is_kept() -> None:
    found = cns.sweep("connected", {"J1": [1.0, 2.0]}, measure="rate", seed=5, **QUIET)
    about = json.loads(found.attrs["provenance"])
    assert about["sweep"] == {
        "swept": "connected", "code": None, "grid": [["J1", [1.0, 2.0], "nA"]], "columns": False, "time": None,
        "start": 0.0, "measure": ["rate"], "code of measure": None, "seed": 5,
    }  # fmt: skip
    assert about["versions"]["cnsproject"] == cns.__version__


def test_failed_members_are_told_and_the_others_go_on() -> None:
    with pytest.warns(UserWarning, match="1 of 3 members failed, the first with ValueError: 13 Hz brings bad luck"):
        found = cns.sweep(noisy, {"drive": [12.0, 13.0, 14.0]}, time=50, measure=["rate", "spikes"], **QUIET)
    assert found.error.values.tolist() == ["", "ValueError: 13 Hz brings bad luck", ""]
    assert np.isnan(found.rate.sel(drive=13.0)).all()
    assert np.isnan(found.spikes.sel(drive=13.0)).all()
    assert np.isfinite(found.rate.sel(drive=[12.0, 14.0])).all()
    with pytest.warns(UserWarning, match="3 of 3 members failed"):
        found = cns.sweep(pair, {"J": [1.0, 2.0, 3.0]}, time=200, measure=lambda net: 1 / 0, **QUIET)
    assert list(found.data_vars) == ["error"]


def test_a_measure_of_another_shape_is_a_failure() -> None:
    sizes = iter([2, 2, 3])
    with pytest.warns(UserWarning, match="1 of 3 members failed"):
        found = cns.sweep(
            pair, {"J": [1.0, 2.0, 3.0]}, time=200, measure=lambda net: np.zeros(next(sizes)), workers=1, **QUIET
        )
    assert (
        found.error.values[2]
        == "measure 'measure' has ('measure_0',) of shape (3,), other members ('measure_0',) of shape (2,)"
    )


EXECUTORS = {
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    "loky": lambda: __import__("loky").get_reusable_executor(max_workers=2),
}


@pytest.mark.parametrize("kind", ["threads", pytest.param("processes", marks=pytest.mark.slow), "loky"])
def test_a_pool_gives_the_same(kind: str) -> None:
    offset = 1.0  # of this function, so that no worker finds the one that builds by its name

    def build(drive: float, seed: int) -> cns.Network:
        return noisy(drive + offset, seed)

    grid = {"drive": np.linspace(10.0, 40.0, 6)}
    own = cns.sweep(build, grid, time=100, measure=["rate", "spikes"], **QUIET)
    pool: Executor
    with EXECUTORS[kind]() as pool:
        found = cns.sweep(build, grid, time=100, measure=["rate", "spikes"], pool=pool, **QUIET)
        named = cns.sweep("connected", {"J1": [1.0, 5.0]}, measure="rate", pool=pool, **QUIET)
    assert found.equals(own)
    assert named.equals(cns.sweep("connected", {"J1": [1.0, 5.0]}, measure="rate", **QUIET))


def test_a_long_sweep_goes_to_other_processes_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_LONG", 0.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    lock = threading.Lock()

    def locked(drive: float, seed: int) -> cns.Network:
        with lock:  # which cannot leave this process
            return noisy(drive, seed)

    def free(drive: float, seed: int) -> cns.Network:
        return noisy(drive, seed)

    def process(net: cns.Network) -> dict[str, int]:
        return {"process": os.getpid(), "threads": torch.get_num_threads()}

    for build, elsewhere in ((locked, False), (free, True)):
        found = cns.sweep(build, {"drive": np.arange(20.0, 28.0)}, time=20, measure=process, workers=2, **QUIET)
        assert (found.process.values[:4] == os.getpid()).all()
        assert (found.process.values[4:] != os.getpid()).all() == elsewhere
        share = max(1, cores() // 2) if elsewhere else torch.get_num_threads()
        assert (found.threads.values[4:] == share).all(), "processes share the cores"


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    cns.sweep(pair, {"J": [1.0, 2.0, 3.0]}, time=200, progress=lambda made, all: told.append((made, all)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def drawn_seed(J: float) -> cns.Network:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.LIFPopulation(1, tau=J), "cell")
    return net


MESSAGES: list[tuple[Any, dict[str, Any], str]] = [
    (pair, {"grid": {"j": [1.0]}}, "cns.sweep(grid): got 'j', expected a parameter of pair. Fix: did you mean 'J'?"),
    (noisy, {"grid": {"n": [1]}}, "cns.sweep(noisy): got no value for 'drive', expected one, for what has no default. "
     "Fix: add 'drive' to the grid, or give it a default."),
    (pair, {"grid": {}}, "cns.sweep(grid): got no parameter, expected at least one. Fix: write {'J1': [1, 2, 5]}."),
    (pair, {"grid": {"J": []}}, "cns.sweep(grid)['J']: got no value, expected at least one. "
     "Fix: give values, or leave it out."),
    (pair, {"grid": {"J": 5.0}}, "cns.sweep(grid)['J']: got 5.0, expected a list of values. Fix: write {'J': [...]}."),
    (pair, {"grid": {"J": [1.0, np.nan]}}, "cns.sweep(grid)['J']: got nan, expected a finite number. "
     "Fix: check how the value was computed."),
    (pair, {"grid": {"J": range(1000), "tau": range(1000)}}, "cns.sweep(grid): got 1,000,000 members, expected at most "
     "100,000. Fix: give fewer values, or allow it: most=1000000 (on the command line --yes)."),
    (pair, {"grid": {"tau": (["5 mV"], "ms")}}, "cns.sweep(grid)['tau']: got the unit mV, expected one that can be "
     "converted to ms. Fix: check the unit, and what this parameter is."),
    (pair, {"grid": [{"J": 1.0}, {"tau": 1.0}]}, "cns.sweep(grid)[1]: got tau, expected J. "
     "Fix: give every member the same parameters."),
    (pair, {"grid": {"J": [1.0]}, "measure": "rat"}, "cns.sweep(measure): got 'rat', expected one of rate, cv, "
     "synchrony, lag, spikes. Fix: did you mean 'rate'?"),
    (pair, {"grid": {"J": [1.0]}, "time": None}, "cns.sweep(time): got None, expected how long a member runs (ms). "
     "Fix: write time=1000."),
    (pair, {"grid": {"J": [1.0]}, "start": 60.0}, "cns.sweep(start): got 60 ms, expected a time within the run (ms). "
     "Fix: use 0 for its begin."),
    (pair, {"grid": {"J": [1.0]}, "retry": True}, "cns.sweep(retry): got no folder, expected out=, the folder of the "
     "sweep. Fix: add out=."),
    (pair, {"grid": {"J": [1.0]}, "pool": 4}, "cns.sweep(pool): got int, expected a concurrent.futures.Executor. "
     "Fix: of a Dask client take client.get_executor()."),
    (drawn_seed, {"grid": {"J": [1.0]}}, "cns.sweep(drawn_seed): got a network whose seed is drawn, expected one that "
     "is the same again. Fix: give drawn_seed a parameter `seed`, and write cns.Network(dt, seed=seed)."),
    ("conected", {"grid": {"J1": [1.0]}}, "experiment: got 'conected', expected one that `cns list` shows. "
     "Fix: did you mean 'connected'?"),
    ("connected", {"grid": {"J3": [1.0]}, "time": None}, "cns.sweep(grid): got 'J3', expected a parameter of the "
     "experiment connected. Fix: did you mean 'J2'?"),
    (7, {"grid": {"J": [1.0]}}, "cns.sweep(build): got 7, expected a function that returns a network, a network, or "
     "the name of an experiment. Fix: write def build(J, seed): ... return net."),
]  # fmt: skip


@pytest.mark.parametrize(("build", "words", "message"), MESSAGES)
def test_message(build: Any, words: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.CnsError) as caught:
        cns.sweep(build, **{"time": 50, **QUIET, **words})
    assert str(caught.value) == message
