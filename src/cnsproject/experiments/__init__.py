"""The named experiments: the report's nine, single neurons, the phases of a course, and a task."""

from collections.abc import Mapping

from cnsproject.experiments.base import Experiment, Outcome, Table, choose
from cnsproject.experiments.brunel import BRUNEL, Brunel
from cnsproject.experiments.convolving import PHASE9, Convolving
from cnsproject.experiments.decision import PHASE4, Decision
from cnsproject.experiments.digits import DIGITS, Digits
from cnsproject.experiments.encoding import PHASE5, Encoding
from cnsproject.experiments.features import PHASE10, Features
from cnsproject.experiments.filtering import PHASE8, Filtering
from cnsproject.experiments.images import ImageExperiment
from cnsproject.experiments.joined import PHASE1, Joined
from cnsproject.experiments.microcircuit_network import constant_drive, microcircuit, microcircuit_populations
from cnsproject.experiments.microcircuit_run import MICROCIRCUIT, Microcircuit
from cnsproject.experiments.neurons import NEURONS
from cnsproject.experiments.pattern_learning import PHASE6, PatternLearning
from cnsproject.experiments.report3 import REPORT3, TwoPopulations
from cnsproject.experiments.rewarded import PHASE7, RewardedLearning
from cnsproject.experiments.single_neuron import Protocol, SingleNeuron
from cnsproject.experiments.three_models import PHASE2, ThreeModels
from cnsproject.experiments.two_populations import Parameters, Recording, run
from cnsproject.experiments.wiring import PHASE3, Wiring

IMAGES: dict[str, ImageExperiment] = {e.name: e for e in (PHASE5, PHASE8, PHASE9)}
COURSE: dict[str, Experiment] = {
    e.name: e for e in (PHASE1, PHASE2, PHASE3, PHASE4, PHASE5, PHASE6, PHASE7, PHASE8, PHASE9, PHASE10)
}
NETWORKS: dict[str, Experiment] = {e.name: e for e in (BRUNEL, MICROCIRCUIT)}
TASKS: dict[str, Experiment] = {e.name: e for e in (DIGITS,)}
EXPERIMENTS: Mapping[str, Experiment] = {**REPORT3, **NEURONS, **COURSE, **NETWORKS, **TASKS}


def find(name: str) -> Experiment:
    """The experiment of that name; raises UnknownNameError with the nearest one."""
    return choose(name, EXPERIMENTS, "one that `cns list` shows")


__all__ = [
    "COURSE",
    "EXPERIMENTS",
    "IMAGES",
    "NETWORKS",
    "NEURONS",
    "REPORT3",
    "TASKS",
    "Brunel",
    "Convolving",
    "Decision",
    "Digits",
    "Encoding",
    "Experiment",
    "Features",
    "Filtering",
    "ImageExperiment",
    "Joined",
    "Microcircuit",
    "Outcome",
    "Parameters",
    "PatternLearning",
    "Protocol",
    "Recording",
    "RewardedLearning",
    "SingleNeuron",
    "Table",
    "ThreeModels",
    "TwoPopulations",
    "Wiring",
    "choose",
    "constant_drive",
    "find",
    "microcircuit",
    "microcircuit_populations",
    "run",
]
