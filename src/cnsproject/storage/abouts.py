"""What a file says about itself: read from its head, so that a large file takes no longer than a small one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnsproject.errors import ParameterError
from cnsproject.storage.files import UNREADABLE
from cnsproject.storage.sealed import head_of

ABOUT = "about"  # what a `.npz` calls the text of JSON that says where its arrays come from
NETWORK, RECORDING, EXPERIMENT = "cnsproject network", "cnsproject recording", "cnsproject experiment"
_KINDS = (NETWORK, RECORDING, EXPERIMENT)
_OF_A_FOLDER = ("zarr.json", "recordings.npz", "parameters.json")


@dataclass(frozen=True)
class About:
    """What was found.

    kind     NETWORK, RECORDING or EXPERIMENT
    path     of the file itself, in a folder that was given
    content  the provenance that was written with it
    """

    kind: str
    path: Path
    content: dict[str, Any]


def read_about(path: Path) -> About:
    """What a file or folder of ours says; nothing is verified, and no array is read. Raises ParameterError for others.

    path  a saved network; a recording (.npz, or a folder .zarr); what `cns run` wrote: the folder, or a file in it
    """
    if not path.exists():
        raise ParameterError(str(path), got="no file", expected="a file of cnsproject", fix="check the path")
    file = path if path.is_file() else next((path / name for name in _OF_A_FOLDER if (path / name).is_file()), path)
    for read in _WAYS.get(file.suffix, _WAYS[""]):
        try:
            kind, content = read(file)
        except UNREADABLE:
            continue
        if kind in _KINDS and isinstance(content, dict):
            return About(kind, file, content)
    raise ParameterError(
        str(path), got="no file that says where it comes from",
        expected="a saved network, a recording (.npz, .zarr), or what cns run wrote",
        fix="give one of these; pictures and pages have no more than a line of it in them",
    )  # fmt: skip


def _of_json(path: Path) -> tuple[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if path.name != "zarr.json":
        return _kind(content), content
    ours = content["attributes"]["cnsproject"]
    record = ours.get("record", ours)  # the record, which has a hash beside it
    return _kind(record), record[ABOUT]


def _of_arrays(path: Path) -> tuple[str, Any]:
    # Opened here, since numpy does not close what is no archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        content = json.loads(str(archive[ABOUT]))
    return _kind(content), content.get(ABOUT, content)  # a recording has a record around it, an experiment has none


def _of_sealed(path: Path) -> tuple[str, Any]:
    head = head_of(path)
    return head["kind"], head["record"]["provenance"]


def _kind(content: dict[str, Any]) -> str:
    """The format, without a version behind it."""
    return str(content["format"]).rstrip("0123456789. ")


_WAYS: dict[str, tuple[Callable[[Path], tuple[str, Any]], ...]] = {
    ".json": (_of_json,), ".npz": (_of_arrays,), "": (_of_sealed, _of_arrays)
}  # fmt: skip
