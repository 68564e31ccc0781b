"""`cns explore`, without its page."""

from __future__ import annotations

import socket
import sys

import pytest
from typer.testing import CliRunner

from cnsproject.cli import app
from cnsproject.errors import MissingExtraError, ParameterError
from cnsproject.explore.page import served


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bokeh", None)
    error = CliRunner().invoke(app, ["explore"]).exception
    assert isinstance(error, MissingExtraError)
    assert "pip install 'cnsproject[explore]'" in str(error)


def test_a_port_that_is_taken_or_none_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], -1, 70_000):
            with pytest.raises(ParameterError, match="port"), served(port, warm=False):
                pass


def test_it_is_bound_to_this_machine_alone() -> None:
    with served(warm=False) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        with socket.socket() as elsewhere:  # 127.0.0.2 is another address of this machine
            elsewhere.settimeout(2.0)
            assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
