"""The learning rules a notebook hands to a connection: `DenseConnection(pre, post, learning_rule=STDP())`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from cnsproject.checks import named_arguments, number, one_of, positive
from cnsproject.dynamics import learning_rules as declared
from cnsproject.dynamics.plasticity import Plasticity
from cnsproject.errors import ParameterError
from cnsproject.network.learning_rule import LearningRule

Bounds = Literal["none", "hard", "soft"]
Pairing = Literal["all", "nearest"]


class _Timed(LearningRule):
    """A rule of spike times, with bounds of the weight."""

    def __init__(self, bounds: str, w_min: float, w_max: float) -> None:
        kind = type(self).__name__
        self.bounds = one_of(f"{kind}.bounds", bounds, get_args(Bounds))
        self.bounded = bounds != "none"
        self.w_min, self.w_max = number(f"{kind}.w_min", w_min), number(f"{kind}.w_max", w_max)
        if self.w_max <= self.w_min:
            raise ParameterError(
                f"{kind}.w_max", got=f"{w_max:g} with w_min = {w_min:g}", expected="a larger one", fix="raise it"
            )

    def _take(self, numbers: Mapping[str, float], times: Mapping[str, float]) -> None:
        """Keep amplitudes, and times (ms), which must be positive."""
        kind = type(self).__name__
        for name, value in numbers.items():
            setattr(self, name, number(f"{kind}.{name}", value))
        for name, value in times.items():
            setattr(self, name, positive(f"{kind}.{name}", value, "ms"))

    @property
    def limits(self) -> tuple[float, float] | None:
        """w_min and w_max, unless there are no bounds."""
        return (self.w_min, self.w_max) if self.bounded else None

    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `plasticity`."""
        return {name: getattr(self, name) for name in self.plasticity.parameters}


