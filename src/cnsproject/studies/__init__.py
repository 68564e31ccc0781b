"""What is done with a population or a network: functions that take one, results that can be shown and plotted.

A study never changes what it is given: one neuron of a population is taken, copied as often as the study needs, and run
natively. It returns a small object with its data, `plot(ax=None)`, `columns()` and `to_pandas()`; printed, the object
says the result in a line or two. `animate` makes a film of what was recorded.
"""

from __future__ import annotations

from cnsproject.studies.comparison import Comparison, compare
from cnsproject.studies.ei_balance import EIBalance, ei_balance
from cnsproject.studies.fi_curve import FICurve, fi_curve
from cnsproject.studies.film import animate
from cnsproject.studies.impedance import Impedance, impedance
from cnsproject.studies.mean_field import MeanField, mean_field
from cnsproject.studies.phase_plane import FixedPoint, PhasePlane, phase_plane
from cnsproject.studies.result import Quantity, Result
from cnsproject.studies.rheobase import Rheobase, rheobase
from cnsproject.studies.spectral_radius import SpectralRadius, spectral_radius
from cnsproject.studies.stdp_window import STDPWindow, stdp_window
from cnsproject.studies.step_response import StepResponse, step_response
from cnsproject.studies.summary import Activity, Summary, summary
from cnsproject.studies.time_step import DtCheck, LayerCheck, check_dt
from cnsproject.studies.triggered_average import SpikeTriggeredAverage, spike_triggered_average

__all__ = [
    "Activity",
    "Comparison",
    "DtCheck",
    "EIBalance",
    "FICurve",
    "FixedPoint",
    "Impedance",
    "LayerCheck",
    "MeanField",
    "PhasePlane",
    "Quantity",
    "Result",
    "Rheobase",
    "STDPWindow",
    "SpectralRadius",
    "SpikeTriggeredAverage",
    "StepResponse",
    "Summary",
    "animate",
    "check_dt",
    "compare",
    "ei_balance",
    "fi_curve",
    "impedance",
    "mean_field",
    "phase_plane",
    "rheobase",
    "spectral_radius",
    "spike_triggered_average",
    "stdp_window",
    "step_response",
    "summary",
]
