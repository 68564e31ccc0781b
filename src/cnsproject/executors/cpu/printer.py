"""Prints the step of a layer, with the synapses onto it, as one native loop over its neurons."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from cnsproject.dynamics.step import REACHED, Step
from cnsproject.dynamics.update import Op, Update
from cnsproject.executors.base import expression

# numpy's floor and sign keep the precision of a number, and math's floor makes an integer of it.
_FUNCTIONS = {
    "not": "not ",
    "minimum": "min",
    "maximum": "max",
    "floor": "np.floor",
    "sign": "np.sign",
    "exp": "exponential",
    "exprel": "relative_exponential",
} | {name: f"math.{name}" for name in ("log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")}

# Files of hand-written kernels that need `lists.py`.
_WITH_LISTS = ("kernels.py", "releases.py", "rows.py", "competitions.py", "shared.py", "pooling.py", "whole.py")

# Names of what is a flag of every neuron, and no number.
FLAGS = ("s", REACHED)

# "added": arrivals are added to the state itself, which was integrated at the end of the step before;
# "arrived": they are summed apart, one sum per neuron; "shared": one sum serves all neurons;
# "instant": their sum, one per neuron, is the state, which lasts one step.
Way = Literal["added", "arrived", "shared", "instant"]
External = Literal["single", "array", ""]

# Neurons of a block. Blocks are visited to and fro: what the last step touched last is still in the nearest cache.
_BLOCK = 1024


@dataclass(frozen=True)
class Synapse:
    """A connection as its post neurons see it."""

    step: Step
    way: Way
    stores_output: bool = False  # where something reads it after the step


@dataclass(frozen=True)
class Layer:
    """All that happens to a population within a step, in one loop.

    currents, jumps  which of the synapses deliver to the current and to the jump, in order
    external         whether the external input is one number, one per neuron, or not there
    single           names of the constants that are one number for all neurons
    """

    step: Step
    synapses: tuple[Synapse, ...]
    currents: tuple[int, ...]
    jumps: tuple[int, ...]
    external: External
    single: frozenset[str] = field(default_factory=frozenset)

    def text(self, precision: str) -> str:
        """All that the printed code depends on."""
        parts = [f"{precision}, external input {self.external or 'none'}", self.step.text]
        parts += [f"synapse {k}, {s.way}, {s.stores_output}\n{s.step.text}" for k, s in enumerate(self.synapses)]
        parts += [f"currents {self.currents}, jumps {self.jumps}, single {', '.join(sorted(self.single))}"]
        return "\n".join(parts)


def print_library(name: str, precision: str) -> str:
    """A file of hand-written kernels for one precision."""
    return head(precision) + (_text("lists.py") if name in _WITH_LISTS else "") + _text(name)


def print_layer(layer: Layer, precision: str) -> str:
    """Source of a module with the kernels `advance` and `prepare`.

    Their words are n and the addresses of what ARGUMENTS names; an external input and noise take three: address, rows,
    bytes from row to row. `prepare` integrates the synapses whose arrivals are added to their state for the first step.
    """
    return _Printer(layer, precision).source()


def prefix(k: int) -> str:
    """What the names of synapse k begin with."""
    return f"_c{k}_"


def arrived(k: int) -> str:
    """Name of what arrives at synapse k, whatever its declaration calls it."""
    return f"{prefix(k)}_arrived"


def output(k: int) -> str:
    """Name of the array that keeps what synapse k delivers."""
    return f"{prefix(k)}_output"


def local(name: str) -> str:
    """Name of a layer's state or parameter: its own, unless the printed module needs that for something else."""
    return f"_own_{name}" if name in _taken() else name


def localised(update: Update) -> Update:
    """The same step with the names that it has in a printed module."""

    def ops(given: tuple[Op, ...]) -> tuple[Op, ...]:
        return tuple(Op(local(op.target), op.function, tuple(map(local, op.args)), op.only_if) for op in given)

    def names(given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(local, given))

    return replace(
        update,
        uses=names(update.uses),
        inputs=names(update.inputs),
        optional=names(update.optional),
        states=names(update.states),
        body=ops(update.body),
        output=local(update.output),
        delivery=ops(update.delivery),
    )


@cache
def _taken() -> frozenset[str]:
    found = {"external", "words", "step", *dir(builtins)}
    for node in ast.walk(ast.parse(_text("accessors.py"))):
        match node:
            case ast.FunctionDef() | ast.alias():
                found.add(node.name)
            case ast.Name():
                found.add(node.id)
    return frozenset(found)


