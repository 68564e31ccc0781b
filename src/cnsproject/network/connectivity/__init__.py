"""Which neuron of `pre` is connected to which of `post`: rules that a `Connection` builds its synapses from."""

from cnsproject.network.connectivity.base import Connectivity, Wiring
from cnsproject.network.connectivity.distance import DistanceDependent, ExponentialKernel, GaussianKernel
from cnsproject.network.connectivity.given import FromArrays, FromSparse
from cnsproject.network.connectivity.rules import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    OneToOne,
)

__all__ = [
    "AllToAll",
    "Connectivity",
    "DistanceDependent",
    "ExponentialKernel",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotalNumber",
    "FromArrays",
    "FromSparse",
    "GaussianKernel",
    "OneToOne",
    "Wiring",
]
