"""Shared by all tests: a cache of their own, and skips that CI does not forgive."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib
import pytest
import torch
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("project", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def printed_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Print everything anew, away from the user's cache; processes that share the tests share what they print."""
    folder = tmp_path_factory.mktemp("printed")
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = tmp_path_factory.getbasetemp().parent / "printed"
        folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNSPROJECT_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def one_core_each() -> Iterator[None]:
    """Where processes share the tests, torch gets one thread: its threads spin, and wait for those of the others."""
    with pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_WORKER" in os.environ:
            torch.set_num_threads(1)
            patch.setenv("OMP_NUM_THREADS", "1")  # of the processes that tests start
        yield


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """As in a terminal; a shell starts what runs in its background with the signal ignored."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.fixture
def need() -> Callable[[str], str]:
    """Path of a program; skips when it is absent, or fails when CNS_REQUIRE=all."""

    def find(program: str) -> str:
        path = shutil.which(program)
        if path is None:
            (pytest.fail if os.environ.get("CNS_REQUIRE") == "all" else pytest.skip)(f"{program} is not installed")
        return str(path)

    return find


@pytest.fixture(params=[torch.float32, torch.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    """Both precisions."""
    return request.param
