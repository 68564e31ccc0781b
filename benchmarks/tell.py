"""Write what was measured into the documents: `python -m benchmarks.tell` fills in their texts and draws their figures.

A page says what it wants between two lines, of which the first names a result and one of its texts:

    <!-- measured: scaling, curves -->
    ...
    <!-- end -->

The figure of a result, where it has one, lies in docs/figures under its name. Nothing is measured here: what is told
is in `results/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib

from benchmarks.environments import ROOT
from benchmarks.record import kept
from benchmarks.told import parts, rates, sizes, statistics, times

TOLD = {module.NAME: module for module in (statistics, rates, times, parts, sizes)}
DOCS, WIDTH = ROOT / "docs", 140
WANTED = re.compile(r"(<!-- measured: (\w+), (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """The text of a page with what was measured; what was not measured stays as it is."""

    def put(found: re.Match[str]) -> str:
        before, name, text, old, end = found.groups()
        records = kept([name])
        texts: dict[str, Callable[[dict[str, Any]], str]] = TOLD[name].TEXTS
        return before + (wrapped(texts[text](records[0])) if records else old) + end

    return WANTED.sub(put, page)


def wrapped(text: str) -> str:
    """Paragraphs in lines of the usual length; tables and lists stay."""
    lines = (line if line.startswith(("|", "-")) else fill(line, WIDTH) for line in text.rstrip().split("\n"))
    return "\n".join(lines) + "\n"


def pages() -> list[Path]:
    """Those that want something."""
    return [path for path in sorted(DOCS.glob("*.md")) if WANTED.search(path.read_text(encoding="utf-8"))]


def main() -> None:
    """All pages and figures."""
    for path in pages():
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    matplotlib.use("Agg")
    for name, module in TOLD.items():
        draw = getattr(module, "figure", None)
        for record in kept([name]) if draw else ():
            draw(record).savefig(DOCS / "figures" / f"{name}.png", dpi=150, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
