"""`make test-peers`: ours beside Brian2 and NEST, spike by spike. Not part of `make test`, which needs no peer."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "peers: compares with Brian2 and NEST, run by `make test-peers`")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the group out unless it was asked for, by its mark or by its path."""
    asked = "peers" in config.option.markexpr or any("peers" in Path(argument).parts for argument in config.args)
    return None if asked else True
