"""The explorer, served to a browser without a window."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cnsproject.explore.page import served

WAIT = 60.0  # seconds; what runs for the first time is compiled before


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the explorer is served, on a free port, by a thread of this process."""
    with served(warm=False) as where:
        yield where


class Tab:
    """The page as who uses it sees it."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, query: str) -> None:
        """The page of a link."""
        self.driver.get(f"{self.address}?{query}")
        self.idle()

    def idle(self) -> None:
        """Wait until nothing is being computed."""
        end = time.monotonic() + WAIT
        ready = "pictures !== null && !asking && moved === null && performance.getEntriesByName('shown').length > 0"
        while not self.run(f"return {ready}"):
            assert time.monotonic() < end, "the page is still busy"
            time.sleep(0.02)

    def settled(self) -> None:
        """Wait until what is told once nothing moves is told."""
        self.idle()
        time.sleep(0.35)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, name: str) -> str:
        """What is seen of an element with this id."""
        return str(self.find(f"#{name}").text)

    def press(self, selector: str, key: str) -> None:
        self.find(selector).send_keys(key)
        self.idle()

    def type(self, name: str, text: str) -> None:
        """Replace what stands in a field."""
        self.find(f"#{name}").send_keys(Keys.CONTROL + "a")
        self.press(f"#{name}", text or Keys.BACKSPACE)

    def put(self, name: str, text: str) -> None:
        """Replace what stands in a field at once, as pasting does."""
        script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
        self.run(script, self.find(f"#{name}"), text)
        self.idle()

    def fields(self) -> dict[str, str]:
        return dict(self.run("return [...new FormData(form)].filter(([name]) => name !== 'beside')"))

    def table(self, name: str = "numbers") -> list[list[str]]:
        rows = (
            "[...document.querySelectorAll('#' + arguments[0] + ' tr')].map(r => [...r.cells].map(c => c.textContent))"
        )
        return list(self.run(f"return {rows}", name))

    def pixels(self) -> list[int]:
        """The pictures, each as one number made of its colours; what is transparent may differ unseen."""
        # Bokeh draws in shadow roots, one within the other.
        script = """
            const found = [];
            (function walk(root) {
              for (const e of root.querySelectorAll("*")) {
                if (e instanceof HTMLCanvasElement && e.width > 50) {
                  const { data } = e.getContext("2d").getImageData(0, 0, e.width, e.height);
                  let sum = 0;
                  for (const pixel of new Uint32Array(data.buffer)) sum = (Math.imul(31, sum) + (pixel & 0xffffff)) | 0;
                  found.push(sum);
                }
                if (e.shadowRoot) walk(e.shadowRoot);
              }
            })(document);
            return found;
        """
        return list(self.run(script))

    def complaints(self) -> list[str]:
        """What the browser said since this was asked last, other than on `pixels`, which is slow."""
        said = [e["message"] for e in self.driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
        return [message for message in said if "readback operations" not in message]

    def hosts(self) -> set[str | None]:
        """Whom the browser has asked for something since this was asked last."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}


@pytest.fixture
def tab(address: str, need: Callable[[str], str], tmp_path: Path) -> Iterator[Tab]:
    """A browser of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = need("chromium")
    for switch in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1500,1250",
        "--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}",
    ):  # fmt: skip
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(need("chromedriver")))
    try:
        yield Tab(driver, address)
    finally:
        driver.quit()
