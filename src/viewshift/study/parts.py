"""What a page is made of: cells, tables, pictures and sections, each with the rows of the results that it shows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from viewshift.study.inline_svg import inline_svg

NO_KEY = float("nan")


class Drawing(NamedTuple):
    """A figure and the values behind its marks.

    Parameters
    ----------
    svg
        SVG text.
    marks
        Place of each mark in units of the SVG's view box, and what it says. A place without y is a whole column.
    """

    svg: str
    marks: Sequence[tuple[float, float | None, str]] = ()


class Cell(NamedTuple):
    """One cell of a table.

    Parameters
    ----------
    text
        What it says.
    key
        What to sort by in a column of numbers; NaN comes last.
    tip
        More to say, on hovering.
    tone
        Its colour: r0 to r10 for shares from 0 to 1, "below" for less, o1 to o4 and u1 to u4 for ratios over and
        under 1.
    note
        A word after it: what kind of detector it names.
    """

    text: str
    key: float = NO_KEY
    tip: str = ""
    tone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Source:
    """Which rows of the results table are shown.

    Parameters
    ----------
    metrics
        Names of the metrics.
    rates
        Dials; none for metrics that need no dial.
    scenario
        Name of the scenario; "" for all of them.
    file
        The table, where it is another one beside the page.
    """

    metrics: Sequence[str]
    rates: Sequence[float] = ()
    scenario: str = ""
    file: str = "results.csv"

    @property
    def where(self) -> str:
        """Dial, scenario and seed in words."""
        rates = f"rate {' and '.join(f'{rate:g}' for rate in self.rates)}, " if self.rates else ""
        scenario = f"scenario {self.scenario}" if self.scenario else "each scenario"
        return f"{rates}{scenario}, all seeds together"

    @property
    def inside(self) -> bool:
        """Whether the page holds the table."""
        return self.file == "results.csv"

    @property
    def dial(self) -> str:
        """The dial as the results table writes it; "" if there are none or several."""
        return f"{self.rates[0]:.6g}" if len(self.rates) == 1 else ""


@dataclass(frozen=True)
class Grid:
    """A table.

    Parameters
    ----------
    head
        Column names.
    rows
        Cells.
    caption
        One line above it.
    source
        Rows of the results that it shows, if it shows any.
    words
        Columns that hold words, not numbers, besides the first.
    matrix
        Whether its columns are many and narrow.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    source: Source | None = None
    words: Sequence[int] = ()
    matrix: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure with its text for those who do not see it.

    Parameters
    ----------
    drawing
        The figure.
    file
        Its path from the Markdown file.
    alt
        What it shows, in words.
    caption
        What to see in it.
    source
        Rows of the results that it shows, if it shows any.
    """

    drawing: Drawing
    file: str
    alt: str
    caption: str
    source: Source | None = None

    @property
    def inline(self) -> str:
        """The figure as it stands in a page, in the colours of the page."""
        return inline_svg(self.drawing.svg, self.name)

    @property
    def large(self) -> bool:
        """Whether it is too wide to stand beside another."""
        return float(re.search(r'viewBox="\S+ \S+ (\S+)', self.drawing.svg)[1]) > 500  # type: ignore[index]

    @property
    def name(self) -> str:
        """The file's name without folder and suffix."""
        return self.file.rsplit("/", 1)[-1].removesuffix(".svg")

    @property
    def marks(self) -> list[list[float | str | None]]:
        """Place and text of each mark, rounded to what an eye can tell."""
        return [[round(x, 1), None if y is None else round(y, 1), text] for x, y, text in self.drawing.marks]


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it.

    Parameters
    ----------
    title
        Heading.
    texts
        Paragraphs.
    figures
        Pictures, before the tables.
    tables
        Tables.
    code
        A command to type.
    folds
        Parts that are shown when asked for; the first one at once.
    brief
        What stands beside the title while the part is folded.
    """

    title: str
    texts: Sequence[str] = ()
    figures: Sequence[Picture] = ()
    tables: Sequence[Grid] = ()
    code: str = ""
    folds: Sequence["Section"] = ()
    brief: str = ""

    @property
    def anchor(self) -> str:
        """Its address within the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())
