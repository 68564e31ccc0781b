"""Stores: what a monitor writes while it records is what it would have held, whatever happens to the process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnsproject as cns
from cnsproject import errors
from cnsproject.network.monitors import streaming
from cnsproject.network.monitors.live import LiveContents
from cnsproject.network.monitors.stored import StoredContents, describe
from cnsproject.storage import record_of

SCRIPT = Path(__file__).with_name("streaming_script.py")
sys.path.insert(0, str(SCRIPT.parent))
from streaming_script import INPUTS, STATES, network  # noqa: E402


def same(one: cns.Recording, two: cns.Recording) -> None:
    assert one.state_variables == two.state_variables
    for name in one.state_variables:
        a, b = one.get(name), two.get(name)
        assert a.dtype == b.dtype and torch.equal(a, b), name
        assert one.unit(name) == two.unit(name)
    assert all(torch.equal(a, b) for a, b in zip(one.spikes(), two.spikes(), strict=True))
    assert torch.equal(one.neurons, two.neurons)
    assert all(torch.equal(a, b) for a, b in zip(one.rate(3.0), two.rate(3.0), strict=True))


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write at every occasion."""
    monkeypatch.setattr(streaming, "SECONDS", 0.0)


@pytest.mark.parametrize("every", [None, pytest.param(0.5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("executor", ["cpu", pytest.param("eager", marks=pytest.mark.slow)])
def test_a_store_is_what_memory_would_have_held(
    tmp_path: Path, often: None, executor: str, every: float | None
) -> None:
    net, stored = network(tmp_path / "run.zarr", every)
    plain = net.add_monitor(cns.Monitor(net.layers["exc"], STATES, every=every), "plain")
    for _ in range(3):
        net.run(40.0 if executor == "cpu" else 3.0, INPUTS, executor=executor)
        same(stored, plain)
        same(cns.open(tmp_path / "run.zarr"), plain)
        for _ in range(7):
            net.connections["exc_to_exc"].compute()
            net.layers["exc"].forward(11.0)
            stored.record()
            plain.record()
    assert len(plain.spikes()[0]) > 3
    same(stored, plain)
    stored.flush()
    same(cns.open(tmp_path / "run.zarr"), plain)
    assert stored._series is not None and stored._series.held == 0


def test_the_folder_is_a_data_set_for_other_tools(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    net, stored = network(tmp_path / "run.zarr")
    net.run(30.0, INPUTS)
    data = xarray.open_zarr(tmp_path / "run.zarr")
    assert data["u"].dims == ("time", "neuron") and data["u"].attrs["units"] == "mV"
    assert np.array_equal(data["u"].values, stored.get("u").numpy())
    assert data["time"].values.tolist() == stored.times("u").tolist()
    assert data["spike_time"].values.tolist() == stored.spikes()[0].tolist()
    assert data.attrs["cnsproject"]["record"]["about"]["seed"] == 5


def test_what_is_opened_has_everything_that_a_monitor_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cnsproject.circumstances", "cnsproject.network.monitors.streaming"):
        monkeypatch.setattr(f"{module}.now", lambda: "2026-01-01T00:00:00+00:00")
    net, stored = network(tmp_path / "run.zarr")
    net.run(60.0, INPUTS)
    stored.save(tmp_path / "run.npz")
    for path in ("run.zarr", "run.npz"):
        opened = cns.open(tmp_path / path)
        same(opened, stored)
        assert opened.to_xarray().identical(stored.to_xarray())
        assert opened.to_pandas().equals(stored.to_pandas()) and opened.to_pandas("s").equals(stored.to_pandas("s"))
        trains = opened.to_neo().spiketrains, stored.to_neo().spiketrains
        assert all((a.magnitude == b.magnitude).all() for a, b in zip(*trains, strict=True))
        assert opened.correlation(stored, 5.0) == pytest.approx(1.0)
        assert torch.equal(opened.get("v"), stored.get("u")) and torch.equal(
            opened.get(cns.Mean("v")), stored.get("mean(u)")
        )
        assert len(opened) == len(stored) == 600
        assert opened.provenance["seed"] == 5 and opened.label == stored.label
        opened.save(tmp_path / "again.npz")
        same(cns.open(tmp_path / "again.npz"), stored)


def test_what_get_gave_stays(tmp_path: Path, often: None) -> None:
    net, stored = network(tmp_path / "run.zarr")
    exc = net.layers["exc"]
    exc.forward(3.0)
    streaming.SECONDS = 1e9
    stored.record()
    before = stored.get("u")
    copy = before.clone()
    stored.flush()
    exc.forward(9.0)
    stored.record()
    assert torch.equal(before, copy)


# Killed


def killed(folder: Path, after: float, *more: str) -> int:
    """A run that is killed so long after its first steps; returns how many rows it had said were written before.

    Where it saves itself, not before it has done so.
    """
    command = [sys.executable, str(SCRIPT), str(folder), "1e7", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(after)
        while "checkpoint" in more and not (folder / "run.cns").exists() and process.poll() is None:
            time.sleep(0.05)
        written = record_of(folder / "run.zarr")["axes"]["rows"]["count"]
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    return int(written)


def check_killed(folder: Path, after: float) -> None:
    written = killed(folder, after)
    found = cns.open(folder / "run.zarr")
    rows = len(found.get("u"))
    assert rows >= max(written, 10)
    net, plain = network(None)
    net.run(1.0, INPUTS)
    net.run((rows - 10) * 0.1, INPUTS)
    same(found, plain)


@pytest.mark.parametrize("k", range(2))
def test_a_kill_leaves_all_up_to_the_last_block(tmp_path: Path, k: int) -> None:
    check_killed(tmp_path, random.Random(time.time_ns()).uniform(0.0, 0.3))


@pytest.mark.slow
@pytest.mark.parametrize("k", range(50))
def test_many_kills_leave_all_up_to_the_last_block(tmp_path: Path, k: int) -> None:
    check_killed(tmp_path, random.Random(time.time_ns()).uniform(0.0, 1.5))


def test_a_killed_run_is_resumed_and_its_store_goes_on(tmp_path: Path) -> None:
    written = killed(tmp_path, 0.4, "checkpoint")
    assert (tmp_path / "run.cns").exists()
    net = cns.Network.load(tmp_path / "run.cns")
    made = net.layers["exc"].steps
    assert 10 < made <= written + 10_000
    # What was written after the checkpoint is still there, until the resumed run has more.
    assert len(cns.open(tmp_path / "run.zarr")) >= made
    same(net.monitors["m"], prefix(made))
    net.resume(55.0, executor="eager")
    same(net.monitors["m"], prefix(made + 550))
    same(cns.open(tmp_path / "run.zarr"), prefix(made + 550))


def test_what_a_kill_has_left_of_results_does_no_harm(tmp_path: Path) -> None:
    net, _ = network(tmp_path / "run.zarr")
    net.run(10.0, INPUTS)
    net.save(tmp_path / "net")
    (tmp_path / "run.zarr" / "results.half" / "mean(u)").mkdir(parents=True)
    loaded = cns.Network.load(tmp_path / "net")
    loaded.run(5.0, INPUTS)
    same(cns.open(tmp_path / "run.zarr"), prefix(150))
    assert len([path for path in (tmp_path / "run.zarr").iterdir() if path.name.startswith("results")]) == 1


def prefix(steps: int) -> cns.Monitor:
    net, plain = network(None)
    net.run(1.0, INPUTS)
    net.run((steps - 10) * 0.1, INPUTS)
    return plain


LATE = """
import sys
from pathlib import Path
from streaming_script import network
net, monitor = network(sys.argv[1])
net.layers["exc"].forward(20.0)
monitor.record()
monitor.flush()
net.layers["exc"].forward(20.0)
monitor.record()
Path(sys.argv[1], "zarr.json").unlink()
"""


def test_what_cannot_be_written_at_the_end_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LATE, str(tmp_path / "run.zarr")]
    done = subprocess.run(command, cwd=SCRIPT.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("cnsproject: what was recorded last is lost: ") and done.stderr.count("\n") == 1


LOOP = """
import sys
from streaming_script import network
net, monitor = network(sys.argv[1])
exc = net.layers["exc"]
for _ in range(30):
    exc.forward(20.0)
    monitor.record()
if "lost" in sys.argv:
    del net, exc, monitor
"""


@pytest.mark.parametrize("how", ["kept", "lost"])
def test_a_loop_by_hand_is_written_when_the_process_ends(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-c", LOOP, str(tmp_path / "run.zarr"), how]
    done = subprocess.run(command, cwd=SCRIPT.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(cns.open(tmp_path / "run.zarr").get("u")) == 30


# Full disks

FULL = """
import resource, signal, sys
from streaming_script import INPUTS, network, streaming
import cnsproject as cns
streaming.SECONDS = 0.0
net, monitor = network(sys.argv[1] + "/run.zarr")
net.run(1.0, INPUTS)
if sys.argv[2] == "limit":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
else:
    import os
    big = os.open(sys.argv[1] + "/filler", os.O_CREAT | os.O_WRONLY)
    try:
        while True: os.write(big, bytes(2**12))
    except OSError: os.close(big)
try:
    net.run(3000.0, INPUTS)
except cns.errors.RecordingError as error:
    print(error)
rows, steps = len(cns.open(sys.argv[1] + "/run.zarr")), net.layers["exc"].steps
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    os.remove(sys.argv[1] + "/filler")
net.run(10.0, INPUTS)
print(rows, steps, len(cns.open(sys.argv[1] + "/run.zarr")), net.layers["exc"].steps)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if (
        os.name != "posix"
        or os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], check=False).returncode
    ):
        pytest.skip("a disk of its own can be mounted by root only")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def check_full(folder: Path, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), how], cwd=SCRIPT.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    message, figures = done.stdout.splitlines()
    assert "run.zarr" in message and "Fix: make room" in message and ("too large" in message or "No space" in message)
    before, stopped, after, steps = map(int, figures.split())
    assert 10 <= before < stopped < 30_010 and after == steps == stopped + 100
    net, plain = network(None)
    net.run(steps * 0.1, INPUTS)
    same(cns.open(folder / "run.zarr"), plain)


@pytest.mark.skipif(os.name != "posix", reason="needs a limit of the size of files")
def test_a_full_disk_leaves_what_was_written_and_what_was_not(tmp_path: Path) -> None:
    check_full(tmp_path, "limit")


def test_a_disk_that_is_full_leaves_what_was_written_and_what_was_not(small_disk: Path) -> None:
    check_full(small_disk, "disk")


# Memory

FLAT = """
import resource, sys
import cnsproject as cns
net = cns.Network(dt=1.0, seed=1)
source = net.add_layer(cns.PoissonPopulation(1000, rate=500.0), "source")
monitor = net.add_monitor(cns.Monitor(source, ["s"], store=sys.argv[1]), "m")
net.run(8_000.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
net.run(20_000.0)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of what the system tells is another")
@pytest.mark.slow
def test_ten_million_spikes_hold_memory_flat(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FLAT, str(tmp_path / "run.zarr")]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # MiB
    assert grown < 100.0  # 200 more where all is held
    times, which = cns.open(tmp_path / "run.zarr").spikes()
    assert 13_900_000 < len(times) < 14_100_000 and bool((times[1:] >= times[:-1]).all())
    assert which.bincount().min() > 13_000


# The same place again


def test_a_reset_begins_anew(tmp_path: Path) -> None:
    net, stored = network(tmp_path / "run.zarr")
    plain = net.add_monitor(cns.Monitor(net.layers["exc"], STATES), "plain")
    net.run(20.0, INPUTS)
    net.reset_state_variables()
    assert len(cns.open(tmp_path / "run.zarr").get("u")) == 200  # until more is written
    net.run(5.0, INPUTS)
    same(stored, plain)
    same(cns.open(tmp_path / "run.zarr"), plain)


def test_branches_of_a_state_take_turns(tmp_path: Path, often: None) -> None:
    net, stored = network(tmp_path / "run.zarr")
    plain = net.add_monitor(cns.Monitor(net.layers["exc"], STATES), "plain")
    start = net.state()
    net.run(20.0, INPUTS)
    branch = net.state()
    for current in (10.0, 25.0):
        net.restore(branch)
        same(net.monitors["m"], net.monitors["plain"])
        net.run(15.0, {"exc": current})
        assert net.monitors["m"] is stored
        same(stored, plain)
        same(cns.open(tmp_path / "run.zarr"), plain)
    net.restore(start)
    net.run(3.0, INPUTS)
    same(cns.open(tmp_path / "run.zarr"), plain)
    assert len(stored) == 30


def test_a_kill_while_a_branch_takes_over_leaves_its_beginning(tmp_path: Path, often: None) -> None:
    net, stored = network(tmp_path / "run.zarr")
    net.run(20.0, INPUTS)
    branch, trunk = net.state(), stored.get("u")
    net.run(15.0, INPUTS)
    net.restore(branch)
    assert stored._store is not None
    stored._store.open(stored)  # and no further
    assert torch.equal(cns.open(tmp_path / "run.zarr").get("u"), trunk)


def test_two_runs_do_not_write_to_one_store(tmp_path: Path) -> None:
    net, _ = network(tmp_path / "run.zarr")
    net.run(10.0, INPUTS)
    net.save(tmp_path / "net")
    one, two = cns.Network.load(tmp_path / "net"), cns.Network.load(tmp_path / "net")
    one.run(5.0, INPUTS)
    two.run(5.0, INPUTS)  # takes over
    with pytest.raises(errors.RecordingError, match="another run has written"):
        one.run(5.0, INPUTS)
    assert len(cns.open(tmp_path / "run.zarr")) == 150


def test_a_store_that_is_gone_or_another_is_not_continued(tmp_path: Path) -> None:
    net, _ = network(tmp_path / "run.zarr")
    net.run(10.0, INPUTS)
    net.save(tmp_path / "net")
    loaded = cns.Network.load(tmp_path / "net")
    (tmp_path / "run.zarr").rename(tmp_path / "away.zarr")
    with pytest.raises(errors.RecordingError, match="no such folder"):
        loaded.run(5.0, INPUTS)
    assert loaded.layers["exc"].steps == 100
    other, _ = network(tmp_path / "run.zarr")
    other.run(30.0, INPUTS)
    with pytest.raises(errors.RecordingError, match="another recording"):
        loaded.run(5.0, INPUTS)


def test_other_monitors_record_on_where_one_cannot_write(tmp_path: Path) -> None:
    net, stored = network(tmp_path / "run.zarr")
    net.run(10.0, INPUTS)
    plain = net.add_monitor(cns.Monitor(net.layers["exc"], STATES), "plain")
    root = (tmp_path / "run.zarr" / "zarr.json").rename(tmp_path / "root")
    with pytest.raises(errors.RecordingError):
        net.run(5.0, INPUTS)
    assert len(plain) == net.layers["exc"].steps - 100
    root.rename(tmp_path / "run.zarr" / "zarr.json")
    stored.flush()
    assert len(cns.open(tmp_path / "run.zarr")) == net.layers["exc"].steps


# Wrong uses and altered files

WRONG: dict[str, tuple[Any, type[errors.CnsError], list[str]]] = {
    "a path that exists": (lambda exc, path: cns.Monitor(exc, ["s"], store=path), errors.RecordingError, ["exc", "exists"]),
    "no path": (lambda exc, _: cns.Monitor(exc, ["s"], store=3), errors.ArgumentError, ["exc", "store", "3"]),
    "an empty path": (lambda exc, _: cns.Monitor(exc, ["s"], store=""), errors.ArgumentError, ["exc", "store"]),
    "a window": (lambda exc, path: cns.Monitor(exc, ["s"], store=path / "a", window=5.0), errors.ArgumentError, ["exc", "window"]),
    "a window later on": (lambda exc, path: cns.Monitor(exc, ["s"], store=path / "a").set_time_steps(5.0, 1.0), errors.ArgumentError, ["exc", "window"]),
    "below a file": (lambda exc, path: cns.Monitor(exc, ["s"], store=path / "file" / "a").flush(), errors.RecordingError, ["file"]),
    "open: no path": (lambda _, __: cns.open(3), errors.ArgumentError, ["cns.open", "3"]),
    "open: nothing there": (lambda _, path: cns.open(path / "no.zarr"), errors.RecordingError, ["no.zarr", "no such"]),
    "open: a folder of others": (lambda _, path: cns.open(path), errors.RecordingError, ["no recording", "one.zarr"]),
    "open: some file": (lambda _, path: cns.open(path / "file"), errors.RecordingError, ["file", "cannot be read"]),
    "open: an array of a recording": (lambda _, path: cns.open(path / "one.zarr" / "u"), errors.RecordingError, ["something else"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_uses(tmp_path: Path, case: str) -> None:
    exc = cns.LIFPopulation(2, dt=1.0, name="exc")
    (tmp_path / "file").write_text("no recording")
    monitor = cns.Monitor(exc, ["u"], store=tmp_path / "one.zarr")
    exc.forward(1.0)
    monitor.record()
    monitor.flush()
    call, kind, parts = WRONG[case]
    with pytest.raises(errors.CnsError) as caught:
        call(exc, tmp_path)
    assert type(caught.value) is kind, repr(caught.value)
    assert all(part in str(caught.value) for part in [*parts, "Fix: "]), str(caught.value)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, cns.Monitor]:
    folder = tmp_path_factory.mktemp("written")
    net, stored = network(folder / "run.zarr")
    net.run(30.0, INPUTS)
    stored.save(folder / "run.npz")
    return folder, stored


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.slow
def test_an_altered_recording_gives_an_error_or_what_was_written(
    written: tuple[Path, cns.Monitor], data: st.DataObject
) -> None:
    folder, stored = written
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    after = bytearray(before)
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(before) - 1))
        after[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del after[data.draw(st.integers(0, len(before) - 1)) :]
    path.write_bytes(after)
    try:
        same(cns.open(folder / "run.npz" if path.suffix == ".npz" else folder / "run.zarr"), stored)
    except errors.RecordingError:
        pass
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("change", ["version", "shape", "count"])
def test_a_forged_record_is_refused(written: tuple[Path, cns.Monitor], change: str) -> None:
    _, stored = written
    arrays = {name: values.values for name, values in LiveContents(stored).table().items()}
    record = describe(LiveContents(stored), 0)
    if change == "version":
        record["version"] = 99
    elif change == "shape":
        record["entries"][1]["sizes"] = (20,)
    else:
        record["axes"]["rows"]["count"] = 299
    with pytest.raises(errors.RecordingError, match=r"newer|does not fit"):
        StoredContents("forged", record, arrays.__getitem__).values("u")
