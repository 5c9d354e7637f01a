"""One self-contained HTML page about a study, and its Markdown twin: formatting, no computing."""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from viewshift._files import write_whole
from viewshift.study.content import arrange
from viewshift.study.embedded import embedded_results
from viewshift.study.example import Example
from viewshift.study.finding import three_sentences
from viewshift.study.parts import Picture, Section
from viewshift.study.sections import sections, subtitle
from viewshift.study.sections_inference import verdicts
from viewshift.study.setup import Setup

TITLE = "Which detector finds shifts in daily viewing?"


def report(
    table: pd.DataFrame,
    path: str | Path,
    *,
    title: str = TITLE,
    timings: pd.DataFrame | None = None,
    examples: Sequence[Example] = (),
    setup: Setup | None = None,
    command: str = "",
    parameters: Mapping[str, str] | None = None,
    comparisons: pd.DataFrame | None = None,
    ranks: pd.DataFrame | None = None,
    power: pd.DataFrame | None = None,
    peers: Collection[str] = (),
    defaults: pd.DataFrame | None = None,
) -> Path:
    """Write a self-contained HTML page about a study, and a Markdown twin with its figures next to it.

    Parameters
    ----------
    table
        From `run`, or read back from its results.csv.
    path
        The HTML file; the twin gets the suffix .md, its figures a folder.
    title
        The question.
    timings
        Fit seconds and accounts per second, shown at the end.
    examples
        Accounts to show; those of the best detector are taken.
    setup
        Sizes of the study, for the record.
    command
        What to type to repeat the study.
    parameters
        Name of each detector to how it was run.
    comparisons
        Every pair of detectors: comparisons.csv.
    ranks
        Mean ranks: mean_ranks.csv.
    power
        From `power_curves`.
    peers
        Names of the detectors of other packages.
    defaults
        From ``peers.at_defaults``.

    Returns
    -------
    The path of the HTML file.

    Raises
    ------
    ValueError
        If the table lacks a column.
    """
    path = Path(path)
    more: dict[str, Any] = {"timings": timings, "examples": tuple(examples), "setup": setup, "command": command}
    more |= {
        "comparisons": comparisons,
        "ranks": ranks,
        "power": power,
        "peers": frozenset(peers),
        "defaults": defaults,
    }
    content = replace(arrange(table, f"{path.stem}_figures"), **more, parameters=parameters or {})
    parts = sections(content)
    words: dict[str, object] = {
        "title": title,
        "subtitle": subtitle(content),
        "finding": three_sentences(content.table, content.rates, content.eventful, content.null) + verdicts(content),
        "sections": parts,
    }
    for picture in _pictures(parts):
        write_whole(path.parent / picture.file, picture.drawing.svg)
    style, script = _own("report.css"), _own("report.js")
    page = {"style": style, "script": script, "allowed": _allowed(script), "results": embedded_results(content.table)}
    write_whole(path, _filled("report.html.jinja", words | page))
    write_whole(path.with_suffix(".md"), _filled("report.md.jinja", words))
    return path


def _pictures(parts: Sequence[Section]) -> list[Picture]:
    return [picture for part in parts for picture in (*part.figures, *_pictures(part.folds))]


def _allowed(script: str) -> str:
    """Return the page's content security policy: its own style and this one script, and nothing from anywhere else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"


def _own(file: str) -> str:
    return resources.files("viewshift.study").joinpath(file).read_text(encoding="utf-8")


def _filled(template: str, words: Mapping[str, object]) -> str:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only reports need it

    page = Environment(autoescape="html" in template, undefined=StrictUndefined).from_string(_own(template))
    return page.render(words).rstrip() + "\n"
