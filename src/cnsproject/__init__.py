"""Spiking neural populations that you step by hand and run at native speed: the same objects, the same spikes."""

from cnsproject import errors
from cnsproject.decision import AbstractDecision, WinnerTakeAll, WinnerTakeAllDecision
from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.models import EXPONENTIAL_CURRENT, SET_TRACE, SPIKE_TRACE
from cnsproject.dynamics.neurons import LIF
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.encoding import (
    AbstractEncoder,
    DoGFilter,
    Filter,
    GaborFilter,
    LatencyEncoder,
    PhaseEncoder,
    PoissonEncoder,
    PositionEncoder,
    RankOrderEncoder,
    Time2FirstSpikeEncoder,
)
from cnsproject.learning.learning_rules import STDP, TripletSTDP, VogelsSTDP
from cnsproject.learning.own_rules import Rule
from cnsproject.network.connections import (
    AbstractConnection,
    Connection,
    DenseConnection,
    RandomConnection,
    SparseConnection,
)
from cnsproject.network.connectivity import (
    AllToAll,
    Connectivity,
    DistanceDependent,
    ExponentialKernel,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    FromArrays,
    FromSparse,
    GaussianKernel,
    OneToOne,
    RandomFixedCoupling,
    RandomFixedPresynapticPartners,
)
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.inputs import (
    Constant,
    ConstantCurrent,
    FunctionCurrent,
    Generator,
    OrnsteinUhlenbeck,
    PulseTrain,
    Ramp,
    Sine,
    StepCurrent,
    WhiteNoise,
)
from cnsproject.network.learning_rule import LearningRule
from cnsproject.network.monitors import Monitor
from cnsproject.network.monitors.opening import StoredRecording, open
from cnsproject.network.monitors.recording import Recording
from cnsproject.network.monitors.reducers import Histogram, Maximum, Mean, Minimum, Variance
from cnsproject.network.monitors.spike_files import read_sonata, save_sonata
from cnsproject.network.monitors.spike_reducers import IntervalVariation, PopulationRate, SpikeCount
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import (
    AELIFPopulation,
    ELIFPopulation,
    FitzHughNagumoPopulation,
    GIFPopulation,
    HHPopulation,
    HodgkinHuxleyPopulation,
    InputPopulation,
    IzhikevichPopulation,
    LIFPopulation,
    ModelPopulation,
    NeuralPopulation,
    QIFPopulation,
)
from cnsproject.network.own_models import Population
from cnsproject.network.short_term import ShortTermPlasticity, TsodyksMarkram
from cnsproject.network.sources import PoissonPopulation, SpikeSource
from cnsproject.network.synapses import (
    AlphaConductance,
    AlphaCurrent,
    Delta,
    ExponentialConductance,
    ExponentialCurrent,
    Synapse,
)
from cnsproject.network.views import PopulationView
from cnsproject.random import Law, LogNormal, Normal, Truncated, Uniform
from cnsproject.studies import (
    check_dt,
    compare,
    fi_curve,
    impedance,
    phase_plane,
    rheobase,
    spike_triggered_average,
    stdp_window,
    step_response,
)
from cnsproject.utils import random2_step_function, random_step_function, step_function, two_way_step_function

__version__ = "0.1.0"

__all__ = [
    "EXPONENTIAL_CURRENT",
    "LIF",
    "SET_TRACE",
    "SPIKE_TRACE",
    "STDP",
    "AELIFPopulation",
    "AbstractConnection",
    "AbstractDecision",
    "AbstractEncoder",
    "AllToAll",
    "AlphaConductance",
    "AlphaCurrent",
    "Connection",
    "Connectivity",
    "Constant",
    "ConstantCurrent",
    "Delta",
    "DenseConnection",
    "DistanceDependent",
    "DoGFilter",
    "Dynamics",
    "ELIFPopulation",
    "ExponentialConductance",
    "ExponentialCurrent",
    "ExponentialKernel",
    "Filter",
    "FitzHughNagumoPopulation",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotalNumber",
    "FromArrays",
    "FromSparse",
    "FunctionCurrent",
    "GIFPopulation",
    "GaborFilter",
    "GaussianKernel",
    "Generator",
    "HHPopulation",
    "Histogram",
    "HodgkinHuxleyPopulation",
    "InputPopulation",
    "IntervalVariation",
    "IzhikevichPopulation",
    "LIFPopulation",
    "LatencyEncoder",
    "Law",
    "LearningRule",
    "LogNormal",
    "Maximum",
    "Mean",
    "Minimum",
    "ModelPopulation",
    "Monitor",
    "Network",
    "NeuralPopulation",
    "Normal",
    "OneToOne",
    "OrnsteinUhlenbeck",
    "PhaseEncoder",
    "Plasticity",
    "PoissonDrive",
    "PoissonEncoder",
    "PoissonPopulation",
    "Population",
    "PopulationRate",
    "PopulationView",
    "PositionEncoder",
    "PulseTrain",
    "QIFPopulation",
    "Ramp",
    "RandomConnection",
    "RandomFixedCoupling",
    "RandomFixedPresynapticPartners",
    "RankOrderEncoder",
    "Recording",
    "Rule",
    "ShortTermPlasticity",
    "Sine",
    "SparseConnection",
    "SpikeCount",
    "SpikeSource",
    "StepCurrent",
    "StoredRecording",
    "Synapse",
    "Time2FirstSpikeEncoder",
    "TripletSTDP",
    "Truncated",
    "TsodyksMarkram",
    "Uniform",
    "Variance",
    "VogelsSTDP",
    "WhiteNoise",
    "WinnerTakeAll",
    "WinnerTakeAllDecision",
    "__version__",
    "check_dt",
    "compare",
    "errors",
    "fi_curve",
    "impedance",
    "open",
    "phase_plane",
    "random2_step_function",
    "random_step_function",
    "read_sonata",
    "rheobase",
    "save_sonata",
    "spike_triggered_average",
    "stdp_window",
    "step_function",
    "step_response",
    "two_way_step_function",
]
