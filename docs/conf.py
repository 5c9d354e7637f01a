"""Sphinx configuration."""

from pathlib import Path
from typing import Any

import jupytext

from viewshift import __version__

project = "viewshift"
author = "The viewshift developers"
copyright = "the viewshift developers, BSD-3-Clause"
version = release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_templates"]
HERE = Path(__file__).resolve().parent

myst_enable_extensions = ["dollarmath", "deflist", "fieldlist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "viewshift"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_sidebars = {"*": [], "*/**": ["sidebar-nav-bs"]}  # nothing stands below the pages of the first level
html_theme_options = {
    "show_prev_next": False,
    "header_links_before_dropdown": 3,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_show_sourcelink = False


def write_notebook_pages(app: Any) -> None:
    """Write a page for each notebook, with its prose and code; links are made to fit pages."""
    target = HERE / "notebooks"
    target.mkdir(exist_ok=True)
    for source in HERE.parent.joinpath("notebooks").glob("*.py"):
        cells = jupytext.read(source).cells
        parts = [f"```python\n{c.source}\n```" if c.cell_type == "code" else c.source for c in cells]
        text = "\n\n".join(parts).replace("](../docs/", "](../").replace(".ipynb)", ".md)")
        (target / f"{source.stem}.md").write_text(text + "\n", encoding="utf-8")


def setup(app: Any) -> None:
    """Have the notebooks' pages written before pages are looked for."""
    app.connect("builder-inited", write_notebook_pages)
