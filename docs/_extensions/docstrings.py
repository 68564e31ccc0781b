"""Our docstrings as reStructuredText: aligned names become lists, indented lines stay as they are typed.

A docstring of ours is plain text in paragraphs. One of these has names at the left and, after two spaces or more,
what they mean; lines that go on stand under the meaning. Indented lines are equations or code, and so is what stands in
single backticks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAME = re.compile(r"(?!.* = .*;  )(\S(?:.*?\S)??) {2,}(\S.*)")
BESIDE = re.compile(r"(.*?\S) {3,}(\S+) {2,}(\S.*)")
NAMES_ONLY = re.compile(r"\*{0,2}\w+(, \*{0,2}\w+)+,?$")
CODE = re.compile(r"(`[^`]+`)")
EXAMPLE = ">>>"


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True}


def process(_app: object, _what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Rewrite a docstring in place."""
    lines[:] = restructured(lines)


def restructured(lines: list[str]) -> list[str]:
    """Lines of a docstring, without common indentation, as reStructuredText."""
    return [line for block in _blocks(lines) for line in _block(block)]


def _blocks(lines: list[str]) -> list[list[str]]:
    """Lines between blank ones."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _block(block: list[str]) -> list[str]:
    """A block, in parts: prose, names with meanings, lines that are indented."""
    if block[0].startswith(EXAMPLE):
        return [*block, ""]
    out: list[str] = []
    prose: list[str] = []
    k = 0
    while k < len(block):
        found = NAME.fullmatch(block[k])
        goes_on = k + 1
        while goes_on < len(block) and block[goes_on].startswith(" "):
            goes_on += 1
        following = [line.strip() for line in block[k + 1 : goes_on]]
        if found or (following and NAMES_ONLY.match(block[k])):
            out += _paragraph(prose)
            name, meaning = found.groups() if found else (block[k], "")
            for each, words in _entries(name, [meaning, *following]):
                out += [f"``{each}``", f"   {_escaped(' '.join(words).strip())}", ""]
            prose, k = [], goes_on
        elif following:
            out += [*_paragraph([*prose, block[k]]), "::", "", *block[k + 1 : goes_on], ""]
            prose, k = [], goes_on
        elif block[k].startswith(" "):
            out += [*_paragraph(prose), "::", "", *block[k:goes_on], ""]
            prose, k = [], goes_on
        else:
            prose.append(block[k])
            k += 1
    return out + _paragraph(prose)


def _entries(name: str, lines: list[str]) -> list[tuple[str, list[str]]]:
    """A name and its meaning, and those that stand beside it in the same lines."""
    own: list[str] = []
    entries = [(name, own)]
    for line in lines:
        beside = BESIDE.fullmatch(line)
        own.append(beside.group(1) if beside else line)
        if beside:
            entries.append((beside.group(2), [beside.group(3)]))
    return entries


def _paragraph(lines: list[str]) -> list[str]:
    return [_escaped(" ".join(lines)), ""] if lines else []


def _escaped(text: str) -> str:
    """What would be markup is text, save for code in backticks."""
    parts = CODE.split(text)
    return "".join(f"`{part}`" if part.startswith("`") else re.sub(r"([\\*_|`])", r"\\\1", part) for part in parts)
