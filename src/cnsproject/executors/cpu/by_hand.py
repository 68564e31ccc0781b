"""`HandStep`: one step of a population as a native function that a loop by hand calls step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from cnsproject.dynamics.step import Step
from cnsproject.dynamics.update import Update
from cnsproject.executors.base import is_compiled, printed_module
from cnsproject.executors.cpu.printer import flag, head, statements

FIRED, NOT_FINITE = 1, 2  # bits of a flag


class HandStep:
    """A compiled step with its constants, for states of one shape, unbatched and on the CPU.

    advance  function of (this object, states by name, inputs): replaces the states by new tensors and returns the
             flags of all neurons joined; where one of them is NOT_FINITE the states stay as they were
    flags    of the last step, one per neuron
    like     a tensor as the states are
    known    the states that the last step made, and their addresses: these need no second look
    """

    __slots__ = ("_constants", "_table", "advance", "flags", "known", "like", "words")

    def __init__(self, module: ModuleType, constants: Sequence[Tensor], like: Tensor) -> None:
        self.advance = module.advance
        self.like = torch.empty(like.shape, dtype=like.dtype)
        self.flags = torch.zeros(like.shape, dtype=torch.bool)
        self.known: tuple[object, ...] = (None,) * 2 * len(module.STATES)
        self._constants = [constant.contiguous() for constant in constants]
        words = [like.numel(), self.flags.data_ptr(), *(constant.data_ptr() for constant in self._constants)]
        self._table = np.array(words, np.int64)
        self.words = self._table.ctypes.data

    def flat(self, *tensors: Tensor) -> list[Tensor]:
        """Copies of tensors as native code reads them: one number per neuron, one behind the other."""
        with torch.no_grad():
            return [torch.empty_like(self.like).copy_(x) for x in tensors]


def hand_step(
    step: Step, names: Sequence[str], constants: Sequence[Tensor], like: Tensor, *, wait: bool
) -> HandStep | None:
    """The compiled step; None when it would have to be compiled first and nobody shall `wait` for that."""
    single = frozenset(name for name, constant in zip(names, constants, strict=True) if constant.ndim == 0)
    precision = str(like.dtype).removeprefix("torch.")
    if not wait and not is_compiled("hand", _text(step, precision, single)):
        return None
    return HandStep(_compiled(step, precision, single), constants, like)


def compiler_is_loaded() -> bool:
    """Whether compiled code can be had without importing the compiler."""
    return "numba" in sys.modules


@cache
def _compiled(step: Step, precision: str, single: frozenset[str]) -> ModuleType:
    return printed_module("hand", _text(step, precision, single), lambda: print_step(step, precision, single))


def _text(step: Step, precision: str, single: frozenset[str]) -> str:
    return f"{precision}, single {', '.join(sorted(single))}\n{step.text}"


def print_step(step: Step, precision: str, single: frozenset[str]) -> str:
    """Source of a module with `advance` and the native function that it calls, see there."""
    update = step.update()
    quoted = _text(step, precision, single).replace('"""', "'''")
    title = f'"""Printed by cnsproject from what follows; safe to delete.\n\n{quoted}\n"""\n\n'
    parts = [_native(update, single), _advance(update)]
    return title + head(precision) + "\nfrom torch import empty_like\n\n\n" + "\n\n\n".join(parts) + "\n"


def _native(update: Update, single: frozenset[str]) -> str:
    """`step(words, addresses of inputs, of states, and of where new states go)` -> flags of all neurons joined.

    words: neurons, flags, the constants
    """
    read = [*update.inputs, *update.states]
    many = [name for name in update.uses if name not in single]
    arrays = [*read, *many, *_new(update), "s"]
    place = {name: f"{k}, {len(arrays)}" for k, name in enumerate(arrays)}
    addresses = [f"_a_{name}" for name in (*read, *_new(update))]
    lines = [
        f"@njit(types.int64({', '.join(['types.int64'] * (1 + len(addresses)))}), **OPTIONS)",
        f"def step(_words, {', '.join(addresses)}):",
        f"    _w = carray(pointer(_words), {2 + len(update.uses)}, np.int64)",
        "    _a_s, _seen = _w[1], np.uint8(0)",
    ]
    for k, name in enumerate(update.uses, start=2):
        number = f"    {name} = carray(pointer(_w[{k}]), 1, FLOAT)[0]"
        lines.append(number if name in single else f"    _a_{name} = _w[{k}]")
    body = [f"{name} = get_float(_a_{name}, _i, {place[name]})" for name in (*read, *many)]
    body += [*statements(update.body), *flag(update)]
    for name, new in zip(update.states, _new(update), strict=True):
        body.append(f"put_float(_a_{new}, _i, {name}, {place[new]})")
    body += [f"put_flag(_a_s, _i, _flag, {place['s']})", "_seen |= _flag"]
    return "\n".join([*lines, "    for _i in range(_w[0]):", *(f"        {x}" for x in body), "    return _seen"])


def _advance(update: Update) -> str:
    """`advance(hand step, states by name, inputs)`: written out, because a loop over names costs as much as the step."""
    states, new, count = update.states, _new(update), len(update.states)
    old = [f"_a_{name}" for name in states]
    where = [f"_a_{name}" for name in new]
    same = [f"{name} is not _k[{k}]" for k, name in enumerate(states)]
    same += [f"{name} != _k[{k}]" for k, name in enumerate(old, start=count)]
    inputs = [f"{name}.data_ptr()" for name in update.inputs]
    return f"""STATES = {states!r}


def advance(_hand, _states, {", ".join(update.inputs)}):
    {_row(states)} = {_row(f"_states[{name!r}]" for name in states)}
    {_row(old)} = {_row(f"{name}.data_ptr()" for name in states)}
    _k, _like = _hand.known, _hand.like
    if {" or ".join(same)}:
        {_row(states)} = _hand.flat({", ".join(states)})
        {_row(old)} = {_row(f"{name}.data_ptr()" for name in states)}
    {_row(new)} = {_row(["empty_like(_like)"] * count)}
    {_row(where)} = {_row(f"{name}.data_ptr()" for name in new)}
    _seen = step(_hand.words, {", ".join([*inputs, *old, *where])})
    if _seen < {NOT_FINITE}:
        {_row(f"_states[{name!r}]" for name in states)} = {_row(new)}
        _hand.known = {_row([*new, *where])}
    return _seen"""


def _new(update: Update) -> list[str]:
    return [f"_new_{name}" for name in update.states]


def _row(items: Iterable[str]) -> str:
    return ", ".join(items) + ","
