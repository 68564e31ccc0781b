"""`check_dt`: the same network at dt and dt/2."""

from __future__ import annotations

import copy
import math
import sys
import types
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import cnsproject as cns
from cnsproject.errors import ArgumentError, MissingExtraError, ShapeError, TimeGridError
from cnsproject.network.finer import finer, fresh


def steps_of_a_period(tau: float, drive: float, dt: float, *, exact: bool) -> int:
    """How many steps a leaky neuron takes from its reset to a threshold 15 mV above, under a current of drive*15."""
    shrink = math.exp(-dt / tau) if exact else 1 - dt / tau
    return math.ceil(math.log(1 - 1 / drive) / math.log(shrink))


@pytest.mark.parametrize("scheme", ["euler", "exact"])
def test_a_single_neuron_by_pencil_and_paper(scheme: str) -> None:
    dt, tau, drive, time = 1.0, 10.0, 1.7, 400.0
    net = cns.Network(dt=dt)
    net.add_layer(cns.LIFPopulation(3, tau=tau, scheme=scheme, dtype=torch.float64), "cells")
    (found,) = cns.check_dt(net, time, {"cells": 15 * drive}).layers
    periods = [steps_of_a_period(tau, drive, step, exact=scheme == "exact") * step for step in (dt, dt / 2)]
    counts = [math.floor(time / period + 1e-9) for period in periods]
    rates = [count / time * 1e3 for count in counts]
    assert (found.layer, found.neurons) == ("cells", 3)
    assert [found.rate, found.rate_half] == pytest.approx(rates)
    assert found.change == pytest.approx(100 * (rates[1] / rates[0] - 1))
    first = [period - step for period, step in zip(periods, (dt, dt / 2), strict=True)]
    assert found.shift_median == found.shift_max == pytest.approx(abs(first[0] - first[1]))
    times = [
        [k * period - step for k in range(1, count + 1)]
        for period, step, count in zip(periods, (dt, dt / 2), counts, strict=True)
    ]
    lasting = sum(any(abs(a - b) <= dt for b in times[1]) for a in times[0])
    assert found.matched == pytest.approx(lasting / max(counts))


def coupled(dt: float = 0.5, **changes: Any) -> cns.Network:
    """Two populations with delays of all kinds, plain and drawn, and a matrix."""
    net = cns.Network(dt=dt, seed=3)
    exc = net.add_layer(cns.LIFPopulation(40, u=cns.Uniform(-70, -56), refractory=2.0, **changes), "exc")
    inh = net.add_layer(cns.LIFPopulation(20, u=cns.Uniform(-70, -56), is_inhibitory=True, **changes), "inh")
    drawn = {"connectivity": cns.FixedProbability(0.3), "delay": cns.Uniform(0.5, 3.0), "weight": cns.Uniform(0.5, 2.0)}
    net.add_connection(cns.Connection(exc, inh, **drawn))
    net.add_connection(cns.Connection(exc, exc, synapse=cns.Delta(), connectivity=cns.FixedInDegree(3), delay=1.5))
    net.add_connection(cns.DenseConnection(inh, exc, J=3.0, delay=0.5))
    net.add_monitor(cns.Monitor(exc, ["s", "u"]), "exc")
    return net


def everything(net: cns.Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items() if isinstance(value, torch.Tensor)}


@pytest.mark.parametrize("built", [False, True])
def test_the_network_is_left_as_it_was(built: bool) -> None:
    net, twin = coupled(), coupled()
    for each in (net, twin):
        if built:
            each.run(20, {"exc": 17.0})
    before = everything(net) if built else None
    cns.check_dt(net, 50, {"exc": 17.0})
    assert (net.dt, list(net.monitors), net.layers["exc"].dt) == (0.5, ["exc"], 0.5)
    assert len(net.monitors["exc"]) == (40 if built else 0)
    if before is not None:
        assert all(torch.equal(value, before[name]) for name, value in everything(net).items())
    net.run(30, {"exc": 17.0})
    twin.run(30, {"exc": 17.0})
    assert torch.equal(net.monitors["exc"].get("u"), twin.monitors["exc"].get("u"))


