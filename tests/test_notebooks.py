"""Each notebook is a pair: text for people and diffs, and the same cells, without outputs, for Jupyter."""

from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
PAIRS = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))


def test_every_notebook_has_its_text() -> None:
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == PAIRS
    assert PAIRS


@pytest.mark.parametrize("name", PAIRS)
def test_notebook_and_text_hold_the_same_cells(name: str) -> None:
    cells = [
        [(cell.cell_type, cell.source.strip()) for cell in jupytext.read(NOTEBOOKS / f"{name}{suffix}").cells]
        for suffix in (".py", ".ipynb")
    ]
    assert cells[0] == cells[1], f"run: jupytext --sync notebooks/{name}.py"


@pytest.mark.parametrize("name", PAIRS)
def test_notebook_is_kept_without_outputs(name: str) -> None:
    code = [cell for cell in jupytext.read(NOTEBOOKS / f"{name}.ipynb").cells if cell.cell_type == "code"]
    assert [cell.source for cell in code if cell.outputs or cell.execution_count is not None] == []
