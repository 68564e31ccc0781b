"""What `Network.run(inputs=...)` takes for a layer: numbers, series, and generators in absolute time."""

from cnsproject.network.inputs.currents import Constant, ConstantCurrent, Generator
from cnsproject.network.inputs.generators import (
    FunctionCurrent,
    PulseTrain,
    Ramp,
    Sine,
    StepCurrent,
)
from cnsproject.network.inputs.noise import OrnsteinUhlenbeck, WhiteNoise
from cnsproject.network.inputs.reading import Input, read_input

__all__ = [
    "Constant",
    "ConstantCurrent",
    "FunctionCurrent",
    "Generator",
    "Input",
    "OrnsteinUhlenbeck",
    "PulseTrain",
    "Ramp",
    "Sine",
    "StepCurrent",
    "WhiteNoise",
    "read_input",
]
