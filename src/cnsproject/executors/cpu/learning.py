"""Learning step by step: what spikes do to weights and traces as native loops over synapses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu.arrivals import lists, segments
from cnsproject.executors.cpu.printer import _text, head, local
from cnsproject.executors.cpu.rules import SIDES, Learning, Rule, filled, unpacked
from cnsproject.executors.cpu.words import Calls, Word

if TYPE_CHECKING:
    from cnsproject.executors.cpu.spikes import SpikeLog
    from cnsproject.plan import Learn

Array = npt.NDArray[Any]


@cache
def _module(rule: Rule, precision: str, shared: bool) -> ModuleType:
    """The kernels of a rule, for weights that synapses share or for those of their own."""
    text = f"step by step, {precision}{', shared' * shared}\n{rule.text}"
    return printed_module("learn", text, lambda: _source(rule, precision, shared, text))


def _source(rule: Rule, precision: str, shared: bool, text: str) -> str:
    kernels = [*(_kernel(rule, side, shared) for side in SIDES), _LOSE, *[_SETTLE] * shared]
    return "\n\n\n".join([head(precision, text) + _text("lists.py"), *kernels])


_LOSE = """@cfunc(KERNEL, **OPTIONS)
def lose(words, step):
    # words: segments, where they begin and end, weights, the share that is lost
    _w = carray(pointer(words), 5, np.int64)
    _firsts, _lasts = carray(pointer(_w[1]), _w[0], np.int64), carray(pointer(_w[2]), _w[0], np.int64)
    _weights, _share = carray(pointer(_w[3]), 2**40, FLOAT), carray(pointer(_w[4]), 1, FLOAT)[0]
    for _k in range(_w[0]):
        for _i in range(_firsts[_k], _lasts[_k]):
            _weights[_i] -= _share * _weights[_i]
    return 0
"""

_SETTLE = """@cfunc(KERNEL, **OPTIONS)
def settle(words, step):
    # words: weights, their number, the sums of their changes, whether there are any, least and largest weight
    _w = carray(pointer(words), 5, np.int64)
    _weights, _changes = carray(pointer(_w[0]), _w[1], FLOAT), carray(pointer(_w[2]), _w[1], np.float64)
    _touched, _limits = carray(pointer(_w[3]), 1, np.int64), carray(pointer(_w[4]), 2, np.float64)
    if _touched[0]:
        for _i in range(_w[1]):
            _weights[_i] = FLOAT(min(max(np.float64(_weights[_i]) + _changes[_i], _limits[0]), _limits[1]))
            _changes[_i] = 0.0
        _touched[0] = 0
    return 0
"""

_KERNELS = {
    # The spikes of every delay in this step, and the synapses of each.
    "pre": """@cfunc(KERNEL, **OPTIONS)
def pre(words, step):
    {words}
    for _g in range(_groups):
        for _part in range(_parts):
            _fired, _start, _end = spikes_of(_lists, _part, step - _lags[_g], _mask)
            for _k in range(_start, _end):
                _place = _fired[_k] * _groups + _g
                {load_own}
                for _i in range(_firsts[_place], _lasts[_place]):
                    _target = _targets[_i]
                    {load}
                    {change}
                {bump}
    return 0
""",
    # The neurons that fired in this step, this thread's own or (shared weights) all, and the synapses onto each.
    "post": """@cfunc(KERNEL, **OPTIONS)
def post(words, step):
    {words}
    for _part in range(_parts):
        _fired, _start, _end = spikes_of(_lists, _part, step, _mask)
        for _k in range(_start, _end):
            _target = _fired[_k]
            {load_own}
            for _j in range(_onto_firsts[_target], _onto_firsts[_target + 1]):
                _i, _place = _onto[_j], _places[_j]
                {load}
                {change}
            {bump}
    return 0
