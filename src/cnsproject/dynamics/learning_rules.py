"""Our learning rules, each declared once. Everything that computes them is printed from here."""

from __future__ import annotations

from cnsproject.dynamics.plasticity import Plasticity

# What is added to, and taken from, a weight in every way to keep it within bounds.
_PLUS = {"none": "A_plus", "hard": "A_plus", "soft": "A_plus*(w_max - w)"}
_MINUS = {"none": "A_minus", "hard": "A_minus", "soft": "A_minus*(w - w_min)"}
_BOUNDS = {"w_min": "1", "w_max": "1"}


def clipped(bounds: str, value: str) -> str:
    """A new weight, within the bounds where there are any."""
    return value if bounds == "none" else f"clip({value}, w_min, w_max)"


def pair(bounds: str, nearest: bool) -> Plasticity:
    """Pairs of spikes: with all spikes of the other side, or with the nearest one before."""
    x, y = ("1", "1") if nearest else ("x + 1", "y + 1")
    return Plasticity(
        pre="dx/dt = -x / tau_plus : 1",
        post="dy/dt = -y / tau_minus : 1",
        on_pre=f"w = {clipped(bounds, f'w - {_MINUS[bounds]}*y')}; x = {x}",
        on_post=f"w = {clipped(bounds, f'w + {_PLUS[bounds]}*x')}; y = {y}",
        parameters={"tau_plus": "ms", "tau_minus": "ms", "A_plus": "1", "A_minus": "1", **_BOUNDS},
        source="Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98, sec. 4.1",
        verify=False,
    )


def triplet(bounds: str) -> Plasticity:
    """Pairs and triplets of spikes, all of them."""
    plus = _PLUS[bounds].replace("A_plus", "(A_plus + A3_plus*y_slow)")
    minus = _MINUS[bounds].replace("A_minus", "(A_minus + A3_minus*x_slow)")
    return Plasticity(
        pre="dx/dt = -x / tau_plus : 1\ndx_slow/dt = -x_slow / tau_x : 1",
        post="dy/dt = -y / tau_minus : 1\ndy_slow/dt = -y_slow / tau_y : 1",
        on_pre=f"w = {clipped(bounds, f'w - {minus}*y')}; x = x + 1; x_slow = x_slow + 1",
        on_post=f"w = {clipped(bounds, f'w + {plus}*x')}; y = y + 1; y_slow = y_slow + 1",
        parameters={
            "tau_plus": "ms", "tau_minus": "ms", "tau_x": "ms", "tau_y": "ms",
            "A_plus": "1", "A_minus": "1", "A3_plus": "1", "A3_minus": "1", **_BOUNDS,
        },
        source="Pfister & Gerstner 2006, J. Neurosci. 26, eq. 1 to 4",
        verify=False,
    )  # fmt: skip


def flat(bounds: str) -> Plasticity:
    """Pairs of spikes less than a window apart, all with the same change; x and y are what is left of the windows."""
    plus, minus = (f"where({t} > 0.5*dt, {a[bounds]}, 0)" for t, a in (("x", _PLUS), ("y", _MINUS)))
    return Plasticity(
        pre="dx/dt = -1 : ms",
        post="dy/dt = -1 : ms",
        on_pre=f"w = {clipped(bounds, f'w - {minus}')}; x = window_plus",
        on_post=f"w = {clipped(bounds, f'w + {plus}')}; y = window_minus",
        parameters={"window_plus": "ms", "window_minus": "ms", "A_plus": "1", "A_minus": "1", **_BOUNDS},
        source="course: STDP with a rectangular window",
        verify=False,
    )


def rewarded(bounds: str, flat_window: bool) -> Plasticity:
    """What STDP would do is kept as an eligibility trace c, which dopamine turns into changes of the weight."""
    window = flat("none") if flat_window else pair("none", nearest=False)
    return Plasticity(
        pre=window.pre,
        post=window.post,
        on_pre=window.on_pre.replace("w = w", "c = c"),
        on_post=window.on_post.replace("w = w", "c = c"),
        synapse="dc/dt = -c / tau_c : 1",
        each_step=f"w = {clipped(bounds, 'w + c*dopamine*dt')}",
        parameters={**window.parameters, "tau_c": "ms"},
        source="Izhikevich 2007, Cereb. Cortex 17, eq. 1 to 3",
        verify=False,
    )


OJA = Plasticity(
    pre="dx/dt = -x / tau : 1",
    post="dy/dt = -y / tau : 1",
    on_pre="x = x + 1",
    on_post="w = clip(w + eta*(x - w*y), w_min, w_max); y = y + 1",
    parameters={"tau": "ms", "eta": "1", **_BOUNDS},
    source="Oja 1982, J. Math. Biol. 15; Gerstner et al. 2014, Neuronal Dynamics, ch. 19.2.2",
    verify=False,
)


VOGELS = Plasticity(
    pre="dx/dt = -x / tau : 1",
    post="dy/dt = -y / tau : 1",
    on_pre="w = clip(w + eta*(y - 2*rate*tau), w_min, w_max); x = x + 1",
    on_post="w = clip(w + eta*x, w_min, w_max); y = y + 1",
    parameters={"tau": "ms", "eta": "1", "rate": "1/ms", **_BOUNDS},
    source="Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, Science 334, supplement sec. 1",
    verify=False,
)
