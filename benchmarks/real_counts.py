"""Hold `PredictiveTail` to real people's daily counts: with the shipped reference, and refitted on all people but one.

Run it from a checkout: ``python benchmarks/real_counts.py FOLDER``, where FOLDER holds one table of daily counts per
person. It writes results/real_counts.md, which docs/promises.md shows.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import viewshift as vs
from viewshift._files import write_whole

NOMINAL = (1e-2, 1e-3, 1e-4)
COUNTS = ("episodes", "plays30s")
TARGET = Path(__file__).with_name("results") / "real_counts.md"


def people(folder: Path) -> vs.Panel:
    """Return one account per table of the folder, named by its file; what was counted is called episodes."""
    parts = []
    for path in sorted(folder.glob("*.csv")):
        (count,) = [name for name in COUNTS if name in pd.read_csv(path, nrows=0)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the last day of the table is the last day known
            frame = vs.read_table(path, episodes=count).daily().to_frame()
        parts.append(frame.assign(account=path.stem)[["account", "day", "episodes"]])
    return vs.Panel.from_frame(pd.concat(parts))


def surprises(panel: vs.Panel) -> dict[str, list[np.ndarray]]:
    """Return each person's surprises under both references."""
    shipped = vs.default_rule(detector="PredictiveTail")
    refitted = vs.AlarmRule(vs.detectors.PredictiveTail(), n_folds=4)
    everybody = np.arange(panel.n_accounts)
    return {
        "shipped reference": [shipped.surprise(panel.take([i])) for i in everybody],
        "fitted on the others": [refitted.fit(panel.take(everybody != i)).surprise(panel.take([i])) for i in everybody],
    }


def row(name: str, reference: str, surprise: np.ndarray) -> str:
    """Return one row of the table: observed over nominal exceedance, with the number of days behind it."""
    scored = surprise[~np.isnan(surprise)]
    counts = [int((scored >= -np.log10(p)).sum()) for p in NOMINAL]
    cells = " | ".join(f"{n / (p * scored.size):.2f} ({n})" for n, p in zip(counts, NOMINAL, strict=True))
    return f"| {name} | {reference} | {scored.size:,} | {cells} |"


def main() -> None:
    """Write the table: one row per person and reference, and one for all of them."""
    panel = people(Path(sys.argv[1]))
    lines = ["| person | reference | days | p ≤ 1e-2 | 1e-3 | 1e-4 |", "|---|---|--:|--:|--:|--:|"]
    for reference, paths in surprises(panel).items():
        lines += [row(f"{i + 1}", reference, path) for i, path in enumerate(paths)]
        lines.append(row("all", reference, np.concatenate(paths, axis=None)))
    write_whole(TARGET, "\n".join([*lines, "", "In brackets: days observed.", ""]))
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
