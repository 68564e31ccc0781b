"""What a spike does on the other side of a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from cnsproject.checks import named_arguments
from cnsproject.dynamics import models
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.network.parameters import Given


class Synapse(ABC):
    """A kind of synapse: declared dynamics and the values of its parameters."""

    dynamics: ClassVar[Dynamics]

    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `dynamics`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Delta(Synapse):
    """The membrane jumps by the weight (mV): `u` before the integration of the step in which the spike arrives.

    Dropped while the neuron is refractory. In a hand loop: `post.forward(I, jump=connection.compute())`.

    Brunel 2000, J. Comput. Neurosci. 8, eq. 1 and 2.
    """

    dynamics = models.DELTA

    def parameters(self) -> Mapping[str, object]:
        return {}


class _Timed(Synapse):
    """A synapse with a time constant."""

    @named_arguments
    def __init__(self, tau: Given = 5.0) -> None:
        self.tau = tau

    def parameters(self) -> Mapping[str, object]:
        return {"tau_s": self.tau}


class ExponentialCurrent(_Timed):
    """A current that jumps by the weight (nA) and decays: x = x*exp(-dt/tau), then + w for every spike.

    tau  time constant (ms), a number or an array of post's shape

    Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1.
    """

    dynamics = models.EXPONENTIAL_CURRENT


class AlphaCurrent(_Timed):
    """A current w * (t/tau) * exp(1 - t/tau) after a spike: its peak is the weight (nA), reached after tau.

    tau  time constant (ms), a number or an array of post's shape

    Integrated exactly; Rotter & Diesmann 1999, Biol. Cybern. 81, sec. 3.1.2.
    """

    dynamics = models.ALPHA_CURRENT


class _Conducting(Synapse):
    """A synapse with a conductance g >= 0 (uS): the current g * (E - u)."""

    @named_arguments
    def __init__(self, tau: Given = 5.0, E: Given = 0.0) -> None:
        self.tau, self.E = tau, E

    def parameters(self) -> Mapping[str, object]:
        return {"tau_s": self.tau, "E": self.E}


class ExponentialConductance(_Conducting):
    """A conductance that jumps by the weight (uS) and decays; the current is g * (E - u).

    tau  time constant (ms)      E  reversal potential (mV); below the membrane potential the synapse inhibits

    u is that of the post neurons before their step. Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1, eq. 3.2.
    """

    dynamics = models.EXPONENTIAL_CONDUCTANCE


class AlphaConductance(_Conducting):
    """A conductance w * (t/tau) * exp(1 - t/tau) after a spike: its peak is the weight (uS), reached after tau.

    tau  time constant (ms)      E  reversal potential (mV)

    The current is g * (E - u), u that of the post neurons before their step. Rotter & Diesmann 1999, Biol. Cybern. 81.
    """

    dynamics = models.ALPHA_CONDUCTANCE
