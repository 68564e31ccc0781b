"""Named studies: the report's nine experiments."""

from cnsproject.experiments.report3 import EXPERIMENTS, Experiment, find
from cnsproject.experiments.two_populations import Parameters, Recording, run

__all__ = ["EXPERIMENTS", "Experiment", "Parameters", "Recording", "find", "run"]
