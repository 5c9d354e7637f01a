# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A million accounts
#
# Every account is judged by its own past and by what the rule has learned, never by who else is in the panel. So a
# million accounts are many small panels. This notebook runs on some hundreds, measures the processor time, and says
# what a million would cost; the numbers are those of the machine it runs on.

# %%
import time

import numpy as np
import pandas as pd

import viewshift as vs

N_DAYS, CHUNK, N_CHUNKS = 365, 500, 3


def per_million(seconds, n_accounts):
    """Return minutes of one core for a million accounts, if they take as long as these."""
    return seconds / n_accounts * 1e6 / 60


# %% [markdown]
# ## What it weighs
#
# A count takes four bytes (float32). A year of a million accounts is 1.5 GB for each measure, and as much again twice
# over while it is judged, since surprise has eight. It need not be there at once.

# %%
for n_accounts in (1_000, 20_000, 1_000_000):
    print(f"{n_accounts:>9,} accounts x {N_DAYS} days: {n_accounts * N_DAYS * 4 / 1e9:6.3f} GB a measure")

# %% [markdown]
# ## In chunks
#
# A generator gives one chunk after the other. Here it simulates, each chunk with a seed of its own; yours reads a
# part of a file. Names must differ over all chunks, since alarms are told by name.


# %%
def chunks(n_chunks):
    for k in range(n_chunks):
        panel = vs.simulate.viewers(CHUNK, N_DAYS, seed=k)
        names = [f"{k}-{name}" for name in panel.accounts]
        yield vs.Panel({"episodes": panel["episodes"]}, accounts=names, start=panel.start)


rule = vs.default_rule(per_account_year=0.25)
rule.alarms(next(chunks(1)).take(slice(0, 50)))  # the first call compiles, or loads what was compiled

found, seconds = [], 0.0
for panel in chunks(N_CHUNKS):
    began = time.process_time()
    found.append(rule.alarms(panel))
    seconds += time.process_time() - began
alarms = pd.concat(found, ignore_index=True)
n_accounts = CHUNK * N_CHUNKS
print(f"{len(alarms)} alarms of {n_accounts:,} accounts in {seconds:.1f} s")
minutes, many = per_million(seconds, n_accounts), len(alarms) / n_accounts * 1e6
print(f"a million: {minutes:.0f} minutes of one core, {many:,.0f} alarms")

# %% [markdown]
# A quarter of an alarm a year still makes a quarter of a million. The dial is a decision about who will read them.
#
# ## Chunks change nothing
#
# The same accounts in one panel give the same alarms.

# %%
parts = [panel.take(slice(0, 100)) for panel in chunks(2)]
together = vs.Panel(
    {"episodes": np.concatenate([part["episodes"] for part in parts])},
    accounts=np.concatenate([part.accounts for part in parts]),
    start=parts[0].start,
)
apart = pd.concat([rule.alarms(part) for part in parts], ignore_index=True)
pd.testing.assert_frame_equal(rule.alarms(together), apart)
together

# %% [markdown]
# ## A cheaper detector
#
# The default scans windows of 1 to 28 days on a baseline, and looks for silence besides. A `Cusum` on an account's
# own mean is many times quicker, and finds less of short shifts ([how much](../docs/power.md)). Fitting costs once,
# and takes a sample of the accounts, not all.

# %%
quick = vs.AlarmRule(vs.detectors.Cusum(), per_account_year=0.25).fit(vs.simulate.viewers(300, 500, seed=100))
panel = next(chunks(1))
costs = []
for name, one in {"default (scan and silence)": rule, "Cusum": quick}.items():
    one.surprise(panel.take(slice(0, 50)))
    began = time.process_time()
    surprise = one.surprise(panel)
    middle = time.process_time()
    one.alarms(panel)
    costs.append((name, per_million(middle - began, CHUNK), per_million(time.process_time() - middle, CHUNK)))
pd.DataFrame(costs, columns=["rule", "surprise, minutes a million", "alarms, minutes a million"]).round(1)

# %% [markdown]
# ## One more day
#
# A [monitor](../docs/monitor.md) keeps what is needed of each account, some five kilobytes with one measure, and
# takes in a day without going back. A million accounts want five gigabytes, or several monitors, each with a part of
# them.

# %%
monitor = rule.monitor(panel.between(until=panel.days[-3]))
monitor.update(panel.between(panel.days[-2], panel.days[-2]))
began = time.process_time()
changes = monitor.update(panel.between(panel.days[-1]))
per_day = time.process_time() - began
print(f"at most {per_million(per_day, CHUNK):.1f} minutes of one core for a day of a million accounts")
monitor

# %% [markdown]
# ## On one day, whom to name?
#
# Of a million accounts on one day, 100 have a surprise of 4 for no reason. `discoveries` names accounts so that, on
# average, no more than a chosen share is named for nothing ([when that holds](../docs/fdr.md)); it must see all
# accounts of the day at once. That is cheap: it needs one surprise of each.

# %%
daily = vs.default_rule(detector="PredictiveTail")
named = daily.discoveries(panel, fdr=0.1)
print(f"{named['discovered'].sum()} of {len(named)} named, to whom nothing happened")

# %% [markdown]
# ## From disk to disk
#
# A loop like this one does not go on where it was interrupted, and somebody has to cut the files into parts.
# [`vs.scale.alarms`](../docs/scale.md) does both with Parquet of any size, on all cores, in bounded memory.
