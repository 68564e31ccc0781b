"""Tables as a terminal shows them and as a notebook does."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100  # columns of a terminal
_GAP = 2
_NARROWEST = 6

_LETTERS = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho final_sigma
    sigma tau upsilon phi chi psi omega"""
_GREEK = {name: chr(0x3B1 + place) for place, name in enumerate(_LETTERS.split())}
_TOKEN = re.compile(
    r"(?P<derivative>\bd(?P<state>[A-Za-z_]\w*)/dt\b)|(?P<name>[A-Za-z_]\w*)(?P<call>\()?"
    r"|(?P<power>\*\*\s*(?P<exponent>\d+(?:\.\d+)?|[A-Za-z_]\w*))|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|\s*(?P<sign><=|>=|==|!=|[-*/+<>=])\s*"
)
_PART = re.compile(r"[A-Z]*[^\sA-Z(,_]*[(,_]?")  # of a word that may stand on a line of its own
_SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "-": "−", "<": "&lt;", ">": "&gt;"}

_SETTING = re.compile(r"(^|, |: )([A-Za-z]\w*) = ")
_UNIT = re.compile(r"(?:(?<=\d )|(?<=\) )|(?<=\())(?:uS|MOhm)\b")
_LETTER = {"uS": "µS", "MOhm": "MΩ"}
_LONG = 12  # letters of a word that may be broken

# Colours are those of the page around, so that light and dark pages are served alike.
_STYLE = """
.cns-tables { max-width: 66rem; overflow-x: auto; font-size: 0.9rem; line-height: 1.4; color: inherit; }
.cns-tables table { width: 100%; border-collapse: collapse; margin: 0 0 1.4rem; color: inherit;
  border-top: 2px solid currentColor; border-bottom: 2px solid currentColor; background: none; }
.cns-tables caption { caption-side: top; text-align: left; font-weight: bold; padding: 0 0 0.35rem; color: inherit; }
.cns-tables th, .cns-tables td { text-align: left; vertical-align: top; padding: 0.28rem 0.55rem; border: 0;
  background: none; white-space: normal; overflow-wrap: break-word; }
.cns-tables thead th { border-bottom: 1px solid currentColor; }
.cns-tables tbody th { width: 9.5rem; font-weight: 600; }
.cns-tables tbody tr + tr > * { border-top: 1px solid rgba(128, 128, 128, 0.3); }
.cns-tables .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.cns-tables tr.sum > * { border-top: 1px solid currentColor; font-weight: bold; }
.cns-tables .formula { font-family: "STIX Two Text", "Times New Roman", Times, serif; font-size: 1.1em; }
.cns-tables p { margin: -1rem 0 1.4rem; opacity: 0.8; }
"""


class Formula(str):
    """A cell of formulas, one per line, as declarations write them."""


class Settings(str):
    """A cell of names and their values: "tau = 20 ms, R = 1 MOhm"."""


@dataclass(frozen=True)
class Table:
    """Rows of text under a title.

    columns  heads; empty where the first cell of every row is its head
    numbers  which columns are set flush right
    note     what must be said below
    sum      whether the last row is that of the sums
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""
    sum: bool = False

    def text(self, width: int = WIDTH) -> str:
        """The table in so many columns of a terminal."""
        lines = [self.columns, *self.rows] if self.columns else [*self.rows]
        widths = _fit([[line[k] for line in lines] for k in range(len(lines[0]))], width) if lines else []
        rule = "-" * min(width, max(sum(widths) + _GAP * (len(widths) - 1), len(self.title)))
        out = [self.title, rule]
        for place, line in enumerate(lines):
            if self.sum and place == len(lines) - 1:
                out.append(rule)
            out += self._row(line, widths)
            if self.columns and place == 0:
                out.append(rule)
        if not self.rows:
            out.append("none")
        return "\n".join([*out, rule, *textwrap.wrap(self.note, width)])

    def _row(self, cells: Sequence[str], widths: list[int]) -> list[str]:
        wrapped = [_wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
        out = []
        for place in range(max(len(lines) for lines in wrapped)):
            parts = [lines[place] if place < len(lines) else "" for lines in wrapped]
            set_ = [
                part.rjust(width) if k in self.numbers else part.ljust(width)
                for k, (part, width) in enumerate(zip(parts, widths, strict=True))
            ]
            out.append((" " * _GAP).join(set_).rstrip())
        return out

    def html(self) -> str:
        """The table as an element of a page."""
        heads = "".join(f'<th scope="col"{self._kind(k)}>{_escape(c)}</th>' for k, c in enumerate(self.columns))
        rows = "".join(
            f"<tr{self._sum_class(place)}>{''.join(self._cell(k, cell) for k, cell in enumerate(row))}</tr>\n"
            for place, row in enumerate(self.rows)
        )
        if not rows:
            rows = f'<tr><td colspan="{max(1, len(self.columns))}">none</td></tr>\n'
        head = f"<thead><tr>{heads}</tr></thead>\n" if heads else ""
        note = f"<p>{_escape(self.note)}</p>\n" if self.note else ""
        return f"<table>\n<caption>{_escape(self.title)}</caption>\n{head}<tbody>\n{rows}</tbody>\n</table>\n{note}"

    def _sum_class(self, place: int) -> str:
        return ' class="sum"' if self.sum and place == len(self.rows) - 1 else ""

    def _kind(self, column: int) -> str:
        return ' class="number"' if column in self.numbers else ""

    def _cell(self, column: int, cell: str) -> str:
        tag = "td" if self.columns or column else "th"
        scope = ' scope="row"' if tag == "th" else ""
        if isinstance(cell, Formula):
            return f'<{tag}{scope} class="formula">{"<br>".join(typeset(line) for line in cell.splitlines())}</{tag}>'
        return f"<{tag}{scope}{self._kind(column)}>{_prose(cell)}</{tag}>"


class Document:
    """Tables below one another. `str` shows them in a terminal, a notebook as a page."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tuple(tables)

    def __str__(self) -> str:
        return "\n\n".join(table.text() for table in self.tables)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        body = "".join(table.html() for table in self.tables)
        return f'<div class="cns-tables">\n<style>{_STYLE}</style>\n{body}</div>'


