"""Learning when a spike arrives: synapses make up for the spikes of their targets since they were last looked at.

Nobody sees a weight between two spikes of its source. So the synapses of a source are worked on when a spike of it
arrives, all in a row: what the spikes of each target did meanwhile, from the target's history, then delivery, then what
the arrival itself does. The results are those of learning step by step, bit by bit; no list by target is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu.arrivals import lists, segments
from cnsproject.executors.cpu.learning import in_one_thread
from cnsproject.executors.cpu.printer import _text, head, local
from cnsproject.executors.cpu.rules import Learning, Rule, filled, unpacked
from cnsproject.executors.cpu.words import Calls, Word

if TYPE_CHECKING:
    from cnsproject.executors.cpu.spikes import SpikeLog
    from cnsproject.plan import Deliver, Learn

Array = npt.NDArray[Any]

DEPTH = 16  # spikes of a target that are known; before one is forgotten, who has not seen it is made to
BLOCK = 1024  # synapses that are worked on at a time
LONGEST = 2048  # steps after which all synapses of a source are worked on, though no spike arrived


def _words(rule: Rule) -> dict[str, str]:
    """What all kernels are given, in order.

    _since    for every source and delay: the first step whose spikes of the targets its synapses have not seen
    _all_x    traces of the sources in that step, before anything arrives in it; _out_x those at the end of a step
    _kept_x   room for a trace in every step since
    _times    last spikes of every target, `_stride` numbers from one to the next, newest first; _past_y its traces
              before each
    _listed   room for synapses and times: those with at least one spike to be learned from, two, and so on; _counted
    """
    events = ["trace pre", *(f"{kind} {side}" for kind in ("weight", "bump") for side in ("pre", "post"))]
    return {
        "_lists": "", "_parts": "", "_mask": "", "_mine": "", "_my_mask": "", "_lag": "",
        "_groups": "", "_lags": "np.int64", "_rows": "", "_firsts": "np.int64", "_lasts": "np.int64",
        "_targets": "address", "_weights": "address", "_total": "address",
        "_signed": "", "_sign": "FLOAT", "_before": "", "_first": "", "_last": "", "_oldest": "np.int64",
        "_since": "np.int64", "_times": "address", "_stride": "", "_listed": "address", "_counted": "np.int64",
        **{f"_{kind}_{name}": "FLOAT" for name in rule.traces("pre") for kind in ("all", "out")},
        **{f"_kept_{name}": "address" for name in rule.traces("pre")},
        **{f"_all_{name}": "address" for name in rule.traces("post")},
        **{f"_past_{name}": "address" for name in _remembered(rule)},
        **dict.fromkeys(rule.constants(events), "value"),
    }  # fmt: skip


def _remembered(rule: Rule) -> list[str]:
    """Traces of a target that its spike's effect on a weight depends on."""
    return [name for name in rule.traces("post") if name in rule.read("weight post")]


