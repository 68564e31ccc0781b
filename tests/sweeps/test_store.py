"""A sweep that writes to a folder: killed, gone on with, tried again, by two processes at once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import cnsproject as cns
from cnsproject import errors
from cnsproject.sweeps.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import made
from made import noisy, slow

HERE = Path(__file__).parent
QUIET: dict[str, Any] = {"progress": False}
MEMBERS = 60
TASK: dict[str, Any] = {"time": 50, "measure": ["rate", "cv", "spikes"], "progress": False}
SCRIPT = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import cnsproject as cns
from made import slow
print("ready", flush=True)
cns.sweep(slow, {{"k": range({MEMBERS})}}, out=sys.argv[1], workers=2, **{TASK!r})
print("done", flush=True)
"""


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that carries out the sweep, and has just begun; it is dead in the end."""
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def members_left(folder: Path) -> int:
    """How many members are still to be run; looked at while others write."""
    try:
        return len(Store.found(folder).left(failed=False))
    except errors.RecordingError:  # before there is one
        return MEMBERS


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    """The sweep without an interruption."""
    return cns.sweep(slow, {"k": range(MEMBERS)}, **TASK)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_and_started_again_it_is_the_uninterrupted_one(kills: int, whole: xr.Dataset, tmp_path: Path) -> None:
    moments, left = random.Random(kills), [MEMBERS]
    for _ in range(kills):
        with started(tmp_path / "out") as process:
            if kills == 2:  # when some members are written, and others are under way
                while members_left(tmp_path / "out") == left[-1] and process.poll() is None:
                    time.sleep(0.01)
            time.sleep(moments.uniform(0.0, 0.2 if kills == 2 else 2.0))
            process.send_signal(signal.SIGKILL)
        left.append(members_left(tmp_path / "out"))
    assert left == sorted(left, reverse=True)  # nothing that was written is lost
    assert kills > 2 or 0 < left[2] < left[1] < MEMBERS
    told: list[tuple[int, int]] = []

    def tell(ended: int, members: int) -> None:
        told.append((ended, members))

    found = cns.sweep(slow, {"k": range(MEMBERS)}, out=tmp_path / "out", **TASK | {"progress": tell})
    assert told == [(ended, MEMBERS) for ended in range(MEMBERS - left[-1] + 1, MEMBERS + 1)]
    assert found.equals(whole)
    assert cns.open_sweep(tmp_path / "out").equals(whole)


def test_two_processes_write_to_one_folder(whole: xr.Dataset, tmp_path: Path) -> None:
    with started(tmp_path / "out") as one, started(tmp_path / "out") as other:
        assert [process.communicate(timeout=300)[0] for process in (one, other)] == ["done\n"] * 2
    assert cns.open_sweep(tmp_path / "out").equals(whole)


def test_members_that_failed_are_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drives = [12.0, 13.0, 14.0]
    task: dict[str, Any] = {"time": 50, "measure": ["rate", "spikes"], "out": tmp_path / "out", **QUIET}
    with pytest.warns(UserWarning, match="1 of 3 members failed"):
        first = cns.sweep(noisy, {"drive": drives}, **task)
    with pytest.warns(UserWarning, match="1 of 3 members failed"):
        assert cns.sweep(noisy, {"drive": drives}, **task).equals(first)  # it is not run again by itself
    assert cns.open_sweep(tmp_path / "out").error.values.tolist() == ["", "ValueError: 13 Hz brings bad luck", ""]
    ran: list[float] = []
    monkeypatch.setattr(made, "check", ran.append)
    found = cns.sweep(noisy, {"drive": drives}, retry=True, **task)
    assert ran == [13.0]
    assert "error" not in found
    assert np.isfinite(found.rate).all()
    assert found.equals(cns.sweep(noisy, {"drive": drives}, **task | {"out": None}))


def test_what_another_process_writes_is_found(tmp_path: Path) -> None:
    """A folder is the same whoever wrote which of its members."""
    folder = tmp_path / "out"
    task: dict[str, Any] = {"time": 50, "measure": ["spikes", "rate"], **QUIET}
    half = 0

    def stop(ended: int, _: int) -> None:
        nonlocal half
        half = ended
        if ended == 2:
            raise KeyboardInterrupt

    grid = {"drive": [60.0, 12.0, 40.0, 20.0, 80.0]}  # later members have more spikes, or fewer
    with pytest.raises(KeyboardInterrupt):
        cns.sweep(noisy, grid, out=folder, **task | {"progress": stop})
    partial = cns.open_sweep(folder)
    assert np.isfinite(partial.rate.isel(population=0)).values.tolist() == [True, True, False, False, False]
    found = cns.sweep(noisy, grid, out=folder, **task)
    assert found.equals(cns.sweep(noisy, grid, **task))
    assert list(found.data_vars) == ["spikes", "spike_time", "spike_neuron", "rate"]
    plain = xr.open_zarr(folder / "results.zarr", consolidated=False, chunks=None)  # as other tools see it
    assert plain["measure.rate"].values.tolist() == found.rate.values.tolist()
    assert plain["measure.rate"].dims == ("member", "population")


def another(drive: float, seed: int) -> cns.Network:
    return noisy(drive, seed)


@pytest.mark.parametrize(
    ("build", "grid", "words", "message"),
    [
        (noisy, {"drive": [12.0, 15.0]}, {}, "got grid = [['drive', [12.0, 15.0], '']], expected that of the sweep "
         "in this folder, [['drive', [12.0], '']]. Fix: choose another folder, or the arguments of that sweep."),
        (noisy, {"drive": [12.0]}, {"time": 60}, "got time = 60.0, expected that of the sweep in this folder, 50.0."),
        (noisy, {"drive": [12.0]}, {"seed": 3}, "got seed = 3, expected that of the sweep in this folder, 0."),
        (another, {"drive": [12.0]}, {}, "got swept = 'another', expected that of the sweep in this folder, 'noisy'."),
    ],
)  # fmt: skip
def test_another_sweep_is_refused(build: Any, grid: Any, words: dict[str, Any], message: str, tmp_path: Path) -> None:
    cns.sweep(noisy, {"drive": [12.0]}, time=50, out=tmp_path / "out", **QUIET)
    with pytest.raises(errors.RecordingError) as caught:
        cns.sweep(build, grid, **{"time": 50, "out": tmp_path / "out", **QUIET, **words})
    assert message in str(caught.value)


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(errors.RecordingError, match="got a folder with other files"):
        cns.sweep(noisy, {"drive": [12.0]}, time=50, out=tmp_path, **QUIET)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    with pytest.raises(errors.RecordingError, match="got no sweep, expected a folder that a sweep has written"):
        cns.open_sweep(tmp_path)


def test_numbers_of_a_function_are_kept_exactly_whichever_comes_first(tmp_path: Path) -> None:
    values = iter([1, 2.5, True, np.float32(0.25)])

    def measure(net: cns.Network) -> Any:
        return next(values)

    grid = {"drive": [12.0, 14.0, 15.0, 16.0]}
    found = cns.sweep(noisy, grid, time=20, measure=measure, workers=1, out=tmp_path / "out", **QUIET)
    assert found.measure.values.tolist() == [1.0, 2.5, 1.0, 0.25]
