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


VOGELS = Plasticity(
    pre="dx/dt = -x / tau : 1",
    post="dy/dt = -y / tau : 1",
    on_pre="w = clip(w + eta*(y - 2*rate*tau), w_min, w_max); x = x + 1",
    on_post="w = clip(w + eta*x, w_min, w_max); y = y + 1",
    parameters={"tau": "ms", "eta": "1", "rate": "1/ms", **_BOUNDS},
    source="Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, Science 334, supplement sec. 1",
    verify=False,
)
