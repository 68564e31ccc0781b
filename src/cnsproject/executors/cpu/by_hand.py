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
from cnsproject.executors.cpu.printer import FLAGS, flag, head, local, localised, statements

FIRED, NOT_FINITE = 1, 2  # bits of a flag


class HandStep:
    """A compiled step with its constants, for states of one shape, unbatched and on the CPU.

    advance  function of (this object, states by name, inputs): replaces the states by new tensors; of a population it
             returns the flags of all neurons joined, and where one is NOT_FINITE the states stay as they were; of
             synapses it returns what they deliver
    flags    of the last step, one per neuron
    like     a tensor as the states are, of zeros
    nothing  its address: what arrives when nothing does
    known    the states that the last step made, and their addresses: these need no second look
    """

    __slots__ = ("_constants", "_table", "advance", "flags", "known", "like", "nothing", "words")

    def __init__(self, module: ModuleType, constants: Sequence[Tensor], like: Tensor) -> None:
        self.advance = module.advance
        self.like = torch.zeros(like.shape, dtype=like.dtype, device=like.device)
        self.flags = torch.zeros_like(self.like, dtype=torch.bool)
        self.nothing = self.like.data_ptr()
        self.known: tuple[object, ...] = (None,) * 2 * len(module.STATES)
        self._constants = [constant.contiguous() for constant in constants]
        words = [like.numel(), self.flags.data_ptr(), *(constant.data_ptr() for constant in self._constants)]
        self._table = np.array(words, np.int64)
        self.words = self._table.ctypes.data

    def flat(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Copies of tensors as native code reads them: one number per neuron, one behind the other."""
        return tuple([torch.empty_like(self.like).copy_(x) for x in tensors])


def hand_step(
    step: Step,
    names: Sequence[str],
    constants: Sequence[Tensor],
    like: Tensor,
    single: frozenset[str],
    *,
    wait: bool,
) -> HandStep | None:
    """The compiled step; None when it would have to be compiled first and nobody shall `wait` for that.

    single  inputs that are one number for all
    """
    single |= {name for name, constant in zip(names, constants, strict=True) if constant.ndim == 0}
    precision = str(like.dtype).removeprefix("torch.")
    text = f"{precision}, single {', '.join(sorted(single))}\n{step.text}"
    if text not in _modules():
        if not wait and not is_compiled("hand", text):
            return None
        _modules()[text] = printed_module("hand", text, lambda: print_step(text, step, precision, single))
    return HandStep(_modules()[text], constants, like)


@cache
def _modules() -> dict[str, ModuleType]:
    """Compiled steps by all that they depend on, as far as this process has them."""
    return {}


def compiler_is_loaded() -> bool:
    """Whether compiled code can be had without importing the compiler."""
    return "numba" in sys.modules


def print_step(text: str, step: Step, precision: str, single: frozenset[str]) -> str:
    """Source of a module with `advance` and the native function that it calls, see there."""
    update, single = step.update(), frozenset(map(local, single))
    parts = [_native(localised(update), single), _advance(update)]
    return head(precision, text) + "\nfrom torch import empty_like as _empty_like\n\n\n" + "\n\n\n".join(parts) + "\n"


def _native(update: Update, single: frozenset[str]) -> str:
    """`step(words, addresses of inputs, of states, and of where new states go)` -> flags of all neurons joined.

    words: neurons, flags, the constants
    """
    given = [*update.inputs, *update.states]
    stores = dict(zip(_written(update), (*update.states, update.output), strict=False))
    loads = [name for name in (*given, *update.uses) if name not in single]
    arrays = [*loads, *stores, *["_flags"] * update.spikes]
    place = {name: f"{k}, {len(arrays)}" for k, name in enumerate(arrays)}
    addresses = [f"_a_{name}" for name in (*given, *stores)]
    lines = [
        f"@njit(types.int64({', '.join(['types.int64'] * (1 + len(addresses)))}), **OPTIONS)",
        f"def step(_words, {', '.join(addresses)}):",
        "    _a__flags, _seen = word(_words, 1), np.uint8(0)",
        *(f"    _a_{name} = word(_words, {k})" for k, name in enumerate(update.uses, start=2)),
        *(f"    {name} = number(_a_{name})" for name in (*given, *update.uses) if name in single),
        "    for _i in range(word(_words, 0)):",
    ]
    body = [f"{name} = {_get(name)}(_a_{name}, _i, {place[name]}){' != 0' * (name in FLAGS)}" for name in loads]
    body += [*statements(update.body), *flag(update), *statements(update.delivery)]
    body += [f"put_float(_a_{to}, _i, {name}, {place[to]})" for to, name in stores.items()]
    if update.spikes:
        body += [f"put_flag(_a__flags, _i, _flag, {place['_flags']})", "_seen |= _flag"]
    return "\n".join([*lines, *(f"        {line}" for line in body), "    return _seen"])


def _get(name: str) -> str:
    return "get_flag" if name in FLAGS else "get_float"


def _advance(update: Update) -> str:
    """`advance(hand step, states by name, inputs)`: written out, for a loop over names costs as much as the step."""
    keys, update = update.states, localised(update)
    states, written = update.states, _written(update)
    old, where = [f"_a_{name}" for name in states], [f"_a_{name}" for name in written]
    changed = [f"{name} is not _k[{k}]" for k, name in enumerate(states)]
    changed += [f"{name} != _k[{k}]" for k, name in enumerate(old, start=len(states))]
    given = {name: f"{name}.data_ptr()" for name in update.inputs}
    given |= {name: f"_hand.nothing if {name} is None else {given[name]}" for name in update.optional}
    take_over = f"""{_row(f"_states[{key!r}]" for key in keys)} = {_row(written[: len(states)])}
        _hand.known = {_row([*written[: len(states)], *where[: len(states)]])}"""
    return f"""STATES = {states!r}


def advance(_hand, _states, {", ".join(update.inputs)}):
    {_row(states)} = {_row(f"_states[{key!r}]" for key in keys)}
    {_row(old)} = {_row(f"{name}.data_ptr()" for name in states)}
    _k, _like = _hand.known, _hand.like
    if {" or ".join(changed)}:
        {_row(states)} = _hand.flat({", ".join(states)})
        {_row(old)} = {_row(f"{name}.data_ptr()" for name in states)}
    {_row(written)} = {_row(["_empty_like(_like)"] * len(written))}
    {_row(where)} = {_row(f"{name}.data_ptr()" for name in written)}
    _seen = step(_hand.words, {", ".join([*given.values(), *old, *where])})
    if _seen < {NOT_FINITE}:
        {take_over}
    return {"_delivered" if update.output else "_seen"}"""


def _written(update: Update) -> list[str]:
    """What a step makes: the new states and, for synapses, what they deliver."""
    return [f"_new_{name}" for name in update.states] + ["_delivered"] * bool(update.output)


def _row(items: Iterable[str]) -> str:
    return ", ".join(items) + ","
