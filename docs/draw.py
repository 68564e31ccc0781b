"""Draw the pictures of these pages anew: `python docs/draw.py` runs their code and saves what each block has drawn."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib

PAGES = ("figures.md", "networks.md")


def main() -> None:
    """All pages."""
    matplotlib.use("Agg")
    for name in PAGES:
        with matplotlib.rc_context():
            draw(Path(__file__).parent / name)


def draw(page: Path) -> None:
    """Each figure goes to the next picture that the page shows."""
    import matplotlib.pyplot as plt

    names: dict[str, object] = {}
    for block, after in re.findall(r"```python\n(.*?)```(.*?)(?=```python|\Z)", page.read_text(), re.DOTALL):
        exec(block, names)
        pictures = re.findall(r"\]\((figures/\w+\.png)\)", after)
        for number, picture in zip(plt.get_fignums(), pictures, strict=True):
            plt.figure(number).savefig(page.parent / picture, dpi=100, pil_kwargs={"optimize": True})
        plt.close("all")


if __name__ == "__main__":
    main()