def test_both_runs_are_those_of_networks_made_so() -> None:
    """At dt it is the network itself, run from its start; delays that were drawn stay what they are in ms."""
    net = coupled()
    found = cns.check_dt(net, 100, {"exc": 17.0, "inh": 16.0})
    net.run(100, {"exc": 17.0, "inh": 16.0})
    spikes = len(net.monitors["exc"].spikes()[0])
    assert spikes > 50
    assert found.layers[0].rate == pytest.approx(spikes / 40 / 0.1)
    half = finer(coupled())  # nothing of it is built yet
    assert half.dt == 0.25
    assert all(obj.dt == 0.25 for obj in (*half.layers.values(), *half.connections.values()))
    for name in ("exc_to_inh", "exc_to_exc"):
        mine, theirs = net.connections[name], half.connections[name]
        assert torch.equal(mine.delays, theirs.delays)
        assert torch.equal(mine.w, theirs.w)
        assert all(map(torch.equal, mine.indices(), theirs.indices()))
    assert torch.equal(half.layers["exc"].u, fresh(net).layers["exc"].u)
    monitor = half.add_monitor(cns.Monitor(half.layers["exc"], ["s"]), "exc")
    half.run(100, {"exc": 17.0, "inh": 16.0})
    assert found.layers[0].rate_half == pytest.approx(len(monitor.spikes()[0]) / 40 / 0.1)


def test_a_spike_arrives_at_the_same_time() -> None:
    """With a delay per synapse and one for all, built before or not."""
    for built in (False, True):
        net = cns.Network(dt=1.0)
        source = net.add_layer(cns.SpikeSource(1, [[2.0]]), "source")
        cells = net.add_layer(cns.LIFPopulation(2, tau=1e6, u_rest=0.0, threshold=1.0), "cells")
        rule = cns.FromArrays([0, 0], [0, 1], delay=[3.0, 5.0])
        net.add_connection(cns.Connection(source, cells, connectivity=rule, synapse=cns.Delta(), weight=2.0))
        if built:
            net.run(3)
        half = finer(net)
        monitor = half.add_monitor(cns.Monitor(half.layers["cells"], ["s"]), "m")
        half.run(12)
        assert [part.tolist() for part in monitor.spikes()] == [[5.0, 7.0], [0, 1]]


def test_inputs_by_rows() -> None:
    """Rows are repeated, so that 500 mV take both halves of a step; given spikes fall into the first half of theirs."""
    net = cns.Network(dt=1.0)
    source = net.add_layer(cns.InputPopulation(2), "source")
    cells = net.add_layer(cns.LIFPopulation(2, tau=1e6, u_rest=0.0, threshold=1e3), "cells")
    net.add_connection(cns.Connection(source, cells, connectivity=cns.OneToOne(), synapse=cns.Delta(), weight=600.0))
    spikes, rows = np.zeros((10, 2), bool), torch.zeros(10, 2)
    spikes[2] = spikes[6, 0] = True
    rows[8, 1] = 5e8
    (found,) = cns.check_dt(net, 10, {"source": spikes, "cells": rows}).layers
    assert (found.rate, found.rate_half, found.matched, found.shift_max) == (100.0, 100.0, 1.0, 0.5)
    with pytest.raises(ShapeError):
        cns.check_dt(net, 10, {"source": spikes[:5]})


