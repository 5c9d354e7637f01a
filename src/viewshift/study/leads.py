"""Where one side leads the other, in sentences with intervals."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from viewshift.sentences import counted_alarms
from viewshift.study.finding import number


def leads(comparisons: pd.DataFrame, peers: Collection[str], *, alpha: float = 0.05) -> list[str]:
    """Say where the library's best detector leads the best peer, and where a peer leads it.

    Parameters
    ----------
    comparisons
        From ``comparisons.comparisons``.
    peers
        Names of the detectors of other packages.
    alpha
        Level: one leads another if Wilcoxon's p, corrected by Holm over all pairs, lies below it.

    Returns
    -------
    For each dial a sentence on the mean over scenarios and one or more on single scenarios; none where no peer, or
    nobody else, ran through.

    Notes
    -----
    On single scenarios it is the library's best on the mean against whichever peer is best there, which favours the
    peers.
    """
    sentences: list[str] = []
    for rate in comparisons["rate"].drop_duplicates():
        duels = _both_ways(comparisons[comparisons["rate"] == rate])
        mean = duels[duels["scenario"] == "mean"]
        own, peer = (_best(mean[mean["detector"].isin(list(peers)) == side]) for side in (False, True))
        if own is None or peer is None:
            continue
        at = f"At {counted_alarms(rate)} per account-year"
        row = mean[(mean["detector"] == own) & (mean["other"] == peer)].iloc[0]
        sentences.append(f"{at} {_verdict(row, alpha)} in mean net recall.")
        against = duels[(duels["detector"] == own) & duels["other"].isin(list(peers)) & (duels["scenario"] != "mean")]
        sentences += _by_scenario(against, own, alpha)
    return sentences


def _both_ways(part: pd.DataFrame) -> pd.DataFrame:
    """Add each pair the other way round."""
    swapped = part.rename(columns={"detector": "other", "other": "detector"})
    swapped = swapped.assign(difference=-part["difference"], low=-part["high"], high=-part["low"])
    return pd.concat([part, swapped], ignore_index=True)


def _best(duels: pd.DataFrame) -> str | None:
    """Return the detector with the largest mean difference to all others."""
    if not len(duels):
        return None
    return str(duels.groupby("detector", sort=False)["difference"].mean().idxmax())


def _by(row: "pd.Series[Any]") -> str:
    return f"{number(row['difference'])} ({number(row['low'])} to {number(row['high'])})"


def _behind_by(row: "pd.Series[Any]") -> str:
    return f"{number(-row['difference'])} ({number(-row['high'])} to {number(-row['low'])})"


def _verdict(row: "pd.Series[Any]", alpha: float) -> str:
    own, peer = row["detector"], row["other"]
    if row["p_holm"] >= alpha:
        return f"{own} and {peer}, the best of the peers, are not told apart among all pairs: they differ by {_by(row)}"
    if row["difference"] > 0:
        return f"{own} leads {peer}, the best of the peers, by {_by(row)}"
    return f"{peer}, the best of the peers, leads {own} by {_behind_by(row)}"


def _by_scenario(against: pd.DataFrame, own: str, alpha: float) -> list[str]:
    """Say on which scenarios the detector leads all peers, is led by one, or neither."""
    ahead, behind, undecided = [], [], []
    for scenario, part in against.groupby("scenario", sort=False):
        name = str(scenario).replace("_", " ")
        apart = part["p_holm"] < alpha
        strongest = part.sort_values("difference", kind="stable").iloc[0]
        if (apart & (part["difference"] < 0)).any():
            leader = part[apart].sort_values("difference", kind="stable").iloc[0]
            behind.append(f"{leader['other']} on {name} by {_behind_by(leader)}")
        elif (apart & (part["difference"] > 0)).all():
            ahead.append(f"{name} by {_by(strongest)} over {strongest['other']}")
        else:
            undecided.append(name)
    sentences = [f"{own} leads every peer on {'; '.join(ahead)}."] if ahead else []
    sentences.append(f"{own} is led by {'; '.join(behind)}." if behind else f"No peer leads {own} on any scenario.")
    if undecided:
        sentences.append(f"{own} and the best of the peers are not told apart on {', '.join(undecided)}.")
    return sentences
