"""The explorer beside a program that goes on: a test, a measurement, a notebook."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cnsproject.explore.page.server import serve


@contextmanager
def served(port: int = 0, *, warm: bool = True) -> Iterator[str]:
    """Serve the explorer from a thread while the block runs; gives its address. Arguments and errors as of `serve`."""
    told: queue.Queue[str | BaseException] = queue.Queue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(port, browser=False, warm=warm, tell=told.put))

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the block would have begun
            told.put(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="explorer")
    thread.start()
    first = told.get()
    try:
        if isinstance(first, BaseException):
            raise first
        yield first
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
