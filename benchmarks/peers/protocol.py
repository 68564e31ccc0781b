"""How a script of a peer is called and how it answers: arguments in, one line of JSON out."""

from __future__ import annotations

import argparse
import json
from typing import Any


def arguments() -> argparse.Namespace:
    """What the runner tells a script."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", type=float, default=1.0, help="biological time (s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--precision", default="", help="ours only: float32 or float64")
    parser.add_argument("--folder", default="", help="where a peer that compiles keeps what it built")
    parser.add_argument("--spikes", default="", help="file for all spikes: arrays `times` (ms) and `neurons` in a .npz")
    return parser.parse_args()


def answer(*, seconds: float, rate: float | None, precision: str, versions: dict[str, str], **more: Any) -> None:
    """Seconds of the run itself, mean rate (Hz) if it is known, floating-point type of the states, versions."""
    print(json.dumps({"seconds": seconds, "rate": rate, "precision": precision, "versions": versions, **more}))
