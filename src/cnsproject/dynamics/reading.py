"""A model that is written in one text: equations, and lines `name : unit` for parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.lines import Line, assignments, at_target
from cnsproject.errors import EquationError, UnitError, nearest

_DECLARATION = re.compile(r"\s*([A-Za-z_]\w*)\s*:\s*(\S.*?)\s*\Z")
CURRENT = "I"  # what stands nowhere else is the input under this name


def split(text: str) -> tuple[str, tuple[Line, ...]]:
    """Equations, and lines that declare a parameter and its unit; the names and units of these are checked."""
    from cnsproject.dynamics.parsing import is_reserved, refused_name
    from cnsproject.dynamics.units import unit_in

    equations, declared = [], []
    for line in text.splitlines():
        found = _DECLARATION.match(line)
        if found and "=" not in line:
            declared.append(Line(line, found[1], found[2], found.start(2), found[2]))
            unit_in(declared[-1])
            if is_reserved(found[1]):
                raise refused_name(declared[-1], found[1], "a name with a meaning of its own")
        elif line.strip():
            equations.append(line)
    return "\n".join(equations), tuple(declared)


def declare(
    equations: str,
    declared: tuple[Line, ...],
    *,
    spike: str,
    reset: str | None,
    units: Mapping[str, str],
    inputs: Mapping[str, str] | None,
    scheme: str,
    source: str,
) -> Dynamics:
    """The declaration of a model whose parameters have these units; everything that can be checked is checked.

    Raises EquationError or UnitError, with a caret where the place is in a text.
    """
    from cnsproject.dynamics.parsing import System
    from cnsproject.dynamics.schemes import integrate

    def model_with(inputs: Mapping[str, str]) -> Dynamics:
        return Dynamics(equations, inputs, dict(units), spike, reset, source=source, verify=False)

    model = model_with(inputs or {})
    _check_names(declared, model)
    lines = [*model.lines, Line(spike, "threshold", spike, 0), *assignments(reset)]
    used = {node.id for line in lines for node in _names_in(line)}
    if CURRENT in used - {*model.inputs, *units, *(line.target for line in model.lines)}:
        model = model_with({**model.inputs, CURRENT: "nA"})
    for line in assignments(reset):
        if line.target not in model.states:
            got, fix = f"an assignment to {line.target!r}", nearest(line.target, model.states)
            raise at_target(line, got, "a state on the left", fix)
    _check_known(lines, model)
    _check_used({"parameters": units, "inputs": model.inputs}, used)
    model.check()
    integrate(scheme, System(model))
    return model


def missing_unit(name: str, given: object) -> UnitError:
    """The error about a plain number for a parameter of unknown unit."""
    return UnitError(
        f"Population.parameters[{name!r}]", got=f"{given!r} without a unit", expected="a quantity such as '10 ms'",
        fix=f"write ({'...' if hasattr(given, '__len__') else given}, 'ms'), or a line '{name} : ms' in the equations",
    )  # fmt: skip


def missing_value(line: Line) -> EquationError:
    """The error about a parameter that is declared and not given."""
    return at_target(
        line, f"no value for {line.target!r}", "a value for every parameter",
        f"give parameters={{{line.target!r}: ...}} in {line.unit}, or remove the line",
    )  # fmt: skip


def _names_in(line: Line) -> Iterator[ast.Name]:
    """What a line reads, but for the functions."""
    from cnsproject.dynamics.parsing import parse

    nodes = list(ast.walk(parse(line)))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    yield from (node for node in nodes if isinstance(node, ast.Name) and id(node) not in functions)


def _check_names(declared: tuple[Line, ...], model: Dynamics) -> None:
    """Every name once, and none that means something else."""
    from cnsproject.dynamics.parsing import is_reserved, refused_name

    for name in [*(line.target for line in model.lines), *model.inputs, *model.parameters]:
        if is_reserved(name):
            line = next((line for line in model.lines if line.target == name), None)
            raise refused_name(line, name, "a name with a meaning of its own")
    taken = {*model.inputs, *(line.target for line in model.lines)}
    for line in declared:
        if line.target in taken:
            raise refused_name(line, line.target, "a name declared twice")
        taken.add(line.target)


def _check_known(lines: list[Line], model: Dynamics) -> None:
    """Every name that is read is defined; a random number and a misplaced name of ours get a message of their own."""
    from cnsproject.dynamics.parsing import is_drawn, is_reserved, problem

    known = {*model.states, *model.inputs, *model.parameters, *(line.target for line in model.lines)}
    for line in lines:
        for node in _names_in(line):
            if node.id in known or is_reserved(node.id) or is_drawn(node.id):
                continue
            close, given = nearest(node.id, known), f"give it in parameters={{{node.id!r}: '10 ms'}}"
            raise problem(
                line, node, f"the undefined name {node.id!r}", "a state, shorthand, input or parameter",
                f"{close} Else {given}" if close.endswith("?") else given,
            )  # fmt: skip


def _check_used(given: Mapping[str, Mapping[str, str]], used: set[str]) -> None:
    for kind, names in given.items():
        for name in names:
            if name not in used:
                raise EquationError(
                    f"Population.{kind}[{name!r}]", got="a name that no equation uses",
                    expected="names from equations, threshold or reset", fix=nearest(name, sorted(used)),
                )  # fmt: skip
