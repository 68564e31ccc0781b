"""Prints an Update as a Python module for torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cnsproject.dynamics.update import Op, Update
from cnsproject.executors.base import expression

_TORCH = {"select": "_torch.where", "not": "~", "surrogate": "_surrogate", "exprel": "_exprel"} | {
    name: f"_torch.{name}"
    for name in (
        "exp",
        "log",
        "sqrt",
        "abs",
        "sign",
        "floor",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "minimum",
        "maximum",
    )
}
_SPECIAL = ("exprel", "matrix_exponential", "entry")  # in constants
_ONCE = {name: f"_xp.{name}" for name in _TORCH} | {"select": "_xp.where"} | {n: f"_special.{n}" for n in _SPECIAL}
_HEADER = '''"""Printed by cnsproject from the declaration below; safe to delete, it is printed again when needed.

{text}
"""

import torch as _torch
from torch import equal as _equal
{imports}
'''


def print_module(text: str, update: Update) -> str:
    """Source of a module with `USES`, `constants` and `step`; `text` is the declaration, kept as its docstring."""
    header = _HEADER.format(text=text.replace('"""', "'''"), imports="".join(_imports(update)))
    return "\n\n".join([header + _constants(update), _step(update), *([_deliver(update)] if update.output else [])])


def _imports(update: Update) -> Iterator[str]:
    """What only some modules need."""
    if any(op.function == "exprel" for op in (*update.body, *update.delivery)):
        yield "from cnsproject.executors.eager.kernels import exprel as _exprel\n"
    if any(op.function in _SPECIAL for op in update.constants):
        yield "from cnsproject.executors import special as _special\n"


def _constants(update: Update) -> str:
    """`constants(_xp, ...)`: what does not change during a run, with the functions of `_xp` (numpy or torch)."""
    lines = [f"USES = {update.uses!r}", f"PARAMETERS = {update.parameters!r}", f"STATES = {update.states!r}"]
    lines += [f"EXACT = {update.exact!r}", "", ""]
    lines += [f"def constants(_xp, {', '.join(update.parameters)}):"]
    lines += [f"    {op.target} = {expression(op, _ONCE)}" for op in update.constants]
    return "\n".join([*lines, f"    return ({_row(update.uses)})"]) + "\n"


def _step(update: Update) -> str:
    """`step(_k, _norm, _silent, _surrogate, ...)` -> (states, spikes, checks, fired).

    _k          the constants, in the order of USES
    _norm       a number that is NaN or infinite when its argument holds one
    _silent     spikes of a step without spikes, to skip what only a spike changes; None never skips
    _surrogate  the spike as a number with a gradient; None without gradients
    """
    given = "s" in update.inputs
    lines = [f"def step(_k, _norm, _silent, _surrogate, {_row([*update.inputs, *update.states]).rstrip(',')}):"]
    lines += [f"    ({_row(update.uses)}) = _k"] if update.uses else []
    lines += ["    _fired = _silent is None or not _equal(s, _silent)"] if given else []
    for only_if, ops in groupby(update.body, key=lambda op: op.only_if):
        lines += _block(only_if, list(ops), update)
    checks = _row([op.target for op in update.body if op.function == "check"])
    spikes = "s if _surrogate is None else _s_value" if update.spikes else "None"
    fired = "_fired" if update.spikes or given else "True"
    return "\n".join([*lines, f"    return ({_row(update.states)}), {spikes}, ({checks}), {fired}"]) + "\n"


def _deliver(update: Update) -> str:
    """`deliver(_k, inputs, states)`: what a synapse delivers, given its states."""
    inputs = [name for name in update.inputs if name not in update.optional]
    lines = [f"def deliver({_row(['_k', *inputs, *update.states]).rstrip(',')}):"]
    lines += [f"    ({_row(update.uses)}) = _k"] if update.uses else []
    lines += [f"    {line}" for op in update.delivery for line in _operation(op, update)]
    return "\n".join([*lines, f"    return {update.output}"]) + "\n"


def _block(only_if: str, ops: list[Op], update: Update) -> list[str]:
    condition = {"": "", "s": "if _fired:", "gradients": "if _surrogate is not None:"}.get(
        only_if, f"if {only_if} is not None:"
    )
    indent = "    " + ("    " if condition else "")
    lines = [f"    {condition}"] if condition else []
    for op in ops:
        lines += [indent + line for line in _operation(op, update)]
    return lines


def _operation(op: Op, update: Update) -> list[str]:
    if op.function == "check":
        return [f"{op.target} = _norm({op.args[0]})"]
    if op.function == "as_number":
        number = f"{op.target} = {op.args[0]}.to({update.states[0]}.dtype)"
        # With gradients the spike is a number already, made from the distance to threshold.
        return ["if _surrogate is None:", f"    {number}"] if update.spikes else [number]
    lines = [f"{op.target} = {expression(op, _TORCH)}"]
    if op.target == "s":
        lines.append("_fired = _silent is None or not _equal(s, _silent)")
    return lines


def _row(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) + ("," if names else "")
