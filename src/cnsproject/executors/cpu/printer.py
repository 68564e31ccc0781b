"""Prints an Update as a native kernel for numba."""

from __future__ import annotations

from pathlib import Path

from cnsproject.dynamics.update import Op, Update
from cnsproject.executors.base import expression

_FUNCTIONS = {"not": "not ", "minimum": "min", "maximum": "max"} | {
    name: f"math.{name}" for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor")
}
_HEADER = '''"""Printed by cnsproject from the declaration below; safe to delete, it is printed again when needed.

{text}
"""

import math

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, types
from numba.extending import intrinsic

ARGUMENTS = {names!r}
FLOAT = np.{precision}
CACHE = "__file__" in globals()


{pointer}

@cfunc(types.int64(types.int64, types.int64), cache=CACHE, error_model="numpy")
def advance(words, step):
    _w = carray(pointer(words), {words}, np.int64)
    _n = _w[0]
'''


def print_library(precision: str) -> str:
    """The hand-written kernels for one precision."""
    return _kernels().replace("FLOAT = np.float32", f"FLOAT = np.{precision}")


def print_step(text: str, update: Update, precision: str, single: tuple[str, ...]) -> str:
    """Source of a module with the kernel `advance`.

    Its words are n and the addresses of what ARGUMENTS names. Those in `single` are one number for all neurons, the
    others arrays. The kernel returns 1 when a state that is checked is not finite.
    """
    names = _arguments(update)
    unpack, load = [], []
    for word, name in enumerate(names, start=1):
        kind = "np.uint8" if name == "s" else "FLOAT"
        if name in single:
            unpack.append(f"    {name} = carray(pointer(_w[{word}]), 1, {kind})[0]")
        else:
            unpack.append(f"    _a_{name} = carray(pointer(_w[{word}]), _n, {kind})")
            load += [f"        {name} = _a_{name}[i]"] if name != "s" else []
    load += ["        s = _a_s[i] != 0"] if "s" in update.inputs else []
    body = [f"        {line}" for op in update.body if op.only_if != "gradients" for line in [_operation(op)]]
    store = [f"        _a_{name}[i] = {name}" for name in (*update.states, *(["s"] if update.spikes else []))]
    head = _HEADER.format(text=text, precision=precision, pointer=_pointer(), words=1 + len(names), names=names)
    lines = [*unpack, "    _bad = 0", "    for i in range(_n):", *load, *body, *store, "    return 1 if _bad else 0"]
    return head + "\n".join(lines) + "\n"


def _arguments(update: Update) -> tuple[str, ...]:
    """Names of the arrays that the kernel of an Update gets, in order: inputs, spikes, states, constants."""
    inputs = tuple(name for name in update.inputs if name != "s")
    spikes = ("s",) if update.spikes or "s" in update.inputs else ()
    return (*inputs, *spikes, *update.states, *update.uses)


def _operation(op: Op) -> str:
    if op.function == "check":
        return f"_bad += not ({op.args[0]} - {op.args[0]} == FLOAT(0))"
    if op.function == "select":
        condition, a, b = op.args
        return f"{op.target} = {a} if {condition} else {b}"
    if op.function == "as_number":
        return f"{op.target} = FLOAT({op.args[0]})"
    # What only a spike makes necessary changes nothing without one, so it is done always: no branch, full vectors.
    return f"{op.target} = {expression(op, _FUNCTIONS)}"


def _kernels() -> str:
    return (Path(__file__).parent / "kernels.py").read_text(encoding="utf-8")


def _pointer() -> str:
    """The definition of `pointer`, as in the hand-written kernels."""
    text = _kernels()
    return text[text.index("@intrinsic\ndef pointer") : text.index("@intrinsic\ndef call")]
