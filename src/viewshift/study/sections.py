"""What stands in a report, part by part: text, pictures and tables, in the order in which one asks."""

import platform
from collections.abc import Sequence
from importlib.metadata import version

import viewshift
from viewshift.simulate import SCENARIOS
from viewshift.study import figures
from viewshift.study.content import CONTROLS, Content
from viewshift.study.example import Example
from viewshift.study.finding import number
from viewshift.study.parts import Picture, Section, Source
from viewshift.study.sections_inference import cost_section, defaults_section, lead_section, power_section
from viewshift.study.tables import (
    failure_table,
    matrix,
    parameter_table,
    plain,
    ranking_table,
    rows,
    scenario_table,
    words_for,
)

PACKAGES = ("numpy", "scipy", "numba", "pandas", "scikit-learn", "matplotlib")
SHOWN = {"net_recall", "recall", "chance_recall", "reached", "delay", "alarms", "alarms_over_dial", "clean_alarms"}
"""Metrics that have their place in the sections on recall and on alarm rates."""


def subtitle(content: Content) -> str:
    """Say in one line what was compared with what.

    Parameters
    ----------
    content
        All that the report shows.
    """
    seeds = content.table["seed"].dropna().drop_duplicates().astype(str).tolist()
    controls = len(set(CONTROLS) & set(content.order))
    peers = len(set(content.peers) & set(content.order))
    own = len(content.order) - controls - peers
    counted = [(own, "detector"), (peers, "peer"), (controls, "control"), (len(content.offline), "offline")]
    kinds = [f"{n} {word}{'s' if n > 1 and word != 'offline' else ''}" for n, word in counted if n]
    text = f"{', '.join(kinds)}; {len(content.eventful)} scenarios with events, "
    text += f"{len(content.null)} without, seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"
    s = content.setup
    if s is not None and s.people is not None:
        return f"{text}; {s.people.in_words(s.n_reference)}. Intervals hold 95 % (bootstrap over households)."
    if s is not None:
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
        lead_section(content),
        _scenario_section(content),
        _null_section(content),
        power_section(content),
        _each_section(content),
        _more_section(content),
        _offline_section(content),
        defaults_section(content),
        cost_section(content),
        _failure_section(content),
        _record_section(content),
    ]
    return [part for part in parts if part is not None]


def _ranking_section(content: Content) -> Section | None:
    if not content.eventful:
        return None
    mean = rows(content.table, "net_recall", scenario="mean")
    picture = Picture(
        figures.draw_ranking(mean, content.order, content.rates),
        f"{content.folder}/ranking.svg",
        "Mean net recall of each detector with 95 % intervals, best on top",
        "Every rule was set to the same alarm rate on ordinary accounts."
        + (" Constant and Random are controls that know nothing: they must lie at 0." * _controls(content)),
        Source(["net_recall"], content.rates, "mean"),
    )
    texts = [
        "An event counts as found if a fresh alarm opens between its first and its last day. Ordinary viewing raises "
        "alarms too: what the same rule finds in the same windows of the same accounts without events is taken off. "
        "The difference is the net recall."
    ]
    if "going_quiet" in content.eventful:
        texts.append("The mean counts going quiet too, which detectors that look for more viewing cannot find.")
    return Section("Ranking", texts, [picture], [ranking_table(content, content.order)])


def _controls(content: Content) -> bool:
    return set(CONTROLS) <= set(content.order)


def _scenario_section(content: Content) -> Section | None:
    if not content.eventful:
        return None
    caption = "Net recall (share of events, chance hits taken off) at {:g} per account-year; × is a failed run."
    grids = [
        matrix(content, content.order, content.eventful, "net_recall", rate, caption.format(rate))
        for rate in content.rates
    ]
    texts = ["Intervals stand under each scenario below."]
    if "going_quiet" in content.eventful:
        texts.append(
            "Detectors look for more viewing unless their name says otherwise. Where viewing stops they lie below 0: "
            "an account that falls silent raises none of its usual alarms."
        )
    return Section("By scenario", texts, [], grids)


def _null_section(content: Content) -> Section | None:
    if not content.null:
        return None
    shown = content.order + content.offline
    caption = "Observed alarms over the dial of {:g} per account-year; no colour: within 15 %."
    grids = [
        matrix(content, shown, content.null, "alarms_over_dial", rate, caption.format(rate)) for rate in content.rates
    ]
    texts = [
        "A ratio of 1 is the promise kept on accounts the rule has not seen. Intervals leave out that the threshold "
        "itself was estimated."
    ]
    if "Constant" in shown:
        texts.append("Constant scores all days alike: it raises no alarms.")
    return Section("Are the alarm rates kept where nothing is wrong?", texts, [], grids)


