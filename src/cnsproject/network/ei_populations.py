"""`EIPopulations`: an excitatory and an inhibitory population, connected with each other and themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from cnsproject.checks import named_arguments, number, positive, whole
from cnsproject.dynamics.neurons import LIF
from cnsproject.errors import ArgumentError, ParameterError
from cnsproject.network.connectivity import Connectivity, FixedInDegree, FixedProbability
from cnsproject.network.drives import PoissonDrive
from cnsproject.network.model_population import ModelPopulation
from cnsproject.network.network import Network
from cnsproject.network.neural_populations import LIFPopulation
from cnsproject.network.parameters import in_unit
from cnsproject.network.sparse import Connection
from cnsproject.network.synapses import Delta, ExponentialCurrent, Synapse
from cnsproject.random import Uniform


class EIPopulations:
    """Excitatory and inhibitory neurons in one call: two populations, four projections, and a Poisson drive of all.

    Every neuron receives C_E synapses of weight J from excitatory neurons, C_I of weight -g*J from inhibitory ones, and
    C_E independent Poisson processes of nu_ext Hz through synapses of J (Brunel 2000, model A):

        tau du/dt = -u + u_rest + tau*sum of J_j*delta(t - t_j - delay)

    n           neurons in all
    ratio       share of excitatory ones, default 0.8
    p           probability of a connection, default 0.1: C_E = p*n_E and C_I = p*n_I on average
    in_degree   in place of p: how many synapses every neuron has exactly, C_E + C_I in the ratio of the populations,
                or the pair (C_E, C_I). Several of one pair of neurons are possible
    J           weight of an excitatory synapse: mV with Delta(), nA with a current, uS with a conductance
    g           weight of an inhibitory one over J
    delay       ms, of all projections
    synapse     what a spike does; Delta() when None
    nu_ext      rate of each process from outside: a number is the ratio to nu_thr, "20 Hz" is a rate, None no drive
    model       class of both populations
    parameters  of the model, by name, for both; Brunel's when None, which are those of LIFPopulation with tau 20 ms,
                u_rest 0, u_reset 10, threshold 20 mV, refractory 2 ms, scheme "exact", u drawn between rest and
                threshold

    exc, inh     the populations, which know by `is_inhibitory` how their weights count
    connections  name: Connection or PoissonDrive, such as connections["exc_to_inh"] or ["drive_to_exc"]
    in_degrees   (C_E, C_I), means where they are drawn
    nu_thr       (Hz) (threshold - u_rest)/(J*C_E*tau): the rate of the drive that brings u to the threshold on average;
                 for a current J stands for R*J*tau_s/tau. None for models that are not LIF
    rate         of each process from outside (Hz); 0 without a drive

    `add_to(net)` puts all of it into a network, as layers and connections like any other. Raises ParameterError or
    ArgumentError for what makes no such network.

    Brunel 2000, J. Comput. Neurosci. 8:183, section 2.
    """

    brunel: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"tau": 20.0, "u_rest": 0.0, "u_reset": 10.0, "threshold": 20.0, "refractory": 2.0, "scheme": "exact"}
    )
    """Brunel's neurons, to be changed: parameters={**cns.EIPopulations.brunel, "tau": 10.0}."""

    @named_arguments
    def __init__(
        self,
        n: int,
        ratio: float = 0.8,
        *,
        p: float | None = None,
        in_degree: int | tuple[int, int] | None = None,
        J: float = 0.1,
        g: float = 5.0,
        delay: float = 1.5,
        synapse: Synapse | None = None,
        nu_ext: float | str | None = 2.0,
        model: type[ModelPopulation] = LIFPopulation,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.J, self.g = number("EIPopulations(J)", J), number("EIPopulations(g)", g)
        for name, value in (("J", self.J), ("g", self.g)):
            if value < 0:
                raise ParameterError(
                    f"EIPopulations({name})", got=f"{value:g}", expected="a number >= 0",
                    fix="give sizes; what inhibitory neurons do counts negative by itself",
                )  # fmt: skip
        self.synapse = Delta() if synapse is None else synapse
        self.exc, self.inh = self._populations(n, ratio, model, parameters)
        rules = self._rules(p, in_degree)
        self.connections: dict[str, Connection | PoissonDrive] = {}
        named = {"exc": self.exc, "inh": self.inh}
        for pre, weight in (("exc", self.J), ("inh", self.g * self.J)):
            for post, receiver in named.items():
                self.connections[f"{pre}_to_{post}"] = Connection(
                    named[pre], receiver, connectivity=rules[pre], synapse=self.synapse, weight=weight, delay=delay
                )
        self.nu_thr = self._threshold_rate()
        self.rate = self._rate(nu_ext)
        if nu_ext is not None:
            processes = max(1, round(self.in_degrees[0]))
            for name, driven in named.items():
                self.connections[f"drive_to_{name}"] = PoissonDrive(
                    driven, processes, self.rate, weight=self.J, synapse=self.synapse
                )

    def add_to(self, net: Network, name: str = "") -> Self:
        """Add both populations and all projections to a network; returns self.

        name  put before the names of layers and connections with a "_", where a network has several: "V1" makes
              "V1_exc", "V1_exc_to_inh"
        """
        if not isinstance(net, Network):
            raise ArgumentError(
                "EIPopulations.add_to(net)", got=type(net).__name__, expected="a Network", fix="write ei.add_to(net)"
            )
        before = f"{name}_" if name else ""
        for layer_name, layer in (("exc", self.exc), ("inh", self.inh)):
            net.add_layer(layer, before + layer_name)
        for connection_name, connection in self.connections.items():
            net.add_connection(connection, name=before + connection_name)
        return self

    def __repr__(self) -> str:
        C_E, C_I = self.in_degrees
        drive = f"{self.rate:g} Hz" + (f" = {self.rate / self.nu_thr:g} nu_thr" if self.nu_thr else "")
        return (
            f"<EIPopulations: {self.exc.n} excitatory and {self.inh.n} inhibitory neurons, C_E={C_E:g}, C_I={C_I:g}, "
            f"J={self.J:g}, g={self.g:g}, drive {drive}>"
        )

    def _populations(
        self, n: int, ratio: float, model: type[ModelPopulation], parameters: Mapping[str, Any] | None
    ) -> tuple[ModelPopulation, ModelPopulation]:
        if not (isinstance(model, type) and issubclass(model, ModelPopulation)):
            raise ArgumentError(
                "EIPopulations(model)", got=repr(model), expected="a class of neurons with equations",
                fix="write model=cns.LIFPopulation, and its arguments as parameters={...}",
            )  # fmt: skip
        if parameters is not None and not isinstance(parameters, Mapping):
            raise ArgumentError(
                "EIPopulations(parameters)", got=type(parameters).__name__, expected="a dict, name: value",
                fix='write parameters={"tau": 20.0, "threshold": -50.0}',
            )  # fmt: skip
        if parameters is not None and "is_inhibitory" in parameters:
            raise ArgumentError(
                "EIPopulations(parameters)", got="is_inhibitory", expected="what both populations have in common",
                fix="leave it out: inh inhibits, exc does not",
            )  # fmt: skip
        brunel = {**self.brunel, "u": Uniform(0.0, 20.0)} if model is LIFPopulation else {}
        given: dict[str, Any] = dict(brunel if parameters is None else parameters)
        share, count = number("EIPopulations(ratio)", ratio), whole("EIPopulations(n)", n, least=2)
        excitatory = round(share * count)
        if not 0 < excitatory < count:
            raise ParameterError(
                "EIPopulations(ratio)", got=f"{share:g} of {count} neurons", expected="some neurons of either kind",
                fix="give a share between 0 and 1, such as 0.8",
            )  # fmt: skip
        return model(excitatory, **given), model(count - excitatory, is_inhibitory=True, **given)

    def _rules(self, p: float | None, in_degree: object) -> dict[str, Connectivity]:
        """Who is connected, by the population that sends."""
        if p is not None and in_degree is not None:
            raise ArgumentError("EIPopulations(p, in_degree)", got="both", expected="one of them", fix="leave one out")
        sizes = self.exc.n, self.inh.n
        if in_degree is None:
            rule = FixedProbability(0.1 if p is None else p)
            self.in_degrees: tuple[float, float] = (rule.p * sizes[0], rule.p * sizes[1])
            return {"exc": rule, "inh": rule}
        if isinstance(in_degree, tuple | list):
            if len(in_degree) != 2:
                raise ArgumentError(
                    "EIPopulations(in_degree)", got=repr(in_degree), expected="a number, or the pair (C_E, C_I)",
                    fix="write in_degree=(1000, 250)",
                )  # fmt: skip
            C_E, C_I = (whole("EIPopulations(in_degree)", k) for k in in_degree)
        else:
            total = whole("EIPopulations(in_degree)", in_degree)
            C_E = round(total * sizes[0] / sum(sizes))
            C_I = total - C_E
        self.in_degrees = C_E, C_I
        return {"exc": FixedInDegree(C_E), "inh": FixedInDegree(C_I)}

    def _threshold_rate(self) -> float | None:
        C_E, post = self.in_degrees[0], self.exc
        jump = jump_of(self.synapse, self.J, post) if post.dynamics.text == LIF.text else None
        reach = None if jump is None else float(np.mean(np.asarray(post.threshold) - np.asarray(post.u_rest)))
        if not jump or not reach or not C_E:
            return None
        return 1e3 * reach / (jump * C_E * float(np.mean(np.asarray(post.tau))))

    def _rate(self, nu_ext: float | str | None) -> float:
        if nu_ext is None:
            return 0.0
        if isinstance(nu_ext, str):
            rate = number("EIPopulations(nu_ext)", in_unit("EIPopulations(nu_ext)", nu_ext, "Hz"), "Hz")
        elif self.nu_thr is None:
            raise ParameterError(
                "EIPopulations(nu_ext)", got=f"{nu_ext!r}, a ratio to nu_thr",
                expected="a rate where there is no nu_thr: for models other than LIF, conductances, J or C_E of 0",
                fix='give it in Hz, such as nu_ext="20 Hz"',
            )  # fmt: skip
        else:
            rate = number("EIPopulations(nu_ext)", nu_ext) * self.nu_thr
        if rate < 0:
            raise ParameterError(
                "EIPopulations(nu_ext)", got=f"{rate:g} Hz", expected="a rate >= 0", fix="use None for no drive"
            )
        return rate


def jump_of(synapse: Synapse, weight: float, post: ModelPopulation) -> float | None:
    """By how much (mV) one spike moves a LIF membrane in all: the weight of a jump, or R*weight*tau_s/tau of a current.

    None for synapses whose effect depends on the membrane.
    """
    if isinstance(synapse, Delta):
        return weight
    if isinstance(synapse, ExponentialCurrent):
        R, tau, tau_s = (float(np.mean(np.asarray(value))) for value in (post.R, post.tau, synapse.tau))
        return R * weight * tau_s / positive("tau", tau, "ms")
    return None
