"""Which neuron of `pre` is connected to which of `post`: rules that a `Connection` builds its synapses from."""

from cnsproject.network.connectivity.base import Connectivity, Made, Rows, Slab, Wiring, pointers_of
from cnsproject.network.connectivity.blocks import Blocks, PerBlock
from cnsproject.network.connectivity.distance import DistanceDependent, ExponentialKernel, GaussianKernel
from cnsproject.network.connectivity.given import FromArrays, FromSparse
from cnsproject.network.connectivity.lateral import LateralInhibition
from cnsproject.network.connectivity.rules import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    OneToOne,
)
from cnsproject.network.connectivity.windows import Windows

# The names of these in Gerstner et al. 2014, Neuronal Dynamics, ch. 12.3.
RandomFixedCoupling = FixedProbability
RandomFixedPresynapticPartners = FixedInDegree

__all__ = [
    "AllToAll",
    "Blocks",
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
    "LateralInhibition",
    "Made",
    "OneToOne",
    "PerBlock",
    "RandomFixedCoupling",
    "RandomFixedPresynapticPartners",
    "Rows",
    "Slab",
    "Windows",
    "Wiring",
    "pointers_of",
]
