"""Sweeps on Dask: a local cluster, workers that are started by hand, one that is killed, and a job script for SLURM."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cnsproject as cns

sys.path.insert(0, str(Path(__file__).parent))
from made import deadly, slow

HERE = Path(__file__).parent
TASK: dict[str, Any] = {"time": 50, "measure": ["rate", "spikes"], "progress": False}
pytestmark = pytest.mark.filterwarnings("ignore")  # dask's own, of ports and of workers that are gone


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two worker processes on this machine, which are started again when they die."""
    from distributed import Client, LocalCluster

    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("CNS_TEST_MARK", str(tmp_path / "died"))
    local = {"local_directory": str(tmp_path), "dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=1, **local) as cluster, Client(cluster) as found:
        yield found


def test_a_worker_that_is_killed_loses_no_member(client: Any, tmp_path: Path) -> None:
    found = cns.sweep(deadly, {"k": range(8)}, pool=client.get_executor(), out=tmp_path / "out", **TASK)
    assert (tmp_path / "died").exists()
    assert "error" not in found
    assert found.equals(cns.sweep(slow, {"k": range(8)}, **TASK))


@pytest.mark.slow
def test_workers_started_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a job of a queue starts: `dask worker` with the address of the scheduler."""
    from distributed import Client

    monkeypatch.setenv("PYTHONPATH", str(HERE))
    address = tmp_path / "scheduler.json"
    base = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(address), "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address), "--nthreads", "1"]
    processes = [subprocess.Popen([*base, "--no-dashboard", "--host", "127.0.0.1"], cwd=tmp_path)]
    try:
        with Client(scheduler_file=str(address), timeout=60) as client:
            processes += [subprocess.Popen([*worker, "--no-dashboard"], cwd=tmp_path) for _ in range(2)]
            client.wait_for_workers(2, timeout=60)
            found = cns.sweep(slow, {"k": range(8)}, pool=client.get_executor(), **TASK)
    finally:
        for process in processes:
            process.terminate()
            process.wait()
    assert found.equals(cns.sweep(slow, {"k": range(8)}, **TASK))


@pytest.mark.usefixtures("ctrl_c_is_heard")  # also afterwards: importing dask_jobqueue has Ctrl-C exit
def test_the_job_script_for_slurm(tmp_path: Path) -> None:
    """The script that dask-jobqueue would hand to sbatch starts a worker of this Python with what was asked for."""
    from dask_jobqueue import SLURMCluster

    asked: dict[str, Any] = {"queue": "compute", "cores": 1, "processes": 1, "memory": "4 GB", "walltime": "01:00:00"}
    with SLURMCluster(
        **asked, local_directory=str(tmp_path), interface="lo", scheduler_options={"dashboard": False}
    ) as cluster:
        script = cluster.job_script()
    for line in (
        "#SBATCH -p compute",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH -t 01:00:00",
        "--nthreads 1",
        sys.executable,
    ):
        assert line in script