class STDP(_Timed):
    """Spike-timing-dependent plasticity of pairs.

    x decays with tau_plus and is raised by spikes that arrive, y with tau_minus by spikes of the target:
        a spike arrives    w -= A_minus * y      (soft bounds: A_minus * (w - w_min) * y), then x += 1
        the target fires   w += A_plus * x       (soft bounds: A_plus * (w_max - w) * x), then y += 1
    So a pair with dt = t_post - t_arrival changes a weight by A_plus*exp(-dt/tau_plus) where dt >= 0, and by
    -A_minus*exp(dt/tau_minus) where dt < 0.

    A_plus, A_minus      amplitudes, in the unit of the weight (without unit for soft bounds)
    tau_plus, tau_minus  time constants (ms)
    bounds               "hard": clipped to w_min ... w_max; "soft": changes shrink towards them; "none"
    pairing              "all" spikes, or with the "nearest" one before: x = 1 and y = 1 instead of += 1

    Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98, sec. 4.1; soft bounds van Rossum, Bi & Turrigiano 2000.

    >>> import cnsproject as cns
    >>> rule = cns.STDP(A_plus=0.01, A_minus=0.012)
    >>> cns.stdp_window(rule, [-10, 10]).changes.round(5).tolist()  # the target 10 ms before, 10 ms after the arrival
    [-0.00728, 0.00607]
    """

    @named_arguments
    def __init__(
        self,
        A_plus: float = 0.01,
        A_minus: float = 0.012,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        *,
        bounds: Bounds = "hard",
        pairing: Pairing = "all",
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(bounds, w_min, w_max)
        self._take({"A_plus": A_plus, "A_minus": A_minus}, {"tau_plus": tau_plus, "tau_minus": tau_minus})
        self.pairing = one_of("STDP.pairing", pairing, get_args(Pairing))

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.pair(self.bounds, self.pairing == "nearest")


class TripletSTDP(_Timed):
    """Spike-timing-dependent plasticity of pairs and triplets.

    As `STDP` with slow traces x_slow (tau_x) and y_slow (tau_y), which count the spikes before the present one:
        a spike arrives    w -= (A_minus + A3_minus * x_slow) * y
        the target fires   w += (A_plus + A3_plus * y_slow) * x

    Defaults are those of the full all-to-all model of the visual cortex. Pfister & Gerstner 2006, J. Neurosci. 26,
    eq. 1 to 4 and table 4.
    """

    @named_arguments
    def __init__(
        self,
        A_plus: float = 5e-10,
        A_minus: float = 7e-3,
        A3_plus: float = 6.2e-3,
        A3_minus: float = 2.3e-4,
        tau_plus: float = 16.8,
        tau_minus: float = 33.7,
        tau_x: float = 101.0,
        tau_y: float = 125.0,
        *,
        bounds: Bounds = "hard",
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(bounds, w_min, w_max)
        amplitudes = {"A_plus": A_plus, "A_minus": A_minus, "A3_plus": A3_plus, "A3_minus": A3_minus}
        times = {"tau_plus": tau_plus, "tau_minus": tau_minus, "tau_x": tau_x, "tau_y": tau_y}
        self._take(amplitudes, times)

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.triplet(self.bounds)


class FlatSTDP(_Timed):
    """STDP with a rectangular window: all pairs that are close enough change a weight alike.

        a spike arrives    w -= A_minus where the target fired less than window_minus ago
        the target fires   w += A_plus where a spike arrived less than window_plus ago, or in this step

    A_plus, A_minus            amplitudes, in the unit of the weight (without unit for soft bounds)
    window_plus, window_minus  how long (ms)
    bounds                     as in `STDP`

    The nearest spike of the other side counts, once. A rule of the course, not of biology.
    """

    @named_arguments
    def __init__(
        self,
        A_plus: float = 0.01,
        A_minus: float = 0.012,
        window_plus: float = 20.0,
        window_minus: float = 20.0,
        *,
        bounds: Bounds = "hard",
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(bounds, w_min, w_max)
        windows = {"window_plus": window_plus, "window_minus": window_minus}
        self._take({"A_plus": A_plus, "A_minus": A_minus}, windows)

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.flat(self.bounds)


class RSTDP(_Timed):
    """Spike-timing-dependent plasticity that waits for a reward.

    What STDP would add to a weight is added to an eligibility trace c of the synapse, dc/dt = -c/tau_c; in every step
        w += c * dopamine * dt
    with the dopamine (1/ms) of `Network(reward=cns.Dopamine())`, or of `connection.update(dopamine=...)`.

    A_plus, A_minus, tau_plus, tau_minus  as in `STDP`
    tau_c                                 time constant of the eligibility trace (ms)
    bounds                                "hard": weights are clipped to w_min ... w_max, or "none"

    The trace is `connection.learner.c`. Izhikevich 2007, Cereb. Cortex 17, eq. 1 to 3.
    """

    @named_arguments
    def __init__(
        self,
        A_plus: float = 0.01,
        A_minus: float = 0.012,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        tau_c: float = 1000.0,
        *,
        bounds: Literal["none", "hard"] = "hard",
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(one_of("RSTDP.bounds", bounds, ("none", "hard")), w_min, w_max)
        times = {"tau_plus": tau_plus, "tau_minus": tau_minus, "tau_c": tau_c}
        self._take({"A_plus": A_plus, "A_minus": A_minus}, times)

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.rewarded(self.bounds, flat_window=False)


class FlatRSTDP(_Timed):
    """`RSTDP` with the rectangular windows of `FlatSTDP`.

    A_plus, A_minus, window_plus, window_minus  as in `FlatSTDP`
    tau_c                                       time constant of the eligibility trace (ms)
    bounds                                      "hard": weights are clipped to w_min ... w_max, or "none"
    """

    @named_arguments
    def __init__(
        self,
        A_plus: float = 0.01,
        A_minus: float = 0.012,
        window_plus: float = 20.0,
        window_minus: float = 20.0,
        tau_c: float = 1000.0,
        *,
        bounds: Literal["none", "hard"] = "hard",
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(one_of("FlatRSTDP.bounds", bounds, ("none", "hard")), w_min, w_max)
        times = {"window_plus": window_plus, "window_minus": window_minus, "tau_c": tau_c}
        self._take({"A_plus": A_plus, "A_minus": A_minus}, times)

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.rewarded(self.bounds, flat_window=True)


class Oja(_Timed):
    """Homeostasis of the weights onto a neuron, which learn what fires before it and forget in proportion to its rate.

        the target fires   w += eta * (x - w*y), then y += 1
    x and y decay with tau and are raised by 1 by arriving spikes and by spikes of the target. Where nothing changes on
    average, a weight is the mean of x at the target's spikes, over that of y: weights cannot grow without bound.

    eta  learning rate, in the unit of the weight      tau  time constant of both traces (ms)

    Weights are clipped to w_min ... w_max. Oja 1982, J. Math. Biol. 15; Gerstner et al. 2014, ch. 19.2.2.
    """

    rates = ("eta", "eta")

    @named_arguments
    def __init__(self, eta: float = 0.01, tau: float = 20.0, *, w_min: float = 0.0, w_max: float = 1.0) -> None:
        super().__init__("hard", w_min, w_max)
        self._take({"eta": eta}, {"tau": tau})

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.OJA


class VogelsSTDP(_Timed):
    """Inhibitory plasticity that brings the target to a rate: a near coincidence of either order strengthens.

        a spike arrives    w += eta * (y - 2*rate*tau), then x += 1
        the target fires   w += eta * x, then y += 1

    eta   learning rate, in the unit of the weight      tau   time constant of both traces (ms)
    rate  the rate (Hz) at which arriving spikes change nothing on average

    Weights are clipped to w_min ... w_max. Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, Science 334.
    """

    @named_arguments
    def __init__(
        self, eta: float = 1e-3, tau: float = 20.0, rate: float = 5.0, *, w_min: float = 0.0, w_max: float = 1.0
    ) -> None:
        super().__init__("hard", w_min, w_max)
        self._take({"eta": eta}, {"tau": tau})
        self.rate = positive("VogelsSTDP.rate", rate, "Hz")

    rates = ("eta", "eta")

    @property
    def plasticity(self) -> Plasticity:
        """The declaration."""
        return declared.VOGELS

    def parameters(self) -> Mapping[str, object]:
        """Values of the parameters of `plasticity`."""
        return {**super().parameters(), "rate": f"{self.rate!r} Hz"}
