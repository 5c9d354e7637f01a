"""One self-contained HTML page about a study, and its Markdown twin: formatting, no computing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pandas as pd

from viewshift._files import write_whole
from viewshift.study.example import Example
from viewshift.study.finding import ranking, three_sentences
from viewshift.study.sections import Content, sections, subtitle
from viewshift.study.setup import Setup
from viewshift.study.tables import check_columns


def report(
    table: pd.DataFrame,
    path: str | Path,
    *,
    timings: pd.DataFrame | None = None,
    examples: Sequence[Example] = (),
    setup: Setup | None = None,
    command: str = "",
    parameters: Mapping[str, str] | None = None,
) -> Path:
    """Write a self-contained HTML page about a study, and a Markdown twin with its figures next to it.

    Parameters
    ----------
    table
        From `run`, or read back from its results.csv.
    path
        The HTML file; the twin gets the suffix .md, its figures a folder.
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

    Returns
    -------
    The path of the HTML file.

    Raises
    ------
    ValueError
        If the table lacks a column.
    """
    path = Path(path)
    content = _content(table, f"{path.stem}_figures", timings, examples, setup, command)
    content = replace(content, parameters=parameters or {})
    parts = sections(content)
    words = {
        "title": "Which detector finds shifts in daily viewing?",
        "subtitle": subtitle(content),
        "finding": three_sentences(content.table, content.rates, content.eventful, content.null),
        "sections": parts,
    }
    for picture in (one for section in parts for one in section.figures):
        write_whole(path.parent / picture.file, picture.svg)
    write_whole(path, _filled("report.html.jinja", words))
    write_whole(path.with_suffix(".md"), _filled("report.md.jinja", words))
    return path


def _filled(template: str, words: Mapping[str, object]) -> str:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only reports need it

    text = resources.files("viewshift.study").joinpath(template).read_text(encoding="utf-8")
    page = Environment(autoescape="html" in template, undefined=StrictUndefined).from_string(text)
    return page.render(words).rstrip() + "\n"


def _content(
    table: pd.DataFrame,
    folder: str,
    timings: pd.DataFrame | None,
    examples: Sequence[Example],
    setup: Setup | None,
    command: str,
) -> Content:
    check_columns(table)
    table = table.assign(error=table["error"].fillna(""), seed=table["seed"].astype("Int64"))
    rates = table["rate"].dropna().drop_duplicates().tolist()
    scenarios = [name for name in table["scenario"].drop_duplicates() if name != "mean"]
    with_events = set(table.loc[table["metric"] == "net_recall", "scenario"])
    eventful = [name for name in scenarios if name in with_events]
    null = [name for name in scenarios if name not in with_events]
    causal = table.loc[table["causal"], "detector"].drop_duplicates().tolist()
    offline = table.loc[~table["causal"], "detector"].drop_duplicates().tolist()
    order = ranking(table, rates[0]) or causal
    offline = ranking(table, rates[0], causal=False) or offline
    return Content(table, rates, eventful, null, order, offline, folder, setup, timings, tuple(examples), command)
