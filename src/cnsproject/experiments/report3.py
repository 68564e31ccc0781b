"""The report's nine experiments, in its order: names, questions and the parameters that make them."""

from __future__ import annotations

from dataclasses import dataclass

from cnsproject.errors import UnknownNameError, nearest
from cnsproject.experiments.two_populations import Parameters


@dataclass(frozen=True)
class Experiment:
    """A named run. `baseline` is the experiment whose result this one is compared with."""

    name: str
    title: str
    question: str
    parameters: Parameters
    baseline: str | None = None


_ALL = (
    Experiment(
        "walkthrough",
        "Walkthrough",
        "What do ten neurons, eight in p1 and two in p2, do when a step current reaches both populations?",
        Parameters(neurons=10),
    ),
    Experiment(
        "isolated",
        "Isolated populations",
        "What does the same current do when the populations are not connected?",
        Parameters(connected=False),
        baseline="walkthrough",
    ),
    Experiment(
        "connected",
        "Connected populations",
        "What changes when each population inhibits the other?",
        Parameters(),
        baseline="isolated",
    ),
    Experiment(
        "tau_s",
        "Effect of the synaptic time constant",
        "What if the current from p1 to p2 decays five times more slowly?",
        Parameters(tau_s1=50.0),
        baseline="connected",
    ),
    Experiment(
        "trace_scale",
        "Effect of the trace scale",
        "What if every spike of p1 adds three times as much to the current?",
        Parameters(trace_scale1=3.0),
        baseline="connected",
    ),
    Experiment(
        "J",
        "Effect of the coupling strength",
        "What if the weights from p1 to p2 are two and a half times as large?",
        Parameters(J1=5.0),
        baseline="connected",
    ),
    Experiment(
        "excitatory",
        "Excitatory coupling",
        "What if both populations excite each other, under a stronger current?",
        Parameters(I_value=20.0, sign=1),
        baseline="connected",
    ),
    Experiment(
        "random_input",
        "Random input",
        "What if the step is replaced by random pulses, the same for both populations?",
        Parameters(I_value=20.0, input="random"),
        baseline="connected",
    ),
    Experiment(
        "two_random_currents",
        "Two random currents",
        "What if each population has random pulses of its own?",
        Parameters(I_value=20.0, input="random", input2="random"),
        baseline="random_input",
    ),
)

EXPERIMENTS: dict[str, Experiment] = {e.name: e for e in _ALL}


def find(name: str) -> Experiment:
    """The experiment of that name; raises UnknownNameError with the nearest one."""
    if name not in EXPERIMENTS:
        raise UnknownNameError(
            "experiment", got=repr(name), expected="one that `cns list` shows", fix=nearest(name, EXPERIMENTS)
        )
    return EXPERIMENTS[name]
