"""`Calls`: native functions in the order of a step, and the words they are called with."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from cnsproject.executors.base import printed_module
from cnsproject.executors.cpu import printer
from cnsproject.executors.cpu.printer import Layer

Array = npt.NDArray[Any]
Word = int | Array


class Calls:
    """A list of calls: a kernel and the address of its words, which are numbers and addresses of arrays.

    keep  arrays that only native code refers to; they must live as long as the calls are made
    """

    def __init__(self, precision: str) -> None:
        self.precision = precision
        self.keep: list[Array] = []
        self._kernels: list[int] = []
        self._words: list[int] = []

    def add(self, kernel: str, *words: Word, of: str = "kernels") -> None:
        """Call a hand-written kernel, `of` a file in `native`."""
        self.append(getattr(library(f"{of}.py", self.precision), kernel).address, self.row(*words))

    def append(self, kernel: int, words: int) -> None:
        """Call the kernel at an address, with the words at another."""
        self._kernels.append(kernel)
        self._words.append(words)

    def row(self, *words: Word) -> int:
        """The address of some words."""
        self.keep += [word for word in words if isinstance(word, np.ndarray)]
        return address(self.own(np.array([address(w) if isinstance(w, np.ndarray) else w for w in words], np.int64)))

    def own(self, array: Array) -> Array:
        """Keep an array."""
        self.keep.append(array)
        return array

    def arrays(self) -> tuple[Array, Array]:
        """Kernels and words as native code takes them."""
        return np.array(self._kernels, np.int64), np.array(self._words, np.int64)


def address(array: Array) -> int:
    """Where the numbers of an array lie."""
    return array.ctypes.data


@cache
def let_others_run() -> int:
    """Address of the system's function by which a thread gives way."""
    windows = os.name == "nt"
    function = ctypes.CDLL("kernel32").SwitchToThread if windows else ctypes.CDLL(None).sched_yield
    found = ctypes.cast(function, ctypes.c_void_p).value
    assert found is not None
    return found


@cache
def library(name: str, precision: str) -> ModuleType:
    """A file of hand-written kernels."""
    kind = f"cpu_{name.removesuffix('.py')}"
    return printed_module(kind, precision, lambda: printer.print_library(name, precision))


@cache
def compiled(layer: Layer, precision: str) -> ModuleType:
    """The printed loop of a layer."""
    return printed_module("cpu", layer.text(precision), lambda: printer.print_layer(layer, precision))
