"""What is done with a population or a network: functions that take one, results that can be shown and plotted.

A study never changes what it is given: one neuron of a population is taken, copied as often as the study needs, and run
natively. It returns a small object with its data, `plot(ax=None)`, `columns()` and `to_pandas()`; printed, the object
says the result in a line or two.
"""

from __future__ import annotations

from cnsproject.studies.comparison import Comparison, compare
from cnsproject.studies.fi_curve import FICurve, fi_curve
from cnsproject.studies.impedance import Impedance, impedance
from cnsproject.studies.phase_plane import FixedPoint, PhasePlane, phase_plane
from cnsproject.studies.result import Quantity, Result
from cnsproject.studies.rheobase import Rheobase, rheobase
from cnsproject.studies.stdp_window import STDPWindow, stdp_window
from cnsproject.studies.step_response import StepResponse, step_response
from cnsproject.studies.summary import Activity, Summary, summary
from cnsproject.studies.time_step import DtCheck, LayerCheck, check_dt
from cnsproject.studies.triggered_average import SpikeTriggeredAverage, spike_triggered_average

__all__ = [
    "Activity",
    "Comparison",
    "DtCheck",
    "FICurve",
    "FixedPoint",
    "Impedance",
    "LayerCheck",
    "PhasePlane",
    "Quantity",
    "Result",
    "Rheobase",
    "STDPWindow",
    "SpikeTriggeredAverage",
    "StepResponse",
    "Summary",
    "check_dt",
    "compare",
    "fi_curve",
    "impedance",
    "phase_plane",
    "rheobase",
    "spike_triggered_average",
    "stdp_window",
    "step_response",
    "summary",
]
