"""The named experiments: the report's nine, and the single neurons and the images of a course."""

from collections.abc import Mapping

from cnsproject.experiments.base import Experiment, Outcome, Table, choose
from cnsproject.experiments.convolving import PHASE9, Convolving
from cnsproject.experiments.course import COURSE
from cnsproject.experiments.encoding import PHASE5, Encoding
from cnsproject.experiments.filtering import PHASE8, Filtering
from cnsproject.experiments.images import ImageExperiment
from cnsproject.experiments.report3 import REPORT3, TwoPopulations
from cnsproject.experiments.single_neuron import Protocol, SingleNeuron
from cnsproject.experiments.two_populations import Parameters, Recording, run

IMAGES: dict[str, ImageExperiment] = {e.name: e for e in (PHASE5, PHASE8, PHASE9)}
EXPERIMENTS: Mapping[str, Experiment] = {**REPORT3, **COURSE, **IMAGES}


def find(name: str) -> Experiment:
    """The experiment of that name; raises UnknownNameError with the nearest one."""
    return choose(name, EXPERIMENTS, "one that `cns list` shows")


__all__ = [
    "COURSE",
    "EXPERIMENTS",
    "IMAGES",
    "REPORT3",
    "Convolving",
    "Encoding",
    "Experiment",
    "Filtering",
    "ImageExperiment",
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
