"""The cortical microcircuit: how its layers fire without any input but a steady one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnsproject.checks import positive, steps_on_grid, whole
from cnsproject.errors import ParameterError
from cnsproject.experiments.base import Adjustable, Prepared, Progress, seed_of, since_last
from cnsproject.experiments.microcircuit_network import constant_drive, microcircuit, microcircuit_populations
from cnsproject.experiments.microcircuit_outcome import MicrocircuitOutcome
from cnsproject.network.network import Network

_LEAST = 100.0  # ms in which rates and intervals say something


@dataclass(frozen=True)
class Microcircuit(Adjustable):
    """The eight populations of layers 2/3 to 6, after Potjans & Diesmann 2014; see `microcircuit`.

    scale    of the numbers of neurons and of synapses; in-degrees stay those of the full network
    drive    from outside: "dc", its mean current, or "poisson", a Poisson process for each synapse
    time     that is measured (ms)
    settle   before that, of which nothing counts (ms)
    threads  of the native executor; the spikes do not depend on it
    weights  of the synapses: "float32", or "int16", whole numbers of 16 bits, in half the memory; see `Connection`
    """

    scale: float = 1.0
    drive: Literal["dc", "poisson"] = "dc"
    time: float = 1000.0
    settle: float = 500.0
    dt: float = 0.1
    threads: int = 2
    weights: Literal["float32", "int16"] = "float32"

    @property
    def steps(self) -> int:
        dt = positive("parameter dt", self.dt, "ms")
        return sum(steps_on_grid(f"parameter {name}", getattr(self, name), dt) for name in ("settle", "time"))

    def check(self) -> None:
        """Raises ParameterError or TimeGridError for what cannot be run."""
        positive("parameter scale", self.scale)
        whole("parameter threads", self.threads, least=1)
        if self.settle < 0 or self.time < _LEAST:
            raise ParameterError(
                "parameter time", got=f"{self.time:g} ms after {self.settle:g} ms that do not count",
                expected=f"at least {_LEAST:g} ms, after 0 ms or more", fix="raise time",
            )  # fmt: skip
        self.steps  # noqa: B018 - raises where times are no whole numbers of steps

    def network(self, seed: int) -> Network:
        """The network, before it has run."""
        kind = None if self.weights == "float32" else self.weights
        return microcircuit(self.scale, self.drive, seed, dt=self.dt, weight_dtype=kind)

    def prepared(self, seed: Any) -> Prepared:
        """The network before it runs, and what it runs with."""
        self.check()
        given = {"cells": constant_drive(self.scale)} if self.drive == "dc" else None
        return Prepared(
            self.network(int(np.random.default_rng(seed).integers(2**31))), given, self.settle + self.time, True
        )

    def run(
        self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None
    ) -> MicrocircuitOutcome:
        """Build the network and run it; see `Experiment.run`."""
        rng = seed_of(rng)
        prepared = self.prepared(rng)
        net = prepared.net
        net.run(
            prepared.time, prepared.inputs, executor=executor or self.default_executor, threads=self.threads,
            progress=since_last(progress),
        )  # fmt: skip
        times, neurons = (values.numpy() for values in net.monitors["spikes"].spikes())
        sizes = tuple(map(len, microcircuit_populations(self.scale).values()))
        return MicrocircuitOutcome(self, times, neurons, sizes, provenance=self.account(rng, executor))


MICROCIRCUIT = Microcircuit(
    "microcircuit",
    "The cortical microcircuit of Potjans & Diesmann",
    "How do the layers of cortex fire at rest: how often, how irregularly, how much together?",
)