_HISTORIES = '''_NOTHING = FLOAT(FADED[np.dtype(FLOAT).name])
_DEPTH, _LONGEST, _BLOCK = {depth}, {longest}, {block}


@njit
def _work(words, step, _place, _arrives, _ends):
    """Bring the synapses of a place to a step; a spike arrives there in it, or it ends."""
    {words}
    _begin = _since[_place]
    _steps = step - _begin
    {load_source}
    {keep_first}
    for _s in range(1, _steps + 1):
        {decay}
        {keep}
    _factor = _sign[_place // _groups] if _signed else FLOAT(1)
    {now}
    for _from in range(_firsts[_place], _lasts[_place], _BLOCK):
        _size = min(_BLOCK, _lasts[_place] - _from)
        _onto, _w = _targets + 4 * _from, _weights + BYTES * _from
        # Synapses whose target has fired since, and when; of these, those whose target had fired before; and so on.
        # Nothing here is decided by a jump, for no processor could foresee it.
        _found, _deep = 0, 0
        for _i in range(_size):
            _time = get_32(_times, np.int64(get_32(_onto, _i, 1, 5)), 4, 5)
            put_32(_listed, 2 * _found, _i, 3, 5)
            put_32(_listed, 2 * _found + 1, _time, 3, 5)
            _found += _time >= _begin
        while _found > 0:
            _counted[_deep] = _n = _found
            _those, _these = _listed + 8 * _BLOCK * _deep, _listed + 8 * _BLOCK * (_deep + 1)
            _deep, _found = _deep + 1, 0
            if _deep < _DEPTH:
                _earlier = _times + 4 * _stride * _deep
                for _k in range(_n):
                    _i = np.int64(get_32(_those, 2 * _k, 3, 5))
                    _time = get_32(_earlier, np.int64(get_32(_onto, _i, 1, 5)), 4, 5)
                    put_32(_these, 2 * _found, _i, 3, 5)
                    put_32(_these, 2 * _found + 1, _time, 3, 5)
                    _found += _time >= _begin
        while _deep > 0:  # the earliest spikes first
            _deep -= 1
            _these = _listed + 8 * _BLOCK * _deep
            for _k in range(_counted[_deep]):
                _i = np.int64(get_32(_these, 2 * _k, 3, 5))
                _s = np.int64(get_32(_these, 2 * _k + 1, 3, 5)) - _begin
                {place_past}
                {load_past}
                w = get_float(_w, _i, 0, 5)
                {fired}
                put_float(_w, _i, w, 0, 5)
        if _arrives:
            for _i in range(_size):
                _target = np.int64(get_32(_onto, _i, 1, 5))
                w = get_float(_w, _i, 0, 5)
                put_float(_total, _target, get_float(_total, _target, 2, 5) + _factor * w, 2, 5)
            for _i in range(_size):
                _target = np.int64(get_32(_onto, _i, 1, 5))
                w = get_float(_w, _i, 0, 5)
                {load_present}
                {arrived}
                put_float(_w, _i, w, 0, 5)
    {load_now}
    if _arrives:
        {bump_source}
    if _ends:
        {give}
    else:
        {store_source}
        _since[_place] = step


@cfunc(KERNEL, **OPTIONS)
def arrive(words, step):
    """What arrives in a step is delivered, and learns."""
    {words}
    for _g in range(_groups):
        for _part in range(_parts):
            _fired, _start, _end = spikes_of(_lists, _part, step - _lags[_g], _mask)
            for _k in range(_start, _end):
                _next = _firsts[_fired[min(_k + 1, _end - 1)] * _groups + _g]
                for _line in range(8):
                    fetch(_targets + 4 * _next + 64 * _line)
                    fetch(_weights + BYTES * _next + 64 * _line)
                _work(words, step, _fired[_k] * _groups + _g, True, False)
    return 0


@cfunc(KERNEL, **OPTIONS)
def fire(words, step):
    """Targets that fired in a step put it into their history; nothing is forgotten that is still to be learned."""
    {words}
    _fired, _start, _end = spikes_of(_mine, 0, step - _lag, _my_mask)
    _limit = np.int64(-1)
    for _k in range(_start, _end):
        _limit = max(_limit, np.int64(get_32(_times, (_DEPTH - 1) * _stride + _fired[_k], 4, 5)))
    if step % _LONGEST == 0:
        _limit = max(_limit, step - _LONGEST)
    if _limit >= _oldest[0]:
        _oldest[0] = step
        for _place in range(_rows):
            if _since[_place] <= _limit:
                _work(words, step, _place, False, False)
            _oldest[0] = min(_oldest[0], _since[_place])
    for _k in range(_start, _end):
        _target = np.int64(_fired[_k])
        for _m in range(_DEPTH - 1, 0, -1):
            _h = _m * _stride + _target
            put_32(_times, _h, get_32(_times, _h - _stride, 4, 5), 4, 5)
            {shift_past}
        put_32(_times, _target, step, 4, 5)
        {load_target}
        {put_past}
        {bump_target}
        {store_target}
    return 0


@cfunc(KERNEL, **OPTIONS)
def begin(words, step):
    """Before a step that is the first: no target has a history, and traces are those of this step."""
    {words}
    _oldest[0] = step
    for _target in range(_first, _last):
        for _m in range(_DEPTH):
            put_32(_times, _m * _stride + _target, -1, 4, 5)
    for _place in range(_rows):
        _since[_place] = step
        {load_out}
        _begin, _s = step, 0
        {decay}
        {store_source}
    return 0


@cfunc(KERNEL, **OPTIONS)
def end(words, step):
    """At the end of a step that is the last: all weights and traces as they are then."""
    {words}
    for _place in range(_rows):
        if _since[_place] <= step:
            _work(words, step, _place, False, True)
    return 0
'''


