"""Our traces and synapses, each declared once. Everything that computes them is printed from here."""

from __future__ import annotations

from cnsproject.dynamics.declaration import Dynamics

SPIKE_TRACE = Dynamics(
    equations="dtraces/dt = -traces / tau_s : 1",
    parameters={"tau_s": "ms", "trace_scale": "1"},
    arrivals={"s": "1"},
    on_arrival="traces = traces + trace_scale*s",
    source="Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98, sec. 4.1.1 (all-to-all interaction)",
    verify=False,
)

SET_TRACE = Dynamics(
    equations="dtraces/dt = -traces / tau_s : 1",
    parameters={"tau_s": "ms"},
    arrivals={"s": "1"},
    on_arrival="traces = where(s > 0, 1, traces)",
    source="Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98, sec. 4.1.2 (nearest-spike interaction)",
    verify=False,
)

SCALED_CURRENT = Dynamics(
    equations="dcurrent/dt = -current / tau_s : nA",
    parameters={"tau_s": "ms", "trace_scale": "1"},
    arrivals={"arrived": "nA"},
    on_arrival="current = current + trace_scale*arrived",
    output="current",
    source="Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1",
    verify=False,
)

EXPONENTIAL_CURRENT = Dynamics(
    equations="dcurrent/dt = -current / tau_s : nA",
    parameters={"tau_s": "ms"},
    arrivals={"arrived": "nA"},
    on_arrival="current = current + arrived",
    output="current",
    source="Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1",
    verify=False,
)

ALPHA_CURRENT = Dynamics(
    equations="""
        dcurrent/dt = (exp(1)*rise - current) / tau_s : nA
        drise/dt = -rise / tau_s : nA
    """,
    parameters={"tau_s": "ms"},
    arrivals={"arrived": "nA"},
    on_arrival="rise = rise + arrived",
    output="current",
    source="Rotter & Diesmann 1999, Biol. Cybern. 81, sec. 3.1.2",
    verify=False,
)

EXPONENTIAL_CONDUCTANCE = Dynamics(
    equations="""
        dg/dt = -g / tau_s : uS
        current = g * (E - u) : nA
    """,
    inputs={"u": "mV"},
    parameters={"tau_s": "ms", "E": "mV"},
    arrivals={"arrived": "uS"},
    on_arrival="g = g + arrived",
    output="current",
    source="Gerstner et al. 2014, Neuronal Dynamics, ch. 3.1, eq. 3.2",
    verify=False,
)

ALPHA_CONDUCTANCE = Dynamics(
    equations="""
        dg/dt = (exp(1)*rise - g) / tau_s : uS
        drise/dt = -rise / tau_s : uS
        current = g * (E - u) : nA
    """,
    inputs={"u": "mV"},
    parameters={"tau_s": "ms", "E": "mV"},
    arrivals={"arrived": "uS"},
    on_arrival="rise = rise + arrived",
    output="current",
    source="Rotter & Diesmann 1999, Biol. Cybern. 81, sec. 3.1.2",
    verify=False,
)

DELTA = Dynamics(
    arrivals={"arrived": "mV"},
    impulses={"jump": "mV"},
    on_arrival="jump = jump + arrived",
    output="jump",
    source="Brunel 2000, J. Comput. Neurosci. 8, eq. 1 and 2",
    verify=False,
)

# Spikes of a source neuron arrive as `s`. Assignments are made in order: a spike raises `facilitation` first.
TSODYKS_MARKRAM = Dynamics(
    equations="""
        dfacilitation/dt = -facilitation / tau_facil : 1
        dresources/dt = (1 - resources) / tau_rec : 1
    """,
    parameters={"U": "1", "tau_rec": "ms", "tau_facil": "ms"},
    arrivals={"s": "1"},
    impulses={"release": "1"},
    on_arrival="""
        facilitation = facilitation + U*(1 - facilitation)*s
        release = release + facilitation*resources*s
        resources = resources - facilitation*resources*s
    """,
    source="Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10; Tsodyks, Uziel & Markram 2000, J. Neurosci. 20, eq. 4",
    verify=False,
)

DEPRESSION = Dynamics(
    equations="dresources/dt = (1 - resources) / tau_rec : 1",
    parameters={"U": "1", "tau_rec": "ms"},
    arrivals={"s": "1"},
    impulses={"release": "1"},
    on_arrival="release = release + U*resources*s; resources = resources - U*resources*s",
    source="Tsodyks & Markram 1997, PNAS 94; Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10",
    verify=False,
)
