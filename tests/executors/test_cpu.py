"""The native executor: kept on disk, safe between processes, without contraction."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba import njit

import cnsproject as cns
from cnsproject.dynamics.models import TSODYKS_MARKRAM
from cnsproject.dynamics.step import Step
from cnsproject.executors.cpu.printer import Layer, Synapse
from cnsproject.executors.cpu.spikes import SpikeLog
from cnsproject.executors.cpu.words import address, compiled, library

PROGRAM = """
import cnsproject as cns, torch
from cnsproject.executors.cpu import thread
net = cns.Network(dt=1.0)
for name in ("a", "b"):
    net.add_layer(cns.LIFPopulation(3), name)
net.add_connection(cns.DenseConnection(net.layers["a"], net.layers["b"]))
net.run(10, {"a": 16.0})
library = thread.library("kernels.py", "float32")
hits = sum(library.run.stats.cache_hits.values()), library.collect.cache_hits
print(*hits, net.layers["a"].u[0].item())
"""


def program(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(folder)}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def test_a_second_process_compiles_nothing(printed_code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(PROGRAM, {})  # by this process, or by one that shares the folder with it
    first, second = capsys.readouterr().out.split(), program(printed_code)
    assert second.stdout.split()[:2] == ["1", "1"], second.stderr
    assert first[2] == second.stdout.split()[2]


@pytest.mark.slow
def test_a_first_process_compiles(tmp_path: Path) -> None:
    """The count that the test above looks at can be another."""
    assert program(tmp_path).stdout.split()[:2] == ["0", "0"]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = program(blocked / "folder")
    assert done.stdout.split()[2] == program(tmp_path).stdout.split()[2]
    assert done.stderr.count("cannot be kept") == 1


@pytest.mark.slow
def test_processes_that_compile_at_the_same_time(tmp_path: Path) -> None:
    environment = {**os.environ, "CNSPROJECT_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate()[0].split()[2] for process in running]
    assert results[0] == results[1] == program(tmp_path).stdout.split()[2]


def test_nothing_is_contracted_and_the_loop_is_vectorised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fused multiply-add in the printed kernel, vector registers in use, and no second loop for overlaps."""
    single = {"R", "_k0", "_k3", "threshold", "trace_scale", "u_reset", "u_rest", "_c0__k2"}
    synapse = Synapse(Step(cns.EXPONENTIAL_CURRENT, "exact"), "added")
    advance = Layer(Step(cns.LIF, trace=cns.SPIKE_TRACE), (synapse,), (0,), (), "single", frozenset(single))
    release = Layer(Step(None, trace=TSODYKS_MARKRAM), (), (), (), "", frozenset({"U", "_k2", "_k3", "_k6", "_k7"}))
    # Compiled here and now: what comes from a cache cannot be looked into.
    monkeypatch.setenv("CNSPROJECT_CACHE", str(tmp_path))
    for layer in (advance, release):
        llvm = compiled.__wrapped__(layer, "float32").advance.inspect_llvm()
        assert "fmuladd" not in llvm
        assert "llvm.fma" not in llvm
        assert " x float>" in llvm
        assert " fast " not in llvm
        assert "memcheck" not in llvm


@pytest.mark.parametrize("bounds", [[0, 4], [0, 2, 4], [0, 0, 4]])
def test_spikes_of_the_last_steps(bounds: list[int]) -> None:
    log = SpikeLog(bounds, chunk=3, kept=2)
    log.put(-2, np.array([1]))
    log.put(-1, np.array([0, 2]))
    log.begin(0)
    log.put(0, np.array([0, 3]))
    log.put(1, np.array([], dtype=int))
    log.put(2, np.array([0, 1, 2, 3]))
    assert [x.tolist() for x in log.between(-2, 3)] == [[-2, -1, -1, 0, 0, 2, 2, 2, 2], [1, 0, 2, 0, 3, 0, 1, 2, 3]]
    log.begin(3)
    assert [x.tolist() for x in log.between(1, 3)] == [[2, 2, 2, 2], [0, 1, 2, 3]]
    assert sum(starts[3 & log.mask] for starts in log.starts) == 4


@pytest.mark.parametrize("bounds", [[0, 4], [0, 2, 4], [0, 0, 4]])
def test_numbers_beside_spikes_stay_with_them(bounds: list[int]) -> None:
    log = SpikeLog(bounds, chunk=2, kept=2, beside={"r": "float64"})
    spikes = {-2: [1], -1: [0, 2], 0: [0, 3], 1: [], 2: [1, 2, 3], 3: [3]}
    for step, neurons in spikes.items():
        if step % 2 == 0:
            log.begin(step)
        log.put(step, np.array(neurons, int), {"r": step + 0.1 * np.array(neurons)})
    step, neuron = log.between(0, 4)
    assert neuron.tolist() == [0, 3, 1, 2, 3, 3]
    assert [x.tolist() for x in log.between(0, 4, "r")] == [step.tolist(), (step + 0.1 * neuron).tolist()]


@pytest.mark.parametrize("neurons", [1, 7, 8, 9, 64, 1001])
def test_spikes_are_found_at_every_place(neurons: int) -> None:
    """Flags are searched eight at a time: every neuron once, at the edges of words too."""
    net = cns.Network(dt=1.0)
    source, target = cns.InputPopulation(neurons), cns.LIFPopulation(1)
    net.add_layer(source, "source")
    net.add_layer(target, "target")
    w = torch.arange(1.0, neurons + 1).reshape(-1, 1)
    connection = net.add_connection(cns.DenseConnection(source, target, w=w, tau_s=1e-3))
    monitor = net.add_monitor(cns.Monitor(connection, ["current"]), "m")
    net.run(neurons, {"source": torch.eye(neurons)}, executor="cpu")
    assert monitor.get("current")[:, 0].tolist() == list(range(1, neurons + 1))


def test_loops_that_number_their_arrays_differently_see_what_each_other_wrote() -> None:
    """A number that is array 0 of 1 for whoever writes it, and array 1 of 2 for whoever reads it, is one number."""
    native = library("kernels.py", "float32")
    get_float, put_float, one = native.get_float, native.put_float, np.float32(1)

    @njit
    def count(written: int, read: int, steps: int) -> float:
        total = np.float32(0)
        for _ in range(steps):
            put_float(written, 0, get_float(written, 0, 0, 1) + one, 0, 1)
            total += get_float(read, 0, 1, 2)
        return total

    number = np.zeros(1, np.float32)
    assert count(address(number), address(number), 10) == sum(range(1, 11))
