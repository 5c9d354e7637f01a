"""Measure power at equal alarm rates over surges of many lengths and shapes: what to ship, and what it cannot find.

Run it from a checkout: ``python benchmarks/power.py selection`` judges candidates for the default rule, on seeds of
their own; ``python benchmarks/power.py evaluation [FOLDER]`` judges the shipped one against all single detectors on
other seeds and, with a folder of real people's daily counts, on these. They write results/selection.md and
results/power.md and .csv, which docs/power.md shows.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd

import viewshift as vs
from real_counts import people
from viewshift import detectors as vd
from viewshift._files import write_whole
from viewshift._spreadsheets import for_spreadsheets
from viewshift.alarms import find_intervals
from viewshift.baselines import UsualLevel
from viewshift.budget import rate_curve, threshold_at
from viewshift.metrics import first_alarm_delay, interval, per_account
from viewshift.metrics.bootstrap import replicated_sums
from viewshift.simulate import Scenario
from viewshift.simulate.binges import one_show, superpose
from viewshift.simulate.events import go_quiet, multiply
from viewshift.study.source import day_windows

RATES = (1.0, 0.25)
DAYS, REFERENCE, COPIES, QUIET = 730, 800, 20, 7
POPULATIONS = ("sessions", "markov")
STEPS = {"selection": (11, 400), "evaluation": (21, 300)}
"""Seed and accounts of each step."""

RESULTS = Path(__file__).with_name("results")
CEILING = "exact shape known"

ON_PEOPLE = ("default", "SurgeScan", "ZScore", "PredictiveTail, usual level", "WindowSums", "Cusum", "Glr", "Focus")
"""Detectors that are judged on real people too."""

SURGES = {1: 8.0, 3: 4.0, 7: 2.0, 28: 1.0, 2: 5.5, 4: 3.3, 9: 1.7, 20: 1.3}
"""Days to episodes more a day: four lengths and sizes that a scan's grid holds, and four that lie between."""


def add(row: Any, days: Any, rng: Any, strength: float, *, ragged: bool = False, ramp: bool = False) -> None:
    """Add Poisson episodes to each day, or ragged ones: negative binomial of size 1; a ramp rises to twice."""
    rates = strength * (2 * (np.arange(len(days)) + 0.5) / len(days) if ramp else np.ones(len(days)))
    counts = rng.poisson(rng.exponential(rates) if ragged else rates)
    superpose(row, days, one_show(counts, rng, running_time=30.0))


def columns() -> dict[str, Scenario]:
    """Return what is injected, by the name of its column."""
    kinds: list[tuple[str, int, float, Any]] = [(f"{d} d, +{a:g}", d, a, add) for d, a in SURGES.items()]
    kinds += [("28 d, +2", 28, 2.0, add)]
    kinds += [(f"{d} d, +{a:g}, ragged", d, a, partial(add, ragged=True)) for d, a in SURGES.items()]
    kinds += [(f"{d} d, +{SURGES[d]:g}, ramp", d, SURGES[d], partial(add, ramp=True)) for d in (7, 28)]
    kinds += [("doubled for good", 60, 2.0, multiply), ("quiet for good", 60, 0.9, go_quiet)]
    return {
        name: Scenario(
            name=name, intent=name, strength=size, unit="", duration=days, lasting="good" in name, event=event
        )
        for name, days, size, event in kinds
    }


def both(share: float, **scan: Any) -> vd.Bank:
    """Return the scans upwards and downwards, of which the latter may raise a share of the alarms."""
    return vd.Bank(detectors=(vd.SurgeScan(**scan), vd.QuietScan()), shares=(1 - share, share))


def candidates() -> dict[str, vd.Detector]:
    """Return what may become the default."""
    return {
        "SurgeScan": vd.SurgeScan(),
        "SurgeScan, Poisson": vd.SurgeScan(size=np.inf),
        "and QuietScan, .1": both(0.1),
        "and QuietScan, .2": both(0.2),
        "and PredictiveTail": vd.Bank(detectors=(vd.SurgeScan(), vd.PredictiveTail())),
        "PredictiveTail": vd.PredictiveTail(baseline=UsualLevel()),
    }


def judged() -> dict[str, vd.Detector]:
    """Return the default detector, and the single ones that it must beat."""
    usual = UsualLevel()
    return {
        "default": both(0.1),
        "SurgeScan": vd.SurgeScan(),
        "QuietScan": vd.QuietScan(),
        "ZScore": vd.ZScore(),
        "RobustZ": vd.RobustZ(),
        "Ears C2": vd.Ears(chart="C2"),
        "Farrington": vd.Farrington(),
        "PredictiveTail, hurdle": vd.PredictiveTail(),
        "PredictiveTail, usual level": vd.PredictiveTail(baseline=usual),
        "WindowSums": vd.WindowSums(),
        "Cusum": vd.Cusum(),
        "Cusum, shift 1, usual level": vd.Cusum(shift=1.0, baseline=usual),
        "Cusum, NB": vd.Cusum(increments="nb"),
        "Cusum, NB, both ways": vd.Cusum(increments="nb", direction="both"),
        "Ewma": vd.Ewma(),
        "ShiryaevRoberts": vd.ShiryaevRoberts(),
        "Focus": vd.Focus(),
        "Glr": vd.Glr(),
        "Bocpd": vd.Bocpd(),
        "IsolationForest": vd.IsolationForest(),
    }