def typeset(formula: str) -> str:
    """A formula of a declaration as HTML: names slanted, what follows `_` below, products without a star."""
    out, end = [], 0
    for token in _TOKEN.finditer(formula):
        out.append(_escape(formula[end : token.start()]))
        out.append(_set(token))
        end = token.end()
    return "".join([*out, _escape(formula[end:])])


def _set(token: re.Match[str]) -> str:
    if token["derivative"]:
        return f"d{_name(token['state'])}/d<i>t</i>"
    if token["name"]:
        return f"{token['name']}(" if token["call"] else _name(token["name"])
    if token["power"]:
        exponent = token["exponent"]
        return f"<sup>{exponent if exponent[0].isdigit() else _name(exponent)}</sup>"
    if token["number"]:
        return token["number"]
    sign = token["sign"]
    if sign == "*":
        return "&#8201;"
    if sign == "/":
        return "&#8201;/&#8201;"
    before = token.string[: token.start()].rstrip()
    unary = sign == "-" and (not before or before[-1] in "=(,*/+<>")
    return _SIGNS[sign] if unary else f" {_SIGNS.get(sign, sign)} "


def _name(name: str) -> str:
    base, _, below = name.partition("_")
    if not base or name.endswith("_"):
        return f"<i>{name}</i>"
    slanted = f"<i>{_GREEK.get(base, base)}</i>"
    return f"{slanted}<sub>{_GREEK.get(below, below.replace('_', ' '))}</sub>" if below else slanted


def _prose(cell: str) -> str:
    """A cell of text: numbers and units in their own letters, long words with places to break them."""
    words = (
        "<wbr>".join(map(_escape, _PART.findall(word))).removesuffix("<wbr>") if len(word) > _LONG else _escape(word)
        for word in re.split(r"(\s)", cell)
    )
    text = _UNIT.sub(lambda found: _LETTER[found[0]], "".join(words)).replace("\n", "<br>")
    text = re.sub(r"(?<![\w.])-(?=\d)", "−", text)
    if isinstance(cell, Settings):
        text = _SETTING.sub(lambda found: f'{found[1]}<span class="formula">{_name(found[2])}</span> = ', text)
    return text


def _escape(text: str) -> str:
    return html.escape(text, quote=True)


def _fit(columns: list[list[str]], width: int) -> list[int]:
    """Widths of the columns: what they need; else the widest are cut, first between words, then within, then anyhow."""
    lines = [[line for cell in column for line in cell.splitlines()] or [""] for column in columns]
    widths = [max(map(len, column)) for column in lines]
    words = [max(len(word) for line in column for word in line.split() or [""]) for column in lines]
    parts = [max(len(part) for line in column for part in _PART.findall(line) or [""]) for column in lines]
    for least in (words, parts, [_NARROWEST] * len(widths)):
        while sum(widths) + _GAP * (len(widths) - 1) > width:
            spare = [k for k, (have, need) in enumerate(zip(widths, least, strict=True)) if have > need]
            if not spare:
                break
            widths[max(spare, key=lambda k: widths[k])] -= 1
    return widths


def _wrap(cell: str, width: int) -> list[str]:
    indent = 4 if isinstance(cell, Formula) and width > 8 else 0
    return [part for line in cell.splitlines() for part in _lines_of(line, width, indent)] or [""]


def _lines_of(line: str, width: int, indent: int) -> list[str]:
    """A line in pieces of some width: broken between words, and within those that are longer."""
    lines = [""]
    for word in line.split():
        room = width - (indent if len(lines) > 1 else 0)
        parts = (
            [word]
            if len(word) <= room
            else [p[k : k + room] for p in _PART.findall(word) for k in range(0, len(p), room)]
        )
        for place, part in enumerate(parts):
            joined = lines[-1] + (" " if lines[-1] and not place else "") + part
            if lines[-1] and len(joined) > width:
                lines.append(" " * indent + part)
            else:
                lines[-1] = joined
    return lines
