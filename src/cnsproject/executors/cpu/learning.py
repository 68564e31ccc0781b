"""Prints what spikes do to weights and traces as native loops over synapses, and adds the calls of a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.dynamics.plasticity import Event, Plasticity
from cnsproject.dynamics.update import Update
from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu.printer import _text, head, local, localised, statements
from cnsproject.executors.cpu.words import Calls, Word, address, library

if TYPE_CHECKING:
    from cnsproject.executors.cpu.spikes import SpikeLog
    from cnsproject.plan import Learn

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Learning:
    """What a rule works on.

    arrays   traces by name, and the lists of synapses: where those of every source and delay begin (`firsts`), the
             `targets`; by target `onto`, `onto_firsts` and `places`, the source and delay of each
    numbers  constants by event: "weight pre", "bump pre", "trace pre", and the same for post
    since    steps it has made before step 0 of the run
    """

    arrays: Mapping[str, Array]
    numbers: Mapping[str, Mapping[str, Array]]
    since: int


@cache
def learning_module(plasticity: Plasticity, precision: str) -> ModuleType:
    """The kernels of a rule."""
    events = [event for side in ("pre", "post") for event in _events(plasticity, side)]
    text = "\n".join([precision, *(event.text for event in events)])
    return printed_module("learn", text, lambda: _source(plasticity, precision, text))


def _events(plasticity: Plasticity, side: str) -> tuple[Event, Event]:
    return plasticity.weight_event(side), plasticity.trace_event(side)


def _source(plasticity: Plasticity, precision: str, text: str) -> str:
    quoted = text.replace('"""', "'''")
    title = f'"""Printed by cnsproject from what follows; safe to delete.\n\n{quoted}\n"""\n\n'
    kernels = [_kernel(plasticity, side) for side in ("pre", "post")]
    return title + head(precision) + _text("lists.py") + "\n\n\n" + "\n\n\n".join([*kernels, _DECAY])


_DECAY = """@cfunc(KERNEL, **OPTIONS)
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

# The spikes of every delay in this step, and the synapses of each.
_PRE = """    for _g in range(_groups):
        for _part in range(_parts):
            _fired, _start, _end = spikes_of(_lists, _part, step - _lags[_g], _mask)
            for _k in range(_start, _end):
                _place = _fired[_k] * _groups + _g
                {load_own}
                for _i in range(_firsts[_place], _lasts[_place]):
                    {load}
                    {change}
                {bump}
"""

# The neurons of this thread that fired in this step, and the synapses onto each.
_POST = """    _fired, _start, _end = spikes_of(_lists, 0, step, _mask)
    for _k in range(_start, _end):
        _target = _fired[_k]
        {load_own}
        for _j in range(_onto_firsts[_target], _onto_firsts[_target + 1]):
            _i, _place = _onto[_j], _places[_j]
            {load}
            {change}
        {bump}
