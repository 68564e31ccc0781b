"""Formulas as MathML, which browsers draw themselves: no script, no font from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils.nodes import SkipNode, math, math_block
from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True}


def inline(translator: HTML5Translator, node: math) -> None:
    """A formula in a line."""
    translator.body.append(mathml(node.astext(), as_block=False))
    raise SkipNode


def block(translator: HTML5Translator, node: math_block) -> None:
    """A formula of its own."""
    translator.body.append(f'<div class="formula">{mathml(node.astext(), as_block=True)}</div>\n')
    raise SkipNode


def mathml(text: str, *, as_block: bool) -> str:
    """A formula of ours; what cannot be drawn ends the build."""
    # GitHub wants inline formulas as $`...`$ and thin spaces by name; here both are said the short way.
    plain = text.strip().strip("`").replace(r"\thinspace", r"\,")
    return str(tex2mathml(plain, as_block=as_block))
