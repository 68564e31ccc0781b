"""The pages that `make docs` builds: nothing is missing, links lead somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import cnsproject

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OTHERS = DOCS / "coming_from"
REFERENCE = (DOCS / "reference" / "index.rst").read_text(encoding="utf-8")


def test_the_reference_names_what_is_there() -> None:
    named = re.findall(r"^   (\w+)$", REFERENCE, re.MULTILINE)
    assert len(named) == len(set(named)) > 100
    assert set(named) <= set(cnsproject.__all__)


def test_every_example_of_theirs_is_shown_with_what_it_prints() -> None:
    for script in (OTHERS / "theirs").glob("*.py"):
        page = (OTHERS / f"{script.stem.split('_')[0]}.py").read_text(encoding="utf-8")
        assert f"theirs/{script.name}\n" in page and f"theirs/{script.stem}.txt\n" in page
        assert script.with_suffix(".txt").read_text(encoding="utf-8").strip()


def test_a_docstring_becomes_lists_and_code() -> None:
    sys.path.insert(0, str(DOCS / "_extensions"))
    try:
        from docstrings import restructured  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    lines = ["Head *x*.", "", "a, b   first (ms)", "       goes on", "c      one      d  other", "", "y:", "    y = x"]
    assert restructured(lines) == [
        "Head \\*x\\*.", "", "``a, b``", "   first (ms) goes on", "", "``c``", "   one", "", "``d``", "   other", "",
        "y:", "", "::", "", "    y = x", "",
    ]  # fmt: skip


def blocks(page: str) -> list[list[ast.stmt]]:
    """The code of a page of `coming_from`, a list for each task: what theirs prints stands before it."""
    source = (OTHERS / f"{page}.py").read_text(encoding="utf-8")
    return [ast.parse(part).body for part in re.split(r"^# %%$", source, flags=re.MULTILINE)]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["brian2", "nest", "bindsnet"])
def test_ours_prints_what_theirs_prints(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Line for line where nothing is random; else rates that are alike."""
    tasks = re.findall(rf"theirs/{page}_(\w+)\.py", (OTHERS / f"{page}.py").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for task, body in zip(tasks, blocks(page), strict=True):
        exec(compile(ast.Module(body, []), task, "exec"), names)
        ours, theirs = capsys.readouterr().out, (OTHERS / "theirs" / f"{page}_{task}.txt").read_text(encoding="utf-8")
        if task in ("cuba", "poisson"):
            found, expected = (list(map(float, re.findall(r"[\d.]+(?= Hz)", text))) for text in (ours, theirs))
            assert found == pytest.approx(expected, rel=0.2) and found
        else:
            assert ours == theirs


class Links(HTMLParser):
    """What a page leads to, what it fetches, and where one can go on it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        elif "src" in given or (tag == "link" and "href" in given):
            self.fetched.append(given.get("src") or given["href"])
        self.fetched += [part.split()[0] for part in given.get("srcset", "").split(",") if part.strip()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(folder / "doctrees")]
    done = subprocess.run([*command, str(DOCS), str(folder / "html")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_public_name_has_a_page(site: Path) -> None:
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as file:
        known = InventoryFile.load(file, "", lambda _, part: part)
    places = {name for kind, names in known.items() if kind.startswith("py:") for name in names}
    assert {f"cnsproject.{name}" for name in cnsproject.__all__ if name != "__version__"} <= places
    assert {f"cnsproject.plotting.{name}" for name in cnsproject.plotting.__all__} <= places


@pytest.mark.slow
def test_links_lead_somewhere_and_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = {page: Links(page) for page in site.rglob("*.html")}
    wrong = []
    for page, links in pages.items():
        for link in links.leads + links.fetched:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in links.fetched and parts.scheme != "data":
                    wrong.append(f"{page.relative_to(site)} fetches {link}")
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = target.is_file()
            if there and target.suffix == ".html" and parts.fragment:
                there = parts.fragment in pages[target].places
            if not there:
                wrong.append(f"{page.relative_to(site)} leads to {link}")
    # Sphinx's own page of modules and the search have no place for every letter.
    assert not wrong, "\n".join(wrong)
    assert len(pages) > 150


@pytest.mark.slow
@pytest.mark.needs("chromium")
@pytest.mark.parametrize(("page", "shown", "least"), [("models", "<mfrac>", 20), ("recording", 'class="copybtn', 3)])
def test_a_browser_without_a_net_shows_formulas_and_buttons(
    site: Path, need: Callable[[str], str], tmp_path: Path, page: str, shown: str, least: int
) -> None:
    done = subprocess.run(
        [need("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}", "--virtual-time-budget=2000",
         "--dump-dom", (site / f"{page}.html").as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.count(shown) >= least
