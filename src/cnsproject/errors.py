"""What can go wrong, and how we say it.

    CnsError
    ├── ArgumentError (TypeError)          an unknown keyword, a value of the wrong type
    ├── ParameterError (ValueError)        a value outside its range
    ├── ShapeError (ValueError)            arrays that do not fit together
    ├── TimeGridError (ValueError)         a time that is no whole number of steps
    ├── EquationError (ValueError)         a model that cannot be read
    │   └── UnitError                      ... or whose units do not agree
    ├── NoAttributeError (AttributeError)   an attribute that this object was made without
    ├── UnknownNameError (LookupError)     a variable, experiment or parameter that does not exist
    ├── StateError (RuntimeError)          the right call at the wrong moment
    ├── NumericalError (ArithmeticError)   a state that became NaN or infinite
    ├── CheckpointError (ValueError)       a saved network that cannot be read, written or used here
    ├── RecordingError (OSError)           a recording that cannot be written or read
    ├── MissingExtraError (ImportError)    an optional package that is not installed
    └── MemoryExceededError (MemoryError)  a run that needs more memory than is free

Every message has four parts: what object or argument is meant, what it got, what it expects, and the fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CnsError(Exception):
    """Base of all errors raised on purpose by this package."""

    def __init__(self, what: str, *, got: object, expected: str, fix: str) -> None:
        super().__init__(what, got, expected, fix)
        self.what, self.got, self.expected, self.fix = what, got, expected, fix

    def __str__(self) -> str:
        end = "" if self.fix.endswith("?") else "."
        return f"{self.what}: got {self.got}, expected {self.expected}. Fix: {self.fix}{end}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling of exceptions (worker processes).
        return _rebuild, (type(self), self.what, self.got, self.expected, self.fix)


def _rebuild(kind: type[CnsError], what: str, got: object, expected: str, fix: str) -> CnsError:
    return kind(what, got=got, expected=expected, fix=fix)


class ArgumentError(CnsError, TypeError):
    """An unknown keyword or a value of the wrong type."""


class ParameterError(CnsError, ValueError):
    """A value outside the range in which it has a meaning."""


class ShapeError(CnsError, ValueError):
    """Arrays whose shapes do not fit together."""


class TimeGridError(CnsError, ValueError):
    """A time that is no whole number of steps, or two objects with different steps."""


class EquationError(CnsError, ValueError):
    """A model that cannot be read; the message shows the line with a caret under the column."""


class UnitError(EquationError):
    """An equation whose two sides, or two terms, have different units."""


class NoAttributeError(CnsError, AttributeError):
    """An attribute that this object was made without; `hasattr` sees it as absent."""


class UnknownNameError(CnsError, LookupError):
    """A variable, experiment or parameter that does not exist."""


class StateError(CnsError, RuntimeError):
    """The right call at the wrong moment, such as a step before the time step is known."""


class NumericalError(CnsError, ArithmeticError):
    """A state that became NaN or infinite."""


class CheckpointError(CnsError, ValueError):
    """A network that cannot be written, a file that holds no whole one, or a state of another network."""


class RecordingError(CnsError, OSError):
    """A recording that cannot be written, or a file that holds none; what was written before stays."""


class MissingExtraError(CnsError, ImportError):
    """An optional package that is not installed; the message names the command that installs it."""


class MemoryExceededError(CnsError, MemoryError):
    """A run that needs more memory than is free; raised before anything of it is allocated."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Sentence part for a fix: the known name closest to `name`, or the list of all."""
    names = list(known)
    lower = {n.lower(): n for n in reversed(names)}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    if close:
        return f"did you mean {lower[close[0]]!r}?"
    return "choose one of " + ", ".join(names) if names else "there is none to choose from"
