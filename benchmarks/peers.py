"""Set viewshift's default detector beside its peers: at their own defaults, at equal alarm rates, and what they cost.

Run it from a checkout: ``python benchmarks/peers.py`` (an hour on one core), or smaller with --accounts, --days,
--reference and --seeds. It writes results/peers.md and results/peers.csv, which docs/peers.md shows.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import pandas as pd

import viewshift as vs
from viewshift._files import write_whole
from viewshift.detectors import Detector
from viewshift.study import peers

SCENARIOS = ("story", "marathon", "weekend_season", "surge_3d", "surge_7d", "drift_28d", "doubled")
RATES = (1.0, 0.25)
OWN = "viewshift SurgeScan, QuietScan"
RESULTS = Path(__file__).with_name("results")
PROBED, TIMED = 5, 5
"""Seed of the account that is probed, and accounts that are timed."""


def sizes() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=300, help="accounts that are judged, per seed")
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--reference", type=int, default=1500, help="accounts that rules are fitted on, per seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of peers.md and peers.csv")
    return parser.parse_args()


def matched(detectors: Mapping[str, Detector], asked: argparse.Namespace, n_accounts: int, n_ref: int) -> pd.DataFrame:
    """Return mean net recall at equal alarm rates, with the number of accounts behind it."""
    table = vs.study.run(
        detectors,
        SCENARIOS,
        asked.seeds,
        n_accounts=n_accounts,
        n_days=asked.days,
        n_reference=n_ref,
        rates=RATES,
        progress=False,
    )
    table = table[(table["metric"] == "net_recall") & table["seed"].isna()]
    return table.assign(accounts=n_accounts * len(asked.seeds))


def at_equal_rates(asked: argparse.Namespace) -> pd.DataFrame:
    """Judge peers of each size, and the own detector on the same accounts, fitted on the whole reference."""
    groups: dict[int, dict[str, Detector]] = {}
    for name, peer in peers.all_peers().items():
        groups.setdefault(min(asked.accounts, peer.most_accounts or asked.accounts), {})[name] = peer
    parts = []
    for size, members in groups.items():
        n_ref = asked.reference if size == asked.accounts else min(asked.reference, 4 * size)
        parts.append(matched({OWN: vs.default_rule().detector}, asked, size, asked.reference))
        parts.append(matched(members, asked, size, n_ref))
    return pd.concat(parts)


def cost(days: int) -> dict[str, float]:
    """Return each peer's seconds of processor time per 1,000 account-days, compilation and imports apart."""
    panel = vs.simulate.viewers(TIMED, days, seed=PROBED)
    seconds = {}
    for name, peer in peers.all_peers().items():
        peer.fit(panel).score(panel.take([0]))
        began = time.process_time()
        peer.score(panel)
        seconds[name] = 1000 * (time.process_time() - began) / (TIMED * days)
    return seconds


def cell(row: pd.Series, digits: int) -> str:
    """Return a value with its interval."""
    return f"{row['value']:.{digits}f} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"


def default_rows(table: pd.DataFrame) -> Iterator[str]:
    """Give a row for each peer at its own default."""
    yield "| peer | version | its own default | accounts | alarms per year when all is well | recall | by chance |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for name, own in table.groupby("peer", sort=False):
        head = f"| {name} | {own['version'].iloc[0]} | {own['verdict'].iloc[0]} |"
        if (own["metric"] == "failed").any():
            yield f"{head} | {own['scenario'].iloc[0]} | | |"
            continue
        found = own.set_index(["scenario", "metric"])
        alarms, recall, chance = (
            found.loc[key] for key in (("clean", "alarms"), ("mean", "recall"), ("mean", "chance_recall"))
        )
        yield f"{head} {alarms['n']} | {cell(alarms, 1)} | {cell(recall, 2)} | {chance['value']:.2f} |"


def matched_rows(table: pd.DataFrame) -> Iterator[str]:
    """Give a row for each detector at equal alarm rates, by the accounts that it was judged on."""
    yield "| accounts | detector | sees the future | net recall at 1 | at 0.25 |"
    yield "|--:|---|---|--:|--:|"
    mean = table[table["scenario"] == "mean"]
    for (accounts, name), own in mean.groupby(["accounts", "detector"], sort=False):
        by_rate = own.set_index("rate")
        cells = [
            cell(by_rate.loc[rate], 2) if by_rate.loc[rate, "status"] == "ok" else "out of reach" for rate in RATES
        ]
        yield f"| {accounts} | {name} | {'no' if own['causal'].iloc[0] else 'yes'} | {cells[0]} | {cells[1]} |"


def probe_rows() -> Iterator[str]:
    """Give a row for each peer: what its library does with a missing day and with an account that never watched."""
    yield "| peer | as it is run | a missing day | never watched |"
    yield "|---|---|---|---|"
    days = vs.simulate.viewers(1, 730, seed=PROBED)["episodes"][0]
    for name, peer in peers.all_peers().items():
        told = peers.probe(peer, days)
        yield f"| {name} | {peer.setting} | {' | '.join(told.values())} |"


def cost_rows(seconds: Mapping[str, float]) -> Iterator[str]:
    """Give a row for each peer: what it costs, and on how many accounts it is run for that."""
    yield "| peer | seconds per 1,000 account-days | accounts per seed |"
    yield "|---|--:|--:|"
    for name, peer in peers.all_peers().items():
        yield f"| {name} | {seconds[name]:.4f} | {peer.most_accounts or 'all'} |"


def main() -> None:
    """Write the tables."""
    asked = sizes()
    probed, seconds = list(probe_rows()), cost(asked.days)
    defaults = peers.at_defaults(
        peers.all_peers(), SCENARIOS, asked.seeds, n_accounts=asked.accounts, n_days=asked.days
    )
    equal = at_equal_rates(asked)
    seeds = ", ".join(map(str, asked.seeds))
    lines = [
        f"{asked.accounts} simulated viewers x {asked.days} days for each of the seeds {seeds}, fewer where a peer is "
        f"slow; rules fitted on {asked.reference} others (on four times as many as are judged where a peer is slow). "
        f"Scenarios: {', '.join(SCENARIOS)}. viewshift {version('viewshift')}.",
        "",
        "At their own defaults:",
        "",
        *default_rows(defaults),
        "",
        "At equal alarm rates (per account-year), mean net recall over the scenarios:",
        "",
        *matched_rows(equal),
        "",
        "What a library does with what its peer keeps from it:",
        "",
        *probed,
        "",
        "Processor time on this machine, compilation apart:",
        "",
        *cost_rows(seconds),
        "",
    ]
    long = pd.concat(
        [defaults.assign(at="its own default"), equal.rename(columns={"detector": "peer"}).assign(at="rate")]
    )
    columns = ["at", "peer", "version", "scenario", "rate", "metric", "value", "low", "high", "n", "accounts", "error"]
    write_whole(asked.out / "peers.md", "\n".join(lines))
    write_whole(asked.out / "peers.csv", long[columns].to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
