"""Where frames are shown while something runs: in a notebook, in a window, or by a function of the user's."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from cnsproject.checks import extra, one_of
from cnsproject.errors import StateError
from cnsproject.plotting._pixels import Frame

PLACES = ("auto", "notebook", "window")
DPI = 100.0


class Screen(ABC):
    """Shows frames, one in place of the other (abstract)."""

    @abstractmethod
    def show(self, frame: Frame) -> bool:
        """Show a frame; False when nobody looks any more."""

    @property
    def lasting(self) -> bool:
        """Whether it also serves the next run, of the same `Live`."""
        return True


class Caller(Screen):
    """Hands frames to a function."""

    def __init__(self, function: Callable[[Frame], object]) -> None:
        self._function = function

    def show(self, frame: Frame) -> bool:
        """Call it."""
        self._function(frame)
        return True


class Notebook(Screen):
    """An image below a cell, replaced by the messages that every Jupyter front end knows (display_id)."""

    def __init__(self) -> None:
        self._ipython = extra("IPython.display", "notebook")
        self._cell = _cell()
        self._handle: Any = None

    def show(self, frame: Frame) -> bool:
        """Send the frame as a PNG."""
        height, width = frame.pixels.shape
        image = self._ipython.Image(frame.png(), width=width, height=height)
        if self._handle is None:
            self._handle = self._ipython.display(image, display_id=True)
        else:
            self._handle.update(image)
        return True

    @property
    def lasting(self) -> bool:
        """As long as the same cell runs."""
        return self._cell == _cell()


class Window(Screen):
    """A window of matplotlib; closing it is all that is needed to be rid of it."""

    def __init__(self) -> None:
        import matplotlib.pyplot as plt

        self._plt = plt
        self._figure: Any = None
        self._image: Any = None

    def show(self, frame: Frame) -> bool:
        """Show the frame, and let the window do what it has to."""
        if self._figure is None:
            self._open(frame)
        if not self._plt.fignum_exists(self._figure.number):
            return False
        self._image.set_data(frame.rgba())
        self._figure.canvas.draw_idle()
        self._figure.canvas.flush_events()
        return True

    def _open(self, frame: Frame) -> None:
        height, width = frame.pixels.shape
        self._figure = self._plt.figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        ax = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        ax.set_axis_off()
        self._image = ax.imshow(frame.rgba(), aspect="auto", interpolation="nearest")
        self._plt.show(block=False)


def find_screen(where: str | Callable[[Frame], object], what: str) -> Screen | None:
    """The place that was asked for; with "auto" the first there is, or None.

    Raises StateError, with the name `what`, where a place that was asked for is not there.
    """
    if not isinstance(where, str):
        return Caller(where)
    one_of(what, where, PLACES)
    if where == "notebook" or (where == "auto" and _in_notebook()):
        if not _in_notebook():
            raise StateError(
                what, got="'notebook' outside of one", expected="a Jupyter kernel", fix="use 'window', or a function"
            )
        return Notebook()
    if _has_windows():
        return Window()
    if where == "window":
        raise StateError(
            what, got="'window' without a display, or a backend of matplotlib that opens none",
            expected="an interactive backend in the main thread", fix="call matplotlib.use('QtAgg') or 'TkAgg' before, "
            "on a server give a function that gets the frames",
        )  # fmt: skip
    return None


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _in_notebook() -> bool:
    return getattr(_shell(), "kernel", None) is not None


def _cell() -> int:
    """Which cell runs."""
    return int(getattr(_shell(), "execution_count", 0))


def _has_windows() -> bool:
    """Whether matplotlib opens windows here."""
    if threading.current_thread() is not threading.main_thread():
        return False
    import matplotlib.pyplot as plt

    figure = plt.figure()
    try:
        return getattr(type(figure.canvas), "required_interactive_framework", None) is not None
    finally:
        plt.close(figure)
