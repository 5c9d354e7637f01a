"""Write the table of docs/scenarios.md, and draw each scenario on the days of one account.

Run it from anywhere: ``python docs/make_scenarios.py``. It takes some seconds.
"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from PIL import Image

from viewshift.panel import Panel
from viewshift.plots._canvas import ALARM, LEVELS, MUTED, NOT_OBSERVED
from viewshift.simulate import SCENARIOS, Scenario, viewers

PAGE = Path(__file__).with_name("scenarios.md")
PICTURE = Path(__file__).with_name("_static") / "scenarios.png"
BEFORE, AFTER = 30, 100
"""Days drawn before the first day of an event, and from it on."""

SEED, ACCOUNTS, DAYS = 6, 60, 700
LEVEL, ACTIVE = 2.0, 0.6
"""Of the accounts that an event befalls, one is drawn that watches about so many episodes, on such a share of days."""

COLUMNS = 3
INK, EVENT, SAME = "#24292f", "#dfe2e7", LEVELS[2]
MEASURE = {"night_shift": "night_minutes", "time_zone": "night_minutes"}
KEY = (
    Patch(color=EVENT, label="event or disturbance"),
    Patch(color=SAME, label="as without it"),
    Patch(color=ALARM, label="more than without it"),
    Patch(facecolor="none", edgecolor=INK, linewidth=0.7, label="less than without it"),
    Patch(**NOT_OBSERVED, label="not observed"),
)
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 0.5,
}


def table(wrong: bool) -> list[str]:
    """Return the rows of the scenarios in which something is wrong, or of those in which nothing is."""
    lines = [
        "| scenario | what it stands for | what should alarm | strength (for a power curve); days |",
        "|---|---|---|---|",
    ]
    for name, s in SCENARIOS.items():
        if s.wrong == wrong:
            grid = ", ".join(f"{one:g}" for one in s.strengths)
            strength = f"{s.strength:g} {s.unit} ({grid}); " if s.strengths else ""
            lines.append(f"| `{name}` | {s.intent} | {s.expect} | {strength}{_lasts(s)} |")
    return lines


def _lasts(s: Scenario) -> str:
    if s.lasting:
        return "from the first day" if s.onset == "first" else "for good"
    return f"{' and '.join([str(s.duration)] * len(s.offsets))} day{'s' * (s.duration > 1)}"


def shown(scenario: Scenario, clean: Panel) -> tuple[int, int, Panel, Panel]:
    """Return row and first day of the account drawn, and the panel without and with the event."""
    twin = scenario.twin(clean, seed=SEED)
    panel, truth = scenario.inject(clean, seed=SEED)
    onset = scenario._onsets(clean, SEED)
    befallen = np.isin(clean.accounts, truth["account"]) if scenario.wrong else np.ones(ACCOUNTS, dtype=bool)
    able = befallen & (onset + AFTER <= DAYS)
    days = [clean["episodes"][k, max(0, a - BEFORE) : a + BEFORE] for k, a in enumerate(onset)]
    unlike = [abs(one.mean() - LEVEL) + 4 * abs((one > 0).mean() - ACTIVE) for one in days]
    k = int(np.argmin(np.where(able, unlike, np.inf)))
    return k, int(onset[k]), twin, panel


def draw(ax: Axes, scenario: Scenario, clean: Panel) -> None:
    """Draw one account's days with a scenario."""
    k, onset, twin, panel = shown(scenario, clean)
    measure = MEASURE.get(scenario.name, "episodes")
    first = max(0, onset - BEFORE)
    days = np.arange(first, onset + AFTER) - onset
    before, after = (p[measure][k, first : onset + AFTER].astype(float) for p in (twin, panel))
    for offset in scenario.offsets if scenario.name != "clean" else ():
        last = AFTER if scenario.lasting else offset + scenario.duration
        ax.axvspan(offset, max(last, offset + 1.5), color=EVENT, linewidth=0, zorder=0)
    bar = {"width": 1.0, "align": "edge", "linewidth": 0}
    ax.bar(days, np.fmin(before, after), color=SAME, **bar)
    more, less = np.fmax(after - before, 0), np.fmax(before - after, 0)
    ax.bar(days, more, bottom=before, color=ALARM, **bar)
    gone = less > 0
    ax.bar(days[gone], less[gone], 1.0, after[gone], align="edge", facecolor="none", edgecolor=INK, linewidth=0.5)
    top = 1.1 * max(np.nanmax(after), np.nanmax(before), 1.0)
    missing = np.isnan(after)
    ax.bar(days[missing], np.full(missing.sum(), top), width=1.0, align="edge", zorder=0.5, **NOT_OBSERVED)
    ax.set(xlim=(-BEFORE, AFTER), ylim=(0, top), xticks=[-30, 0, 30, 60, 90])
    ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_title(scenario.name, loc="left", fontweight="bold", pad=4)
    remarks = [] if scenario.wrong else ["nothing wrong"]
    remarks += ["by night"] if measure == "night_minutes" else []
    ax.set_title(", ".join(remarks), loc="right", pad=4)


def gallery() -> None:
    """Draw all scenarios."""
    mpl.use("agg")
    mpl.rcParams.update(STYLE)
    clean = viewers(ACCOUNTS, DAYS, seed=SEED)
    rows = -(-len(SCENARIOS) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(9.4, 1.52 * rows + 0.8), sharex=True, layout="constrained")
    for ax, scenario in zip(axes.flat, SCENARIOS.values(), strict=True):
        draw(ax, scenario, clean)
    figure.supylabel("episodes a day (by night: minutes)", fontsize="medium")
    figure.supxlabel("days from the first day of the event", fontsize="medium")
    figure.legend(handles=KEY, loc="outside upper left", ncols=len(KEY), frameon=False, handlelength=1.2)
    figure.savefig(PICTURE, dpi=150)
    plt.close(figure)
    Image.open(PICTURE).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


def filled(page: str, part: str, lines: list[str]) -> str:
    """Return the page with the lines in the place that is marked for them."""
    begin, end = f"<!-- {part}: begin, written by make_scenarios.py -->", f"<!-- {part}: end -->"
    head, rest = page.split(begin)
    return "\n".join([head + begin, "", *lines, "", end + rest.split(end)[1]])


def main() -> None:
    """Write the tables and draw the picture."""
    page = filled(PAGE.read_text(), "wrong", table(wrong=True))
    PAGE.write_text(filled(page, "harmless", table(wrong=False)))
    gallery()


if __name__ == "__main__":
    main()
