"""Tables of days and plays as warehouses have them: in parts, in any order, with gaps and late starts."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import viewshift as vs

N_ACCOUNTS, N_DAYS = 40, 160


def days(*, numbers=False):
    """Days of accounts that begin late, miss some, or end early as the first eight do; in the order of accounts."""
    frame = vs.simulate.viewers(N_ACCOUNTS, N_DAYS, seed=3).to_frame()
    rng = np.random.default_rng(1)
    begins = np.repeat(rng.integers(0, 60, N_ACCOUNTS), N_DAYS)
    frame = frame[(rng.random(len(frame)) > 0.1) & (frame.groupby("account").cumcount().to_numpy() >= begins)]
    ended = (frame["account"] < "v0000008") & (frame["day"] > frame["day"].max() - pd.Timedelta(days=30))
    frame = frame[~ended]
    if numbers:
        frame["account"] = frame["account"].str[1:].astype(np.int64) * 37 % 101  # as text in another order
    return frame.sort_values(["account", "day"]).reset_index(drop=True)


def plays(n_accounts=12):
    """Plays of some hours of the day, some across midnight, some without a length or a show, a few impossible ones."""
    rng = np.random.default_rng(5)
    frames = []
    for k in range(n_accounts):
        n = int(rng.integers(60, 200))
        day = rng.integers(0, 120, n)
        start = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(day * 24 + rng.normal(20, 3, n), unit="h")
        seconds = rng.gamma(2.0, 1500.0, n) if k % 4 else np.full(n, np.nan)
        show = np.where(rng.random(n) < 0.8, rng.choice(["Harbour Lights", "Quiet Fields"], n), None)
        title = np.char.add("Part ", rng.integers(1, 40, n).astype(str))
        frames.append(
            pd.DataFrame({"account": f"p{k:02}", "start": start.floor("ms"), "seconds": seconds, "title": title})
        )
        frames[-1]["show"] = None if k % 5 == 0 else show
    table = pd.concat(frames).sample(frac=1, random_state=2).reset_index(drop=True)
    table.loc[3, "start"] = pd.NaT
    table.loc[4, "start"] = pd.Timestamp("1970-01-01", tz="UTC")
    table.loc[5, "seconds"] = 30 * 86_400.0
    table.loc[6, "start"] = pd.Timestamp("2199-01-01", tz="UTC")
    return table


def arrow(frame):
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()


def write(path, frame, rows=400):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow(frame), path, row_group_size=rows)
    return path


def shuffled(frame):
    return frame.sample(frac=1, random_state=4)


def in_order(table, by=("account", "detected")):
    """As pandas, in the order and with the units of `AlarmRule.alarms`."""
    frame = table.to_pandas() if hasattr(table, "to_pandas") else table
    frame = frame.sort_values(list(by), kind="stable").reset_index(drop=True)
    dates = {name: "datetime64[s]" for name in frame.columns if frame[name].dtype.kind == "M"}
    return frame.astype(dates)


def code_of(page):
    """The code of a page of the documentation."""
    text = (Path(__file__).resolve().parent.parent / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
