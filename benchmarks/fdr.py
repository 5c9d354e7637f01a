"""Measure realised false discovery rates among 1e5 simulated accounts on closed days, with and without day factors.

On each of the days .2 % of the accounts watch 25 episodes more, before what then happens to all happens to them too.

Run it from a checkout: ``python benchmarks/fdr.py [SCENARIO ...]``. Without names it writes results/fdr.md.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import viewshift as vs
from viewshift._files import write_whole
from viewshift._typing import Floats, Ints
from viewshift.baselines import DayFactor
from viewshift.fdr import discoveries_on_day

ACCOUNTS, DAYS, LEVEL, PLANTED, EPISODES = 100_000, 200, 0.10, 200, 25
STRATA = np.arange(ACCOUNTS) % 5
SHOCKS = np.arange(104, DAYS, 4)
TARGET = Path(__file__).with_name("results") / "fdr.md"

SCENARIOS = {
    "ordinary": (None, False, False),
    "all double": ("double", False, False),
    "all double, day factors": ("double", True, False),
    "all watch another day's besides": ("another", False, False),
    "all watch another day's besides, day factors": ("another", True, False),
    "a stratum doubles": ("stratum", False, False),
    "a stratum doubles, day factors by stratum": ("stratum", True, True),
    "a stratum doubles, day factors without strata": ("stratum", True, False),
    "all halve": ("halve", False, False),
    "all halve, day factors": ("halve", True, False),
}
"""What happens on a closed day, whether day factors are estimated, and whether they know the strata."""


def panel(episodes: Floats, rows: Ints | slice = slice(None)) -> vs.Panel:
    """Return a panel of counts, named by row."""
    return vs.Panel({"episodes": episodes}, accounts=np.arange(ACCOUNTS)[rows].astype(str), start="2023-01-02")


def shocked(episodes: Floats, kind: str | None) -> Floats:
    """Return the counts with a common cause on each of the days."""
    changed, rng = episodes.copy(), np.random.default_rng(8)
    for t in SHOCKS:
        own = episodes[:, t]
        if kind == "double":
            changed[:, t] = 2 * own
        elif kind == "stratum":
            changed[:, t] = np.where(rng.integers(5) == STRATA, 2 * own, own)
        elif kind == "another":
            changed[:, t] = own + episodes[np.arange(ACCOUNTS), t - 7 * rng.integers(1, 10, ACCOUNTS)]
        elif kind == "halve":
            changed[:, t] = rng.binomial(own.astype(np.int64), 0.5)
    return changed


def outcome(rule: vs.AlarmRule, whole: vs.Panel, surprise: Floats, t: int, planted: Ints, method: str) -> Floats:
    """Return the share of false discoveries, and that of the planted accounts (not in an alarm) that are found."""
    beyond, mine = np.zeros(surprise.shape, dtype=bool), np.isin(np.arange(ACCOUNTS), planted)
    options = {name: getattr(rule, name) for name in ("quiet", "adapt_after")}
    options |= {"level": LEVEL, "method": method, "threshold": rule.threshold_}
    table = discoveries_on_day(whole, surprise, beyond, whole.days[t], **options)
    named = table["discovered"].to_numpy()
    false = (named & ~mine).sum() / max(named.sum(), 1)
    return np.array([false, named[mine].sum() / (mine & ~table["in_alarm"].to_numpy()).sum()])


def measured(rule: vs.AlarmRule, shock: DayFactor, episodes: Floats, name: str) -> Iterator[str]:
    """Give the rows of a scenario, one per method."""
    kind, with_factors, with_strata = SCENARIOS[name]
    common = " | "
    rng = np.random.default_rng(7)
    rows = rng.permutation(ACCOUNTS)[: SHOCKS.size * PLANTED].reshape(SHOCKS.size, PLANTED)
    values = episodes.copy()
    for t, mine in zip(SHOCKS, rows, strict=True):
        values[mine, t] += EPISODES
    whole = panel(shocked(values, kind))
    if with_factors:
        estimate = shock.estimate(whole, STRATA if with_strata else None)
        factors, widening = (part[:, SHOCKS].max(axis=0) for part in (estimate.factor, estimate.widening))
        common = f"{factors.mean():.2f} | {widening.mean():.3f}"
        whole = estimate.apply(whole)
    surprise = rule.surprise(whole)
    for method in ("bh", "by", "e-bh"):
        results = [outcome(rule, whole, surprise, t, mine, method) for t, mine in zip(SHOCKS, rows, strict=True)]
        false, power = np.array(results).T
        half = 1.96 * false.std(ddof=1) / np.sqrt(false.size)
        yield f"| {name} | {method} | {false.mean():.3f} ± {half:.3f} | {power.mean():.2f} | {common} |"


def rows(names: list[str]) -> Iterator[str]:
    """Fit on 5,000 viewers of two years, judge 100,000 others, and give the table's rows."""
    reference = panel(vs.simulate.viewers(5_000, 730, seed=101)["episodes"], slice(5_000))
    rule = vs.AlarmRule(vs.detectors.PredictiveTail()).fit(reference)
    shock = DayFactor().fit(reference)
    print({name: value for name, value in shock.learned().items() if "." not in name}, flush=True)
    episodes = np.array(vs.simulate.viewers(ACCOUNTS, DAYS, seed=102)["episodes"])
    for name in names:
        for row in measured(rule, shock, episodes, name):
            print(row, flush=True)
            yield row


def main() -> None:
    """Print some rows, or write the table of all scenarios."""
    head = [
        "| on the day | method | realised FDR at .10 (mean of 24 days ± 95 %) | power | factor | widening |",
        "|---|---|--:|--:|--:|--:|",
    ]
    lines = [*head, *rows(sys.argv[1:] or list(SCENARIOS)), ""]
    if not sys.argv[1:]:
        write_whole(TARGET, "\n".join(lines))


if __name__ == "__main__":
    main()
