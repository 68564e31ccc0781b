"""`Attributes`: parameters and states as attributes of an object, read and checked as they are set."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from cnsproject.errors import ArgumentError, CnsError, ParameterError, ShapeError
from cnsproject.network.parameters import Value, in_unit, read_value
from cnsproject.random import Law, derive_key

Rng = Any  # int | np.random.Generator | np.random.SeedSequence | None


_OF_TORCH = Tensor, torch.nn.Module  # what torch wants to know of


class Attributes(torch.nn.Module, ABC):
    """An object with parameters and states (abstract).

    A parameter may be set at any time: a number, an array of the object's shape or a distribution. A state may be set
    (`p.u = x`) or written in place (`p.u[3] = x`). A name that is neither, but nearly one, is refused.
    """

    aliases: ClassVar[Mapping[str, str]] = {}  # other spellings of its names

    def __init__(self, shape: tuple[int, ...], *, dtype: torch.dtype, name: str | None, rng: Rng) -> None:
        super().__init__()
        if name is not None and not isinstance(name, str):
            raise ArgumentError(
                f"{type(self).__name__}.name", got=repr(name), expected="a text", fix="give a short name in quotes"
            )
        if dtype not in (torch.float32, torch.float64):
            raise ParameterError(
                f"{type(self).__name__}.dtype",
                got=dtype,
                expected="torch.float32 or torch.float64",
                fix="choose one of them",
            )
        self.shape, self.name = shape, name
        self._dtype = dtype
        self._key = derive_key(rng)
        self._has_own_key = rng is not None
        self._laws: dict[str, Law] = {}  # parameters that were drawn
        self._values: dict[str, Value] = {}
        self._units: dict[str, str] = {}

    # Names and values

    @property
    def label(self) -> str:
        """How errors call this object."""
        return f"{type(self).__name__} {self.name!r}" if self.name else f"{type(self).__name__}(shape={self.shape})"

    @property
    def _kind(self) -> str:
        """How errors call what has the parameters."""
        return type(self).__name__

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the states."""
        return self._dtype

    @property
    @abstractmethod
    def states(self) -> tuple[str, ...]:
        """Names of what changes from step to step."""

    @property
    def recordable(self) -> tuple[str, ...]:
        """Names a monitor can record."""
        return tuple(dict.fromkeys([*self._buffers, *self._parameters, *self._values]))

    def set_parameters(self, given: Mapping[str, object], units: Mapping[str, str]) -> None:
        """Read and keep the values of parameters; `units` gives the unit of each."""
        for name, value in given.items():
            self._units[name] = units[name]
            self._values[name] = self._read(name, value)
        self._derive("")
        self._changed()

    def _derive(self, changed: str) -> None:
        """Hook: recompute parameters that follow from others after `changed` was set ("" for all of them)."""

    def _read(self, name: str, value: object) -> Value:
        what, unit = f"{self._kind}.{name}", self._units[name]
        value = in_unit(what, value, unit)
        if isinstance(value, Law):
            self._laws[name] = value
        else:
            self._laws.pop(name, None)
        return read_value(what, value, unit, self.shape, self._key)

    @abstractmethod
    def _changed(self) -> None:
        """What was computed from parameters no longer holds."""

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            value = values[name]
            return value if isinstance(value, float) else torch.as_tensor(value, dtype=self._dtype, device=self.device)
        if name in self.aliases:
            return getattr(self, self.aliases[name])
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        plain = not isinstance(value, _OF_TORCH)
        if plain and name.startswith("_"):
            own[name] = value  # torch would look through its parameters, buffers and submodules first
        elif name in self.aliases:
            setattr(self, self.aliases[name], value)
        elif name in self.fixed and name in own:
            self._refuse_fixed(name)
        elif name in own.get("_values", ()):
            self._set_parameter(name, value)
        elif name in own.get("_buffers", ()):
            self._write_state(name, value)
        else:
            known = hasattr(type(self), name)
            if name not in own and not known and "_values" in own and not name.startswith("_"):
                self._refuse_misspelling(name)
            if plain and not known:
                own[name] = value
            elif plain and name not in own.get("_parameters", ()) and name not in own.get("_modules", ()):
                object.__setattr__(self, name, value)  # a property
            else:
                super().__setattr__(name, value)

    def _set_parameter(self, name: str, value: object) -> None:
        before = dict(self._values), dict(self._laws)
        self._values[name] = self._read(name, value)
        try:
            self._derive(name)
        except CnsError:
            self._values, self._laws = before
            raise
        self._changed()

    # What is decided at construction; setting it later would change nothing, or half of it.
    fixed: ClassVar[frozenset[str]] = frozenset({"shape"})

    def _refuse_fixed(self, name: str) -> None:
        raise ArgumentError(
            f"{self.label}.{name}",
            got="a new value",
            expected=f"{name} to be given at construction",
            fix="make a new object",
        )

    def _refuse_taken(self, names: Iterable[str], others: Container[str]) -> None:
        """Raise when a declaration calls something by a name that is ours: `others`, or an attribute."""
        for name in names:
            if name in others or name in self.fixed or name in self.__dict__ or hasattr(type(self), name):
                raise ArgumentError(
                    f"{self._kind}.dynamics",
                    got=f"the name {name!r}",
                    expected="a name without a meaning of its own here",
                    fix=f"call it {name}_0, for instance",
                )

    def _refuse_misspelling(self, name: str) -> None:
        close = _similar(name, (*self._values, *self._buffers, "dt"))
        if close:
            raise ArgumentError(
                f"{self.label}.{name}",
                got=f"a new attribute {name!r}",
                expected="a parameter or state",
                fix=f"did you mean {close!r}?",
            )

    # States

    def _write_state(self, name: str, value: Any) -> None:
        old = self._buffers[name]
        assert old is not None
        try:
            # A plain number is in double precision, as torch would not have it.
            given = torch.as_tensor(value, dtype=torch.float64 if isinstance(value, float) else None)
        except (TypeError, ValueError, RuntimeError):
            raise ArgumentError(
                f"{self.label}.{name}", got=repr(value), expected="numbers", fix="give a number or a tensor"
            ) from None
        if given.is_complex():
            raise ArgumentError(
                f"{self.label}.{name}", got="complex numbers", expected="real ones", fix="take the real part"
            )
        if old.dtype == torch.bool and not ((given == 0) | (given == 1)).all():
            raise ParameterError(
                f"{self.label}.{name}",
                got="values other than 0 and 1",
                expected="spikes",
                fix="compare with a threshold first",
            )
        new = given.to(dtype=old.dtype, device=old.device)
        if new.ndim == 0 or new.shape == (1,):
            new = new.expand(old.shape).clone()
        if new.shape != old.shape:
            raise ShapeError(
                f"{self.label}.{name}",
                got=f"shape {tuple(new.shape)}",
                expected=f"a number or shape {tuple(old.shape)}",
                fix="reshape it, or call reset_state_variables(batch=...) first",
            )
        if not torch.isfinite(new).all():
            raise ParameterError(
                f"{self.label}.{name}",
                got="NaN or infinity",
                expected="finite numbers",
                fix="check how it was computed",
            )
        self._buffers[name] = new

    @property
    def device(self) -> torch.device:
        """Where the states live."""
        for buffer in self._buffers.values():
            if buffer is not None:
                return buffer.device
        return torch.device("cpu")


@cache
def _similar(name: str, known: tuple[str, ...]) -> str:
    """The one of some names that was probably meant; empty when none is."""
    lower = {each.lower(): each for each in known}
    return next((lower[n] for n in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.65)), "")
