"""Make the pictures of docs/networks.md, by running the page."""

import os
import re
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    os.chdir(HERE)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", (HERE.parent / "networks.md").read_text(), re.DOTALL):
        exec(block, names)
