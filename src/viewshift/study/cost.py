"""What a detector costs, beside what it finds."""

import pandas as pd


def cost_beside_quality(table: pd.DataFrame, timings: pd.DataFrame) -> pd.DataFrame:
    """Put accounts scored per second beside mean net recall.

    Parameters
    ----------
    table
        Results of a study.
    timings
        Its timings.

    Returns
    -------
    One row per dial and detector that sees no future: detector, rate, net_recall (mean over scenarios) with its 95 %
    interval low to high, and medians over seeds of fit_seconds and accounts_per_second. Missing what failed.
    """
    use = (table["scenario"] == "mean") & (table["metric"] == "net_recall") & table["causal"]
    found = table.loc[use, ["detector", "rate", "value", "low", "high"]].rename(columns={"value": "net_recall"})
    medians = timings.groupby("detector", sort=False)[["fit_seconds", "accounts_per_second"]].median()
    return found.merge(medians, how="left", left_on="detector", right_index=True).reset_index(drop=True)
