"""`Update`: one step as an ordered list of operations on single numbers. Every executor prints this and nothing else.

The order of the operations is decided here once, so that all executors round alike: each operation rounds once,
nothing is contracted or reassociated later.
"""

from __future__ import annotations

from dataclasses import dataclass

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "ge": ">=",
    "gt": ">",
    "le": "<=",
    "lt": "<",
    "and": "&",
    "or": "|",
}


# Functions whose last bit depends on the library that computes them.
TRANSCENDENTAL = frozenset({"exp", "exprel", "log", "pow", "sin", "cos", "tan", "sinh", "cosh", "tanh"})


@dataclass(frozen=True)
class Op:
    """`target = function(*args)`, elementwise; args are names or, in the constants, numbers.

    `only_if` names a spike or arrival: where it is zero the operation changes nothing, so an executor may skip it.
    Functions beyond arithmetic and FUNCTIONS of `parsing`: `copy`; `select` (condition, a, b); `not`; `as_number`
    (0 or 1 of a spike); `check` (the argument must be finite); `surrogate` (margin, spike: the spike as a number whose
    gradient is a function of the margin, the distance of the state from its spike condition). Only in the constants:
    `matrix_exponential` (the entries of a matrix, row by row) and `entry` (a matrix, row, column). Names that start
    with an underscore are ours.
    """

    target: str
    function: str
    args: tuple[str, ...]
    only_if: str = ""

    def __str__(self) -> str:
        if self.function in INFIX:
            text = f"{self.args[0]} {INFIX[self.function]} {self.args[1]}"
        elif self.function == "copy":
            text = self.args[0]
        else:
            text = f"{self.function}({', '.join(self.args)})"
        return f"{self.target} = {text}" + (f"   [only if {self.only_if}]" if self.only_if else "")


@dataclass(frozen=True)
class Update:
    """One step of a population or synapse.

    parameters  what the constants are computed from (dt among them)
    constants   operations on parameters, done once in double precision and rounded once
    uses        constants and parameters that the body reads
    inputs      continuous inputs and arrivals, in the order of the step function's arguments
    optional    those of the inputs that may be absent in a step
    states      names the body reads and rebinds
    spikes      whether the body decides a spike `s`
    body        the operations of one step, in order
    output      name of what is delivered once the step is made, computed by `delivery` from inputs and states
    """

    parameters: tuple[str, ...]
    constants: tuple[Op, ...]
    uses: tuple[str, ...]
    inputs: tuple[str, ...]
    optional: tuple[str, ...]
    states: tuple[str, ...]
    spikes: bool
    body: tuple[Op, ...]
    output: str = ""
    delivery: tuple[Op, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every operation of a step has one right result, so that all executors give the same bits."""
        return not any(op.function in TRANSCENDENTAL for op in (*self.body, *self.delivery))

    def __str__(self) -> str:
        head = f"reads {', '.join(self.inputs)}; updates {', '.join(self.states)}"
        parts = [
            head,
            "once:",
            *(f"    {op}" for op in self.constants),
            "every step:",
            *(f"    {op}" for op in (*self.body, *self.delivery)),
        ]
        return "\n".join(parts)