""",
}
_LISTS: dict[str, dict[str, str]] = {
    "pre": {"_groups": "", "_lags": "np.int64", "_firsts": "np.int64", "_lasts": "np.int64", "_targets": "np.int32"},
    "post": {"_onto_firsts": "np.int64", "_onto": "np.int64", "_places": "np.int32"},
}
_SHARED = {"_numbers": "np.int32", "_changes": "np.float64", "_touched": "np.int64"}
_WHERE = {"pre": "_place", "post": "_target"}  # the number of a neuron's traces


def _words(rule: Rule, side: str, shared: bool) -> dict[str, str]:
    """What a kernel is given, in order."""
    traces = {f"_all_{name}": "FLOAT" for s in SIDES for name in rule.traces(s)}
    constants = dict.fromkeys(rule.constants([f"weight {side}", f"bump {side}"]), "value")
    lists = {"_lists": "", "_parts": "", "_mask": "", **_LISTS[side], **(_SHARED if shared else {})}
    return {**lists, "_weights": "FLOAT", **traces, **constants}


def _kernel(rule: Rule, side: str, shared: bool) -> str:
    """`pre(words, step)` or `post(words, step)`."""
    own, other = side, "post" if side == "pre" else "pre"
    load = {s: [f"{name} = _all_{name}[{_WHERE[s]}]" for name in rule.traces(s)] for s in SIDES}
    keep = [f"_all_{name}[{_WHERE[own]}] = {name}" for name in rule.traces(own)]
    weight, change = ["w = _weights[_i]"], ["_weights[_i] = w"]
    if shared:
        weight = ["_n = _numbers[_i]", "w = _old = _weights[_n]"]
        change = ["_changes[_n] += np.float64(w) - np.float64(_old)", "_touched[0] = 1"]
    parts = {
        "words": unpacked(_words(rule, side, shared)),
        "load_own": load[own],
        "load": [*weight, *load[other]],
        "change": [*rule.lines(f"weight {side}"), *change],
        "bump": [*rule.lines(f"bump {side}"), *keep],
    }
    return filled(_KERNELS[side], parts)


class Learns:
    """Adds the calls of a thread that owns the neurons first ... last-1 of the targets."""

    def __init__(self, calls: Calls, precision: str) -> None:
        self.calls, self.precision = calls, precision

    def add(
        self, learn: Learn, learning: Learning, traces: Mapping[str, Array], weight: Array,
        logs: tuple[SpikeLog, SpikeLog], first: int, last: int, rank: int,
    ) -> None:  # fmt: skip
        """What has the synapses of these targets learn; `traces` are this thread's own."""
        rule, shared = Rule(learn.plasticity), bool(learn.numbers)
        module, given, own = _module(rule, self.precision, shared), learning.arrays, self.calls.own
        pre, post = logs
        whole = (first, last) == (0, post.bounds[-1])
        firsts, lasts = segments(self.calls, given["firsts"], given["targets"], first, last, whole)
        if learn.weight_decay:
            share = own(np.array([learn.weight_decay], weight.dtype))
            kept = (own(np.array([0])), own(np.array([weight.size]))) if shared else (firsts, lasts)
            self.calls.append(module.lose.address, self.calls.row(len(kept[0]), *kept, weight, share))
        known: dict[str, Word] = {f"_all_{local(name)}": array for name, array in traces.items()}
        known |= {name: own(value) for name, value in rule.values(learning).items()}
        known |= {"_groups": max(1, len(learn.lags)), "_lags": own(np.array(learn.lags, np.int64))}
        known |= {"_firsts": firsts, "_lasts": lasts, "_targets": given["targets"], "_weights": weight}
        known |= {f"_{name}": array for name, array in learning.by_target().items()}
        changes, touched = own(np.zeros(weight.size if shared else 0)), own(np.zeros(1, np.int64))
        known |= {"_numbers": given.get("numbers", 0), "_changes": changes, "_touched": touched}
        limits = own(np.array(learn.limits or (-np.inf, np.inf)))
        own_part = slice(None) if shared else slice(rank, rank + 1)
        for side, log, parts in (("pre", pre, slice(None)), ("post", post, own_part)):
            found = dict(zip(("_lists", "_parts", "_mask"), lists(self.calls, log, parts), strict=True))
            words = [(known | found)[name] for name in _words(rule, side, shared)]
            self.calls.append(getattr(module, side).address, self.calls.row(*words))
            if shared:
                sums: list[Word] = [weight, weight.size, changes, touched, limits]
                self.calls.append(module.settle.address, self.calls.row(*sums))