@cache
def _module(rule: Rule, precision: str) -> ModuleType:
    """The kernels of a rule."""
    text = f"histories, {precision}\n{rule.text}"
    return printed_module("histories", text, lambda: _source(rule, precision, text))


def _source(rule: Rule, precision: str, text: str) -> str:
    pre, post, past = rule.traces("pre"), rule.traces("post"), _remembered(rule)
    fade = [f"{n} = FLOAT(0) if abs({n}) <= _NOTHING else {n}" for n in pre]
    decay = ["if (_begin + _s + _before) & (FADING - 1) == 0:", *(f"    {line}" for line in fade)] if fade else []
    parts = {
        "words": unpacked(_words(rule)),
        "load_source": [f"{n} = _all_{n}[_place]" for n in pre],
        "load_out": [f"{n} = _out_{n}[_place]" for n in pre],
        "keep_first": [f"put_float(_kept_{n}, 0, {n}, 4, 5)" for n in pre],
        "decay": [*decay, *rule.lines("trace pre")] or ["pass"],
        "keep": [f"put_float(_kept_{n}, _s, {n}, 4, 5)" for n in pre],
        "now": [f"_now_{n} = {n}" for n in pre],
        "load_now": [f"{n} = _now_{n}" for n in pre],
        "load_past": [
            *(f"{n} = get_float(_kept_{n}, _s, 4, 5)" for n in pre),
            *(f"{n} = get_float(_past_{n}, _h, 4, 5)" for n in past),
        ],
        "place_past": ["_h = _deep * _stride + np.int64(get_32(_onto, _i, 1, 5))"] if past else [],
        "fired": rule.lines("weight post"),
        "load_present": [
            *(f"{n} = _now_{n}" for n in pre),
            *(f"{n} = get_float(_all_{n}, _target, 4, 5)" for n in post),
        ],
        "arrived": rule.lines("weight pre"),
        "bump_source": rule.lines("bump pre") or ["pass"],
        "give": [f"_out_{n}[_place] = {n}" for n in pre] or ["pass"],
        "store_source": [f"_all_{n}[_place] = {n}" for n in pre],
        "shift_past": [f"put_float(_past_{n}, _h, get_float(_past_{n}, _h - _stride, 4, 5), 4, 5)" for n in past],
        "load_target": [f"{n} = get_float(_all_{n}, _target, 4, 5)" for n in post],
        "put_past": [f"put_float(_past_{n}, _target, {n}, 4, 5)" for n in past],
        "bump_target": rule.lines("bump post"),
        "store_target": [f"put_float(_all_{n}, _target, {n}, 4, 5)" for n in post],
    }
    constants = _HISTORIES
    for name, number in (("depth", DEPTH), ("longest", LONGEST), ("block", BLOCK)):
        constants = constants.replace(f"{{{name}}}", str(number))
    words = f"WORDS = {tuple(_words(rule))!r}"
    return "\n\n\n".join([head(precision, text) + _text("lists.py"), words, filled(constants, parts)]) + "\n"


