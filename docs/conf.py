"""How Sphinx makes the documentation: `make docs` writes it to out/docs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

import cnsproject
import cnsproject.analysis
import cnsproject.plotting

if TYPE_CHECKING:
    from sphinx.application import Sphinx

matplotlib.use("Agg")

project = "cnsproject"
author = "The cnsproject developers"
project_copyright = author
version = release = cnsproject.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "docstrings",
    "mathematics",
]
exclude_patterns = ["**/GALLERY_HEADER.rst", "figures", "_templates"]
templates_path = ["_templates"]
default_role = "code"
nitpicky = True
# Classes that users do not name have no page of their own: bases, and what is stored in others.
nitpick_ignore_regex = [("py:.*", r"(?!cnsproject\.\w+$).*")]
suppress_warnings = ["config.cache"]  # the functions in sphinx_gallery_conf

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autoclass_content = "class"
python_display_short_literal_types = True
add_module_names = False

html_theme = "furo"
html_title = f"cnsproject {version}"
html_static_path = ["_static"]
html_css_files = ["house.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"sidebar_hide_name": False, "top_of_page_buttons": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

sphinx_gallery_conf = {
    "examples_dirs": ["start", "coming_from", "gallery"],
    "gallery_dirs": ["made/start", "made/coming_from", "made/gallery"],
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "image_srcset": ["2x"],
    "plot_gallery": True,
    "reference_url": {},
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
}

# Pages that the start page names itself; every other one in this folder is added to "More pages" there.
NAMED = [
    "index", "step", "models", "command-line",
    "learning", "encoding", "decision", "convolution", "features", "recording", "sweeps",
    "other-simulators", "house", "performance", "contributing", "changelog",
]  # fmt: skip

# What the parts of a network ask of each other. Whoever writes a class of their own finds it in the code.
BETWEEN_OBJECTS = [
    "aliases", "before_step", "competition_of", "fixed", "get_extra_state", "in_phase", "in_step", "label", "lower",
    "numbers", "remark", "set_extra_state", "shorten_steps", "signs", "synapse_lists", "take_key", "undo",
    "was_advanced", "weight_shape", "wiring",
]  # fmt: skip


# Pages of the reference that are made anew: title, module and what it is about.
LISTED = {
    "pictures": ("Pictures: cnsproject.plotting", cnsproject.plotting, cnsproject.plotting.__all__),
    "numbers": ("Numbers from spikes: cnsproject.analysis", cnsproject.analysis, cnsproject.analysis.__all__),
}


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("config-inited", lists_of_names)
    app.connect("source-read", other_pages)
    app.connect("autodoc-skip-member", between_objects)


def lists_of_names(_app: Sphinx, _config: object) -> None:
    """Write the pages of names that no page says by hand; those of cnsproject that the reference forgot among them."""
    said = (HERE / "reference" / "index.rst").read_text(encoding="utf-8").split()
    forgotten = [name for name in cnsproject.__all__ if name not in said and not name.startswith("_")]
    pages = LISTED | ({"more": ("More names", cnsproject, forgotten)} if forgotten else {})
    folder = HERE / "made" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for page, (title, module, names) in pages.items():
        lines = [title, "=" * len(title), "", f".. currentmodule:: {module.__name__}", "", ".. autosummary::"]
        lines += ["   :toctree: ../reference", "", *(f"   {name}" for name in names), ""]
        text = "\n".join(lines)
        path = folder / f"{page}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def other_pages(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the pages that nobody named onto the start page."""
    if page == "index":
        others = sorted(path.stem for path in HERE.glob("*.md") if path.stem not in NAMED)
        source[0] = source[0].replace("OTHER PAGES", "\n".join(others))


def between_objects(_app: Sphinx, _what: str, name: str, _obj: Any, _skip: bool, _options: object) -> bool | None:
    """Leave out what is no concern of a user; None leaves the choice to Sphinx."""
    return True if name in BETWEEN_OBJECTS else None
