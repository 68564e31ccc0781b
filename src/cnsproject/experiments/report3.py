"""The report's nine experiments, in its order: names, questions and the parameters that make them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cnsproject.experiments.base import Experiment, Prepared, Progress, documented, refuse_settings
from cnsproject.experiments.two_populations import BY_HAND, Parameters, Recording, prepared, run


@dataclass(frozen=True)
class TwoPopulations(Experiment):
    """A named run of two populations. `baseline` is the experiment whose result this one is compared with."""

    parameters: Parameters
    baseline: str | None = None

    default_executor = BY_HAND
    random = True  # a seed is part of every command that the report prints
    attributes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "J1": ("p1_to_p2.J",),
        "J2": ("p2_to_p1.J",),
        "tau_s1": ("p1_to_p2.tau_s",),
        "tau_s2": ("p2_to_p1.tau_s",),
        "trace_scale1": ("p1_to_p2.trace_scale",),
        "trace_scale2": ("p2_to_p1.trace_scale",),
        "R": ("p1.R", "p2.R"),
        "C": ("p1.C", "p2.C"),
        "threshold": ("p1.threshold", "p2.threshold"),
    }

    @property
    def steps(self) -> int:
        return self.parameters.time

    def changed(self, settings: Mapping[str, str]) -> Self:
        return dataclasses.replace(self, parameters=self.parameters.changed(settings))

    def settings(self) -> dict[str, Any]:
        return dataclasses.asdict(self.parameters)

    def meanings(self) -> Mapping[str, str]:
        return documented(Parameters)

    def prepared(self, seed: int) -> Prepared:
        return prepared(self.parameters, seed)

    def restored(self, settings: Mapping[str, Any]) -> Self:
        if not isinstance(settings, Mapping) or settings.keys() != self.settings().keys():
            refuse_settings(self.name, settings, "other names")
        return self.changed({name: str(value) for name, value in settings.items()})

    def run(self, *, rng: Any = None, executor: str | None = None, progress: Progress | None = None) -> Recording:
        recording = run(self.parameters, rng=rng, executor=executor, progress=progress)
        return dataclasses.replace(recording, provenance={**recording.provenance, "experiment": self.name})


_ALL = (
    TwoPopulations(
        "walkthrough",
        "Walkthrough",
        "What do ten neurons, eight in p1 and two in p2, do when a step current reaches both populations?",
        Parameters(neurons=10),
    ),
    TwoPopulations(
        "isolated",
        "Isolated populations",
        "What does the same current do when the populations are not connected?",
        Parameters(connected=False),
        baseline="walkthrough",
    ),
    TwoPopulations(
        "connected",
        "Connected populations",
        "What changes when each population inhibits the other?",
        Parameters(),
        baseline="isolated",
    ),
    TwoPopulations(
        "tau_s",
        "Effect of the synaptic time constant",
        "What if the current from p1 to p2 decays five times more slowly?",
        Parameters(tau_s1=50.0),
        baseline="connected",
    ),
    TwoPopulations(
        "trace_scale",
        "Effect of the trace scale",
        "What if every spike of p1 adds three times as much to the current?",
        Parameters(trace_scale1=3.0),
        baseline="connected",
    ),
    TwoPopulations(
        "J",
        "Effect of the coupling strength",
        "What if the weights from p1 to p2 are two and a half times as large?",
        Parameters(J1=5.0),
        baseline="connected",
    ),
    TwoPopulations(
        "excitatory",
        "Excitatory coupling",
        "What if both populations excite each other, under a stronger current?",
        Parameters(I_value=20.0, sign=1),
        baseline="connected",
    ),
    TwoPopulations(
        "random_input",
        "Random input",
        "What if the step is replaced by random pulses, the same for both populations?",
        Parameters(I_value=20.0, input="random"),
        baseline="connected",
    ),
    TwoPopulations(
        "two_random_currents",
        "Two random currents",
        "What if each population has random pulses of its own?",
        Parameters(I_value=20.0, input="random", input2="random"),
        baseline="random_input",
    ),
)

REPORT3: dict[str, TwoPopulations] = {e.name: e for e in _ALL}