def known_shape(fitted: vd.SurgeScan, scenario: Scenario) -> vd.SurgeScan | None:
    """Return the likelihood ratio of exactly what is injected, on a fitted scan's baseline; None if it is no surge."""
    if scenario.lasting:
        return None
    size = 1.0 if "ragged" in scenario.name else np.inf
    scan = vd.SurgeScan(lengths=(scenario.duration,), additions=(scenario.strength,), size=size)
    return scan.restore(fitted.learned() | {"knots_": np.array([[[0.0, 1.0], [0.0, 1.0]]])})


def fresh(surprise: np.ndarray, threshold: float, windows: Any) -> np.ndarray:
    """Return how many events of each account are found by an alarm that opens within them."""
    alarms = find_intervals(surprise, threshold, quiet=QUIET)
    found = ~np.isnan(first_alarm_delay(alarms.row, alarms.opened, *windows))
    return per_account(windows.row[found], len(surprise))


def outcomes(
    surprise: Callable[[vs.Panel], np.ndarray], clean: vs.Panel, shifted: Mapping[str, Any]
) -> Iterator[tuple[str, float, np.ndarray]]:
    """Yield column, dial and each account's events found less those found without the event.

    Thresholds are matched on the panel without events, so that every detector raises the same number of alarms there.
    """
    quiet = surprise(clean)
    curve = rate_curve(quiet, QUIET)
    for column, (panel, truth) in shifted.items():
        found, windows = surprise(panel), day_windows(panel, truth)
        for rate in RATES:
            at = threshold_at(curve, rate)
            yield column, rate, fresh(found, at, windows) - fresh(quiet, at, windows)


def frame(name: str, found: Iterator[tuple[str, float, np.ndarray]], where: str) -> pd.DataFrame:
    """Return the outcomes of a detector as a table, one row per account, column and dial."""
    return pd.concat(
        pd.DataFrame(
            {"detector": name, "column": c, "rate": r, "account": [f"{where} {i}" for i in range(len(o))], "net": o}
        )
        for c, r, o in found
    )


def on_simulated(make: Callable[[], Mapping[str, vd.Detector]], population: str, step: str) -> pd.DataFrame:
    """Fit each detector on viewers of one seed and judge it on others."""
    numba.set_num_threads(1)
    seed, n_accounts = STEPS[step]
    reference = vs.simulate.viewers(REFERENCE, DAYS, seed=1000 + seed, population=population)
    viewers = vs.simulate.viewers(n_accounts, DAYS, seed=seed, population=population)
    shifted = {name: scenario.inject(viewers, seed=seed) for name, scenario in columns().items()}
    parts, where = [], f"{population} {seed}"
    for name, detector in make().items():
        rule = vs.AlarmRule(detector, n_folds=2).fit(reference)
        parts.append(frame(name, outcomes(rule.surprise, viewers, shifted), where))
        print(where, name, file=sys.stderr, flush=True)
    if step == "evaluation":
        fitted = vd.SurgeScan(lengths=(1,)).fit(reference)
        for name, scenario in columns().items():
            scan = known_shape(fitted, scenario)
            if scan is not None:
                parts.append(frame(CEILING, outcomes(scan.score, viewers, {name: shifted[name]}), where))
        print(where, CEILING, file=sys.stderr, flush=True)
    return pd.concat(parts)


def on_people(folder: Path, make: Callable[[], Mapping[str, vd.Detector]]) -> pd.DataFrame:
    """Judge rules fitted on simulated viewers on real people, many times each, at thresholds matched on them."""
    reference = vs.simulate.viewers(REFERENCE, DAYS, seed=1000)
    panel, parts = people(folder), []
    copies = {}
    for i, person in enumerate(panel.accounts):
        seen = panel.days[panel.observed[i]]
        one = panel.take([i]).between(seen[0], seen[-1])
        same = {name: np.repeat(values, COPIES, axis=0) for name, values in one.measures.items()}
        many = vs.Panel(same, accounts=[f"{person} {k}" for k in range(COPIES)], start=one.start)
        copies[person] = many, {name: scenario.inject(many, seed=i) for name, scenario in columns().items()}
    for name, detector in make().items():
        rule = vs.AlarmRule(detector, n_folds=2).fit(reference)
        curve = rate_curve(rule.surprise(panel), QUIET)
        for person, (many, shifted) in copies.items():
            clean = rule.surprise(many)
            for column, (changed, truth) in shifted.items():
                found, windows = rule.surprise(changed), day_windows(many, truth)
                for rate in RATES:
                    at = threshold_at(curve, rate)
                    net = (fresh(found, at, windows) - fresh(clean, at, windows)).mean()
                    row = {"detector": name, "column": column, "rate": rate, "account": person, "net": net}
                    parts.append(pd.DataFrame([row]))
        print("people", name, file=sys.stderr, flush=True)
    return pd.concat(parts)