class _Printer:
    def __init__(self, layer: Layer, precision: str) -> None:
        self.layer, self.precision = layer, precision
        self.own: Update = layer.step.update()
        self.updates = [synapse.step.update() for synapse in layer.synapses]
        noises = layer.step.dynamics.noises if layer.step.dynamics else ()
        self.noises = [local(noise) for noise in noises if noise in self.own.inputs]
        self.streamed = [*["external"] * bool(layer.external), *self.noises]  # rows of the steps, used in turn
        self.arrays: list[str] = []  # names that are arrays of numbers or flags
        self.single: list[str] = []
        self._sort_arguments()

    def _sort_arguments(self) -> None:
        given = [*map(local, self.own.states), *["s"] * self.own.spikes]
        given += [name for name in FLAGS if name in self.own.inputs]
        constants = list(map(local, self.own.uses))
        for k, (synapse, update) in enumerate(zip(self.layer.synapses, self.updates, strict=True)):
            name = self._renamer(k)
            given += [name(state) for state in update.states]
            constants += [name(constant) for constant in update.uses]
            if synapse.way in ("arrived", "shared"):
                (constants if synapse.way == "shared" else given).append(arrived(k))
            if synapse.stores_output:
                given.append(output(k))
        shared = {arrived(k) for k, s in enumerate(self.layer.synapses) if s.way == "shared"}
        self.single = [name for name in constants if name in self.layer.single | shared]
        self.arrays = given + [name for name in constants if name not in self.layer.single | shared]
        self.arguments = (*self.arrays, *self.single, *self.streamed)

    @property
    def checks(self) -> int:
        """How many states of the layer must be finite."""
        return sum(op.function == "check" for op in self.own.body)

    def source(self) -> str:
        added = [k for k, synapse in enumerate(self.layer.synapses) if synapse.way == "added"]
        names = f"ARGUMENTS = {self.arguments!r}\n\n\n"
        loads = self._loads([*self.arrays, *["external"] * (self.layer.external == "array"), *self.noises])
        kernels = [self._kernel("advance", self.arguments, loads, self._body(added), self._stores(), self.checks)]
        if added:
            kernels.append(self._prepare(added))
        return head(self.precision, self.layer.text(self.precision)) + names + "\n\n".join(kernels)

    def _prepare(self, added: list[int]) -> str:
        states = [self._renamer(k)(state) for k in added for state in self.updates[k].states]
        read = {name for k in added for op in self._integration(k) for name in op.args}
        needed = [name for name in self.arguments if name in read | set(states)]
        loads = self._loads(name for name in needed if name in self.arrays)
        ops = [line for k in added for line in statements(self._integration(k))]
        return self._kernel("prepare", needed, loads, ops, [self._put(name, name) for name in states])

    def _kernel(
        self, name: str, needed: Sequence[str], loads: list[str], body: list[str], stores: list[str], checks: int = 0
    ) -> str:
        lines = ["@cfunc(KERNEL, **OPTIONS)", f"def {name}(words, step):", "    widest()"]
        for place, argument in enumerate(self.arguments, start=1):
            at = place + 2 * len(set(self.arguments[: place - 1]) & set(self.streamed))
            if argument not in needed:
                continue
            if argument in self.streamed:
                first, rows, apart = (f"word(words, {at + k})" for k in range(3))
                lines.append(f"    _a_{argument} = {first} + step % {rows} * {apart}")
                if argument == "external" and self.layer.external == "single":
                    lines.append("    external = number(_a_external)")
            elif argument in self.single:
                lines.append(f"    {argument} = number(word(words, {at}))")
            else:
                lines.append(f"    _a_{argument} = word(words, {at})")
        lines += [
            *["    _largest = magnitude(FLOAT(0))"] * bool(checks),
            "    _n = word(words, 0)",
            f"    _blocks = (_n + {_BLOCK - 1}) // {_BLOCK}",
            "    for _b in range(_blocks):",
            f"        _first = (_blocks - 1 - _b if step & 1 else _b) * {_BLOCK}",
            f"        for _i in range(_first, min(_first + {_BLOCK}, _n)):",
            *(f"            {line}" for line in [*loads, *body, *stores]),
        ]
        return "\n".join([*lines, "    return BAD if _largest >= INFINITE else 0" if checks else "    return 0"]) + "\n"

    def _loads(self, names: Iterable[str]) -> list[str]:
        written = {output(k) for k in range(len(self.updates))} | ({"s"} - set(self.own.inputs))
        return [f"{name} = {self._get(name)}" for name in names if name not in written]

    def _body(self, added: list[int]) -> list[str]:
        lines = []
        for k, update in enumerate(self.updates):
            if self.layer.synapses[k].way in ("arrived", "shared"):
                lines += statements(self._renamed(k, update.body))
            lines += statements(self._renamed(k, update.delivery))
            if self.layer.synapses[k].stores_output:
                lines.append(f"{output(k)} = {self._output(k)}")
        lines += self._gather() + statements(localised(self.own).body)
        lines += [f"_largest = max(_largest, magnitude(_checked_{k}))" for k in range(self.checks)]
        return lines + [line for k in added for line in statements(self._integration(k))]

    def _gather(self) -> list[str]:
        """The inputs of the layer: what is given and what the synapses deliver, summed in this order."""
        lines = []
        inputs = self.layer.step.dynamics.inputs if self.layer.step.dynamics else {}
        terms = {next(iter(inputs), ""): ["external"] * bool(self.layer.external), "jump": []}
        for name, deliver in zip(terms, (self.layer.currents, self.layer.jumps), strict=True):
            terms[name] += [self._output(k) for k in deliver]
            if name and terms[name]:
                lines.append(f"{local(name)} = {' + '.join(terms[name])}")
        return lines

    def _stores(self) -> list[str]:
        lines = [self._put(name, name) for name in map(local, self.own.states)]
        if self.own.spikes:
            lines.append(self._put("s", "np.uint8(s)"))
        for k, update in enumerate(self.updates):
            if self.layer.synapses[k].way != "instant":
                lines += [self._put(name, name) for name in map(self._renamer(k), update.states)]
            if self.layer.synapses[k].stores_output:
                lines.append(self._put(output(k), output(k)))
        return lines

    def _integration(self, k: int) -> list[Op]:
        """The operations of a synapse before anything arrives."""
        return self._renamed(k, (op for op in self.updates[k].body if not op.only_if))

    def _output(self, k: int) -> str:
        return self._renamer(k)(self.updates[k].output)

    def _renamer(self, k: int) -> Callable[[str], str]:
        """What the names of a synapse are in the loop: its input is the membrane of the layer."""
        dynamics, post = self.layer.synapses[k].step.dynamics, self.layer.step.dynamics
        known = dict.fromkeys(dynamics.inputs if dynamics else (), local(post.membrane) if post else "")
        known |= dict.fromkeys(dynamics.arrivals if dynamics else (), arrived(k))
        return lambda name: known[name] if name in known else prefix(k) + name

    def _renamed(self, k: int, ops: Iterable[Op]) -> list[Op]:
        name = self._renamer(k)
        return [Op(name(op.target), op.function, tuple(map(name, op.args)), op.only_if) for op in ops]

    def _place(self, name: str) -> str:
        places = (*self.arrays, "external", *self.noises)
        return f"{places.index(name)}, {len(places)}"

    def _get(self, name: str) -> str:
        if name in FLAGS:
            return f"get_flag(_a_{name}, _i, {self._place(name)}) != 0"
        return f"get_float(_a_{name}, _i, {self._place(name)})"

    def _put(self, name: str, value: str) -> str:
        kind = "flag" if name == "s" else "float"
        return f"put_{kind}(_a_{name}, _i, {value}, {self._place(name)})"


