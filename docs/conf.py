"""Sphinx configuration."""

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
html_sidebars = {"**": ["sidebar-nav-bs"], "index": []}
html_theme_options = {"show_prev_next": False, "footer_start": ["copyright"], "footer_end": []}
html_show_sourcelink = False