def means(found: pd.DataFrame, rate: float) -> pd.DataFrame:
    """Return mean net power, a row for each column and one column for each detector, in the order of the study."""
    table = found[found["rate"] == rate].pivot_table(index="column", columns="detector", values="net", aggfunc="mean")
    return table.loc[list(columns()), list(dict.fromkeys(found["detector"]))]


def summary(tables: Mapping[float, pd.DataFrame]) -> Iterator[str]:
    """Give a table of all detectors: mean and worst column at each dial, best mean first."""
    heads = " | ".join(f"mean at {rate:g} | worst column" for rate in tables)
    yield f"| detector | {heads} |"
    yield "|---|" + "--:|--:|" * len(tables)
    first = tables[RATES[0]].drop(columns=CEILING, errors="ignore")
    for name in first.mean().sort_values(ascending=False).index:
        cells = [f"{t[name].mean():.3f} | {t[name].min():.2f} ({t[name].idxmin()})" for t in tables.values()]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def by_column(table: pd.DataFrame, chosen: str) -> Iterator[str]:
    """Give a table of all columns: the chosen detector, the best single one, and the ceiling."""
    others = table.drop(columns=[chosen, CEILING], errors="ignore")
    yield f"| injected | {chosen} | best single detector | | {CEILING} |"
    yield "|---|--:|---|--:|--:|"
    for column, row in table.iterrows():
        best, ceiling = others.loc[column].idxmax(), row.get(CEILING, np.nan)
        known = "" if np.isnan(ceiling) else f"{ceiling:.2f}"
        yield f"| {column} | {row[chosen]:.2f} | {best} | {others.loc[column].max():.2f} | {known} |"
    yield ""


def difference(found: pd.DataFrame, rate: float, chosen: str) -> str:
    """Say how far the chosen detector is ahead of the best other one, with an interval over accounts."""
    table = means(found, rate)
    others = table.drop(columns=[chosen, CEILING, "SurgeScan", "QuietScan"], errors="ignore")
    best = others.mean().idxmax()
    own = found[found["rate"] == rate].groupby(["detector", "account"])["net"].mean()
    ahead = (own[chosen] - own[best]).to_numpy()
    spread = replicated_sums(ahead[:, None], 2000, seed=1)[:, 0] / len(ahead)
    low, high = interval(spread)
    worst = others.min().idxmax()
    return (
        f"At {rate:g} per account-year {chosen} finds {table[chosen].mean():.3f} beyond chance, the best classical "
        f"detector ({best}) {others[best].mean():.3f}; the paired difference is {ahead.mean():+.3f} ({low:+.3f} to "
        f"{high:+.3f}, {len(ahead):,} accounts). Its worst column is {table[chosen].min():.3f} "
        f"({table[chosen].idxmin()}); of the classical ones {worst} has the best worst column, "
        f"{others[worst].min():.3f} ({others[worst].idxmin()})."
    )


def pooled(make: Callable[[], Mapping[str, vd.Detector]], step: str) -> pd.DataFrame:
    """Judge on both populations."""
    with ProcessPoolExecutor(len(POPULATIONS)) as pool:
        return pd.concat(pool.map(partial(on_simulated, make, step=step), POPULATIONS))


def main() -> None:
    """Write the table of a selection, or of an evaluation."""
    if sys.argv[1] == "selection":
        found = pooled(candidates, "selection")
        write_whole(RESULTS / "selection.md", "\n".join(summary({rate: means(found, rate) for rate in RATES})))
        return
    found = pooled(judged, "evaluation")
    tables = {rate: means(found, rate) for rate in RATES}
    lines = [line for rate in RATES for line in (difference(found, rate, "default"), "")] + list(summary(tables))
    for rate, table in tables.items():
        lines += [f"At {rate:g} per account-year, by what is injected:", "", *by_column(table, "default")]
    parts = {"simulated": found}
    if sys.argv[2:]:
        parts["people"] = on_people(Path(sys.argv[2]), lambda: {name: judged()[name] for name in ON_PEOPLE})
        real = {rate: means(parts["people"], rate) for rate in RATES}
        lines += [f"On five real people, {COPIES} times each (a check, no proof):", "", *summary(real)]
    write_whole(RESULTS / "power.md", "\n".join(lines))
    long = [
        means(part, rate).round(4).assign(rate=rate, judged_on=name).reset_index()
        for name, part in parts.items()
        for rate in RATES
    ]
    write_whole(RESULTS / "power.csv", for_spreadsheets(pd.concat(long)).to_csv(index=False))


if __name__ == "__main__":
    main()
