"""The named experiments: the report's nine, and the single neurons of a course."""

from collections.abc import Mapping

from cnsproject.experiments.base import Experiment, Outcome, Table, choose
from cnsproject.experiments.course import COURSE
from cnsproject.experiments.report3 import REPORT3, TwoPopulations
from cnsproject.experiments.single_neuron import Protocol, SingleNeuron
from cnsproject.experiments.two_populations import Parameters, Recording, run

EXPERIMENTS: Mapping[str, Experiment] = {**REPORT3, **COURSE}


def find(name: str) -> Experiment:
    """The experiment of that name; raises UnknownNameError with the nearest one."""
    return choose(name, EXPERIMENTS, "one that `cns list` shows")


__all__ = [
    "COURSE",
    "EXPERIMENTS",
    "REPORT3",
    "Experiment",
    "Outcome",
    "Parameters",
    "Protocol",
    "Recording",
    "SingleNeuron",
    "Table",
    "TwoPopulations",
    "choose",
    "find",
    "run",
]
