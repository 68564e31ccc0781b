"""What a long benchmark has measured so far: called again after an interruption, it measures the rest."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.environments import ROOT


class Unfinished:
    """The measurements of a benchmark as a list, `found`, which `out/NAME.json` holds until the benchmark is done.

    A quick look is not `kept`: it neither reads nor writes the file.
    """

    def __init__(self, name: str, *, kept: bool) -> None:
        self.path, self.kept = ROOT / "out" / f"{name}.json", kept
        self.found: list[dict[str, Any]] = json.loads(self.path.read_text()) if kept and self.path.exists() else []

    def add(self, measured: dict[str, Any]) -> None:
        """Keep one more."""
        self.found.append(measured)
        if self.kept:
            self.path.parent.mkdir(exist_ok=True)
            self.path.write_text(json.dumps(self.found, indent=2))

    def done(self) -> list[dict[str, Any]]:
        """All of them; the file is no longer needed."""
        if self.kept:
            self.path.unlink(missing_ok=True)
        return self.found
