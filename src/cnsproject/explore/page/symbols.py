"""Symbols as a page shows them: from the LaTeX of the declarations."""

from __future__ import annotations

import html
import re
import unicodedata

_MATHRM = re.compile(r"\\mathrm\{(\w+)\}")
_PART = re.compile(r"\\(?P<greek>[A-Za-z]+)|(?P<letters>[A-Za-z0-9]+)")
_VARIANTS = {"vartheta": "ϑ", "varphi": "φ"}


def symbol(latex: str) -> str:
    """A letter with its subscript, such as τ<sub>m</sub>, as HTML; empty for none."""
    base, _, below = _MATHRM.sub(r"\1", latex).partition("_")
    lower = below.strip("{}")
    return f"<i>{_letters(base)}</i>" + (f"<sub>{_letters(lower)}</sub>" if lower else "") if latex else ""


def _letters(text: str) -> str:
    return "".join(
        html.escape(found["letters"]) if found["letters"] else _greek(found["greek"]) for found in _PART.finditer(text)
    )


def _greek(name: str) -> str:
    kind = "CAPITAL" if name[0].isupper() else "SMALL"
    return _VARIANTS.get(name) or unicodedata.lookup(f"GREEK {kind} LETTER {name.upper()}")
