"""What a spike does on the other side of a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from cnsproject.checks import named_arguments
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.models import EXPONENTIAL_CURRENT
from cnsproject.network.parameters import Given


class Synapse(ABC):
    """A kind of synapse: declared dynamics and the values of its parameters."""

    dynamics: ClassVar[Dynamics]

    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `dynamics`."""


class ExponentialCurrent(Synapse):
    """A current that jumps by the weight (nA) and decays: x = x*exp(-dt/tau) + sum of w*s, kept per post neuron.

    tau  time constant (ms), a number or an array of post's shape

    Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1.
    """

    dynamics = EXPONENTIAL_CURRENT

    @named_arguments
    def __init__(self, tau: Given = 5.0) -> None:
        self.tau = tau

    def parameters(self) -> Mapping[str, object]:
        return {"tau_s": self.tau, "trace_scale": 1.0}
