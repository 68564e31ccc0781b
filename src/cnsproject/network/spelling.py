"""Other spellings of names, as courses and books use them: alias -> our name.

They are taken at construction, as attributes and by monitors. Outputs know our names only. A class lists its own in
`aliases`.
"""

from __future__ import annotations

MEMBRANE = {"v": "u", "init_v": "u"}
LEAKY = MEMBRANE | {"v_rest": "u_rest", "v_reset": "u_reset"}
EXPONENTIAL = LEAKY | {
    "delta": "delta_t",
    "threshold_rh": "theta_rh",
    "theta_reset": "threshold",
    "threshold_r": "threshold",
}
ADAPTIVE = EXPONENTIAL | {"omega": "w", "W": "w", "alpha": "a", "beta": "b", "w_tau": "tau_w"}