"""


def _kernel(plasticity: Plasticity, side: str) -> str:
    """`pre(words, step)` or `post(words, step)`; ARGUMENTS of the module say what the words are, behind the lists."""
    weight, bump = _updates(plasticity, side)
    own, others = (tuple(plasticity.trace(s).states) for s in ((side, "post" if side == "pre" else "pre")))
    where = {"pre": "_place", "post": "_target"}
    mine, theirs = where[side], where["post" if side == "pre" else "pre"]
    lists = _LISTS[side]
    names = arguments(plasticity, side)
    lines = ["@cfunc(KERNEL, **OPTIONS)", f"def {side}(words, step):"]
    lines += [f"    _words = carray(pointer(words), {len(lists) + 1 + len(names)}, np.int64)"]
    for k, (name, kind) in enumerate(lists.items()):
        lines.append(f"    {name} = " + (f"carray(pointer(_words[{k}]), 2**40, {kind})" if kind else f"_words[{k}]"))
    lines.append(f"    _weights = carray(pointer(_words[{len(lists)}]), 2**40, FLOAT)")
    for k, name in enumerate(names, start=len(lists) + 1):
        array = f"carray(pointer(_words[{k}]), 2**40, FLOAT)"
        is_trace = name in map(local, plasticity.states)
        lines.append(f"    _all_{name} = {array}" if is_trace else f"    {name} = {array}[0]")
    read = {name for op in weight.body for name in op.args}
    w = local("w")
    load = [*(["_target = _targets[_i]"] if side == "pre" else []), f"{w} = _weights[_i]"]
    load += [f"{local(n)} = _all_{local(n)}[{theirs}]" for n in others if local(n) in read]
    load_own = [f"{local(n)} = _all_{local(n)}[{mine}]" for n in own]
    template = _PRE if side == "pre" else _POST
    parts = {
        "load_own": load_own, "load": load, "change": [*_body(weight), f"_weights[_i] = {w}"],
        "bump": [*_body(bump), *(f"_all_{local(n)}[{mine}] = {local(n)}" for n in own)],
    }  # fmt: skip
    return "\n".join([*lines, _filled(template, parts), "    return 0"]) + "\n"


def _filled(template: str, parts: Mapping[str, list[str]]) -> str:
    """A template with lines in the place of names, each as far indented as its name."""
    lines = []
    for line in template.splitlines():
        name = line.strip().strip("{}")
        indent = line[: len(line) - len(line.lstrip())]
        lines += [indent + part for part in parts[name]] if line.strip().startswith("{") else [line]
    return "\n".join(lines)


def _body(update: Update) -> list[str]:
    return statements(update.body)


_COMMON = {"_lists": "", "_parts": "", "_mask": ""}
_LISTS: dict[str, dict[str, str]] = {
    "pre": {
        **_COMMON, "_groups": "", "_lags": "np.int64", "_firsts": "np.int64", "_lasts": "np.int64",
        "_targets": "np.int32",
    },
    "post": {**_COMMON, "_onto_firsts": "np.int64", "_onto": "np.int64", "_places": "np.int32"},
}  # fmt: skip


def arguments(plasticity: Plasticity, side: str) -> tuple[str, ...]:
    """Names of traces and constants that a kernel is given, in order."""
    weight, bump = _updates(plasticity, side)
    return (*map(local, plasticity.states), *dict.fromkeys((*weight.uses, *bump.uses)))


@cache
def _updates(plasticity: Plasticity, side: str) -> tuple[Update, Update]:
    """What a spike does to a weight and to its own traces; what both have computed once has names of its own."""
    weight, bump = (localised(event.update()) for event in _events(plasticity, side))
    apart = {name: f"_bump{name}" for name in bump.uses if name.startswith("_k")}
    ops = tuple(replace(op, args=tuple(apart.get(name, name) for name in op.args)) for op in bump.body)
    return weight, replace(bump, uses=tuple(apart.get(name, name) for name in bump.uses), body=ops)


class Learns:
    """Adds the calls of a thread that owns the neurons first ... last-1 of the targets."""

    def __init__(self, calls: Calls, precision: str) -> None:
        self.calls, self.precision = calls, precision

    def add(
        self, learn: Learn, learning: Learning, traces: Mapping[str, Array], weight: Array,
        logs: tuple[SpikeLog, SpikeLog], first: int, last: int, rank: int,
    ) -> None:  # fmt: skip
        """What has the synapses of these targets learn; `traces` are this thread's own."""
        module, given = learning_module(learn.plasticity, self.precision), learning.arrays
        groups, own = max(1, len(learn.lags)), self.calls.own
        pointers, targets = given["firsts"], given["targets"]
        cut = library("cuts.py", "float32").cut
        firsts, lasts = own(cut(pointers, targets, first)), own(cut(pointers, targets, last))
        if learn.weight_decay:
            share = own(np.array([learn.weight_decay], weight.dtype))
            self.calls.append(module.lose.address, self.calls.row(len(firsts), firsts, lasts, weight, share))
        pre, post = logs
        every: list[Word] = [
            *_lists(self.calls, pre, range(len(pre.lists))),
            groups,
            own(np.array(learn.lags, np.int64)),
        ]
        every += [firsts, lasts, targets, weight]
        self._call("pre", module, learn, learning, traces, every)
        mine: list[Word] = [*_lists(self.calls, post, range(rank, rank + 1)), given["onto_firsts"], given["onto"]]
        self._call("post", module, learn, learning, traces, [*mine, given["places"], weight])

    def _call(
        self, side: str, module: ModuleType, learn: Learn, learning: Learning, traces: Mapping[str, Array],
        words: list[Word],
    ) -> None:  # fmt: skip
        numbers = {local(name): value for name, value in learning.numbers[f"weight {side}"].items()}
        for name, value in learning.numbers[f"bump {side}"].items():
            numbers[f"_bump{name}" if name.startswith("_k") else local(name)] = value
        known = {**{local(name): array for name, array in traces.items()}, **numbers}
        given = [known[name] for name in arguments(learn.plasticity, side)]
        self.calls.append(getattr(module, side).address, self.calls.row(*words, *map(self.calls.own, given)))


def _lists(calls: Calls, log: SpikeLog, parts: range) -> list[Word]:
    """Words that tell where some threads list the spikes of a layer."""
    places = [[address(log.lists[part]), address(log.starts[part])] for part in parts]
    return [calls.own(np.array(places)), len(places), log.mask]
