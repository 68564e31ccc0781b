"""The reference of our neurons, made from their declarations: tables for a terminal, `docs/models.md` for a browser."""

from __future__ import annotations

from collections.abc import Iterator

from cnsproject.dynamics.declaration import Dynamics
from cnsproject.dynamics.registry import MODELS
from cnsproject.dynamics.typesetting import Typesetter
from cnsproject.errors import UnknownNameError, nearest
from cnsproject.network import neural_populations, sources
from cnsproject.network.population import NeuralPopulation
from cnsproject.network.tables import Document, Formula, Table
from cnsproject.network.values import stated

_HEAD = """# Models

Made from the declarations in `src/cnsproject/dynamics/neurons.py` by `cns models --markdown > docs/models.md`; a test
holds it to them. Every parameter and start value is a number, an array of the population's shape or a distribution.
Units: ms, mV, nA, MOhm, nF, uS, Hz. What a step does with an equation stands in [step.md](step.md).
exprel(x) is (exp(x) − 1)/x, and 1 at 0.
"""
_COLUMNS = "Name", "Symbol", "Unit", "Default", "Meaning"


class Reference:
    """One model: its declaration and the population that steps it."""

    def __init__(self, dynamics: Dynamics) -> None:
        self.dynamics = dynamics
        classes = [value for room in (neural_populations, sources) for value in vars(room).values()]
        self.population: type[NeuralPopulation] = next(
            c for c in classes if isinstance(c, type) and dynamics in _declared(c) and issubclass(c, NeuralPopulation)
        )
        self.name = self.population.__name__.removesuffix("Population")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, unit, default and meaning of every state, input and parameter."""
        d, made = self.dynamics, self.population(1)
        for name, unit in {**d.states, **d.inputs, **d.parameters}.items():
            default = "" if name in d.inputs else stated(getattr(made, name))
            yield name, unit, default, d.meanings[name]

    @property
    def spellings(self) -> str:
        """The other spellings of its names."""
        known = {*self.dynamics.states, *self.dynamics.parameters}
        return ", ".join(f"{a} for {name}" for a, name in self.population.aliases.items() if name in known)

    @property
    def spike(self) -> str:
        """When it is that the condition for a spike counts."""
        resets = self.dynamics.reset or not self.dynamics.states
        return "where this holds" if resets else "where this becomes true; nothing is reset"

    def document(self) -> Document:
        """Tables for a terminal."""
        d = self.dynamics
        facts: list[tuple[str, str]] = [
            ("Population", f"cns.{self.population.__name__}"),
            ("Equations", Formula("\n".join(line.text.rpartition(":")[0].strip() for line in d.lines))),
            (f"Spike {self.spike}", Formula(d.spike or "")),
        ]
        facts += [("Reset", Formula("\n".join(part.strip() for part in d.reset.split(";"))))] if d.reset else []
        facts += [("Requires", d.requires)] if d.requires else []
        facts += [("Other spellings", self.spellings)] if self.spellings else []
        heads = tuple(column for column in _COLUMNS if column != "Symbol")
        names = Table("Names", heads, tuple(self.rows()), frozenset({2}))
        return Document([Table(f"{self.name}: {d.title}", (), (*facts, ("Source", d.source))), names])

    def markdown(self) -> str:
        """Its chapter of the reference."""
        d, set_ = self.dynamics, Typesetter(self.dynamics)
        parts = [f"## {self.name}", f"{d.title}: `cns.{self.population.__name__}`.", *map(_display, set_.equations())]
        parts += [f"A spike is made {self.spike}:", _display(set_.spike())]
        parts += ["Then", *map(_display, set_.reset())] if d.reset else []
        rows = [_COLUMNS, tuple("---" for _ in _COLUMNS)]
        rows += [(f"`{n}`", f"$`{set_.symbol(n)}`$", unit, default, text) for n, unit, default, text in self.rows()]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
        parts += [f"Required: {', '.join(f'`{condition}`' for condition in d.conditions)}."] if d.requires else []
        parts += [f"Other spellings: {self.spellings}."] if self.spellings else []
        return "\n\n".join([*parts, f"Source: {d.source}."])


def references() -> list[Reference]:
    """All models, in the order of the registry."""
    return [Reference(model) for model in MODELS]


def reference(name: str) -> Reference:
    """The model of this name (upper or lower case). Raises UnknownNameError."""
    known = {found.name.lower(): found for found in references()}
    wanted = name.lower().removesuffix("population")
    if wanted not in known:
        names = [found.name for found in known.values()]
        raise UnknownNameError("model", got=repr(name), expected="one of " + ", ".join(names), fix=nearest(name, names))
    return known[wanted]


def overview() -> Document:
    """All models in a table."""
    rows = tuple((found.name, found.dynamics.title, found.dynamics.source) for found in references())
    return Document([Table("Models", ("Name", "Model", "Source"), rows)])


def page() -> str:
    """The whole reference as Markdown."""
    return "\n\n".join([_HEAD.strip(), *(found.markdown() for found in references())]) + "\n"


def _declared(population: type) -> tuple[Dynamics | None, ...]:
    return getattr(population, "dynamics", None), getattr(population, "declaration", None)


def _display(formula: str) -> str:
    return f"$$\n{formula}\n$$"