def _each_section(content: Content) -> Section | None:
    first = content.rates[0]
    columns: list[tuple[str, float | None]] = [("net_recall", rate) for rate in content.rates]
    columns += [("chance_recall", first), ("delay", first), ("average_precision", None), ("vus_pr", None)]
    calm: list[tuple[str, float | None]] = [("alarms_over_dial", rate) for rate in content.rates]
    folds = []
    for scenario in content.eventful + content.null:
        wanted = columns if scenario in content.eventful else calm
        texts = [SCENARIOS[scenario].intent] if scenario in SCENARIOS else []
        grid = scenario_table(content, content.order, scenario, [*wanted, ("days_in_alarm", first)])
        brief = _best_on(content, scenario) if scenario in content.eventful else "nothing is wrong here"
        folds.append(Section(plain(scenario), texts, _examples(content, scenario), [grid], brief=brief))
    texts = ["The median delay runs from onset to alarm, over events found and not found by chance."]
    shown = _shown(content)
    if shown:
        texts.append(
            f"Example accounts: what {shown[0].detector} sees at {shown[0].rate:g} per account-year; for each scenario "
            "the first account whose event it found and the first one whose event it missed. Surprise is -log10 of the "
            "p-value; an alarm opens where it reaches the threshold."
        )
        if shown[0].usual() is not None:
            texts.append("Usual is what 9 of 10 ordinary days stay at or below, by the shipped usual level.")
    return Section("Scenario by scenario", texts, folds=folds)


def _best_on(content: Content, scenario: str) -> str:
    found = [(name, content.pooled.get((name, scenario, "net_recall", content.rates[0]))) for name in content.order]
    known = [
        (row["value"], row["low"], name) for name, row in found if row is not None and row["value"] == row["value"]
    ]
    if not known:
        return "no detector ran through"
    value, low, name = max(known, key=lambda one: one[0])
    if not low > 0:
        return f"no detector is clear of chance at {content.rates[0]:g}"
    return f"{name} finds most at {content.rates[0]:g}: {number(value)}"


def _shown(content: Content) -> list[Example]:
    """Return the examples of the best detector; none of real people, whose days are nobody else's business."""
    return [one for one in content.examples if one.detector in content.order[:1] and not content.real]


def _examples(content: Content, scenario: str) -> Sequence[Picture]:
    pictures = []
    for one in _shown(content):
        if one.scenario == scenario:
            missed = one.delay != one.delay
            days = f"{one.delay:.0f} day{'' if one.delay == 1 else 's'}"
            words = f"{plain(one.scenario)}, account {one.account}, seed {one.seed}: "
            up = any(opened < one.window[0] <= last for opened, last in one.alarms)
            words += f"missed{', an alarm being up already' if up else ''}" if missed else f"found after {days}"
            file = f"{content.folder}/{scenario}_{'missed' if missed else 'found'}.svg"
            pictures.append(Picture(figures.draw_example(one), file, words, words + "."))
    return pictures


def _more_section(content: Content) -> Section | None:
    scenarios, first = content.eventful, content.rates[0]
    folds = []
    for metric, dialled in content.metrics.items():
        if metric in SHOWN or not scenarios:
            continue
        grid = matrix(content, content.order, scenarios, metric, first if dialled else None, "")
        folds.append(Section(words_for(metric, first if dialled else None), tables=[grid]))
    texts = ["Each detector on each scenario, by the other metrics of the results table."]
    return Section("Other metrics", texts, folds=folds) if folds else None


def _offline_section(content: Content) -> Section | None:
    if not content.offline or not content.eventful:
        return None
    texts = [
        "These look at the whole history at once, the days after the event included. They are no rivals of those "
        "above: a delay has no meaning for them. An event counts as found if a change day falls within its window. "
        "The best detector that sees no future stands first, to compare."
    ]
    shown = [*content.order[:1], *content.offline]
    picture = Picture(
        figures.draw_ranking(rows(content.table, "net_recall", scenario="mean"), shown, content.rates),
        f"{content.folder}/offline.svg",
        "Mean net recall of each offline detector with 95 % intervals, below the best that sees no future",
        f"{shown[0]} sees no future; the others see the days after the event too.",
        Source(["net_recall"], content.rates, "mean"),
    )
    grids = [ranking_table(content, shown)]
    grids += [
        matrix(content, shown, content.eventful, "net_recall", rate, f"Net recall at {rate:g}.")
        for rate in content.rates
    ]
    return Section("Offline detectors, apart", texts, [picture], grids)


def _failure_section(content: Content) -> Section | None:
    grid = failure_table(content)
    if grid is None:
        return None
    texts = ["These did not run through and stand in no mean. The folder failures/ next to the results repeats each."]
    return Section("Failures", texts, [], [grid])


def _record_section(content: Content) -> Section:
    versions = [f"viewshift {viewshift.__version__}", f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in PACKAGES]
    grids = [parameter_table(content.parameters)] if content.parameters else []
    simulated = "The viewers are simulated: who leads among them need not lead among your accounts."
    texts = [
        "The accounts are those of real people, and no day of theirs is shown." if content.real else simulated,
        "Versions: " + ", ".join(versions) + ".",
    ]
    if content.command:
        texts.append("The results table comes out the same, byte for byte, with:")
    return Section("To repeat it", texts, [], grids, content.command)
