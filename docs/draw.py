"""Draw the pictures of figures.md anew: `python docs/draw.py` runs its code and saves what each block has drawn."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib

PAGE = Path(__file__).parent / "figures.md"


def main() -> None:
    """Each figure goes to the next picture that the page shows."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names: dict[str, object] = {}
    for block, after in re.findall(r"```python\n(.*?)```(.*?)(?=```python|\Z)", PAGE.read_text(), re.DOTALL):
        exec(block, names)
        pictures = re.findall(r"\]\((figures/\w+\.png)\)", after)
        for number, picture in zip(plt.get_fignums(), pictures, strict=True):
            plt.figure(number).savefig(PAGE.parent / picture, dpi=100, pil_kwargs={"optimize": True})
        plt.close("all")


if __name__ == "__main__":
    main()
