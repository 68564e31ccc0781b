"""The explorer: how long after a slider's move something else is seen.

Answers are timed at the server, of values that it has not run before: simulated, measured, packed. In the browser, a
headless Chromium, the time goes from the event of a key on a slider to the end of the frame that shows the new
pictures, as the page itself measures it ("shown" of the User Timing API).
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.contest import entries
from cnsproject.explore import State
from cnsproject.explore.page import served
from cnsproject.explore.page.answers import Answers

NAME, TITLE = "explorer", "explorer, slider to answer"
# What is looked at, and the slider that is moved.
MOVED: Mapping[str, tuple[str, str]] = {
    "report, 20 neurons, 1500 steps": ("report", "J1"),
    "network, 500 neurons, 1000 steps": ("network", "exc_exc_weight"),
    "AELIF, 3000 steps": ("AELIF", "tau"),
}
ROUNDS = 20
_SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage")
_READY = "return pictures !== null && !asking && moved === null && performance.getEntriesByName('shown').length > {}"


def answers(world: str, slider: str) -> list[float]:
    """Seconds of answers, each of a value of its own."""
    asked, default = Answers(), float(dict(State.of(world).values)[slider])
    values = [default * (1.0 + 0.01 * k) for k in range(ROUNDS + 1)]
    return [asked.answer(State.of(world, {slider: repr(value)}).query())["seconds"] for value in values][1:]


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for switch in (*_SWITCHES, "--window-size=1500,1250"):
        options.add_argument(switch)
    options.binary_location = str(shutil.which("chromium"))
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def seen(driver: Any, address: str, world: str, slider: str) -> list[float]:
    """Seconds from a key on a slider to the new pictures."""
    driver.get(f"{address}?world={world}")
    _wait(driver, 0)
    driver.execute_script("performance.clearMeasures()")
    field = driver.find_element("css selector", f"[data-of={slider}]")
    for k in range(ROUNDS + 1):
        field.send_keys("\ue014")  # the arrow to the right
        _wait(driver, k)
        time.sleep(0.3)  # a hand is slower than that, too
    measured = driver.execute_script("return performance.getEntriesByName('shown').map(e => e.duration)")
    return [1e-3 * duration for duration in measured[1:]]


def _wait(driver: Any, more_than: int) -> None:
    while not driver.execute_script(_READY.format(more_than)):
        time.sleep(0.01)


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """At the server, then in a browser where there is one; an answer is so short that its rounds are always as many."""
    del rounds, scale
    times = {f"answer: {what}": answers(*moved) for what, moved in MOVED.items()}
    if shutil.which("chromium") and shutil.which("chromedriver"):
        with served() as address, browser() as driver:
            times |= {f"seen: {what}": seen(driver, address, *moved) for what, moved in MOVED.items()}
    milliseconds = {name: 1e3 * statistics.median(values) for name, values in times.items()}
    return {"title": TITLE, "rounds": ROUNDS, "milliseconds": milliseconds, "contestants": entries(times)}
