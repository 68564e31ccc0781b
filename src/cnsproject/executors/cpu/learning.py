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
    words = {side: tuple(_words(rule, side, shared)) for side in (*SIDES, "each")}
    kernels = [*(_kernel(rule, side, shared) for side in SIDES), _LOSE, *[_SETTLE] * shared]
    kernels += [_each(rule)] if rule.plasticity.each.assigned else []
    return "\n\n\n".join([head(precision, text) + _text("lists.py"), f"WORDS = {words!r}", *kernels])


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
    # words: numbers, how many, the sums of their changes, whether there are any, whether these are the last numbers,
    # the least and the largest that they may be
    _w = carray(pointer(words), 6, np.int64)
    _weights, _changes = carray(pointer(_w[0]), _w[1], FLOAT), carray(pointer(_w[2]), _w[1], np.float64)
    _touched, _limits = carray(pointer(_w[3]), 1, np.int64), carray(pointer(_w[5]), 2, np.float64)
    if _touched[0]:
        for _i in range(_w[1]):
            _weights[_i] = FLOAT(min(max(np.float64(_weights[_i]) + _changes[_i], _limits[0]), _limits[1]))
            _changes[_i] = 0.0
        if _w[4]:
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
    # The targets that fired in this step, and the synapses onto each.
    "post": """@cfunc(KERNEL, **OPTIONS)
def post(words, step):
    {words}
    for _part in range(_parts):
        _fired, _start, _end = spikes_of(_lists, _part, step - _lag, _mask)
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
    # All synapses.
    "each": """@cfunc(KERNEL, **OPTIONS)
def each(words, step):
    {words}
    dopamine = _dopamine[step % _length]
    for _i in range(_count):
        {load}
        {change}
    return 0
""",
}
_LISTS: dict[str, dict[str, str]] = {
    "pre": {"_groups": "", "_lags": "np.int64", "_firsts": "np.int64", "_lasts": "np.int64", "_targets": "np.int32"},
    "post": {"_lag": "", "_onto_firsts": "np.int64", "_onto": "np.int64", "_places": "np.int32"},
}
_SPIKES = {"_lists": "", "_parts": "", "_mask": ""}
_WHERE = {"pre": "_place", "post": "_target"}  # the number of a neuron's traces


def in_one_thread(learn: Learn) -> bool:
    """Whether the first thread has all synapses learn: where steps change each of them, or they share weights."""
    return bool(learn.plasticity.each.assigned or learn.plasticity.kept or learn.numbers)


def _synapse(rule: Rule) -> dict[str, str]:
    """What every synapse has, and the array that it lies in."""
    return {"w": "_weights", **{name: f"_all_{name}" for name in rule.traces("synapse")}}


def _words(rule: Rule, kernel: str, shared: bool) -> dict[str, str]:
    """What a kernel is given, in order."""
    kept = _synapse(rule)
    if kernel == "each":
        constants = dict.fromkeys(rule.constants(["each"]), "value")
        addresses = dict.fromkeys(kept.values(), "address")
        return {"_count": "", "_dopamine": "FLOAT", "_length": "", **addresses, **constants}
    arrays = dict.fromkeys([*kept.values(), *(f"_all_{name}" for s in SIDES for name in rule.traces(s))], "FLOAT")
    changes = {"_numbers": "np.int32", **{f"_changes_{name}": "np.float64" for name in kept}, "_touched": "np.int64"}
    constants = dict.fromkeys(rule.constants([f"weight {kernel}", f"bump {kernel}"]), "value")
    return {**_SPIKES, **_LISTS[kernel], **(changes if shared else {}), **arrays, **constants}


def _kernel(rule: Rule, side: str, shared: bool) -> str:
    """`pre(words, step)` or `post(words, step)`."""
    own, other = side, "post" if side == "pre" else "pre"
    load = {s: [f"{name} = _all_{name}[{_WHERE[s]}]" for name in rule.traces(s)] for s in SIDES}
    keep = [f"_all_{name}[{_WHERE[own]}] = {name}" for name in rule.traces(own)]
    kept = _synapse(rule)
    synapse = [f"{name} = {array}[_i]" for name, array in kept.items()]
    change = [f"{array}[_i] = {name}" for name, array in kept.items()]
    if shared:
        synapse = ["_n = _numbers[_i]", *(f"{name} = _old_{name} = {array}[_n]" for name, array in kept.items())]
        change = [f"_changes_{name}[_n] += np.float64({name}) - np.float64(_old_{name})" for name in kept]
        change += ["_touched[0] = 1"]
    parts = {
        "words": unpacked(_words(rule, side, shared)),
        "load_own": load[own],
        "load": [*synapse, *load[other]],
        "change": [*rule.lines(f"weight {side}"), *change],
        "bump": [*rule.lines(f"bump {side}"), *keep] or ["pass"],
    }
    return filled(_KERNELS[side], parts)


def _each(rule: Rule) -> str:
    """`each(words, step)`."""
    kept = _synapse(rule)
    places = {name: f"{k}, {len(kept)}" for k, name in enumerate(kept)}
    stores = [f"put_float({array}, _i, {name}, {places[name]})" for name, array in kept.items()]
    parts = {
        "words": unpacked(_words(rule, "each", shared=False)),
        "load": [f"{name} = get_float({array}, _i, {places[name]})" for name, array in kept.items()],
        "change": [*rule.lines("each"), *stores],
    }
    return filled(_KERNELS["each"], parts)


class Learns:
    """Adds the calls of a thread that owns the neurons first ... last-1 of the targets."""

    def __init__(self, calls: Calls, precision: str) -> None:
        self.calls, self.precision = calls, precision

    def add(
        self, learn: Learn, learning: Learning, arrays: Mapping[str, Array], traces: Mapping[str, Array],
        logs: tuple[SpikeLog, SpikeLog], first: int, last: int, parts: slice,
    ) -> None:  # fmt: skip
        """What has the synapses of these targets, whose spikes are in these parts of the log, learn.

        arrays, traces  of the plan, and this thread's own traces
        """
        rule, weight, shared = Rule(learn.plasticity), arrays[learn.weight], bool(learn.numbers)
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
        known["_lag"] = learn.lag
        known |= {f"_{name}": array for name, array in learning.by_target().items()}
        touched = own(np.zeros(1, np.int64))
        changes = {name: own(np.zeros(weight.size)) for name in _synapse(rule)} if shared else {}
        known |= {f"_changes_{name}": sums for name, sums in changes.items()}
        known |= {"_numbers": given.get("numbers", 0), "_touched": touched}
        for side, log, own_parts in (("pre", pre, slice(None)), ("post", post, parts)):
            found = dict(zip(_SPIKES, lists(self.calls, log, own_parts), strict=True))
            words = [(known | found)[name] for name in module.WORDS[side]]
            self.calls.append(getattr(module, side).address, self.calls.row(*words))
            for name, sums in changes.items():
                limits = learn.limits if name == "w" and learn.limits else (-np.inf, np.inf)
                values, last_one = known[_synapse(rule)[name]], int(name == list(changes)[-1])
                words = [values, weight.size, sums, touched, last_one, own(np.array(limits))]
                self.calls.append(module.settle.address, self.calls.row(*words))
        if learn.plasticity.each.assigned:
            dopamine = arrays[learn.dopamine] if learn.dopamine else own(np.zeros(1, weight.dtype))
            known |= {"_count": weight.size, "_dopamine": dopamine, "_length": len(dopamine)}
            self.calls.append(module.each.address, self.calls.row(*(known[name] for name in module.WORDS["each"])))