def test_generators_and_constants_serve_for_both() -> None:
    net = cns.Network(dt=0.2, seed=1)
    net.add_layer(cns.LIFPopulation(200, scheme="exact", u=cns.Uniform(-70, -56), dtype=torch.float64), "cells")
    step = cns.StepCurrent([0.0, 50.0], [20.0, 30.0])
    found = cns.check_dt(net, 100, {"cells": step + cns.Constant(torch.linspace(0, 5, 200))}).layers[0]
    # A reset falls on a step, so that even exact neurons drift apart.
    assert found.matched is not None and found.matched > 0.6
    assert found.shift_max is not None and found.shift_max <= 0.2
    noisy = cns.check_dt(net, 100, {"cells": 20.0 + cns.WhiteNoise(0.0, 5.0)}).layers[0]
    assert noisy.matched is not None and noisy.matched < 0.5
    assert noisy.change is not None and abs(noisy.change) < 5


def test_a_silent_layer_is_no_number() -> None:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.LIFPopulation(2), "silent")
    result = cns.check_dt(net, 20)
    (found,) = result.layers
    assert (found.rate, found.rate_half) == (0.0, 0.0)
    assert (found.change, found.shift_median, found.shift_max, found.matched) == (None,) * 4
    assert str(result).splitlines()[4].split() == ["silent", "0", "0", "-", "-", "-", "-"]


def test_the_table_and_the_picture() -> None:
    result = cns.check_dt(coupled(), 100, {"exc": 17.0, "inh": 16.0})
    text = str(result)
    for part in ("100 ms at dt = 0.5 ms and at dt/2", "exc", "inh", "Change (%)", "Matched (%)"):
        assert part in text
    ax = result.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["exc", "inh"]
    drawn = {line.get_label(): line.get_xdata().tolist() for line in ax.lines}
    assert drawn == {
        "dt = 0.5 ms": [x.rate for x in result.layers],
        "dt = 0.25 ms": [x.rate_half for x in result.layers],
    }
    _, own = plt.subplots()
    assert result.plot(ax=own) is own
    plt.close("all")


class Frame(list[Any]):
    """A data frame as far as a result needs one."""

    def __init__(self, rows: list[Any]) -> None:
        super().__init__(rows)
        self.attrs: dict[str, Any] = {}


def test_a_data_frame_takes_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.LIFPopulation(2), "cells")
    result = cns.check_dt(net, 20, {"cells": 20.0})
    stand_in: Any = types.ModuleType("pandas")
    stand_in.DataFrame = Frame
    monkeypatch.setitem(sys.modules, "pandas", stand_in)
    (row,) = table = result.to_pandas()
    assert table.attrs == result.provenance
    assert result.provenance["executor"]["name"] == "cpu"
    assert result.provenance["arguments"]["net"]["layers"]["cells"]["model"] == "LIFPopulation"
    assert result.provenance["arguments"]["inputs"] == {"cells": {"value": 20.0}}
    assert (row["layer"], row["rate"]) == ("cells", result.layers[0].rate)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cnsproject\[io\]'"):
        result.to_pandas()


def test_mistakes() -> None:
    net = cns.Network(dt=1.0)
    for wrong, says in ((cns.LIFPopulation(2), "a Network"), (net, "at least one")):
        with pytest.raises(ArgumentError, match=says):
            cns.check_dt(wrong, 10)  # type: ignore[arg-type]
    net.add_layer(cns.LIFPopulation(2), "cells")
    with pytest.raises(TimeGridError):
        cns.check_dt(net, 10.5)
    with pytest.raises(ArgumentError, match="did you mean 'inputs'"):
        cns.check_dt(net, 10, input={})  # type: ignore[call-arg]


def test_a_batch_and_a_copy_that_was_run_start_anew() -> None:
    net = cns.Network(dt=1.0)
    net.add_layer(cns.LIFPopulation(2), "cells")
    net.layers["cells"].reset_state_variables(batch=3)
    net.run(5, {"cells": 20.0})
    assert cns.check_dt(net, 100, {"cells": 20.0}).layers[0].rate > 0
    assert net.layers["cells"].u.shape == (3, 2)
    assert net.layers["cells"].steps == 5
    assert copy.deepcopy(net).layers["cells"].steps == 5
