"""The page of `viewshift detect --out shifts.html`: self-contained, light or dark, wide or narrow."""

import io
import re
from collections.abc import Callable
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text

from viewshift import __version__
from viewshift._plain_text import plain
from viewshift.alarms import describe
from viewshift.cli.findings import Findings, how_rare
from viewshift.panel import Panel
from viewshift.plots import account, calendar
from viewshift.plots._calendar import CELL
from viewshift.plots._canvas import ALARM, LEVELS, MUTED, NOTHING, words

INK = "#1c2127"
MOST_ACCOUNTS = 12
KINDS = {
    "spike": "a spike of a day or two",
    "surge": "a surge that ended",
    "lasting": "a lasting change",
    "quiet": "a fall",
}

_VARIABLES = {INK: "ink", ALARM: "alarm", MUTED: "muted", NOTHING: "nothing"} | {
    colour: f"level{k}" for k, colour in enumerate(LEVELS)
}
_STYLE: dict[Any, Any] = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def page(found: Findings) -> str:
    """Return the page as HTML; names are escaped, and no title is on it.

    At most `MOST_ACCOUNTS` accounts are drawn, those with the most surprising alarms first.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("viewshift.cli", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    peaks = found.alarms.groupby("account")["surprise"].max()
    watched = found.panel.accounts[found.panel.observed.any(axis=1)].tolist()
    names = sorted(watched, key=lambda name: (-peaks.get(name, 0.0), name))
    sections = [_section(found, name) for name in names[:MOST_ACCOUNTS]]
    return environment.get_template("page.html.jinja").render(
        found=found,
        sections=sections,
        more=max(0, len(names) - MOST_ACCOUNTS),
        version=__version__,
        colours={name: colour for colour, name in _VARIABLES.items()},
        report=plain(str(found.report)),
    )


def _section(found: Findings, name: str) -> dict[str, Any]:
    panel = found.panel.select([name])
    alarms = found.alarms[found.alarms["account"] == name].reset_index(drop=True)
    seen = panel.days[panel.observed[0]]
    return {
        "name": plain(name),
        "since": seen[0],
        "until": seen[-1],
        "pictures": _pictures(panel, alarms, found),
        "alarms": [
            {
                "number": number,
                "sentence": sentence,
                "noticed": f"{alarm['detected'].day} {alarm['detected']:%b %Y}",
                "kind": KINDS[alarm["kind"]],
                "rare": how_rare(alarm, found.rule),
                "measures": alarm["measures"].replace("_", " ").replace(words(found.measure), found.unit),
            }
            for number, (alarm, sentence) in enumerate(
                zip(alarms.to_dict("records"), describe(alarms, found.unit), strict=True), start=1
            )
        ],
    }


def _pictures(panel: Panel, alarms: pd.DataFrame, found: Findings) -> list[tuple[str, Markup]]:
    """Return each picture twice: for wide screens and for narrow ones."""
    of = f"{found.unit} a day of one account, with {len(alarms)} alarms"
    return [
        ("wide", _svg(lambda: _draw_calendar(panel, alarms, found, months=12), 10, f"Calendar of {of}", "wide")),
        ("narrow", _svg(lambda: _draw_calendar(panel, alarms, found, months=6), 13, f"Calendar of {of}", "narrow")),
        ("wide", _svg(lambda: _draw_account(panel, alarms, found, width=10), 10, f"Bars of {of}", "wide")),
        ("narrow", _svg(lambda: _draw_account(panel, alarms, found, width=4.6), 10, f"Bars of {of}", "narrow")),
    ]


def _draw_calendar(panel: Panel, alarms: pd.DataFrame, found: Findings, *, months: int) -> Figure:
    figure = Figure(layout="constrained")
    ax = calendar(panel, measure=found.measure, alarms=alarms, months=months, ax=figure.subplots())
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    figure.set_size_inches(0.8 + CELL * (right - left), 0.6 + CELL * (bottom - top))
    return _in_words(figure, found)


def _draw_account(panel: Panel, alarms: pd.DataFrame, found: Findings, *, width: float) -> Figure:
    figure = Figure(figsize=(width, 3.2), layout="constrained")
    account(panel, measure=found.measure, alarms=alarms, ax=figure.subplots())
    return _in_words(figure, found)


def _in_words(figure: Figure, found: Findings) -> Figure:
    """Call what a figure counts as the sentences do: videos, say."""
    for text in figure.findobj(Text):
        text.set_text(text.get_text().replace(words(found.measure), found.unit))
    return figure


def _svg(draw: Callable[[], Figure], font_size: float, label: str, width: str) -> Markup:
    """Return a figure as an SVG element whose colours are the page's variables.

    Names within it are its own: a pattern of a picture that is not shown would fill nothing in the one that is.
    """
    with rc_context(_STYLE | {"font.size": font_size, "svg.hashsalt": f"{label} {width}"}):
        buffer = io.StringIO()
        draw().savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    text = re.sub("<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text)  # a hundredth of a point is enough
    text = re.sub("#[0-9a-f]{6}", lambda found: _themed(found[0]), text)
    return Markup(text)


def _themed(colour: str) -> str:
    return f"var(--{_VARIABLES[colour]})" if colour in _VARIABLES else colour
