"""The single neurons of a course in computational neuroscience: sets of parameters, nothing else.

In all of them u_rest = -70 mV and R = 10 MOhm, so that a current of 1.5 nA leads to -55 mV.
"""

from __future__ import annotations

from cnsproject.analysis import elif_rate, lif_noise_rate, lif_rate
from cnsproject.experiments.single_neuron import Protocol, SingleNeuron
from cnsproject.network.integrate_and_fire import AELIFPopulation, ELIFPopulation, LIFPopulation

MEMBRANE = {"tau": 10.0, "R": 10.0, "u_rest": -70.0, "u_reset": -70.0}
UPSWING = {"threshold": -30.0, "theta_rh": -55.0, "delta_t": 2.0}

_ALL = (
    SingleNeuron(
        "lif-step",
        "LIF under a step of current",
        "How do membrane, threshold and current decide when and how fast a leaky integrate-and-fire neuron fires?",
        neuron=LIFPopulation,
        values={"I": 2.0, **MEMBRANE, "threshold": -55.0},
        changes=({"I": 1.4}, {"R": 5.0}, {"tau": 30.0}, {"threshold": -52.0}, {"u_rest": -65.0}),
        theory=lif_rate,
        law="closed form",
    ),
    SingleNeuron(
        "lif-noise",
        "LIF under noisy current",
        "What does noise do to the rate and to the regularity of a leaky integrate-and-fire neuron?",
        neuron=LIFPopulation,
        values={"I": 1.4, "sigma": 1.0, "path": 0, **MEMBRANE, "threshold": -55.0},
        changes=({"sigma": 0.3}, {"sigma": 2.0}, {"I": 1.0}, {"I": 1.8}, {"path": 1}),
        protocol=Protocol(delay=0.0, duration=400.0, highest=3.0, points=25, fi_time=1200.0, trials=16),
        theory=lif_noise_rate,
        law="Siegert formula",
    ),
    SingleNeuron(
        "elif",
        "ELIF: the upswing of a spike",
        "What does it change that a spike begins gradually, as in the exponential integrate-and-fire neuron?",
        neuron=ELIFPopulation,
        values={"I": 2.0, **MEMBRANE, **UPSWING},
        changes=({"delta_t": 0.5}, {"delta_t": 5.0}, {"theta_rh": -50.0}, {"u_reset": -60.0}, {"tau": 20.0}),
        theory=elif_rate,
        protocol=Protocol(dt=0.025),
        law="quadrature",
    ),
    SingleNeuron(
        "aelif",
        "AELIF: adaptation",
        "How do a, b and tau_w of the adaptive exponential integrate-and-fire neuron slow its firing down?",
        neuron=AELIFPopulation,
        values={"I": 2.5, **MEMBRANE, **UPSWING, "a": 0.0, "b": 0.2, "tau_w": 100.0},
        changes=({"b": 0.0}, {"b": 0.6}, {"a": 0.05}, {"tau_w": 400.0}, {"u_reset": -60.0}),
        protocol=Protocol(dt=0.05, duration=400.0, fi_time=3000.0, settle=2000.0),
    ),
)  # fmt: skip

NEURONS: dict[str, SingleNeuron] = {e.name: e for e in _ALL}
