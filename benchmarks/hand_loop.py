"""One iteration of the report's loop, in units of one `torch.add` of two 16-element tensors.

Two `forward`, two `compute`, two `record` of s and u; no gradients, one torch thread; beside it the same step written
in bare torch, without any class, check or recording object.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.contest import entries
from benchmarks.record import interleaved, median_ratio, spread
from cnsproject import DenseConnection, LIFPopulation, Monitor, step_function

NAME = "hand_loop"
STEPS = 1500
ROUNDS = 41


def timed(body: Callable[[], object], per: int) -> float:
    """Seconds of one of `per` repetitions that `body` makes."""
    start = time.perf_counter()
    body()
    return (time.perf_counter() - start) / per


def addition() -> float:
    """One torch.add of two tensors of 16 elements."""
    a, b = torch.randn(16), torch.randn(16)

    def body() -> None:
        for _ in range(STEPS):
            torch.add(a, b)

    return timed(body, STEPS)


def report_loop() -> float:
    """One iteration of the report's loop on our objects."""
    current = step_function(STEPS, 3, 100)
    common: dict[str, Any] = dict(tau_s=10, R=10, C=10, threshold=-55, learning=False, dt=1)
    p1, p2 = LIFPopulation((16,), **common), LIFPopulation((4,), **common)
    con1, con2 = (DenseConnection(a, b, J=2, tau_s=10, dt=1) for a, b in ((p1, p2), (p2, p1)))
    monitors = [Monitor(p, ["s", "u"]) for p in (p1, p2)]
    for monitor in monitors:
        monitor.set_time_steps(STEPS, 1)
    for stepped in (p1, p2, con1, con2):
        stepped.warm()  # an installed package has its code compiled, a long loop finds it by itself

    def body() -> None:
        back: torch.Tensor | float = 0
        for i in range(STEPS):
            p1.forward(current[i] - back)
            forth = con1.compute()
            p2.forward(current[i] - forth)
            back = con2.compute()
            monitors[0].record()
            monitors[1].record()

    return timed(body, STEPS)


def bare_loop() -> float:
    """The same arithmetic in plain torch operations."""
    current = step_function(STEPS, 3, 100)
    u = [torch.full((n,), -70.0) for n in (16, 4)]
    x, traces = [torch.zeros(n) for n in (4, 16)], [torch.zeros(n) for n in (16, 4)]
    kept_u = [torch.zeros(STEPS, n) for n in (16, 4)]
    kept_s = [torch.zeros(STEPS, n, dtype=torch.bool) for n in (16, 4)]
    decay = 0.9048374180359595

    def body() -> None:
        for i in range(STEPS):
            for j in (0, 1):
                drive = current[i] - x[1 - j]
                v = u[j] + 0.01 * (-70.0 - u[j] + 10.0 * drive)
                s = v >= -55.0
                u[j] = torch.where(s, -70.0, v)
                traces[j] = traces[j] * decay + s
                x[j] = x[j] * decay + 2.0 / len(s) * s.sum()
                kept_u[j][i], kept_s[j][i] = u[j], s

    return timed(body, STEPS)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """One thread, in this process; an iteration is so short that its rounds are many whatever was asked for."""
    del rounds, scale
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        times = interleaved({"report": report_loop, "add": addition, "bare": bare_loop}, ROUNDS)
    torch.set_num_threads(threads)
    names = {"report": "cnsproject", "add": "torch.add of 16 numbers", "bare": "the same in bare torch"}
    return {
        "title": "hand loop, one step",
        "unit": "one torch.add of two 16-element float32 tensors, same process, interleaved",
        "rounds": ROUNDS,
        "report_loop_in_adds": median_ratio(times, "report", "add"),
        "bare_torch_loop_in_adds": median_ratio(times, "bare", "add"),
        "microseconds": {name: spread([1e6 * t for t in values]) for name, values in times.items()},
        "contestants": entries({names[key]: values for key, values in times.items()}, precision="float32"),
    }
