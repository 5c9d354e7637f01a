"""Run the code of gallery.md, and keep the picture that each block draws under the name that stands below the block."""

import io
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
PAGE = HERE / "gallery.md"


class Block(NamedTuple):
    """A block of code, the picture below it (or none), and a hash of all code up to here."""

    code: str
    picture: Path | None
    digest: str


def blocks() -> list[Block]:
    """Return the page's blocks of Python in order."""
    text = PAGE.read_text(encoding="utf-8")
    found, so_far = [], ""
    for match in re.finditer(
        r"^```python\n(.*?)^```\n+(?:!\[[^\]]+\]\((\S+)\))?", text, flags=re.MULTILINE | re.DOTALL
    ):
        code, picture = match.groups()
        so_far += code
        found.append(Block(code, HERE / picture if picture else None, sha256(so_far.encode()).hexdigest()))
    return found


def run(folder: Path | None = None) -> list[str]:
    """Run all blocks in one namespace; write pictures, if a folder is given, and return what each was drawn with."""
    names: dict[str, Any] = {}
    drawn = []
    with mpl.rc_context({"svg.hashsalt": "viewshift"}):
        for block in blocks():
            plt.close("all")
            exec(compile(block.code, PAGE.name, "exec"), names)
            if (block.picture is None) != (not plt.get_fignums()):
                raise ValueError(
                    f"{PAGE.name}: a picture stands below a block if and only if it draws one:\n{block.code}"
                )
            if block.picture is not None:
                drawn.append(block.picture.name)
                if folder is not None:
                    (folder / block.picture.name).write_text(_svg(plt.gcf(), block.digest), encoding="utf-8")
        plt.close("all")
    return drawn


def _svg(figure: Figure, digest: str) -> str:
    """Return a figure as SVG that says which code drew it, in hundredths of a point and without idle blanks."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Identifier": digest})
    return re.sub(r' d="([^"]*)"', lambda found: f' d="{_shorter(found[1])}"', text.getvalue())


def _shorter(path: str) -> str:
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", re.sub(r"(\.\d\d)\d+", r"\1", path))


if __name__ == "__main__":
    mpl.use("agg")
    target = HERE / "_static" / "gallery"
    target.mkdir(exist_ok=True)
    run(target)
