"""Brian2's C++ standalone device: which folder, how many threads, and the answer afterwards."""

from __future__ import annotations

import argparse
import tempfile

import brian2
from protocol import answer, arguments

_scratch = tempfile.TemporaryDirectory()  # removed when the process ends


def standalone(*, runs: int = 1) -> argparse.Namespace:
    """Choose the device; a folder that was built before is built anew only where it changed.

    runs  after several of them the script builds the device itself
    """
    options = arguments()
    options.folder = options.folder or _scratch.name
    brian2.set_device("cpp_standalone", directory=options.folder, build_on_run=runs == 1)
    # Without OpenMP Brian2 is faster than with one OpenMP thread.
    brian2.prefs.devices.cpp_standalone.openmp_threads = options.threads if options.threads > 1 else 0
    brian2.defaultclock.dt = 0.1 * brian2.ms
    brian2.seed(options.seed)
    return options


def tell(options: argparse.Namespace, spikes: int, neurons: int) -> None:
    """The time of the run as Brian2 measures it: without code generation and compiler."""
    answer(
        seconds=brian2.device._last_run_time,
        rate=spikes / neurons / options.time,
        precision="float64",
        versions={"brian2": brian2.__version__},
    )