class Histories:
    """The calls of a thread for one connection whose weights learn when spikes arrive.

    `traces` are this thread's own; it owns the neurons first ... last-1 of the targets.
    """

    def __init__(
        self, calls: Calls, precision: str, learn: Learn, learning: Learning, traces: Mapping[str, Array],
        logs: tuple[SpikeLog, SpikeLog], first: int, last: int, rank: int,
    ) -> None:  # fmt: skip
        self.calls, self.rule, self.dtype = calls, Rule(learn.plasticity), np.dtype(precision)
        self.module, own = _module(self.rule, precision), calls.own
        pre, post = logs
        given = learning.arrays
        whole = (first, last) == (0, post.bounds[-1])
        firsts, lasts = segments(calls, given["firsts"], given["targets"], first, last, whole)
        known: dict[str, Word] = dict(zip(("_lists", "_parts", "_mask"), lists(calls, pre), strict=True))
        mine, _, mask = lists(calls, post, slice(rank, rank + 1))
        known |= {"_mine": mine, "_my_mask": mask, "_lag": learn.lag, "_rows": len(firsts)}
        known |= {"_groups": max(1, len(learn.lags)), "_lags": own(np.array(learn.lags, np.int64))}
        known |= {"_firsts": firsts, "_lasts": lasts, "_targets": given["targets"], "_before": learning.since}
        known |= {"_first": first, "_last": last, "_oldest": own(np.zeros(1, np.int64))}
        stride = post.bounds[-1] + 16  # not a power of two, so that a target's spikes do not share a set of the cache
        known |= {"_since": own(np.zeros(len(firsts), np.int64)), "_times": own(np.zeros(DEPTH * stride, np.int32))}
        known |= {"_stride": stride, "_listed": own(np.zeros(2 * DEPTH * BLOCK, np.int32))}
        known |= {"_counted": own(np.zeros(DEPTH, np.int64))}
        for name in self.rule.traces("pre"):
            known |= {f"_all_{name}": self._room(len(firsts)), f"_kept_{name}": self._room(2 * LONGEST + 2)}
        past = (name for name in self.module.WORDS if name.startswith("_past_"))
        known |= {name: self._room(DEPTH * stride) for name in past}
        for name, array in traces.items():
            known["_out_" + local(name) if local(name) in self.rule.traces("pre") else "_all_" + local(name)] = array
        self._known = known | {name: own(value) for name, value in self.rule.values(learning).items()}
        self._row = 0

    def _room(self, size: int) -> Array:
        return self.calls.own(np.zeros(size, self.dtype))

    def arrive(self, weight: Array, total: Array, sign: Word) -> None:
        """Deliver what arrives to `total`, and learn."""
        signed = isinstance(sign, np.ndarray)
        known = self._known | {"_weights": weight, "_total": total, "_signed": int(signed), "_sign": sign}
        self._row = self.calls.row(*(known[name] for name in self.module.WORDS))
        self.calls.append(self.module.arrive.address, self._row)

    def fire(self) -> None:
        """Note who fired."""
        self.calls.append(self.module.fire.address, self._row)

    def around(self, opens: Calls, settles: Calls) -> None:
        """What is done before steps and after them, so that others see weights and traces as they are then."""
        opens.append(self.module.begin.address, self._row)
        settles.append(self.module.end.address, self._row)

    def show(self, due: list[int]) -> None:
        """In steps that `due` tells, bring all weights to the end of the step."""
        self.calls.add("before_record", self.module.end.address, self._row, 0, *due)

    def go_on(self, due: list[int]) -> None:
        """Behind `show`, begin again with the next step."""
        self.calls.add("before_record", self.module.begin.address, self._row, 1, *due)


def learns_on_arrival(deliver: Deliver, learn: Learn) -> bool:
    """Whether weights need not be worked on in between: nothing else changes them, or what they carry."""
    alone = not deliver.release and not learn.weight_decay and not in_one_thread(learn)
    return alone and deliver.weights in ("synapses", "matrix")