def flag(update: Update) -> list[str]:
    """The line that computes the flag of a neuron: 1 when it fired, 2 when a state is not finite."""
    if not update.spikes:
        return []
    checks = sum(op.function == "check" for op in update.body)
    bad = " | ".join(f"(_checked_{k} - _checked_{k} != FLOAT(0))" for k in range(checks))
    return ["_flag = np.uint8(s)" + f" | (np.uint8({bad}) << np.uint8(1))" * bool(bad)]


def statements(ops: Iterable[Op]) -> list[str]:
    """The operations of a step as lines of native code for one neuron."""
    checks = 0
    lines = []
    for op in ops:
        if op.only_if == "gradients":
            continue
        if op.function == "check":
            # Kept under another name: the reset may change the state before the flags are written.
            lines.append(f"_checked_{checks} = {op.args[0]}")
            checks += 1
        elif op.function == "select":
            condition, a, b = op.args
            lines.append(f"{op.target} = {a} if {condition} else {b}")
        elif op.function == "as_number":
            lines.append(f"{op.target} = FLOAT({op.args[0]})")
        else:
            # What only a spike makes necessary changes nothing without one, so it is done always: no branch.
            lines.append(f"{op.target} = {expression(op, _FUNCTIONS)}")
    return lines


def head(precision: str, text: str = "") -> str:
    """What every printed module starts with; `text` is what it was printed from."""
    quoted = text.replace('"""', "'''")
    title = f'"""Printed by cnsproject from what follows; safe to delete.\n\n{quoted}\n"""\n\n' if text else ""
    return title + re.sub(r"^FLOAT = np.float32$", f"FLOAT = np.{precision}", _text("accessors.py"), flags=re.MULTILINE)


def _text(name: str) -> str:
    return (Path(__file__).parent / "native" / name).read_text(encoding="utf-8")
