"""`Interrupts`: Ctrl-C waits for the end of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """While it is entered, Ctrl-C is kept until `look()`; pressed again, it is felt at once.

    Threads other than the main one do not get signals, and a program that ignores Ctrl-C goes on ignoring it.
    """

    def __init__(self) -> None:
        self._wanted = False
        self._usual: Callable[[int, FrameType | None], Any] | None = None

    def __enter__(self) -> Interrupts:
        usual = signal.getsignal(signal.SIGINT)
        if callable(usual) and threading.current_thread() is threading.main_thread():
            self._usual = usual
            signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._wanted and self._usual:
            self._usual(number, frame)
        self._wanted = True

    def look(self) -> None:
        """Do now what Ctrl-C usually does, if it was pressed."""
        if self._wanted and self._usual:
            self._wanted = False
            self._usual(signal.SIGINT, None)

    def __exit__(self, kind: object, *_: object) -> None:
        if self._usual:
            signal.signal(signal.SIGINT, self._usual)
            if kind is None:
                self.look()
