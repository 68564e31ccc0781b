"""A run in a notebook is seen in the notebook: images that replace each other, in a kernel of its own."""

from __future__ import annotations

import base64
import importlib.util
import io
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

_spec = importlib.util.spec_from_file_location("notebooks", Path(__file__).with_name("test_notebooks.py"))
assert _spec is not None and _spec.loader is not None
notebooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(notebooks)

CELLS = (
    "import cnsproject as cns\n"
    "net = cns.Network(dt=1.0, seed=1)\n"
    "cells = net.add_layer(cns.LIFPopulation(8, u=cns.Uniform(-70, -55)), 'cells')\n"
    "net.add_monitor(cns.Monitor(cells, ['s', 'u']), 'cells')\n"
    "net.run(400, {'cells': 20.0}, executor='eager', live=cns.Live(fps=1000), progress=True)",
    "live = cns.Live(fps=1000)\nfor _ in range(3):\n    net.run(10, {'cells': 20.0}, executor='eager', live=live)",
    "net.run(10, {'cells': 20.0}, executor='eager', live=live)",
)


class Listener(NotebookClient):
    """Notes what the kernel says."""

    said: list[tuple[str, str]]

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        content = msg["content"]
        if "image/png" in content.get("data", {}):
            self.said.append((msg["msg_type"], content["transient"]["display_id"]))
        return super().process_message(msg, cell, cell_index)


@pytest.mark.slow
def test_frames_arrive_in_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(notebooks, "NotebookClient", Listener)
    monkeypatch.setattr(Listener, "said", said, raising=False)
    path = tmp_path / "live.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS]), path)
    first, loop, again = notebooks.execute(path, tmp_path, monkeypatch, notebooks.START).cells
    kinds = [kind for kind, _ in said]
    assert kinds.count("display_data") == 3 and kinds[0] == "display_data"
    places = list(dict.fromkeys(place for _, place in said))
    counts = [[place for _, place in said].count(one) for one in places]
    assert len(places) == 3 and counts[0] > 1 and counts[1] > 1  # one picture for a loop, another for another cell
    for cell in (first, loop, again):
        (image,) = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(image.data["image/png"]))).convert("RGB"))
        assert image.metadata["image/png"] == {"width": pixels.shape[1], "height": pixels.shape[0]}
        assert (pixels == (0x00, 0x72, 0xB2)).all(axis=2).sum() > 100
    assert len(first.outputs) == 2 and len(loop.outputs) == 1  # the first has a progress bar too
