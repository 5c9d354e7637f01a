"""Draw the picture of README and documentation from the notebook's sample export."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

import viewshift as vs

HERE = Path(__file__).resolve().parent
EXPORT = HERE.parent / "notebooks" / "NetflixViewingHistory.csv"


def main() -> None:
    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "viewshift"})
    panel = vs.read(EXPORT).daily(until="2025-07-31")
    rule = vs.default_rule(per_account_year=0.5)
    figure, ax = plt.subplots(figsize=(10, 3.2), layout="constrained")
    vs.plots.account(panel, rule=rule, ax=ax)
    figure.savefig(HERE / "_static" / "account.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
