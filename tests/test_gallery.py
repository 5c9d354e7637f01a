"""The pictures of the gallery are those that the code on the page draws."""

import ast
import sys
from pathlib import Path

import matplotlib.pyplot as plt

import viewshift as vs

DOCS = Path(__file__).resolve().parent.parent / "docs"
sys.path.insert(0, str(DOCS))
import make_gallery  # noqa: E402 - a script of the documentation

BLOCKS = make_gallery.blocks()
PICTURES = [block for block in BLOCKS if block.picture]


def test_every_picture_was_drawn_by_the_code_above_it():
    stale = [block.picture.name for block in PICTURES if block.digest not in block.picture.read_text(encoding="utf-8")]
    assert stale == [], "run: make pictures"
    assert {path.name for path in (DOCS / "_static" / "gallery").iterdir()} == {
        block.picture.name for block in PICTURES
    }


def test_pictures_are_small():
    assert [block.picture.name for block in PICTURES if block.picture.stat().st_size > 100_000] == []


def test_the_gallery_shows_every_kind_of_picture():
    """`story` is `account` above `surprise`."""
    called = {
        node.attr for block in BLOCKS for node in ast.walk(ast.parse(block.code)) if isinstance(node, ast.Attribute)
    }
    assert set(vs.plots.__all__) - called == {"story"}


def test_the_code_of_the_gallery_runs_and_writes_what_stands_below_it(tmp_path):
    assert make_gallery.run(tmp_path) == [block.picture.name for block in PICTURES]
    for block in PICTURES:
        drawn = (tmp_path / block.picture.name).read_text(encoding="utf-8")
        assert block.digest in drawn
        assert drawn.count("<path") == block.picture.read_text(encoding="utf-8").count("<path")
    assert plt.get_fignums() == []
