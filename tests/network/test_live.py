"""A run that is seen while it runs: what is painted, when, where, and that it changes nothing."""

from __future__ import annotations

import gc
import signal
import weakref
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import cnsproject as cns
from cnsproject.errors import ArgumentError, CnsError, ParameterError, StateError, UnknownNameError
from cnsproject.network import live as live_module
from cnsproject.network import native
from cnsproject.plotting import Frame, screens

WINDOW = 50.0


@pytest.fixture(autouse=True)
def _as_often_as_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, and however short the runs are."""
    monkeypatch.setattr(live_module, "ALLOWED", np.inf)
    monkeypatch.setattr(native, "_FIRST_CHUNK", 50)
    monkeypatch.setattr(native, "_FIRST_NEURONS", 0)


def network(*, recorded: bool = True, folder: Path | None = None) -> cns.Network:
    """Two populations that fire, with monitors of every kind."""
    net = cns.Network(dt=0.5, seed=3)
    exc = net.add_layer(cns.LIFPopulation((4, 5), u=cns.Uniform(-70, -55)), "exc")
    inh = net.add_layer(cns.LIFPopulation(6, is_inhibitory=True, u=cns.Uniform(-70, -55)), "inh")
    for pre in (exc, inh):
        net.add_connection(
            cns.Connection(
                pre, exc, connectivity=cns.FixedProbability(0.4), weight=0.5, delay=1.5, name=f"from {pre.n}"
            )
        )
    if recorded:
        net.add_monitor(cns.Monitor(exc, ["s", "u"]), "exc")
        net.add_monitor(cns.Monitor(inh, [cns.PopulationRate(5.0), cns.Mean("u")]), "inh")
        net.add_monitor(cns.Monitor(exc, ["u", "s"], every=1.0, start=10.0, stop=180.0, neurons=slice(1, 3)), "some")
        net.add_monitor(cns.Monitor(net.connections["exc_to_exc"], ["current"]), "current")
    if folder is not None:
        net.add_monitor(cns.Monitor(exc, ["s", "u"], store=folder / "run.zarr"), "stored")
    return net


def run(net: cns.Network, time: float = 200.0, **options: object) -> None:
    drive = cns.ConstantCurrent(30.0) + cns.WhiteNoise(0.0, 4.0)
    net.run(time, {"exc": drive, "inh": 16.0}, **options)  # type: ignore[arg-type]


def numbers(net: cns.Network) -> dict[str, np.ndarray]:
    """All that a run leaves, as bytes to compare."""
    found = {}
    for name, monitor in net.monitors.items():
        for variable in monitor.state_variables:
            found[f"{name}.{variable}"] = monitor.get(variable).numpy()
    for name, layer in net.layers.items():
        found |= {f"layer {name}.{state}": layer._buffers[state].numpy() for state in (*layer.states, "s")}
    return found


@pytest.mark.parametrize("executor", ["cpu", "eager"])
def test_a_run_that_is_seen_is_the_same_run(executor: str, tmp_path: Path) -> None:
    frames: list[Frame] = []
    plain, seen = network(folder=tmp_path / "a"), network(folder=tmp_path / "b")
    time = {"cpu": 200.0, "eager": 40.0}[executor]
    run(plain, time, executor=executor)
    told: list[int] = []
    run(
        seen, time, executor=executor, progress=lambda made, _: told.append(made),
        live=cns.Live(where=frames.append, fps=1e4, window=WINDOW, maps=True),
    )  # fmt: skip
    one, other = numbers(plain), numbers(seen)
    assert one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
    assert one["exc.s"].sum() > 5
    assert list(seen.monitors) == list(plain.monitors) and str(seen.plan()) == str(plain.plan())
    again = cns.open(tmp_path / "b" / "run.zarr")
    assert again.get("u").equal(seen.monitors["exc"].get("u")) and again.get("s").equal(seen.monitors["exc"].get("s"))
    assert frames[-1].time == time and told[-1] == 2 * time
    assert len(frames) > (1 if executor == "cpu" else 20)
    assert all(a.time < b.time for a, b in pairwise(frames))


def test_spikes_are_where_they_are() -> None:
    """Every tick of the raster, and nothing else, against the recorded events."""
    net, frames = network(), []
    live = cns.Live(monitors=["exc"], where=frames.append, window=WINDOW)
    run(net, live=live)
    times, neurons = (x.numpy() for x in net.monitors["exc"].spikes())
    inside = times >= 200.0 - WINDOW
    assert inside.sum() > 10
    place = live.last._picture._places[0]
    area = frames[-1].rgba()[place.rows, place.columns, :3]
    painted = (area == (0x00, 0x72, 0xB2)).all(axis=2)
    height, width = painted.shape
    columns = np.floor((times[inside] - (200.0 - WINDOW)) / WINDOW * width).astype(int)
    expected = np.zeros((20, width), bool)
    expected[neurons[inside], columns] = True
    middles = height - 1 - np.floor((np.arange(20) + 0.5) / 20 * height).astype(int)
    assert np.array_equal(painted[middles], expected)


def test_limits_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most `fps` of them; fewer where drawing is slow. The clock is turned by hand, 10 ms a step."""
    monkeypatch.setattr(live_module, "ALLOWED", 0.1)
    clock = [0.0]
    monkeypatch.setattr(live_module.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(live_module, "frame_of", lambda picture, sources, now: Frame(now, np.zeros((1, 1), np.uint8)))

    def step(made: int, steps: int) -> None:
        clock[0] += 0.01

    def frames(cost: float, fps: float) -> list[float]:
        seen: list[float] = []

        def draw(frame: Frame) -> None:
            seen.append(clock[0])
            clock[0] += cost

        clock[0] = 0.0
        net = cns.Network(dt=1.0)
        cells = net.add_layer(cns.LIFPopulation(1), "cells")
        net.add_monitor(cns.Monitor(cells, ["s"]), "cells")
        net.run(1000.0, executor="eager", progress=step, live=cns.Live(where=draw, fps=fps))
        return seen

    quick = frames(0.0, fps=10.0)
    assert 99 <= len(quick) <= 101
    assert min(np.diff(quick[:-1])) > 0.049  # the last one comes with the end
    assert 19 <= len(frames(0.001, fps=2.0)) <= 21
    slow = frames(0.05, fps=10.0)
    assert 0.05 * len(slow) < live_module.ALLOWED + 0.05 + live_module.SHARE * 10.5 + 0.05
    assert len(slow) > 5


def test_memory_holds_a_window(tmp_path: Path) -> None:
    live = cns.Live(where=lambda frame: None, window=WINDOW)
    run(network(), 1000.0, live=live)
    for monitor in live.last.monitors.values():
        assert len(monitor) <= round(WINDOW / 0.5)
        if monitor._series is not None:
            assert monitor._series.held <= 100 * 3 * 4


def test_what_is_shown() -> None:
    net, frames = network(), []
    live = cns.Live(where=frames.append, window=WINDOW, maps=True)
    run(net, live=live)
    picture = live.last._picture
    assert [panel.label for panel in picture.panels] == [
        "exc\nneuron", "some\nneuron", "rate (Hz)", "exc\nu (mV)", "some\nu (mV)"
    ]  # fmt: skip
    assert picture.names == ("exc", "inh", "some")  # the current of a connection is not shown
    assert [field.shape for field in picture.fields] == [(4, 5)]
    rates, steps = live.last._sources[1].rate(150.0, 200.0), net.monitors["inh"].get("rate(5 ms)").numpy()
    assert np.array_equal(rates.x, np.arange(150.0, 200.0, 5.0) + 2.5)
    assert np.allclose(rates.y, steps[-10:])
    fewer = cns.Live(where=frames.append, monitors=["exc"], states=["v"], neurons=1, size=(400, 300))
    run(net, live=fewer)
    assert frames[-1].pixels.shape == (300, 400) and frames[-1].png().startswith(b"\x89PNG")
    assert fewer.last._sources[0].values("u", 0.0, 1e9).y.shape[1] == 1
    run(net, live=cns.Live(where=frames.append, states=[]))


def test_a_batch_shows_its_first_row() -> None:
    net, frames = network(), []
    for layer in net.layers.values():
        layer.reset_state_variables(batch=2)
    for connection in net.connections.values():
        connection.reset_state_variables()
    live = cns.Live(where=frames.append, monitors=["exc"])
    run(net, 100.0, live=live)
    shown = live.last._sources[0].spikes(0.0, 100.0)
    raster = net.monitors["exc"].get("s")[:, 0].reshape(200, 20).numpy()
    assert np.array_equal(np.stack([shown.x / 0.5, shown.y]).astype(int), np.stack(np.nonzero(raster)))
    assert live.last._sources[0].values("u", 0.0, 100.0).y.shape == (200, 3)


def test_one_picture_for_many_runs() -> None:
    frames: list[Frame] = []
    net, live = network(), cns.Live(where=frames.append, monitors=["exc"], window=WINDOW, fps=1e4)
    for _ in range(4):
        run(net, 20.0, live=live)
    first = live.last
    times, _ = net.monitors["exc"].spikes()
    assert len(first._sources[0].spikes(30.0, 80.0).x) == int(((times >= 30.0) & (times < 80.0)).sum()) > 0
    assert [frame.time for frame in frames] == [20.0, 40.0, 60.0, 80.0]
    net.reset_state_variables()
    run(net, 20.0, live=live)
    assert live.last is not first and frames[-1].time == 20.0
    slow = cns.Live(where=frames.append, monitors=["exc"], fps=0.01)
    for _ in range(3):
        run(net, 20.0, live=slow)
    assert frames[-1].time == 40.0  # the first run ends with a frame, the others are over too soon


def test_nothing_keeps_the_network() -> None:
    net = network()
    run(net, 20.0, live=cns.Live(where=lambda frame: None))
    seen = weakref.ref(net.monitors["exc"])
    gc.disable()
    try:
        del net.monitors["exc"]
        assert seen() is None
    finally:
        gc.enable()


def test_what_is_drawn_never_stops_a_run() -> None:
    def fail(frame: Frame) -> None:
        raise RuntimeError("no ink")

    plain, net = network(), network()
    run(plain)
    with pytest.warns(
        UserWarning, match=r"nothing more is shown, since drawing failed: RuntimeError\('no ink'\)"
    ) as said:
        run(net, live=cns.Live(where=fail, fps=1e4))
    assert len(said) == 1
    assert np.array_equal(numbers(plain)["exc.u"], numbers(net)["exc.u"])


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_control_c_ends_at_a_step_that_is_shown() -> None:
    frames: list[Frame] = []

    def interrupt(frame: Frame) -> None:
        frames.append(frame)
        if len(frames) == 1:  # how many there are depends on the machine
            signal.raise_signal(signal.SIGINT)

    net, plain = network(), network()
    with pytest.raises(KeyboardInterrupt):
        run(net, 200.0, executor="eager", live=cns.Live(where=interrupt, fps=1e4))
    steps = net.layers["exc"].steps
    assert 0 < steps < 400 and len(net.monitors["exc"]) == steps
    assert frames[-1].time == steps * 0.5
    for one in (net, plain):
        del one.monitors["some"]  # which begins later
    run(plain, steps * 0.5)
    assert np.array_equal(numbers(plain)["exc.u"], numbers(net)["exc.u"])


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if matplotlib opened windows."""
    monkeypatch.setattr(screens, "_has_windows", lambda: True)
    monkeypatch.setattr(plt, "show", lambda block: None)
    plt.close("all")


@pytest.mark.usefixtures("window")
def test_a_window_may_be_closed() -> None:
    net, live = network(), cns.Live(fps=1e4)
    run(net, 20.0, live=live)
    (number,) = plt.get_fignums()
    image = plt.figure(number).axes[0].images[0].get_array()
    assert image.shape[2] == 4 and (np.asarray(image)[..., :3] == (0x00, 0x72, 0xB2)).all(axis=2).any()
    run(net, 20.0, executor="eager", live=live, progress=lambda made, _: plt.close("all") if made == 5 else None)
    run(net, 20.0, live=live)
    assert not plt.get_fignums() and net.layers["exc"].steps == 120


def test_without_a_place_to_show_the_run_is_made_and_says_so() -> None:
    net = network()
    with pytest.warns(UserWarning, match="there is no notebook and no display, so nothing is shown") as said:
        run(net, live=True)
    assert Path(said[0].filename).samefile(__file__)  # it points at the call
    assert net.layers["exc"].steps == 400
    for where in ("window", "notebook"):
        with pytest.raises(StateError, match=r"Live\.where"):
            run(net, live=cns.Live(where=where))
    assert net.layers["exc"].steps == 400


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"monitors": "exc"}, ArgumentError, "Live.monitors"),
        ({"monitors": ["ex"]}, UnknownNameError, "did you mean 'exc'"),
        ({"states": ["w"]}, UnknownNameError, "record it: cns.Monitor"),
        ({"neurons": 4}, ParameterError, "0 to 3"),
        ({"window": 0.0}, ParameterError, "Live.window"),
        ({"fps": -1}, ParameterError, "Live.fps"),
        ({"size": 500}, ArgumentError, "width, height"),
        ({"size": (400, 120)}, ParameterError, "room for every panel"),
        ({"where": "windows"}, UnknownNameError, "did you mean 'window'"),
        ({"rate": 10}, ArgumentError, "unknown argument"),
        ({"monitors": ["current"]}, ArgumentError, "no monitor records spikes, a rate or states"),
    ],
)
def test_mistakes_are_told_before_the_first_step(
    options: dict[str, object], error: type[CnsError], message: str
) -> None:
    net = network()
    with pytest.raises(error, match=message):
        run(net, live=cns.Live(**{"where": lambda frame: None, **options}))  # type: ignore[arg-type]
    assert net.layers["exc"].steps == 0


def test_nothing_recorded_is_nothing_to_show() -> None:
    with pytest.raises(ArgumentError, match=r"net.add_monitor\(cns.Monitor\(population"):
        run(network(recorded=False), live=True)
    with pytest.raises(ArgumentError, match=r"True, False or a cns.Live"):
        run(network(), live="window")


def test_a_saved_run_is_seen_too(tmp_path: Path) -> None:
    frames: list[Frame] = []
    net, live = network(), cns.Live(where=frames.append)
    run(net, 100.0, live=live, checkpoint_every=50.0, checkpoint=tmp_path / "run.cns")
    loaded = cns.Network.load(tmp_path / "run.cns")
    assert list(loaded.monitors) == list(net.monitors)
    loaded.resume(20.0, live=live)
    assert frames[-1].time == 120.0
