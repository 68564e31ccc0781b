"""Draw the pictures of these pages anew: `python docs/draw.py` runs their code and saves what each block has drawn."""

from __future__ import annotations

import re
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib

HERE = Path(__file__).resolve().parent
PAGES = ("figures.md", "networks.md", "sweeps.md")


def main() -> None:
    """All pages; what they write goes nowhere."""
    matplotlib.use("Agg")
    for name in PAGES:
        with matplotlib.rc_context(), TemporaryDirectory() as folder, chdir(folder):
            draw(HERE / name)


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
