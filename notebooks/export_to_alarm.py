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
# # From an export to an explained alarm
#
# Beside this notebook lies `NetflixViewingHistory.csv`, in the form in which Netflix hands out a profile's viewing
# activity. Viewer, shows and episodes are invented (`docs/make_sample_export.py` wrote it). Put your own file in its
# place, and its last day into `until`, and run everything again.

# %%
from datetime import timedelta

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

import viewshift as vs
from viewshift.alarms import describe

# %% [markdown]
# ## Read
#
# The reader says what it read, what it left out and why, and which order of day and month it settled on. This export
# has no times, so days are local days as they stand.

# %%
events = vs.read("NetflixViewingHistory.csv")
print(events.report)
events.table.select("date", "title", "show").head()

# %% [markdown]
# ## Days
#
# A `Panel` holds measures of accounts over days. `until` is the day of the export: silence up to then was observed. A
# day on which nothing was watched is 0; a day that nobody observed would be NaN.

# %%
panel = events.daily(until="2025-07-31")
panel

# %%
vs.plots.calendar(panel)
episodes = panel["episodes"][0]
active = episodes[episodes > 0]
print(f"{np.mean(episodes == 0):.0%} of days without an episode; on the others {np.median(active):.0f} at the median")

# %% [markdown]
# ## Why a textbook threshold will not do
#
# Viewing comes in runs and pauses. A z-score above 3.09 should come on one day in a thousand. On simulated viewers, who
# pause and binge as people do and to whom nothing happened, it comes much more often:

# %%
ordinary = vs.simulate.viewers(300, 730, seed=1)
scores = vs.detectors.ZScore().fit(ordinary).score(ordinary)
share = np.mean(scores[~np.isnan(scores)] > 3.09)
print(f"z > 3.09 on {share:.2%} of ordinary account-days, {share / 0.001:.0f} times too often")

# %% [markdown]
# So scores get their meaning from other accounts' scores: *surprise* is -log10 of the share of ordinary account-days
# that score as high. The default rule is shipped fitted on simulated viewers, and says so. Its dial is the number of
# alarms that an ordinary account raises per year.

# %%
rule = vs.default_rule(per_account_year=0.5)
print(rule.detector)
print("fitted on", rule.reference)
vs.plots.surprise(panel, rule)
# %% [markdown]
# ## Alarms
#
# When it began and how sure that is, when the rule could first know, how it ended, and from which level to which.

# %%
alarms = rule.alarms(panel)
for sentence in describe(alarms):
    print(sentence)
alarms[["onset", "onset_low", "onset_high", "detected", "end", "status", "kind", "surprise", "extrapolated"]].T

# %%
vs.plots.account(panel, alarms=alarms)
# %% [markdown]
# ## What was watched
#
# The events of the week in which the most surprising alarm began name the cause, which no detector knows.

# %%
alarm = alarms.loc[alarms["surprise"].idxmax()]
since = alarm["onset"].date()
watched = events.table.filter(pl.col("date").is_between(since, since + timedelta(days=6)))
watched.group_by("show").len().sort("len", descending=True).head(3)

# %% [markdown]
# ## Turn the dial
#
# The same fit serves every dial. More alarms per year find smaller shifts, and more that mean nothing.

# %%
for dial in (0.25, 0.5, 1, 2, 4):
    print(f"{dial:>4} per year: {len(rule.at(dial).alarms(panel))} in {panel.n_days / 365.25:.1f} years")

# %% [markdown]
# ## How far to trust it
#
# * The dial holds over many accounts like the rule's reference, which is simulated. One account may differ.
# * Three days and fifteen episodes is a habit, and part of the reference.
# * An alarm says that days are unlike this account's earlier days. Why, you have to ask.

# %%
plt.close("all")
