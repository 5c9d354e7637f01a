"""What stands in a report, part by part: text, pictures and tables, in the order in which one asks."""

import base64
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import pandas as pd

import viewshift
from viewshift.study import figures
from viewshift.study.example import Example
from viewshift.study.setup import Setup
from viewshift.study.tables import (
    Grid,
    failure_table,
    parameter_table,
    ranking_table,
    rows,
    scenario_table,
    timing_table,
)

PACKAGES = ("numpy", "scipy", "numba", "pandas", "scikit-learn", "matplotlib")


@dataclass(frozen=True)
class Picture:
    """A figure with its text for those who do not see it.

    Parameters
    ----------
    svg
        The figure.
    file
        Its path from the Markdown file.
    alt
        What it shows, in words.
    caption
        What to see in it.
    """

    svg: str
    file: str
    alt: str
    caption: str

    @property
    def base64(self) -> str:
        """The figure as a data address holds it."""
        return base64.b64encode(self.svg.encode()).decode()


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
    small
        Whether two pictures fit side by side.
    """

    title: str
    texts: Sequence[str] = ()
    figures: Sequence[Picture] = ()
    tables: Sequence[Grid] = ()
    code: str = ""
    small: bool = False


@dataclass(frozen=True)
class Content:
    """All that a report shows.

    Parameters
    ----------
    table
        Results.
    rates
        Dials; the first one ranks.
    eventful, null
        Scenarios with events, and those in which nothing is wrong.
    order, offline
        Detectors that see no future and those that do, best first.
    folder
        Of the figures, from the Markdown file.
    setup
        Sizes of the study, if known.
    timings
        Cost of the detectors, if known.
    examples
        Accounts.
    command
        What to type to repeat the study.
    parameters
        Each detector as it was run.
    """

    table: pd.DataFrame
    rates: list[float]
    eventful: list[str]
    null: list[str]
    order: list[str]
    offline: list[str]
    folder: str
    setup: Setup | None
    timings: pd.DataFrame | None
    examples: Sequence[Example] = ()
    command: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def subtitle(content: Content) -> str:
    """Say in one line what was compared with what.

    Parameters
    ----------
    content
        All that the report shows.
    """
    seeds = content.table["seed"].dropna().drop_duplicates().astype(str).tolist()
    controls = len({"Constant", "Random"} & set(content.order))
    counted = [(len(content.order) - controls, "detector"), (controls, "control"), (len(content.offline), "offline")]
    kinds = [f"{n} {word}{'s' if n > 1 and word != 'offline' else ''}" for n, word in counted if n]
    text = f"{', '.join(kinds)}; {len(content.eventful)} scenarios with events, "
    text += f"{len(content.null)} without, seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
    if content.setup is not None:
        s = content.setup
        text += f"; {s.n_accounts} simulated accounts x {s.n_days} days per seed, population '{s.population}', rules "
        text += f"fitted on {s.n_reference:,} other accounts"
    return text + ". Intervals hold 95 % (bootstrap over accounts)."


def sections(content: Content) -> list[Section]:
    """Return the parts of the report that there is something to say in.

    Parameters
    ----------
    content
        All that the report shows.
    """
    parts = [
        _ranking_section(content),
        _scenario_section(content),
        _null_section(content),
        _example_section(content),
        _offline_section(content),
        _failure_section(content),
        _record_section(content),
    ]
    return [part for part in parts if part is not None]


def _ranking_section(content: Content) -> Section | None:
    if not content.eventful:
        return None
    mean = rows(content.table, "net_recall", scenario="mean")
    controls = {"Constant", "Random"} <= set(content.order)
    picture = Picture(
        figures.draw_ranking(mean, content.order, content.rates),
        f"{content.folder}/ranking.svg",
        "Mean net recall of each detector with 95 % intervals, best on top",
        "Every rule was set to the same alarm rate on ordinary accounts."
        + (" Constant and Random are controls that know nothing: they must lie at 0." if controls else ""),
    )
    texts = [
        "An event counts as found if a fresh alarm opens between its first and its last day. Ordinary viewing raises "
        "alarms too: what the same rule finds in the same windows of the same accounts without events is taken off. "
        "The difference is the net recall."
    ]
    if "going_quiet" in content.eventful:
        texts.append("The mean counts going quiet too, which detectors that look for more viewing cannot find.")
    return Section("Ranking", texts, [picture], [ranking_table(content.table, content.order, content.rates)])


def _scenario_section(content: Content) -> Section | None:
    if not content.eventful:
        return None
    cells = rows(content.table, "net_recall")
    picture = Picture(
        figures.draw_heat_map(cells, content.order, content.eventful, content.rates),
        f"{content.folder}/scenarios.svg",
        "Net recall of each detector on each scenario",
        "Net recall by scenario; what lies below 0 is white, and a dash is a failed run.",
    )
    first = content.rates[0]
    grids = [
        scenario_table(content.table, content.order, content.eventful, "delay", first),
        scenario_table(content.table, content.order, content.eventful, "days_in_alarm", first),
        scenario_table(content.table, content.order, content.eventful, "average_precision", None),
    ]
    texts = [
        "Detectors look for more viewing unless their name says otherwise. Where viewing stops they lie below 0: an "
        "account that falls silent raises none of its usual alarms."
    ]
    return Section("By scenario", texts if "going_quiet" in content.eventful else [], [picture], grids)


def _null_section(content: Content) -> Section | None:
    if not content.null:
        return None
    over = rows(content.table, "alarms_over_dial")
    shown = content.order + content.offline
    ties = "Constant" in shown
    pictures = [
        Picture(
            figures.draw_alarm_rates(over, shown, content.null, rate),
            f"{content.folder}/alarm_rate_{rate:g}.svg",
            f"Observed alarms over the dial of {rate:g} per account-year, where nothing is wrong",
            "A ratio of 1 is the promise kept on accounts the rule has not seen. Intervals leave out that the "
            "threshold itself was estimated."
            + (" Constant scores all days alike: it raises no alarms." if ties else ""),
        )
        for rate in content.rates
    ]
    return Section("Are the alarm rates kept where nothing is wrong?", [], pictures, [])


def _example_section(content: Content) -> Section | None:
    shown = [one for one in content.examples if content.order and one.detector == content.order[0]]
    if not shown:
        return None
    pictures = []
    for k, one in enumerate(shown):
        fate = "missed" if one.delay != one.delay else f"found after {one.delay:.0f} days"
        words = f"{one.scenario.replace('_', ' ')}, account {one.account}, seed {one.seed}: {fate}"
        pictures.append(Picture(figures.draw_example(one), f"{content.folder}/example_{k + 1}.svg", words, words + "."))
    first = shown[0]
    text = f"What {first.detector} sees at {first.rate:g} per account-year: for each scenario the first account whose "
    return Section(
        "Example accounts", [text + "event it found and the first one whose event it missed."], pictures, small=True
    )


def _offline_section(content: Content) -> Section | None:
    if not content.offline or not content.eventful:
        return None
    texts = [
        "These look at the whole history at once, the days after the event included. They are no rivals of those "
        "above: a delay has no meaning for them. An event counts as found if a change day falls within its window."
    ]
    grids = [ranking_table(content.table, content.offline, content.rates)]
    grids += [
        scenario_table(content.table, content.offline, content.eventful, "net_recall", rate) for rate in content.rates
    ]
    return Section("Offline detectors, apart", texts, [], grids)


def _failure_section(content: Content) -> Section | None:
    grid = failure_table(content.table)
    if grid is None:
        return None
    texts = ["These did not run through and stand in no mean. The folder failures/ next to the results repeats each."]
    return Section("Failures", texts, [], [grid])


def _record_section(content: Content) -> Section:
    versions = [f"viewshift {viewshift.__version__}", f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in PACKAGES]
    grids = [parameter_table(content.parameters)] if content.parameters else []
    grids += [] if content.timings is None else [timing_table(content.timings)]
    texts = [
        "The viewers are simulated: who leads among them need not lead among your accounts.",
        "Versions: " + ", ".join(versions) + ".",
    ]
    if content.command:
        texts.append("The results table comes out the same, byte for byte, with:")
    return Section("To repeat it", texts, [], grids, content.command)
